/**
 * Telephone numbers. A leading + with a country code (ITU-T E.164), the punctuation in which a country prints its
 * numbers, or a word such as `phone` is needed: a bare run of digits is no phone number.
 */
import { byteAt, isAlnum, isDigit, isHex, isWord, numberIn, touchesWordBefore } from '../../scan/bytes.ts';
import { type ContextWords, contextWords, hasContextWord, wordsOf } from '../../scan/context.ts';
import { isBesideCode, isPartOfIdentifier } from '../../scan/edges.ts';
import { DASH, DOT, type NumberChain, PAREN, SLASH, SPACE } from '../../scan/numbers.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Country codes with the least and most digits of the national number (ITU-T E.164 annex, national plans). */
const PLANS = `1:10-10 7:10-10 20:8-10 27:9-9 30:10-10 31:9-9 32:8-9 33:9-9 34:9-9 36:8-9 39:6-11 40:9-9 41:9-9 43:4-13 44:9-10
45:8-8 46:7-10 47:8-8 48:9-9 49:5-12 51:8-9 52:10-10 53:6-8 54:10-11 55:10-11 56:9-9 57:10-10 58:10-10 60:8-10 61:9-9
62:7-12 63:8-10 64:8-10 65:8-8 66:8-9 81:9-10 82:8-11 84:8-10 86:10-11 90:10-10 91:10-10 92:9-10 93:9-9 94:9-9 95:7-10
98:10-10 211:9-9 212:9-9 213:8-9 216:8-8 218:8-9 220:7-7 221:9-9 222:8-8 223:8-8 224:8-9 225:8-10 226:8-8 227:8-8 228:8-8
229:8-10 230:7-8 231:7-9 232:8-8 233:9-9 234:8-10 235:8-8 236:8-8 237:8-9 238:7-7 239:7-7 240:9-9 241:7-8 242:9-9 243:9-9
244:9-9 245:7-9 246:7-7 247:4-6 248:7-7 249:9-9 250:9-9 251:9-9 252:7-9 253:8-8 254:9-10 255:9-9 256:9-9 257:8-8 258:8-9 260:9-9 261:9-10 262:9-9
263:8-10 264:8-9 265:7-9 266:8-8 267:7-8 268:8-8 269:7-7 290:4-5 291:7-7 297:7-7 298:6-6 299:6-6 350:8-8 351:9-9 352:6-9
353:7-9 354:7-7 355:8-9 356:8-8 357:8-8 358:6-11 359:8-9 370:8-8 371:8-8 372:7-8 373:8-8 374:8-8 375:9-9 376:6-6 377:8-9
378:6-10 380:9-9 381:8-9 382:8-8 383:8-8 385:8-9 386:8-8 387:8-8 389:8-8 420:9-9 421:9-9 423:7-9 500:5-5 501:7-7 502:8-8
503:8-8 504:8-8 505:8-8 506:8-8 507:7-8 508:6-6 509:8-8 590:9-9 591:8-8 592:7-7 593:8-9 594:9-9 595:8-9 596:9-9 597:6-7
598:8-8 599:7-8 670:7-8 672:6-6 673:7-7 674:7-7 675:7-8 676:5-7 677:5-7 678:5-7 679:7-7 680:7-7 681:6-6 682:5-5 683:4-7
685:5-7 686:5-8 687:6-6 688:5-6 689:6-8 690:4-4 691:7-7 692:7-7 800:8-8 850:8-10 852:8-8 853:8-8 855:8-9 856:8-10 880:8-10
886:8-9 960:7-7 961:7-8 962:8-9 963:8-9 964:8-10 965:7-8 966:8-9 967:7-9 968:7-8 970:8-9 971:8-9 972:8-9 973:8-8 974:7-8
975:7-8 976:7-8 977:8-10 992:9-9 993:8-8 994:9-9 995:9-9 996:9-9 998:9-9`;

/** By country code, the least and the most digits, as `least << 4 | most`; 0 for a code that no country has. */
const PLAN = new Uint8Array(1000);
for (const [, code, least, most] of PLANS.matchAll(/(\d+):(\d+)-(\d+)/g))
  PLAN[Number(code)] = (Number(least) << 4) | Number(most);

/** The digits of the number that is looked at, and how many they are: most columns of a table are of nothing else. */
const FIGURES = new Uint8Array(32);
let figures = 0;

function takeFigures(text: Uint8Array, start: number, end: number): void {
  figures = 0;
  for (let i = start; i < end && figures < FIGURES.length; i++) {
    const byte = text[i] as number;
    if (isDigit(byte)) FIGURES[figures++] = byte - 0x30;
  }
}

function takeDigits(digits: string): void {
  figures = Math.min(digits.length, FIGURES.length);
  for (let i = 0; i < figures; i++) FIGURES[i] = digits.charCodeAt(i) - 0x30;
}

/** Digits after a +: a country code and a national number of its length; a trunk 0 after the code is let pass. */
function isInternational(digits: string): boolean {
  takeDigits(digits);
  return areInternational();
}

/** The same of FIGURES. */
function areInternational(): boolean {
  let code = 0;
  for (let length = 1; length <= 3 && length <= figures; length++) {
    code = code * 10 + (FIGURES[length - 1] as number);
    const plan = PLAN[code] as number;
    // A code that begins with 0 is none.
    if (plan === 0 || code < 10 ** (length - 1)) continue;
    const [least, most, national] = [plan >> 4, plan & 0x0f, figures - length];
    if (code === 1) return national === 10 && areNanp(1);
    // Some print the trunk 0 that is dialled at home, in other countries numbers begin with it.
    if (national >= least && national <= most) return true;
    const isTrunk = national > 0 && FIGURES[length] === 0 && code !== 39;
    return isTrunk && national - 1 >= least && national - 1 <= most;
  }
  return false;
}

/** Ten digits of the North American plan: the area begins with 2 to 9 and is no N11. */
function isNanp(digits: string): boolean {
  if (digits.length !== 10) return false;
  takeDigits(digits);
  return areNanp(0);
}

/** The same of FIGURES from `from` on. */
function areNanp(from: number): boolean {
  if ((FIGURES[from] as number) < 2 || (FIGURES[from + 1] === 1 && FIGURES[from + 2] === 1)) return false;
  return !areAlike(from);
}

/** FIGURES from `from` on are the same digit, twice at least. */
function areAlike(from: number): boolean {
  for (let i = from + 1; i < figures; i++) if (FIGURES[i] !== FIGURES[from]) return false;
  return figures - from > 1;
}

/** The same sign again and again, twice at least. */
function isOneFigure(digits: string): boolean {
  for (let i = 1; i < digits.length; i++) if (digits.charCodeAt(i) !== digits.charCodeAt(0)) return false;
  return digits.length > 1;
}

/** The exchange begins with 2 to 9 as well, as in all numbers in use; samples such as 555-123-4567 do not keep to it. */
function isInUse(nanp: string): boolean {
  return /^\d{3}[2-9]/.test(nanp);
}

/** Words that name a telephone number. */
const NAME_WORDS = `phone, phones, telephone, tel, mobile, cell, cellphone, fax, whatsapp, sms, phone number, landline,
telefon, telefonnummer, handy, handynummer, mobil, mobilnummer, rufnummer, téléphone, portable, gsm,
teléfono, telefono, móvil, movil, celular, telefone, cellulare, telefoon, mobiel, phonenumber,
msisdn, hotline, dial, 电话, 手机, 電話, 携帯, телефон, телефону`.split(/,\s/);
/** Words for calling somebody. */
const CALL_WORDS =
  `call, calls, called, calling, text, contact, contacts, reach, reached, ring, dial, anrufen, erreichen,
erreichbar, kontakt, kontaktieren, appelez, appeler, joindre, rappeler, contacter, llame, llamar, llama, llámeme, contactar,
contacto, chiama, chiamare, chiamami, contattare, contatto, bellen, bereikbaar, ligar, ligue, contato, zadzwonić, ringa,
next of kin`.split(/,\s/);
/** Words that are often near one. */
const NEAR_WORDS = `voicemail, ext, extension, number, helpline`.split(/,\s/);
const NAMES = contextWords(...NAME_WORDS);
const CALLS = contextWords(...CALL_WORDS);
/** Words for what bears numbers written like some telephones'. */
const THINGS =
  contextWords(`part, parts, article, artikel, item, sku, ean, gtin, isbn, model, order, bestellung, invoice,
rechnung, serial, batch, lot, room, ticket, case, ref, reference, version, row, rows, pages`);
const CONTEXT = contextWords(...NAME_WORDS, ...CALL_WORDS, ...NEAR_WORDS);

export const phoneNumber: Recognizer = {
  name: 'phone-number',
  entity: 'PHONE_NUMBER',
  category: 'personal',
  countries: [],
  numbers: { minDigits: 7, maxDigits: 15, minGroups: 1, maxGroups: 7 },
  context: CONTEXT,
  findInNumbers(passage: Passage, chain: NumberChain, first: number, last: number): void {
    const text = passage.text;
    const start = chain.start(first);
    const end = chain.end(last);
    if (isWord(byteAt(text, end)) || touchesWordBefore(text, start)) return;
    const before = byteAt(text, start - 1);
    const isPlus = before === 0x2b || (before === 0x28 && byteAt(text, start - 2) === 0x2b);
    const groups = last - first + 1;
    if (groups === 1 && !isPlus) return;
    const joined = chain.joined(first, last);
    if (isPlus) {
      if ((joined === DOT && groups === 2) || (text[start] === 0x31 && digitsOf(chain, first, last) !== 11)) return;
      const from = before === 0x28 ? start - 2 : start - 1;
      takeFigures(text, start, end);
      reportInternational(passage, from, end, groups);
      return;
    }
    // Without a printed form of its own, a part of a longer row of numbers is nothing.
    const isAll = !chain.overflows && isWholeEntry(chain, first, last);
    if (!isAll && !mayBePrinted(text, chain, first, last)) return;
    if (isOther(text, chain, first, last)) return;
    // The bracket of its first group, or one round the whole.
    const isOpened = before === 0x28 && (joined & PAREN) !== 0;
    if (before === 0x28 && !isOpened && byteAt(text, end) !== 0x29) return;
    if (!isOpened && (joined & PAREN) !== 0 && !isInnerParen(text, chain, first)) return;
    // Of all other forms only a word makes a number that is called.
    const hasForm = isOpened || text[start] === 0x30 || endsAsNanp(chain, first, last);
    if (!hasForm && !passage.hasContext(start, end, CONTEXT)) return;
    const digits = passage.compact(start, end);
    const alone = nationalScore(digits, chain, first, last, joined, isOpened);
    const from = isOpened ? start - 1 : start;
    // Joined to letters, a dot or a slash it is part of something else.
    if (isOpened ? touchesWordBefore(text, from) : isJoined(text, from, end)) return;
    const isWeak = alone === 0.5 && (isNamedBefore(passage, from, THINGS) || isBesideCode(text, from, end));
    if (alone >= 0.5 && !isWeak) passage.report(phoneNumber, from, end, alone, 0.85);
    else if (isAll) reportByWord(passage, from, end, digits, joined, isWeak ? 0.4 : alone);
    else if (alone > 0) passage.report(phoneNumber, from, end, alone);
  },
  hits: [
    { text: 'call +1 415 555 2671 now', value: '+1 415 555 2671', atLeast: 0.8 },
    { text: '+14155552671', value: '+14155552671' },
    { text: '(415) 555-2671', value: '(415) 555-2671' },
    { text: 'Tel: 415-555-2671', value: '415-555-2671', atLeast: 0.8 },
    { text: '415.555.2671', value: '415.555.2671' },
    { text: 'reach me at 1-800-555-0199.', value: '1-800-555-0199' },
    { text: '+44 (0)20 7946 0958', value: '+44 (0)20 7946 0958' },
    { text: 'Telefon: 030 12345678', value: '030 12345678' },
    { text: 'tel 01 23 45 67 89', value: '01 23 45 67 89' },
    { text: '06.12.34.56.78', value: '06.12.34.56.78' },
    { text: '+49 171 1234567\r\n', value: '+49 171 1234567' },
    { text: '电话：+86 138 0013 8000', value: '+86 138 0013 8000' },
    { text: 'Mobile 07700 900123', value: '07700 900123' },
    { text: '020 7946 0958', value: '020 7946 0958' },
    { text: 'or call (555) 123-4567.', value: '(555) 123-4567', atLeast: 0.8 },
    { text: '+1 (555) 123-4567', value: '+1 (555) 123-4567' },
    { text: 'Tel. 089 / 1234567', value: '089 / 1234567' },
    { text: 'the mobile (0171 1234567) was off', value: '0171 1234567' },
    { text: 'Erreichbar ist sie unter 0171 1234567 bis abends.', value: '0171 1234567' },
    { text: 'Sie wohnt in Köln, 0171 1234567.', value: '0171 1234567' },
    { text: '¿Puede llamar a Horacio Rojas al 572 929 989?', value: '572 929 989' },
    { text: 'Please call Ms Ito back at (958)314-05-98', value: '(958)314-05-98' },
    { text: 'id,phone,day\n17,+5511961234489,2024-01-02\n', value: '+5511961234489' },
    { text: 'Contact: 0036 30 4009 953', value: '0036 30 4009 953' },
    { text: 'Studio Levi\n12 Hill Street\n+393312345678', value: '+393312345678' },
  ],
  misses: [
    { text: '2024-05-06 12:30' },
    { text: 'id 415-555-26711' },
    { text: 'x+12345678' },
    { text: '192.168.100.200' },
    { text: '1.234.567.890' },
    { text: '+1700000000,' },
    { text: 'version 2023.1.12345' },
    { text: 'ISBN 978-3-16-148410-0' },
    { text: '550e8400-e29b-41d4-a716-446655440000' },
    { text: '[100, 200, 300, 4000]' },
    { text: '01 02 03 04 05' },
    { text: '123 456 7890 rows' },
    { text: '12/31/2024 10:00' },
    { text: '0.123 456 7890' },
    { text: '@@ -1 +1 @@\n-1700000000\n+1700000001\n 1700000002' },
    { text: 'part no. 0123 45678' },
    { text: '8b 28 3f 01 00 00 00 50 32' },
    { text: 'Boston, MA 02110-1301' },
  ],
};

/** Digits alone, which only a word makes a number that is called. */
export const phoneNumberByWord: Recognizer = {
  name: 'phone-number-by-word',
  entity: 'PHONE_NUMBER',
  category: 'personal',
  countries: [],
  numbers: { minDigits: 7, maxDigits: 15, minGroups: 1, maxGroups: 1 },
  context: CONTEXT,
  asksAlone: true,
  asksContext: true,
  findInNumbers(passage: Passage, chain: NumberChain, first: number): void {
    const text = passage.text;
    const start = chain.start(first);
    const end = chain.end(first);
    const before = byteAt(text, start - 1);
    if (before === 0x2b || (before === 0x28 && byteAt(text, end) !== 0x29) || isJoined(text, start, end)) return;
    const digits = passage.compact(start, end);
    if (isOneFigure(digits)) return;
    const isLabelled = hasContextWord(passage.label, NAMES);
    const isNamed = isLabelled || hasContextWord(passage.wordsRound(start, end), NAMES);
    passage.report(phoneNumberByWord, start, end, scoreByWord(passage, start, digits, isLabelled, isNamed));
  },
  hits: [
    { text: '4155552671', label: 'phone_number', value: '4155552671', atLeast: 0.8 },
    { text: 'phone: 4155552671', value: '4155552671' },
    { text: 'call me at 5551234567', value: '5551234567' },
    { text: 'Contact Ana Suciu at ana@mail.example or 0251632722.', value: '0251632722' },
  ],
  misses: [
    { text: '4155552671' },
    { text: '<span class="number">4341379928</span>' },
    { text: 'at 1700000000000' },
    { text: 'order 12345678' },
    { text: 'contact the owner of rows 536358415 and 536358416' },
  ],
};

/** FIGURES hold its digits. */
function reportInternational(passage: Passage, start: number, end: number, groups: number): void {
  const text = passage.text;
  // `a+12345678` is a sum; `++1…` an operator.
  if (isWord(byteAt(text, start - 1)) || byteAt(text, start - 1) === 0x2b || byteAt(text, start - 1) === 0x29) return;
  const count = figures;
  if (!areInternational() || areAlike(1)) return;
  // A field of a row of CSV ends at a comma; in a shorter number it parts thousands.
  if (isJoinedAfter(text, end) && !(byteAt(text, end) === 0x2c && count >= 10)) return;
  // A line of a diff begins with a plus too, and holds bare numbers; digits alone may also be an offset.
  const previous = byteAt(text, start - 1);
  const isLineStart = start === 0 || previous === 0x0a || previous === 0x0d;
  const isBare = groups === 1;
  const isOfDiff = isLineStart && start !== 0 && isAmongChanges(text, start, end);
  const alone = isBare && (isOfDiff || count < 10) ? 0.4 : 0.75;
  passage.report(phoneNumber, start, end, alone, 0.95);
}

/** The line is more than the number, or the one before or behind it begins as lines of a diff do. */
function isAmongChanges(text: Buffer, start: number, end: number): boolean {
  const after = byteAt(text, end);
  if (end < text.length && after !== 0x0a && after !== 0x0d) return true;
  const before = text.lastIndexOf(0x0a, start - 2) + 1;
  const next = text.indexOf(0x0a, end) + 1;
  return isChange(byteAt(text, before)) || (next > 0 && isChange(byteAt(text, next)));
}

/** `+`, `-`, `@` or the space of a line that stays. */
function isChange(byte: number): boolean {
  return byte === 0x2b || byte === 0x2d || byte === 0x40 || byte === 0x20;
}

/** A date (year, month and day, or day, month and year), a postal code or a decimal: groups that mean something else. */
function isOther(text: Uint8Array, chain: NumberChain, first: number, last: number): boolean {
  for (let group = first; group + 2 <= last; group++) {
    if (!isSmall(text, chain, group + 1)) continue;
    if (isYear(text, chain, group) && isSmall(text, chain, group + 2)) return true;
    if (isYear(text, chain, group + 2) && isSmall(text, chain, group)) return true;
  }
  if (last - first !== 1) return false;
  if (isYear(text, chain, first) && isYear(text, chain, last)) return true;
  // A US postal code with its extension, and a decimal number.
  const joined = chain.joined(first, last);
  return joined === DOT || (joined === DASH && chain.digits(first) === 5 && chain.digits(last) === 4);
}

function isYear(text: Uint8Array, chain: NumberChain, group: number): boolean {
  if (chain.digits(group) !== 4) return false;
  const year = numberIn(text, chain.start(group), chain.end(group));
  return year >= 1900 && year <= 2100;
}

/** A day or month. */
function isSmall(text: Uint8Array, chain: NumberChain, group: number): boolean {
  return chain.digits(group) <= 2 && numberIn(text, chain.start(group), chain.end(group)) <= 31;
}

/** All of a chain, or what stands between spaced slashes in it: `030 123456 / 030 654321`. */
function isWholeEntry(chain: NumberChain, first: number, last: number): boolean {
  const isSlash = (group: number): boolean => chain.joined(group, group + 1) === (SPACE | SLASH);
  if (first > 0 && !(isSlash(first - 1) && chain.digits(first - 1) > 2)) return false;
  return last === chain.count - 1 || (isSlash(last) && chain.digits(last + 1) > 2);
}

/** Ends in groups of 3, 3 and 4 digits, or begins with a single 0: the forms that `nationalScore` knows. */
function mayBePrinted(text: Uint8Array, chain: NumberChain, first: number, last: number): boolean {
  if (byteAt(text, chain.start(first)) === 0x30 && byteAt(text, chain.start(first) + 1) !== 0x30) return true;
  return endsAsNanp(chain, first, last);
}

function endsAsNanp(chain: NumberChain, first: number, last: number): boolean {
  return last - first >= 2 && chain.digits(last) === 4 && chain.digits(last - 1) === 3 && chain.digits(last - 2) === 3;
}

function digitsOf(chain: NumberChain, first: number, last: number): number {
  let digits = 0;
  for (let group = first; group <= last; group++) digits += chain.digits(group);
  return digits;
}

/** Brackets inside: `+44 (0)20 …` has its own; `555 (415) 1234` only where the first group is a prefix. */
function isInnerParen(text: Uint8Array, chain: NumberChain, first: number): boolean {
  return chain.digits(first) <= 3 && byteAt(text, chain.end(first)) !== 0x29;
}

/** Score of a grouped number by the way its country prints it. */
function nationalScore(
  digits: string,
  chain: NumberChain,
  first: number,
  last: number,
  joined: number,
  isOpened: boolean,
): number {
  let sizes = '';
  for (let group = first; group <= last; group++) sizes += chain.digits(group);
  const isUniform = joined === SPACE || joined === DASH || joined === DOT;
  const nanp = digits.length === 11 && digits[0] === '1' ? digits.slice(1) : digits;
  if ((sizes === '334' || sizes === '1334') && isNanp(nanp)) {
    if (isOpened) return 0.75;
    if (joined === DASH) return isInUse(nanp) ? 0.65 : 0.5;
    if (joined === DOT) return isInUse(nanp) ? 0.6 : 0.4;
    if (sizes === '1334' && isUniform) return 0.6;
    return 0.4;
  }
  if (isOpened && sizes === '3322') return 0.65;
  if (/^00[1-9]/.test(digits)) return digits.length >= 11 && isUniform && isInternational(digits.slice(2)) ? 0.55 : 0;
  if (digits[0] !== '0' || digits[1] === '0' || digits.length < 9 || digits.length > 12) return 0;
  if (isRow(digits)) return 0;
  if ((joined & SLASH) !== 0)
    return joined === SLASH || joined === (SLASH | SPACE) ? (chain.digits(first) >= 3 ? 0.55 : 0.3) : 0.2;
  // France: five pairs. United Kingdom, Australia, Netherlands, Germany: an area code and two parts.
  if (sizes === '22222') {
    // A row of numbers goes on before or behind.
    const isPart =
      (first > 0 && chain.digits(first - 1) === 2) || (last + 1 < chain.count && chain.digits(last + 1) === 2);
    return isUniform && !isPart ? 0.6 : 0;
  }
  if (isOpened && /^[2-6]/.test(sizes)) return 0.65;
  if (['344', '56', '533', '433', '443', '244'].includes(sizes) && joined === SPACE) return sizes === '56' ? 0.5 : 0.6;
  if (/^(?:28|37|46|47|48|55|34[345])$/.test(sizes) && joined === DASH) return 0.5;
  // An area code and one part, or parts of two to four digits, which nothing stands beside.
  const isAll = first === 0 && last === chain.count - 1 && !chain.overflows;
  return isAll && joined === SPACE && /^(?:[2-5][5-8]|[2-5][2-4]{2,4})$/.test(sizes) ? 0.5 : 0.4;
}

/** `01 02 03 04 05`: a row of counters. */
function isRow(digits: string): boolean {
  if (digits.length !== 10) return false;
  const pairs = [0, 2, 4, 6, 8].map((at) => Number(digits.slice(at, at + 2)));
  return pairs.every((pair, i) => i === 0 || pair - (pairs[i - 1] ?? 0) === (pairs[1] ?? 0) - (pairs[0] ?? 0));
}

/** What a word for telephones near it or in the label says of groups without a printed form. */
function reportByWord(
  passage: Passage,
  start: number,
  end: number,
  digits: string,
  joined: number,
  alone: number,
): void {
  if (digits.length < 7 || isOneFigure(digits) || (joined === DOT && digits.length < 9)) return;
  const isLabelled = hasContextWord(passage.label, NAMES);
  // Most numbers have no such word beside them: that is told by the index that all recognizers share.
  if (!isLabelled && !passage.hasContext(start, end, CONTEXT)) {
    if (alone > 0) passage.report(phoneNumber, start, end, alone);
    return;
  }
  const isNamed = isLabelled || hasContextWord(passage.wordsRound(start, end), NAMES);
  const isSure = alone >= 0.4 || (!isNamed && isCalledBefore(passage, start));
  // A name further off may be that of another number: `SSS 10-8988589-9, phone …`.
  const isBeside = isLabelled || (isNamed && isNamedBefore(passage, start));
  passage.report(phoneNumber, start, end, isBeside ? 0.85 : isNamed || isSure ? 0.6 : 0.35);
}

/** What such a word says of bare digits. */
function scoreByWord(passage: Passage, start: number, digits: string, isLabelled: boolean, isNamed: boolean): number {
  const isPlausible =
    isNanp(digits) ||
    (digits[0] === '0' && digits[1] !== '0' && digits.length >= 9 && digits.length <= 12) ||
    isInternational(digits);
  if (isLabelled) return isPlausible ? 0.85 : 0.6;
  if (!isNamed && digits.length >= 9 && digits.length <= 13 && isCalledBefore(passage, start))
    return isPlausible || isInternational(digits.replace(/^00/, '')) ? 0.6 : 0.5;
  if (isNamedBefore(passage, start)) return isPlausible ? 0.75 : 0.55;
  return isPlausible && (isNamed || (isNanp(digits) && isNamedBefore(passage, start, CALLS))) ? 0.5 : 0.3;
}

/** How far before it a sentence may speak of a call, bytes. */
const CALL_BEFORE = 96;

/** The sentence speaks of a call, and the number stands where it says whom to call: `call Ann back at …`, `llame al …`. */
function isCalledBefore(passage: Passage, start: number): boolean {
  const before = passage.slice(Math.max(0, start - CALL_BEFORE), start);
  if (!/(?:[,:]|(?:^|\s)(?:at|on|or|to|under|unter|al|au|op|på|no|na|pod|o|ou|oder|of))\s*$/i.test(before))
    return false;
  return hasContextWord(wordsOf(before.slice(before.search(/[^.!?;\n]*(?:\.\S[^.!?;\n]*)*$/))), CALLS);
}

/** A name stands within a few words before. */
function isNamedBefore(passage: Passage, start: number, words: ContextWords = NAMES): boolean {
  return hasContextWord(wordsOf(passage.slice(Math.max(0, start - 28), start)), words);
}

function isJoined(text: Uint8Array, start: number, end: number): boolean {
  const before = byteAt(text, start - 1);
  if (
    (before === 0x2d || before === 0x2e || before === 0x2f || before === 0x23 || before === 0x24 || before === 0x3d) &&
    isAlnum(byteAt(text, start - 2)) &&
    before !== 0x3d
  )
    return true;
  if (before === 0x2e || before === 0x24) return true;
  return isJoinedAfter(text, end) || isInHexDump(text, start, end) || isPartOfIdentifier(text, start, end);
}

/** Bytes printed in hexadecimal, of which these happen to be digits. */
function isInHexDump(text: Uint8Array, start: number, end: number): boolean {
  const isPair = (at: number): boolean => isHex(byteAt(text, at)) && isHex(byteAt(text, at + 1));
  const before = byteAt(text, start - 1) === 0x20 && isPair(start - 3) && !isWord(byteAt(text, start - 4));
  return before || (byteAt(text, end) === 0x20 && isPair(end + 1) && !isWord(byteAt(text, end + 3)));
}

function isJoinedAfter(text: Uint8Array, end: number): boolean {
  const after = byteAt(text, end);
  const next = byteAt(text, end + 1);
  if (after === 0x25) return true;
  return (after === 0x2d || after === 0x2f || after === 0x3a || after === 0x2e || after === 0x2c) && isDigit(next);
}
