/** What is missing for long is told once, by whichever collector finds it first, also while the bus is away. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Bus } from '../../fleet/bus.ts';
import { busSettings } from '../../fleet/bus-settings.ts';
import { GapWatch } from '../../fleet/gap-watch.ts';
import type { ArrivalStore, ChainGap } from '../../store/arrival.ts';
import { afterwards } from '../store/samples.ts';
import { ArrivedInMemory } from '../support/arrived-in-memory.ts';
import { missingNats, startNatsServer } from '../support/nats-server.ts';

const GAP = { writer: 'a', from: 3, to: 5, since: '2026-01-01T00:00:00.000Z' };
const OTHER = { ...GAP, writer: 'b', to: 3 };

/** A store of which others say what is missing. */
class Gapped extends ArrivedInMemory {
  missing: readonly ChainGap[] = [];
  isAsked = false;

  override gaps(): Promise<readonly ChainGap[]> {
    this.isAsked = true;
    return this.isAway ? Promise.reject(new Error('away')) : Promise.resolve(this.missing);
  }
}

function watching(t: TestContext, url: string, store: ArrivalStore) {
  const told: ChainGap[] = [];
  const bus = new Bus(busSettings(url), { name: 'test' });
  const watch = new GapWatch({ bus, store, onGap: (gap) => told.push(gap), olderThanMs: 0, everyMs: 20 });
  afterwards(t, async () => {
    await watch.close();
    await bus.close();
  });
  return { told, bus, watch };
}

async function until(holds: () => boolean, what: string): Promise<void> {
  const limit = Date.now() + 60_000;
  while (!holds()) {
    assert.ok(Date.now() < limit, what);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('of two collectors one tells of a gap, and of one that comes later; a gap that fills is counted no longer', {
  skip: missingNats(),
}, async (t) => {
  const nats = await startNatsServer();
  afterwards(t, () => nats.stop());
  const store = new Gapped();
  const all = [watching(t, nats.url, store), watching(t, nats.url, store)];
  await Promise.all(all.map(({ bus }) => bus.ready()));
  const told = () => all.flatMap((one) => one.told);
  const allSee = (gaps: number) => () => all.every(({ watch }) => watch.state.gaps === gaps);
  store.missing = [GAP];
  await until(() => allSee(1)() && told().length > 0, 'the first is told');
  store.missing = [GAP, OTHER];
  await until(() => allSee(2)() && told().length > 1, 'the other is told');
  assert.deepEqual(
    all.map(({ watch }) => watch.state.records),
    [4, 4],
  );
  store.missing = [];
  await until(allSee(0), 'none is missing any more');
  // What a look was about to tell, it has told then.
  for (const { watch } of all) await watch.close();
  assert.deepEqual(told(), [GAP, OTHER]);
});

test('a gap is told without a bus, and a store that is away says nothing', async (t) => {
  const store = new Gapped();
  // Nothing listens on port 1.
  const { told, watch } = watching(t, 'nats://127.0.0.1:1', store);
  store.missing = [GAP];
  await until(() => told.length > 0, 'it is told');
  store.isAway = true;
  store.isAsked = false;
  store.missing = [GAP, OTHER];
  await until(() => store.isAsked, 'it looks again');
  await watch.close();
  assert.deepEqual([told, watch.state], [[GAP], { gaps: 1, records: 3 }]);
});
