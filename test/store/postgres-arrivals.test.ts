/** What nodes hand to a PostgreSQL counts once, in whatever order and however often it comes, and is checked as it comes. */
import assert from 'node:assert/strict';
import { after, describe, type TestContext, test } from 'node:test';
import { WeirError } from '../../flow/errors.ts';
import type { Arrival, ArrivalStore } from '../../store/arrival.ts';
import { newUlid } from '../../store/ulid.ts';
import { missing } from '../support/data-stores.ts';
import { arrivalsIn, batchOf, newDatabase, rowsIn, sharedServer, TestNode } from './arriving.ts';
import { FINDING, observationOf, SOURCE, sampleEvent } from './samples.ts';

describe('arrivals in PostgreSQL', { skip: missing('postgresql'), timeout: 300_000 }, () => {
  const server = sharedServer();
  after(server.stop);

  async function begin(t: TestContext, ...nodes: readonly TestNode[]) {
    const { url, address } = await newDatabase(await server.get());
    const store = await arrivalsIn(t, address, nodes);
    return { url, address, store };
  }

  function chained(node: TestNode, count: number): Arrival[] {
    return Array.from({ length: count }, () => node.chain(sampleEvent({ findings: [FINDING] })));
  }

  const reportOf = async (store: ArrivalStore, records: readonly Arrival[]) => await store.arrive(batchOf(records));

  test('records count once, in any order and however often they come', async (t) => {
    const node = new TestNode();
    const { url, store } = await begin(t, node);
    const records = chained(node, 30);
    const [first, second] = [records.slice(10), records.slice(0, 20)];
    assert.deepEqual(await reportOf(store, first.toReversed()), { added: 20, duplicates: 0, faults: [] });
    assert.deepEqual(await store.gaps(-1000).then((gaps) => gaps.map(({ from, to }) => [from, to])), [[1, 10]]);
    assert.deepEqual(await reportOf(store, second), { added: 10, duplicates: 10, faults: [] });
    assert.deepEqual(await reportOf(store, [...records, ...records]), { added: 0, duplicates: 60, faults: [] });
    assert.deepEqual(await store.gaps(-1000), []);
    assert.deepEqual(await rowsIn(url, 'SELECT count(*)::int AS n, sum(ends)::int AS e FROM events'), [
      { n: 30, e: 30 },
    ]);
    assert.deepEqual(await rowsIn(url, 'SELECT calls::int FROM edges'), [{ calls: 30 }]);
    assert.deepEqual(
      await rowsIn(url, 'SELECT events::int FROM event_counts WHERE span = 0 AND ends = 0 AND sort = 0'),
      [{ events: 30 }],
    );
    assert.deepEqual(await rowsIn(url, 'SELECT count::int FROM edge_entities'), [{ count: 60 }]);
  });

  test('what twenty nodes see of one edge is one edge with twenty witnesses', async (t) => {
    const nodes = Array.from({ length: 20 }, (_, i) => new TestNode(i + 1));
    const { url, address } = await begin(t);
    const collectors = await Promise.all([1, 2, 3].map(() => arrivalsIn(t, address, nodes)));
    // Every batch to two collectors at once, and all at once.
    const work = nodes.flatMap((node, i) => {
      const records = chained(node, 25);
      const batches = [records.slice(12), records.slice(0, 15)].map((part) => batchOf(part, { heads: [node.head()] }));
      return batches.flatMap((batch) => [collectors[i % 3]?.arrive(batch), collectors[(i + 1) % 3]?.arrive(batch)]);
    });
    const reports = await Promise.all(work);
    assert.equal(
      reports.reduce((sum, report) => sum + (report?.added ?? 0), 0),
      500,
    );
    assert.deepEqual(
      reports.flatMap((report) => report?.faults ?? []),
      [],
    );
    assert.deepEqual(await rowsIn(url, 'SELECT calls::int FROM edges'), [{ calls: 500 }]);
    assert.deepEqual(await rowsIn(url, 'SELECT count(*)::int AS n, sum(calls)::int AS calls FROM edge_witnesses'), [
      { n: 20, calls: 500 },
    ]);
    assert.deepEqual(await rowsIn(url, 'SELECT count(*)::int AS n, max(position)::int AS last FROM events'), [
      { n: 500, last: 500 },
    ]);
    assert.deepEqual(await rowsIn(url, 'SELECT count(*)::int AS n FROM missing'), [{ n: 0 }]);
  });

  test('a fork, a broken link and a forged record are told, and only the broken one stays', async (t) => {
    const node = new TestNode();
    const { url, store } = await begin(t, node);
    const [one, two, three, four] = chained(node, 4) as [Arrival, Arrival, Arrival, Arrival];
    await reportOf(store, [one, two]);
    const twin = new TestNode();
    const fork = { ...twin.chain(sampleEvent()), writer: node.writer };
    const forged = { ...three, core: three.core.replace('"completed"', '"blocked"') };
    assert.deepEqual((await reportOf(store, [fork])).faults, [
      { kind: 'forged', writer: node.writer, seq: 1, ids: [fork.id] },
    ]);
    assert.deepEqual((await reportOf(store, [forged])).faults, [
      { kind: 'forged', writer: node.writer, seq: 3, ids: [three.id] },
    ]);
    // The same node restored from a copy of its disk: another second record under the same key.
    const copy = new TestNode();
    Object.assign(copy, { writer: node.writer, seq: 1, hash: one.hash });
    const other = copy.chain(sampleEvent());
    assert.deepEqual((await reportOf(store, [other])).faults, [
      { kind: 'fork', writer: node.writer, seq: 2, ids: [two.id, other.id] },
    ]);
    const later = copy.chain(sampleEvent());
    const broken = await reportOf(store, [later, four]);
    assert.deepEqual(broken, {
      added: 2,
      duplicates: 0,
      faults: [
        { kind: 'broken', writer: node.writer, seq: 3, ids: [later.id] },
        { kind: 'broken', writer: node.writer, seq: 4, ids: [four.id] },
      ],
    });
    assert.deepEqual(await rowsIn(url, 'SELECT seq::int FROM records ORDER BY seq'), [
      { seq: 1 },
      { seq: 2 },
      { seq: 3 },
      { seq: 4 },
    ]);
  });

  test('a tail that never came is missed by the head, and a head that was not sealed is a fault', async (t) => {
    const node = new TestNode();
    const { store } = await begin(t, node);
    const [first] = chained(node, 3);
    assert.ok(first !== undefined);
    const head = node.head();
    await store.arrive(batchOf([first], { heads: [head] }));
    assert.deepEqual(await store.gaps(-1000).then((gaps) => gaps.map(({ from, to }) => [from, to])), [[2, 3]]);
    assert.deepEqual(await store.gaps(60_000), []);
    const report = await store.arrive(batchOf([], { heads: [{ ...head, seq: 9 }] }));
    assert.deepEqual(report.faults, [{ kind: 'forged', writer: node.writer, seq: 9, ids: [] }]);
  });

  test('a checkpoint stands for what its node has left out', async (t) => {
    const node = new TestNode();
    const { store } = await begin(t, node);
    const [one, two, three] = chained(node, 3) as [Arrival, Arrival, Arrival];
    const range = { writer: node.writer, from: 2, to: 3, count: 2, prevHash: one.hash, hash: three.hash };
    const checkpoint = node.chain(
      sampleEvent({ kind: 'checkpoint', checkpoint: { what: 'removed', count: 2, ranges: [range] } }),
      { edges: [] },
    );
    assert.deepEqual(await reportOf(store, [one, checkpoint]), { added: 2, duplicates: 0, faults: [] });
    assert.deepEqual(await store.gaps(-1000), []);
    assert.deepEqual(await reportOf(store, [two]), { added: 0, duplicates: 1, faults: [] });
  });

  test('a review counts for the event whichever of them came first', async (t) => {
    const node = new TestNode();
    const { url, store } = await begin(t, node);
    const events = [sampleEvent(), sampleEvent(), sampleEvent()] as const;
    const records = events.map((event) => node.chain(event));
    const [early, late, both] = [
      node.review(events[0], 'confirmed'),
      node.review(events[1], 'false_positive'),
      node.review(events[2], 'accepted_risk'),
    ];
    await reportOf(store, [early, records[1] as Arrival]);
    await reportOf(store, [records[0] as Arrival, late, both, records[2] as Arrival]);
    const counted = `SELECT s.review, c.events::int FROM event_counts AS c JOIN sorts AS s ON s.no = c.sort
      WHERE c.span = 0 AND c.ends = 0 AND s.kind = 'exchange' AND c.events > 0 ORDER BY s.review`;
    assert.deepEqual(await rowsIn(url, counted), [
      { review: 'accepted_risk', events: 1 },
      { review: 'confirmed', events: 1 },
      { review: 'false_positive', events: 1 },
    ]);
  });

  test('observations without an event count once by their id', async (t) => {
    const node = new TestNode();
    const { url, store } = await begin(t, node);
    const observations = [observationOf(sampleEvent(), { direction: 'in', bytesIn: 5 })];
    const observed = [{ id: newUlid(), writer: node.writer, observations }];
    for (let i = 0; i < 3; i++) await store.arrive(batchOf([], { observed }));
    assert.deepEqual(await rowsIn(url, 'SELECT calls::int, bytes_in::int FROM edges'), [{ calls: 1, bytes_in: 5 }]);
  });

  test('what cannot be stored is named, and nothing of its batch stays', async (t) => {
    const node = new TestNode();
    const { url, store } = await begin(t, node);
    const [good] = chained(node, 1) as [Arrival];
    const broken = { ...good, id: newUlid(), core: '{"no":' };
    await assert.rejects(
      reportOf(store, [good, broken]),
      (error) =>
        error instanceof WeirError && error.code === 'store_refused' && error.details.ids?.join() === broken.id,
    );
    const wide = node.chain(
      sampleEvent({
        destination: { ...sampleEvent().destination, host: Array.from({ length: 300 }, newUlid).join('') },
      }),
    );
    await assert.rejects(
      reportOf(store, [good, wide]),
      (error) => error instanceof WeirError && error.code === 'store_refused' && error.details.ids?.join() === wide.id,
    );
    assert.deepEqual(await rowsIn(url, 'SELECT count(*)::int AS n FROM events'), [{ n: 0 }]);
    assert.deepEqual(await reportOf(store, [good]), { added: 1, duplicates: 0, faults: [] });
  });

  test('texts that a column cannot hold are kept as far as it can', async (t) => {
    const node = new TestNode();
    const { url, store } = await begin(t, node);
    const event = sampleEvent({ source: { ...SOURCE, app: 'a\0b\ud800' } });
    const record = node.chain(event, { excerpt: 'text:before \0 after' });
    assert.deepEqual(await reportOf(store, [record]), { added: 1, duplicates: 0, faults: [] });
    const [row] = await rowsIn(url, 'SELECT core, excerpt FROM events');
    assert.equal(row?.['core'], record.core);
    assert.equal(String(row?.['excerpt']), record.excerpt);
  });

  test('an event of a clock that is off by years is kept, and gets no table of its own', async (t) => {
    const node = new TestNode();
    const { url, store } = await begin(t, node);
    const times = ['2031-01-01T00:00:00.000Z', '1999-01-01T00:00:00.000Z', new Date().toISOString()];
    await reportOf(
      store,
      times.map((time) => node.chain(sampleEvent({ time }))),
    );
    assert.deepEqual(await rowsIn(url, 'SELECT count(*)::int AS n FROM events_rest'), [{ n: 2 }]);
    assert.deepEqual(await rowsIn(url, 'SELECT count(*)::int AS n FROM days'), [{ n: 2 }]);
  });
});
