/** Steering and blocking in the kernel: who is sent to the proxy, what the proxy learns, and what happens without it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, afterEach, before, describe, test } from 'node:test';
import { constantOf, type Fields } from '../support/events-header.ts';
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
  tgidOf,
} from './loader.ts';
import { openSandbox, type Sandbox, type Started } from './sandbox.ts';

const STEERED = 8;
const BLOCKED = 16;
const EPERM = 'EPERM';

/** Prints `port P`, then `from ADDRESS PORT said WORDS` of every connection's first line, which it answers by its name. */
const SERVER = `
  const [port, host, name] = process.argv.slice(1);
  require('node:net').createServer((socket) => {
    let said = '';
    socket.on('error', () => socket.destroy()).on('data', (data) => {
      said += data;
      if (!said.endsWith('\\n')) return;
      console.log('from', socket.remoteAddress.replace('::ffff:', ''), socket.remotePort, 'said', said.trim());
      socket.end(name + '\\n');
    });
  }).listen({ port: Number(port), host, backlog: 4096 }, function () { console.log('port', this.address().port); });
`;
/** Connects, says what it believes its peer to be, prints what it is answered. */
const CLIENT = `
  const [host, port] = process.argv.slice(1);
  const socket = require('node:net').connect({ host, port: Number(port) });
  let got = '';
  socket.on('connect', () => socket.write(socket.remoteAddress + ' ' + socket.remotePort + '\\n'));
  socket.on('data', (data) => { got += data; }).on('end', () => console.log('answered', got.trim())).on('error', (error) => console.log('failed', error.code));
`;
/** Answers `n.LABELS` by an alias that is at 104.18.0.n. */
const DNS_SERVER = `
  const socket = require('node:dgram').createSocket('udp4');
  socket.on('message', (query, from) => {
    let at = 12;
    while (query[at]) at += query[at] + 1;
    const number = Number(query.toString('latin1', 13, 13 + query[12]));
    const alias = [0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 4, 1, 97, 0xc0, 12];
    const record = [0xc0, at + 5 + 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 104, 18, 0, number];
    const head = Buffer.from([query[0], query[1], 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0]);
    socket.send(Buffer.concat([head, query.subarray(12, at + 5), Buffer.from(alias), Buffer.from(record)]), from.port, from.address);
  });
  socket.bind(53, '127.0.0.1', () => console.log('dns'));
  process.stdin.resume();
`;
const node = (code: string, ...args: readonly (string | number)[]): readonly string[] => [
  '-e',
  code,
  '--',
  ...args.map(String),
];

function addressBytes(address: string): Fields {
  if (!address.includes(':')) return { family: 4, address: Buffer.from(address.split('.').map(Number)) };
  const [head = '', tail = ''] = address.split('::');
  const words = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16));
  const [before, behind] = [words(head), words(tail)];
  const all = [...before, ...Array<number>(8 - before.length - behind.length).fill(0), ...behind];
  return { family: 6, address: Buffer.from(all.flatMap((word) => [word >> 8, word & 255])) };
}

describe('steering and blocking', { skip: kernelSkip() }, () => {
  let cgroup: TestCgroup;
  let sandbox: Sandbox;
  let loader: TestLoader;
  let netns: bigint;
  let proxy: Started;
  let proxyPort: number;

  const start = async (): Promise<void> => {
    loader = await startLoader({ cgroup, args: ['--steer', '--no-tls'] });
    assert.deepEqual(
      loader.parts.filter((part) => part.state !== 'on').map((part) => part.name),
      ['tls'],
    );
  };
  const send = async (struct: string, type: string, values: Fields): Promise<void> => {
    assert.equal(await loader.command(struct, type, values), 0, `${type} was refused`);
  };
  const know = (address: string, flags: number, more: Fields = {}): Promise<void> => {
    const of = addressBytes(address);
    return send('weir_do_address', 'ADDRESS', {
      ...of,
      prefix: of['family'] === 4 ? 32 : 128,
      flags,
      port: 443,
      ...more,
    });
  };
  const steer = (more: Fields = {}): Promise<void> =>
    send('weir_do_steer', 'STEER', { netns, port4: proxyPort, address4: Buffer.of(127, 0, 0, 1), ...more });
  const unsteer = (more: Fields = {}): Promise<void> => send('weir_do_steer', 'UNSTEER', { netns, ...more });
  const lease = (ms: number): Promise<void> => send('weir_do_lease', 'LEASE', { ms });
  const connect = async (
    host: string,
    port: number,
    within: TestCgroup = cgroup,
  ): Promise<{ readonly pid: number; readonly said: string }> => {
    const ran = await sandbox.run(process.execPath, node(CLIENT, host, port), { cgroup: within });
    return { pid: ran.pid, said: ran.stdout.trim() + ran.stderr };
  };
  const connectOf = (pid: number): Promise<Frame> => loader.first('CONNECT', (frame) => tgidOf(frame) === pid);

  before(async () => {
    cgroup = makeCgroup();
    sandbox = await openSandbox({
      setup:
        'ip route add local 10.9.0.0/16 dev lo; ip route add local 104.18.0.0/24 dev lo; ip -6 addr add fd00::7/128 dev lo nodad',
    });
    await start();
    proxy = sandbox.start(process.execPath, node(SERVER, 0, '127.0.0.1', 'proxy'), {});
    proxyPort = Number((await proxy.says('port ')).trim().split(' ').at(-1));
    await sandbox.start(process.execPath, node(SERVER, 443, '::', 'direct'), {}).says('port ');
    const { pid, said } = await connect('10.9.8.7', 443);
    assert.equal(said, 'answered direct');
    netns = bigOf(fields('weir_connect', await connectOf(pid)), 'netns');
  });
  afterEach(async () => {
    await unsteer();
    await lease(0);
    for (const address of ['10.9.8.7', '10.9.8.8', 'fd00::7']) await know(address, 0);
  });
  after(async () => {
    await sandbox.close();
    await loader.stop();
    await cgroup.remove();
  });

  /** Where the connection that the proxy sees was going, as the loader answers. */
  const originOf = async (address: string, port: number): Promise<Fields> => {
    const asked = loader.all('ORIGIN').length;
    const of = addressBytes(address);
    const sequence = 1_000_000 + asked;
    loader.write(originCommand(of, port, sequence));
    const answer = await loader.first(
      'ORIGIN',
      (frame) => numberOf(fields('weir_origin', frame), 'sequence') === sequence,
    );
    return fields('weir_origin', answer);
  };
  const lastAtProxy = async (text: string): Promise<readonly [string, number]> => {
    const said = await proxy.says(text);
    const line = said.split('\n').find((each) => each.includes(text)) ?? '';
    const [, address = '', port = ''] = line.split(' ');
    return [address, Number(port)];
  };

  test('a connection to a known address goes to the proxy, believes to be where it wanted, and the proxy learns where that is', async () => {
    await know('10.9.8.7', 1);
    await steer();
    await lease(60_000);
    const { pid, said } = await connect('10.9.8.7', 443);
    assert.equal(said, 'answered proxy');
    const asked = fields('weir_connect', await connectOf(pid));
    assert.equal(numberOf(asked, 'flags') & STEERED, STEERED);
    assert.equal(addressText(4, bytesOf(asked, 'address')), '10.9.8.7');
    assert.equal(numberOf(asked, 'port'), 443);
    const [address, port] = await lastAtProxy('said 10.9.8.7 443');
    const told = fields('weir_steer', await loader.first('STEERED', (frame) => tgidOf(frame) === pid));
    assert.equal(numberOf(told, 'local_port'), port);
    const origin = await originOf(address, port);
    assert.equal(numberOf(origin, 'error'), 0);
    assert.equal(addressText(numberOf(origin, 'family'), bytesOf(origin, 'original')), '10.9.8.7');
    assert.equal(numberOf(origin, 'port'), 443);
    assert.equal(bigOf(origin, 'cookie'), bigOf(asked, 'cookie'));
    assert.equal(numberOf(await originOf(address, port), 'error'), 2, 'it is answered once');
  });

  test('an IPv6 destination, and an IPv4-mapped one, reach an IPv4 listener and know their peer', async () => {
    await know('fd00::7', 1);
    await know('10.9.8.8', 1);
    await steer();
    await lease(60_000);
    assert.equal((await connect('fd00::7', 443)).said, 'answered proxy');
    const six = await originOf(...(await lastAtProxy('said fd00::7 443')));
    assert.equal(addressText(numberOf(six, 'family'), bytesOf(six, 'original')), 'fd00:0:0:0:0:0:0:7');
    assert.equal((await connect('::ffff:10.9.8.8', 443)).said, 'answered proxy');
    const mapped = await originOf(...(await lastAtProxy('said ::ffff:10.9.8.8 443')));
    assert.equal(addressText(numberOf(mapped, 'family'), bytesOf(mapped, 'original')), '10.9.8.8');
  });

  test('everything else goes its way: other addresses and ports, an entry past its time, a process of Weir', async () => {
    await steer();
    await lease(60_000);
    await know('10.9.8.7', 1);
    assert.equal((await connect('10.9.8.8', 443)).said, 'answered direct');
    assert.equal((await connect('10.9.8.7', 444)).said, 'failed ECONNREFUSED');
    await know('10.9.8.7', 1, { expires_ns: 1n });
    assert.equal((await connect('10.9.8.7', 443)).said, 'answered direct');
    await know('10.9.8.7', 1);
    const own = sandbox.start(
      process.execPath,
      node(
        `process.stdin.once('data', () => { ${CLIENT} process.stdin.destroy(); }); console.log('up');`,
        '10.9.8.7',
        443,
      ),
      { cgroup },
    );
    await own.says('up');
    await send('weir_do_own', 'OWN', { tgid: own.pid });
    own.stdin.write('go\n');
    assert.match((await own.finished()).stdout, /answered direct/);
    assert.equal((await connect('10.9.8.7', 443)).said, 'answered proxy');
  });

  test('a network counts for all its addresses, the longest one first', async () => {
    await steer();
    await lease(60_000);
    await know('10.9.8.0', 1, { prefix: 24 });
    await know('10.9.8.8', 2);
    assert.equal((await connect('10.9.8.99', 443)).said, 'answered proxy');
    assert.equal((await connect('10.9.8.8', 443)).said, `failed ${EPERM}`);
    assert.equal((await connect('10.9.9.9', 443)).said, 'answered direct');
    await know('10.9.8.0', 0, { prefix: 24 });
    assert.equal((await connect('10.9.8.99', 443)).said, 'answered direct');
  });

  test('only the cgroup that is steered, with those below it', async () => {
    const steered = cgroup.child('steered');
    const inner = steered.child('inner');
    const other = cgroup.child('other');
    await know('10.9.8.7', 1);
    await steer({ cgroup_id: steered.id });
    await lease(60_000);
    assert.equal((await connect('10.9.8.7', 443, steered)).said, 'answered proxy');
    assert.equal((await connect('10.9.8.7', 443, inner)).said, 'answered proxy');
    assert.equal((await connect('10.9.8.7', 443, other)).said, 'answered direct');
    assert.equal((await connect('10.9.8.7', 443)).said, 'answered direct');
    await unsteer({ cgroup_id: steered.id });
    assert.equal((await connect('10.9.8.7', 443, steered)).said, 'answered direct');
  });

  test('without a lease a connection goes its way, or is refused where that was asked for; other destinations are free', async () => {
    await know('10.9.8.7', 1);
    await steer();
    assert.equal((await connect('10.9.8.7', 443)).said, 'answered direct');
    await steer({ flags: 1 });
    const { pid, said } = await connect('10.9.8.7', 443);
    assert.equal(said, `failed ${EPERM}`);
    assert.equal(numberOf(fields('weir_connect', await connectOf(pid)), 'flags') & BLOCKED, BLOCKED);
    const told = fields('weir_steer', await loader.first('BLOCKED', (frame) => tgidOf(frame) === pid));
    assert.equal(numberOf(told, 'why'), constantOf('WEIR_BLOCK_LEASE'));
    assert.equal((await connect('10.9.8.8', 443)).said, 'answered direct');
    await lease(60_000);
    assert.equal((await connect('10.9.8.7', 443)).said, 'answered proxy');
    await lease(1);
    assert.equal((await connect('10.9.8.7', 443)).said, `failed ${EPERM}`);
  });

  test('what is blocked gets EPERM: TCP, and UDP 443 by connect and by sendmsg; other UDP passes', async () => {
    await know('10.9.8.7', 2, { port: 0 });
    await know('fd00::7', 2, { port: 0 });
    assert.equal((await connect('10.9.8.7', 443)).said, `failed ${EPERM}`);
    assert.equal((await connect('fd00::7', 443)).said, `failed ${EPERM}`);
    const code = `
      const dgram = require('node:dgram');
      const tell = (what) => (error) => console.log(what, error ? error.code : 'sent');
      const [, four, six] = ['', '10.9.8.7', 'fd00::7'];
      const sends = [['udp4', four, 443], ['udp6', six, 443], ['udp4', four, 4433]];
      for (const [type, address, port] of sends) {
        const socket = dgram.createSocket(type);
        socket.on('error', tell('error')).send('x', port, address, (error) => { tell('sendmsg ' + type + ' ' + port)(error); socket.close(); });
      }
      const connected = dgram.createSocket('udp4');
      connected.on('error', () => undefined).connect(443, four, (error) => { tell('connect')(error); connected.close(); });`;
    const ran = await sandbox.run(process.execPath, node(code), { cgroup });
    assert.deepEqual(ran.stdout.trim().split('\n').sort(), [
      'connect EPERM',
      'sendmsg udp4 443 EPERM',
      'sendmsg udp4 4433 sent',
      'sendmsg udp6 443 EPERM',
    ]);
    const told = await loader.first('BLOCKED', (frame) => tgidOf(frame) === ran.pid);
    assert.equal(numberOf(fields('weir_steer', told), 'why'), constantOf('WEIR_BLOCK_POLICY'));
    assert.equal(numberOf(fields('weir_steer', told), 'protocol'), 17);
  });

  test('QUIC to where TCP is steered is refused, so that the client falls back', async () => {
    await know('10.9.8.7', 1);
    await steer();
    await lease(60_000);
    const code = `const socket = require('node:dgram').createSocket('udp4');
      socket.on('error', () => undefined).send('x', 443, '10.9.8.7', (error) => { console.log(error?.code ?? 'sent'); socket.close(); });`;
    assert.equal((await sandbox.run(process.execPath, node(code), { cgroup })).stdout.trim(), EPERM);
  });

  test('of 1,000 connections at once, the proxy learns of each where it was going', async () => {
    await know('10.9.0.0', 1, { prefix: 16 });
    await steer();
    await lease(60_000);
    const before_ = (await proxy.says('port ')).split('\n').length;
    const code = `
      let open = 0, wrong = 0;
      for (let i = 0; i < 1000; i++) {
        const host = '10.9.' + (100 + (i >> 8)) + '.' + (i & 255);
        const socket = require('node:net').connect({ host, port: 443 });
        open++;
        socket.on('connect', () => socket.write('many ' + host + ' ' + socket.remoteAddress + '\\n'));
        socket.on('data', (data) => { if (String(data) !== 'proxy\\n') wrong++; }).on('error', () => { wrong++; });
        socket.on('close', () => { if (--open === 0) console.log('wrong', wrong); });
      }`;
    const ran = await sandbox.run(process.execPath, node(code), { cgroup });
    assert.equal(ran.stdout.trim(), 'wrong 0', ran.stderr);
    const lines = (await proxy.says('many 10.9.103.231 '))
      .split('\n')
      .slice(before_ - 1)
      .filter((line) => line.includes(' said many '));
    assert.equal(lines.length, 1000);
    const seen = new Set<string>();
    for (const line of lines) {
      const [, address = '', port = '', , , host = '', peer = ''] = line.split(' ');
      const origin = await originOf(address, Number(port));
      assert.equal(addressText(4, bytesOf(origin, 'original')), host);
      assert.equal(peer, host);
      seen.add(host);
    }
    assert.equal(seen.size, 1000);
    await know('10.9.0.0', 0, { prefix: 16 });
  });

  test('another network namespace: an address is tried from there, and steering goes to it only', async () => {
    const other = await openSandbox({ setup: 'ip route add local 10.9.0.0/16 dev lo' });
    try {
      const [a, b] = [`wa${process.pid}`, `wb${process.pid}`];
      const ip = (pid: number, ...args: readonly string[]): void =>
        void execFileSync('nsenter', ['--target', String(pid), '--net', 'ip', ...args]);
      ip(sandbox.pid, 'link', 'add', a, 'type', 'veth', 'peer', 'name', b, 'netns', String(other.pid));
      ip(sandbox.pid, 'addr', 'add', '10.77.0.1/24', 'dev', a);
      ip(sandbox.pid, 'link', 'set', a, 'up');
      ip(other.pid, 'addr', 'add', '10.77.0.2/24', 'dev', b);
      ip(other.pid, 'link', 'set', b, 'up');
      const far = sandbox.start(process.execPath, node(SERVER, 0, '10.77.0.1', 'far proxy'), {});
      const port = Number((await far.says('port ')).trim().split(' ').at(-1));
      await other.start(process.execPath, node(SERVER, 443, '10.9.8.7', 'direct'), {}).says('port ');

      const probe = (address: string, at: number): Promise<number> =>
        loader.command('weir_do_probe', 'PROBE', { tgid: other.pid, port: at, ...addressBytes(address) });
      assert.equal(await probe('10.77.0.1', port), 0);
      assert.equal(await probe('127.0.0.1', port), 111, 'loopback there is not the loopback here');
      assert.equal(await probe('10.78.0.1', port), 101);

      await know('10.9.8.7', 1);
      await steer();
      await lease(60_000);
      const client = async (): Promise<string> =>
        (await other.run(process.execPath, node(CLIENT, '10.9.8.7', 443), { cgroup })).stdout.trim();
      assert.equal(await client(), 'answered direct', 'nothing is steered to an address of another namespace');
      const pid = tgidOf(loader.all('CONNECT').at(-1) ?? assert.fail());
      const there = bigOf(fields('weir_connect', await connectOf(pid)), 'netns');
      assert.notEqual(there, netns);
      await steer({ netns: there, port4: port, address4: Buffer.of(10, 77, 0, 1) });
      assert.equal(await client(), 'answered far proxy');
      const said = await far.says('said 10.9.8.7 443');
      const [, address = '', from = ''] = (said.split('\n').find((line) => line.startsWith('from')) ?? '').split(' ');
      assert.equal(address, '10.77.0.2');
      assert.equal(addressText(4, bytesOf(await originOf(address, Number(from)), 'original')), '10.9.8.7');
      await unsteer({ netns: there });
    } finally {
      await other.close();
    }
  });

  test('the addresses of a name are steered from the first connection on, read by the kernel out of the answer', async () => {
    const dns = sandbox.start(process.execPath, node(DNS_SERVER), {});
    await dns.says('dns');
    const name = (text: string, flags: number): Promise<void> =>
      send('weir_do_steer_name', 'STEER_NAME', { name: text, length: text.length, flags });
    await name('.llm.example', 1);
    await name('alone.example', 1);
    await steer();
    await lease(60_000);
    const resolved = async (host: string): Promise<string> => {
      const code = `const resolver = new (require('node:dns').Resolver)(); resolver.setServers(['127.0.0.1']);
        resolver.resolve4(process.argv[1], (error, [found]) => { process.argv.splice(1, 1, found); ${CLIENT} });`;
      return (await sandbox.run(process.execPath, node(code, host, 443), { cgroup })).stdout.trim();
    };
    // The server answers n.LABELS by 104.18.0.n.
    assert.equal(await resolved('1.llm.example'), 'answered proxy');
    assert.equal(await resolved('2.API.llm.Example'), 'answered proxy');
    assert.equal(await resolved('3.llm.example.org'), 'answered direct');
    assert.equal(await resolved('4.notllm.example'), 'answered direct');
    assert.equal(await resolved('5.alone.example'), 'answered direct');
    await name('6.alone.example', 1);
    assert.equal(await resolved('6.alone.example'), 'answered proxy');
    await name('.llm.example', 0);
    assert.equal(await resolved('7.llm.example'), 'answered direct');
    assert.equal(await loader.command('weir_do_steer_name', 'STEER_NAME', { name: 'a..b', length: 4, flags: 1 }), 22);
    assert.equal(await loader.command('weir_do_steer_name', 'STEER_NAME', { name: 'a.b', length: 200, flags: 1 }), 22);
    await dns.kill();
  });

  test('commands that ask for what cannot be are refused', async () => {
    const refused = async (struct: string, type: string, values: Fields): Promise<void> =>
      assert.equal(await loader.command(struct, type, values), 22);
    await refused('weir_do_address', 'ADDRESS', { family: 5, prefix: 32, flags: 1 });
    await refused('weir_do_address', 'ADDRESS', { family: 4, prefix: 33, flags: 1 });
    await refused('weir_do_address', 'ADDRESS', { family: 4, prefix: 32, flags: 4 });
    await refused('weir_do_steer', 'STEER', { netns: 1n });
    await refused('weir_do_lease', 'LEASE', { ms: 10_000_000 });
    await refused('weir_do_probe', 'PROBE', { tgid: 1, family: 4, port: 0 });
    await refused('weir_command', 'ORIGIN', {});
  });

  test('with the loader killed while connections come, nothing is steered or refused any more', async () => {
    await know('10.9.8.7', 1);
    await steer({ flags: 1 });
    await lease(60_000);
    const load = sandbox.start(
      process.execPath,
      node(`const net = require('node:net'); const seen = {}; let last;
        const next = () => { const socket = net.connect(443, '10.9.8.7', () => socket.write('load\\n'));
          let got = ''; socket.on('data', (data) => { got += data; }).on('error', (error) => { got = error.code; })
            .on('close', () => { got = got.trim(); if (got !== last) console.log('now', last = got); setTimeout(next, 2); }); };
        for (let i = 0; i < 8; i++) next();`),
      { cgroup },
    );
    await load.says('now proxy');
    loader.process.kill('SIGKILL');
    await load.says('now direct');
    await load.kill();
    await loader.stop();
    const { stdout } = await sandbox.run(process.execPath, node(CLIENT, '10.9.8.7', 443), { cgroup });
    assert.equal(stdout.trim(), 'answered direct');
    await start();
  });
});

function originCommand(of: Fields, port: number, sequence: number): Buffer {
  const bytes = Buffer.alloc(40);
  bytes.writeUInt32LE(40, 0);
  bytes.writeUInt16LE(constantOf('WEIR_DO_ORIGIN'), 4);
  bytes.writeUInt32LE(sequence, 8);
  bytes.writeUInt8(numberOf(of, 'family'), 16);
  bytes.writeUInt16LE(port, 18);
  bytesOf(of, 'address').copy(bytes, 24);
  return bytes;
}
