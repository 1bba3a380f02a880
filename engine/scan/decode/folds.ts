/**
 * Characters that look like, or stand for, ASCII: full-width and mathematical letters, digits of other scripts and in
 * circles, invisible characters within a value, Cyrillic and Greek letters in Latin words. Compatibility forms are
 * those of NFKC (Unicode Standard Annex #15), digits those of general category Nd.
 */
import { isAscii } from 'node:buffer';
import { nextNonAscii, quadsOf } from '../../encodings/quads.ts';
import { isAlnum, isDigit } from '../bytes.ts';
import { type Budget, Rewriting, type View } from './view.ts';

/** What is read on either side of such a character, bytes. */
const AROUND = 96;

/** What a code point reads as: ASCII bytes, none for an invisible one. */
type Fold = readonly number[];

/** Ranges in which NFKC yields ASCII, or digits stand. */
const COMPATIBLE: readonly (readonly [number, number])[] = [
  [0xa0, 0xbe],
  [0x2000, 0x200a],
  [0x2010, 0x2015],
  [0x2024, 0x2024],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x2070, 0x209c],
  [0x2100, 0x214f],
  [0x2160, 0x217f],
  [0x2212, 0x2212],
  [0x2460, 0x24ff],
  [0x2776, 0x2793],
  [0x3000, 0x3000],
  [0xfe50, 0xfe6b],
  [0xff01, 0xff5e],
  [0x1d400, 0x1d7ff],
  [0x1f100, 0x1f169],
];

/** First digits of scripts (Nd) that people write numbers in. */
const ZEROES = [
  0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0, 0xf20,
  0x1040, 0x17e0, 0x1810,
];

/** Invisible, and nothing of a value: zero-width, soft hyphen, directions, joiners, variation selectors. */
const INVISIBLE: readonly (readonly [number, number])[] = [
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x61c, 0x61c],
  [0x180b, 0x180e],
  [0x200b, 0x200f],
  [0x202a, 0x202e],
  [0x2060, 0x206f],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
];

const DASHES = new Set([0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212]);

/** Cyrillic and Greek letters that are drawn like Latin ones (Unicode Technical Standard #39, confusables). */
const CONFUSABLES =
  'аaсcеeоoрpхxуyіiјjѕsһhԁdԛqԝwАAВBСCЕEНHІIЈJКKМMОOРPЅSТTХXҮYԌGΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧXοoνvαaιiκkρpυu';

const FOLDS: ReadonlyMap<number, Fold> = folds();
const HOMOGLYPHS: ReadonlyMap<number, Fold> = new Map(
  [...CONFUSABLES.matchAll(/(.)(.)/gu)].map(([, own = '', latin = '']) => [
    own.codePointAt(0) ?? 0,
    [latin.charCodeAt(0)],
  ]),
);

function folds(): Map<number, Fold> {
  const table = new Map<number, Fold>();
  for (const [first, last] of COMPATIBLE) {
    for (let code = first; code <= last; code++) {
      const plain = DASHES.has(code) ? '-' : String.fromCodePoint(code).normalize('NFKC');
      if (/^[ -~]+$/.test(plain)) table.set(code, [...Buffer.from(plain, 'latin1')]);
    }
  }
  // Dingbats of digits have no compatibility form.
  for (let code = 0x2776; code <= 0x2793; code++) table.set(code, [...Buffer.from(String(((code - 0x2776) % 10) + 1))]);
  for (const zero of ZEROES) for (let digit = 0; digit < 10; digit++) table.set(zero + digit, [0x30 + digit]);
  for (const [first, last] of INVISIBLE) for (let code = first; code <= last; code++) table.set(code, []);
  // Tags (U+E0020 to U+E007E) are invisible ASCII: whoever writes in them hides a text.
  for (let code = 0xe0020; code <= 0xe007e; code++) table.set(code, [code - 0xe0000]);
  return table;
}

/** Digits of other scripts as ASCII ones. */
export function asciiDigits(text: string): string {
  return text.replace(/[^ -~]/gu, (character) => {
    const fold = FOLDS.get(character.codePointAt(0) ?? 0) ?? [];
    return fold.length === 1 && isDigit(fold[0] ?? 0) ? String.fromCharCode(fold[0] ?? 0) : character;
  });
}

/** A space that is only wider or narrower, and a dash: readers of numbers know them, they are no reason to read again. */
function isCommon(code: number): boolean {
  return code === 0xa0 || (code >= 0x2000 && code <= 0x200a) || code === 0x202f || code === 0x205f || DASHES.has(code);
}

/** Views of the surroundings of such characters, from left to right, none overlapping. */
export function* foldViews(text: Buffer, budget: Budget): Generator<View> {
  if (isAscii(text)) return;
  const quads = quadsOf(text);
  let at = nextFolded(text, quads, 0, text.length);
  while (at !== -1) {
    const from = characterStart(text, Math.max(0, at - AROUND));
    let to = Math.min(text.length, at + AROUND);
    for (;;) {
      const more = nextFolded(text, quads, at + 1, to);
      if (more === -1) break;
      at = more;
      to = Math.min(text.length, more + AROUND);
    }
    to = characterStart(text, to);
    if (!budget.take(to - from)) return;
    yield read(text, from, to);
    at = nextFolded(text, quads, to, text.length);
  }
}

/** Place of the next character that is folded, common spaces and dashes aside. */
function nextFolded(text: Buffer, quads: Int32Array, from: number, to: number): number {
  for (let i = nextNonAscii(text, from, quads); i < to; i = nextNonAscii(text, i + 1, quads)) {
    if ((text[i] as number) < 0xc2) continue;
    const code = codeAt(text, i);
    if (FOLDS.has(code) ? !isCommon(code) : HOMOGLYPHS.has(code) && isInMixedWord(text, i)) return i;
    i += widthOf(text[i] as number) - 1;
  }
  return -1;
}

function read(text: Buffer, from: number, to: number): View {
  // A fold is never longer than the character; `㏂`-like ones are not in the table.
  const rewriting = new Rewriting(text, from, 2 * (to - from));
  for (let i = from; i < to; ) {
    const width = widthOf(text[i] as number);
    if (width === 1) {
      i++;
      continue;
    }
    const code = codeAt(text, i);
    const fold = FOLDS.get(code) ?? (isInMixedWord(text, i) ? HOMOGLYPHS.get(code) : undefined);
    if (fold !== undefined && i + width <= to) rewriting.replace(i, i + width, fold);
    i += width;
  }
  return rewriting.done(to);
}

/** How far a word is followed on either side, bytes. */
const WORD = 48;

/** A word in which Latin letters or digits stand beside the other script's: nobody writes so but to deceive. */
function isInMixedWord(text: Buffer, at: number): boolean {
  for (let i = at - 1; i >= 0 && at - i <= WORD; i--) {
    const byte = text[i] as number;
    if (isAlnum(byte)) return true;
    if (byte < 0x80) break;
  }
  for (let i = at + 1; i < text.length && i - at <= WORD; i++) {
    const byte = text[i] as number;
    if (isAlnum(byte)) return true;
    if (byte < 0x80) break;
  }
  return false;
}

function widthOf(lead: number): number {
  if (lead < 0xc2) return 1;
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 1;
}

/** The code point at `at`; -1 where the bytes are no character. */
function codeAt(text: Buffer, at: number): number {
  const lead = text[at] as number;
  const width = widthOf(lead);
  if (width === 1) return lead < 0x80 ? lead : -1;
  let code = lead & (0xff >> (width + 1));
  for (let i = at + 1; i < at + width; i++) {
    const byte = text[i] ?? 0;
    if ((byte & 0xc0) !== 0x80) return -1;
    code = (code << 6) | (byte & 0x3f);
  }
  return code;
}

/** The start of the character that `at` stands in. */
function characterStart(text: Buffer, at: number): number {
  let start = at;
  while (start > 0 && start > at - 3 && start < text.length && ((text[start] as number) & 0xc0) === 0x80) start--;
  return start;
}
