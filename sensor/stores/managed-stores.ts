/** Which data stores are known and managed: `stores` of the configuration, and what `destinations` says somebody answers for. */
import type { Catalog } from '../../catalog/catalog.ts';
import { HostTable } from '../../catalog/host-table.ts';

/** One entry under `stores` of the configuration. */
export interface ManagedStore {
  readonly name: string;
  readonly owner: string | null;
  /** Globs over canonical hosts, each with or without `:port`. */
  readonly hosts: readonly string[];
}

export interface ManagedStores {
  /** By any of the names and addresses of one place; null where nobody lists it. */
  at(hosts: readonly string[], port: number): ManagedStore | null;
  /** Nobody manages it: it stands neither under `stores` nor, sanctioned or with an owner, under `destinations`. */
  isShadow(hosts: readonly string[], port: number): boolean;
}

export function managedStores(entries: readonly ManagedStore[], catalog: Catalog): ManagedStores {
  const table = new HostTable<ManagedStore>();
  for (const entry of entries) for (const host of entry.hosts) table.add(host, entry);
  const at = (hosts: readonly string[], port: number): ManagedStore | null => {
    for (const host of hosts) {
      const found = table.find({ host, port });
      if (found !== null) return found;
    }
    return null;
  };
  return {
    at,
    isShadow: (hosts, port) =>
      at(hosts, port) === null &&
      !hosts.some((host) => {
        const entry = catalog.entryOf(host, port);
        return entry !== null && (entry.sanctioned || entry.owner !== null);
      }),
  };
}
