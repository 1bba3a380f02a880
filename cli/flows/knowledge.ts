/** What the configuration, the catalog and the recognizers say of the parties of the map, in the map's own words. */
import { createCatalog } from '../../catalog/catalog.ts';
import { HostTable } from '../../catalog/host-table.ts';
import type { Config } from '../../config/config.ts';
import { policyPaths, readPolicies } from '../../config/policies.ts';
import { compileGlob } from '../../engine/decide/glob.ts';
import { recognizersOf } from '../../engine/decide/policy-set.ts';
import { ENTITIES } from '../../engine/scan/scanner.ts';
import type { Category } from '../../flow/finding.ts';
import type { Knowledge, KnownStore } from '../../map/knowledge.ts';

/** Where a port is not known, entries that hold for any port are found. */
const ANY_PORT = 0;

/** `categories`: of entities that policies define themselves; unless given, those of the configuration's are read. */
export function knowledgeOf(
  config: Config,
  categories: ReadonlyMap<string, Category> = categoriesOfPolicies(config),
): Knowledge {
  const catalog = createCatalog(config.destinations);
  const owners = new Map(config.apps.map(({ name, owner }) => [name, owner]));
  const principals = config.apps.flatMap(({ name, iam }) =>
    iam === null ? [] : [{ name, matches: compileGlob(iam) }],
  );
  const addresses = new HostTable<string>();
  for (const { name, hosts } of config.apps) for (const host of hosts) addresses.add(host, name);
  const stores = new HostTable<KnownStore>();
  for (const { name, owner, hosts } of config.stores) for (const host of hosts) stores.add(host, { name, owner });
  const known = new Map([...ENTITIES, ...categories]);
  return {
    ownerOfApp: (app) => owners.get(app) ?? null,
    appOfPrincipal: (principal) => principals.find(({ matches }) => matches(principal))?.name ?? null,
    appAt: (host, port) => addresses.find({ host, port: port ?? ANY_PORT }),
    storeAt: (host, port) => stores.find({ host, port: port ?? ANY_PORT }),
    destinationAt(host, port) {
      const { vendor, category, country, sanctioned } = catalog.lookup(host, port ?? ANY_PORT);
      const entry = catalog.entryOf(host, port ?? ANY_PORT);
      if (entry === null && vendor === null && category === 'unknown') return null;
      return { vendor, category, country, sanctioned, owner: entry?.owner ?? null, note: entry?.note ?? null };
    },
    categoryOf: (entity) => known.get(entity) ?? 'custom',
    environments: config.environments,
  };
}

/** A policy with an error hides no map: what can be read of the others counts. */
function categoriesOfPolicies(config: Config): ReadonlyMap<string, Category> {
  const { documents } = readPolicies(policyPaths(config));
  return new Map(recognizersOf(documents).map(({ entity, category }) => [entity, category]));
}
