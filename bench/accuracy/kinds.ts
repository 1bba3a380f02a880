/** For each entity how values of it are made, from all sources; an entity without one is named by `withoutGenerator`. */
import { CARRIERS, type Carrier, type Made } from './carriers.ts';
import { CREDENTIAL_SHAPES, FURTHER_SHAPES } from './credential-shapes.ts';
import { DOCUMENT_CARRIERS, DOCUMENTS } from './documents.ts';
import { ID_SHAPES } from './id-shapes.ts';
import { MADE_CREDENTIALS } from './made-credentials.ts';
import { MADE_EUROPE } from './made-europe.ts';
import { idKinds } from './made-ids.ts';
import { MADE_VALUES } from './made-values.ts';
import { vendorKind } from './made-vendors.ts';
import { MADE_WORLD } from './made-world.ts';
import { fill, pick, type Random } from './shapes.ts';

/** One way to make a value, with the words that may stand beside it. */
export interface Way {
  readonly words: readonly string[];
  make(random: Random): Made;
}

type Making = (random: Random) => string | Made;

function way(words: readonly string[], make: Making): Way {
  return {
    words,
    make(random: Random): Made {
      const made = make(random);
      return typeof made === 'string' ? { value: made } : made;
    },
  };
}

/** Ways by entity, but those by a vendor's published examples. An entity of several countries has several; they take turns. */
const TABLES: ReadonlyMap<string, readonly Way[]> = collected();

function collected(): Map<string, readonly Way[]> {
  const kinds = new Map<string, readonly Way[]>();
  for (const table of [MADE_EUROPE, MADE_WORLD])
    for (const [entity, { words, make }] of Object.entries(table)) kinds.set(entity, [way(words, make)]);
  for (const [entity, ids] of idKinds())
    if (!kinds.has(entity))
      kinds.set(
        entity,
        ids.map(({ word, make }) => way([word], make)),
      );
  for (const table of [ID_SHAPES, CREDENTIAL_SHAPES])
    for (const [entity, { words, shapes }] of table)
      if (!kinds.has(entity)) kinds.set(entity, [way(words, (random) => fill(random, pick(random, shapes)))]);
  for (const [entity, make] of Object.entries(DOCUMENTS)) kinds.set(entity, [way(['document'], make)]);
  for (const table of [MADE_VALUES, MADE_CREDENTIALS])
    for (const [entity, { words, make }] of Object.entries(table))
      if (!kinds.has(entity)) kinds.set(entity, [way(words, make)]);
  return kinds;
}

export function isDocument(entity: string): boolean {
  return entity in DOCUMENTS;
}

/** One of each three carriers, those kept for test among them by turns. */
const SOME_CARRIERS: readonly Carrier[] = CARRIERS.filter((_, index) => index % 3 === Math.floor(index / 3) % 3);

/** An issuer of credentials beyond the list of kinds: measured with fewer carriers, as there are some five hundred. */
export function isFurther(entity: string): boolean {
  return !TABLES.has(entity);
}

/** What carries the values of an entity. */
export function carriersOf(entity: string): readonly Carrier[] {
  if (isDocument(entity)) return DOCUMENT_CARRIERS;
  return isFurther(entity) ? SOME_CARRIERS : CARRIERS;
}

/** The ways to make values of an entity; empty where it has no generator. */
export function waysOf(entity: string): readonly Way[] {
  const known = TABLES.get(entity);
  if (known !== undefined) return known;
  const further = FURTHER_SHAPES.get(entity);
  if (further !== undefined) return [way(further.words, (random) => fill(random, pick(random, further.shapes)))];
  const vendor = vendorKind(entity);
  return vendor === null ? [] : [way(vendor.words, vendor.make)];
}

export function withoutGenerator(entities: Iterable<string>): readonly string[] {
  return [...entities].filter((entity) => waysOf(entity).length === 0).sort();
}
