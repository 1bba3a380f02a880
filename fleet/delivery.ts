/**
 * Handing a batch to a shared store: as a whole, and where the store says that some of it can never be kept, without that.
 * A record that nothing can be made of holds up no other.
 */
import { WeirError } from '../flow/errors.ts';
import type {
  Arrival,
  ArrivalReport,
  ArrivalStore,
  ArrivedBatch,
  ChainFault,
  HeadArrival,
  ObservedArrival,
} from '../store/arrival.ts';

export type Parcel =
  | { readonly kind: 'record'; readonly id: string; readonly what: Arrival }
  | { readonly kind: 'observed'; readonly id: string; readonly what: ObservedArrival }
  | { readonly kind: 'head'; readonly id: string; readonly what: HeadArrival };

export interface Delivered {
  readonly added: number;
  readonly duplicates: number;
  readonly faults: readonly ChainFault[];
  /** Ids of what the store will never keep, with its words for it. */
  readonly refused: ReadonlyMap<string, string>;
}

/** Resolves once all but what is refused is committed. Throws WeirError `store_away` where the store cannot be reached. */
export async function deliver(store: ArrivalStore, parcels: readonly Parcel[]): Promise<Delivered> {
  try {
    return { ...(await store.arrive(batchOf(parcels))), refused: new Map() };
  } catch (error) {
    if (!(error instanceof WeirError) || error.code !== 'store_refused') throw error;
    return await deliverParts(store, parcels, error);
  }
}

async function deliverParts(store: ArrivalStore, parcels: readonly Parcel[], error: WeirError): Promise<Delivered> {
  const named = new Set(error.details.ids ?? []);
  const good = parcels.filter(({ id }) => !named.has(id));
  const bad = parcels.filter(({ id }) => named.has(id));
  if (bad.length > 0 && good.length > 0) return joined(refusing(bad, error), await deliver(store, good));
  if (parcels.length <= 1 || bad.length === parcels.length) return refusing(parcels, error);
  const middle = Math.ceil(parcels.length / 2);
  return joined(await deliver(store, parcels.slice(0, middle)), await deliver(store, parcels.slice(middle)));
}

function refusing(parcels: readonly Parcel[], error: WeirError): Delivered {
  return { ...NOTHING, refused: new Map(parcels.map(({ id }) => [id, error.message])) };
}

function joined(a: Delivered, b: Delivered): Delivered {
  return {
    added: a.added + b.added,
    duplicates: a.duplicates + b.duplicates,
    faults: [...a.faults, ...b.faults],
    refused: new Map([...a.refused, ...b.refused]),
  };
}

const NOTHING: ArrivalReport = { added: 0, duplicates: 0, faults: [] };

function batchOf(parcels: readonly Parcel[]): ArrivedBatch {
  return {
    records: parcels.flatMap((parcel) => (parcel.kind === 'record' ? [parcel.what] : [])),
    observed: parcels.flatMap((parcel) => (parcel.kind === 'observed' ? [parcel.what] : [])),
    heads: parcels.flatMap((parcel) => (parcel.kind === 'head' ? [parcel.what] : [])),
  };
}
