/** For each entity how values of it are made, from all sources; an entity without one is named by `withoutGenerator`. */
import type { Made } from './carriers.ts';
import { CREDENTIAL_SHAPES } from './credential-shapes.ts';
import { ID_SHAPES } from './id-shapes.ts';
import { MADE_CREDENTIALS } from './made-credentials.ts';
import { idKinds } from './made-ids.ts';
import { MADE_VALUES } from './made-values.ts';
import { fill, pick, type Random } from './shapes.ts';

/** One way to make a value, with the words that may stand beside it. */
export interface Way {
  readonly words: readonly string[];
  make(random: Random): Made;
}

/** Ways by entity. An entity of several sources (countries, forms) has several; they take turns. */
export const KINDS: ReadonlyMap<string, readonly Way[]> = collected();

function collected(): Map<string, Way[]> {
  const kinds = new Map<string, Way[]>();
  const add = (entity: string, words: readonly string[], make: (random: Random) => string | Made): void => {
    const way = {
      words,
      make(random: Random): Made {
        const made = make(random);
        return typeof made === 'string' ? { value: made } : made;
      },
    };
    kinds.set(entity, [...(kinds.get(entity) ?? []), way]);
  };
  for (const [entity, ways] of idKinds()) for (const way of ways) add(entity, [way.word], way.make);
  for (const table of [ID_SHAPES, CREDENTIAL_SHAPES])
    for (const [entity, { words, shapes }] of table)
      if (!kinds.has(entity)) add(entity, words, (random) => fill(random, pick(random, shapes)));
  for (const table of [MADE_VALUES, MADE_CREDENTIALS])
    for (const [entity, { words, make }] of Object.entries(table)) if (!kinds.has(entity)) add(entity, words, make);
  return kinds;
}

export function withoutGenerator(entities: Iterable<string>): readonly string[] {
  return [...entities].filter((entity) => !KINDS.has(entity)).sort();
}
