/**
 * How a personal name is written: capitalised words of any script with case, initials, particles (`van der`, `de la`),
 * suffixes. It says where a name that begins at a place ends, not whether it is one; that is for the words around it.
 */
import { COMMON, FAMILY, FAMILY_RARE, GIVEN, GIVEN_RARE } from '../../names/gazetteer.ts';
import { shippedModel } from '../../names/model.ts';
import { folded } from '../../names/words.ts';
import { byteAt, isUpper } from '../../scan/bytes.ts';
import type { Passage } from '../../scan/passage.ts';
import { isGivenName } from './given-names.ts';
import { isNoName } from './person-words.ts';

/** Longest name, bytes. */
export const WINDOW = 100;

const WORD = String.raw`(?:\p{Lu}['’])?\p{Lu}[\p{Ll}\p{M}][\p{L}\p{M}]*(?:['’-](?!s\b)\p{L}[\p{L}\p{M}]*)*`;
const CAPITALS = String.raw`\p{Lu}[\p{Lu}'’-]+`;
const INITIAL = String.raw`\p{Lu}\.`;
const PARTICLE =
  '(?:van der|van den|van de|van|von der|von|vom|zu|de la|de los|de las|de|del|della|di|da|dos|das|do|du|des|le|la|bin|ibn|al|el|ter|ten|den|af|av|y)';
export const FIRST = `(?:${WORD}|${INITIAL})`;
export const NEXT = String.raw`(?:[ \u00a0](?:${PARTICLE}[ \u00a0])?(?:${WORD}|${INITIAL}|Al-${WORD}))`;
const NAME = new RegExp(`${FIRST}${NEXT}{0,3}(?:,? (?:Jr|Sr|II|III|IV)\\b\\.?)?`, 'uy');
export const NAME_IN_CAPITALS = new RegExp(`${CAPITALS}(?:[ \\u00a0](?:${CAPITALS}|${INITIAL})){1,3}(?!\\p{L})`, 'uy');
export const LOWER_NAME = /\p{Ll}[\p{Ll}'’-]+(?: \p{Ll}[\p{Ll}'’-]+){0,2}/uy;
/** `Doe, Jane` */
export const REVERSED = new RegExp(`${WORD}, ${WORD}(?: (?:${WORD}|${INITIAL}))?(?![\\p{L}])`, 'uy');

const TRAILING_PARTICLE = new RegExp(`[ \\u00a0]${PARTICLE}$`, 'u');
const BETWEEN = /[ \u00a0,]+/u;

export interface Name {
  readonly start: number;
  readonly end: number;
  readonly words: readonly string[];
  /** What follows it, a few characters. */
  readonly rest: string;
}

/** A name of capitalised words that begins at byte `at`; words that are none of a name end it. Null where none begins. */
export function nameAt(passage: Passage, at: number, form: RegExp = NAME, isNone = isNoName): Name | null {
  // Asked before anything is decoded: most words in these places are in lower case.
  const first = byteAt(passage.text, at);
  if (form !== LOWER_NAME && !isUpper(first) && first < 0xc3) return null;
  const window = passage.slice(at, Math.min(passage.text.length, at + WINDOW));
  form.lastIndex = 0;
  const match = form.exec(window);
  if (match === null) return null;
  let name = match[0];
  let words = name.split(BETWEEN);
  const bad = words.findIndex((word) => isNone(word.replace(/[.,]$/, '')));
  if (bad === 0) return null;
  if (bad > 0) {
    // Only what stands before the first word that belongs to no name.
    const kept = words.slice(0, bad);
    let length = 0;
    for (const word of kept) length = name.indexOf(word, length) + word.length;
    name = name.slice(0, length).replace(TRAILING_PARTICLE, '');
    words = name.split(BETWEEN);
  }
  // An initial's stop belongs to it; that of a sentence was never taken in.
  const end = at + Buffer.byteLength(name);
  if (words.every((word) => word.length < 2 || word.endsWith('.'))) return null;
  return { start: at, end, words, rest: window.slice(name.length, name.length + 12) };
}

/**
 * Whether a name in lower case is one that is known, and no common word: all that tells it from other values where a key
 * says that a name is to come (`last_name: desc`).
 */
export function isKnownName(name: Name): boolean {
  const { gazetteer } = shippedModel();
  return name.words.every((word) => {
    const flags = gazetteer.flags(folded(word));
    return isGivenName(word) || ((flags & ANY_NAME) !== 0 && (flags & COMMON) === 0);
  });
}
const ANY_NAME = GIVEN | GIVEN_RARE | FAMILY | FAMILY_RARE;

/** Words of a name that count: not initials, not particles. */
export function weight(name: Name): number {
  return name.words.filter((word) => /^\p{Lu}/u.test(word)).length;
}

export function startsGiven(name: Name): boolean {
  return isGivenName(name.words[0]?.replace(/['’]s$/, '') ?? '');
}
