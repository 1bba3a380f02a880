/** Which commands steering and blocking give the loader, from frames as the loader sends them; and the socket that the proxy asks. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import type { SensorFrame } from '../../sensor/frame-types.ts';
import { COMMAND } from '../../sensor/layout.ts';
import { Steering, type SteeringOptions, type SteerWishes } from '../../sensor/steer.ts';
import { addressBytes, processTarget } from '../../sensor/steer-commands.ts';
import { openSteerSocket } from '../../sensor/steer-socket.ts';
import { type Fields, readFields, structs } from '../support/events-header.ts';

const HOME_NETNS = 1;
const PROXY = { host: '127.0.0.1', port: 8789 };
const NAMES: Readonly<Record<string, { readonly isGenai: boolean; readonly isSanctioned: boolean }>> = {
  'api.openai.com': { isGenai: true, isSanctioned: false },
  'llm.corp.example': { isGenai: true, isSanctioned: true },
};
const STEER = { cgroups: [], apps: [], containers: [], address: null };

interface Sent extends Fields {
  readonly type: string;
}

function steeringOf(wishes: Partial<SteerWishes>, more: Partial<SteeringOptions> = {}) {
  const sent: Sent[] = [];
  const lines: string[] = [];
  const steering = new Steering({
    wishes: { steer: null, block: false, onError: 'closed', ...wishes },
    proxy: PROXY,
    kindOf: (host) => NAMES[host] ?? { isGenai: false, isSanctioned: false },
    names: [],
    networks: [],
    cgroupId: (path) => (path === '/apps' ? 77n : null),
    sourceOf: () => ({ app: null, container: null, cgroup: null }),
    command: (bytes) => void sent.push(sentOf(bytes)),
    log: (line) => void lines.push(line),
    ...more,
  });
  const take = (): readonly Sent[] => sent.splice(0);
  const frame = (body: object): void => steering.frame({ ktimeNs: 1e12, cpu: 0, ...body } as unknown as SensorFrame);
  return { steering, take, lines, frame };
}

function sentOf(bytes: Buffer): Sent {
  const type = Object.entries(COMMAND).find(([, value]) => value === bytes.readUInt16LE(4))?.[0] ?? '';
  const name = `weir_do_${type === 'UNSTEER' ? 'steer' : type.toLowerCase()}`;
  assert.equal(structs.get(name)?.size, bytes.length);
  return { type, ...readFields(name, bytes) };
}

function sequenceOf(sent: Sent | undefined): number {
  const command = sent?.['command'];
  assert.ok(typeof command === 'object' && !Buffer.isBuffer(command));
  return Number(command['sequence']);
}

const answer = (name: string, ...addresses: readonly string[]) => ({
  name,
  addresses: addresses.map((address) => ({ address, ttl: 10 })),
});
const connectFrame = (tgid: number, more: object = {}): object => ({
  type: 'connect',
  task: { tgid, tid: tgid, startNs: 1 },
  cgroup: 5,
  netns: HOME_NETNS,
  comm: 'app',
  uid: 0,
  isOwn: false,
  ...more,
});

describe('addresses', () => {
  test('an answer for a GenAI name makes its addresses steered, for at least five minutes; others make nothing', () => {
    const { steering, take } = steeringOf({ steer: STEER });
    steering.begin();
    steering.frame({ type: 'netns', netns: HOME_NETNS, ktimeNs: 1e12, cpu: 0 } as SensorFrame);
    take();
    steering.learn(answer('www.example.org', '93.184.216.34'));
    assert.deepEqual(take(), []);
    steering.learn(answer('api.openai.com', '104.18.6.192', '2606:4700::6812:6c0'));
    const [four, six] = take();
    assert.deepEqual([four?.['family'], four?.['prefix'], four?.['port'], four?.['flags']], [4, 32, 443, 1]);
    assert.deepEqual(four?.['address'], Buffer.concat([Buffer.of(104, 18, 6, 192), Buffer.alloc(12)]));
    assert.ok(Number(four?.['expires_ns']) >= 1e12 + 300e9);
    assert.deepEqual([six?.['family'], six?.['prefix']], [6, 128]);
    assert.deepEqual(six?.['address'], addressBytes('2606:4700::6812:6c0'));
  });

  test('an address of this host or its networks is never one, whatever an answer says', () => {
    const { steering, take } = steeringOf({ steer: STEER, block: true });
    steering.learn(
      answer(
        'api.openai.com',
        '127.0.0.1',
        '10.0.0.8',
        '169.254.169.254',
        '192.168.1.1',
        '::1',
        'fe80::1',
        'fd00::1',
        '::ffff:127.0.0.1',
      ),
    );
    assert.deepEqual(take(), []);
  });

  test('blocking is for addresses that only unsanctioned GenAI names lead to, and ends with the first other name', () => {
    const { steering, take } = steeringOf({ block: true });
    steering.learn(answer('api.openai.com', '104.18.6.192'));
    assert.deepEqual(
      take().map((one) => one['flags']),
      [2],
    );
    steering.learn(answer('www.example.org', '104.18.6.192'));
    assert.deepEqual(
      take().map((one) => one['flags']),
      [0],
    );
    steering.learn(answer('api.openai.com', '104.18.6.192'));
    assert.deepEqual(take(), [], 'whichever of them was learned first');
    steering.learn(answer('llm.corp.example', '104.18.7.192'));
    assert.deepEqual(take(), []);
    steering.learn(answer('api.openai.com', '104.18.7.192'));
    assert.deepEqual(take(), []);
  });

  test('a DNS packet is read, over UDP and over TCP however it is cut; what is no answer is nothing', () => {
    const { steering, take, frame } = steeringOf({ block: true });
    void steering;
    const message = dnsAnswer('api.openai.com', [104, 18, 6, 192]);
    const packet = { type: 'packet', why: 'dns', way: 'in', remotePort: 53, cookie: 9 };
    frame({ ...packet, protocol: 'udp', bytes: message });
    assert.equal(take().length, 1);
    const framed = Buffer.concat([Buffer.of(0, message.length), message]);
    frame({ ...packet, protocol: 'tcp', bytes: framed.subarray(0, 5) });
    assert.equal(take().length, 0);
    frame({ ...packet, protocol: 'tcp', bytes: framed.subarray(5) });
    assert.equal(take().length, 1);
    frame({ ...packet, protocol: 'udp', bytes: Buffer.from('not DNS at all') });
    frame({ ...packet, protocol: 'udp', way: 'out', bytes: message });
    assert.equal(take().length, 0);
  });
});

test('a connection that was refused is told once, and counted each time', () => {
  const { steering, lines, frame } = steeringOf({ block: true });
  const refusal = { type: 'blocked', task: { tgid: 12 }, address: '104.18.6.192', port: 443, why: 'policy' };
  frame(refusal);
  frame(refusal);
  frame({ ...refusal, why: 'quic', port: 444 });
  assert.deepEqual(lines, ['weir: refused: a connection of process 12 to 104.18.6.192 port 443 (sensor.block)']);
  assert.equal(steering.state.refusals, 3);
});

describe('whose connections', () => {
  test('a cgroup, as soon as the loader has said where it is; one that is not there is said', () => {
    const { steering, take, lines, frame } = steeringOf({ steer: { ...STEER, cgroups: ['/apps', '/gone'] } });
    steering.begin();
    assert.deepEqual(take(), []);
    frame({ type: 'netns', netns: HOME_NETNS });
    const [told, ...others] = take();
    assert.deepEqual(others, []);
    assert.deepEqual([told?.['cgroup_id'], told?.['netns'], told?.['port4'], told?.['flags']], [77n, 1n, 8789, 1]);
    assert.deepEqual(told?.['address4'], Buffer.of(127, 0, 0, 1));
    assert.match(lines.join(), /there is no cgroup \/gone/);
  });

  test('the processes of an app, from exec to exit, with what they fork', () => {
    const { steering, take, frame } = steeringOf(
      { steer: { ...STEER, apps: ['billing'] }, onError: 'open' },
      { sourceOf: ({ tgid }) => ({ app: tgid === 30 ? 'billing' : null, container: null, cgroup: null }) },
    );
    steering.begin();
    frame({ type: 'netns', netns: HOME_NETNS });
    frame({ type: 'exec', task: { tgid: 29, tid: 29, startNs: 1 }, cgroup: 5 });
    assert.deepEqual(take(), []);
    frame({ type: 'exec', task: { tgid: 30, tid: 30, startNs: 1 }, cgroup: 5 });
    frame({ type: 'fork', task: { tgid: 30 }, child: { tgid: 31 } });
    frame({ type: 'exit', task: { tgid: 30 } });
    frame({ type: 'exit', task: { tgid: 29 } });
    assert.deepEqual(
      take().map((one) => [one.type, one['cgroup_id'], one['flags']]),
      [
        ['STEER', processTarget(30), 0],
        ['STEER', processTarget(31), 0],
        ['UNSTEER', processTarget(30), 0],
      ],
    );
  });

  test('a container in a network namespace of its own: tried first, steered to the address if it is reached from there', () => {
    const far = { host: '172.17.0.1', port: 8789 };
    const { steering, take, lines, frame } = steeringOf(
      { steer: { ...STEER, containers: ['4f2a'], address: far } },
      { sourceOf: ({ tgid }) => ({ app: null, container: tgid >= 40 ? '4f2a' : null, cgroup: null }) },
    );
    steering.begin();
    frame({ type: 'netns', netns: HOME_NETNS });
    frame(connectFrame(39, { netns: 7 }));
    assert.deepEqual(take(), [], 'others are not tried for');
    frame(connectFrame(40, { cgroup: 88, netns: 7 }));
    frame(connectFrame(40, { cgroup: 88, netns: 7 }));
    const [home, probe, ...more] = take();
    assert.deepEqual(more, []);
    assert.deepEqual([home?.type, home?.['cgroup_id'], home?.['netns']], ['STEER', 88n, 1n]);
    assert.deepEqual([probe?.type, probe?.['tgid'], probe?.['port']], ['PROBE', 40, 8789]);
    const sequence = sequenceOf(probe);
    frame({ type: 'reply', sequence, error: 0, text: '' });
    const [there] = take();
    assert.deepEqual([there?.['netns'], there?.['address4']], [7n, Buffer.of(172, 17, 0, 1)]);
    frame(connectFrame(41, { cgroup: 88, netns: 8 }));
    const [another] = take();
    frame({
      type: 'reply',
      sequence: sequenceOf(another),
      error: 111,
      text: 'Connection refused',
    });
    assert.deepEqual(take(), []);
    assert.deepEqual(steering.state.notSteered, [{ netns: 8, reason: 'Connection refused' }]);
    assert.match(lines.join(), /not steered: netns/);
  });

  test('without an address nothing outside the own network namespace is steered, and that is said once', () => {
    const { steering, take, lines, frame } = steeringOf(
      { steer: { ...STEER, containers: ['4f2a'] } },
      { sourceOf: () => ({ app: null, container: '4f2a', cgroup: null }) },
    );
    steering.begin();
    frame({ type: 'netns', netns: HOME_NETNS });
    frame(connectFrame(40, { netns: 7 }));
    frame(connectFrame(40, { netns: 7 }));
    assert.deepEqual(
      take().map((one) => one['netns']),
      [1n],
    );
    assert.equal(lines.filter((line) => line.includes('not steered: netns')).length, 1);
  });

  test('a loader that is started anew is told everything again', () => {
    const { steering, take, frame } = steeringOf(
      { steer: { ...STEER, cgroups: ['/apps'] } },
      { names: ['api.openai.com', '*.openai.com', 'bedrock.*.example'], networks: ['203.0.113.0/24'] },
    );
    const begin = (): readonly unknown[] => {
      steering.begin();
      frame({ type: 'netns', netns: HOME_NETNS });
      return take().map((one) => [one.type, one['flags']]);
    };
    assert.deepEqual(begin(), [
      ['STEER_NAME', 1],
      ['STEER_NAME', 1],
      ['ADDRESS', 1],
      ['STEER', 1],
    ]);
    steering.learn(answer('api.openai.com', '104.18.6.192'));
    steering.renew();
    take();
    assert.deepEqual(begin(), [
      ['STEER_NAME', 1],
      ['STEER_NAME', 1],
      ['ADDRESS', 1],
      ['ADDRESS', 1],
      ['LEASE', undefined],
      ['STEER', 1],
    ]);
  });
});

describe('the socket of the proxy', () => {
  test('is for its owner only, renews, answers, hangs up on nonsense, and lets go when the last holder is gone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'weir-steer-'));
    const path = join(folder, 'steer.sock');
    const calls: string[] = [];
    let wake: () => void = () => undefined;
    const called = async (name: string, times: number): Promise<void> => {
      while (calls.filter((call) => call === name).length < times)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    };
    const note = (name: string): void => {
      calls.push(name);
      wake();
    };
    const socket = await openSteerSocket(path, {
      renew: () => note('renew'),
      letGo: () => note('letGo'),
      originOf: async (address, port) => {
        note(address);
        return port === 1000 ? { address: '104.18.6.192', port: 443, pid: 9 } : null;
      },
    });
    try {
      assert.equal(statSync(path).mode & 0o777, 0o600);
      const [first, second] = [connect(path), connect(path)];
      const lines = createInterface({ input: first })[Symbol.asyncIterator]();
      first.write('{"renew":true}\n{"id":1,"address":"127.0.0.1","port":1000}\n{"id":2,"addr');
      first.write('ess":"127.0.0.1","port":1001}\n');
      const told = [await lines.next(), await lines.next()].map(({ value }): unknown => JSON.parse(String(value)));
      assert.deepEqual(told, [
        { id: 1, origin: { address: '104.18.6.192', port: 443 } },
        { id: 2, origin: null },
      ]);
      second.write('{"renew":true}\n');
      await called('renew', 2);
      first.destroy();
      for (const nonsense of [
        'GET / HTTP/1.1\n',
        '{"id":1,"address":"nowhere","port":1}\n',
        '[]\n',
        `${'x'.repeat(5000)}`,
      ]) {
        const other = connect(path);
        other.on('error', () => undefined).write(nonsense);
        await new Promise((resolve) => other.on('close', resolve).resume());
      }
      assert.ok(!calls.includes('letGo'));
      second.destroy();
      await called('letGo', 1);
    } finally {
      await socket.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** A DNS message: one question, one address. */
function dnsAnswer(name: string, address: readonly number[]): Buffer {
  const question = Buffer.concat([
    ...name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)])),
    Buffer.of(0, 0, 1, 0, 1),
  ]);
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address]);
  return Buffer.concat([Buffer.from([0, 1, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]), question, record]);
}
