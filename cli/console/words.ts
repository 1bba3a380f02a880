/** Words of configuration, policies and recognizers for the console's filters and search. */

import type { Words } from '../../console/api/records.ts';
import { isPolicy } from '../../engine/decide/policy-file.ts';
import { recognizersOf } from '../../engine/decide/policy-set.ts';
import { BUILT_IN } from '../../engine/recognizers/built-in.ts';
import type { Category } from '../../flow/finding.ts';
import type { Snapshot } from '../snapshot.ts';

export function wordsOf({ config, documents }: Snapshot): Words {
  const { apps, destinations, stores } = config;
  const owners = [...apps, ...destinations, ...stores].flatMap(({ owner }) => owner ?? []);
  const entities = [...BUILT_IN, ...recognizersOf(documents)].map(({ entity, category }) => [entity, category]);
  return {
    apps: apps.map(({ name }) => name),
    owners: [...new Set(owners)].sort(),
    entities: Object.fromEntries(entities),
    policies: documents
      .filter(isPolicy)
      .map(({ name, rules }) => ({ name: name.value, rules: rules.map((rule) => rule.name.value) })),
  };
}

/** Categories of entities that policies define themselves. */
export function ownCategories({ documents }: Snapshot): ReadonlyMap<string, Category> {
  return new Map(recognizersOf(documents).map(({ entity, category }) => [entity, category]));
}
