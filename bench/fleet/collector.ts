/** A collector, a process of its own, as `weir collect` puts it together. Started and killed by run.ts. */
import { startCollecting } from '../../cli/collect/start-collecting.ts';
import { busSettings } from '../../fleet/bus-settings.ts';
import { storeAddress } from '../../flow/store-address.ts';
import { openHome } from '../../store/home.ts';

export interface CollectorArguments {
  readonly home: string;
  readonly bus: string;
  readonly store: string;
}

/** So far: records stored, and records that were known already. */
export interface Collected {
  readonly added: number;
  readonly duplicates: number;
}

const LOCK_MS = 30_000;
const TELL_MS = 100;

if (import.meta.main) {
  const { home: path, bus, store }: CollectorArguments = JSON.parse(process.argv[2] ?? '{}');
  const home = openHome(path, 'outbox');
  home.lock(LOCK_MS);
  const log = (line: string): void => {
    if (process.env['WEIR_BENCH_LOUD'] === '1') process.stderr.write(`${line}\n`);
  };
  const retention = { eventsMs: null, allowedMs: null, excerptsMs: null, edgesMs: null, maxBytes: null };
  const data = { homePath: home.path, bus: busSettings(bus), store: storeAddress(store), retention, name: 'bench' };
  const collecting = startCollecting(data, log);
  const figure = (name: string): number => collecting.figures().find((one) => one.name === name)?.value ?? 0;
  setInterval(() => {
    const collected: Collected = {
      added: figure('weir_collect_added_total'),
      duplicates: figure('weir_collect_duplicates_total'),
    };
    process.send?.(collected);
  }, TELL_MS);
  process.on('disconnect', () => process.exit(0));
}
