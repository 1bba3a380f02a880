/**
 * The names in fences. A fence may name what another host's configuration says, so an unknown name is no error; but one that
 * was misspelled leaves its app, store or vendor outside without a word.
 */
import { readCatalogData } from '../../catalog/catalog.ts';
import type { Config } from '../../config/config.ts';
import { didYouMean } from '../../engine/decide/near-name.ts';
import { type Check, off, ok, warning } from './check.ts';

export function checkEnvironments(config: Pick<Config, 'environments' | 'apps' | 'stores' | 'destinations'>): Check {
  const { environments, apps, stores, destinations } = config;
  if (environments.size === 0) return off('environments', 'no fence is configured');
  const vendors = new Set([
    ...readCatalogData().map((entry) => entry.vendor),
    ...destinations.flatMap((entry) => entry.vendor ?? []),
  ]);
  const unknown: string[] = [];
  const look = (place: string, names: readonly string[], known: ReadonlySet<string>, isSame = same) => {
    for (const name of names) {
      if ([...known].some((one) => isSame(one, name))) continue;
      unknown.push(`${place} names ${JSON.stringify(name)}, which nothing here has${didYouMean(name, known)}`);
    }
  };
  for (const [fence, inside] of environments) {
    look(`environments.${fence}.apps`, inside.apps, new Set(apps.map((app) => app.name)));
    look(`environments.${fence}.stores`, inside.stores, new Set(stores.map((store) => store.name)));
    look(`environments.${fence}.vendors`, inside.vendors, vendors, sameInAnyCase);
  }
  if (unknown.length === 0) return ok('environments', [...environments.keys()].join(', '));
  const fix =
    'Mend the name, or add it under `apps`, `stores` or `destinations`; what another host configures may stay.';
  return warning('environments', unknown.join('\n'), fix);
}

const same = (a: string, b: string): boolean => a === b;
const sameInAnyCase = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
