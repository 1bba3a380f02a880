/**
 * The outbox of a node: its records, each put into its chain, until whoever keeps them for good has acknowledged them. One
 * transaction chains a record, keeps it with what it adds to edges, and marks how far the spool is read. It is bounded:
 * past its limit what matters least makes room, `allow` and then `alert`, and a checkpoint in the chain stands for each run
 * that is gone. What was blocked, redacted, tokenized or went round the proxy never goes.
 */
import type { KeyObject } from 'node:crypto';
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { bareEvent } from '../flow/bare-event.ts';
import type { EdgeObservation } from '../flow/edge.ts';
import type { CheckpointRange, EventBody } from '../flow/event.ts';
import type { Arrival } from './arrival.ts';
import { arrivalText, observedText, readArrival, readObserved } from './arrival-text.ts';
import { ChainHeads, type Head } from './chain-heads.ts';
import { detailsOf } from './edge-sums.ts';
import { runsOf } from './gaps.ts';
import type { Home } from './home.ts';
import type { Beside, Committed, Entry, Keeper } from './keeper.ts';
import { mergedObservations } from './merged-observations.ts';
import { openOutboxDatabase } from './outbox-schema.ts';
import { committedOf, type Link, makeRecord, readEvent } from './record.ts';
import { newUlid } from './ulid.ts';

/** How much a record matters, when something has to go. */
const RANK = { allow: 0, alert: 1, kept: 2, observed: 3 } as const;

export interface OutboxOptions {
  /** Bytes of the database that hold something; null: it is not this process that makes room. */
  readonly maxBytes: number | null;
  /** Hears what a human must know, one line without values. */
  readonly onProblem: (message: string) => void;
  /** Hears of records that made room, and what was recorded for them: a checkpoint, and where it begins an alert. */
  readonly onDropped?: (dropped: Dropped, recorded: readonly Committed[]) => void;
}

export interface Dropped {
  readonly action: 'allow' | 'alert';
  readonly count: number;
}

const STEP = 500;
/** Fewer observations than this are not worth merging. */
const WORTH = 20;
/** Steps after one commit: what waits in the spool goes on between them. */
const STEPS = 4;

interface Waiting {
  readonly position: number;
  readonly body: string;
}

/** Opens the outbox of a home. Throws WeirError `store_newer`, SQLite's own errors. */
export function openOutbox(home: Home, options: OutboxOptions): Outbox {
  return new Outbox(openOutboxDatabase(home.outboxFile), home, options);
}

export class Outbox implements Keeper {
  readonly #database: DatabaseSync;
  readonly #chainKey: KeyObject;
  readonly #options: OutboxOptions;
  readonly #heads: ChainHeads;
  readonly #insert: StatementSync;
  readonly #has: StatementSync;
  readonly #remove: StatementSync;
  readonly #ofRank: StatementSync;
  readonly #mark: StatementSync;
  readonly #readMark: StatementSync;
  readonly #answered: StatementSync;
  #isOver = false;
  #isDropping = false;

  constructor(database: DatabaseSync, home: Home, options: OutboxOptions) {
    this.#database = database;
    this.#chainKey = home.keys.chain;
    this.#options = options;
    // The last few alone: what was handed on is not there any more.
    const hashAt = database.prepare(`
      SELECT hash FROM waiting
      WHERE position > (SELECT max(position) FROM waiting) - 100 AND writer = ? AND seq = ?`);
    const { onProblem } = options;
    this.#heads = new ChainHeads(database, { home, chainKey: home.keys.chain, keeping: 'outbox', hashAt, onProblem });
    this.#insert = database.prepare(
      'INSERT INTO waiting (id, rank, writer, seq, time_ms, hash, body) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    this.#has = database.prepare(
      'SELECT 1 FROM waiting WHERE id = ?1 UNION ALL SELECT 1 FROM answered WHERE id = ?1 LIMIT 1',
    );
    this.#remove = database.prepare('DELETE FROM waiting WHERE position = ?');
    this.#ofRank = database.prepare(`
      SELECT position, body FROM waiting
      WHERE rank = ? AND position > (SELECT upto FROM flight) ORDER BY position LIMIT ${STEP}`);
    this.#mark = database.prepare(
      'INSERT INTO spools (name, bytes) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET bytes = excluded.bytes',
    );
    this.#readMark = database.prepare('SELECT bytes FROM spools WHERE name = ?');
    this.#answered = database.prepare('INSERT OR IGNORE INTO answered (id, file) VALUES (?, ?)');
  }

  close(): void {
    this.#database.close();
  }

  committed(file: string): number {
    return Number(this.#readMark.get(file)?.['bytes'] ?? 0);
  }

  forgetMark(file: string): void {
    this.#transact(() => {
      this.#database.prepare('DELETE FROM spools WHERE name = ?').run(file);
      this.#database.prepare('DELETE FROM answered WHERE file = ?').run(file);
    });
  }

  append(entries: readonly Entry[], beside: Beside = {}): readonly Committed[] {
    const added = this.#transact(() => {
      const head = this.#heads.present();
      if (head === null) return null;
      const { records, last } = this.#chain(entries, head);
      if (records.length > 0) this.#heads.move(last);
      if (beside.observations !== undefined) this.#keepObserved(beside.observations, head.writer);
      for (const { id, file } of beside.answered ?? []) this.#answered.run(id, file);
      if (beside.mark != null) this.#mark.run(beside.mark.file, beside.mark.bytes);
      return records;
    });
    if (added === null) {
      this.#heads.begin((begin) => this.#transact(begin));
      return this.append(entries, beside);
    }
    this.#makeRoom();
    return added;
  }

  /** Bytes of pages that hold something. */
  get usedBytes(): number {
    const pragma = (name: string) =>
      Number(Object.values(this.#database.prepare(`PRAGMA ${name}`).get() ?? {})[0] ?? 0);
    return (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
  }

  #chain(entries: readonly Entry[], head: Head): { readonly records: readonly Committed[]; readonly last: Head } {
    const records: Committed[] = [];
    let last = head;
    for (const entry of entries) {
      const { event } = entry;
      if (this.#has.get(event.id) !== undefined) continue;
      const link: Link = { writer: head.writer, seq: last.seq + 1, prevHash: last.hash };
      const record = makeRecord(entry, link, this.#chainKey);
      const { timeMs } = record.columns;
      const body = arrivalText(entry, link, record);
      this.#insert.run(event.id, rankOf(event), head.no, link.seq, timeMs, record.hash, body);
      last = { ...last, seq: link.seq, hash: record.hash };
      records.push(committedOf(entry, link, record.hash));
    }
    return { records, last };
  }

  #keepObserved(observations: readonly EdgeObservation[], writer: string): void {
    if (observations.length === 0) return;
    const id = newUlid();
    this.#insert.run(id, RANK.observed, null, null, Date.now(), null, observedText({ id, writer, observations }));
  }

  /** Never throws: what was committed is committed, and the next commit tries again. */
  #makeRoom(): void {
    const { maxBytes, onProblem } = this.#options;
    if (maxBytes === null) return;
    try {
      for (let step = 0; step < STEPS && this.usedBytes > maxBytes; step++) {
        if (this.#dropStep('allow') || this.#dropStep('alert') || this.#mergeStep()) continue;
        if (!this.#isOver)
          onProblem('the outbox is over its limit with records that are never dropped: it goes on growing');
        this.#isOver = true;
        return;
      }
      if (this.usedBytes < maxBytes) this.#isOver = false;
      // Over once much has gone; what goes back and forth at the limit is one alert.
      if (this.usedBytes < maxBytes / 2) this.#isDropping = false;
    } catch (error) {
      onProblem(`no room could be made in the outbox: ${error instanceof Error ? error.message : 'unknown reason'}`);
    }
  }

  /** Drops the oldest of a kind that are not on their way, and chains what stands for them. False where there are none. */
  #dropStep(action: Dropped['action']): boolean {
    const dropped = this.#transact(() => {
      const head = this.#heads.present();
      const rows = head === null ? [] : this.#rowsOf(RANK[action]);
      if (head === null || rows.length === 0) return null;
      const arrivals = rows.map(({ body }) => readArrival(body));
      for (const { position } of rows) this.#remove.run(position);
      this.#keepObserved(mergedObservations(arrivals.flatMap(edgesAlone)), head.writer);
      const events = [checkpointOf(arrivals), ...(this.#isDropping ? [] : [droppingEvent()])];
      const { records, last } = this.#chain(
        events.map((event) => ({ event, edges: [], excerpt: null, review: null })),
        head,
      );
      this.#heads.move(last);
      return { count: rows.length, records };
    });
    if (dropped === null) return false;
    this.#isDropping = true;
    this.#options.onDropped?.({ action, count: dropped.count }, dropped.records);
    return true;
  }

  /** False where it would not help. */
  #mergeStep(): boolean {
    return this.#transact(() => {
      const rows = this.#rowsOf(RANK.observed);
      if (rows.length < WORTH) return false;
      const read = rows.map(({ body }) => readObserved(body));
      const all = read.flatMap(({ observations }) => observations);
      const merged = mergedObservations(all);
      const writer = read.at(-1)?.writer;
      if (merged.length > all.length / 2 || writer === undefined) return false;
      for (const { position } of rows) this.#remove.run(position);
      this.#keepObserved(merged, writer);
      return true;
    });
  }

  #rowsOf(rank: number): readonly Waiting[] {
    return this.#ofRank.all(rank).map((row: Record<string, SQLOutputValue>) => ({
      position: Number(row['position']),
      body: String(row['body']),
    }));
  }

  #transact<T>(work: () => T): T {
    const database = this.#database;
    database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      database.exec('COMMIT');
      return result;
    } catch (error) {
      // SQLite itself has already rolled back after a full disk or an I/O error.
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }
}

/** Only exchanges that passed may go; what Weir says of itself stays with what was acted on. */
export function rankOf({ kind, action }: EventBody): number {
  if (kind !== 'exchange') return RANK.kept;
  return action === 'allow' ? RANK.allow : action === 'alert' ? RANK.alert : RANK.kept;
}

/** Its edges as they are without their event. */
function edgesAlone(arrival: Arrival): readonly EdgeObservation[] {
  if (arrival.edges.length === 0) return [];
  const event = readEvent(arrival, null, null);
  return arrival.edges.map((edge) => ({
    ...edge,
    details: edge.details ?? detailsOf(event, edge.direction),
    model: edge.model === undefined ? event.model : edge.model,
  }));
}

function droppingEvent(): EventBody {
  const what = 'what was allowed or alerted on makes room, and checkpoints stand for it';
  return bareEvent({
    id: newUlid(),
    kind: 'admin',
    time: new Date().toISOString(),
    reason: `the outbox is at its limit (outbox.maxBytes): ${what}; what was acted on is kept`,
    action: 'alert',
    severity: 'high',
  });
}

function checkpointOf(arrivals: readonly Arrival[]): EventBody {
  const ranges: readonly CheckpointRange[] = runsOf(arrivals, ({ writer }) => writer).map(([first, last]) => ({
    writer: first.writer,
    from: first.seq,
    to: last.seq,
    count: last.seq - first.seq + 1,
    prevHash: first.prevHash,
    hash: last.hash,
  }));
  const count = arrivals.length;
  return bareEvent({
    id: newUlid(),
    kind: 'checkpoint',
    time: new Date().toISOString(),
    reason: `${count} records removed: outbox.maxBytes`,
    checkpoint: { what: 'removed', count, ranges },
  });
}
