/** What a node chains and hands on: kept until it is acknowledged, once, within its limit, whatever ends the process. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import type { EventBody } from '../../flow/event.ts';
import type { Arrival } from '../../store/arrival.ts';
import { headText, readArrival, readHead, readObserved } from '../../store/arrival-text.ts';
import { type Home, openHome, writerIds } from '../../store/home.ts';
import type { Entry } from '../../store/keeper.ts';
import { GENESIS, headMac } from '../../store/keyed.ts';
import { type Dropped, type Outbox, openOutbox } from '../../store/outbox.ts';
import { mendOutbox } from '../../store/outbox-damage.ts';
import { OutboxQueue } from '../../store/outbox-queue.ts';
import { ownEvent, recordOwn } from '../../store/own-events.ts';
import { faultOf } from '../../store/record.ts';
import { SpoolDrain } from '../../store/spool-drain.ts';
import { SpoolRecorder } from '../../store/spool-recorder.ts';
import { afterwards, closingOf, FINDING, openingOf, sampleEvent, temporaryFolder } from './samples.ts';

interface Place {
  readonly home: Home;
  readonly outbox: Outbox;
  readonly queue: OutboxQueue;
  readonly problems: string[];
  readonly dropped: Dropped[];
}

function place(
  t: TestContext,
  {
    maxBytes = null,
    home = openHome(temporaryFolder(t), 'outbox'),
  }: { readonly maxBytes?: number | null; readonly home?: Home } = {},
): Place {
  const problems: string[] = [];
  const dropped: Dropped[] = [];
  const outbox = openOutbox(home, {
    maxBytes,
    onProblem: (line) => problems.push(line),
    onDropped: (one) => dropped.push(one),
  });
  const queue = new OutboxQueue(home);
  afterwards(t, () => {
    outbox.close();
    queue.close();
  });
  return { home, outbox, queue, problems, dropped };
}

function entry(change: Partial<EventBody> = {}): Entry {
  const event = sampleEvent(change);
  return { ...closingOf(event), excerpt: null, review: null };
}

function records(queue: OutboxQueue): readonly Arrival[] {
  return queue.next(0, 10_000).flatMap(({ kind, body }) => (kind === 'record' ? [readArrival(body)] : []));
}

/** Every record has its own hash, and the hash of the one before; places that a checkpoint stands for are passed over. */
function assertChained(all: readonly Arrival[], { keys }: Home): void {
  const gone = new Map(
    all
      .flatMap(({ core }) => (JSON.parse(core) as EventBody).checkpoint?.ranges ?? [])
      .map(({ from, to, prevHash, hash }) => [from, { to, prevHash, hash }] as const),
  );
  let seq = 0;
  let hash = GENESIS;
  for (const record of all) {
    for (let run = gone.get(seq + 1); run !== undefined; run = gone.get(seq + 1)) {
      assert.equal(run.prevHash, hash);
      ({ to: seq, hash } = run);
    }
    assert.equal(record.seq, ++seq);
    assert.equal(record.prevHash, hash);
    assert.equal(faultOf(record, keys.chain), null);
    hash = record.hash;
  }
}

test('records are chained in order, and leave when they are acknowledged; the chain goes on', (t) => {
  const { home, outbox, queue, problems } = place(t);
  outbox.append([entry(), entry({ action: 'block' })]);
  const first = queue.next(0, 10);
  assert.deepEqual(
    first.map(({ kind }) => kind),
    ['record', 'record'],
  );
  queue.acknowledged(first.map(({ position }) => position));
  assert.equal(queue.state().waiting, 0);
  const [third] = outbox.append([entry()]);
  assert.equal(third?.link.seq, 3);
  const [last] = first.map(({ body }) => readArrival(body)).slice(-1);
  assert.equal(third?.link.prevHash, last?.hash);
  const head = queue.head();
  assert.ok(head !== null && third !== undefined);
  assert.deepEqual([head.writer, head.seq, head.hash], [third.link.writer, 3, third.hash]);
  assert.equal(head.mac, headMac(home.keys.chain, head.writer, head.seq, head.hash));
  assert.deepEqual(readHead(headText(head)), head);
  assert.deepEqual([problems, writerIds(home, 'outbox'), writerIds(home)], [[], [head.writer], []]);
  assert.equal(statSync(home.outboxFile).mode & 0o077, 0);
});

test('a record arrives as it was made, with its edges', (t) => {
  const { outbox, queue } = place(t);
  const event = sampleEvent({ action: 'redact', findings: [FINDING] });
  const closing = closingOf(event);
  outbox.append([{ ...closing, excerpt: 'text:…', review: null }], { observations: closing.edges });
  const [record] = records(queue);
  assert.deepEqual(record?.edges, closing.edges);
  assert.equal(record?.excerpt, 'text:…');
  const [observed] = queue.next(0, 10).filter(({ kind }) => kind === 'observed');
  assert.deepEqual(readObserved(observed?.body ?? '').observations, closing.edges);
});

test('what no node has written is refused', () => {
  for (const text of [
    '',
    '{}',
    '[]',
    'null',
    '{"id":"x","writer":"w","seq":1,"prevHash":"p","hash":"h","core":"{}","personal":null,"excerpt":null,"edges":[]}',
  ])
    assert.throws(() => readArrival(text), text);
  assert.throws(() => readObserved('{"id":"x","writer":"w","observations":[{}]}'));
  assert.throws(() => readHead('{"writer":"w","seq":-1,"hash":"h","mac":"m"}'));
});

test('a spool that is read again adds nothing, though its records have left already', (t) => {
  const { home, outbox, queue } = place(t);
  const names = new Set<string>();
  const spool = new SpoolRecorder({
    spoolFolder: home.spoolFolder,
    owner: null,
    excerptKey: null,
    maxSpoolFileBytes: 1,
    onGrown: ({ name }) => names.add(name),
    onProblem: () => {},
  });
  // Each line in a file of its own: the opening of the first is still there when its closing is gone.
  const [first, second, open] = [sampleEvent(), sampleEvent(), sampleEvent()];
  for (const event of [first, open, second]) spool.open(openingOf(event));
  spool.close(closingOf(first));
  spool.observe(closingOf(first).edges);
  spool.close(closingOf(second));
  const draining = () =>
    new SpoolDrain(home.spoolFolder, outbox, {
      onCommitted() {},
      onProblem: (line) => assert.fail(line),
      onDeleted() {},
      onRemoved() {},
    });
  spool.tell();
  const drain = draining();
  for (const name of names) drain.grow({ name, bytes: statSync(`${home.spoolFolder}/${name}`).size, isSealed: true });
  while (drain.step());
  const sent = queue.next(0, 100);
  assert.equal(sent.length, 3);
  queue.acknowledged(sent.map(({ position }) => position));
  spool.end();
  const adopted = () => {
    const again = draining();
    for (const name of names) again.adopt(name);
    return again;
  };
  const again = adopted();
  while (queue.state().waiting === 0) again.step();
  const later = records(queue);
  assert.deepEqual(
    later.map(({ id }) => id),
    [open.id],
  );
  assert.match(later[0]?.core ?? '', /worker_lost/);
  // Killed before the files went, and read a third time.
  queue.acknowledged(queue.next(0, 100).map(({ position }) => position));
  const last = adopted();
  while (last.step());
  assert.equal(queue.state().waiting, 0);
  assert.deepEqual(readdirSync(home.spoolFolder), []);
});

test('past its limit allow goes first, then alert, and checkpoints stand for what is gone; the map loses nothing', (t) => {
  const { home, outbox, queue, dropped, problems } = place(t, { maxBytes: 600_000 });
  const actions = ['allow', 'alert', 'block', 'redact', 'tokenize'] as const;
  let calls = 0;
  for (let i = 0; i < 120; i++) {
    const entries = actions.map((action) => entry({ action, enforced: true }));
    entries.push(entry({ kind: 'bypass', outcome: null }));
    calls += entries.flatMap(({ edges }) => edges).length;
    outbox.append(entries);
  }
  const all = queue.next(0, 10_000);
  const kept = all.flatMap(({ kind, body }) => (kind === 'record' ? [readArrival(body)] : []));
  assertChained(kept, home);
  const count = (action: string, kind = 'exchange') =>
    kept
      .map(({ core }) => JSON.parse(core) as EventBody)
      .filter((event) => event.action === action && event.kind === kind).length;
  assert.deepEqual(
    [count('block'), count('redact'), count('tokenize'), count('allow', 'bypass')],
    [120, 120, 120, 120],
  );
  assert.ok(count('allow') < 20, `${count('allow')} with allow are left`);
  assert.ok(count('alert') < 120);
  const gone = (action: string) =>
    dropped.filter((one) => one.action === action).reduce((sum, one) => sum + one.count, 0);
  const told = kept.map(({ core }) => JSON.parse(core) as EventBody).filter(({ kind }) => kind === 'admin');
  assert.deepEqual(
    told.map(({ action, severity }) => [action, severity]),
    [['alert', 'high']],
    'one alert says so',
  );
  assert.match(told[0]?.reason ?? '', /outbox\.maxBytes/);
  assert.deepEqual([gone('allow'), gone('alert')], [120 - count('allow'), 120 - count('alert')]);
  const observed = all.flatMap(({ kind, body }) => (kind === 'observed' ? readObserved(body).observations : []));
  const counted = [...observed, ...kept.flatMap(({ edges }) => edges)].reduce((sum, { calls: of = 1 }) => sum + of, 0);
  assert.equal(counted, calls);
  assert.ok(problems.length <= 1 && problems.every((line) => line.includes('never dropped')));
});

test('what is on its way is not put in the place of a checkpoint', (t) => {
  const { outbox, queue } = place(t, { maxBytes: 300_000 });
  outbox.append(Array.from({ length: 30 }, () => entry()));
  const flying = queue.next(0, 30).map(({ id }) => id);
  for (let i = 0; i < 20; i++) outbox.append(Array.from({ length: 30 }, () => entry()));
  const left = new Set(queue.next(0, 10_000).map(({ id }) => id));
  assert.ok(flying.every((id) => left.has(id)));
  assert.ok(left.size < 21 * 30);
});

test('an event of an administrator goes into the chain of the outbox beside its writer', (t) => {
  const { home, outbox, queue, problems } = place(t);
  outbox.append([entry()]);
  recordOwn(home, [ownEvent('admin', 'root', { reason: 'a token was made' })], (line) => problems.push(line));
  outbox.append([entry()]);
  const all = records(queue);
  assert.deepEqual(
    all.map(({ seq }) => seq),
    [1, 2, 3],
  );
  assertChained(all, home);
  assert.deepEqual(problems, []);
});

test('damaged records at the end are cut off and named, and another chain goes on', (t) => {
  const { home, outbox, queue, problems } = place(t);
  outbox.append([entry(), entry(), entry()]);
  const database = new DatabaseSync(home.outboxFile);
  database.exec(`UPDATE waiting SET body = replace(body, '"latencyMs\\":', '"latencyMs\\":1') WHERE seq > 1`);
  database.exec(`UPDATE waiting SET body = 'x' WHERE seq = 3`);
  database.close();
  mendOutbox(home, (line) => problems.push(line));
  assert.match(problems.join('\n'), /ended with 2 damaged records \(2 to 3 of their chain\)/);
  assert.deepEqual(
    records(queue).map(({ seq }) => seq),
    [1],
  );
  outbox.append([entry()]);
  assert.deepEqual(
    records(queue).map(({ seq }) => seq),
    [1, 1],
  );
  assert.equal(writerIds(home, 'outbox').length, 2);
  mendOutbox(home, (line) => assert.fail(line));
});

test('an outbox that SQLite cannot read is put aside, and what can be read of it is saved', (t) => {
  const home = openHome(temporaryFolder(t), 'outbox');
  const first = openOutbox(home, { maxBytes: null, onProblem: assert.fail });
  for (let i = 0; i < 100; i++) first.append([entry()]);
  first.close();
  const bytes = readFileSync(home.outboxFile);
  bytes.fill(0x5a, Math.floor(bytes.length * 0.8), Math.floor(bytes.length * 0.9));
  writeFileSync(home.outboxFile, bytes);
  const problems: string[] = [];
  mendOutbox(home, (line) => problems.push(line));
  assert.match(problems[0] ?? '', /the outbox was damaged .* \d+ records are saved/);
  const { outbox, queue } = place(t, { home });
  const saved = records(queue);
  assert.ok(saved.length > 20 && saved.length < 100, `${saved.length} are saved`);
  outbox.append([entry()]);
  assert.equal(records(queue).at(-1)?.seq, 1);
  // One that is no database at all.
  const other = openHome(temporaryFolder(t), 'outbox');
  writeFileSync(other.outboxFile, 'not a database, and longer than its header would be '.repeat(40));
  mendOutbox(other, (line) => problems.push(line));
  assert.match(problems.at(-1) ?? '', /0 records are saved/);
});
