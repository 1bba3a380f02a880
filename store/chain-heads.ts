/**
 * Where chains end in a database, sealed under the home's chain key. A record is only ever appended to a head that is what
 * was last written; where that was changed from outside, a chain of its own begins and the old one stays as it is.
 */
import type { KeyObject } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { addWriterId, type HomePaths, type Keeping, writerIds } from './home.ts';
import { GENESIS, headMac, isSameDigest } from './keyed.ts';
import { newUlid } from './ulid.ts';

export interface Head {
  /** The writer's number in this database. */
  readonly no: number;
  readonly writer: string;
  readonly seq: number;
  readonly hash: string;
}

export interface ChainHeadsOptions {
  readonly home: HomePaths;
  readonly chainKey: KeyObject;
  readonly keeping: Keeping;
  /** The hash of a writer's record: by its number and `seq`. */
  readonly hashAt: StatementSync;
  /** Hears of a head that was changed from outside. */
  readonly onProblem: (message: string) => void;
}

export class ChainHeads {
  readonly #database: DatabaseSync;
  readonly #options: ChainHeadsOptions;
  readonly #read: StatementSync;
  readonly #write: StatementSync;
  #writer: string | null = null;

  constructor(database: DatabaseSync, options: ChainHeadsOptions) {
    this.#database = database;
    this.#options = options;
    this.#read = database.prepare('SELECT no, writer, seq, hash, mac FROM writers WHERE writer = ?');
    this.#write = database.prepare('UPDATE writers SET seq = ?, hash = ?, mac = ? WHERE no = ?');
  }

  /** The head to append to; null where a chain has to be begun first. */
  present(): Head | null {
    // Read anew when the known one is not intact: another process may have begun the next chain already.
    for (const writer of [this.#writer, this.#latest()]) {
      const head = writer === null ? null : this.#intact(writer);
      if (head === null) continue;
      this.#writer = head.writer;
      return head;
    }
    return null;
  }

  move({ no, writer, seq, hash }: Head): void {
    this.#write.run(seq, hash, headMac(this.#options.chainKey, writer, seq, hash), no);
  }

  /**
   * Begins a chain, in a transaction that `transact` makes. First the row, then the id in keys/: a crash between leaves a
   * writer without records, which says nothing, and not an id whose records seem to have been deleted.
   */
  begin(transact: (work: () => void) => void): void {
    const { home, chainKey, keeping, onProblem } = this.#options;
    const lost = this.#latest();
    const writer = newUlid();
    const mac = headMac(chainKey, writer, 0, GENESIS);
    transact(() => {
      this.#database
        .prepare('INSERT INTO writers (writer, seq, hash, mac) VALUES (?, 0, ?, ?)')
        .run(writer, GENESIS, mac);
    });
    addWriterId(home, writer, keeping);
    this.#writer = writer;
    if (lost === null) return;
    onProblem(
      keeping === 'ledger'
        ? `the chain of writer ${lost} was changed from outside: it is left as it is and writer ${writer} goes on; run weir log verify`
        : `the outbox does not hold the chain of writer ${lost} any more: writer ${writer} goes on`,
    );
  }

  #latest(): string | null {
    return writerIds(this.#options.home, this.#options.keeping).at(-1) ?? null;
  }

  /** The head of a writer, if it is sealed by us and is what the last record says; null otherwise. */
  #intact(writer: string): Head | null {
    const { chainKey, hashAt, keeping } = this.#options;
    const row = this.#read.get(writer);
    if (row === undefined) return null;
    const head = { no: Number(row['no']), writer, seq: Number(row['seq']), hash: String(row['hash']) };
    if (!isSameDigest(headMac(chainKey, writer, head.seq, head.hash), String(row['mac']))) return null;
    if (hashAt.get(head.no, head.seq + 1) !== undefined) return null;
    const last = head.seq === 0 ? GENESIS : hashAt.get(head.no, head.seq)?.['hash'];
    // What was handed on has left the outbox; the seal alone speaks for it then.
    return last === head.hash || (keeping === 'outbox' && last === undefined) ? head : null;
  }
}
