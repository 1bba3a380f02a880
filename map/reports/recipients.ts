/** Who got data of some classes: flows by what stands at their address, for the reports on privacy. */
import type { Place } from '../ends.ts';
import type { MergedFlow } from '../merged-flows.ts';

export interface Recipient {
  readonly place: Place;
  /** `OpenAI`, `crm`, `files.example`: a vendor is one, however many hosts it has. */
  readonly name: string;
  readonly hosts: readonly string[];
  readonly flows: readonly MergedFlow[];
  readonly sources: readonly string[];
  readonly lastSeen: string;
}

const OUTSIDE: ReadonlySet<Place['type']> = new Set(['llm', 'third_party', 'unknown']);

export function isOutside(place: Place): boolean {
  return OUTSIDE.has(place.type);
}

/** By name; the owner, note and country are those of the first of its hosts that has one. */
export function recipientsOf(flows: readonly MergedFlow[]): readonly Recipient[] {
  const groups = Map.groupBy(flows, ({ place }) => (place.store === null ? (place.vendor ?? place.key) : place.key));
  return [...groups.values()]
    .map((alike): Recipient => {
      const places = alike.map(({ place }) => place);
      const [first] = places;
      if (first === undefined) throw new Error('a recipient without a flow');
      const known = <K extends 'owner' | 'note' | 'country'>(key: K) =>
        places.find((one) => one[key] !== null)?.[key] ?? null;
      return {
        place: {
          ...first,
          owner: known('owner'),
          note: known('note'),
          country: known('country'),
          sanctioned: places.every(({ sanctioned }) => sanctioned),
        },
        name: first.store ?? first.vendor ?? first.label,
        hosts: [...new Set(alike.map(({ address }) => address))].toSorted(),
        flows: alike,
        sources: [...new Set(alike.map(({ workload }) => workload.label))].toSorted(),
        lastSeen: alike.map(({ lastSeen }) => lastSeen).reduce((a, b) => (a > b ? a : b)),
      };
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** What kind of party it is, in words. */
export function partyText({ type, isShadow, sanctioned }: Place): string {
  const words = {
    datastore: isShadow ? 'data store that nobody has listed' : 'data store',
    llm: 'LLM provider',
    third_party: 'third party',
    internal: 'internal service',
    unknown: 'unknown',
  };
  return sanctioned ? `${words[type]}, sanctioned` : words[type];
}
