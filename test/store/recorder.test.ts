import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { openReader } from '../../store/reader.ts';
import { closingOf, eventsIn, FINDING, openingOf, record, sampleEvent, startRecorder } from './samples.ts';

const EXCERPT = 'please charge [CREDIT_CARD] today';

function bytesIn(folder: string): Buffer {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Buffer.concat(files.map((file) => readFileSync(join(file.parentPath, file.name))));
}

test('an exchange becomes one event and one edge, as it was recorded', async (t) => {
  const { home, recorder } = await startRecorder(t);
  const event = sampleEvent({ findings: [FINDING], action: 'block', policy: 'card-data', rule: 'pan' });
  recorder.open(openingOf(event));
  recorder.close(closingOf(event, EXCERPT));
  await recorder.flush();
  const [listed, ...others] = eventsIn(home.path);
  assert.equal(others.length, 0);
  const { seq, writer, prevHash, hash, review, excerpt, ...body } = listed ?? assert.fail('no event');
  assert.deepEqual(body, event);
  assert.deepEqual([seq, review, excerpt], [1, null, null]);
  assert.match(`${writer} ${prevHash} ${hash}`, /^\w{26} A{43} [\w-]{43}$/);
  const reader = openReader(home);
  t.after(() => reader.close());
  const found = reader.event(event.id);
  assert.equal(found.kind === 'found' && found.event.excerpt, EXCERPT);
  const [edge] = reader.edges();
  assert.deepEqual({ ...edge?.entities }, { CREDIT_CARD: 2 });
  assert.equal(edge?.calls, 1);
});

test('an excerpt lies nowhere in clear, neither in the spool nor in the database', async (t) => {
  const { home, recorder } = await startRecorder(t);
  const event = sampleEvent({ findings: [FINDING] });
  recorder.open(openingOf(event));
  recorder.close(closingOf(event, EXCERPT));
  assert.ok(bytesIn(home.spoolFolder).includes(event.id));
  assert.ok(!bytesIn(home.path).includes('please charge'));
  await recorder.flush();
  assert.ok(bytesIn(home.path).includes(event.id));
  assert.ok(!bytesIn(home.path).includes('please charge'));
});

test('with encryption off the redacted text is stored and read without a key', async (t) => {
  const { home, recorder } = await startRecorder(t, { encryptExcerpts: false });
  const event = sampleEvent();
  recorder.close(closingOf(event, EXCERPT));
  await recorder.flush();
  const reader = openReader(home);
  t.after(() => reader.close());
  const found = reader.event(event.id);
  assert.equal(found.kind === 'found' && found.event.excerpt, EXCERPT);
  assert.ok(bytesIn(home.path).includes('please charge'));
});

test('an event recorded twice is there once, and its edge counts it once', async (t) => {
  const { home, recorder } = await startRecorder(t);
  const event = sampleEvent();
  recorder.close(closingOf(event));
  recorder.close(closingOf(event));
  await recorder.flush();
  recorder.close(closingOf(event));
  await recorder.flush();
  assert.equal(eventsIn(home.path).length, 1);
  const reader = openReader(home);
  t.after(() => reader.close());
  assert.deepEqual(
    [...reader.edges()].map((edge) => edge.calls),
    [1],
  );
});

test('what was recorded is soon listed without anybody asking for it', async (t) => {
  const { home, recorder } = await startRecorder(t);
  const begun = performance.now();
  recorder.close(closingOf(sampleEvent()));
  while (eventsIn(home.path).length === 0) {
    assert.ok(performance.now() - begun < 10_000, 'not listed within ten seconds');
    await new Promise((resolve) => setImmediate(resolve));
  }
});

test('after a clean end the spool is empty and the chain whole', async (t) => {
  const { home, recorder, end } = await startRecorder(t);
  for (let i = 0; i < 50; i++) recorder.close(closingOf(sampleEvent()));
  await end();
  assert.deepEqual(readdirSync(home.spoolFolder), []);
  assert.equal(eventsIn(home.path).length, 50);
  assert.deepEqual(openReader(home).verify().isIntact, true);
});

test('a spool file that is full is followed by another, and deleted once its exchanges are committed', async (t) => {
  const { home, recorder } = await startRecorder(t, { maxSpoolFileBytes: 10_000 });
  const open = sampleEvent();
  recorder.open(openingOf(open));
  await record(
    recorder,
    Array.from({ length: 100 }, () => sampleEvent()),
  );
  const kept = readdirSync(home.spoolFolder);
  assert.ok(
    kept.length >= 1 && kept.length <= 2,
    `the file of the open exchange and the present one, not ${kept.length}`,
  );
  assert.ok(readFileSync(join(home.spoolFolder, kept[0] ?? ''), 'utf8').includes(open.id));
  recorder.close(closingOf(open));
  await recorder.flush();
  assert.equal(eventsIn(home.path).length, 101);
  assert.equal(readdirSync(home.spoolFolder).length, 1);
});

test('10,000 exchanges are recorded in bounded memory and time, in order, and verify', async (t) => {
  const { home, recorder } = await startRecorder(t);
  const before = process.memoryUsage.rss();
  const begun = performance.now();
  for (let i = 0; i < 10_000; i++) {
    const event = sampleEvent({ findings: i % 20 === 0 ? [FINDING] : [] });
    recorder.open(openingOf(event));
    recorder.close(closingOf(event));
    if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await recorder.flush();
  const took = performance.now() - begun;
  const grown = (process.memoryUsage.rss() - before) / 1024 / 1024;
  const result = openReader(home).verify();
  assert.deepEqual([result.isIntact, result.records], [true, 10_000]);
  assert.ok(grown < 160, `memory grew by ${grown.toFixed(0)} MiB`);
  assert.ok(took < 60_000, `took ${took.toFixed(0)} ms`);
});

test('a writer thread that dies is replaced, says so, and loses nothing', async (t) => {
  const workers: Worker[] = [];
  const onWorker = (worker: Worker) => void workers.push(worker);
  process.on('worker', onWorker);
  t.after(() => process.off('worker', onWorker));
  const { home, recorder, problems } = await startRecorder(t);
  await record(recorder, [sampleEvent(), sampleEvent()]);
  const open = sampleEvent();
  recorder.open(openingOf(open));
  await workers[0]?.terminate();
  assert.match(recorder.problem ?? '', /writer thread ended/);
  recorder.close(closingOf(sampleEvent()));
  recorder.close(closingOf(open));
  await recorder.flush();
  assert.equal(workers.length, 2);
  assert.equal(recorder.problem, null);
  assert.ok(problems.some((problem) => problem.includes('writer thread ended')));
  const events = eventsIn(home.path);
  assert.equal(events.length, 4);
  assert.ok(events.every((event) => event.outcome === 'completed'));
});

test('the event log prints each committed event as one line, without its excerpt', async (t) => {
  const { home, end } = await startRecorder(t);
  await end();
  const url = (name: string) => JSON.stringify(new URL(name, import.meta.url).href);
  const script = `
    import { openHome } from ${url('../../store/home.ts')};
    import { createRecorder } from ${url('../../store/recorder.ts')};
    import { closingOf, sampleEvent, FINDING } from ${url('./samples.ts')};
    const home = openHome(${JSON.stringify(home.path)}); home.lock();
    const recorder = createRecorder(home, { encryptExcerpts: true, eventLog: 'stdout', onProblem: console.error });
    for (let i = 0; i < 300; i++) recorder.close(closingOf(sampleEvent({ findings: [FINDING] }), ${JSON.stringify(EXCERPT)}));
    await recorder.close();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    printed += chunk;
  });
  await once(child, 'close');
  assert.equal(child.exitCode, 0);
  const lines: Record<string, unknown>[] = printed
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const stored = eventsIn(home.path);
  assert.deepEqual(
    lines.map((line) => line['hash']),
    stored.toSorted((a, b) => a.seq - b.seq).map((event) => event.hash),
  );
  const { level, ...line } = lines[0] ?? {};
  const { excerpt: _, review: __, ...event } = stored.find((one) => one.seq === 1) ?? assert.fail('no first event');
  assert.deepEqual(line, event);
  assert.equal(level, 'info');
});
