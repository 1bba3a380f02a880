/** A PostgreSQL for the tests of the shared store, databases of their own in it, and chains of records as nodes hand them over. */
import { createSecretKey, type KeyObject } from 'node:crypto';
import type { TestContext } from 'node:test';
import postgres from 'postgres';
import type { EdgeObservation } from '../../flow/edge.ts';
import type { EventBody, ReviewState } from '../../flow/event.ts';
import { type StoreAddress, storeAddress } from '../../flow/store-address.ts';
import type { Arrival, ArrivalStore, ArrivedBatch, HeadArrival } from '../../store/arrival.ts';
import { GENESIS, headMac } from '../../store/keyed.ts';
import { openArrivals } from '../../store/postgres/arrivals.ts';
import { makeRecord } from '../../store/record.ts';
import { newUlid } from '../../store/ulid.ts';
import { type PostgresOptions, type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { afterwards, observationOf } from './samples.ts';

/** One for all the tests of a file: started with the first that asks. */
export function sharedServer(options: PostgresOptions = {}): {
  readonly get: () => Promise<PostgresServer>;
  readonly stop: () => Promise<void>;
} {
  let starting: Promise<PostgresServer> | null = null;
  return {
    get: () => {
      starting ??= startPostgres(options);
      return starting;
    },
    stop: async () => {
      await (await starting)?.stop();
    },
  };
}

/** An empty database of its own; asked by its owner. */
export async function newDatabase(
  server: PostgresServer,
): Promise<{ readonly url: string; readonly address: StoreAddress }> {
  const name = `weir_${newUlid().toLowerCase()}`;
  const admin = postgres(server.url(), { max: 1 });
  try {
    await admin.unsafe(`CREATE DATABASE ${name}`);
  } finally {
    await admin.end();
  }
  const url = server.url('postgres', name);
  return { url, address: storeAddress(url) };
}

/** Asks a database of a test itself. */
export async function rowsIn(url: string, query: string): Promise<readonly Record<string, unknown>[]> {
  const sql = postgres(url, { max: 1, connection: { search_path: 'weir' }, onnotice: () => {} });
  try {
    return (await sql.unsafe(query)).map((row) => ({ ...row }));
  } finally {
    await sql.end();
  }
}

/** A collector's side of a store, which knows the keys of these nodes; closed when the test is over. */
export async function arrivalsIn(
  t: TestContext,
  address: StoreAddress,
  nodes: readonly TestNode[] = [],
  now: () => number = Date.now,
): Promise<ArrivalStore> {
  const keyOf = (writer: string): KeyObject | null => nodes.find((node) => node.writer === writer)?.key ?? null;
  const store = await openArrivals(address, { keyOf, now });
  afterwards(t, () => store.close());
  return store;
}

/** A node with its chain. */
export class TestNode {
  readonly writer = newUlid();
  readonly key: KeyObject;
  seq = 0;
  hash = GENESIS;

  constructor(fill = 7) {
    this.key = createSecretKey(Buffer.alloc(32, fill));
  }

  /** The next record of its chain. */
  chain(
    event: EventBody,
    {
      edges = [observationOf(event)],
      excerpt = null,
      review = null,
    }: {
      readonly edges?: readonly EdgeObservation[];
      readonly excerpt?: string | null;
      readonly review?: { readonly by: string | null; readonly note: string | null } | null;
    } = {},
  ): Arrival {
    const link = { writer: this.writer, seq: this.seq + 1, prevHash: this.hash };
    const { columns: _, ...record } = makeRecord({ event, excerpt, review }, link, this.key);
    this.seq = link.seq;
    this.hash = record.hash;
    return { ...record, ...link, id: event.id, edges };
  }

  /** A review of an event. */
  review(event: EventBody, state: ReviewState): Arrival {
    const own: EventBody = { ...event, id: newUlid(), kind: 'review', refersTo: event.id, reason: state, findings: [] };
    return this.chain({ ...own, decisions: [], outcome: null }, { edges: [], review: { by: 'ann', note: null } });
  }

  head(): HeadArrival {
    const { writer, seq, hash } = this;
    return { writer, seq, hash, mac: headMac(this.key, writer, seq, hash) };
  }
}

export function batchOf(records: readonly Arrival[], more: Partial<ArrivedBatch> = {}): ArrivedBatch {
  return { records, observed: [], heads: [], ...more };
}
