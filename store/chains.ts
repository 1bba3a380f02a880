/** How far the chain of every writer has come: who writes here, when it last did, and what has not come though later records have. */
import { type Dialect, type Question, rowsOf } from './question.ts';

export interface ChainStanding {
  readonly writer: string;
  /** The highest place that is known of; 0 before the first record. */
  readonly seq: number;
  /** Places that are known of and whose records have not come. In a home there are none: nothing comes there out of order. */
  readonly missing: number;
  /** RFC 3339: the time of its newest record that is kept; null where none is. */
  readonly lastSeen: string | null;
}

/** The one that wrote last comes first. Records are not read: `verify` checks them. */
export function* chainStandings(dialect: Dialect, limit: number): Question<readonly ChainStanding[]> {
  const rows = yield* rowsOf(
    `SELECT w.writer, ${dialect.chain.seq}, ${dialect.chain.missing}, ${dialect.chain.newest} AS newest
     FROM writers AS w ORDER BY newest DESC NULLS LAST, w.writer LIMIT ${Math.trunc(limit)}`,
  );
  return rows.map(([writer, seq, missing, newest]) => ({
    writer: String(writer),
    seq: Number(seq),
    missing: Number(missing),
    lastSeen: newest === null || newest === undefined ? null : new Date(Number(newest)).toISOString(),
  }));
}
