/**
 * What the owner of a shared store changes in it: each change is one transaction with the checkpoints that tell of it, in a chain
 * that lies in the store alone and is made with the key of the home that asked. So a process that is killed has either changed
 * and told, or neither.
 */
import type { Sql, TransactionSql } from 'postgres';
import { WeirError } from '../../flow/errors.ts';
import type { EventBody } from '../../flow/event.ts';
import { type StoreAddress, storeText } from '../../flow/store-address.ts';
import { addWriterId, type Home, writerIds } from '../home.ts';
import { GENESIS, headMac, isSameDigest } from '../keyed.ts';
import { makeRecord } from '../record.ts';
import { newUlid } from '../ulid.ts';
import { BatchWriter } from './batch-writer.ts';
import { type Checked, checkArrival } from './checked.ts';
import { StorePool } from './connect.ts';
import { checkSchema, takeWriteLock } from './schema.ts';
import { inTransaction } from './transaction.ts';

/** Between a change of tables and whoever reads them now; the change is given up then, and tried again later. */
const LOCK_WAIT = '10s';

export class StoreUpkeep {
  readonly address: StoreAddress;
  readonly #pool: StorePool;
  readonly #home: Home;
  readonly #writer = new BatchWriter();
  readonly #now: () => number;
  #isReady = false;

  /** Opens no connection yet. */
  constructor(address: StoreAddress, home: Home, now: () => number = Date.now) {
    this.address = address;
    this.#home = home;
    this.#now = now;
    this.#pool = new StorePool(address, { max: 1, name: 'weir upkeep' });
  }

  /** Whether this role may: it is that of the tables' owner. */
  mayChange(): Promise<boolean> {
    return this.run(async (sql) => {
      const [row] = await sql.unsafe(
        `SELECT pg_has_role(current_user, relowner, 'USAGE') AS may FROM pg_class WHERE oid = 'events'::regclass`,
      );
      return row?.['may'] === true;
    });
  }

  /** Throws what a shared store fails with, `store_denied` for a role that may not change it. */
  async demandOwner(): Promise<void> {
    if (await this.mayChange()) return;
    throw new WeirError(
      'store_denied',
      `${storeText(this.address)} lets only the owner of its tables remove or clear records: name that role with --as`,
    );
  }

  run<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#pool.run(async (sql) => {
      if (!this.#isReady) await checkSchema(sql, this.address);
      this.#isReady = true;
      return await work(sql);
    });
  }

  /** Changes, and appends what tells of it; the ids of that. What `work` throws undoes all. */
  amend(work: (tx: TransactionSql) => Promise<readonly EventBody[]>): Promise<readonly string[]> {
    return this.run((sql) =>
      inTransaction(sql, '', async (tx) => {
        await takeWriteLock(tx);
        await tx.unsafe(`SET LOCAL lock_timeout = '${LOCK_WAIT}'`);
        const events = await work(tx);
        await this.#append(tx, events);
        return events.map(({ id }) => id);
      }),
    );
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #append(tx: TransactionSql, events: readonly EventBody[]): Promise<void> {
    if (events.length === 0) return;
    const key = this.#home.keys.chain;
    const head = await this.#head(tx);
    const { writer } = head;
    let { seq, hash: prevHash } = head;
    const checked: Checked[] = [];
    for (const event of events) {
      const link = { writer, seq: ++seq, prevHash };
      const { columns: _, ...record } = makeRecord({ event, excerpt: null, review: null }, link, key);
      prevHash = record.hash;
      const result = checkArrival({ ...record, ...link, id: event.id, edges: [] }, key);
      if (result.kind !== 'checked') throw new Error('an event of our own that cannot be stored');
      checked.push(result.checked);
    }
    const heads = [{ writer, seq, hash: prevHash, mac: headMac(key, writer, seq, prevHash) }];
    this.#writer.forget();
    await this.#writer.write(tx, { checked, observed: [], heads }, new Map([[writer, key]]), this.#now());
  }

  /** Where this home's chain in the store ends. One that somebody has changed is left as it is, and another begun. */
  async #head(tx: TransactionSql): Promise<{ readonly writer: string; readonly seq: number; readonly hash: string }> {
    const writer = writerIds(this.#home, 'shared').at(-1);
    if (writer !== undefined) {
      const [row] = await tx.unsafe('SELECT last_seq, head_seq, head_hash, head_mac FROM writers WHERE writer = $1', [
        writer,
      ]);
      if (row === undefined || row['head_seq'] === null) return { writer, seq: 0, hash: GENESIS };
      const [seq, hash] = [Number(row['head_seq']), String(row['head_hash'])];
      const isOurs = isSameDigest(headMac(this.#home.keys.chain, writer, seq, hash), String(row['head_mac']));
      if (isOurs && Number(row['last_seq']) === seq) return { writer, seq, hash };
    }
    const fresh = newUlid();
    addWriterId(this.#home, fresh, 'shared');
    return { writer: fresh, seq: 0, hash: GENESIS };
  }
}
