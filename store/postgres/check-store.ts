/** Whether a shared store counts what it holds: sums that have to agree, as of one moment. Reads only. */
import type { Sql } from 'postgres';
import type { StoreAddress } from '../../flow/store-address.ts';
import { inStore } from './connect.ts';
import { inTransaction, SNAPSHOT } from './transaction.ts';

export interface StoreCheck {
  readonly events: number;
  readonly edges: number;
  readonly writers: number;
  /** Sentences, one for each pair of sums that does not agree. */
  readonly differing: readonly string[];
  readonly missing: readonly { readonly writer: string; readonly from: number; readonly to: number }[];
}

/** Pairs of sums, each one row of one number. */
const PAIRS: readonly (readonly [what: string, one: string, other: string])[] = [
  [
    'records in the register, and events in the tables by day',
    'SELECT count(*) FROM records',
    `SELECT count(*) FROM records AS r JOIN events AS e
       ON e.time_ms = r.time_ms AND e.position = r.position AND e.id = r.id AND e.hash = r.hash`,
  ],
  ['events in the tables by day, and in the register', 'SELECT count(*) FROM events', 'SELECT count(*) FROM records'],
  [
    'events, and their count of all time',
    'SELECT count(*) FROM events',
    'SELECT coalesce(sum(events), 0) FROM event_counts WHERE span = 0 AND ends = 0 AND sort = 0',
  ],
  [
    'events by their ends and sort, and their counts',
    `SELECT count(*) FROM (SELECT ends, sort, count(*) AS n FROM events GROUP BY 1, 2) AS e`,
    `SELECT count(*) FROM (SELECT ends, sort, count(*) AS n FROM events GROUP BY 1, 2) AS e JOIN event_counts AS c
       ON c.span = 0 AND c.bucket = 0 AND c.ends = e.ends AND c.sort = e.sort AND c.events = e.n`,
  ],
  [
    'calls of edges, and of their witnesses',
    'SELECT coalesce(sum(calls), 0) FROM edges',
    'SELECT coalesce(sum(calls), 0) FROM edge_witnesses',
  ],
];

export async function checkStore(sql: Sql, address: StoreAddress): Promise<StoreCheck> {
  return await inStore(address, () =>
    inTransaction(sql, SNAPSHOT, async (tx) => {
      const numberOf = async (query: string): Promise<number> => {
        const [row] = await tx.unsafe(query).values();
        return Number(row?.[0] ?? 0);
      };
      const differing: string[] = [];
      for (const [what, one, other] of PAIRS) {
        const [a, b] = [await numberOf(one), await numberOf(other)];
        if (a !== b) differing.push(`${what}: ${a} and ${b}`);
      }
      const missing = await tx.unsafe(
        `SELECT w.writer, m.from_seq, m.to_seq FROM missing AS m JOIN writers AS w ON w.no = m.writer ORDER BY w.no, m.from_seq`,
      );
      return {
        events: await numberOf('SELECT count(*) FROM events'),
        edges: await numberOf('SELECT count(*) FROM edges'),
        writers: await numberOf('SELECT count(*) FROM writers'),
        differing,
        missing: missing.map((row) => ({
          writer: String(row['writer']),
          from: Number(row['from_seq']),
          to: Number(row['to_seq']),
        })),
      };
    }),
  );
}
