/**
 * A destination as records have it: one object for all of them, so that the store need not write it out for each. Of a
 * host that the catalog does not know it holds what the host's certificate says of its owner.
 */
import type { EventDestination } from './event.ts';
import type { Destination } from './parties.ts';

const NOWHERE: EventDestination = { host: null, port: null, vendor: null, category: 'unknown', country: null };
/** Clients choose the hosts. */
const MAX_KNOWN = 10_000;

interface Kept {
  readonly destination: EventDestination;
  /** How often something had been learned when it was made. */
  readonly learned: number;
}

const destinations = new WeakMap<Destination, Kept>();
/** By host and port: configurations come and go, and with them the objects of destinations. */
const organizations = new Map<string, string>();
let learned = 0;

export function eventDestination(to: Destination | null): EventDestination {
  if (to === null) return NOWHERE;
  const kept = destinations.get(to);
  if (kept !== undefined && (kept.learned === learned || to.category !== 'unknown')) return kept.destination;
  const { host, port, vendor, category, country } = to;
  const organization = category === 'unknown' ? organizations.get(`${host} ${port}`) : undefined;
  const base = { host, port, vendor, category, country };
  const destination = organization === undefined ? base : { ...base, organization };
  destinations.set(to, { destination, learned });
  return destination;
}

/** From now on records of an unknown host say whose certificate it has. */
export function learnOrganization(host: string, port: number, organization: string): void {
  const key = `${host} ${port}`;
  if (organizations.get(key) === organization) return;
  if (organizations.size >= MAX_KNOWN) organizations.clear();
  organizations.set(key, organization);
  learned++;
}
