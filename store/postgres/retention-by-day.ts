/**
 * What goes with time from a shared store: the tables of days that are over the age of events are dropped; a day over the age of
 * what merely passed is written anew with the records that stay, and its old table dropped; so nothing is left to clean up in what
 * is large. Each day is one transaction with its checkpoints. A checkpoint that is still needed never goes: of a day that is
 * dropped it moves to the table of the rest. A day goes when all of it is over the age.
 */
import type { TransactionSql } from 'postgres';
import type { RetentionRules } from '../retention.ts';
import { HOUR_MS, SPANS } from '../spans.ts';
import { COPIED } from './copy-edges.ts';
import { gather, takeBack } from './removed-runs.ts';
import type { StoreUpkeep } from './upkeep.ts';

const DAY_MS = 24 * HOUR_MS;
/** For the sake of the size nothing goes that is younger. */
const SPARED_MS = HOUR_MS;
/** Ids of observations are kept so long that no node hands them over again. */
const OBSERVED_DAYS = 90;
const DAY_TABLES = ['events', 'event_fingerprints'] as const;
const NEEDED = 'e.id IN (SELECT checkpoint FROM gaps)';
const ALLOWED = `e.sort IN (
  SELECT no FROM sorts WHERE kind = 'exchange' AND carried = 'allow' AND observed IS NULL AND review IS NULL)`;

export interface Retained {
  readonly events: number;
  readonly edges: number;
  readonly excerpts: number;
  /** Whose tables were dropped; days since 1970. */
  readonly days: readonly number[];
  /** Ids of the events that say so. */
  readonly checkpoints: readonly string[];
}

/** Carries the rules out once, as of now. Throws what a shared store fails with; what was done until then stays done. */
export async function retainStore(upkeep: StoreUpkeep, rules: RetentionRules, nowMs: number): Promise<Retained> {
  await upkeep.demandOwner();
  return await new Retaining(upkeep, nowMs).run(rules);
}

class Retaining {
  readonly #upkeep: StoreUpkeep;
  readonly #nowMs: number;
  readonly #checkpoints: string[] = [];
  readonly #dropped: number[] = [];
  #events = 0;

  constructor(upkeep: StoreUpkeep, nowMs: number) {
    this.#upkeep = upkeep;
    this.#nowMs = nowMs;
  }

  async run({ excerptsMs, allowedMs, eventsMs, edgesMs, maxBytes }: RetentionRules): Promise<Retained> {
    const excerpts = excerptsMs === null ? 0 : await this.#clearExcerpts(this.#nowMs - excerptsMs);
    if (eventsMs !== null) {
      for (const day of await this.#daysBefore(eventsMs)) await this.#dropDay(day, 'retention.events');
      await this.#deleteRest('time_ms < $1', this.#nowMs - eventsMs, 'retention.events');
    }
    if (allowedMs !== null) {
      for (const day of await this.#daysBefore(allowedMs)) await this.#rewriteDay(day);
      await this.#deleteRest(`${ALLOWED} AND time_ms < $1`, this.#nowMs - allowedMs, 'retention.allowed');
    }
    if (maxBytes !== null) {
      for (const day of await this.#daysOver(maxBytes)) await this.#dropDay(day, 'retention.maxBytes');
    }
    const edges = edgesMs === null ? 0 : await this.#removeEdges(this.#nowMs - edgesMs);
    await this.#upkeep.run((sql) =>
      sql.unsafe(`DELETE FROM observed WHERE day < $1 AND id NOT LIKE '${COPIED} %'`, [
        Math.floor(this.#nowMs / DAY_MS) - OBSERVED_DAYS,
      ]),
    );
    return { events: this.#events, edges, excerpts, days: this.#dropped, checkpoints: this.#checkpoints };
  }

  /** Days with tables of their own all of which is older, the oldest first. */
  async #daysBefore(ageMs: number): Promise<readonly number[]> {
    const before = Math.floor((this.#nowMs - ageMs) / DAY_MS);
    const rows = await this.#upkeep.run((sql) =>
      sql.unsafe('SELECT day FROM days WHERE day < $1 ORDER BY day', [before]),
    );
    return rows.map((row) => Number(row['day']));
  }

  async #clearExcerpts(before: number): Promise<number> {
    return await this.#upkeep.run(async (sql) => {
      const rows = await sql.unsafe('UPDATE events SET excerpt = NULL WHERE excerpt IS NOT NULL AND time_ms < $1', [
        before,
      ]);
      return rows.count;
    });
  }

  async #dropDay(day: number, why: string): Promise<void> {
    await this.#amend(async (tx) => {
      const count = await gather(tx, `events_${day}`, `NOT ${NEEDED}`, []);
      await tx.unsafe(`CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT e.* FROM events_${day} AS e WHERE ${NEEDED}`);
      for (const table of DAY_TABLES) await tx.unsafe(`DROP TABLE ${table}_${day}`);
      await tx.unsafe('DELETE FROM days WHERE day = $1', [day]);
      // There is no table of the day any more: they lie in the rest from now on.
      await tx.unsafe('INSERT INTO events SELECT * FROM kept; DROP TABLE kept');
      this.#dropped.push(day);
      return count === 0 ? [] : await takeBack(tx, why, this.#nowMs);
    });
  }

  async #rewriteDay(day: number): Promise<void> {
    const [row] = await this.#upkeep.run((sql) =>
      sql.unsafe(`SELECT EXISTS (SELECT 1 FROM events_${day} AS e WHERE ${ALLOWED}) AS any`),
    );
    if (row?.['any'] !== true) return;
    await this.#amend(async (tx) => {
      await gather(tx, `events_${day}`, ALLOWED, []);
      await tx.unsafe('CREATE INDEX ON gone (position); ANALYZE gone');
      const [from, to] = [day * DAY_MS, (day + 1) * DAY_MS];
      for (const table of DAY_TABLES) {
        const position = table === 'events' ? 'position' : 'event';
        await tx.unsafe(`
          CREATE TABLE ${table}_new (LIKE ${table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
          INSERT INTO ${table}_new SELECT * FROM ${table}_${day} AS e
            WHERE NOT EXISTS (SELECT 1 FROM gone WHERE gone.position = e.${position});
          DROP TABLE ${table}_${day};
          ALTER TABLE ${table}_new RENAME TO ${table}_${day};
          ALTER TABLE ${table} ATTACH PARTITION ${table}_${day} FOR VALUES FROM (${from}) TO (${to})`);
      }
      return await takeBack(tx, 'retention.allowed', this.#nowMs);
    });
  }

  /** Of what has no day's table of its own. */
  async #deleteRest(condition: string, before: number, why: string): Promise<void> {
    const where = `${condition.replaceAll('time_ms', 'e.time_ms')} AND NOT ${NEEDED}`;
    await this.#amend(async (tx) => {
      if ((await gather(tx, 'events_rest', where, [before])) === 0) return [];
      await tx.unsafe(`
        DELETE FROM events_rest AS e USING gone WHERE e.time_ms = gone.time_ms AND e.position = gone.position;
        DELETE FROM event_fingerprints_rest AS f USING gone WHERE f.time_ms = gone.time_ms AND f.event = gone.position`);
      return await takeBack(tx, why, this.#nowMs);
    });
  }

  /** The oldest days whose own tables are as large as what is too much. */
  async #daysOver(maxBytes: number): Promise<readonly number[]> {
    return await this.#upkeep.run(async (sql) => {
      const [whole] = await sql.unsafe(
        `SELECT sum(pg_total_relation_size(oid)) AS bytes FROM pg_class WHERE relnamespace = 'weir'::regnamespace AND relkind = 'r'`,
      );
      let over = Number(whole?.['bytes']) - maxBytes;
      const rows = await sql.unsafe(
        `SELECT day, ${DAY_TABLES.map((table) => `pg_total_relation_size('${table}_' || day)`).join(' + ')} AS bytes
         FROM days WHERE day < $1 ORDER BY day`,
        [Math.floor((this.#nowMs - SPARED_MS) / DAY_MS)],
      );
      const days: number[] = [];
      for (const row of rows) {
        if (over <= 0) break;
        days.push(Number(row['day']));
        over -= Number(row['bytes']);
      }
      return days;
    });
  }

  /** Whoever has the number of an edge in mind asks again when the epoch has risen. The latest stays, as in a home. */
  async #removeEdges(before: number): Promise<number> {
    let edges = 0;
    await this.#amend(async (tx) => {
      const removed = await tx.unsafe(
        'DELETE FROM edges WHERE last_seen < $1 AND no < (SELECT max(no) FROM edges) RETURNING no',
        [new Date(before).toISOString()],
      );
      edges = removed.length;
      if (edges > 0) {
        const numbers = `{${removed.map((row) => Number(row['no'])).join(',')}}`;
        for (const table of EDGE_TABLES) {
          await tx.unsafe(`DELETE FROM ${table} WHERE edge = ANY($1::int[])`, [numbers]);
        }
        await tx.unsafe('UPDATE state SET epoch = epoch + 1');
      }
      // Buckets whose last hour is over the age.
      for (const span of SPANS) {
        const bucket = Math.floor(before / (span * HOUR_MS));
        for (const table of ['edge_counts', 'entity_counts']) {
          await tx.unsafe(`DELETE FROM ${table} WHERE span = $1 AND bucket < $2`, [span, bucket]);
        }
      }
      await tx.unsafe('DELETE FROM imported_lines WHERE day < $1', [Math.floor(before / DAY_MS)]);
      return [];
    });
    return edges;
  }

  async #amend(work: Parameters<StoreUpkeep['amend']>[0]): Promise<void> {
    let count = 0;
    const told = await this.#upkeep.amend(async (tx: TransactionSql) => {
      const events = await work(tx);
      count = events.reduce((sum, { checkpoint }) => sum + (checkpoint?.count ?? 0), 0);
      return events;
    });
    this.#checkpoints.push(...told);
    this.#events += count;
  }
}

const EDGE_TABLES = ['edge_entities', 'edge_fingerprints', 'edge_paths', 'edge_models', 'edge_witnesses'] as const;
