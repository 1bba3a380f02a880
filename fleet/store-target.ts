/** A shared store as a carrier's other end, without a bus between. What it refuses for good lies with the dead letters. */
import { WeirError } from '../flow/errors.ts';
import type { ArrivalStore, ChainFault, HeadArrival } from '../store/arrival.ts';
import { readArrival, readObserved } from '../store/arrival-text.ts';
import type { Waiting } from '../store/outbox-queue.ts';
import type { CarrierTarget, Sent } from './carrier.ts';
import { bury, TRIES } from './dead-letters.ts';
import { deliver, type Parcel } from './delivery.ts';

export interface StoreTargetOptions {
  readonly home: string;
  /** Hears what is wrong with a chain as it arrived. */
  readonly onFaults: (faults: readonly ChainFault[]) => void;
  /** Hears of what was refused for good, with the store's words. */
  readonly onBuried: (id: string, why: string) => void;
}

export class StoreTarget implements CarrierTarget {
  readonly #store: ArrivalStore;
  readonly #options: StoreTargetOptions;
  readonly #refusals = new Map<string, number>();

  constructor(store: ArrivalStore, options: StoreTargetOptions) {
    this.#store = store;
    this.#options = options;
  }

  get problem(): string | null {
    return this.#refusals.size === 0 ? null : 'the store refuses a record; it is tried again';
  }

  async send(batch: readonly Waiting[]): Promise<Sent> {
    const read = batch.map((waiting) => ({ waiting, parcel: parcelOf(waiting) }));
    const unread = read.flatMap(({ waiting, parcel }) => (parcel === null ? [waiting] : []));
    const parcels = read.flatMap(({ parcel }) => (parcel === null ? [] : [parcel]));
    const { faults, refused } = await this.#delivered(parcels);
    if (faults.length > 0) this.#options.onFaults(faults);
    const given = batch.filter(({ id }) => refused.has(id) && this.#refuse(id) >= TRIES);
    this.#bury([
      ...given.map((waiting) => ({ waiting, why: refused.get(waiting.id) ?? '' })),
      ...unread.map((waiting) => ({ waiting, why: 'cannot be read' })),
    ]);
    const gone = new Set(given);
    return { acknowledged: batch.filter((waiting) => !refused.has(waiting.id) || gone.has(waiting)), held: [] };
  }

  async attest(head: HeadArrival): Promise<void> {
    await this.#delivered([{ kind: 'head', id: head.hash, what: head }]);
  }

  async close(): Promise<void> {
    await this.#store.close();
  }

  async #delivered(parcels: readonly Parcel[]): ReturnType<typeof deliver> {
    try {
      return await deliver(this.#store, parcels);
    } catch (error) {
      // A message of ours names the place; any other may hold what was sent.
      if (error instanceof WeirError) throw error;
      throw new Error(`the store failed (${error instanceof Error ? error.name : 'unknown reason'})`, { cause: error });
    }
  }

  #refuse(id: string): number {
    const tries = (this.#refusals.get(id) ?? 0) + 1;
    this.#refusals.set(id, tries);
    return tries;
  }

  #bury(given: readonly { readonly waiting: Waiting; readonly why: string }[]): void {
    bury(
      this.#options.home,
      given.map(({ waiting, why }) => ({ why, subject: waiting.kind, text: waiting.body })),
    );
    for (const { waiting, why } of given) {
      this.#refusals.delete(waiting.id);
      this.#options.onBuried(waiting.id, why);
    }
  }
}

function parcelOf({ kind, id, body }: Waiting): Parcel | null {
  try {
    return kind === 'record' ? { kind, id, what: readArrival(body) } : { kind, id, what: readObserved(body) };
  } catch {
    // Nothing that this version has written; it is named as buried.
    return null;
  }
}
