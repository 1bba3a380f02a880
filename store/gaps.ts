/**
 * Runs of records that were removed on purpose. A checkpoint event, in the chain and under its key, says which and what
 * the chain was at both ends; this table says which checkpoint stands for which run now. Runs that meet become one.
 */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { CheckpointRange } from '../flow/event.ts';

/** A record that is to be removed. */
export interface Removed {
  /** The writer's number in this database. */
  readonly writerNo: number;
  readonly seq: number;
  readonly prevHash: string;
  readonly hash: string;
}

/** The first and the last of each run of records that are next to each other in one writer's chain. */
export function runsOf<T extends { readonly seq: number }>(
  records: readonly T[],
  writerOf: (record: T) => string | number,
): readonly (readonly [first: T, last: T])[] {
  const runs: [T, T][] = [];
  const byWriter = Map.groupBy(records, writerOf);
  for (const ofOne of byWriter.values()) {
    for (const record of ofOne.toSorted((a, b) => a.seq - b.seq)) {
      const run = runs.at(-1);
      const isNext = run !== undefined && writerOf(run[1]) === writerOf(record) && run[1].seq + 1 === record.seq;
      if (isNext) run[1] = record;
      else runs.push([record, record]);
    }
  }
  return runs;
}

export class GapWriter {
  readonly #before: StatementSync;
  readonly #after: StatementSync;
  readonly #remove: StatementSync;
  readonly #insert: StatementSync;
  readonly #nameOf: StatementSync;

  constructor(database: DatabaseSync) {
    this.#before = database.prepare('SELECT * FROM gaps WHERE writer = ? AND to_seq = ?');
    this.#after = database.prepare('SELECT * FROM gaps WHERE writer = ? AND from_seq = ?');
    this.#remove = database.prepare('DELETE FROM gaps WHERE writer = ? AND from_seq = ?');
    this.#insert = database.prepare(
      'INSERT INTO gaps (writer, from_seq, to_seq, prev_hash, hash, checkpoint) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#nameOf = database.prepare('SELECT writer FROM writers WHERE no = ?');
  }

  /** Enters what is removed under a checkpoint, and returns the runs that it has to stand for. */
  enter(records: readonly Removed[], checkpoint: string): readonly CheckpointRange[] {
    return runsOf(records, ({ writerNo }) => writerNo).map(([first, last]) => this.#enterRun(first, last, checkpoint));
  }

  #enterRun(first: Removed, last: Removed, checkpoint: string): CheckpointRange {
    const { writerNo } = first;
    const before = this.#taken(this.#before.get(writerNo, first.seq - 1));
    const after = this.#taken(this.#after.get(writerNo, last.seq + 1));
    const from = before === null ? first.seq : Number(before['from_seq']);
    const to = after === null ? last.seq : Number(after['to_seq']);
    const prevHash = before === null ? first.prevHash : String(before['prev_hash']);
    const hash = after === null ? last.hash : String(after['hash']);
    this.#insert.run(writerNo, from, to, prevHash, hash, checkpoint);
    const writer = String(this.#nameOf.get(writerNo)?.['writer'] ?? '');
    return { writer, from, to, count: to - from + 1, prevHash, hash };
  }

  #taken(row: Record<string, SQLOutputValue> | undefined): Record<string, SQLOutputValue> | null {
    if (row === undefined) return null;
    this.#remove.run(row['writer'] ?? null, row['from_seq'] ?? null);
    return row;
  }
}
