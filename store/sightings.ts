/**
 * Where a value was seen, by its fingerprint: in events, and on edges. A fingerprint tells nothing of the value; who asks
 * has made it from one, under the key of this home.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { WeirEvent } from '../flow/event.ts';
import { rowsOf } from './edges.ts';

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
export function sightingsOf(database: DatabaseSync, fingerprints: readonly string[]): readonly Sighting[] {
  return read(database, 'f.fingerprint IN (SELECT value FROM json_each(?))', [JSON.stringify(fingerprints)]);
}

/**
 * What events tell beyond that: an edge keeps only so many of its values, and events say by their findings which way a
 * value went.
 */
export function sightingsIn(
  database: DatabaseSync,
  events: readonly WeirEvent[],
  fingerprints: readonly string[],
  known: readonly Sighting[],
): readonly Sighting[] {
  const asked = new Set(fingerprints);
  const kept = new Set(known.map(({ edge, fingerprint }) => `${edge} ${fingerprint}`));
  const seen = new Map<string, Sighting>();
  const edgesOf = database.prepare(`
    SELECT (SELECT id FROM edges WHERE no = edge_out) AS request, (SELECT id FROM edges WHERE no = edge_in) AS response
    FROM events JOIN ends ON ends.no = events.ends WHERE events.id = ?`);
  for (const { id, time, findings } of events) {
    const edges = edgesOf.get(id);
    for (const { entity, direction, fingerprints: prints } of findings) {
      const edge = edges?.[direction];
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

/** Values that were seen on more than one edge: what went on from where it came. */
export function sharedSightings(database: DatabaseSync): readonly Sighting[] {
  const shared = 'SELECT fingerprint FROM edge_fingerprints GROUP BY fingerprint HAVING count(DISTINCT edge) > 1';
  return read(database, `f.fingerprint IN (${shared})`, []);
}

function read(database: DatabaseSync, condition: string, parameters: readonly string[]): readonly Sighting[] {
  const rows = rowsOf(
    database,
    `SELECT f.fingerprint, n.entity, e.id, f.count, f.first_ms, f.last_ms
     FROM edge_fingerprints AS f JOIN edges AS e ON e.no = f.edge JOIN entities AS n ON n.no = f.entity
     WHERE ${condition} ORDER BY f.fingerprint, f.last_ms DESC, e.id`,
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
