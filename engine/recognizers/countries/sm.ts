/**
 * San Marino: the economic operator's code, up to five digits, of which not all of two digits are given out. It says so
 * little that its word must stand directly before it.
 */

import { byteAt, byteSet, isDigit, isWord, runEnd } from '../../scan/bytes.ts';
import { contextWords } from '../../scan/context.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Codes of one and two digits that are in use. */
const SHORT = new Set([
  2, 4, 6, 7, 8, 9, 10, 11, 13, 16, 18, 19, 20, 21, 25, 26, 30, 32, 33, 35, 36, 37, 38, 39, 40, 42, 45, 47, 49, 51, 52,
  55, 56, 57, 58, 59, 61, 62, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 79, 80, 81, 84, 85, 87, 88, 91, 92,
  94, 95, 96, 97, 99,
]);

/** How far behind its word the code may begin, bytes: with the short word directly, or behind a colon or the like. */
const NEAR = 40;
const NEAR_SHORT = 12;
/** What may stand between the short word and its code. */
const BETWEEN = /^[^a-z0-9]*(?:(?:is|to|code|no|nr|sm|value|th|td)\b[^a-z0-9]*){0,3}$/i;
const DIGITS = byteSet('0-9');

function isCode(digits: string): boolean {
  const value = Number(digits);
  return /^0{0,3}\d{1,5}$/.test(digits) && (value > 99 || SHORT.has(value));
}

function isYear(digits: string): boolean {
  return /^(?:19|20)\d\d$/.test(digits);
}

const smCoe: Recognizer = {
  name: 'sm-coe',
  entity: 'SM_COE',
  category: 'business',
  countries: ['SM'],
  cues: [
    { literal: 'codice operatore economico', startsWord: true },
    { literal: 'codice_operatore_economico' },
    { literal: 'codiceoperatoreeconomico' },
    { literal: 'economic operator code', startsWord: true },
    { literal: 'c.o.e.', startsWord: true },
    { literal: 'COE', exact: true, startsWord: true, endsWord: true },
    { literal: 'coe', exact: true, startsWord: true, endsWord: true },
  ],
  labels: contextWords('coe, codice operatore economico, economic operator code'),
  findAtCue(passage: Passage, _start: number, end: number, cue): void {
    const text = passage.text;
    const isShort = cue.literal.length === 3;
    const last = Math.min(text.length, end + (isShort ? NEAR_SHORT : NEAR));
    let i = end;
    while (i < last && !isDigit(text[i] ?? 0)) {
      // Another sentence.
      if (byteAt(text, i) === 0x2e && byteAt(text, i + 1) === 0x20) return;
      i++;
    }
    if (i >= last || (isShort && !BETWEEN.test(passage.ascii(end, i)))) return;
    const to = runEnd(text, i, DIGITS, 9);
    const digits = passage.ascii(i, to);
    const after = byteAt(text, to);
    const goesOn =
      (after === 0x2e || after === 0x2d || after === 0x2f || after === 0x2c) && isDigit(byteAt(text, to + 1));
    if (isWord(after) || goesOn || !isCode(digits) || isYear(digits)) return;
    const hasLetters = /^SM$/i.test(passage.ascii(i - 2, i)) && !isWord(byteAt(text, i - 3));
    if (isWord(byteAt(text, i - 1)) && !hasLetters) return;
    passage.report(smCoe, hasLetters ? i - 2 : i, to, isShort ? 0.6 : 0.9);
  },
  findLabelled(passage: Passage): void {
    const length = passage.text.length;
    if (length <= 8 && isCode(passage.slice(0, length).replace(/^SM/, ''))) passage.report(smCoe, 0, length, 0.8);
  },
  hits: [
    { text: 'COE: 51', value: '51' },
    { text: 'Codice Operatore Economico SM04165', value: 'SM04165', atLeast: 0.8 },
    { text: '{"codiceOperatoreEconomico":"024165"}', value: '024165' },
    { text: 'My COE is 24165, as in the register', value: '24165' },
    { text: '04165', label: 'coe', value: '04165' },
  ],
  misses: [
    { text: 'COE: 1124165' },
    { text: 'COE 2024 report' },
    { text: 'COE: 2416A' },
    { text: '24165' },
    { text: 'Sebastian Coe 51' },
    { text: 'the COE in 25 of its 47 members' },
  ],
};

export const SM: readonly Recognizer[] = [smCoe];
