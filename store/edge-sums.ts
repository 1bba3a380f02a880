/** What a batch of observations adds to one edge: summed up first, so that each row is written once. Nothing is stored here. */
import { type Coverage, worseCoverage } from '../flow/coverage.ts';
import type { EdgeObservation, ObservedDetail } from '../flow/edge.ts';
import type { EventBody } from '../flow/event.ts';
import { MEDIUM } from '../flow/finding.ts';
import { addCounts, type Counts, type Summed } from './rollups.ts';

/** Of each entity on each edge, so many fingerprints are kept, the ones seen last. */
export const KEPT_FINGERPRINTS = 256;
export const KEPT_PATHS = 64;
export const KEPT_MODELS = 16;
/** So many more before the oldest go: they are looked for seldom. */
export const SLACK = 64;
const MAX_PATH_CHARS = 512;
const MAX_MODEL_CHARS = 128;

/** What a batch adds to one edge. */
export interface Sum extends Summed {
  last: EdgeObservation;
  firstSeen: string;
  lastSeen: string;
  coverage: Coverage;
  readonly entities: Map<string, EntitySum>;
  readonly models: Map<string, { calls: number; lastMs: number }>;
}

export interface EntitySum {
  count: number;
  maxScore: number | null;
  firstMs: number;
  lastMs: number;
  readonly fingerprints: Map<string, Seen>;
  readonly paths: Map<string, Seen>;
}

export interface Seen {
  count: number;
  firstMs: number;
  lastMs: number;
}

/** Whether two observations have the fields in common that `edgeId` digests. */
export function isSameEdge(a: EdgeObservation, b: EdgeObservation): boolean {
  const { source: from, destination: to } = a;
  const { source, destination } = b;
  return (
    a.direction === b.direction &&
    a.protocol === b.protocol &&
    a.channel === b.channel &&
    to.host === destination.host &&
    to.port === destination.port &&
    from.app === source.app &&
    from.verified === source.verified &&
    from.host === source.host &&
    from.process === source.process &&
    from.exe === source.exe &&
    from.user === source.user &&
    from.container === source.container
  );
}

/** As toISOString writes it. */
const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** One spelling of a moment, so that times compare as text. */
export function utc(time: string): string {
  return UTC.test(time) ? time : new Date(time).toISOString();
}

export function countsOf({ calls = 1, bytesOut, bytesIn, action }: EdgeObservation): Counts {
  return {
    calls,
    bytesOut,
    bytesIn,
    alert: action === 'alert' ? calls : 0,
    tokenize: action === 'tokenize' ? calls : 0,
    redact: action === 'redact' ? calls : 0,
    block: action === 'block' ? calls : 0,
  };
}

/** Adds to `earlier`, or makes the first. `counts` are those of the observation. */
export function sum(
  earlier: Sum | undefined,
  seen: EdgeObservation,
  counts: Counts,
  timeMs: number,
  details: Readonly<Record<string, ObservedDetail>>,
  model: string | null,
): Sum {
  const time = utc(seen.time);
  const to = earlier ?? {
    ...{ last: seen, ...NOTHING, firstSeen: time, lastSeen: time, coverage: seen.coverage },
    ...{ entities: new Map<string, EntitySum>(), models: new Map<string, { calls: number; lastMs: number }>() },
  };
  to.last = seen;
  addCounts(to, counts);
  if (time < to.firstSeen) to.firstSeen = time;
  if (time > to.lastSeen) to.lastSeen = time;
  to.coverage = worseCoverage(to.coverage, seen.coverage);
  for (const entity in seen.entities) entitySum(to.entities, entity, timeMs).count += seen.entities[entity] ?? 0;
  for (const entity in details) {
    const detail = details[entity];
    if (detail !== undefined) addDetail(entitySum(to.entities, entity, timeMs), detail, timeMs);
  }
  if (model !== null && model.length <= MAX_MODEL_CHARS) {
    const name = model.toWellFormed();
    const known = to.models.get(name);
    const lastMs = Math.max(known?.lastMs ?? 0, timeMs);
    to.models.set(name, { calls: (known?.calls ?? 0) + counts.calls, lastMs });
  }
  return to;
}

const NOTHING: Counts = { calls: 0, bytesOut: 0, bytesIn: 0, alert: 0, tokenize: 0, redact: 0, block: 0 };

function entitySum(entities: Map<string, EntitySum>, entity: string, timeMs: number): EntitySum {
  const known = entities.get(entity);
  if (known !== undefined) {
    known.firstMs = Math.min(known.firstMs, timeMs);
    known.lastMs = Math.max(known.lastMs, timeMs);
    return known;
  }
  const made = { count: 0, maxScore: null, firstMs: timeMs, lastMs: timeMs, fingerprints: new Map(), paths: new Map() };
  entities.set(entity, made);
  return made;
}

function addDetail(to: EntitySum, { maxScore, fingerprints, paths }: ObservedDetail, timeMs: number): void {
  to.maxScore = Math.max(to.maxScore ?? 0, maxScore);
  // One message may hold more values than are kept at all.
  for (const fingerprint of fingerprints.slice(0, KEPT_FINGERPRINTS)) see(to.fingerprints, fingerprint, timeMs);
  for (const path of paths.slice(0, KEPT_PATHS)) {
    if (path.length <= MAX_PATH_CHARS) see(to.paths, path.toWellFormed(), timeMs);
  }
}

function see(items: Map<string, Seen>, item: string, timeMs: number): void {
  const known = items.get(item);
  if (known === undefined) {
    items.set(item, { count: 1, firstMs: timeMs, lastMs: timeMs });
    return;
  }
  known.count++;
  known.firstMs = Math.min(known.firstMs, timeMs);
  known.lastMs = Math.max(known.lastMs, timeMs);
}

const NO_DETAILS: Readonly<Record<string, ObservedDetail>> = Object.freeze(Object.create(null));

/** What an event's findings of one direction say of its edge, of medium score or higher. */
export function detailsOf(
  event: EventBody,
  direction: EdgeObservation['direction'],
): Readonly<Record<string, ObservedDetail>> {
  if (event.findings.length === 0) return NO_DETAILS;
  const details: Record<string, { maxScore: number; fingerprints: Set<string>; paths: Set<string> }> =
    Object.create(null);
  const side = direction === 'out' ? 'request' : 'response';
  for (const { entity, direction: found, maxScore, fingerprints, path } of event.findings) {
    if (found !== side || maxScore < MEDIUM) continue;
    const detail = details[entity] ?? { maxScore: 0, fingerprints: new Set<string>(), paths: new Set<string>() };
    details[entity] = detail;
    detail.maxScore = Math.max(detail.maxScore, maxScore);
    for (const fingerprint of fingerprints) detail.fingerprints.add(fingerprint);
    detail.paths.add(path);
  }
  const read: Record<string, ObservedDetail> = Object.create(null);
  for (const entity in details) {
    const { maxScore = 0, fingerprints = [], paths = [] } = details[entity] ?? {};
    read[entity] = { maxScore, fingerprints: [...fingerprints], paths: [...paths] };
  }
  return read;
}
