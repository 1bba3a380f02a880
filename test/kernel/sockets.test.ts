/** Connections, datagrams and packets of real programs, as the loader tells them. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { kernelSkip, makeCgroup, type TestCgroup } from './host.ts';
import {
  addressText,
  bigOf,
  bytesOf,
  type Frame,
  fields,
  numberOf,
  startLoader,
  type TestLoader,
  textOf,
  tgidOf,
} from './loader.ts';
import { openSandbox, type Sandbox } from './sandbox.ts';

const OUT = 0;
const IN = 1;
const CLIENT = 1;
const SERVER = 2;
const CLOSED = 7;

const cookieOf = (struct: string, frame: Frame): bigint => bigOf(fields(struct, frame), 'cookie');

/** A server that answers each line by that line in capitals; prints its port. */
const TCP_SERVER = `
  require('node:net').createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('data', (data) => socket.write(String(data).toUpperCase()));
    socket.on('end', () => socket.end());
    socket.on('error', () => socket.destroy());
  }).listen(Number(process.argv[1] ?? 0), process.argv[2] ?? '127.0.0.1', function () { console.log('port', this.address().port); });
  process.stdin.on('end', () => process.exit()).resume();
`;
/** Connects, sends each argument after the last was answered, ends. */
const TCP_CLIENT = `
  const [port, host, ...messages] = process.argv.slice(1);
  const socket = require('node:net').connect(Number(port), host);
  let got = 0;
  const next = () => { const message = messages.shift(); got = message?.length ?? 0; message === undefined ? socket.end() : socket.write(message); };
  socket.on('connect', next).on('data', (data) => { got -= data.length; if (got <= 0) next(); }).on('error', (error) => console.log(error.code));
`;

describe('sockets', { skip: kernelSkip() }, () => {
  let cgroup: TestCgroup;
  let sandbox: Sandbox;
  let loader: TestLoader;

  before(async () => {
    cgroup = makeCgroup();
    sandbox = await openSandbox({ setup: 'ip addr add 10.9.8.7/32 dev lo' });
    loader = await startLoader({ cgroup });
  });
  after(async () => {
    await sandbox.close();
    assert.equal(await loader.stop(), 0);
    await cgroup.remove();
  });

  const node = (code: string, ...args: readonly string[]): readonly string[] => ['-e', code, '--', ...args];
  const serve = async (watched: boolean, ...args: readonly string[]): Promise<number> => {
    const server = sandbox.start(process.execPath, node(TCP_SERVER, ...args), watched ? { cgroup } : {});
    return Number((await server.says('port ')).trim().split(' ').at(-1));
  };
  const talk = async (port: number, host: string, ...messages: readonly string[]): Promise<number> => {
    const ran = await sandbox.run(process.execPath, node(TCP_CLIENT, String(port), host, ...messages), { cgroup });
    assert.equal(ran.code, 0, ran.stderr);
    return ran.pid;
  };
  const connectOf = (pid: number): Promise<Frame> => loader.first('CONNECT', (frame) => tgidOf(frame) === pid);
  const closeOf = (cookie: bigint): Promise<Frame> =>
    loader.first(
      'STATE',
      (frame) =>
        cookieOf('weir_state', frame) === cookie && numberOf(fields('weir_state', frame), 'new_state') === CLOSED,
    );
  const payload = (cookie: bigint, direction: number): string =>
    loader
      .all(
        'PACKET',
        (frame) =>
          cookieOf('weir_packet', frame) === cookie &&
          numberOf(fields('weir_packet', frame), 'direction') === direction,
      )
      .map((frame) => frame.bytes.subarray(96).toString())
      .join('');

  test('every part is attached', () => {
    const refused = loader.parts.filter((part) => part.state !== 'on' && part.name !== 'tls' && part.state !== 'off');
    assert.deepEqual(refused, []);
  });

  test('a connection: who asked, where to, established from where, how many bytes, and what was said first', async () => {
    const port = await serve(false);
    const pid = await talk(port, '127.0.0.1', 'hello', 'and bye');
    const asked = fields('weir_connect', await connectOf(pid));
    assert.equal(addressText(numberOf(asked, 'family'), bytesOf(asked, 'address')), '127.0.0.1');
    assert.equal(numberOf(asked, 'port'), port);
    assert.equal(numberOf(asked, 'protocol'), 6);
    assert.equal(bigOf(asked, 'cgroup_id'), cgroup.id);
    assert.match(textOf(asked, 'comm'), /^(node|MainThread)/);
    const cookie = bigOf(asked, 'cookie');
    const closed = await closeOf(cookie);
    const end = fields('weir_state', closed);
    assert.equal(tgidOf(closed), pid);
    assert.equal(bigOf(end, 'bytes_sent'), 12n);
    assert.equal(bigOf(end, 'bytes_received'), 12n);
    assert.equal(numberOf(end, 'role'), CLIENT);
    assert.equal(numberOf(end, 'remote_port'), port);
    assert.ok(bigOf(end, 'duration_ns') > 0n);
    const established = loader.all('STATE', (frame) => cookieOf('weir_state', frame) === cookie)[0];
    assert.ok(established !== undefined);
    assert.equal(numberOf(fields('weir_state', established), 'new_state'), 1);
    assert.ok(numberOf(fields('weir_state', established), 'local_port') > 0);
    assert.equal(payload(cookie, OUT), 'helloand bye');
    assert.equal(payload(cookie, IN), 'HELLOAND BYE');
  });

  test('an IPv4-mapped IPv6 address is told as IPv4, a real one as IPv6', async () => {
    const mapped = fields('weir_connect', await connectOf(await talk(await serve(false), '::ffff:127.0.0.1', 'x')));
    assert.equal(numberOf(mapped, 'family'), 4);
    assert.equal(addressText(4, bytesOf(mapped, 'address')), '127.0.0.1');
    assert.equal(numberOf(mapped, 'flags') & 1, 1);
    const asked = fields(
      'weir_connect',
      await connectOf(await talk(await serve(false, '0', '::1'), '::1', 'over six')),
    );
    assert.equal(addressText(numberOf(asked, 'family'), bytesOf(asked, 'address')), '0:0:0:0:0:0:0:1');
    const cookie = bigOf(asked, 'cookie');
    await closeOf(cookie);
    assert.equal(payload(cookie, OUT), 'over six');
  });

  test('a connection that is refused is closed without bytes, with its error', async () => {
    const pid = await talk(1, '127.0.0.1', 'x');
    const end = fields('weir_state', await closeOf(bigOf(fields('weir_connect', await connectOf(pid)), 'cookie')));
    assert.equal(bigOf(end, 'bytes_sent'), 0n);
    assert.equal(numberOf(end, 'error'), 111);
  });

  test('a listener is told, and who is accepted by it, with its packets as those of a server', async () => {
    const port = await serve(true);
    const listening = await loader.first(
      'STATE',
      (frame) =>
        numberOf(fields('weir_state', frame), 'new_state') === 10 &&
        numberOf(fields('weir_state', frame), 'local_port') === port,
    );
    const ran = await sandbox.run(process.execPath, node(TCP_CLIENT, String(port), '127.0.0.1', 'knock'), {});
    assert.equal(ran.code, 0);
    const accepted = await loader.first(
      'ACCEPT',
      (frame) => numberOf(fields('weir_accept', frame), 'local_port') === port,
    );
    assert.equal(tgidOf(accepted), tgidOf(listening));
    const cookie = cookieOf('weir_accept', accepted);
    const end = fields('weir_state', await closeOf(cookie));
    assert.equal(numberOf(end, 'role'), SERVER);
    assert.equal(bigOf(end, 'bytes_received'), 5n);
    assert.equal(payload(cookie, IN), 'knock');
    assert.equal(payload(cookie, OUT), 'KNOCK');
    assert.deepEqual(
      loader.all('CONNECT', (frame) => tgidOf(frame) === ran.pid),
      [],
      'the client is not watched',
    );
  });

  test('an undecided socket gives its first bytes and no more; the rest is counted by nobody', async () => {
    const port = await serve(false);
    const cookie = cookieOf(
      'weir_connect',
      await connectOf(await talk(port, '127.0.0.1', 'a'.repeat(3000), 'b'.repeat(30_000))),
    );
    const end = fields('weir_state', await closeOf(cookie));
    assert.equal(bigOf(end, 'bytes_sent'), 33_000n);
    assert.equal(payload(cookie, OUT), 'a'.repeat(3000) + 'b'.repeat(1096));
  });

  test('a verdict holds from the next packet on: FOLLOW copies up to its bytes, SAMPLE the first of a message, IGNORE nothing', async () => {
    const port = await serve(false);
    const client = sandbox.start(
      process.execPath,
      node(
        `const socket = require('node:net').connect(Number(process.argv[1]), '127.0.0.1', () => console.log('connected'));
       process.stdin.on('data', (data) => socket.write(data)).on('end', () => socket.end());
       let got = 0; socket.on('data', (data) => { got += data.length; console.log('got', got); });`,
        String(port),
      ),
      { cgroup },
    );
    await client.says('connected');
    const cookie = cookieOf('weir_connect', await connectOf(client.pid));
    let sent = 0;
    const say = async (text: string): Promise<void> => {
      sent += text.length;
      client.stdin.write(text);
      await client.says(`got ${sent}\n`);
    };
    const verdict = async (name: number, bytes = 0, messages = 0): Promise<void> => {
      assert.equal(
        await loader.command('weir_do_socket', 'SOCKET', { cookie, verdict: name, directions: 3, bytes, messages }),
        0,
      );
    };
    await say('first.');
    await verdict(4, 10);
    await say('followed on and on.');
    await say('nothing of this.');
    await verdict(3, 4, 2);
    await say('sample 1.');
    await say('example 2.');
    await say('no more in this minute.');
    await verdict(2);
    await say('ignored.');
    await verdict(4, 1000);
    await say('ignored for good.');
    client.stdin.end();
    await closeOf(cookie);
    const minuteTurned = payload(cookie, OUT).endsWith('no m');
    assert.equal(payload(cookie, OUT), `first.followed osampexam${minuteTurned ? 'no m' : ''}`);
    assert.equal(payload(cookie, IN), `FIRST.FOLLOWED OSAMPEXAM${minuteTurned ? 'NO M' : ''}`);
  });

  test('datagrams: their destination once, DNS always, the first of QUIC, and bytes at the end', async () => {
    const code = `
      const server = require('node:dgram').createSocket('udp4').on('message', (data, from) => server.send('answer to ' + data, from.port, from.address));
      server.bind(Number(process.argv[1]), '10.9.8.7', () => console.log('bound'));
      process.stdin.resume();`;
    for (const port of ['53', '443']) await sandbox.start(process.execPath, node(code, port), {}).says('bound');
    const ran = await sandbox.run(
      process.execPath,
      node(`
        const socket = require('node:dgram').createSocket('udp4');
        let answers = 0;
        const sends = [['question', 53], ['again', 53], ['initial', 443], ['x'.repeat(6000), 443], ['more', 443]];
        const next = () => { const [text, port] = sends.shift() ?? []; text === undefined ? socket.close() : socket.send(text, port, '10.9.8.7'); };
        socket.on('message', next); next();`),
      { cgroup },
    );
    assert.equal(ran.code, 0, ran.stderr);
    const end = await loader.first(
      'STATE',
      (frame) => tgidOf(frame) === ran.pid && numberOf(fields('weir_state', frame), 'protocol') === 17,
    );
    const cookie = cookieOf('weir_state', end);
    assert.equal(bigOf(fields('weir_state', end), 'bytes_sent'), BigInt('questionagaininitialmore'.length + 6000));
    assert.deepEqual(
      loader
        .all('CONNECT', (frame) => cookieOf('weir_connect', frame) === cookie)
        .map((frame) => {
          const told = fields('weir_connect', frame);
          return [addressText(numberOf(told, 'family'), bytesOf(told, 'address')), numberOf(told, 'port')];
        }),
      [
        ['10.9.8.7', 53],
        ['10.9.8.7', 443],
      ],
    );
    assert.equal(payload(cookie, OUT), `questionagaininitial${'x'.repeat(4096 - 'initial'.length)}`);
    assert.equal(payload(cookie, IN), 'answer to questionanswer to again');
  });

  test("a connect of Weir's own processes, and of their children, is marked so", async () => {
    const port = await serve(false);
    const code = `process.stdin.once('data', () => {
      const { status } = require('node:child_process').spawnSync(process.execPath, ['-e', process.argv[1], '--', ...process.argv.slice(2)], { stdio: 'inherit' });
      process.exit(status);
    }); console.log('up');`;
    const parent = sandbox.start(process.execPath, node(code, TCP_CLIENT, String(port), '127.0.0.1', 'own'), {
      cgroup,
    });
    await parent.says('up');
    assert.equal(await loader.command('weir_do_own', 'OWN', { tgid: parent.pid, start_ns: 0 }), 0);
    parent.stdin.write('go\n');
    assert.equal((await parent.finished()).code, 0);
    const fork = await loader.first('FORK', (frame) => tgidOf(frame) === parent.pid);
    const asked = await connectOf(fork.bytes.readUInt32LE(32));
    assert.equal(numberOf(fields('weir_connect', asked), 'flags') & 4, 4);
  });

  test('a command that is malformed or unknown is answered by an error, and the loader goes on', async () => {
    assert.equal(await loader.command('weir_do_socket', 'SOCKET', { cookie: 0 }), 22);
    assert.equal(await loader.command('weir_do_socket', 'SOCKET', { cookie: 1, verdict: 77 }), 22);
    assert.equal(
      await loader.command('weir_do_socket', 'LIMITS', { cookie: 1 }),
      0,
      'a command of another layout and the same size is just that command',
    );
    assert.equal(await loader.command('weir_command', 'LIMITS'), 22);
    assert.equal(
      await loader.command('weir_do_limits', 'LIMITS', {
        call_bytes: 262144,
        peek_bytes: 1024,
        first_bytes: 4096,
        dns_bytes: 4096,
        accepted: 1,
        answers: 1,
      }),
      0,
    );
  });
});
