/** The destination of an event on record as the catalog and the configuration have it now. */
import type { Catalog } from '../../catalog/catalog.ts';
import type { EventBody } from '../../flow/event.ts';
import { DESTINATION_CATEGORIES, type Destination } from '../../flow/parties.ts';

/** A host that the catalog does not know keeps the category it was given when it spoke in a provider's shape. */
export function eventDestinationOf(catalog: Catalog): (event: EventBody) => Destination {
  const known = new Map<string, Destination>();
  return ({ destination: { host, port, category } }) => {
    const key = `${host} ${port}`;
    const found = known.get(key) ?? catalog.lookup(host ?? '', port ?? 443);
    known.set(key, found);
    const recorded = DESTINATION_CATEGORIES.find((one) => one === category);
    return found.category === 'unknown' && recorded !== undefined ? { ...found, category: recorded } : found;
  };
}
