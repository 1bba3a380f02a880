import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { test } from 'node:test';
import type { AppConfig } from '../../config/config.ts';
import type { Source } from '../../flow/parties.ts';
import type { Closing, Recorder } from '../../flow/recorder.ts';
import { Account } from '../../proxy/account.ts';
import type { Ends, PeerFacts } from '../../proxy/peer-table.ts';
import { Peers } from '../../proxy/peers.ts';

const AGENT: PeerFacts = { pid: 7, process: 'agent', exe: '/opt/agent', user: 'jane', container: null };

function nobody(app: string | null = null): Source {
  return {
    app,
    verified: false,
    host: 'h',
    pid: null,
    process: null,
    exe: null,
    user: null,
    container: null,
    credential: null,
  };
}

/** A connection from these ends; nothing is opened. */
function socketOf(ends: Partial<Ends> = {}): Socket {
  const all = { remoteAddress: '127.0.0.1', remotePort: 1000, localAddress: '127.0.0.1', localPort: 8787, ...ends };
  const socket = new Socket();
  for (const [key, value] of Object.entries(all)) Object.defineProperty(socket, key, { value });
  return socket;
}

/** Answers when told to, and remembers what it was asked in each pass. */
function tableOf(): {
  passes: (readonly Ends[])[];
  answer(facts: PeerFacts | null): void;
  look(asked: readonly Ends[]): Promise<readonly (PeerFacts | null)[]>;
} {
  const waiting: ((facts: PeerFacts | null) => void)[] = [];
  const passes: (readonly Ends[])[] = [];
  return {
    passes,
    answer: (facts) => waiting.shift()?.(facts),
    look(asked) {
      passes.push(asked);
      return new Promise((resolve) => waiting.push((facts) => resolve(asked.map(() => facts))));
    },
  };
}

function app(name: string, match: Partial<NonNullable<AppConfig['match']>>): AppConfig {
  return {
    name,
    owner: null,
    tokenSha256: null,
    match: {
      exe: null,
      process: null,
      user: null,
      container: null,
      image: null,
      cgroup: null,
      pod: null,
      subject: null,
      ...match,
    },
    iam: null,
    hosts: [],
  };
}

test('one look-up a connection; what comes meanwhile waits for the next pass together', async () => {
  const table = tableOf();
  const peers = new Peers(
    table,
    () => [],
    () => true,
  );
  const socket = socketOf();
  const [first, second] = [nobody(), nobody()];
  peers.begin(first, socket);
  peers.begin(second, socket);
  const others = [nobody(), nobody()];
  for (const [at, source] of others.entries()) peers.begin(source, socketOf({ remotePort: 2000 + at }));
  assert.deepEqual(
    table.passes.map((asked) => asked.length),
    [1],
  );
  assert.equal(peers.filled(first), first);
  table.answer(AGENT);
  const known = await peers.identified(first);
  assert.deepEqual([known.pid, known.exe, known.user], [7, '/opt/agent', 'jane']);
  assert.equal(peers.filled(second).pid, 7);
  assert.equal(peers.filled(first), peers.filled(first));
  // The pause between two passes is over when it is.
  const waiting = peers.identified(others[0] ?? nobody(), 10_000);
  while (table.passes.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(table.passes[1]?.length, 2);
  table.answer(AGENT);
  assert.equal((await waiting).pid, 7);
});

test('who is in no known process is looked for among all, at most now and then', async () => {
  const depths: boolean[] = [];
  const look = async (asked: readonly Ends[], isDeep: boolean) => {
    depths.push(isDeep);
    return asked.map(() => (isDeep ? AGENT : undefined));
  };
  const peers = new Peers(
    { look },
    () => [],
    () => true,
  );
  const [first, second] = [nobody(), nobody()];
  peers.begin(first, socketOf());
  assert.equal((await peers.identified(first, 10_000)).pid, 7);
  assert.deepEqual(depths, [false, true]);
  peers.begin(second, socketOf({ remotePort: 2 }));
  const since = performance.now();
  assert.equal((await peers.identified(second, 10_000)).pid, 7);
  assert.ok(performance.now() - since > 20);
  assert.equal(depths.filter((isDeep) => isDeep).length, 2);
});

test('a call waits no longer than it may, and goes on unknown', async () => {
  const peers = new Peers(
    tableOf(),
    () => [],
    () => true,
  );
  const source = nobody();
  peers.begin(source, socketOf());
  assert.equal(await peers.identified(source, 5), source);
});

test('a client of another host is not looked up', async () => {
  const table = tableOf();
  const peers = new Peers(
    table,
    () => [],
    () => true,
  );
  const source = nobody();
  peers.begin(source, socketOf({ remoteAddress: '10.1.2.3', localAddress: '10.1.2.4' }));
  assert.equal(table.passes.length, 0);
  assert.equal(await peers.identified(source), source);
  peers.begin(nobody(), socketOf({ remoteAddress: '10.1.2.4', localAddress: '10.1.2.4' }));
  assert.equal(table.passes.length, 1);
});

test('an app is told by what its process is; by the name that it gives itself it is only claimed', async () => {
  const label = async (apps: readonly AppConfig[], facts: PeerFacts, source = nobody()) => {
    const table = tableOf();
    const peers = new Peers(
      table,
      () => apps,
      () => true,
    );
    peers.begin(source, socketOf());
    table.answer(facts);
    const { app: named, verified } = await peers.identified(source);
    return [named, verified];
  };
  const apps = [
    app('other', { exe: '/srv/*' }),
    app('agent', { exe: '/opt/*', user: 'jane' }),
    app('late', { user: '*' }),
  ];
  assert.deepEqual(await label(apps, AGENT), ['agent', true]);
  assert.deepEqual(await label(apps, { ...AGENT, user: 'joe' }), ['late', true]);
  assert.deepEqual(await label([app('agent', { process: 'agent' })], AGENT), ['agent', false]);
  assert.deepEqual(await label([app('agent', { container: '*' })], AGENT), [null, false]);
  assert.deepEqual(await label(apps, AGENT, nobody('said')), ['said', false]);
});

test('the record names the process where it is known by then, in event and edges alike', async () => {
  const table = tableOf();
  const peers = new Peers(
    table,
    () => [],
    () => true,
  );
  const closed: Closing[] = [];
  const recorder: Recorder = {
    open: () => {},
    openSoon: async () => {},
    close: (closing) => closed.push(closing),
    closeSoon: async (closing) => void closed.push(closing),
  };
  const recording = peers.recording(recorder);
  const source = nobody();
  peers.begin(source, socketOf());
  const close = (id: string): Promise<void> => {
    const place = { host: 'api.openai.com', port: 443, vendor: 'openai', country: 'US', sanctioned: false };
    const destination = { ...place, category: 'genai' } as const;
    const start = { id, startedAt: 0, source, destination, protocol: 'https', provider: null };
    const account = new Account(start, recording, () => 0);
    account.bytesIn = 1;
    return account.closeSoon('completed', 200, null);
  };
  await close('before');
  assert.equal(closed[0]?.event.source, source);
  table.answer(AGENT);
  await peers.identified(source);
  await close('then');
  const { event, edges } = closed[1] ?? assert.fail('not recorded');
  assert.equal(event.source.pid, 7);
  assert.equal(edges.length, 2);
  for (const edge of edges) assert.equal(edge.source, event.source);
});
