/**
 * A shared store that takes in what nodes hand over. Each batch is one transaction under one lock, so that collectors, however
 * many, never wait for each other in a circle and positions are given in the order of committing. A batch that came before
 * adds nothing; what does not fit its chain is told, and what was never made with its writer's key is kept out.
 */
import type { KeyObject } from 'node:crypto';
import type { Sql, TransactionSql } from 'postgres';
import { WeirError } from '../../flow/errors.ts';
import { type StoreAddress, storeText } from '../../flow/store-address.ts';
import type {
  Arrival,
  ArrivalReport,
  ArrivalStore,
  ArrivedBatch,
  ChainFault,
  ChainGap,
  ObservedArrival,
} from '../arrival.ts';
import { ChainPlaces, type Placed } from './chain-places.ts';
import { type Checked, checkArrival } from './checked.ts';
import { type Asker, isCollision, isDataFault, StorePool, storeError } from './connect.ts';
import { addToEdges, EdgeNumbers, type Seen } from './edge-rows.ts';
import { type EventOfEdges, EventRows } from './event-rows.ts';
import { columnsText, unnest } from './literals.ts';
import { migrateStore, takeWriteLock } from './schema.ts';
import { inTransaction } from './transaction.ts';

export interface ArrivalOptions {
  /** The chain key of a writer; null where it is not known here, and only links are checked. */
  readonly keyOf: (writer: string) => KeyObject | null | Promise<KeyObject | null>;
  readonly now?: () => number;
}

const COLLISIONS = 3;
const DAY_MS = 86_400_000;

/** Opens no connection yet: a store that is away is for `arrive` to tell, again and again. */
export async function openArrivals(address: StoreAddress, options: ArrivalOptions): Promise<ArrivalStore> {
  return new PostgresArrivals(address, options);
}

export class PostgresArrivals implements ArrivalStore {
  readonly #pool: StorePool;
  readonly #address: StoreAddress;
  readonly #keyOf: ArrivalOptions['keyOf'];
  readonly #now: () => number;
  readonly #edges = new EdgeNumbers();
  readonly #events = new EventRows();
  #epoch: number | null = null;
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
    keys: ReadonlyMap<string, KeyObject | null>,
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

  async #commit(sql: Sql, batch: CheckedBatch, keys: ReadonlyMap<string, KeyObject | null>): Promise<ArrivalReport> {
    for (let tried = 1; ; tried++) {
      try {
        return await inTransaction(sql, '', (tx) => this.#write(tx, batch, keys));
      } catch (error) {
        this.#forget();
        if (isCollision(error) && tried < COLLISIONS) continue;
        if (!isDataFault(error)) throw error;
        throw refused(this.#address, await this.#guilty(sql, batch, keys), error);
      }
    }
  }

  #forget(): void {
    this.#edges.forget();
    this.#events.forget();
    this.#epoch = null;
  }

  /** Which records cannot be stored, though each can be read: each by itself, and nothing of it stays. */
  async #guilty(
    sql: Sql,
    batch: CheckedBatch,
    keys: ReadonlyMap<string, KeyObject | null>,
  ): Promise<readonly string[]> {
    const suspects = [
      ...batch.checked.map((one) => ({ id: one.arrival.id, part: { checked: [one], observed: [] } })),
      ...batch.observed.map((one) => ({ id: one.id, part: { checked: [], observed: [one] } })),
    ];
    const guilty: string[] = [];
    for (const { id, part } of suspects) {
      const undo = new Error('only a trial');
      try {
        await inTransaction(sql, '', async (tx) => {
          await this.#write(tx, { ...part, heads: [] }, keys);
          throw undo;
        });
      } catch (error) {
        this.#forget();
        if (error === undo) continue;
        if (!isDataFault(error)) throw storeError(error, this.#address);
        guilty.push(id);
      }
    }
    return guilty;
  }

  async #write(
    tx: TransactionSql,
    { checked, observed, heads }: CheckedBatch,
    keys: ReadonlyMap<string, KeyObject | null>,
  ): Promise<ArrivalReport> {
    await takeWriteLock(tx);
    await this.#forgetWhatOthersTookBack(tx);
    const nowMs = this.#now();
    const places = new ChainPlaces(tx, (writer) => keys.get(writer) ?? null, nowMs);
    const names = [...observed.map(({ writer }) => writer), ...heads.map(({ writer }) => writer)];
    await places.load(checked, names);
    const { added, duplicates, faults } = await places.place(checked);
    await places.vouch(added);
    const unsealed = await places.seal(heads);
    await places.write();
    const fresh = await freshOf(tx, observed, nowMs);
    const first = await this.#positions(tx, added.length);
    await this.#count(tx, added, fresh, places, { first, nowMs });
    return { added: added.length, duplicates, faults: [...faults, ...unsealed] };
  }

  async #count(
    tx: TransactionSql,
    added: readonly Placed[],
    fresh: readonly ObservedArrival[],
    places: ChainPlaces,
    { first, nowMs }: { readonly first: number; readonly nowMs: number },
  ): Promise<void> {
    const seen: Seen[] = [];
    for (const { arrival, event, writerNo } of added) {
      for (const observation of arrival.edges) seen.push({ observation, event, writerNo });
    }
    for (const { writer, observations } of fresh) {
      const writerNo = places.numberOf(writer);
      for (const observation of observations) seen.push({ observation, event: null, writerNo });
    }
    const numbers = await this.#edges.load(
      tx,
      seen.map(({ observation }) => observation),
    );
    const events: EventOfEdges[] = [];
    let at = 0;
    for (const placed of added) {
      const edges: { out: number | null; in: number | null } = { out: null, in: null };
      for (const { direction } of placed.arrival.edges) edges[direction] = numbers[at++] ?? null;
      events.push({ placed, edges });
    }
    await Promise.all([addToEdges(tx, this.#edges, seen, numbers), this.#events.add(tx, events, first, nowMs)]);
  }

  async #forgetWhatOthersTookBack(tx: TransactionSql): Promise<void> {
    const [row] = await tx.unsafe('SELECT epoch FROM state', [], { prepare: true });
    const epoch = Number(row?.['epoch']);
    if (this.#epoch !== null && epoch !== this.#epoch) this.#forget();
    this.#epoch = epoch;
  }

  /** The first of so many positions. */
  async #positions(tx: TransactionSql, count: number): Promise<number> {
    if (count === 0) return 0;
    const [row] = await tx.unsafe('UPDATE state SET position = position + $1 RETURNING position', [count], {
      prepare: true,
    });
    return Number(row?.['position']) - count + 1;
  }
}

interface CheckedBatch extends Pick<ArrivedBatch, 'observed' | 'heads'> {
  readonly checked: readonly Checked[];
}

/** Those that did not come before. */
async function freshOf(
  asker: Asker,
  observed: readonly ObservedArrival[],
  nowMs: number,
): Promise<readonly ObservedArrival[]> {
  if (observed.length === 0) return [];
  const byId = new Map(observed.map((one) => [one.id, one]));
  const day = Math.floor(nowMs / DAY_MS);
  const rows = await asker.unsafe(
    `INSERT INTO observed (id, day) SELECT * FROM ${unnest(['text', 'int'])} ON CONFLICT (id) DO NOTHING RETURNING id`,
    columnsText(
      [...byId.keys()].map((id) => [id, day]),
      2,
    ),
    { prepare: true },
  );
  const fresh = new Set(rows.map((row) => String(row['id'])));
  return [...byId.values()].filter(({ id }) => fresh.has(id));
}

function refused(address: StoreAddress, ids: readonly string[], cause?: unknown): WeirError {
  const named = ids.length > 3 ? `${ids.slice(0, 3).join(', ')} and ${ids.length - 3} more` : ids.join(', ');
  return new WeirError('store_refused', `${storeText(address)} cannot store ${named}`, { cause, details: { ids } });
}
