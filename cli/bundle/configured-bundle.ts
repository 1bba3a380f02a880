/**
 * The bundle that the configuration names, followed: what is told of it goes into the records as soon as there are some, and
 * how the node stands to it is there for the fleet to know.
 */
import { hostname } from 'node:os';
import type { Config } from '../../config/config.ts';
import { packageVersion } from '../../config/package-root.ts';
import { MAX_BUNDLE_BYTES } from '../../engine/decide/policy-bundle.ts';
import type { Bus } from '../../fleet/bus.ts';
import type { PolicyShelf } from '../../fleet/policy-shelf.ts';
import type { Recorder } from '../../flow/recorder.ts';
import { newUlid } from '../../store/ulid.ts';
import { adminEvent } from '../reload.ts';
import { BundleFollower, type BundleStanding } from './bundle-follower.ts';
import { fetchBundle } from './fetch-bundle.ts';

export interface ConfiguredBundle {
  /** Looks for the newest, so that the start judges by it, and goes on looking. Bounded in time; never rejects. */
  start(): Promise<void>;
  /** From now on what is told is recorded, and what is taken up is loaded. */
  attach(to: Attached): void;
  readonly standing: BundleStanding;
  close(): Promise<void>;
}

interface Attached {
  readonly recorder: Pick<Recorder, 'close'>;
  readonly reload: () => Promise<void>;
  /** The node stands otherwise to its bundle. */
  readonly onStanding: () => void;
}

/** A bus that is away holds the start up for no longer; what home keeps guards until then. */
const FIRST_MS = 3000;

/** Null where the configuration names none. `bus`: the node's own, where it has one. */
export async function followConfiguredBundle(
  config: Config,
  bus: Bus | null,
  log: (line: string) => void,
): Promise<ConfiguredBundle | null> {
  const { bundle } = config;
  if (bundle === null) return null;
  const { from, name, ca } = bundle;
  const host = hostname();
  const waiting: string[] = [];
  let attached: Attached | null = null;
  const record = (text: string, to: Attached): void => {
    const event = adminEvent({ policy: null, version: null, text }, newUlid(), new Date(), host);
    try {
      to.recorder.close({ event, edges: [], excerpt: null });
    } catch (error) {
      log(`weir: ${error instanceof Error ? error.message : 'the event cannot be kept'}`);
    }
  };
  const first = Promise.withResolvers<void>();
  const own = from.kind === 'bus' && from.url !== null ? await busOf(from.url, ca, host) : null;
  const place = own ?? bus;
  const shelf: PolicyShelf | null =
    from.kind !== 'bus' || place === null
      ? null
      : await openShelf(
          place,
          () => name ?? follower.running?.name ?? null,
          () => {
            first.resolve();
            void follower.look();
          },
        );
  const follower: BundleFollower = new BundleFollower({
    config: bundle,
    home: config.home,
    nodeId: host,
    engine: packageVersion(),
    now: () => new Date(),
    fetch: (tag) => {
      if (from.kind !== 'bus') return fetchBundle(from, tag, ca);
      return shelf?.get(tag) ?? Promise.resolve({ kind: 'failed', reason: 'there is no bus' });
    },
    onTold: (text) => {
      if (attached === null) waiting.push(text);
      else record(text, attached);
    },
    onTaken: () => void attached?.reload(),
    onStanding: () => attached?.onStanding(),
    log,
  });
  return {
    start: async () => {
      if (shelf !== null) {
        const timer = setTimeout(first.resolve, FIRST_MS);
        await first.promise;
        clearTimeout(timer);
      }
      await follower.start();
    },
    attach: (to) => {
      attached = to;
      for (const text of waiting.splice(0)) record(text, to);
    },
    get standing() {
      return follower.standing;
    },
    close: async () => {
      follower.close();
      shelf?.close();
      await own?.close();
    },
  };
}

async function openShelf(bus: Bus, name: () => string | null, onChange: () => void): Promise<PolicyShelf> {
  const { PolicyShelf: Shelf } = await import('../../fleet/policy-shelf.ts');
  return new Shelf(bus, { name, maxBytes: MAX_BUNDLE_BYTES, onChange });
}

async function busOf(url: string, ca: readonly string[], host: string): Promise<Bus> {
  const [{ Bus: Connection }, { busSettings }] = await Promise.all([
    import('../../fleet/bus.ts'),
    import('../../fleet/bus-settings.ts'),
  ]);
  return new Connection(busSettings(url, { ca }), { name: `weir policies of ${host}` });
}
