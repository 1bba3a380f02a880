/**
 * The chain of events in the database. Each batch is one transaction that reads the head of the chain under the write
 * lock, so that a review in another process appends safely beside a running writer. It never appends to a head that is
 * not what was last written: then it begins a chain of its own, and the old one stays as it is for `log verify` to name.
 */
import type { KeyObject } from 'node:crypto';
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { EventFinding, ReviewState } from '../flow/event.ts';
import { ChainHeads, type Head } from './chain-heads.ts';
import { EdgeWriter } from './edge-writer.ts';
import { Fill } from './fill.ts';
import type { HomePaths } from './home.ts';
import type { Beside, Committed, Entry, Keeper } from './keeper.ts';
import { committedOf, entitiesOf, type Link, makeRecord, readEvent, storedParts } from './record.ts';
import { type EdgeNumbers, endsParts, SortWriter, sortParts } from './sorts.ts';

export class Ledger implements Keeper {
  readonly #database: DatabaseSync;
  readonly #chainKey: KeyObject;
  readonly #heads: ChainHeads;
  readonly #edges: EdgeWriter;
  readonly #insertEvent: StatementSync;
  readonly #insertEntity: StatementSync;
  readonly #hasEvent: StatementSync;
  readonly #insertFingerprint: StatementSync;
  readonly #reviewed: StatementSync;
  readonly #setSort: StatementSync;
  readonly #mark: StatementSync;
  readonly #readMark: StatementSync;
  readonly #dropMark: StatementSync;
  readonly #version: StatementSync;
  readonly #sorts: SortWriter;
  readonly #fill: Fill;
  #dataVersion: unknown = null;

  /** `onProblem` hears of a head that was changed from outside. */
  constructor(database: DatabaseSync, home: HomePaths, chainKey: KeyObject, onProblem: (message: string) => void) {
    this.#database = database;
    this.#chainKey = chainKey;
    const hashAt = database.prepare('SELECT hash FROM events WHERE writer = ? AND seq = ?');
    this.#heads = new ChainHeads(database, { home, chainKey, keeping: 'ledger', hashAt, onProblem });
    this.#edges = new EdgeWriter(database);
    this.#insertEvent = database.prepare(`
      INSERT INTO events (id, writer, seq, kind, time_ms, carried, observed, outcome, app, host, port, policy, refers_to,
        core, personal, excerpt, hash, ends, sort)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    this.#insertEntity = database.prepare(
      'INSERT INTO event_entities (entity, time_ms, event, count, max_score) VALUES (?, ?, ?, ?, ?)',
    );
    this.#hasEvent = database.prepare('SELECT 1 FROM events WHERE id = ?');
    this.#sorts = new SortWriter(database);
    this.#fill = new Fill(database, this.#edges, this.#sorts);
    this.#insertFingerprint = database.prepare(
      'INSERT OR IGNORE INTO event_fingerprints (fingerprint, event) VALUES (?, ?)',
    );
    this.#reviewed = database.prepare(`
      SELECT e.position, e.time_ms, e.ends, e.sort, e.core, e.personal, e.hash, n.edge_out, n.edge_in
      FROM events AS e LEFT JOIN ends AS n ON n.no = e.ends WHERE e.id = ?`);
    this.#setSort = database.prepare('UPDATE events SET sort = ? WHERE position = ?');
    this.#mark = database.prepare(
      'INSERT INTO spools (name, bytes) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET bytes = excluded.bytes',
    );
    this.#readMark = database.prepare('SELECT bytes FROM spools WHERE name = ?');
    this.#dropMark = database.prepare('DELETE FROM spools WHERE name = ?');
    this.#version = database.prepare('PRAGMA data_version');
  }

  /** Whether an event of this id is there. */
  has(id: string): boolean {
    return this.#hasEvent.get(id) !== undefined;
  }

  /** Up to where a spool file is committed, as `append` was told. */
  committed(file: string): number {
    return Number(this.#readMark.get(file)?.['bytes'] ?? 0);
  }

  /** A spool file that is gone: nothing of it will come again. */
  forgetMark(file: string): void {
    if (this.#readMark.get(file) !== undefined) this.#dropMark.run(file);
  }

  /**
   * Chains and commits all entries, or none, and with them observations that come without an event. An entry whose id is
   * already there is passed over, so that the same spool may be read twice; observations are added each time, which
   * `mark` is for. Returns the records added, in order. Throws TypeError for an entry that is no event, SQLite's errors else.
   */
  append(entries: readonly Entry[], { observations = [], mark = null }: Beside = {}): readonly Committed[] {
    const added = this.transact(() => {
      const head = this.#heads.present();
      if (head === null) return null;
      const { records, last } = this.#chain(entries, head);
      for (const observation of observations) this.#edges.add(observation, null);
      this.#edges.write();
      this.#sorts.write();
      if (records.length > 0) this.#heads.move(last);
      if (mark !== null) this.#mark.run(mark.file, mark.bytes);
      return records;
    });
    if (added !== null) return added;
    this.#heads.begin((begin) => this.transact(begin));
    return this.append(entries, { observations, mark });
  }

  /** A step of filling in what an older version has not written; false when there is none left. */
  fill(events?: number): boolean {
    if (this.#fill.isDone) return false;
    this.transact(() => this.#fill.step(events));
    return !this.#fill.isDone;
  }

  /**
   * One transaction that changes what is there and chains events that say so, or does neither. `work` is handed what counts
   * events, and may be called again where a chain had to be begun first. Nothing is written where it returns no entries.
   */
  amend(work: (sorts: SortWriter) => readonly Entry[]): readonly Committed[] {
    const added = this.transact(() => {
      const head = this.#heads.present();
      if (head === null) return null;
      const { records, last } = this.#chain(work(this.#sorts), head);
      this.#edges.write();
      this.#sorts.write();
      if (records.length > 0) this.#heads.move(last);
      return records;
    });
    if (added !== null) return added;
    this.#heads.begin((begin) => this.transact(begin));
    return this.amend(work);
  }

  /** After a change of edges that was not its own. */
  forget(): void {
    this.#edges.forget();
    this.#sorts.forget();
  }

  /** One transaction under the write lock. */
  transact<T>(work: () => T): T {
    const database = this.#database;
    database.exec('BEGIN IMMEDIATE');
    try {
      this.#forgetWhatOthersChanged();
      const result = work();
      database.exec('COMMIT');
      return result;
    } catch (error) {
      this.forget();
      // SQLite itself has already rolled back after a full disk or an I/O error.
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }

  #forgetWhatOthersChanged(): void {
    const version = this.#version.get()?.['data_version'];
    if (version === this.#dataVersion) return;
    this.#dataVersion = version;
    this.forget();
  }

  #chain(entries: readonly Entry[], head: Head): { readonly records: readonly Committed[]; readonly last: Head } {
    const records: Committed[] = [];
    let last = head;
    for (const entry of entries) {
      if (this.has(entry.event.id)) continue;
      const link: Link = { writer: head.writer, seq: last.seq + 1, prevHash: last.hash };
      const record = makeRecord(entry, link, this.#chainKey);
      this.#insert(entry, record, link.seq, head.no);
      last = { ...last, seq: link.seq, hash: record.hash };
      records.push(committedOf(entry, link, record.hash));
    }
    return { records, last };
  }

  #insert(entry: Entry, record: ReturnType<typeof makeRecord>, seq: number, writerNo: number): void {
    const { columns, core, personal, excerpt, hash } = record;
    const { id, kind, timeMs, carried, observed, outcome, app, host, port, policy, refersTo } = columns;
    const edges: { -readonly [K in keyof EdgeNumbers]: EdgeNumbers[K] } = { out: null, in: null };
    for (const observation of entry.edges) edges[observation.direction] = this.#edges.add(observation, entry.event);
    const ends = this.#sorts.endsOf(endsParts(entry.event, columns, edges));
    const sort = this.#sorts.sortOf(sortParts(entry.event, columns, null));
    this.#sorts.add(ends, sort, timeMs, 1);
    const { lastInsertRowid } = this.#insertEvent.run(
      ...[id, writerNo, seq, kind, timeMs, carried, observed, outcome, app, host, port, policy, refersTo],
      ...[core, personal, excerpt, hash, ends, sort],
    );
    for (const [entity, { count, maxScore }] of entitiesOf(entry.event)) {
      this.#insertEntity.run(entity, timeMs, lastInsertRowid, count, maxScore);
    }
    for (const { fingerprints } of entry.event.findings) {
      for (const fingerprint of fingerprints) this.#insertFingerprint.run(fingerprint, lastInsertRowid);
    }
    if (kind === 'review' && refersTo !== null) this.#moveReviewed(refersTo, entry.event.reason as ReviewState);
  }

  /** The reviewed event is counted under its new state. One that has no sort yet finds its state when it gets one. */
  #moveReviewed(id: string, state: ReviewState): void {
    const row = this.#reviewed.get(id);
    if (row === undefined || row['sort'] === null) return;
    const [ends, from, timeMs] = [Number(row['ends']), Number(row['sort']), Number(row['time_ms'])];
    this.#judge(row, state);
    const to = this.#sorts.reviewed(from, state);
    if (to === from) return;
    this.#sorts.add(ends, from, timeMs, -1);
    this.#sorts.add(ends, to, timeMs, 1);
    this.#setSort.run(to, row['position'] ?? null);
  }

  #judge(row: Record<string, SQLOutputValue>, state: ReviewState): void {
    const edgeOf = (column: 'edge_out' | 'edge_in') => (row[column] === null ? null : Number(row[column]));
    let findings: readonly EventFinding[];
    try {
      findings = readEvent(storedParts(row), null, null).findings;
    } catch {
      return; // a damaged record teaches nothing
    }
    this.#edges.judge({ request: edgeOf('edge_out'), response: edgeOf('edge_in') }, findings, state);
  }
}
