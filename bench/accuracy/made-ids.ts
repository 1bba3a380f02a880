/**
 * Identification numbers by chance and by an independent validator: a published number's shape is filled at random until
 * stdnum accepts it. So nothing here depends on what the recognizers check.
 */
import * as stdnum from 'stdnum';
import { idExamples, idModules } from './id-numbers.ts';
import { letters, pick, type Random } from './shapes.ts';

interface Validator {
  validate(value: string): { readonly isValid: boolean };
}

/** The library's types name each country; it is read here by the name of a module. */
const COUNTRIES: Readonly<Record<string, Readonly<Record<string, Validator>>>> = stdnum.stdnum;

function validatorOf(module: string): Validator | undefined {
  const [country = '', kind = ''] = module.split('/');
  return COUNTRIES[country.toUpperCase()]?.[kind];
}

/** What stdnum takes and no authority gives out: by the module, what its numbers have to look like. */
const GIVEN_OUT: ReadonlyMap<string, RegExp> = new Map([
  // Ten digits since 2023 at the latest, the first 0 or 1.
  ['be/vat', /^(?:BE)?\W*[01]/],
  // 12 is left out.
  ['cy/vat', /^(?:CY)?\W*(?!12)\d/],
  // Suffixes begin at B01.
  ['nl/btw', /B(?!00)\d\d$/],
]);

/** Enough for two check digits together with a date. */
const TRIES = 200_000;

export interface IdKind {
  readonly word: string;
  make(random: Random): string;
}

/** Numbers of the modules that map to an entity, by the entity; several modules and countries of one take turns. */
export function idKinds(): ReadonlyMap<string, readonly IdKind[]> {
  const examples = idExamples();
  const kinds = new Map<string, IdKind[]>();
  for (const { module, entity, word } of idModules()) {
    const validator = validatorOf(module);
    const valid = (examples.get(module) ?? []).filter(({ label }) => label === 1).map(({ value }) => value);
    if (entity === null || validator === undefined || valid.length === 0) continue;
    const shape = GIVEN_OUT.get(module);
    const isGivenOut = (value: string): boolean => shape === undefined || shape.test(value);
    const kind = {
      word,
      make: (random: Random) => another(random, valid, (value) => isGivenOut(value) && isValid(validator, value)),
    };
    kinds.set(entity, [...(kinds.get(entity) ?? []), kind]);
  }
  return kinds;
}

/** A valid number written like one of the examples, which is never one of them. */
function another(random: Random, examples: readonly string[], accepts: (value: string) => boolean): string {
  // Each number that it refuses costs the library an Error, most of it the stack.
  const kept = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    for (let tries = 0; tries < TRIES; tries++) {
      const example = pick(random, examples);
      const made = varied(random, example);
      if (made !== example && accepts(made)) return made;
    }
  } finally {
    Error.stackTraceLimit = kept;
  }
  // Few numbers of this shape are valid: then the published ones are all there is.
  return pick(random, examples);
}

/** Other digits; the letters are mostly literal (a country, a form of company) and stay, but for one try in four. */
function varied(random: Random, example: string): string {
  const isKept = random() < 0.75;
  return example.replace(/[0-9A-Za-z]/g, (char) => {
    if (char >= '0' && char <= '9') return letters(random, 'd', 1);
    if (isKept) return char;
    return char < 'a' ? letters(random, 'L', 1) : letters(random, 'l', 1);
  });
}

function isValid(validator: Validator, value: string): boolean {
  try {
    return validator.validate(value).isValid;
  } catch {
    return false; // Some validators throw on dates that do not exist.
  }
}
