/**
 * Dates of birth: a date that the calendar knows, between 1900 and 2099, after a word that says so. A date alone is
 * none.
 */

import { byteAt, byteSet, isAlnum, isDigit, isIn, isLetter, isWord } from '../../scan/bytes.ts';
import { contextWords } from '../../scan/context.ts';
import type { Passage } from '../../scan/passage.ts';
import { Pattern } from '../../scan/pattern.ts';
import type { Cue, Recognizer } from '../../scan/recognizer.ts';
import { valuesBefore } from '../../scan/value-before.ts';

const MONTHS =
  'jan(?:uary|uar|vier)?|feb(?:ruary|ruar)?|f[ée]v(?:rier)?|mar(?:ch|s|zo)?|märz|apr(?:il)?|avr(?:il)?|may|mai|mayo|maggio|june?|juni|juin|junio|giugno|july?|juli|juillet|julio|luglio|aug(?:ust)?|août|agosto|sep(?:t(?:ember|iembre)?|tembre)?|settembre|o[ck]t(?:ober|obre|ubre)?|ottobre|nov(?:ember|embre|iembre)?|de[cz](?:ember|embre)?|d[ée]c(?:embre)?|diciembre|dicembre|enero|febrero|abril|gennaio|febbraio|aprile';

const DATES = [
  // 1984-05-06, 1984/5/6, 1984.05.06
  new Pattern(
    '(?:19|20)[0-9]{2}(?:-(?:0?[1-9]|1[0-2])-|/(?:0?[1-9]|1[0-2])/|\\.(?:0?[1-9]|1[0-2])\\.)(?:0[1-9]|[12][0-9]|3[01]|[1-9])',
  ),
  // 06.05.1984, 5/6/84, 6-5-1984
  new Pattern(
    '(?:0?[1-9]|[12][0-9]|3[01])(?:/(?:0?[1-9]|[12][0-9]|3[01])/|-(?:0?[1-9]|[12][0-9]|3[01])-|\\. ?(?:0?[1-9]|1[0-2])\\. ?)(?:(?:19|20)[0-9]{2}|[0-9]{2})',
  ),
  // 6 May 1984, 6. Mai 1984, 6th of May, 1984
  new Pattern(
    `(?i)(?:0?[1-9]|[12][0-9]|3[01])(?:st|nd|rd|th|er|\\.|º)?(?: (?:of|de))?[ -](?:${MONTHS})\\.?(?: de)?,?[ -](?:19|20)[0-9]{2}`,
  ),
  // May 6, 1984
  new Pattern(`(?i)(?:${MONTHS})\\.? (?:0?[1-9]|[12][0-9]|3[01])(?:st|nd|rd|th)?,? (?:19|20)[0-9]{2}`),
  // 19840506
  new Pattern('(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])'),
];

const WORDS = `date of birth, date-of-birth, dateofbirth, date_of_birth, birth date, birth-date, birthdate, birth_date,
birthday, dob, d.o.b, born, geburtsdatum, geboren, geb., geburtstag, date de naissance, né le,
née le, ne le, nee le, naissance, fecha de nacimiento, nacimiento, nacido, nacida, data di nascita,
nato il, nata il, geboortedatum, geboren op, data de nascimento, nascido, nascida`.split(/,\s/);
const ASCII_WORDS = WORDS.filter((word) => /^[\x20-\x7e]+$/.test(word));
const CUES: readonly Cue[] = [
  ...ASCII_WORDS.map((literal) => ({ literal, startsWord: true })),
  // `customerDob`, `userBirthDate`
  { literal: 'Dob', exact: true, endsWord: true },
  { literal: 'BirthDate', exact: true },
  { literal: '_dob' },
  { literal: '_birth' },
];

/** How far behind the word a date is looked for, bytes. */
const NEAR = 48;
/** A line that ends sooner behind the word is a heading. */
const SAME_LINE = 4;

const MONTH_INITIALS = byteSet('adefgjlmnosADEFGJLMNOS');

/** `1984-05-06` with nothing joined to it: most dates of tables. */
function isPlainIsoDate(text: Uint8Array, at: number): boolean {
  if (byteAt(text, at + 4) !== 0x2d || byteAt(text, at + 7) !== 0x2d || isWord(byteAt(text, at + 10))) return false;
  const [century, month, day] = [twoDigits(text, at), twoDigits(text, at + 5), twoDigits(text, at + 8)];
  if (twoDigits(text, at + 2) === -1) return false;
  return (century === 19 || century === 20) && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

function twoDigits(text: Uint8Array, at: number): number {
  const [tens, ones] = [byteAt(text, at) - 0x30, byteAt(text, at + 1) - 0x30];
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

/** End of a date, of any of the usual forms, that begins at `at`; -1 where none does. */
export function dateEnd(text: Buffer, at: number): number {
  // Months begin with one of these letters; a word that does not is no date.
  if (isLetter(byteAt(text, at)) && !isIn(MONTH_INITIALS, byteAt(text, at))) return -1;
  if (isPlainIsoDate(text, at)) return at + 10;
  for (const date of DATES) {
    const end = date.endAt(text, at);
    if (end !== -1 && !isDigit(byteAt(text, end)) && !(isWord(byteAt(text, end)) && byteAt(text, end) !== 0x54))
      return end;
  }
  return -1;
}

export const dateOfBirth: Recognizer = {
  name: 'date-of-birth',
  entity: 'DATE_OF_BIRTH',
  category: 'personal',
  countries: [],
  reach: { words: 5, maxLength: 60 },
  cues: CUES,
  labels:
    contextWords(`dob, birth, birthdate, birthday, date of birth, dateofbirth, geburtsdatum, naissance, nacimiento,
geboortedatum, nascita, born`),
  findAtCue(passage: Passage, start: number, end: number): void {
    const text = passage.text;
    if (end < text.length && isAlnum(byteAt(text, end)) && !/^(?:day|date|_|on)/i.test(passage.ascii(end, end + 4)))
      return;
    const last = Math.min(text.length, end + NEAR);
    const isBorn = /^(?:born|geboren|n[aeé]|birthday)/i.test(passage.ascii(start, end));
    for (let i = end, lines = 0, most = 1; i < last; i++) {
      const byte = text[i] ?? 0;
      // A sentence or a blank line later it is about something else; a heading has one before its text.
      if (byte === 0x0a) {
        if (i <= end + SAME_LINE) most = 2;
        if (++lines > most) break;
      }
      if (byte === 0x3b || byte === 0x7b || byte === 0x7d) return;
      if (!isAlnum(byte) || isAlnum(byteAt(text, i - 1))) continue;
      const to = dateEnd(text, i);
      if (to === -1) continue;
      passage.report(dateOfBirth, i, to, i - end <= 20 ? (isBorn ? 0.75 : 0.9) : 0.6);
      return;
    }
    if (isBorn) return;
    for (const { start: from, end: to } of valuesBefore(passage, start, true)) {
      if (dateEnd(text, from) !== to) continue;
      passage.report(dateOfBirth, from, to, 0.75);
      return;
    }
  },
  findLabelled(passage: Passage): void {
    const length = passage.text.length;
    if (length > 40) return;
    const end = dateEnd(passage.text, 0);
    if (end !== -1 && (end === length || byteAt(passage.text, end) === 0x54)) passage.report(dateOfBirth, 0, end, 0.9);
  },
  labelledScore(text: Uint8Array, start: number, end: number): number {
    return end === start + 10 && isPlainIsoDate(text, start) ? 0.9 : -1;
  },
  hits: [
    { text: 'DOB: 05/06/1984', value: '05/06/1984', atLeast: 0.8 },
    { text: 'date of birth 1984-05-06', value: '1984-05-06', atLeast: 0.8 },
    { text: 'She was born on 6 May 1984 in Graz', value: '6 May 1984' },
    { text: 'Geburtsdatum: 06.05.1984', value: '06.05.1984', atLeast: 0.8 },
    { text: '{"birthDate":"1984-05-06T00:00:00Z"}', value: '1984-05-06' },
    { text: '1984-05-06', label: 'patient_dob', value: '1984-05-06', atLeast: 0.8 },
    { text: 'Born: May 6th, 1984\r\n', value: 'May 6th, 1984' },
    { text: 'date de naissance : 6 mai 1984', value: '6 mai 1984' },
    { text: '06.05.1984 is my date of birth', value: '06.05.1984' },
    { text: 'Subject: date of birth\n\nThe one on file is 05/06/1984.', value: '05/06/1984' },
  ],
  misses: [
    { text: '1984-05-06' },
    { text: 'released 05/06/1984' },
    { text: 'DOB: 45/66/1984' },
    { text: 'date of birth is required' },
    { text: 'reborn 2024-01-02' },
    { text: 'born in Graz; updated 2024-01-02' },
    { text: 'dobson 05/06/1984' },
  ],
};
