/**
 * Moves the records of a home into a shared store. The chains are verified first, each record is checked again as it arrives, and
 * in the end the chains are verified where they lie now. It may be killed at any moment and run again: edges are added once, by
 * a mark, and a record that is there is passed over.
 */
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { Sql } from 'postgres';
import { WeirError } from '../../flow/errors.ts';
import { type StoreAddress, storeText } from '../../flow/store-address.ts';
import type { Arrival, ChainFault, HeadArrival } from '../arrival.ts';
import { type Home, writerIds } from '../home.ts';
import { parseCore, storedParts } from '../record.ts';
import type { EdgeNumbers } from '../sorts.ts';
import { verifyChains } from '../verify.ts';
import { BatchWriter, type Keys } from './batch-writer.ts';
import { ChainPlaces, type StandingGap } from './chain-places.ts';
import { type Checked, checkArrival } from './checked.ts';
import { StorePool } from './connect.ts';
import { COPIED, copyEdges, edgeNumbers, edgesOfEnds } from './copy-edges.ts';
import { arrayText, columnsText, unnest } from './literals.ts';
import { migrateStore, takeWriteLock } from './schema.ts';
import { inTransaction } from './transaction.ts';
import { verifyStore } from './verify-store.ts';

export interface Copied {
  /** Of the home. */
  readonly records: number;
  /** Of those, that were not there before. */
  readonly added: number;
  readonly edges: number;
  readonly chains: readonly { readonly writer: string; readonly records: number; readonly removed: number }[];
}

const PIECE = 500;

/**
 * `home`: locked, so that nothing is recorded meanwhile. Throws WeirError `store_refused`, whose message names the record, for a
 * chain that does not verify, for a record that another one's place is taken by, and for a home that has recorded more since its
 * edges were copied; and what a shared store fails with.
 */
export async function copyHome(
  database: DatabaseSync,
  home: Home,
  address: StoreAddress,
  onProgress: (copied: number, all: number) => void = () => {},
): Promise<Copied> {
  const pool = new StorePool(address, { max: 1, name: 'weir store copy' });
  try {
    return await pool.run(async (sql) => {
      await migrateStore(sql, address);
      return await new Copying(sql, database, home, address).run(onProgress);
    });
  } finally {
    await pool.close();
  }
}

class Copying {
  readonly #sql: Sql;
  readonly #database: DatabaseSync;
  readonly #home: Home;
  readonly #address: StoreAddress;
  readonly #heads: readonly HeadArrival[];
  readonly #keys: Keys;
  readonly #writer = new BatchWriter();

  constructor(sql: Sql, database: DatabaseSync, home: Home, address: StoreAddress) {
    this.#sql = sql;
    this.#database = database;
    this.#home = home;
    this.#address = address;
    const rows = database.prepare('SELECT writer, seq, hash, mac FROM writers ORDER BY no').all();
    this.#heads = rows.map((row) => ({
      ...{ writer: String(row['writer']), seq: Number(row['seq']) },
      ...{ hash: String(row['hash']), mac: String(row['mac']) },
    }));
    const own = writerIds(home, 'ledger');
    this.#keys = new Map(this.#heads.map(({ writer }) => [writer, own.includes(writer) ? home.keys.chain : null]));
  }

  async run(onProgress: (copied: number, all: number) => void): Promise<Copied> {
    const here = this.#verified();
    if (this.#heads.length === 0) return { records: 0, added: 0, edges: 0, chains: [] };
    await this.#copyEdgesOnce();
    const edges = await edgeNumbers(this.#sql, this.#database);
    const added = await this.#copyRecords(edgesOfEnds(this.#database, edges), here.records, onProgress);
    await inTransaction(this.#sql, '', (tx) =>
      this.#writer.write(tx, { checked: [], observed: [], heads: this.#heads }, this.#keys, Date.now()),
    );
    const there = await verifyStore(this.#sql, (writer) => this.#keys.get(writer) ?? null);
    for (const { writer, records, removed } of here.chains) {
      const arrived = there.chains.find((chain) => chain.writer === writer);
      if (arrived?.fault != null) throw this.#refused(arrived.fault.text);
      if (arrived?.records !== records || arrived.removed !== removed) {
        throw this.#refused(
          `${records} records of writer ${writer} were handed over, ${arrived?.records ?? 0} are there`,
        );
      }
    }
    const chains = here.chains.map(({ writer, records, removed }) => ({ writer, records, removed }));
    return { records: here.records, added, edges: edges.size, chains };
  }

  #verified(): ReturnType<typeof verifyChains> {
    const chainKey = this.#home.keys.chain;
    const found = verifyChains(this.#database, { writers: writerIds(this.#home, 'ledger'), chainKey });
    const fault = found.chains.find((chain) => chain.fault !== null)?.fault;
    if (fault != null) throw this.#refused(`${fault.text}; nothing was copied, weir log verify says more`);
    return found;
  }

  /** With what is gone of the chains, and the lines of logs that were imported. */
  async #copyEdgesOnce(): Promise<void> {
    const first = this.#heads[0]?.writer ?? '';
    const until = this.#heads.map(({ seq }) => seq).join(' ');
    const mark = `${COPIED} ${first} ${until}`;
    await inTransaction(this.#sql, '', async (tx) => {
      await takeWriteLock(tx);
      const made = await tx.unsafe(`SELECT id FROM observed WHERE id LIKE $1`, [`${COPIED} ${first} %`]);
      if (made.some((row) => row['id'] === mark)) return;
      if (made.length > 0) {
        throw this.#refused(
          `${this.#home.path} was copied before and has recorded more since: what came after cannot be told from what was copied in its edges`,
        );
      }
      const places = new ChainPlaces(tx, (writer) => this.#keys.get(writer) ?? null, Date.now());
      await places.load(
        [],
        this.#heads.map(({ writer }) => writer),
      );
      await places.stand(this.#gaps());
      await places.write();
      await copyEdges(tx, this.#database, places.numberOf(this.#heads.at(-1)?.writer ?? ''));
      await this.#copyLines((rows) =>
        tx.unsafe(
          `INSERT INTO imported_lines SELECT decode(digest, 'hex'), day FROM ${unnest(['text', 'int'])} AS u (digest, day)
           ON CONFLICT (digest) DO NOTHING`,
          columnsText(rows, 2),
        ),
      );
      await tx.unsafe('INSERT INTO observed (id, day) VALUES ($1, 0)', [mark]);
    });
  }

  #gaps(): readonly StandingGap[] {
    return this.#database
      .prepare('SELECT w.writer AS name, g.* FROM gaps AS g JOIN writers AS w ON w.no = g.writer ORDER BY g.from_seq')
      .all()
      .map((row) => ({
        ...{ writer: String(row['name']), from: Number(row['from_seq']), to: Number(row['to_seq']) },
        ...{ prevHash: String(row['prev_hash']), hash: String(row['hash']), checkpoint: String(row['checkpoint']) },
      }));
  }

  async #copyLines(add: (rows: readonly (readonly [string, number])[]) => Promise<unknown>): Promise<void> {
    let rows: (readonly [string, number])[] = [];
    for (const row of this.#database.prepare('SELECT hex(digest) AS digest, day FROM imported_lines').iterate()) {
      rows.push([String(row['digest']), Number(row['day'])]);
      if (rows.length < PIECE) continue;
      await add(rows);
      rows = [];
    }
    if (rows.length > 0) await add(rows);
  }

  /** In the order of recording; how many were not there. */
  async #copyRecords(
    edgesOf: ReadonlyMap<number, EdgeNumbers>,
    all: number,
    onProgress: (copied: number, all: number) => void,
  ): Promise<number> {
    const next = this.#database.prepare(`SELECT * FROM events WHERE position > ? ORDER BY position LIMIT ${PIECE}`);
    let added = 0;
    let copied = 0;
    for (let position = 0; ; ) {
      const rows = next.all(position);
      if (rows.length === 0) return added;
      position = Number(rows.at(-1)?.['position']);
      added += await this.#copySome(rows, edgesOf);
      copied += rows.length;
      onProgress(copied, all);
    }
  }

  async #copySome(
    rows: readonly Record<string, SQLOutputValue>[],
    edgesOf: ReadonlyMap<number, EdgeNumbers>,
  ): Promise<number> {
    const known = await this.#sql.unsafe('SELECT id FROM records WHERE id = ANY($1::text[])', [
      arrayText(rows.map((row) => String(row['id']))),
    ]);
    const ids = new Set(known.map((row) => String(row['id'])));
    const checked: Checked[] = [];
    const edges = new Map<string, EdgeNumbers>();
    for (const row of rows) {
      const arrival = arrivalOf(row);
      if (ids.has(arrival.id)) continue;
      const result = checkArrival(arrival, this.#keys.get(arrival.writer) ?? null);
      if (result.kind !== 'checked')
        throw this.#refused(`record ${arrival.seq} of writer ${arrival.writer} (${arrival.id}) is ${result.kind}`);
      checked.push(result.checked);
      edges.set(arrival.id, edgesOf.get(Number(row['ends'])) ?? { out: null, in: null });
    }
    if (checked.length === 0) return 0;
    return await inTransaction(this.#sql, '', async (tx) => {
      const report = await this.#writer.write(
        tx,
        { checked, observed: [], heads: [], edgesOf: edges },
        this.#keys,
        Date.now(),
      );
      const [fault] = report.faults;
      if (fault !== undefined) throw this.#refused(faultText(fault));
      return report.added;
    });
  }

  #refused(why: string): WeirError {
    return new WeirError(
      'store_refused',
      `${storeText(this.#address)} does not take the records of ${this.#home.path}: ${why}`,
    );
  }
}

function arrivalOf(row: Record<string, SQLOutputValue>): Arrival {
  const stored = storedParts(row);
  const { id, writer, seq, prevHash } = parseCore(stored.core);
  return { ...stored, id, writer, seq, prevHash, edges: [] };
}

function faultText({ kind, writer, seq, ids }: ChainFault): string {
  const record = `record ${seq} of writer ${writer} (${ids.at(-1) ?? 'no id'})`;
  switch (kind) {
    case 'fork':
      return `${record} has a place or an id that another record has there`;
    case 'broken':
      return `${record} does not follow the record before it there`;
    case 'forged':
      return `${record} was not made with its writer's key`;
  }
}
