/** What handlers answer from: the records, what configuration and catalog say of their parties, and the moment. */
import type { EventDestination } from '../../flow/event.ts';
import type { Source } from '../../flow/parties.ts';
import { placeOf, workloadOf } from '../../map/ends.ts';
import type { Knowledge } from '../../map/knowledge.ts';
import type { StoreReader } from '../../store/store-reader.ts';
import type { DestinationParty, SourceParty } from './shapes.ts';
import type { Situation } from './situation.ts';

/** Words of the configuration and of the recognizers. */
export interface Words {
  readonly apps: readonly string[];
  readonly owners: readonly string[];
  /** Every entity that can be found, with its category. */
  readonly entities: Readonly<Record<string, string>>;
  readonly policies: readonly { readonly name: string; readonly rules: readonly string[] }[];
}

export interface Records {
  /** Opened anew where the database was not there yet. */
  readonly reader: () => StoreReader;
  readonly knowledge: () => Knowledge;
  readonly words: () => Words;
  readonly situation: () => Situation;
  readonly now: () => Date;
}

export function sourceParty(source: Source, knowledge: Knowledge): SourceParty {
  const { label, owner } = workloadOf(source, knowledge);
  const { app, verified, host, pid, process, exe, user, container, credential } = source;
  return { label, app, verified, owner, host, pid, process, exe, user, container, credential };
}

export function destinationParty(destination: EventDestination, knowledge: Knowledge): DestinationParty {
  const { label, vendor, category, country, sanctioned, owner, note } = placeOf(
    { destination, protocol: 'unknown' },
    knowledge,
  );
  const { host, port } = destination;
  return { label, host, port, vendor, category, country, sanctioned, owner, note };
}
