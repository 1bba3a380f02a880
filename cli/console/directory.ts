/** What configuration and catalog say of the parties of a flow, for the console, which reads neither. */
import { createCatalog } from '../../catalog/catalog.ts';
import type { Config } from '../../config/config.ts';
import type { Directory } from '../../console/api/parties.ts';

export function directoryOf({ apps, destinations }: Pick<Config, 'apps' | 'destinations'>): Directory {
  const catalog = createCatalog(destinations);
  const owners = new Map(apps.map(({ name, owner }) => [name, owner]));
  const named = [...apps, ...destinations].flatMap(({ owner }) => owner ?? []);
  return {
    apps: apps.map(({ name }) => name),
    owners: [...new Set(named)].sort(),
    ownerOfApp: (app) => owners.get(app) ?? null,
    destination: (host, port) => {
      const entry = catalog.entryOf(host, port);
      return { sanctioned: entry?.sanctioned ?? false, owner: entry?.owner ?? null, note: entry?.note ?? null };
    },
  };
}
