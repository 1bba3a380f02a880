/** Several processes append to spools of their own, and one writer chains what all of them recorded. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { openReader } from '../../store/reader.ts';
import type { StoreRecorder } from '../../store/recorder.ts';
import { SpoolRecorder } from '../../store/spool-recorder.ts';
import { closingOf, eventsIn, openingOf, sampleEvent, startRecorder } from './samples.ts';

/** A worker's end of the spool; `pass`: whether the writer hears how far it has grown. */
function workerOf(folder: string, owner: string, writer: StoreRecorder, pass = true): SpoolRecorder {
  return new SpoolRecorder({
    spoolFolder: folder,
    owner,
    excerptKey: null,
    maxSpoolFileBytes: 20_000,
    onGrown: (file) => pass && writer.grown(file),
    onProblem: (message) => assert.equal(message, null),
  });
}

async function start(t: TestContext) {
  const { home, recorder, problems, end } = await startRecorder(t);
  return {
    home,
    recorder,
    problems,
    end,
    worker: (owner: string, pass = true) => workerOf(home.spoolFolder, owner, recorder, pass),
  };
}

test('what two workers and the process above them record is one chain', async (t) => {
  const { home, recorder, end, worker } = await start(t);
  const workers = [worker('w1'), worker('w2')];
  for (let i = 0; i < 200; i++) {
    const event = sampleEvent();
    const by = i % 20 === 0 ? recorder : (workers[i % 2] ?? recorder);
    by.open(openingOf(event));
    by.close(closingOf(event));
  }
  for (const one of workers) one.end();
  await recorder.flush();
  const events = eventsIn(home.path);
  assert.equal(events.length, 200);
  assert.equal(new Set(events.map(({ writer }) => writer)).size, 1);
  await end();
  assert.deepEqual(readdirSync(home.spoolFolder), []);
  const reader = openReader(home);
  assert.equal(reader.verify().isIntact, true);
  reader.close();
});

test('a worker that is gone: what it closed is there though nobody was told, what it left open is worker_lost', async (t) => {
  const { home, recorder, problems, worker } = await start(t);
  const [lost, living] = [worker('w1', false), worker('w12')];
  const [answered, cut, open] = [sampleEvent(), sampleEvent(), sampleEvent()];
  // Over several files: the opening of the first lies in another one than its closing.
  lost.open(openingOf(answered));
  lost.open(openingOf(cut));
  for (let i = 0; i < 100; i++) lost.close(closingOf(sampleEvent()));
  lost.close(closingOf(answered));
  living.open(openingOf(open));
  living.tell();
  recorder.bury('w1');
  await recorder.flush();
  const outcomes = new Map(eventsIn(home.path).map(({ id, outcome }) => [id, outcome]));
  assert.equal(outcomes.size, 102);
  assert.equal(outcomes.get(answered.id), 'completed');
  assert.equal(outcomes.get(cut.id), 'worker_lost');
  // The name of one is the beginning of the other's: what that one has open goes on.
  assert.equal(outcomes.has(open.id), false);
  living.close(closingOf(open));
  living.end();
  await recorder.flush();
  assert.equal(eventsIn(home.path).find(({ id }) => id === open.id)?.outcome, 'completed');
  assert.deepEqual(problems, []);
  assert.equal(readdirSync(home.spoolFolder).length, 0);
});

test('burying a worker that left nothing does nothing, and twice does no more than once', async (t) => {
  const { home, recorder, problems, worker } = await start(t);
  recorder.bury('w9');
  const one = worker('w1');
  one.open(openingOf(sampleEvent()));
  one.tell();
  recorder.bury('w1');
  recorder.bury('w1');
  await recorder.flush();
  recorder.bury('w1');
  await recorder.flush();
  assert.deepEqual(
    eventsIn(home.path).map(({ outcome }) => outcome),
    ['worker_lost'],
  );
  assert.deepEqual(problems, []);
});
