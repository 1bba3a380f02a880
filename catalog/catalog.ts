/**
 * Destinations: who stands behind a host name. The data shipped with the package says vendor, category and country;
 * `destinations` of the configuration adds to it and overrides it, and alone can say that a destination is sanctioned.
 * A name that nobody knows is of category `unknown`, never guessed.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getDomain } from 'tldts';
import { packageRoot } from '../config/package-root.ts';
import { DESTINATION_CATEGORIES, type Destination, type DestinationCategory } from '../flow/parties.ts';
import { HostTable } from './host-table.ts';
import { DESTINATION_KINDS, type DestinationKind, isDestinationKind } from './kinds.ts';
import { rangeOf } from './ranges.ts';

/** One entry under `destinations` of the configuration; null is what it does not say. */
export interface DestinationEntry {
  /** Globs over canonical hosts, each with or without `:port`. */
  readonly hosts: readonly string[];
  readonly vendor: string | null;
  readonly category: DestinationCategory | null;
  /** ISO 3166-1 alpha-2, upper case. */
  readonly country: string | null;
  readonly sanctioned: boolean;
  /** The proxy may reach it on a private address. */
  readonly private: boolean;
  readonly owner: string | null;
  readonly note: string | null;
}

/** One entry of the shipped data: as catalog/README.md says. */
export interface CatalogEntry {
  readonly vendor: string;
  readonly category: DestinationCategory;
  /** What it is for, one of catalog/kinds.ts. */
  readonly kind: DestinationKind;
  /** Of the vendor's seat; null for software that runs on this host. */
  readonly country: string | null;
  /** Where the vendor's terms stand; null where none were collected. */
  readonly terms: string | null;
  readonly hosts: readonly string[];
}

/** All that is known of who stands behind a host: for people, not for rules. */
export interface DestinationProfile extends Destination {
  readonly kind: DestinationKind | null;
  /** What data it is for, in a few words. */
  readonly purpose: string | null;
  readonly terms: string | null;
  readonly owner: string | null;
  readonly note: string | null;
  /** The registrable domain by the public suffix list, private suffixes included; null for an address. */
  readonly domain: string | null;
}

export interface Catalog {
  /** `host` is canonical. About a microsecond. */
  lookup(host: string, port: number): Destination;
  /** The configuration's entry for a host, the most specific one; null where there is none. */
  entryOf(host: string, port: number): DestinationEntry | null;
  /** What to tell people of a host. */
  describe(host: string, port: number): DestinationProfile;
  /** The patterns of a category's hosts, the configuration's first. */
  patternsOf(category: DestinationCategory): readonly string[];
}

/** The shipped data files, in catalog/. */
export const CATALOG_FILES = ['genai.json', 'services.json'] as const;

/** Answers that are kept, since an app asks for few hosts and for those again and again. */
const MAX_LOOKED = 10_000;

let shipped: HostTable<CatalogEntry> | null = null;

/** Built-in data with the configuration's entries laid over it: what an entry does not say is taken from the data. */
export function createCatalog(extra: readonly DestinationEntry[]): Catalog {
  shipped ??= readShipped();
  const known = shipped;
  const own = new HostTable<DestinationEntry>();
  for (const entry of extra) for (const host of entry.hosts) own.add(host, entry);
  const looked = new Map<string, Destination>();
  const lookup = (host: string, port: number): Destination => {
    const key = `${host} ${port}`;
    let destination = looked.get(key);
    if (destination === undefined) {
      destination = destinationOf(host, port);
      // Clients choose the names.
      if (looked.size >= MAX_LOOKED) looked.clear();
      looked.set(key, destination);
    }
    return destination;
  };
  return {
    entryOf: (host, port) => own.find({ host, port }),
    lookup,
    describe: (host, port) => {
      const entry = own.find({ host, port });
      const data = known.find({ host, port });
      // Of a tenant with another vendor the data's kind and terms say nothing.
      const told = entry === null || entry.vendor === null || entry.vendor === data?.vendor ? data : null;
      return {
        ...lookup(host, port),
        kind: told?.kind ?? null,
        purpose: told == null ? null : DESTINATION_KINDS[told.kind],
        terms: told?.terms ?? null,
        owner: entry?.owner ?? null,
        note: entry?.note ?? null,
        domain: getDomain(host, { allowPrivateDomains: true }),
      };
    },
    patternsOf: (category) =>
      [...extra, ...readCatalogData()].flatMap((entry) => (entry.category === category ? entry.hosts : [])),
  };

  function destinationOf(host: string, port: number): Destination {
    const entry = own.find({ host, port });
    const data = known.find({ host, port }) ?? rangeOf(host);
    // The country in the data is that of the data's vendor: it says nothing of another one.
    const isSameVendor = entry === null || entry.vendor === null || entry.vendor === data?.vendor;
    return {
      host,
      port,
      vendor: entry?.vendor ?? data?.vendor ?? null,
      category: entry?.category ?? data?.category ?? 'unknown',
      country: entry?.country ?? (isSameVendor ? (data?.country ?? null) : null),
      sanctioned: entry?.sanctioned ?? false,
    };
  }
}

function readShipped(): HostTable<CatalogEntry> {
  const table = new HostTable<CatalogEntry>();
  for (const entry of readCatalogData()) {
    for (const host of entry.hosts) if (!table.add(host, entry)) throw new Error(`catalog: ${host} is no host pattern`);
  }
  return table;
}

/** The entries of all shipped data files, in order. Throws when a file is not as it should be: a broken package. */
export function readCatalogData(): readonly CatalogEntry[] {
  return CATALOG_FILES.flatMap((file) => {
    const parsed: unknown = JSON.parse(readFileSync(join(packageRoot, 'catalog', file), 'utf8'));
    if (!Array.isArray(parsed) || !parsed.every(isEntry)) throw new Error(`catalog/${file} is not a list of entries`);
    return parsed;
  });
}

function isEntry(value: unknown): value is CatalogEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { vendor, category, kind, country, terms, hosts } = value as Record<string, unknown>;
  return (
    typeof vendor === 'string' &&
    DESTINATION_CATEGORIES.some((one) => one === category) &&
    isDestinationKind(kind) &&
    (country === null || typeof country === 'string') &&
    (terms === null || typeof terms === 'string') &&
    Array.isArray(hosts) &&
    hosts.every((host) => typeof host === 'string')
  );
}
