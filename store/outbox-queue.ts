/**
 * The outbox as its carrier sees it: what waits, oldest first, until it is acknowledged. Beside the writer that fills it, in
 * a connection of its own; it appends nothing and chains nothing.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { HeadArrival } from './arrival.ts';
import type { HomePaths } from './home.ts';
import { openOutboxDatabase } from './outbox-schema.ts';

/** One message: a chained record, or what edges gain without an event. `body` is its text as it travels. */
export interface Waiting {
  readonly position: number;
  readonly kind: 'record' | 'observed';
  readonly id: string;
  readonly body: string;
}

export interface OutboxState {
  readonly waiting: number;
  /** Bytes of the database that hold something. */
  readonly bytes: number;
  /** When the oldest happened, milliseconds since 1970; null where nothing waits. */
  readonly oldestMs: number | null;
}

export class OutboxQueue {
  readonly #database: DatabaseSync;
  readonly #next: StatementSync;
  readonly #launch: StatementSync;
  readonly #remove: StatementSync;
  readonly #version: StatementSync;

  /** Throws WeirError `store_newer`, SQLite's own errors. */
  constructor({ outboxFile }: HomePaths) {
    this.#database = openOutboxDatabase(outboxFile);
    this.#next = this.#database.prepare(
      'SELECT position, id, seq, body FROM waiting WHERE position > ? ORDER BY position LIMIT ?',
    );
    this.#launch = this.#database.prepare('UPDATE flight SET upto = max(upto, ?)');
    this.#remove = this.#database.prepare('DELETE FROM waiting WHERE position = ?');
    this.#version = this.#database.prepare('PRAGMA data_version');
  }

  /** Changes whenever the writer has committed something. */
  get version(): unknown {
    return this.#version.get()?.['data_version'];
  }

  /** What waits behind a position. From here on it may arrive, so that nothing else is put in its place. */
  next(after: number, most: number): readonly Waiting[] {
    const rows = this.#next.all(after, most).map((row): Waiting => {
      const kind = row['seq'] === null ? 'observed' : 'record';
      return { position: Number(row['position']), kind, id: String(row['id']), body: String(row['body']) };
    });
    const last = rows.at(-1);
    if (last === undefined) return [];
    this.#launch.run(last.position);
    // A row that made room meanwhile is not sent: its checkpoint stands for it.
    const { n } = this.#database
      .prepare('SELECT count(*) AS n FROM waiting WHERE position BETWEEN ? AND ?')
      .get(rows[0]?.position ?? 0, last.position) as { n: number };
    return n === rows.length ? rows : this.next(after, most);
  }

  /** It is where it is kept for good. */
  acknowledged(positions: readonly number[]): void {
    if (positions.length === 0) return;
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      for (const position of positions) this.#remove.run(position);
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  /** Where the chain ends now; null where none has begun. */
  head(): HeadArrival | null {
    const row = this.#database.prepare('SELECT writer, seq, hash, mac FROM writers ORDER BY no DESC LIMIT 1').get();
    if (row === undefined || Number(row['seq']) === 0) return null;
    return {
      writer: String(row['writer']),
      seq: Number(row['seq']),
      hash: String(row['hash']),
      mac: String(row['mac']),
    };
  }

  state(): OutboxState {
    const waiting = Number(this.#database.prepare('SELECT count(*) AS n FROM waiting').get()?.['n'] ?? 0);
    const oldest = this.#database.prepare('SELECT time_ms FROM waiting ORDER BY position LIMIT 1').get()?.['time_ms'];
    const pragma = (name: string) =>
      Number(Object.values(this.#database.prepare(`PRAGMA ${name}`).get() ?? {})[0] ?? 0);
    const bytes = (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
    return { waiting, bytes, oldestMs: typeof oldest === 'number' ? oldest : null };
  }

  /** Gives free pages back to the disk, some at a time; false when there are few. */
  giveBack(): boolean {
    const free = Object.values(this.#database.prepare('PRAGMA freelist_count').get() ?? {})[0];
    if (Number(free ?? 0) < GIVEN_BACK * 4) return false;
    this.#database.exec(`PRAGMA incremental_vacuum(${GIVEN_BACK})`);
    return true;
  }

  close(): void {
    this.#database.close();
  }
}

const GIVEN_BACK = 256;
