/** What has arrived in a PostgreSQL, asked of its tables: for tests that count records and look at chains. */

import type { EventBody } from '../../flow/event.ts';
import { storeAddress } from '../../flow/store-address.ts';
import { connectStore } from '../../store/postgres/connect.ts';
import { migrateStore } from '../../store/postgres/schema.ts';

export interface ArrivedInPostgres {
  /** Of all records, by their ids. */
  ids(): Promise<ReadonlySet<string>>;
  /** By writer: how many records there are, and the places of the first and the last. */
  chains(): Promise<
    readonly { readonly writer: string; readonly count: number; readonly from: number; readonly to: number }[]
  >;
  /** Runs that have not come, and for which no checkpoint stands. */
  missing(): Promise<number>;
  edges(): Promise<number>;
  /** How many records there are, and how many records checkpoints stand for. */
  counts(): Promise<{ readonly events: number; readonly dropped: number }>;
  close(): Promise<void>;
}

/** Makes the schema where it is missing. */
export async function arrivedInPostgres(url: string): Promise<ArrivedInPostgres> {
  const address = storeAddress(url);
  const sql = await connectStore(address, { max: 1, name: 'weir test' });
  await migrateStore(sql, address);
  return {
    ids: async () => new Set((await sql.unsafe('SELECT id FROM events')).map((row) => String(row['id']))),
    chains: async () =>
      (
        await sql.unsafe(
          'SELECT w.writer, count(*) AS count, min(e.seq) AS "from", max(e.seq) AS "to" FROM events AS e JOIN writers AS w ON w.no = e.writer GROUP BY w.writer',
        )
      ).map((row) => ({
        writer: String(row['writer']),
        count: Number(row['count']),
        from: Number(row['from']),
        to: Number(row['to']),
      })),
    missing: async () => Number((await sql.unsafe('SELECT count(*) AS n FROM missing'))[0]?.['n']),
    edges: async () => Number((await sql.unsafe('SELECT count(*) AS n FROM edges'))[0]?.['n']),
    counts: async () => {
      const [row] = await sql.unsafe('SELECT count(*) AS n FROM events');
      const cores = await sql.unsafe("SELECT core FROM events WHERE kind = 'checkpoint'");
      const dropped = cores.map((each) => (JSON.parse(String(each['core'])) as EventBody).checkpoint?.count ?? 0);
      return { events: Number(row?.['n']), dropped: dropped.reduce((sum, count) => sum + count, 0) };
    },
    close: () => sql.end(),
  };
}
