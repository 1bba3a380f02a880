/** Checks the chains of all writers of a shared store, as of one moment; what it finds wrong it names as `weir log verify` of a home does. */
import type { KeyObject } from 'node:crypto';
import type { Sql, TransactionSql } from 'postgres';
import { GENESIS } from '../keyed.ts';
import { ChainCheck, type ChainHead, type ChainResult, resultOf, type VerifyResult, Vouched } from '../verify.ts';
import { storedIn } from './reader.ts';
import { inTransaction, SNAPSHOT } from './transaction.ts';

type Row = Readonly<Record<string, unknown>>;

const PIECE = 1000;
const RECORDS = 'records AS r JOIN events AS e ON e.time_ms = r.time_ms AND e.position = r.position';

/** `keyOf`: the chain key of a writer, null where it is not here and only numbers and links are checked. */
export async function verifyStore(sql: Sql, keyOf: (writer: string) => KeyObject | null): Promise<VerifyResult> {
  // One snapshot, whatever is being written.
  return await inTransaction(sql, SNAPSHOT, async (tx) => {
    const writers = await tx.unsafe(
      'SELECT no, writer, last_seq, head_seq, head_hash, head_mac FROM writers ORDER BY no',
    );
    const hasKeys = writers.some((row) => keyOf(String(row['writer'])) !== null);
    const vouched = new Vouched(keyOf, hasKeys);
    for await (const rows of tx
      .unsafe(
        `SELECT e.*, w.writer AS name FROM events AS e JOIN writers AS w ON w.no = e.writer WHERE e.kind = 'checkpoint'`,
      )
      .cursor(PIECE)) {
      for (const row of rows) vouched.add(String(row['name']), storedIn(row));
    }
    const chains: ChainResult[] = [];
    for (const row of writers) chains.push(await verifyChain(tx, row, keyOf(String(row['writer'])), vouched));
    return resultOf(chains);
  });
}

/** A register that names a record which no table of a day holds is a record that is missing. */
async function verifyChain(
  tx: TransactionSql,
  row: Row,
  key: KeyObject | null,
  vouched: Vouched,
): Promise<ChainResult> {
  const no = Number(row['no']);
  const check = new ChainCheck(await headOf(tx, row), key, vouched, () => true);
  for await (const events of tx
    .unsafe(`SELECT e.* FROM ${RECORDS} WHERE r.writer = $1 ORDER BY r.seq`, [no])
    .cursor(PIECE)) {
    for (const event of events) check.take(event, storedIn(event));
  }
  return check.end();
}

/**
 * Where the chain ends. A sealed head that is older than the last record says nothing of what came after it, so that the last
 * place that is known of stands in its stead.
 */
async function headOf(tx: TransactionSql, row: Row): Promise<ChainHead> {
  const writer = String(row['writer']);
  const [last] = await tx.unsafe('SELECT seq, hash FROM records WHERE writer = $1 ORDER BY seq DESC LIMIT 1', [
    Number(row['no']),
  ]);
  const [gone] = await tx.unsafe('SELECT to_seq, hash FROM gaps WHERE writer = $1 ORDER BY to_seq DESC LIMIT 1', [
    Number(row['no']),
  ]);
  const ends = [
    { seq: Number(last?.['seq'] ?? 0), hash: String(last?.['hash'] ?? GENESIS), mac: null },
    { seq: Number(gone?.['to_seq'] ?? 0), hash: String(gone?.['hash'] ?? ''), mac: null },
    {
      seq: Number(row['head_seq'] ?? 0),
      hash: String(row['head_hash'] ?? ''),
      mac: row['head_mac'] === null ? null : String(row['head_mac']),
    },
  ];
  // Of two at one place the sealed one, which is the last here.
  const end = ends.reduce((a, b) => (b.seq >= a.seq && b.seq > 0 ? b : a));
  return { writer, ...end };
}
