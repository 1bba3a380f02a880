/**
 * What is added to a shared store in one transaction: records at their places in the chains, the events themselves, and what they
 * and observations without an event add to edges. Under the write lock; what it knows of the store holds until one fails.
 */
import type { KeyObject } from 'node:crypto';
import type { TransactionSql } from 'postgres';
import type { ArrivalReport, ArrivedBatch, ObservedArrival } from '../arrival.ts';
import type { EdgeNumbers as EdgesOfEvent } from '../sorts.ts';
import { ChainPlaces, type Placed, type StandingGap } from './chain-places.ts';
import type { Checked } from './checked.ts';
import type { Asker } from './connect.ts';
import { addToEdges, EdgeNumbers, type Seen } from './edge-rows.ts';
import { type EventOfEdges, EventRows } from './event-rows.ts';
import { columnsText, unnest } from './literals.ts';
import { takeWriteLock } from './schema.ts';

export interface CheckedBatch extends Pick<ArrivedBatch, 'observed' | 'heads'> {
  readonly checked: readonly Checked[];
  /** Runs that are gone, of a store that is copied. */
  readonly gaps?: readonly StandingGap[];
  /** By the ids of records: edges that are there already, in place of what the records add to edges. */
  readonly edgesOf?: ReadonlyMap<string, EdgesOfEvent> | null;
}

/** The chain keys of the writers of a batch; null for one whose key is not here. */
export type Keys = ReadonlyMap<string, KeyObject | null>;

const DAY_MS = 86_400_000;

export class BatchWriter {
  readonly #edges = new EdgeNumbers();
  readonly #events = new EventRows();
  #epoch: number | null = null;

  forget(): void {
    this.#edges.forget();
    this.#events.forget();
    this.#epoch = null;
  }

  /** Adds what is new of it. What it throws undoes all, and then `forget` has to be called. */
  async write(
    tx: TransactionSql,
    { checked, observed, heads, gaps = [], edgesOf = null }: CheckedBatch,
    keys: Keys,
    nowMs: number,
  ): Promise<ArrivalReport> {
    await takeWriteLock(tx);
    await this.#forgetWhatOthersTookBack(tx);
    const places = new ChainPlaces(tx, (writer) => keys.get(writer) ?? null, nowMs);
    const names = [...observed, ...heads, ...gaps].map(({ writer }) => writer);
    await places.load(checked, names);
    await places.stand(gaps);
    const { added, duplicates, faults } = await places.place(checked);
    await places.vouch(added);
    const unsealed = await places.seal(heads);
    await places.write();
    const fresh = await freshOf(tx, observed, nowMs);
    const first = await this.#positions(tx, added.length);
    await this.#count(tx, added, fresh, places, { first, nowMs, edgesOf });
    return { added: added.length, duplicates, faults: [...faults, ...unsealed] };
  }

  async #count(
    tx: TransactionSql,
    added: readonly Placed[],
    fresh: readonly ObservedArrival[],
    places: ChainPlaces,
    {
      first,
      nowMs,
      edgesOf,
    }: { readonly first: number; readonly nowMs: number; readonly edgesOf: CheckedBatch['edgesOf'] },
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
      events.push({ placed, edges: edgesOf?.get(placed.arrival.id) ?? edges });
    }
    await Promise.all([addToEdges(tx, this.#edges, seen, numbers), this.#events.add(tx, events, first, nowMs)]);
  }

  async #forgetWhatOthersTookBack(tx: TransactionSql): Promise<void> {
    const [row] = await tx.unsafe('SELECT epoch FROM state', [], { prepare: true });
    const epoch = Number(row?.['epoch']);
    if (this.#epoch !== null && epoch !== this.#epoch) this.forget();
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
