/**
 * The questions of `Reader`, asked of whichever store the configuration names: SQLite in the home, which answers at once, or
 * a PostgreSQL that many write to. Who shows or follows records asks through this.
 */
import type { Edge } from '../flow/edge.ts';
import type { WeirEvent } from '../flow/event.ts';
import type { ChainStanding } from './chains.ts';
import type { CountedBy, ValueCount } from './counts.ts';
import type { DetailLevel, EdgeFilter, MapQuery } from './edges.ts';
import type { EventFilter } from './event-filter.ts';
import type { Found, FoundValue, Page, PageQuery, Reader } from './reader.ts';
import type { Point, SeriesQuery } from './series.ts';
import type { Sighting } from './sightings.ts';
import type { VerifyResult } from './verify.ts';

/** As `Reader`, each answer in its time. */
export interface StoreReader {
  events(filter?: EventFilter): AsyncIterable<WeirEvent>;
  event(idOrPrefix: string): Promise<Found>;
  edges(filter?: EdgeFilter, details?: DetailLevel): Promise<readonly Edge[]>;
  page(query: PageQuery): Promise<Page>;
  count(filter?: EventFilter): Promise<number>;
  countBy(by: CountedBy, filter?: EventFilter, limit?: number): Promise<readonly ValueCount[]>;
  map(query?: MapQuery): Promise<readonly Edge[]>;
  series(query: SeriesQuery): Promise<readonly Point[]>;
  byFingerprint(fingerprints: readonly string[], limit?: number): Promise<FoundValue>;
  sharedValues(): Promise<readonly Sighting[]>;
  about(id: string, limit: number): Promise<readonly WeirEvent[]>;
  edgesOf(id: string): Promise<readonly string[]>;
  position(): Promise<number>;
  after(position: number, limit: number): Promise<{ readonly events: readonly WeirEvent[]; readonly position: number }>;
  entities(): Promise<readonly string[]>;
  chains(limit: number): Promise<readonly ChainStanding[]>;
  verify(): Promise<VerifyResult>;
  close(): Promise<void>;
}

/** The records of a home, asked the same way. */
export function homeStore(reader: Reader): StoreReader {
  return {
    async *events(filter) {
      yield* reader.events(filter);
    },
    event: async (id) => reader.event(id),
    edges: async (filter, details) => [...reader.edges(filter, details)],
    page: async (query) => reader.page(query),
    count: async (filter) => reader.count(filter),
    countBy: async (by, filter, limit) => reader.countBy(by, filter, limit),
    map: async (query) => reader.map(query),
    series: async (query) => reader.series(query),
    byFingerprint: async (fingerprints, limit) => reader.byFingerprint(fingerprints, limit),
    sharedValues: async () => reader.sharedValues(),
    about: async (id, limit) => reader.about(id, limit),
    edgesOf: async (id) => reader.edgesOf(id),
    position: async () => reader.position(),
    after: async (position, limit) => reader.after(position, limit),
    entities: async () => reader.entities(),
    chains: async (limit) => reader.chains(limit),
    verify: async () => reader.verify(),
    close: async () => reader.close(),
  };
}
