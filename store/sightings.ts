/**
 * Where a value was seen, by its fingerprint: in events, and on edges. A fingerprint tells nothing of the value; who asks
 * has made it from one, under the key of this home.
 */
import type { WeirEvent } from '../flow/event.ts';
import { type Condition, type Dialect, type Question, rowsOf, type Value } from './question.ts';

/** Parameters of one statement. */
const AT_ONCE = 1000;

/** A value on an edge. */
export interface Sighting {
  readonly fingerprint: string;
  readonly entity: string;
  /** The edge's id. */
  readonly edge: string;
  /** Messages that held it. */
  readonly count: number;
  /** RFC 3339. */
  readonly firstSeen: string;
  readonly lastSeen: string;
}

/** Where each of some values was seen, as far as the edges still have them; the latest first. */
export function* sightingsOf(fingerprints: readonly string[]): Question<readonly Sighting[]> {
  return yield* read({
    sql: `f.fingerprint IN (${fingerprints.map(() => '?').join(', ')})`,
    parameters: fingerprints,
  });
}

/**
 * What events tell beyond that: an edge keeps only so many of its values, and events say by their findings which way a
 * value went.
 */
export function* sightingsIn(
  dialect: Dialect,
  events: readonly WeirEvent[],
  fingerprints: readonly string[],
  known: readonly Sighting[],
): Question<readonly Sighting[]> {
  const asked = new Set(fingerprints);
  const kept = new Set(known.map(({ edge, fingerprint }) => `${edge} ${fingerprint}`));
  const seen = new Map<string, Sighting>();
  const edges = yield* edgesOfEvents(
    dialect,
    events.map(({ id }) => id),
  );
  for (const { id, time, findings } of events) {
    for (const { entity, direction, fingerprints: prints } of findings) {
      const edge = edges.get(id)?.[direction];
      if (typeof edge !== 'string') continue;
      for (const fingerprint of prints) {
        const key = `${edge} ${fingerprint}`;
        if (!asked.has(fingerprint) || kept.has(key)) continue;
        const earlier = seen.get(key);
        const [firstSeen, lastSeen] = [earlier?.firstSeen ?? time, earlier?.lastSeen ?? time];
        seen.set(key, {
          ...{ fingerprint, entity, edge, count: (earlier?.count ?? 0) + 1 },
          firstSeen: time < firstSeen ? time : firstSeen,
          lastSeen: time > lastSeen ? time : lastSeen,
        });
      }
    }
  }
  return [...seen.values()];
}

/** The ids of the edges of each event. */
function* edgesOfEvents(
  { byId }: Dialect,
  ids: readonly string[],
): Question<ReadonlyMap<string, { readonly request: Value; readonly response: Value }>> {
  const edges = new Map<string, { readonly request: Value; readonly response: Value }>();
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const some = ids.slice(from, from + AT_ONCE);
    const rows = yield* rowsOf(
      `SELECT ${byId.id}, (SELECT o.id FROM edges AS o WHERE o.no = n.edge_out), (SELECT i.id FROM edges AS i WHERE i.no = n.edge_in)
       FROM ${byId.from} JOIN ends AS n ON n.no = e.ends WHERE ${byId.id} IN (${some.map(() => '?').join(', ')})`,
      some,
    );
    for (const [id, request = null, response = null] of rows) edges.set(String(id), { request, response });
  }
  return edges;
}

/** Values that were seen on more than one edge: what went on from where it came. */
export function* sharedSightings(): Question<readonly Sighting[]> {
  const shared = 'SELECT fingerprint FROM edge_fingerprints GROUP BY fingerprint HAVING count(DISTINCT edge) > 1';
  return yield* read({ sql: `f.fingerprint IN (${shared})`, parameters: [] });
}

function* read({ sql, parameters }: Condition): Question<readonly Sighting[]> {
  const rows = yield* rowsOf(
    `SELECT f.fingerprint, n.entity, e.id, f.count, f.first_ms, f.last_ms
     FROM edge_fingerprints AS f JOIN edges AS e ON e.no = f.edge JOIN entities AS n ON n.no = f.entity
     WHERE ${sql} ORDER BY f.fingerprint, f.last_ms DESC, e.id, n.entity`,
    parameters,
  );
  return rows.map(([fingerprint, entity, edge, count, firstMs, lastMs]) => ({
    fingerprint: String(fingerprint),
    entity: String(entity),
    edge: String(edge),
    count: Number(count),
    firstSeen: new Date(Number(firstMs)).toISOString(),
    lastSeen: new Date(Number(lastMs)).toISOString(),
  }));
}
