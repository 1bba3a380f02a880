/** Connections from tables of sockets: on a made /proc, and the sensor as it stands where no program can be loaded. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { createCatalog } from '../../../catalog/catalog.ts';
import type { EdgeObservation } from '../../../flow/edge.ts';
import { bareSource } from '../../../flow/parties.ts';
import { socketRows } from '../../../sensor/sockets/socket-table.ts';
import { SocketWatch, type SocketWatchOptions } from '../../../sensor/sockets/watch-sockets.ts';

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';

function row(local: string, remote: string, state: string, uid: number, inode: number): string {
  return `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000 ${uid}        0 ${inode} 1 0000000000000000 20 4 30 10 -1`;
}

const LISTENS = row('00000000:1F90', '00000000:0000', '0A', 0, 100);
const CAME_IN = row('0100007F:1F90', '0200007F:C350', '01', 0, 101);
const WENT_OUT = row('0A00000A:C351', '0801A8C0:01BB', '01', 1000, 102);
const TO_MAPPED = row(
  '0000000000000000FFFF00000A00000A:C352',
  '0000000000000000FFFF000009090909:01BB',
  '02',
  1000,
  103,
);
const TO_V6 = row('00000000000000000000000001000000:C353', 'B80D0120000000000000000001000000:01BB', '01', 1000, 104);
const WAITING = row('0A00000A:C354', '0801A8C0:01BB', '06', 0, 0);

interface FakeProcess {
  readonly pid: number;
  readonly parent?: number;
  readonly cgroup?: string;
  readonly inodes?: readonly number[];
  readonly namespace?: string;
  readonly tcp?: readonly string[];
  readonly tcp6?: readonly string[];
}

function fakeProc(t: TestContext, processes: readonly FakeProcess[]): string {
  const root = mkdtempSync(join(tmpdir(), 'weir-proc-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  for (const {
    pid,
    parent = 1,
    cgroup = '/',
    inodes = [],
    namespace = '4026531840',
    tcp = [],
    tcp6 = [],
  } of processes) {
    const folder = join(root, pid === 0 ? 'self' : String(pid));
    for (const each of ['fd', 'net', 'ns']) mkdirSync(join(folder, each), { recursive: true });
    writeFileSync(join(folder, 'stat'), `${pid} (a (b) c) S ${parent} 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 500 0 0`);
    writeFileSync(join(folder, 'cgroup'), `0::${cgroup}\n`);
    symlinkSync(`net:[${namespace}]`, join(folder, 'ns', 'net'));
    writeFileSync(join(folder, 'net', 'tcp'), `${[HEAD, ...tcp].join('\n')}\n`);
    writeFileSync(join(folder, 'net', 'tcp6'), `${[HEAD, ...tcp6].join('\n')}\n`);
    symlinkSync('/dev/null', join(folder, 'fd', '0'));
    for (const [at, inode] of inodes.entries()) symlinkSync(`socket:[${inode}]`, join(folder, 'fd', String(at + 3)));
  }
  return root;
}

function watching(procRoot: string, options: Partial<SocketWatchOptions> = {}) {
  const edges: EdgeObservation[] = [];
  const catalog = createCatalog([]);
  const watch = new SocketWatch({
    procRoot,
    cgroup: null,
    isOwnListener: () => false,
    isOwn: () => false,
    sourceOf: (pid, uid) => bareSource({ pid, user: String(uid) }),
    destinationOf: (address, port) => catalog.lookup(address, port),
    isInVendorsRange: (address) => address === '9.9.9.9',
    addEdge: (edge) => edges.push(edge),
    now: () => Date.UTC(2026, 0, 1),
    ...options,
  });
  const told = () => edges.map(({ source, destination }) => [source.pid, destination.host, destination.port]);
  return { watch, edges, told };
}

describe('the table of sockets', () => {
  test('has addresses of both families, IPv4-mapped ones as IPv4', () => {
    const rows = socketRows([HEAD, LISTENS, WENT_OUT, TO_MAPPED, TO_V6, WAITING, 'no line', ''].join('\n'));
    assert.deepEqual(
      rows.map(({ state, remoteAddress, remotePort, inode, uid }) => [state, remoteAddress, remotePort, inode, uid]),
      [
        ['listening', '0.0.0.0', 0, 100, 0],
        ['open', '192.168.1.8', 443, 102, 1000],
        ['open', '9.9.9.9', 443, 103, 1000],
        ['open', '2001:db8::1', 443, 104, 1000],
        ['other', '192.168.1.8', 443, 0, 0],
      ],
    );
  });
});

describe('the sensor by sockets', () => {
  const TABLES = { tcp: [LISTENS, CAME_IN, WENT_OUT, WAITING], tcp6: [TO_MAPPED, TO_V6] } as const;

  test('tells each connection that goes out once, with its process, and says that it was not looked into', (t) => {
    const root = fakeProc(t, [
      { pid: 0, ...TABLES },
      { pid: 40, inodes: [101, 102] },
      { pid: 41, inodes: [103] },
    ]);
    const { watch, edges, told } = watching(root);
    watch.look(0);
    watch.look(5000);
    assert.deepEqual(told(), [
      [40, '192.168.1.8', 443],
      [41, '9.9.9.9', 443],
      [null, '2001:db8::1', 443],
    ]);
    assert.deepEqual(
      edges.map(({ via, direction, bytesOut, bytesIn, coverage, channel }) => [
        via,
        direction,
        bytesOut,
        bytesIn,
        coverage,
        channel,
      ]),
      ['none', 'catalog', 'none'].map((via) => [via, 'out', 0, 0, { level: 'opaque', reason: 'sockets' }, 'sensor']),
    );
    // Nobody could be asked whose it is; the kernel's table still has the user.
    assert.equal(edges[2]?.source.user, '1000');
  });

  test('a socket of the same number that was gone in between is another connection', (t) => {
    const root = fakeProc(t, [
      { pid: 0, tcp: [WENT_OUT] },
      { pid: 40, inodes: [102] },
    ]);
    const { watch, told } = watching(root);
    watch.look(0);
    writeFileSync(join(root, 'self', 'net', 'tcp'), `${HEAD}\n`);
    watch.look(1);
    writeFileSync(join(root, 'self', 'net', 'tcp'), `${HEAD}\n${WENT_OUT}\n`);
    watch.look(2);
    assert.equal(told().length, 2);
  });

  test('leaves out what leads to Weir, is Weir, was started by Weir, or stands in another cgroup', (t) => {
    const processes = [{ pid: 0, ...TABLES }, { pid: 30 }, { pid: 35, parent: 30 }];
    const root = fakeProc(t, [
      ...processes,
      { pid: 40, parent: 35, inodes: [102], cgroup: '/watched' },
      { pid: 41, inodes: [103], cgroup: '/watched/inside' },
      { pid: 42, inodes: [104], cgroup: '/watched-not' },
    ]);
    const isOwn = (pid: number): boolean => pid === 30;
    const watched = watching(root, { isOwn, cgroup: '/watched' });
    watched.watch.look(0);
    assert.deepEqual(watched.told(), [[41, '9.9.9.9', 443]]);
    const elsewhere = watching(root, { isOwnListener: (address) => address === '9.9.9.9', isOwn });
    elsewhere.watch.look(0);
    assert.deepEqual(elsewhere.told(), [[42, '2001:db8::1', 443]]);
  });

  test('reads the table of each network namespace, by any process in it', (t) => {
    const root = fakeProc(t, [
      { pid: 0 },
      { pid: 40 },
      { pid: 50, namespace: '4026539999', tcp: [WENT_OUT], inodes: [102] },
    ]);
    const { watch, told } = watching(root);
    watch.look(0);
    assert.deepEqual(told(), [[50, '192.168.1.8', 443]]);
  });

  test('on the kernel’s own tables: a connection of this process', {
    skip: process.platform !== 'linux',
  }, async (t) => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    t.after(() => {
      socket.destroy();
      server.close();
    });
    const { watch, told } = watching('/proc');
    watch.look(0);
    assert.deepEqual(
      told().filter(([, , to]) => to === port),
      [[process.pid, '127.0.0.1', port]],
    );
  });
});
