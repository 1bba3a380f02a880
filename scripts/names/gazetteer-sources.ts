/**
 * The lists that the tagger's gazetteers are packed from: US names of 1990 by frequency, towns of GeoNames by
 * population, common words of nine languages (scripts/names/lists), and the names and places of Faker's locales, those
 * kept back for measuring left out.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allLocales, type LocaleDefinition } from '@faker-js/faker';
import { packageRoot } from '../../config/package-root.ts';
import {
  COMMON,
  FAMILY,
  FAMILY_RARE,
  GIVEN,
  GIVEN_RARE,
  pairKey,
  REGION,
  TOWN,
  TOWN_SMALL,
  wordKey,
} from '../../engine/names/gazetteer.ts';
import { folded, hashOf } from '../../engine/names/words.ts';
import { KEPT_BACK_LOCALES } from './locales.ts';
import { PRODUCTS } from './products.ts';

const LISTS = join(packageRoot, 'scripts/names/lists');
const LANGUAGES = ['english', 'german', 'french', 'spanish', 'italian', 'dutch', 'portuguese', 'polish', 'swedish'];
/** Lines of the lists that count as frequent. */
const FREQUENT_GIVEN = 2000;
const FREQUENT_FAMILY = 4000;
const LARGE_TOWNS = 4500;
/** A name that stands in lower case so often is a common word too. */
const NOT_ONLY_A_NAME = 8;

function linesOf(file: string): readonly string[] {
  return readFileSync(join(LISTS, file), 'utf8').trim().split('\n');
}

/** All strings of a definition, however it is sorted by sex or kind. */
export function stringsIn(definition: unknown): readonly string[] {
  if (typeof definition === 'string') return [definition];
  if (typeof definition !== 'object' || definition === null) return [];
  return Object.values(definition).flatMap(stringsIn);
}

const IS_NAME = /^\p{Lu}[\p{L}\p{M}'’-]+(?: \p{L}[\p{L}\p{M}'’-]+){0,3}$/u;

/** `seen` are words that stand in lower case in running text, and how often. */
export function gazetteerEntries(seen: ReadonlyMap<string, number>): ReadonlyMap<number, number> {
  const entries = new Map<number, number>();
  const add = (key: number, flags: number): void => void entries.set(key, (entries.get(key) ?? 0) | flags);
  const names = new Set<string>();
  const addWord = (word: string, flags: number): void => {
    const plain = folded(word.toLowerCase());
    if (plain.length < 2) return;
    add(wordKey(plain), flags);
    names.add(plain);
  };
  const addPlace = (place: string, flags: number): void => {
    const words = place.toLowerCase().split(/[ -]/);
    if (words.length === 1) addWord(place, flags);
    else if (words[0] !== undefined && words[1] !== undefined && words[0].length + words[1].length > 4)
      add(pairKey(hashOf(words[0], 0), hashOf(words[1], 0)), flags);
  };
  for (const [at, name] of linesOf('given-us-1990.txt').entries())
    addWord(name, at < FREQUENT_GIVEN ? GIVEN : GIVEN_RARE);
  for (const [at, name] of linesOf('family-us-1990.txt').entries())
    addWord(name, at < FREQUENT_FAMILY ? FAMILY : FAMILY_RARE);
  for (const [at, name] of linesOf('towns-geonames.txt').entries())
    addPlace(name, at < LARGE_TOWNS ? TOWN : TOWN_SMALL);
  for (const [locale, definition] of Object.entries(allLocales) as [string, LocaleDefinition][]) {
    if (KEPT_BACK_LOCALES.includes(locale)) continue;
    const { person, location } = definition;
    for (const name of stringsIn(person?.first_name)) if (IS_NAME.test(name)) addWord(name.split(' ')[0] ?? '', GIVEN);
    for (const name of stringsIn(person?.last_name)) if (IS_NAME.test(name)) addWord(name.split(' ')[0] ?? '', FAMILY);
    for (const name of stringsIn(location?.city_name)) if (IS_NAME.test(name)) addPlace(name, TOWN_SMALL);
    for (const name of stringsIn(location?.state)) if (IS_NAME.test(name)) addPlace(name, REGION);
    for (const name of stringsIn(location?.country)) if (IS_NAME.test(name)) addPlace(name, REGION);
  }
  // The frequency lists hold names in lower case too: those count as common only where running text has them so.
  for (const language of LANGUAGES)
    for (const word of linesOf(`common-${language}.txt`)) {
      const plain = folded(word);
      if (!names.has(plain) || (seen.get(word) ?? 0) >= NOT_ONLY_A_NAME) add(wordKey(plain), COMMON);
    }
  for (const product of PRODUCTS) {
    const plain = product.toLowerCase();
    if (((entries.get(wordKey(plain)) ?? 0) & GIVEN) === 0) add(wordKey(plain), COMMON);
  }
  for (const [word, times] of seen)
    if (times >= (names.has(folded(word)) ? NOT_ONLY_A_NAME : 3)) add(wordKey(folded(word)), COMMON);
  return entries;
}
