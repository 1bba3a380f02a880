/**
 * Records of a shared store that go: what was counted of them is taken back, and where they stood in their chains stand gaps,
 * with the checkpoints that say so. Runs that meet become one. Under the write lock, in one transaction.
 */
import type { TransactionSql } from 'postgres';
import type { CheckpointRange, EventBody } from '../../flow/event.ts';
import { ownEvent } from '../own-events.ts';
import { HOUR_MS, SPANS } from '../spans.ts';
import type { Asker } from './connect.ts';
import { columnsText, unnest } from './literals.ts';

/** A checkpoint names no more runs: what one record of a day was kept between leaves many. */
const MAX_RUNS = 500;

/** Rows of this temporary table are the records that go. */
export const GONE = 'pg_temp.gone';

/** Makes it, of the events that a condition on `e` takes out of a table; how many there are. */
export async function gather(
  tx: TransactionSql,
  table: string,
  condition: string,
  parameters: readonly (string | number)[],
): Promise<number> {
  await tx.unsafe('DROP TABLE IF EXISTS pg_temp.gone');
  await tx.unsafe(
    `CREATE TEMP TABLE gone ON COMMIT DROP AS
     SELECT e.time_ms, e.position, e.ends, e.sort, r.writer, r.seq, r.prev_hash, r.hash
     FROM ${table} AS e JOIN records AS r ON r.position = e.position WHERE FALSE`,
  );
  const rows = await tx.unsafe(
    `INSERT INTO gone SELECT e.time_ms, e.position, e.ends, e.sort, r.writer, r.seq, r.prev_hash, r.hash
     FROM ${table} AS e JOIN records AS r ON r.position = e.position WHERE ${condition}`,
    [...parameters],
  );
  return rows.count;
}

/** Takes them out of the register and the counts, and returns the checkpoints that have to be appended. */
export async function takeBack(tx: TransactionSql, why: string, nowMs: number): Promise<readonly EventBody[]> {
  await tx.unsafe('DELETE FROM records AS r USING gone WHERE r.writer = gone.writer AND r.seq = gone.seq');
  await uncount(tx);
  return await enterRuns(tx, why, nowMs);
}

/** A count that falls to nothing is no row any more: here is the owner. */
async function uncount(tx: Asker): Promise<void> {
  const bucket = `floor(time_ms / (${HOUR_MS}.0 * span))::bigint`;
  const spans = `(SELECT unnest(ARRAY[${SPANS.join()}]) AS span) AS spans`;
  const sets = '((span, bucket, ends, sort), (span, bucket, ends), (span, bucket, sort), (span, bucket))';
  await tx.unsafe(`
    CREATE TEMP TABLE fewer ON COMMIT DROP AS
    SELECT span, bucket, coalesce(ends, 0) AS ends, coalesce(sort, 0) AS sort, count(*) AS events FROM (
      SELECT span, ${bucket} AS bucket, ends, sort FROM gone, ${spans}
      UNION ALL SELECT 0, 0, ends, sort FROM gone
    ) AS of GROUP BY GROUPING SETS ${sets};
    UPDATE event_counts AS t SET events = t.events - f.events FROM fewer AS f
      WHERE t.span = f.span AND t.bucket = f.bucket AND t.ends = f.ends AND t.sort = f.sort;
    DELETE FROM event_counts AS t USING fewer AS f
      WHERE t.span = f.span AND t.bucket = f.bucket AND t.ends = f.ends AND t.sort = f.sort AND t.events = 0;
    DROP TABLE fewer`);
}

async function enterRuns(tx: Asker, why: string, nowMs: number): Promise<readonly EventBody[]> {
  const rows = await tx.unsafe(`
    SELECT w.writer AS name, i.* FROM (
      SELECT writer, min(seq) AS from_seq, max(seq) AS to_seq, count(*) AS n,
        (array_agg(prev_hash ORDER BY seq))[1] AS prev_hash, (array_agg(hash ORDER BY seq DESC))[1] AS hash
      FROM (SELECT *, seq - row_number() OVER (PARTITION BY writer ORDER BY seq) AS island FROM gone) AS g
      GROUP BY writer, island
    ) AS i JOIN writers AS w ON w.no = i.writer ORDER BY i.writer, i.from_seq`);
  const events: EventBody[] = [];
  for (let at = 0; at < rows.length; at += MAX_RUNS) {
    const some = rows.slice(at, at + MAX_RUNS);
    const count = some.reduce((sum, row) => sum + Number(row['n']), 0);
    const event = ownEvent('checkpoint', null, { reason: `${count} records removed: ${why}` }, new Date(nowMs));
    const ranges: CheckpointRange[] = [];
    for (const row of some) ranges.push(await enterRun(tx, row, event.id));
    events.push({ ...event, checkpoint: { what: 'removed', count, ranges } });
  }
  return events;
}

type Row = Readonly<Record<string, unknown>>;

/** With the runs before and after it, if they are gone as well. */
async function enterRun(tx: Asker, row: Row, checkpoint: string): Promise<CheckpointRange> {
  const no = Number(row['writer']);
  const met = await tx.unsafe(
    'DELETE FROM gaps WHERE writer = $1 AND (to_seq = $2 - 1 OR from_seq = $3 + 1) RETURNING *',
    [no, Number(row['from_seq']), Number(row['to_seq'])],
    { prepare: true },
  );
  const before = met.find((gap) => Number(gap['to_seq']) < Number(row['from_seq'])) ?? row;
  const after = met.find((gap) => Number(gap['from_seq']) > Number(row['to_seq'])) ?? row;
  const [from, to] = [Number(before['from_seq']), Number(after['to_seq'])];
  const [prevHash, hash] = [String(before['prev_hash']), String(after['hash'])];
  const types = ['int', 'bigint', 'bigint', 'text', 'text', 'text'];
  await tx.unsafe(
    `INSERT INTO gaps (writer, from_seq, to_seq, prev_hash, hash, checkpoint) SELECT * FROM ${unnest(types)}`,
    columnsText([[no, from, to, prevHash, hash, checkpoint]], types.length),
    { prepare: true },
  );
  return { writer: String(row['name']), from, to, count: to - from + 1, prevHash, hash };
}
