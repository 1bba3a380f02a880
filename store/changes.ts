/** What was recorded after what was read before, and what refers to one event: for whoever follows the log. */
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';

type Row = Record<string, SQLOutputValue>;

/** Of the record that was committed last; 0 before the first. */
export function lastPosition(database: DatabaseSync): number {
  return Number(database.prepare('SELECT max(position) AS last FROM events').get()?.['last'] ?? 0);
}

/** Records after a position, in the order of recording. */
export function rowsAfter(database: DatabaseSync, position: number, limit: number): readonly Row[] {
  return database
    .prepare('SELECT position, id, kind, core, personal, hash FROM events WHERE position > ? ORDER BY position LIMIT ?')
    .all(position, limit);
}

/** Records that refer to an event, in the order of recording. */
export function rowsAbout(database: DatabaseSync, id: string, limit: number): readonly Row[] {
  return database
    .prepare(
      'SELECT position, id, kind, core, personal, hash FROM events WHERE refers_to = ? ORDER BY position LIMIT ?',
    )
    .all(id, limit);
}

/** Ids of the edges that an event counts in. */
export function edgesOfEvent(database: DatabaseSync, id: string): readonly string[] {
  return database
    .prepare(
      `SELECT e.id FROM events AS v JOIN ends AS f ON f.no = v.ends JOIN edges AS e ON e.no IN (f.edge_out, f.edge_in)
       WHERE v.id = ? ORDER BY e.no`,
    )
    .all(id)
    .map((row) => String(row['id']));
}
