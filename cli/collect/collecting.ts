/** A collector put together: bus, store, what it finds wrong with chains, and its own events, which it hands to the store. */
import { Bus } from '../../fleet/bus.ts';
import type { BusSettings } from '../../fleet/bus-settings.ts';
import { buriedEvent, ChainCounts, faultEvent, gapEvent } from '../../fleet/chain-report.ts';
import { Collector } from '../../fleet/collector.ts';
import { GapWatch } from '../../fleet/gap-watch.ts';
import { startCarrier } from '../../fleet/start-carrier.ts';
import type { EventBody } from '../../flow/event.ts';
import type { Figure } from '../../flow/figures.ts';
import type { StoreAddress } from '../../flow/store-address.ts';
import type { Home } from '../../store/home.ts';
import { mendOutbox } from '../../store/outbox-damage.ts';
import { recordOwn } from '../../store/own-events.ts';
import { openArrivals } from '../../store/postgres/arrivals.ts';
import type { RetentionRules } from '../../store/retention.ts';
import { writerKeysIn } from '../../store/writer-keys.ts';
import { keepStore } from './keeping-store.ts';

export interface CollectingOptions {
  /** Of an outbox, its lock held. */
  readonly home: Home;
  readonly bus: BusSettings;
  readonly store: StoreAddress;
  /** What goes with time from the store; for a role that may not remove anything it is of no matter. */
  readonly retention: RetentionRules;
  readonly name: string;
  readonly log: (line: string) => void;
}

export interface Collecting {
  /** Why nothing comes from the bus now, and why nothing goes into the store; null while it does. */
  readonly busProblem: string | null;
  readonly storeProblem: string | null;
  figures(): readonly Figure[];
  /** Connects to the bus anew with these: a certificate that was renewed. */
  take(settings: BusSettings): void;
  close(): Promise<void>;
}

const LAST_MS = 3000;

/** Throws WeirError: `store_denied`, `store_newer`, `home_unusable`. */
export async function openCollecting({
  home,
  bus: settings,
  store: address,
  retention,
  name,
  log,
}: CollectingOptions): Promise<Collecting> {
  const onProblem = (message: string): void => log(`weir: ${message}`);
  mendOutbox(home, onProblem);
  const store = await openArrivals(address, { keyOf: writerKeysIn(home).chainKeyOf });
  const bus = new Bus(settings, { name });
  const counts = new ChainCounts();
  const tell = (events: readonly EventBody[]): void => {
    for (const { reason } of events) onProblem(reason ?? '');
    recordOwn(home, events, onProblem);
  };
  const collector = new Collector({
    ...{ bus, store, home: home.path, onProblem },
    onFaults: (faults) => tell(counts.fresh(faults).map(faultEvent)),
    onBuried: (id, why) => {
      counts.buried();
      tell([buriedEvent(id, why)]);
    },
  });
  const gaps = new GapWatch({ bus, store, onGap: (gap) => tell([gapEvent(gap)]) });
  const keeping = keepStore(address, home, retention, onProblem);
  const carrier = startCarrier(home, { kind: 'store', address }, onProblem);
  return {
    get busProblem() {
      return collector.busProblem;
    },
    get storeProblem() {
      return collector.storeProblem;
    },
    figures: () => [
      ...collector.figures(),
      ...counts.figures(),
      { name: 'weir_chain_gaps', labels: [], value: gaps.state.gaps },
      { name: 'weir_chain_missing_records', labels: [], value: gaps.state.records },
      { name: 'weir_bus_connected', labels: [], value: collector.busProblem === null ? 1 : 0 },
      ...carrier.figures.filter((one) => one.name.startsWith('weir_outbox_')),
    ],
    take: (next) => void bus.take(next),
    close: async () => {
      await keeping.close();
      await gaps.close();
      await collector.close();
      await carrier.close(LAST_MS);
      await bus.close();
      await store.close();
    },
  };
}
