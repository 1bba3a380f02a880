/**
 * A shared store that takes in what nodes hand over. Each batch is one transaction under one lock, so that collectors, however
 * many, never wait for each other in a circle and positions are given in the order of committing. A batch that came before
 * adds nothing; what does not fit its chain is told, and what was never made with its writer's key is kept out.
 */
import type { KeyObject } from 'node:crypto';
import type { Sql } from 'postgres';
import { WeirError } from '../../flow/errors.ts';
import { type StoreAddress, storeText } from '../../flow/store-address.ts';
import type { Arrival, ArrivalReport, ArrivalStore, ArrivedBatch, ChainFault, ChainGap } from '../arrival.ts';
import { BatchWriter, type CheckedBatch, type Keys } from './batch-writer.ts';
import { type Checked, checkArrival } from './checked.ts';
import { isCollision, isDataFault, StorePool, storeError } from './connect.ts';
import { migrateStore } from './schema.ts';
import { inTransaction } from './transaction.ts';

export interface ArrivalOptions {
  /** The chain key of a writer; null where it is not known here, and only links are checked. */
  readonly keyOf: (writer: string) => KeyObject | null | Promise<KeyObject | null>;
  readonly now?: () => number;
}

const COLLISIONS = 3;

/** Opens no connection yet: a store that is away is for `arrive` to tell, again and again. */
export async function openArrivals(address: StoreAddress, options: ArrivalOptions): Promise<ArrivalStore> {
  return new PostgresArrivals(address, options);
}

export class PostgresArrivals implements ArrivalStore {
  readonly #pool: StorePool;
  readonly #address: StoreAddress;
  readonly #keyOf: ArrivalOptions['keyOf'];
  readonly #now: () => number;
  readonly #writer = new BatchWriter();
  #isReady = false;

  constructor(address: StoreAddress, { keyOf, now = Date.now }: ArrivalOptions) {
    this.#pool = new StorePool(address, { max: 2, name: 'weir collect' });
    this.#address = address;
    this.#keyOf = keyOf;
    this.#now = now;
  }

  async arrive(batch: ArrivedBatch): Promise<ArrivalReport> {
    const keys = await this.#keys(batch);
    const { checked, forged } = this.#checked(batch.records, keys);
    return await this.#pool.run(async (sql) => {
      await this.#ready(sql);
      const report = await this.#commit(sql, { ...batch, checked }, keys);
      return { ...report, faults: [...forged, ...report.faults] };
    });
  }

  async gaps(olderThanMs: number): Promise<readonly ChainGap[]> {
    return await this.#pool.run(async (sql) => {
      await this.#ready(sql);
      const rows = await sql.unsafe(
        `SELECT w.writer, m.from_seq, m.to_seq, m.since_ms FROM missing AS m JOIN writers AS w ON w.no = m.writer
         WHERE m.since_ms < $1 ORDER BY w.no, m.from_seq`,
        [this.#now() - olderThanMs],
      );
      return rows.map((row) => ({
        writer: String(row['writer']),
        from: Number(row['from_seq']),
        to: Number(row['to_seq']),
        since: new Date(Number(row['since_ms'])).toISOString(),
      }));
    });
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  /** Migrated by who may, looked at once: a later version of Weir migrates forward, and keeps what is here working or refuses. */
  async #ready(sql: Sql): Promise<void> {
    if (this.#isReady) return;
    await migrateStore(sql, this.#address);
    this.#isReady = true;
  }

  async #keys({ records, heads }: ArrivedBatch): Promise<ReadonlyMap<string, KeyObject | null>> {
    const writers = new Set([...records.map(({ writer }) => writer), ...heads.map(({ writer }) => writer)]);
    const keys = new Map<string, KeyObject | null>();
    for (const writer of writers) keys.set(writer, await this.#keyOf(writer));
    return keys;
  }

  /** Throws WeirError `store_refused` for records that nobody can read, with the ids of all of them. */
  #checked(
    records: readonly Arrival[],
    keys: Keys,
  ): { readonly checked: readonly Checked[]; readonly forged: readonly ChainFault[] } {
    const checked: Checked[] = [];
    const forged: ChainFault[] = [];
    const unreadable: string[] = [];
    for (const arrival of records) {
      const { id, writer, seq } = arrival;
      const result = checkArrival(arrival, keys.get(writer) ?? null);
      if (result.kind === 'checked') checked.push(result.checked);
      else if (result.kind === 'forged') forged.push({ kind: 'forged', writer, seq, ids: [id] });
      else unreadable.push(id);
    }
    if (unreadable.length > 0) throw refused(this.#address, unreadable);
    return { checked, forged };
  }

  async #commit(sql: Sql, batch: CheckedBatch, keys: Keys): Promise<ArrivalReport> {
    for (let tried = 1; ; tried++) {
      try {
        return await inTransaction(sql, '', (tx) => this.#writer.write(tx, batch, keys, this.#now()));
      } catch (error) {
        this.#writer.forget();
        if (isCollision(error) && tried < COLLISIONS) continue;
        if (!isDataFault(error)) throw error;
        throw refused(this.#address, await this.#guilty(sql, batch, keys), error);
      }
    }
  }

  /** Which records cannot be stored, though each can be read: each by itself, and nothing of it stays. */
  async #guilty(sql: Sql, batch: CheckedBatch, keys: Keys): Promise<readonly string[]> {
    const suspects = [
      ...batch.checked.map((one) => ({ id: one.arrival.id, part: { checked: [one], observed: [] } })),
      ...batch.observed.map((one) => ({ id: one.id, part: { checked: [], observed: [one] } })),
    ];
    const guilty: string[] = [];
    for (const { id, part } of suspects) {
      const undo = new Error('only a trial');
      try {
        await inTransaction(sql, '', async (tx) => {
          await this.#writer.write(tx, { ...part, heads: [] }, keys, this.#now());
          throw undo;
        });
      } catch (error) {
        this.#writer.forget();
        if (error === undo) continue;
        if (!isDataFault(error)) throw storeError(error, this.#address);
        guilty.push(id);
      }
    }
    return guilty;
  }
}

function refused(address: StoreAddress, ids: readonly string[], cause?: unknown): WeirError {
  const named = ids.length > 3 ? `${ids.slice(0, 3).join(', ')} and ${ids.length - 3} more` : ids.join(', ');
  return new WeirError('store_refused', `${storeText(address)} cannot store ${named}`, { cause, details: { ids } });
}
