/**
 * Many observations as few: what an edge gained within an hour becomes one, so that the map stays whole where records have
 * to be dropped. Counts and bytes are exact; of values and places the ones seen last are kept.
 */
import { type Action, actionRank } from '../flow/decision.ts';
import type { EdgeObservation, ObservedDetail } from '../flow/edge.ts';

const HOUR_CHARS = '2026-01-01T00'.length;
/** Fingerprints and paths of one entity. */
const MOST = 50;

export function mergedObservations(observations: readonly EdgeObservation[]): readonly EdgeObservation[] {
  const merged = new Map<string, EdgeObservation>();
  for (const one of observations) {
    const key = keyOf(one);
    const known = merged.get(key);
    merged.set(key, known === undefined ? one : joined(known, one));
  }
  return [...merged.values()];
}

/** All that tells edges apart, and what is counted by itself: the hour, the action, the coverage, the model. */
function keyOf({
  source,
  destination,
  via,
  protocol,
  direction,
  channel,
  action,
  coverage,
  time,
  model,
}: EdgeObservation): string {
  const { pid: _, credential: __, ...workload } = source;
  const hour = time.slice(0, HOUR_CHARS);
  return JSON.stringify([
    workload,
    destination,
    via,
    protocol,
    direction,
    channel,
    action,
    coverage,
    hour,
    model ?? null,
  ]);
}

function joined(a: EdgeObservation, b: EdgeObservation): EdgeObservation {
  const [first, last] = a.time <= b.time ? [a, b] : [b, a];
  const fields = [...(first.fields ?? []), ...(last.fields ?? [])];
  return {
    ...last,
    entities: summed(first.entities, last.entities),
    bytesOut: first.bytesOut + last.bytesOut,
    bytesIn: first.bytesIn + last.bytesIn,
    action: strongest(first.action, last.action),
    calls: (first.calls ?? 1) + (last.calls ?? 1),
    details: joinedDetails(first.details ?? {}, last.details ?? {}),
    ...(fields.length === 0 ? {} : { fields: fields.slice(-MOST) }),
  };
}

function strongest(a: Action, b: Action): Action {
  return actionRank(a) >= actionRank(b) ? a : b;
}

function summed(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Record<string, number> {
  const sum = { ...a };
  for (const [name, count] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

function joinedDetails(
  a: Readonly<Record<string, ObservedDetail>>,
  b: Readonly<Record<string, ObservedDetail>>,
): Record<string, ObservedDetail> {
  const details = { ...a };
  for (const [entity, { maxScore, fingerprints, paths }] of Object.entries(b)) {
    const known = details[entity];
    details[entity] = {
      maxScore: Math.max(known?.maxScore ?? 0, maxScore),
      fingerprints: latest(known?.fingerprints ?? [], fingerprints),
      paths: latest(known?.paths ?? [], paths),
    };
  }
  return details;
}

function latest(a: readonly string[], b: readonly string[]): readonly string[] {
  const fresh = new Set(b);
  return [...a.filter((one) => !fresh.has(one)), ...fresh].slice(-MOST);
}
