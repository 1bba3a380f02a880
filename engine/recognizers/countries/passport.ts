/**
 * Passport numbers. Their shapes (a letter or two and seven or eight digits, or nine digits) fit far too much, so a word
 * for passport must stand before the value or in its label.
 */

import { byteAt, byteSet, isAlnum, isDigit, isLetter, isWord, runEnd, touchesWordBefore } from '../../scan/bytes.ts';
import { contextWords } from '../../scan/context.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Recognizer } from '../../scan/recognizer.ts';
import { valuesBefore } from '../../scan/value-before.ts';

const WORDS = `passport, reisepass, passeport, pasaporte, passaporto, paspoort, passaporte, paszport, pasaport,
passnummer`.split(/,\s/);
const VALUE = byteSet('A-Za-z0-9');

/** How far behind the word its number is looked for, bytes. */
const NEAR = 64;
/** A line that ends sooner behind the word has the number on the next: a heading, a letter. */
const SAME_LINE = 12;

type Kind = 'us' | 'other' | null;

/** A US number is nine digits or a letter and eight digits; others hold five to eight digits behind up to three letters, or are mixed as Germany's. */
function kindOf(written: string): Kind {
  // Typed in small letters, a word with a few digits would pass for one.
  const value = /\d{6}/.test(written) ? written.toUpperCase() : written;
  if (/^[A-Z]?\d{8}$|^\d{9}$/.test(value)) return /^\d{8}$/.test(value) ? 'other' : 'us';
  if (/^[A-Z]{1,3}\d{5,8}$|^\d{2}[A-Z]{2}\d{5}$/.test(value)) return 'other';
  // Germany: first of C F G H J K, then ten consonants and digits without look-alikes (ICAO document number).
  if (/^[CFGHJK][CFGHJKLMNPRTVWXYZ0-9]{7,9}$/.test(value) && /\d/.test(value)) return 'other';
  return null;
}

/** Calls `found` with the first value of that shape after a passport word. */
function eachNear(passage: Passage, from: number, found: (start: number, end: number, kind: Kind) => void): void {
  const text = passage.text;
  const last = Math.min(text.length, from + NEAR);
  let i = from;
  let words = 0;
  while (i < last) {
    const byte = text[i] ?? 0;
    // Past the sentence or the line it belongs to something else; a colon or a table's bar goes on.
    if (byte === 0x0a && i > from + SAME_LINE) return;
    if (!isAlnum(byte)) {
      i++;
      continue;
    }
    const end = runEnd(text, i, VALUE, 24);
    const value = passage.ascii(i, end);
    const kind = holdsDigit(text, i, end) ? kindOf(value) : null;
    if (kind !== null && !touchesWordBefore(text, i) && !isWord(byteAt(text, end)) && !isMore(text, end)) {
      found(i, end, kind);
      return;
    }
    if (++words > 7) return;
    i = end;
  }
}

function holdsDigit(text: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (isDigit(text[i] ?? 0)) return true;
  return false;
}

/** The value goes on behind a dash, dot or slash: a date, a UUID, a version. */
function isMore(text: Uint8Array, end: number): boolean {
  const after = byteAt(text, end);
  return (
    (after === 0x2d || after === 0x2e || after === 0x2f) &&
    (isDigit(byteAt(text, end + 1)) || isLetter(byteAt(text, end + 1)))
  );
}

function report(passage: Passage, kind: Kind, start: number, end: number, score: number): void {
  if (kind !== null) passage.report(kind === 'us' ? usPassport : passport, start, end, score);
}

/** Finds the numbers of both forms. */
export const usPassport: Recognizer = {
  name: 'us-passport',
  entity: 'US_PASSPORT',
  category: 'government_id',
  countries: ['US'],
  cues: [
    ...WORDS.map((literal) => ({ literal, startsWord: true })),
    // `us_passport`, `usPassportNumber`
    { literal: '_passport' },
    { literal: 'Passport', exact: true },
  ],
  labels: contextWords(...WORDS, 'passportno', 'passportnumber'),
  findAtCue(passage: Passage, start: number, end: number): void {
    let isFound = false;
    eachNear(passage, end, (from, to, kind) => {
      isFound = true;
      report(passage, kind, from, to, from - end <= 24 ? 0.85 : 0.7);
    });
    if (isFound) return;
    for (const { start: from, end: to } of valuesBefore(passage, start, true)) {
      const kind = to - from <= 12 ? kindOf(passage.ascii(from, to)) : null;
      if (kind !== null) return report(passage, kind, from, to, 0.85);
    }
  },
  findLabelled(passage: Passage): void {
    const length = passage.text.length;
    if (length <= 12) report(passage, kindOf(passage.slice(0, length).trim()), 0, length, 0.85);
  },
  hits: [
    { text: 'Passport number: 912803456', value: '912803456', atLeast: 0.8 },
    { text: 'passport A12345678', value: 'A12345678', atLeast: 0.8 },
    { text: '{"passportNo":"546812397"}', value: '546812397' },
    { text: 'my passport is x98765432', value: 'x98765432' },
    { text: 'A12345678 is my passport number', value: 'A12345678' },
    { text: 'Passport number\n\nThe one on file is 912803456.', value: '912803456' },
    { text: 'X98765432', label: 'passport_number', value: 'X98765432' },
  ],
  misses: [
    { text: '912803456' },
    { text: 'order A12345678' },
    { text: 'passport-js 1.2.3' },
    { text: 'passport office, open since 1998' },
    { text: 'passport 550e8400-e29b-41d4-a716-446655440000' },
  ],
};

/** Found by `usPassport`, which tells the two forms apart. */
export const passport: Recognizer = {
  name: 'passport',
  entity: 'PASSPORT_GENERIC',
  category: 'government_id',
  countries: [],
  hits: [
    { text: 'Reisepass Nr. P1234567', value: 'P1234567' },
    { text: 'passeport n° EN123456', value: 'EN123456' },
    { text: 'passport no. L1234567 issued', value: 'L1234567' },
    { text: 'pasaporte: PAB1234567', value: 'PAB1234567' },
  ],
  misses: [
    { text: 'C01X00T47' },
    { text: 'passport.authenticate("local")' },
    { text: 'passport valid until 2031-05-06' },
    { text: 'my passport and 12 photos' },
  ],
};
