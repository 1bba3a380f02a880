/**
 * Recovery phrases of wallets (BIP-39): 12, 15, 18, 21 or 24 words of one list, whose last bits are a checksum of the
 * others. Whoever has the words has the wallet. A phrase whose checksum is wrong is none.
 */
import { createHash } from 'node:crypto';
import { byteAt, byteSet, isLetter, runEnd } from '../../scan/bytes.ts';
import type { Passage } from '../../scan/passage.ts';
import { assembled, type Opening, type Recognizer } from '../../scan/recognizer.ts';
import { BIP39_WORDS, RARE_BIP39_WORDS } from './bip39-words.ts';

const NUMBERS = new Map(BIP39_WORDS.map((word, number) => [word, number]));
const LENGTHS = [24, 21, 18, 15, 12];
/** The longest phrase, with words of the sentence on either side. */
const MAX_PHRASE = 30;
/** Words on either side of the cue that are looked at, and the longest of the list, bytes. */
const MAX_WORDS = 48;
const MAX_WORD = 8;
/** Between two words: space, a line end also as an escape, a comma, quotes of a list, a number with its stop. */
const BETWEEN = byteSet(' \t\r\n,;"\'`|[]0123456789.):-');
const MAX_BETWEEN = 12;

interface Word {
  readonly start: number;
  readonly end: number;
  readonly number: number;
}

/** Words of the list at the end of a text, the last perhaps not whole. */
const OPENS: Opening = {
  exec(text) {
    let at = text.length;
    while (at > 0 && text.length - at < MAX_WORD && isLetter(text.charCodeAt(at - 1))) at--;
    let begin = at;
    for (let words = 0; words < MAX_PHRASE; words++) {
      let end = at;
      while (end > 0 && at - end < MAX_BETWEEN && BETWEEN[text.charCodeAt(end - 1)] === 1) end--;
      let start = end;
      while (start > 0 && end - start <= MAX_WORD && isLetter(text.charCodeAt(start - 1))) start--;
      if (end === at || !NUMBERS.has(text.slice(start, end).toLowerCase())) break;
      begin = start;
      at = start;
    }
    return begin === text.length ? null : { index: begin };
  },
};

const phrase = assembled('abandon '.repeat(11), 'about');
const other = assembled('legal winner thank year wave sausage ', 'worth useful legal winner thank yellow');
const numbered = other
  .split(' ')
  .map((word, i) => `${i + 1}. ${word}`)
  .join('\n');

export const bip39Mnemonic: Recognizer = {
  name: 'bip39-mnemonic',
  entity: 'BIP39_MNEMONIC',
  category: 'credential',
  countries: [],
  reach: { maxLength: MAX_PHRASE * (MAX_WORD + MAX_BETWEEN), opens: OPENS },
  isWhole: true,
  // The words that samples are made of.
  cues: [...RARE_BIP39_WORDS, 'abandon'].map((literal) => ({ literal, startsWord: true, endsWord: true })),
  findAtCue(passage: Passage, start: number, end: number): void {
    if (passage.isRead('bip39', start)) return;
    const text = passage.text;
    const words: Word[] = [];
    for (let at = end, word = wordAt(text, start); word !== null && words.length < MAX_WORDS; word = wordAt(text, at)) {
      words.push(word);
      at = nextWord(text, word.end);
      if (at === -1) break;
    }
    const last = words.at(-1);
    if (last === undefined) return;
    passage.markRead('bip39', last.end);
    for (let word = words[0]; word !== undefined && words.length < 2 * MAX_WORDS; ) {
      const before = wordBefore(text, word.start);
      if (before === null) break;
      words.unshift(before);
      word = before;
    }
    // More of them in a row are the list itself, where every 16th window passes.
    if (words.length < 12 || words.length > MAX_PHRASE) return;
    // The longest first, and the last: words of the list stand in front of a phrase (`seed phrase`) more often than behind.
    for (const length of LENGTHS) {
      for (let first = words.length - length; first >= 0; first--) {
        const [from] = words.slice(first);
        const to = words[first + length - 1];
        if (from === undefined || to === undefined || !isPhrase(words.slice(first, first + length))) continue;
        passage.report(bip39Mnemonic, from.start, to.end, 0.95);
        return;
      }
    }
  },
  hits: [
    { text: `seed: ${phrase}.`, value: phrase, atLeast: 0.8 },
    { text: `my words are ${other} ok`, value: other, atLeast: 0.8 },
    { text: `Recovery phrase\n${numbered}\n`, value: numbered.slice(3), atLeast: 0.8 },
    { text: other.split(' ').join(','), value: other.split(' ').join(','), atLeast: 0.8 },
  ],
  misses: [
    { text: assembled('legal winner thank year wave sausage ', 'worth useful legal winner thank zebra') },
    { text: 'the zebra crossed the ocean and the wagon rolled over a tomato' },
    { text: other.split(' ').slice(0, 11).join(' ') },
  ],
};

/** The word of the list that begins at `start`; null where none does. */
function wordAt(text: Buffer, start: number): Word | null {
  let end = start;
  while (end - start <= MAX_WORD && isLetter(byteAt(text, end))) end++;
  const number = end - start > MAX_WORD ? undefined : NUMBERS.get(text.toString('latin1', start, end).toLowerCase());
  return number === undefined ? null : { start, end, number };
}

/** Where the next word begins behind `from`; -1 where something else comes first. */
function nextWord(text: Buffer, from: number): number {
  let at = runEnd(text, from, BETWEEN, MAX_BETWEEN);
  if (byteAt(text, at) === 0x5c && byteAt(text, at + 1) === 0x6e) at += 2;
  return at > from && isLetter(byteAt(text, at)) ? at : -1;
}

function wordBefore(text: Buffer, start: number): Word | null {
  let end = start;
  while (end > 0 && start - end < MAX_BETWEEN && BETWEEN[byteAt(text, end - 1)] === 1) end--;
  if (end === start) return null;
  let from = end;
  while (from > 0 && end - from <= MAX_WORD && isLetter(byteAt(text, from - 1))) from--;
  return from === end ? null : wordAt(text, from);
}

/** BIP-39, "Generating the mnemonic": 11 bits a word, of which one in 33 is the beginning of the SHA-256 of the others. */
function isPhrase(words: readonly Word[]): boolean {
  const bits = words.map(({ number }) => number.toString(2).padStart(11, '0')).join('');
  const size = Math.floor((bits.length * 32) / 33);
  const bytes = Buffer.from((bits.slice(0, size).match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2)));
  const check = createHash('sha256').update(bytes).digest().readUInt8(0).toString(2).padStart(8, '0');
  return bits.slice(size) === check.slice(0, bits.length - size);
}
