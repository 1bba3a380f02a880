/** The hourly retention of a shared store, by a clock that the test drives and over a real PostgreSQL. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type KeepingClock, keepStore } from '../../../cli/collect/keeping-store.ts';
import { openHome } from '../../../store/home.ts';
import { arrivalsIn, batchOf, newDatabase, rowsIn, sharedServer, TestNode } from '../../store/arriving.ts';
import { sampleEvent, temporaryFolder } from '../../store/samples.ts';
import { missing } from '../../support/data-stores.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const START = Date.parse('2026-11-20T00:30:00.000Z');

/** Time passes when the test says so; whoever waits is called then. */
class DrivenClock implements KeepingClock {
  at = START;
  #waiting: { readonly due: number; readonly run: () => void } | null = null;
  #next = Promise.withResolvers<number>();

  readonly now = (): number => this.at;

  readonly after = (ms: number, run: () => void): (() => void) => {
    this.#waiting = { due: this.at + ms, run };
    this.#next.resolve(ms);
    return () => {
      this.#waiting = null;
    };
  };

  get isWaiting(): boolean {
    return this.#waiting !== null;
  }

  /** Resolves once a round is over and the next is waited for: how long. */
  async waits(): Promise<number> {
    return await this.#next.promise;
  }

  pass(ms: number): void {
    this.at += ms;
    const waiting = this.#waiting;
    if (waiting === null || waiting.due > this.at) return;
    this.#waiting = null;
    this.#next = Promise.withResolvers();
    waiting.run();
  }
}

const server = sharedServer();
after(() => server.stop());

test('what is over its age goes with the first round of the hour, and a store that is away is asked again in a minute', {
  skip: missing('postgresql'),
}, async (t) => {
  const database = await newDatabase(await server.get());
  const home = openHome(join(temporaryFolder(t), 'home'), 'outbox');
  const node = new TestNode();
  const store = await arrivalsIn(t, database.address, [node]);
  const events = [START - 3 * DAY_MS, START - DAY_MS].map((time) =>
    sampleEvent({ time: new Date(time).toISOString() }),
  );
  await store.arrive(batchOf(events.map((event) => node.chain(event))));
  const kept = async (): Promise<number> => {
    const rows = await rowsIn(
      database.url,
      "SELECT id FROM events JOIN sorts ON sort = no WHERE sorts.kind = 'exchange'",
    );
    return rows.length;
  };
  assert.equal(await kept(), 2);
  const rules = { eventsMs: 5 * DAY_MS, allowedMs: null, excerptsMs: null, edgesMs: null, maxBytes: null };
  const clock = new DrivenClock();
  const problems: string[] = [];
  const keeping = keepStore(database.address, home, rules, (message) => void problems.push(message), clock);
  t.after(() => keeping.close());
  assert.equal(await clock.waits(), HOUR_MS, 'once at the start, then in an hour');
  assert.equal(await kept(), 2, 'nothing is old');
  // Four days on the first one is; it goes with the round, which a minute less than an hour does not bring.
  clock.at += 4 * DAY_MS - HOUR_MS;
  const before = await kept();
  clock.pass(0);
  assert.equal(await clock.waits(), HOUR_MS);
  assert.deepEqual([before, await kept()], [2, 1]);
  clock.pass(HOUR_MS - MINUTE_MS);
  assert.ok(clock.isWaiting, 'an hour is an hour');
  assert.deepEqual(problems, []);
  // Away: asked again in a minute, and what failed is not said twice. The collector says by itself that the store is away.
  await (await server.get()).crash();
  clock.pass(MINUTE_MS);
  assert.equal(await clock.waits(), MINUTE_MS);
  assert.deepEqual(problems, []);
  await (await server.get()).restart();
  clock.pass(2 * DAY_MS);
  assert.equal(await clock.waits(), HOUR_MS);
  assert.equal(await kept(), 0);
  await keeping.close();
  assert.ok(!clock.isWaiting, 'nothing is waited for after the end');
});
