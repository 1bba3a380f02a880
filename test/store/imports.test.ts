/** Lines of logs: each counts once with all that it tells, however many come at once and whatever goes wrong. */
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import type { Home } from '../../store/home.ts';
import { EdgeImporter, type ImportedLine, portionsOf } from '../../store/imports.ts';
import { openReader } from '../../store/reader.ts';
import { OPENAI, observationOf, SOURCE, sampleEvent, startRecorder } from './samples.ts';

const BEGUN = Date.parse('2026-06-01T12:00:00.000Z');
const EVENT = sampleEvent({ channel: 'log' });
const APPS = ['billing', 'crm', 'mail'];

/** Second by second, of the apps in turn: one call of 10 bytes. */
function lineOf(i: number, time = new Date(BEGUN + i * 1000).toISOString()): ImportedLine {
  const source = { ...SOURCE, app: APPS[i % APPS.length] ?? null };
  const told = observationOf(EVENT, { source, destination: OPENAI, channel: 'log', bytesOut: 10, bytesIn: 0, time });
  return { text: `line ${i}`, occurrence: 0, observations: [told] };
}

function linesOf(from: number, to: number): ImportedLine[] {
  return Array.from({ length: to - from }, (_, i) => lineOf(from + i));
}

async function importing(t: TestContext) {
  const { home } = await startRecorder(t);
  const importer = new EdgeImporter(home, 'squid');
  return { home, importer };
}

function totals(home: Home) {
  const reader = openReader(home.path);
  try {
    const edges = [...reader.edges()].map(({ source, calls, bytesOut, firstSeen, lastSeen }) => ({
      ...{ app: source.app, calls, bytesOut, firstSeen, lastSeen },
    }));
    return edges.toSorted((a, b) => ((a.app ?? '') < (b.app ?? '') ? -1 : 1));
  } finally {
    reader.close();
  }
}

/** What the lines 0 to `count`, all three apps in turn, come to. */
function whole(count: number) {
  return APPS.map((app, at) => ({
    app,
    calls: count / APPS.length,
    bytesOut: (count / APPS.length) * 10,
    firstSeen: new Date(BEGUN + at * 1000).toISOString(),
    lastSeen: new Date(BEGUN + (count - APPS.length + at) * 1000).toISOString(),
  }));
}

test('more lines than one transaction takes count once each, also where most were there before', async (t) => {
  const { home, importer } = await importing(t);
  assert.deepEqual(await importer.add(linesOf(0, 15_000)), { added: 15_000, known: 0 });
  assert.deepEqual(totals(home), whole(15_000));
  assert.deepEqual(await importer.add(linesOf(0, 15_000)), { added: 0, known: 15_000 });
  assert.deepEqual(await importer.add(linesOf(14_000, 15_300)), { added: 300, known: 1000 });
  assert.deepEqual(totals(home), whole(15_300));
  await importer.close();
});

test('the same line twice is one; of two occurrences each counts', async (t) => {
  const { home, importer } = await importing(t);
  const lines = [...linesOf(0, 3), ...linesOf(0, 3)];
  assert.deepEqual(await importer.add(lines), { added: 3, known: 3 });
  assert.deepEqual(totals(home), whole(3));
  assert.deepEqual(await importer.add([{ ...lineOf(0), occurrence: 1 }]), { added: 1, known: 0 });
  assert.equal(totals(home)[0]?.calls, 2);
  await importer.close();
});

test('what is cut off between two transactions is completed when it is run again', async (t) => {
  const { home, importer } = await importing(t);
  const lines = linesOf(0, 15_000);
  const [first = [], last = []] = portionsOf(lines);
  // The last of the last transaction: all before it in there is taken back.
  const broken = last.at(-1);
  await assert.rejects(importer.add(lines.map((line) => (line === broken ? lineOf(14_999, 'no time') : line))));
  const known = totals(home).reduce((sum, { calls }) => sum + calls, 0);
  assert.equal(known, first.length);
  assert.deepEqual(await importer.add(lines), { added: last.length, known: first.length });
  assert.deepEqual(totals(home), whole(15_000));
  await importer.close();
});

test('an edge that another process has removed meanwhile is made anew', async (t) => {
  const { home, importer } = await importing(t);
  await importer.add(linesOf(0, 3));
  const other = new DatabaseSync(home.databaseFile);
  other.exec('DELETE FROM edges');
  other.close();
  await importer.add(linesOf(3, 6));
  assert.deepEqual(
    totals(home).map(({ app, calls }) => [app, calls]),
    APPS.map((app) => [app, 1]),
  );
  await importer.close();
});
