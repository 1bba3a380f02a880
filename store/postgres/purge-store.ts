/**
 * Clears what leads to a person out of the records of a shared store, as `purge` does in a home: the records stay in their
 * chains, and checkpoints say which were cleared. What nodes have not handed on yet it cannot reach. Small steps, each a
 * transaction; what it is killed in the middle of can be run again.
 */
import type { TransactionSql } from 'postgres';
import type { CheckpointRange, EventBody } from '../../flow/event.ts';
import { ownEvent } from '../own-events.ts';
import { askedBy, type Purged, type PurgeSelection } from '../purge.ts';
import { fingerprintsIn } from '../record.ts';
import { columnsText, storable, unnest } from './literals.ts';
import { clearEdge } from './merge-edges.ts';
import type { StoreUpkeep } from './upkeep.ts';

const STEP = 500;

type Row = Readonly<Record<string, unknown>>;

/** `by`: who asked. Throws what a shared store fails with, `store_denied` for a role that does not own its tables. */
export async function purgeStore(upkeep: StoreUpkeep, selection: PurgeSelection, by: string | null): Promise<Purged> {
  await upkeep.demandOwner();
  return await new StorePurge(upkeep, selection, by).run();
}

class StorePurge {
  readonly #upkeep: StoreUpkeep;
  readonly #selection: PurgeSelection;
  readonly #by: string | null;
  readonly #checkpoints: string[] = [];
  #events = 0;

  constructor(upkeep: StoreUpkeep, selection: PurgeSelection, by: string | null) {
    this.#upkeep = upkeep;
    this.#selection = selection;
    this.#by = by;
  }

  async run(): Promise<Purged> {
    // What is recorded from now on is not asked for, the checkpoints of this purge among it.
    const [state, days] = await this.#upkeep.run(async (sql) => [
      (await sql.unsafe('SELECT position FROM state'))[0],
      await sql.unsafe('SELECT day FROM days ORDER BY day'),
    ]);
    const last = Number(state?.['position']);
    for (const table of ['events_rest', ...days.map((row) => `events_${row['day']}`)]) await this.#clearIn(table, last);
    return { events: this.#events, edges: await this.#clearEdges(), checkpoints: this.#checkpoints };
  }

  async #clearIn(table: string, last: number): Promise<void> {
    const { conditions, parameters } = conditionsOf(this.#selection);
    let from = [Number.MIN_SAFE_INTEGER, 0];
    for (let isMore = true; isMore; ) {
      const told = await this.#upkeep.amend(async (tx) => {
        const rows = await tx.unsafe(
          `SELECT e.time_ms, e.position, e.seq, e.personal, e.hash, r.prev_hash, w.writer AS name
           FROM ${table} AS e JOIN records AS r ON r.position = e.position JOIN writers AS w ON w.no = e.writer
           WHERE (e.time_ms, e.position) > ($1, $2) AND e.position <= $3 AND e.kind <> 'checkpoint'
             AND (e.personal IS NOT NULL OR e.excerpt IS NOT NULL)${conditions}
           ORDER BY e.time_ms, e.position LIMIT ${STEP}`,
          [...from, last, ...parameters],
        );
        const end = rows.at(-1);
        if (end !== undefined) from = [Number(end['time_ms']), Number(end['position'])];
        isMore = rows.length === STEP;
        const meant = rows.filter((row) => isMeant(row, this.#selection));
        return meant.length === 0 ? [] : [await this.#clear(tx, table, meant)];
      });
      this.#checkpoints.push(...told);
    }
  }

  async #clear(tx: TransactionSql, table: string, rows: readonly Row[]): Promise<EventBody> {
    const places = rows.map((row) => [Number(row['time_ms']), Number(row['position'])]);
    await tx.unsafe(
      `UPDATE ${table} AS e SET personal = NULL, excerpt = NULL, credential = NULL
       FROM ${unnest(['bigint', 'bigint'])} AS u (time_ms, position)
       WHERE e.time_ms = u.time_ms AND e.position = u.position`,
      columnsText(places, 2),
    );
    const prints = rows.flatMap((row, i) =>
      printsOf(row).map((print): [string, ...number[]] => [print, ...(places[i] ?? [])]),
    );
    await tx.unsafe(
      `DELETE FROM event_fingerprints AS f USING ${unnest(['text', 'bigint', 'bigint'])} AS u (print, time_ms, position)
       WHERE f.fingerprint = u.print AND f.time_ms = u.time_ms AND f.event = u.position`,
      columnsText(prints, 3),
    );
    this.#events += rows.length;
    const reason = `${rows.length} records cleared: log purge by ${askedBy(this.#selection)}`;
    const event = ownEvent('checkpoint', this.#by, { reason });
    return { ...event, checkpoint: { what: 'cleared', count: rows.length, ranges: rangesOf(rows) } };
  }

  async #clearEdges(): Promise<number> {
    const { user, app, fingerprint, before } = this.#selection;
    let cleared = 0;
    await this.#upkeep.amend(async (tx) => {
      if (fingerprint !== null) {
        // By a value alone no source is asked for; with more, its events say which edges those were.
        if (user !== null || app !== null || before !== null) return [];
        const removed = await tx.unsafe('DELETE FROM edge_fingerprints WHERE fingerprint = $1', [fingerprint]);
        cleared = removed.count;
        return [];
      }
      const rows = await tx.unsafe(
        `SELECT * FROM edges WHERE ($1::text IS NULL OR source_user = $1) AND ($2::text IS NULL OR app = $2)
           AND ($3::text IS NULL OR last_seen < $3) ORDER BY no`,
        [user === null ? null : storable(user), app === null ? null : storable(app), before?.toISOString() ?? null],
      );
      for (const row of rows) if (await clearEdge(tx, row)) cleared++;
      if (before !== null && user === null && app === null) {
        await tx.unsafe('DELETE FROM edge_fingerprints WHERE last_ms < $1', [before.getTime()]);
      }
      await tx.unsafe('UPDATE state SET epoch = epoch + 1');
      return [];
    });
    return cleared;
  }
}

/** What a column or a text can tell; a user is looked for in the text, and `isMeant` reads it. */
function conditionsOf({ user, app, fingerprint, before }: PurgeSelection): {
  readonly conditions: string;
  readonly parameters: readonly (string | number)[];
} {
  const parameters: (string | number)[] = [];
  const conditions = [
    ['strpos(e.personal, ?) > 0', user === null ? null : JSON.stringify(user)],
    ['e.app = ?', app === null ? null : storable(app)],
    ['e.time_ms < ?', before?.getTime() ?? null],
    ['(e.time_ms, e.position) IN (SELECT time_ms, event FROM event_fingerprints WHERE fingerprint = ?)', fingerprint],
  ] as const;
  let text = '';
  for (const [sql, value] of conditions) {
    if (value === null) continue;
    parameters.push(value);
    text += ` AND ${sql.replace('?', `$${3 + parameters.length}`)}`;
  }
  return { conditions: text, parameters };
}

function isMeant(row: Row, { user }: PurgeSelection): boolean {
  if (user === null) return true;
  try {
    return JSON.parse(String(row['personal']))?.source?.user === user;
  } catch {
    return false;
  }
}

function printsOf(row: Row): readonly string[] {
  const { personal } = row;
  return typeof personal === 'string' ? [...new Set(fingerprintsIn(personal))] : [];
}

/** From the first to the last of each writer. */
function rangesOf(rows: readonly Row[]): readonly CheckpointRange[] {
  const ranges: CheckpointRange[] = [];
  for (const [writer, of] of Map.groupBy(rows, (row) => String(row['name']))) {
    const sorted = of.toSorted((a, b) => Number(a['seq']) - Number(b['seq']));
    const [first, last] = [sorted.at(0), sorted.at(-1)];
    ranges.push({
      ...{ writer, from: Number(first?.['seq']), to: Number(last?.['seq']), count: of.length },
      ...{ prevHash: String(first?.['prev_hash']), hash: String(last?.['hash']) },
    });
  }
  return ranges;
}
