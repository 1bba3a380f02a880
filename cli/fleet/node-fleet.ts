/**
 * What a node with a bus has of its fleet beside its records: conversations in common, its own report, and the reports of
 * the others for whoever asks.
 */
import type { KeyObject } from 'node:crypto';
import { hostname } from 'node:os';
import type { Config } from '../../config/config.ts';
import { packageVersion } from '../../config/package-root.ts';
import type { FleetStanding, ReadFleet } from '../../console/api/fleet-routes.ts';
import type { Bus } from '../../fleet/bus.ts';
import { busPlace } from '../../fleet/bus-settings.ts';
import { ConversationBucket } from '../../fleet/conversation-bucket.ts';
import { conversationSeal } from '../../fleet/conversation-seal.ts';
import { MOST_WRITERS, NodeReporting, readNodeReports } from '../../fleet/node-reports.ts';
import { publishedOnBus } from '../../fleet/policy-shelf.ts';
import type { Figures } from '../../flow/figures.ts';
import { NO_COUNTS, type NodeCounts, type NodePart } from '../../flow/node-report.ts';
import { allWriterIds, type Home } from '../../store/home.ts';
import { ownEvent } from '../../store/own-events.ts';
import type { BundleStanding } from '../bundle/bundle-follower.ts';
import type { Sharing } from '../kept-conversations.ts';
import { nodeIdOf } from './node-id.ts';

export interface NodeFleetOptions {
  readonly bus: Bus;
  readonly config: Config;
  readonly home: Home;
  /** In the fleet that it has joined; null where it has joined none. */
  readonly name: string | null;
  readonly parts: () => readonly NodePart[];
  readonly standing: () => BundleStanding;
  /** Null for one that has none: nothing in it answers calls. */
  readonly conversations: TellingOutages | null;
}

interface TellingOutages {
  /** Keeps an event; throws where it cannot. */
  readonly record: (event: ReturnType<typeof ownEvent>) => void;
  readonly log: (line: string) => void;
}

export interface NodeFleet {
  /** Null where this node keeps its conversations to itself. */
  readonly sharing: Sharing | null;
  readonly read: ReadFleet;
  /** What was committed. */
  counted(figures: Figures): void;
  /** The node stands otherwise to its bundle. */
  standingChanged(): void;
  close(): void;
}

/** One outage is told once, and its end; one that comes and goes is told of at most so often. */
const TOLD_EVERY_MS = 60_000;
const READ_MS = 8000;

export function openNodeFleet(options: NodeFleetOptions): NodeFleet {
  const { bus, config, home, name, parts, standing, conversations } = options;
  const host = hostname();
  const startedAt = new Date().toISOString();
  const tally = new Tally();
  const reporting = new NodeReporting(bus, () => ({
    ...{
      node: name ?? nodeIdOf(home.path, host),
      host,
      labels: config.bundle?.labels ?? [],
      parts: parts(),
      weir: packageVersion(),
      startedAt,
    },
    ...standing(),
    writers: allWriterIds(home).slice(-MOST_WRITERS),
    dropped: tally.dropped,
    counts: tally.since(standing().bundle),
  }));
  return {
    sharing: conversations !== null && sharesConversations(config, home) ? sharingOver(options, conversations) : null,
    read: () => readFleetOver(bus),
    counted: (figures) => {
      const before = tally.dropped;
      tally.add(figures, standing().bundle);
      if (before === 0 && tally.dropped > 0) reporting.changed();
    },
    standingChanged: () => reporting.changed(),
    close: () => reporting.close(),
  };
}

/** Only nodes with the same keys find and read what others keep; a node has them from the fleet that it joined. */
function sharesConversations({ conversations }: Config, home: Home): boolean {
  return conversations.shared === 'auto' ? hasJoined(home) : conversations.shared;
}

function hasJoined({ fingerprintKeys }: Home): boolean {
  return fingerprintKeys.standing().epoch > 0;
}

/** The fleet's, the present one first; what seals conversations is derived from them. */
function conversationKeys({ fingerprintKeys }: Home): readonly [KeyObject, ...KeyObject[]] {
  const present = fingerprintKeys.newest();
  const others = fingerprintKeys.all().filter(({ epoch }) => epoch !== present.epoch);
  return [present.key, ...others.reverse().map(({ key }) => key)];
}

function sharingOver({ bus, config, home }: NodeFleetOptions, { record, log }: TellingOutages): Sharing {
  const { waitMs, maxBytes } = config.conversations;
  const shared = new ConversationBucket({
    connection: () => bus.connection,
    seal: conversationSeal(() => conversationKeys(home)),
    ...{ waitMs, maxBytes, now: Date.now },
  });
  let told: string | null = null;
  let toldAt = Number.NEGATIVE_INFINITY;
  const onReach = (problem: string | null): void => {
    if ((problem === null) === (told === null)) return;
    if (problem !== null && performance.now() - toldAt < TOLD_EVERY_MS) return;
    told = problem;
    if (problem !== null) toldAt = performance.now();
    const reason =
      problem === null
        ? 'the fleet keeps the tokens of conversations again: what is to be tokenized is'
        : `the fleet cannot keep the tokens of conversations (${problem}): what has no token yet is redacted in place of tokenized`;
    log(`weir: ${reason}`);
    const weight = problem === null ? ({} as const) : ({ action: 'alert', severity: 'high' } as const);
    try {
      record(ownEvent('admin', null, { reason, ...weight }));
    } catch {
      log('weir: the event about it could not be kept');
    }
  };
  return { shared, waitMs, onReach };
}

/** What is on the bus of bundles, and who runs what. A reason in words where it cannot be asked. */
export async function readFleetOver(bus: Bus): Promise<FleetStanding | string> {
  const { connection } = bus;
  if (connection === null) return bus.problem ?? 'the bus is away';
  const place = busPlace(bus.settings);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`the bus at ${place} does not answer in time`), READ_MS);
  });
  try {
    const asked = Promise.all([publishedOnBus(connection), readNodeReports(connection, new Date())]);
    return await Promise.race([
      asked.then(([published, nodes]) => {
        const newest = published.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))[0];
        return {
          published: newest === undefined ? null : { name: newest.name, version: newest.version, at: newest.at },
          nodes,
        };
      }),
      late,
    ]);
  } catch (error) {
    return `the bus at ${place} refuses it (${error instanceof Error ? error.name : 'unknown reason'})`;
  } finally {
    clearTimeout(timer);
  }
}

type RunningBundle = BundleStanding['bundle'];

/** Exchanges since a bundle was taken up, by the action that was carried out; and what made room in the outbox. */
class Tally {
  dropped = 0;
  #of = '';
  #counts: NodeCounts = NO_COUNTS;

  add({ values }: Figures, bundle: RunningBundle): void {
    const counts = { ...this.since(bundle) };
    for (const { name, labels, value } of values) {
      if (name === 'weir_outbox_dropped_total') this.dropped += value;
      if (name !== 'weir_exchanges_total') continue;
      counts.calls += value;
      const action = labels[ACTION_LABEL];
      if (action === 'block' || action === 'redact' || action === 'tokenize' || action === 'alert') {
        counts[action] += value;
      }
    }
    this.#counts = counts;
  }

  /** From zero with another bundle. */
  since(bundle: RunningBundle): NodeCounts {
    const of = bundle === null ? '' : `${bundle.name} ${bundle.version}`;
    if (of !== this.#of) {
      this.#of = of;
      this.#counts = NO_COUNTS;
    }
    return this.#counts;
  }
}

/** Of `weir_exchanges_total`: vendor, category, outcome, action, status. */
const ACTION_LABEL = 3;
