/**
 * Steering from end to end: a program that knows of no proxy, the loader, the sensor's half, and a real Weir in the
 * sandbox's network. Names come from a DNS server there; two of them stand behind one address, and only one is GenAI.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { packageRoot } from '../../config/package-root.ts';
import { decodeFrame } from '../../sensor/frames.ts';
import { Steering } from '../../sensor/steer.ts';
import { openSteerSocket, type SteerSocket } from '../../sensor/steer-socket.ts';
import { openReader, type Reader } from '../../store/reader.ts';
import { CARD } from '../support/planted.ts';
import { kernelSkipWithout, makeCgroup, type TestCgroup } from './host.ts';
import { startLoader, type TestLoader } from './loader.ts';
import { openSandbox, type Sandbox, type Started } from './sandbox.ts';

const OPENAI = 'api.openai.com';
const NEIGHBOUR = 'www.neighbour.example';
const OTHER = 'www.elsewhere.example';
const SHARED = '104.18.6.192';
const ELSEWHERE = '93.184.216.34';
const PROXY_PORT = 8789;

const DNS_SERVER = `
  const names = JSON.parse(process.argv[1]);
  const socket = require('node:dgram').createSocket('udp4');
  socket.on('message', (query, from) => {
    let at = 12; const labels = [];
    while (query[at]) { labels.push(query.toString('latin1', at + 1, at + 1 + query[at])); at += query[at] + 1; }
    const question = query.subarray(12, at + 5);
    const address = query.readUInt16BE(at + 1) === 1 ? names[labels.join('.').toLowerCase()] : undefined;
    const head = Buffer.from([query[0], query[1], 0x81, 0x80, 0, 1, 0, address ? 1 : 0, 0, 0, 0, 0]);
    const record = address ? Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split('.').map(Number)]) : Buffer.alloc(0);
    socket.send(Buffer.concat([head, question, record]), from.port, from.address);
  });
  socket.bind(53, '127.0.0.1', () => console.log('dns'));
  process.stdin.resume();
`;
/** HTTPS on the addresses themselves: what a program reaches where nothing is steered. */
const UPSTREAM = `
  const fs = require('node:fs');
  const tls = { key: fs.readFileSync('key.pem'), cert: fs.readFileSync('cert.pem') };
  require('node:https').createServer(tls, (request, response) => {
    request.resume().on('end', () => response.setHeader('content-type', 'application/json').end(JSON.stringify({ upstream: request.headers.host })));
  }).listen(443, '0.0.0.0', () => console.log('upstream'));
  process.stdin.resume();
`;

/** What was seen of a call is recorded by then: edges each second, connections three seconds after their end. */
const SETTLE_MS = 6000;

describe('a steered call', { skip: kernelSkipWithout('curl', 'openssl', 'setpriv') }, () => {
  let cgroup: TestCgroup;
  let sandbox: Sandbox;
  let loader: TestLoader;
  let steering: Steering;
  let socket: SteerSocket;
  let weir: Started;
  let home: string;
  let onError: 'open' | 'closed' = 'open';

  const startWeir = async (): Promise<void> => {
    const main = join(packageRoot, 'cli/main.ts');
    weir = sandbox.start(process.execPath, [main, 'up', '--config', join(sandbox.folder, 'weir.yaml')], {
      env: { NO_COLOR: '1' },
    });
    await weir.says('redirected');
  };
  const startSteering = async (): Promise<void> => {
    loader = await startLoader({ cgroup, args: ['--steer', '--no-tls'] });
    steering = new Steering({
      // The proxy is in the sandbox, which is not where the loader is: as it is for a container on a host.
      wishes: {
        steer: { cgroups: ['/'], apps: [], containers: [], address: { host: '127.0.0.1', port: PROXY_PORT } },
        block: false,
        onError,
      },
      proxy: { host: '127.0.0.1', port: PROXY_PORT },
      kindOf: (host) => ({ isGenai: host === OPENAI, isSanctioned: false }),
      names: [`*.${OPENAI.split('.').slice(1).join('.')}`],
      networks: [],
      cgroupId: () => cgroup.id,
      sourceOf: () => ({ app: null, container: null, cgroup: '/' }),
      command: (bytes) => loader.write(bytes),
      log: () => undefined,
    });
    steering.begin();
    loader.follow((frame) => {
      const decoded = decodeFrame(frame.bytes);
      if (decoded !== null) steering.frame(decoded);
    });
    socket = await openSteerSocket(join(home, 'steer.sock'), steering);
  };
  const stopSteering = async (): Promise<void> => {
    await socket.close();
    loader.process.kill('SIGKILL');
    await loader.stop();
  };

  before(async () => {
    cgroup = makeCgroup();
    sandbox = await openSandbox({
      setup: [
        `ip addr add ${SHARED}/32 dev lo`,
        `ip addr add ${ELSEWHERE}/32 dev lo`,
        // Names of this test come from DNS; nothing of the host's own resolving is used.
        'echo "nameserver 127.0.0.1" > resolv.conf; echo "hosts: files dns" > nsswitch.conf',
        'touch /etc/resolv.conf; mount --bind resolv.conf /etc/resolv.conf',
        '[ ! -e /etc/nsswitch.conf ] || mount --bind nsswitch.conf /etc/nsswitch.conf',
      ].join('\n'),
    });
    home = join(sandbox.folder, 'home');
    mkdirSync(home, { mode: 0o700 });
    const names = [OPENAI, NEIGHBOUR, OTHER].map((name) => `DNS:${name}`).join(',');
    const subject = ['-subj', '/CN=upstream of a test', '-addext', `subjectAltName=${names}`];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-days',
        '2',
        '-keyout',
        'key.pem',
        '-out',
        'cert.pem',
        ...subject,
      ],
      {
        cwd: sandbox.folder,
        stdio: 'ignore',
      },
    );
    writeFileSync(
      join(sandbox.folder, 'weir.yaml'),
      JSON.stringify({
        home,
        proxy: {
          listen: '127.0.0.1:8787',
          transparent: `127.0.0.1:${PROXY_PORT}`,
          workers: 1,
          upstream: { ca: [join(sandbox.folder, 'cert.pem')] },
        },
        console: { listen: '127.0.0.1:8788' },
        sensor: { enabled: false, steer: { cgroups: [cgroup.path] } },
      }),
    );
    const addresses = JSON.stringify({ [OPENAI]: SHARED, [NEIGHBOUR]: SHARED, [OTHER]: ELSEWHERE });
    await sandbox.start(process.execPath, ['-e', DNS_SERVER, '--', addresses], {}).says('dns');
    await sandbox.start(process.execPath, ['-e', UPSTREAM], {}).says('upstream');
    await startWeir();
    await startSteering();
  });
  after(async () => {
    await stopSteering();
    await sandbox.close();
    await cgroup.remove();
  });

  /** What curl gets, which trusts both Weir and the upstream; `certificate` is who vouches for what it got. */
  const curl = async (
    host: string,
    ...args: readonly string[]
  ): Promise<{ readonly body: string; readonly failure: string; readonly isWeirs: boolean }> => {
    const both = join(sandbox.folder, 'both.pem');
    writeFileSync(
      both,
      readFileSync(join(home, 'ca/ca.pem'), 'utf8') + readFileSync(join(sandbox.folder, 'cert.pem'), 'utf8'),
    );
    const ran = await sandbox.run(
      'curl',
      [
        '--silent',
        '--show-error',
        '--verbose',
        '--max-time',
        '60',
        '--cacert',
        both,
        ...args,
        `https://${host}/v1/chat/completions`,
      ],
      {
        cgroup,
        env: { HTTPS_PROXY: '', https_proxy: '', ALL_PROXY: '' },
      },
    );
    return { body: ran.stdout, failure: ran.code === 0 ? '' : ran.stderr, isWeirs: /issuer:.*weir/i.test(ran.stderr) };
  };
  const prompt = ['--json', JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: CARD }] })];
  /** A connection tells the network namespace, from which the proxy is then tried while the program is there. */
  const reached = async (): Promise<void> => {
    await soon(async () => {
      await curl(OTHER);
      await loader.settle();
      // The loader's own is one of them. The proxy looks for the sensor each second.
      return steering.state.places > 1 && steering.state.isLeased;
    });
    await loader.settle();
  };
  /** Until a call goes as it should: within three seconds by the clock of the machine, however slow that one is. */
  const soon = async (isSo: () => Promise<boolean>): Promise<void> => {
    const limit = Date.now() + 60_000;
    while (!(await isSo())) assert.ok(Date.now() < limit, 'it did not come to that');
  };

  /** Of the calls that are begun within three seconds from now, one a quarter of a second, one goes as it should. */
  const withinThreeSeconds = async (isSo: () => Promise<boolean>): Promise<void> => {
    const from = performance.now();
    const calls: Promise<boolean>[] = [];
    while (performance.now() - from < 2900) {
      calls.push(isSo());
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    assert.ok(
      (await Promise.all(calls)).includes(true),
      'none of the calls that were begun within three seconds went so',
    );
  };
  /** What the records of a home say. */
  const recorded = <T>(at: string, ask: (reader: Reader) => T): T => {
    const reader = openReader(at);
    try {
      return ask(reader);
    } finally {
      reader.close();
    }
  };

  test('a prompt with a card number is blocked, though the program knows of no proxy', async () => {
    await reached();
    const { body, failure, isWeirs } = await curl(OPENAI, ...prompt);
    assert.equal(failure, '');
    assert.match(body, /weir_blocked/, 'the first call of all');
    assert.ok(isWeirs);
  });

  test('another name at the same address goes through untouched, with its own certificate', async () => {
    const { body, isWeirs } = await curl(NEIGHBOUR, ...prompt);
    assert.deepEqual(JSON.parse(body), { upstream: NEIGHBOUR });
    assert.ok(!isWeirs);
  });

  test('what is fine reaches the upstream by way of the proxy, and the address that it had stays elsewhere', async () => {
    const { body, isWeirs } = await curl(
      OPENAI,
      '--json',
      JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Name three rivers.' }] }),
    );
    assert.deepEqual(JSON.parse(body), { upstream: OPENAI });
    assert.ok(isWeirs);
    assert.ok(!(await curl(OTHER)).isWeirs);
  });

  test('with the proxy killed and onError open, calls go their way, and are steered again when it is back', async () => {
    await weir.kill();
    await withinThreeSeconds(async () => (await curl(OPENAI, ...prompt)).body.includes(OPENAI));
    await startWeir();
    await soon(async () => (await curl(OPENAI, ...prompt)).body.includes('weir_blocked'));
  });

  test('with the loader killed, calls go their way, and are steered again with a new one', async () => {
    await stopSteering();
    await withinThreeSeconds(async () => (await curl(OPENAI, ...prompt)).body.includes(OPENAI));
    onError = 'closed';
    await startSteering();
    await reached();
    await soon(async () => (await curl(OPENAI, ...prompt)).body.includes('weir_blocked'));
  });

  test('with the proxy killed and onError closed, calls to GenAI are refused and no others, until it is back', async () => {
    await weir.kill();
    await soon(async () => (await curl(OPENAI, ...prompt)).failure !== '');
    assert.deepEqual(JSON.parse((await curl(OTHER)).body), { upstream: OTHER });
    await startWeir();
    await soon(async () => (await curl(OPENAI, ...prompt)).body.includes('weir_blocked'));
  });

  test('weir up does all of it by itself where sensor.steer says whom, and blocks where sensor.block says so', async () => {
    await weir.kill();
    await stopSteering();
    const own = join(sandbox.folder, 'own');
    mkdirSync(own, { mode: 0o700 });
    home = own;
    const config = JSON.parse(readFileSync(join(sandbox.folder, 'weir.yaml'), 'utf8'));
    const sensor = { enabled: true, cgroup: cgroup.path, steer: { cgroups: [cgroup.path] } };
    writeFileSync(join(sandbox.folder, 'weir.yaml'), JSON.stringify({ ...config, home, sensor }));
    await startWeir();
    await soon(async () => (await curl(OPENAI, ...prompt)).body.includes('weir_blocked'));
    assert.deepEqual(JSON.parse((await curl(NEIGHBOUR, ...prompt)).body), { upstream: NEIGHBOUR });
    // One more, now that all of it stands: the proxy's call, and neither one of the sensor's nor one that went round.
    const callsOfSensor = (): number =>
      recorded(own, (reader) =>
        [...reader.edges()]
          .filter(({ channel, destination }) => channel === 'sensor' && destination.host === OPENAI)
          .reduce((sum, { calls }) => sum + calls, 0),
      );
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const before = { position: recorded(own, (reader) => reader.position()), calls: callsOfSensor() };
    assert.match((await curl(OPENAI, ...prompt)).body, /weir_blocked/);
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const { events } = recorded(own, (reader) => reader.after(before.position, 100));
    assert.deepEqual(
      events.filter(({ destination }) => destination.host === OPENAI).map(({ kind, channel }) => [kind, channel]),
      [['exchange', 'proxy']],
    );
    assert.equal(callsOfSensor(), before.calls);
    await weir.kill();
    // Two names lead to the one address: it is not blocked. The sensor's process ends with the proxy's.
    writeFileSync(
      join(sandbox.folder, 'weir.yaml'),
      JSON.stringify({ ...config, home, sensor: { enabled: true, cgroup: cgroup.path, block: true } }),
    );
    await startWeir();
    await soon(async () =>
      /EPERM|not permitted|Could not connect|Failed to connect/i.test((await curl(OPENAI, ...prompt)).failure),
    );
    await soon(async () => {
      const all = recorded(own, (reader) => [...reader.events()]);
      const refused = all.find(({ kind, rule }) => kind === 'drift' && rule === 'block');
      return refused?.enforced === true && refused.source.process === 'curl' && refused.destination.host === OPENAI;
    });
    assert.deepEqual(JSON.parse((await curl(OTHER)).body), { upstream: OTHER });
    // The neighbour's name has to be learned first, which its first connection does not wait for.
    await soon(async () => (await curl(NEIGHBOUR)).failure === '');
    await soon(async () => (await curl(OPENAI)).failure === '');
    await startSteering();
  });
});
