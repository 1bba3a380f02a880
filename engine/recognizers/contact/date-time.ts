/**
 * Dates that the calendar knows, with the time of day where one follows. Nearly every text has some, so that a date is
 * low by itself, and medium beside a word for what happens to people on a date.
 */
import { byteAt, isAlnum, isDigit, isLetter, numberIn } from '../../scan/bytes.ts';
import { isDay } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { DASH, DOT, type NumberChain, SLASH } from '../../scan/numbers.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Recognizer } from '../../scan/recognizer.ts';
import { dateEnd } from './date-of-birth.ts';

/** Below the medium of all other kinds: a date is what is left when nothing else is. */
const ALONE = 0.3;
const NAMED = 0.5;

const MONTHS =
  `january,february,march,april,june,july,august,september,october,november,december,jan,feb,mar,apr,may,jun,jul,aug,
sep,sept,oct,nov,dec,januar,februar,juni,juli,oktober,dezember,janvier,avril,mai,juin,juillet,septembre,octobre,novembre,
enero,febrero,marzo,abril,mayo,junio,julio,agosto,septiembre,octubre,noviembre,diciembre,gennaio,febbraio,aprile,maggio,giugno,
luglio,settembre,ottobre,dicembre`
    .split(/,\s*/)
    .map((month) => month.trim());

function isYear(year: number): boolean {
  return year >= 1900 && year <= 2099;
}

/** Year first, or day and month in either order before it. */
function isDate(a: number, b: number, c: number, isYearFirst: boolean): boolean {
  if (isYearFirst) return isYear(a) && isDay(a, b, c);
  const year = c < 100 ? 2000 + c : c;
  return isYear(year) && (isDay(year, b, a) || isDay(year, a, b));
}

/** The end of a time of day behind a date that ends at `end`: ` 10:30`, `T10:30:00.5Z`, `, 9:05 am`, ` at 10:30+02:00`; `end` where none follows. */
function withTime(passage: Passage, end: number): number {
  const text = passage.text;
  const hour = hourAfter(text, end);
  if (hour === -1) return end;
  const colon = isDigit(byteAt(text, hour + 1)) ? hour + 2 : hour + 1;
  if (byteAt(text, colon) !== 0x3a || !isTwoDigits(text, colon + 1)) return end;
  const minutes = colon + 3;
  if (byteAt(text, minutes) === 0x3a && isTwoDigits(text, minutes + 1)) {
    const seconds = minutes + 3;
    let fraction = seconds + 1;
    while (fraction <= seconds + MAX_FRACTION && isDigit(byteAt(text, fraction))) fraction++;
    const isFraction = byteAt(text, seconds) === 0x2e && fraction > seconds + 1;
    const to = isFraction ? closedTime(text, fraction) : -1;
    if (to !== -1) return to;
    const whole = closedTime(text, seconds);
    if (whole !== -1) return whole;
  }
  const to = closedTime(text, minutes);
  return to === -1 ? end : to;
}

/** Digits of a fraction of a second. */
const MAX_FRACTION = 9;

/** Where the hour begins: behind ` `, `T`, `, ` or ` at `; -1 where none does. */
function hourAfter(text: Uint8Array, end: number): number {
  const next = byteAt(text, end);
  if (next === 0x54) return isDigit(byteAt(text, end + 1)) ? end + 1 : -1;
  if (next === 0x2c) return byteAt(text, end + 1) === 0x20 && isDigit(byteAt(text, end + 2)) ? end + 2 : -1;
  if (next !== 0x20) return -1;
  if (isDigit(byteAt(text, end + 1))) return end + 1;
  const isAt = byteAt(text, end + 1) === 0x61 && byteAt(text, end + 2) === 0x74 && byteAt(text, end + 3) === 0x20;
  return isAt && isDigit(byteAt(text, end + 4)) ? end + 4 : -1;
}

function isTwoDigits(text: Uint8Array, at: number): boolean {
  return isDigit(byteAt(text, at)) && isDigit(byteAt(text, at + 1));
}

/** The end of a time that is written up to `at`, its half of the day or its zone included; -1 where it goes on otherwise. */
function closedTime(text: Uint8Array, at: number): number {
  const zoned = zoneEnd(text, at);
  if (zoned !== at && !goesOn(text, zoned)) return zoned;
  return goesOn(text, at) ? -1 : at;
}

function goesOn(text: Uint8Array, at: number): boolean {
  const next = byteAt(text, at);
  return isDigit(next) || next === 0x3a;
}

/** `am`, ` PM`, `Z`, `+02:00`, `-0500`; `at` where none stands there. */
function zoneEnd(text: Uint8Array, at: number): number {
  const next = byteAt(text, at);
  if (next === 0x5a) return at + 1;
  if (next === 0x2b || next === 0x2d) {
    if (!isTwoDigits(text, at + 1)) return at;
    const minutes = byteAt(text, at + 3) === 0x3a ? at + 4 : at + 3;
    return isTwoDigits(text, minutes) ? minutes + 2 : at;
  }
  const half = next === 0x20 ? at + 1 : at;
  const letter = byteAt(text, half) | 0x20;
  const isHalf = (letter === 0x61 || letter === 0x70) && (byteAt(text, half + 1) | 0x20) === 0x6d;
  return isHalf ? half + 2 : at;
}

export const dateTime: Recognizer = {
  name: 'date-time',
  entity: 'DATE_TIME',
  category: 'personal',
  countries: [],
  reach: { words: 9, maxLength: 80 },
  numbers: {
    minDigits: 5,
    maxDigits: 8,
    minGroups: 2,
    maxGroups: 3,
    sizes: ['4-2', '4-1-1', '4-1-2', '4-2-1', '4-2-2', '1-1-4', '1-2-4', '2-1-4', '2-2-4', '1-2-2', '2-1-2', '2-2-2'],
    separators: DASH | SLASH | DOT,
  },
  cues: MONTHS.map((literal) => ({ literal, startsWord: true, endsWord: true })),
  context:
    contextWords(`date, dates, appointment, appointments, admission, admitted, discharge, discharged, visit, visited, hired, hire,
started, start date, end date, terminated, married, wedding, died, death, deceased, issued, signed, meeting, booked, booking,
arrival, departure, check in, scheduled, surgery, examined, consultation, interview, datum, termin, aufnahme, fecha, cita,
ingreso, alta, rendez vous, data, appuntamento, consulta`),
  findInNumbers(passage: Passage, chain: NumberChain, first: number, last: number): void {
    const text = passage.text;
    const joint = chain.separators[first];
    if (joint !== DASH && joint !== SLASH && joint !== DOT) return;
    const at = (group: number): number => numberIn(text, chain.start(group), chain.end(group));
    let end = chain.end(last);
    if (last - first === 1) {
      // The day of `2024-05-06T10:00` runs on into a letter, and is no group.
      if (joint !== DASH || chain.digits(first) !== 4 || chain.digits(last) !== 2) return;
      if (byteAt(text, end) !== 0x2d || byteAt(text, end + 3) !== 0x54) return;
      if (!isDigit(byteAt(text, end + 1)) || !isDigit(byteAt(text, end + 2))) return;
      if (!isDate(at(first), at(last), numberIn(text, end + 1, end + 3), true)) return;
      end += 3;
    } else {
      const [one, two, three] = [chain.digits(first), chain.digits(first + 1), chain.digits(last)];
      const isYearFirst = one === 4 && two <= 2 && three <= 2;
      const isYearLast = one <= 2 && two <= 2 && (three === 4 || (three === 2 && joint !== DOT));
      if (chain.separators[first + 1] !== joint || !(isYearFirst || isYearLast)) return;
      if (!isDate(at(first), at(first + 1), at(last), isYearFirst)) return;
    }
    const start = chain.start(first);
    const before = byteAt(text, start - 1);
    if (isAlnum(before) || before === 0x2d || before === 0x2f || before === 0x5f) return;
    const to = withTime(passage, end);
    const next = byteAt(text, to);
    if (next === 0x2d || next === 0x2f || next === 0x5f || isLetter(next)) return;
    passage.report(dateTime, start, to, ALONE, NAMED);
  },
  findAtCue(passage: Passage, start: number): void {
    const text = passage.text;
    let from = start;
    // `6 May 2024`, `6th of May 2024`, `6. Mai`, `6 de mayo de 2024`.
    const before = /(?:^|[^A-Za-z0-9./-])(\d{1,2}(?:st|nd|rd|th|er|\.|\xc2\xba)?[ -](?:(?:of|de) )?)$/.exec(
      passage.ascii(Math.max(0, start - 14), start),
    );
    if (before !== null) from = start - (before[1]?.length ?? 0);
    const end = dateEnd(text, from);
    if (end === -1 || end <= start || isDigit(byteAt(text, end))) return;
    passage.report(dateTime, from, withTime(passage, end), ALONE, NAMED);
  },
  hits: [
    { text: 'appointment on 2024-05-06', value: '2024-05-06' },
    { text: '{"admissionDate":"2024-05-06T10:30:00Z"}', value: '2024-05-06T10:30:00Z' },
    { text: 'discharged on May 6, 2024 at 10:30 am', value: 'May 6, 2024 at 10:30 am' },
    { text: 'Termin: 06.05.2024 14:15', value: '06.05.2024 14:15' },
    { text: 'visited on 6 May 2024', value: '6 May 2024' },
    { text: 'meeting on 2024-05-06 at 9:05+02:00', value: '2024-05-06 at 9:05+02:00' },
    { text: 'booked 2024-05-06T10:30:00.123456789Z', value: '2024-05-06T10:30:00.123456789Z' },
    { text: 'booked 2024-05-06, 10:300', value: '2024-05-06' },
    { text: '12/24/2023', label: 'date', value: '12/24/2023' },
  ],
  misses: [
    { text: '2024-05-06' },
    { text: 'date 2024-13-06' },
    { text: 'date: 30.02.2024' },
    { text: 'release of 6 May 2024' },
    { text: 'visit 10.0.0.1' },
  ],
};
