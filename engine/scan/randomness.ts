/**
 * Whether a value reads as if chance had made it, and not a person: an identifier, a path, a word or a date is made of
 * pieces that people know, a key is not. Letters count as known where most pairs in a row of them are frequent in English
 * and in code; what is left over is noise. A tokenizer for language models would say the same with far more work.
 */

/** Pairs of letters that make up 84 of 100 in the words of manuals; by chance a pair is one of them in 27 of 100. */
const FREQUENT = new Set(
  `ab ac ad ag ai al am an ap ar as at au av ba be bl bo bu ca cc ce ch ci ck cl co cr ct cu da dd de di do ds ea ec ed
ee ef el em en ep er es et ev ex fa fe ff fi fo ge gi ha he hi ho ht ia ib ic id ie if ig il im in io ip ir is it iv ke la
ld le li ll lo ls lt lu ly ma me mi mo mp na nc nd ne ng ni no ns nt nu ob oc od ol om on oo op or os ot ou ov ow pa pe pi
pl po pp pr pt pu qu ra rc rd re ri rk rm rn ro rr rs rt ru ry sa sc se sh si so sp ss st su ta tc te th ti to tr ts tt tu
ty uc ue ui ul um un up ur us ut va ve vi wa we wh wi`.split(/\s+/),
);

/** Share of frequent pairs from which on a row of letters is a word. */
const WORD = 0.6;
/** A row of this many letters of one case, or of one word in capitals, is looked at; shorter ones are noise. */
const PIECE = /[A-Z]?[a-z]{2,}|[A-Z]{3,}(?![a-z])/g;

/** Letters and digits of a value that belong to no word. */
export function noiseOf(value: string): number {
  let noise = 0;
  for (let i = 0; i < value.length; i++) if (isAlnum(value.charCodeAt(i))) noise++;
  for (const [piece] of value.matchAll(PIECE)) if (isWord(piece.toLowerCase())) noise -= piece.length;
  return noise;
}

function isWord(piece: string): boolean {
  if (piece.length < 3) return false;
  let known = 0;
  for (let i = 1; i < piece.length; i++) if (FREQUENT.has(piece.slice(i - 1, i + 1))) known++;
  return known >= (piece.length - 1) * WORD;
}

function isAlnum(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}

/** Bits a character, by how often each occurs in the value itself (Shannon). */
export function entropyOf(value: string): number {
  const counts = new Map<string, number>();
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / value.length) * Math.log2(count / value.length);
  return bits;
}

/** Most of the value is noise, `least` characters or more of it, and no digit or letter rules it. Numbers, dates and UUIDs are not random. */
export function looksRandom(value: string, least = 12): boolean {
  if (UUID.test(value) || /^[\d\s.,:TZ+-]+$/.test(value)) return false;
  const noise = noiseOf(value);
  if (noise < least || noise < value.length * 0.5) return false;
  const entropy = entropyOf(value);
  return entropy >= (value.length >= 14 ? 2.9 : 2.5);
}

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Changes from a small letter to a capital or back that names in camel case do not have in so short a value. */
const HUMPS = /[a-z](?=[A-Z])|[A-Z](?=[a-z])/g;

/** Letters and digits mixed, as chance mixes them: no word, identifier or UUID. Of twenty signs one in twelve has fewer than two digits. */
export function isRandom(value: string): boolean {
  const digits = value.match(/\d/g)?.length ?? 0;
  if (digits === value.length || UUID.test(value)) return false;
  if (digits < 2) return (value.match(HUMPS)?.length ?? 0) >= value.length / 4 && looksRandom(value, 8);
  // `release-candidate-2024-12`: words and numbers with joints between.
  const parts = value.split(/[-_.]/);
  return parts.length < 3 || !parts.every((part) => /^(?:[a-z]*|[A-Z]*|[A-Z][a-z]*|\d*)$/.test(part));
}
