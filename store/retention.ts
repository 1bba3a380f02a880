/**
 * What goes with time: events, their excerpts and edges by age, and the oldest events by the size of the database.
 * Carried out by the writer in small steps, each a transaction of its own with the checkpoint that says what it removed, so
 * that a process which is killed leaves a log that verifies. It never removes a checkpoint that is still needed.
 */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { GapWriter, type Removed } from './gaps.ts';
import type { Entry } from './keeper.ts';
import type { Ledger } from './ledger.ts';
import { ownEvent } from './own-events.ts';
import { type Core, entitiesOf, fingerprintsIn, parseCore } from './record.ts';
import type { SortWriter } from './sorts.ts';
import { HOUR_MS, SPANS } from './spans.ts';

/** Ages in ms, a size in bytes; null keeps for ever. */
export interface RetentionRules {
  readonly eventsMs: number | null;
  /** Of exchanges that passed, and about which no rule decided and no person said anything. */
  readonly allowedMs: number | null;
  readonly excerptsMs: number | null;
  readonly edgesMs: number | null;
  readonly maxBytes: number | null;
}

const DAY_MS = 24 * HOUR_MS;
const STEP = 400;
const EDGES = 100;
/** For the sake of the size nothing goes that is younger. */
const SPARED_MS = HOUR_MS;
/** Pages given back to the file system in a step. */
const GIVEN_BACK = 256;

const COLUMNS = 'position, id, writer, seq, time_ms, ends, sort, core, personal, hash';

export class Retention {
  readonly #database: DatabaseSync;
  readonly #ledger: Ledger;
  readonly #gaps: GapWriter;
  readonly #delete: StatementSync;
  readonly #deleteEntity: StatementSync;
  readonly #deleteFingerprint: StatementSync;
  readonly #oldest: StatementSync;
  readonly #allowed: StatementSync;
  readonly #clear: StatementSync;
  readonly #forget: StatementSync;
  rules: RetentionRules;

  constructor(database: DatabaseSync, ledger: Ledger, rules: RetentionRules) {
    this.#database = database;
    this.#ledger = ledger;
    this.rules = rules;
    this.#gaps = new GapWriter(database);
    this.#delete = database.prepare('DELETE FROM events WHERE position = ?');
    this.#deleteEntity = database.prepare('DELETE FROM event_entities WHERE entity = ? AND time_ms = ? AND event = ?');
    this.#deleteFingerprint = database.prepare('DELETE FROM event_fingerprints WHERE fingerprint = ? AND event = ?');
    this.#oldest = database.prepare(`
      SELECT ${COLUMNS} FROM events INDEXED BY events_time
      WHERE time_ms < ? AND id NOT IN (SELECT checkpoint FROM gaps) ORDER BY time_ms, position LIMIT ${STEP}`);
    this.#allowed = database.prepare(`
      SELECT ${COLUMNS} FROM events INDEXED BY events_sort WHERE sort IN (
        SELECT no FROM sorts WHERE kind = 'exchange' AND carried = 'allow' AND observed IS NULL AND review IS NULL
      ) AND time_ms < ? LIMIT ${STEP}`);
    this.#forget = database.prepare(
      `DELETE FROM imported_lines WHERE digest IN (SELECT digest FROM imported_lines WHERE day < ? LIMIT ${STEP})`,
    );
    this.#clear = database.prepare(`
      UPDATE events SET excerpt = NULL WHERE position IN (
        SELECT position FROM events INDEXED BY events_excerpt WHERE excerpt IS NOT NULL AND time_ms < ? LIMIT ${STEP})`);
  }

  /** One step; false when there is nothing to do. Throws what the database throws; nothing is lost then. */
  step(now: number): boolean {
    const { excerptsMs, allowedMs, eventsMs, edgesMs, maxBytes } = this.rules;
    if (excerptsMs !== null && this.#clearExcerpts(now - excerptsMs)) return true;
    if (allowedMs !== null && this.#remove(this.#allowed, now, allowedMs, 'retention.allowed')) return true;
    if (eventsMs !== null && this.#remove(this.#oldest, now, eventsMs, 'retention.events')) return true;
    if (edgesMs !== null && (this.#removeEdges(now - edgesMs) || this.#removeRollups(now - edgesMs))) return true;
    if (edgesMs !== null && this.#forgetLines(now - edgesMs)) return true;
    if (maxBytes !== null && this.#usedBytes() > maxBytes) {
      if (this.#remove(this.#oldest, now, SPARED_MS, 'retention.maxBytes')) return true;
    }
    return this.#giveBack();
  }

  #clearExcerpts(before: number): boolean {
    return this.#ledger.transact(() => Number(this.#clear.run(before).changes)) > 0;
  }

  #remove(which: StatementSync, now: number, ageMs: number, why: string): boolean {
    let removed = 0;
    this.#ledger.amend((sorts) => {
      const records: Removed[] = [];
      for (const row of which.all(now - ageMs)) {
        const record = this.#removeEvent(row, sorts);
        if (record !== null) records.push(record);
      }
      removed = records.length;
      return removed === 0 ? [] : [this.#checkpoint(records, why, now)];
    });
    return removed > 0;
  }

  /** Null for a damaged record: it stays for `log verify` to name. */
  #removeEvent(row: Record<string, SQLOutputValue>, sorts: SortWriter): Removed | null {
    let core: Core;
    try {
      core = parseCore(String(row['core']));
    } catch {
      return null;
    }
    const [position, timeMs] = [Number(row['position']), Number(row['time_ms'])];
    this.#delete.run(position);
    for (const entity of entitiesOf(core).keys()) this.#deleteEntity.run(entity, timeMs, position);
    for (const one of fingerprintsIn(row['personal'])) this.#deleteFingerprint.run(one, position);
    if (row['sort'] !== null) sorts.add(Number(row['ends']), Number(row['sort']), timeMs, -1);
    return {
      writerNo: Number(row['writer']),
      seq: Number(row['seq']),
      prevHash: core.prevHash,
      hash: String(row['hash']),
    };
  }

  #checkpoint(records: readonly Removed[], why: string, now: number): Entry {
    const event = ownEvent('checkpoint', null, { reason: `${records.length} records removed: ${why}` }, new Date(now));
    const ranges = this.#gaps.enter(records, event.id);
    const checkpoint = { what: 'removed' as const, count: records.length, ranges };
    return { event: { ...event, checkpoint }, edges: [], excerpt: null, review: null };
  }

  /** The one with the highest number stays: its number would be given to another, and old roll-ups with it. */
  #removeEdges(before: number): boolean {
    return this.#ledger.transact(() => {
      const numbers = this.#database
        .prepare('SELECT no FROM edges WHERE last_seen < ? AND no < (SELECT max(no) FROM edges) LIMIT ?')
        .all(new Date(before).toISOString(), EDGES)
        .map((row) => Number(row['no']));
      for (const no of numbers) removeEdge(this.#database, no);
      if (numbers.length > 0) this.#ledger.forget();
      return numbers.length > 0;
    });
  }

  /** A bucket of a span whose last hour is over the age. */
  #removeRollups(before: number): boolean {
    for (const table of ['edge_counts', 'entity_counts']) {
      for (const span of SPANS) {
        const row = this.#database.prepare(`SELECT min(bucket) AS bucket FROM ${table} WHERE span = ?`).get(span);
        const bucket = row?.['bucket'];
        if (typeof bucket !== 'number' || (bucket + 1) * span * HOUR_MS > before) continue;
        this.#ledger.transact(() => {
          this.#database.prepare(`DELETE FROM ${table} WHERE span = ? AND bucket = ?`).run(span, bucket);
        });
        return true;
      }
    }
    return false;
  }

  /** Lines of imported logs: what they told is gone as well. */
  #forgetLines(before: number): boolean {
    const day = Math.floor(before / DAY_MS);
    return this.#ledger.transact(() => Number(this.#forget.run(day).changes)) > 0;
  }

  #usedBytes(): number {
    return (this.#pragma('page_count') - this.#pragma('freelist_count')) * this.#pragma('page_size');
  }

  /** Free pages go back to the file system, but for a tenth; only a database that was made for it can. */
  #giveBack(): boolean {
    const free = this.#pragma('freelist_count');
    if (this.#pragma('auto_vacuum') !== 2 || free < GIVEN_BACK || free < this.#pragma('page_count') / 10) return false;
    this.#database.exec(`PRAGMA incremental_vacuum(${GIVEN_BACK})`);
    return this.#pragma('freelist_count') < free;
  }

  #pragma(name: string): number {
    return Number(Object.values(this.#database.prepare(`PRAGMA ${name}`).get() ?? {})[0] ?? 0);
  }
}

const EDGE_TABLES = ['edge_entities', 'edge_fingerprints', 'edge_paths', 'edge_models'] as const;

/** All that is known of an edge but its roll-ups, which go by their own age. */
export function removeEdge(database: DatabaseSync, no: number): void {
  for (const table of [...EDGE_TABLES, 'edge_fields', 'edge_field_entities', 'field_verdicts']) {
    database.prepare(`DELETE FROM ${table} WHERE edge = ?`).run(no);
  }
  database.prepare('DELETE FROM edges WHERE no = ?').run(no);
}
