/**
 * Where a value was seen, by its fingerprint: in events, and on edges. A fingerprint tells nothing of the value; who asks
 * has made it from one, under the key of this home.
 */
import type { DatabaseSync } from 'node:sqlite';
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
