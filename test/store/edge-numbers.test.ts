/** The numbers that a connection to a shared store knows: none is lost when there are too many to remember. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EdgeObservation } from '../../flow/edge.ts';
import type { Asker } from '../../store/postgres/connect.ts';
import { EdgeNumbers } from '../../store/postgres/edge-rows.ts';
import { PartNumbers } from '../../store/postgres/numbers.ts';
import { ENDS_PARTS, type Part } from '../../store/sorts.ts';
import { OPENAI, observationOf, sampleEvent } from './samples.ts';

/** Tables of rows with a number and a name, the first column of what is inserted. */
function numbering(): { readonly asker: Pick<Asker, 'unsafe'>; readonly asked: string[] } {
  const numbers = new Map<string, number>();
  const asked: string[] = [];
  const unsafe = async (sql: string, [names = '{}']: readonly string[] = []) => {
    const all = [...names.matchAll(/"([^"]*)"/g)].map(([, name = '']) => name);
    asked.push(sql);
    if (sql.startsWith('INSERT')) for (const name of all) numbers.set(name, numbers.size + 1);
    return all.filter((name) => numbers.has(name)).map((name) => ({ no: numbers.get(name), id: name, key: name }));
  };
  return { asker: { unsafe: unsafe as unknown as Asker['unsafe'] }, asked };
}

const MANY = 50_000;

test('an edge that is known keeps its number when the memory of edges is full', async () => {
  const { asker, asked } = numbering();
  const edges = new EdgeNumbers();
  const event = sampleEvent();
  const to = (i: number): EdgeObservation =>
    observationOf(event, { destination: { ...OPENAI, host: `h${i}.example` } });
  const all = Array.from({ length: MANY }, (_, i) => to(i));
  const [first] = await edges.load(asker as Asker, all);
  assert.equal(first, 1);
  assert.deepEqual(await edges.load(asker as Asker, [to(0), to(MANY), to(1), to(0)]), [1, MANY + 1, 2, 1]);
  const before = asked.length;
  assert.deepEqual(await edges.load(asker as Asker, [to(MANY), to(0)]), [MANY + 1, 1]);
  assert.equal(asked.length, before);
});

test('so does what events are counted under', async () => {
  const { asker } = numbering();
  const ends = new PartNumbers('ends');
  const partsOf = (i: number): readonly Part[] => ENDS_PARTS.map((_, at) => (at === 0 ? `app ${i}` : null));
  const all = Array.from({ length: MANY }, (_, i) => partsOf(i));
  const [first] = await ends.numbersOf(asker as Asker, all);
  assert.equal(first, 1);
  assert.deepEqual(await ends.numbersOf(asker as Asker, [partsOf(0), partsOf(MANY), partsOf(1)]), [1, MANY + 1, 2]);
});
