/** Sources and destinations as the API shows them, with what the configuration says of them. */
import type { EventDestination } from '../../flow/event.ts';
import type { Source } from '../../flow/parties.ts';
import { sourceLabel } from '../../map/ends.ts';
import type { DestinationParty, SourceParty } from './shapes.ts';

/** What the configuration and the catalog say; handed in, since the console reads neither. */
export interface Directory {
  readonly apps: readonly string[];
  readonly owners: readonly string[];
  readonly ownerOfApp: (app: string) => string | null;
  readonly destination: (
    host: string,
    port: number,
  ) => { readonly sanctioned: boolean; readonly owner: string | null; readonly note: string | null };
}

export function sourceParty(source: Source, directory: Directory): SourceParty {
  const { app } = source;
  return { label: sourceLabel(source), ...source, owner: app === null ? null : directory.ownerOfApp(app) };
}

export function destinationParty(destination: EventDestination, directory: Directory): DestinationParty {
  const { host, port } = destination;
  const known =
    host === null || port === null ? { sanctioned: false, owner: null, note: null } : directory.destination(host, port);
  return { label: destinationLabel(destination), ...destination, ...known };
}

function destinationLabel({ host, port, vendor }: EventDestination): string {
  if (host === null) return 'unknown destination';
  const address = port === null || port === 443 ? host : `${host}:${port}`;
  return vendor === null ? address : `${vendor} (${address})`;
}
