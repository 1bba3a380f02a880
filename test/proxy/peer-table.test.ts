import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type Ends, PeerTable } from '../../proxy/peer-table.ts';

function endsOf({ remoteAddress = '', remotePort = 0, localAddress = '', localPort = 0 }: Socket): Ends {
  return { remoteAddress, remotePort, localAddress, localPort };
}

/** A connection to a server that listens on `host`, as the server sees it. */
async function accepted(host: string, dial: (port: number) => void): Promise<{ ends: Ends; close(): void }> {
  const server = createServer();
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const connected = once(server, 'connection');
  dial(port);
  const [socket] = (await connected) as [Socket];
  return {
    ends: endsOf(socket),
    close: () => {
      socket.destroy();
      server.close();
    },
  };
}

const skip = process.platform === 'linux' ? false : 'reads /proc';

describe('on this host', { skip }, () => {
  test('a connection of this very process is told by pid, program and user', async () => {
    for (const [host, target] of [
      ['127.0.0.1', '127.0.0.1'],
      ['::', '127.0.0.1'],
    ] as const) {
      let client: Socket | null = null;
      const { ends, close } = await accepted(host, (port) => {
        client = connect(port, target);
      });
      const [facts] = await new PeerTable().look([ends], true);
      assert.equal(facts?.pid, process.pid, host);
      assert.equal(facts?.exe, realpathSync(process.execPath));
      assert.equal(facts?.user, userInfo().username);
      assert.ok((facts?.process ?? '').length > 0);
      (client as Socket | null)?.destroy();
      close();
    }
  });

  test('of several at a time each is told for itself, and what is no connection of this host is unknown', async () => {
    const script = `require('node:net').connect(Number(process.argv[1]), '127.0.0.1')`;
    let child: ReturnType<typeof spawn> | null = null;
    const theirs = await accepted('127.0.0.1', (port) => {
      child = spawn(process.execPath, ['-e', script, String(port)], { stdio: 'ignore' });
    });
    let client: Socket | null = null;
    const ours = await accepted('127.0.0.1', (port) => {
      client = connect(port, '127.0.0.1');
    });
    const table = new PeerTable();
    const gone = { ...ours.ends, remotePort: 1 };
    for (let i = 0; i < 2; i++) {
      const found = await table.look([theirs.ends, gone, ours.ends], i === 0);
      assert.deepEqual(
        found.map((facts) => facts?.pid ?? null),
        [(child as ReturnType<typeof spawn> | null)?.pid, null, process.pid],
      );
    }
    (child as ReturnType<typeof spawn> | null)?.kill('SIGKILL');
    (client as Socket | null)?.destroy();
    theirs.close();
    ours.close();
  });
});

describe('as the kernel writes it', { skip: process.platform === 'win32' ? 'links need rights there' : false }, () => {
  const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
  const row = (local: string, remote: string, uid: number, inode: number) =>
    `   1: ${local} ${remote} 01 00000000:00000000 00:00000000 00000000 ${uid}        0 ${inode} 1 0 20 4 30 10 -1\n`;
  const ends: Ends = { remoteAddress: '::1', remotePort: 0xd431, localAddress: '::1', localPort: 0x2253 };
  const one = '00000000000000000000000001000000';

  function procWith(t: { after(work: () => void): void }, inode: string): string {
    const root = mkdtempSync(join(tmpdir(), 'weir-proc-'));
    t.after(() => rmSync(root, { recursive: true }));
    mkdirSync(join(root, 'net'));
    mkdirSync(join(root, '77/fd'), { recursive: true });
    writeFileSync(join(root, 'net/tcp'), head);
    writeFileSync(
      join(root, 'net/tcp6'),
      head + row(`${one}:2253`, `${one}:D431`, 0, 5) + row(`${one}:D431`, `${one}:2253`, 4242, 9001),
    );
    symlinkSync(inode, join(root, '77/fd/3'));
    symlinkSync('/opt/agent/bin/agent (deleted)', join(root, '77/exe'));
    writeFileSync(join(root, '77/comm'), 'agent\n');
    writeFileSync(
      join(root, '77/stat'),
      `77 (ag ) ent) S ${Array.from({ length: 18 }, (_, at) => at).join(' ')} 555 0\n`,
    );
    writeFileSync(join(root, '77/cgroup'), `0::/docker/${'ab'.repeat(32)}\n`);
    return root;
  }

  test('IPv6, a container, a program that was replaced, and a user without a name', async (t) => {
    const [facts] = await new PeerTable(procWith(t, 'socket:[9001]')).look([ends], true);
    assert.deepEqual(facts, {
      pid: 77,
      process: 'agent',
      exe: '/opt/agent/bin/agent',
      user: '4242',
      container: 'ab'.repeat(32),
    });
  });

  test('whom the kernel has redirected is known by his own end alone, where that tells one connection', async (t) => {
    const root = procWith(t, 'socket:[9001]');
    const far = row('0500A8C0:9C40', '057100CB:01BB', 4242, 9001);
    const steered: Ends = {
      remoteAddress: '192.168.0.5',
      remotePort: 40_000,
      localAddress: '127.0.0.1',
      localPort: 8789,
    };
    writeFileSync(join(root, 'net/tcp'), head + far);
    const table = new PeerTable(root);
    const [known, strange] = await table.look([{ ...steered, isRedirected: true }, steered], true);
    assert.deepEqual([known?.pid, strange], [77, null]);
    writeFileSync(join(root, 'net/tcp'), head + far + row('0500A8C0:9C40', '067100CB:01BB', 4242, 9002));
    assert.deepEqual(await table.look([{ ...steered, isRedirected: true }], true), [null]);
  });

  test('a process that is not ours to see is known by its user alone', async (t) => {
    const [facts] = await new PeerTable(procWith(t, 'socket:[1]')).look([ends], true);
    assert.deepEqual(facts, { pid: null, process: null, exe: null, user: '4242', container: null });
  });

  test('only those are looked at that are known, unless all are asked for', async (t) => {
    const table = new PeerTable(procWith(t, 'socket:[9001]'));
    assert.deepEqual(await table.look([ends], false), [undefined]);
    assert.equal((await table.look([ends], true))[0]?.pid, 77);
    assert.equal((await table.look([ends], false))[0]?.pid, 77);
  });

  test('without /proc nobody is known', async () => {
    assert.deepEqual(await new PeerTable('/nowhere').look([ends], true), [null]);
  });
});
