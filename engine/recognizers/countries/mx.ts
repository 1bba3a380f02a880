/** Mexico: population register codes, tax numbers and bank accounts (RENAPO, SAT annex 20, ABM). */
import { isBirthDate } from '../../scan/birth-dates.ts';
import { byteAt } from '../../scan/bytes.ts';
import { characterValue, isDayOfShortYear, isDigits, numberAt } from '../../scan/check-digits.ts';
import type { CodeChain } from '../../scan/codes.ts';
import { contextWords } from '../../scan/context.ts';
import { isPartOfIdentifier, standsAlone } from '../../scan/edges.ts';
import { compileForms } from '../../scan/forms.ts';
import { bandScore, idNumber } from '../../scan/id-number.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const STATES = new Set(
  'AS BC BS CC CH CL CM CS DF DG GR GT HG JC MC MN MS NE NL NT OC PL QR QT SL SP SR TC TL TS VZ YN ZS'.split(' '),
);

/** A letter behind N counts one more, as Ñ stands between. */
function valueInCurp(text: string, at: number): number {
  const value = characterValue(text, at);
  return value > 23 ? value + 1 : value;
}

/** Name, date of birth, sex, state, consonants, a digit (born before 2000) or a letter, and a check by weights 18 to 2. */
function isCurp(compact: string): boolean {
  if (!/^[A-Z]{4}\d{6}[HMX][A-Z]{5}[0-9A-Z]\d$/.test(compact)) return false;
  const century = /\d/.test(compact.charAt(16)) ? 1900 : 2000;
  if (!isBirthDate(century + numberAt(compact, 4, 2), numberAt(compact, 6, 2), numberAt(compact, 8, 2))) return false;
  let sum = 0;
  for (let i = 0; i < 17; i++) sum += valueInCurp(compact, i) * (18 - i);
  return STATES.has(compact.slice(11, 13)) && numberAt(compact, 17, 1) === (10 - (sum % 10)) % 10;
}

const mxCurp = idNumber({
  name: 'mx-curp',
  entity: 'MX_CURP',
  category: 'government_id',
  countries: ['MX'],
  forms: ['@@@@######@@@@@@*#', '@@@@ ###### @@@@@@ *#', '@@@@-######-@@@@@@-*#'],
  isValid: isCurp,
  chance: 3e-6,
  evidence: 'own',
  context:
    contextWords(`curp, curps, c u r p, clave única de registro de población, clave unica de registro de poblacion,
clave única, clave unica, renapo, population register`),
  hits: [
    { text: 'CURP: BOXW310820HNERXN09', value: 'BOXW310820HNERXN09', atLeast: 0.8 },
    { text: '{"curp":"MASI050805MVZRLRA8"}', value: 'MASI050805MVZRLRA8', atLeast: 0.8 },
    { text: 'la titular TEAM470622HVZZPR07 firmó', value: 'TEAM470622HVZZPR07' },
  ],
  misses: [
    { text: 'CURP BOXW310820HNERXN08' },
    { text: 'CURP BOXW311320HNERXN09' },
    { text: 'CURP BOXW310820HNERXN091' },
  ],
});

/** The alphabet of annex 20; older numbers were checked by one without & and Ñ, in which letters behind N count less. */
const RFC_ALPHABETS = ['0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ Ñ', '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ '];

/** Words that a person's number never begins with. */
const AVOIDED = new Set(
  `BUEI BUEY CACA CACO CAGA CAGO CAKA CAKO COGE COJA COJE COJI COJO CULO FETO GUEY JOTO KACA KACO KAGA KAGO KAKA KOGE
KOJO KULO MAME MAMO MEAR MEAS MEON MION MOCO MULA PEDA PEDO PENE PUTA PUTO QULO RATA RUIN`.split(/\s+/),
);

/** Three letters of a company or four of a person, a date, and three characters by which the SAT tells them apart. */
function isRfc(compact: string): boolean {
  const shape = /^([A-Z&Ñ]{3,4})(\d\d)(\d\d)(\d\d)(?:[1-9A-V][1-9A-Z][0-9A])?$/.exec(compact);
  if (shape === null) return false;
  const [, letters = '', year, month, day] = shape;
  if (AVOIDED.has(letters) || !isDayOfShortYear(Number(year), Number(month), Number(day))) return false;
  return compact.length - letters.length === 6
    ? letters.length === 4
    : RFC_ALPHABETS.some((one) => isRfcChecked(compact, one));
}

function isRfcChecked(compact: string, alphabet: string): boolean {
  const padded = compact.padStart(13, ' ');
  let sum = 0;
  for (let i = 0; i < 12; i++) sum += alphabet.indexOf(padded.charAt(i)) * (13 - i);
  return padded.charAt(12) === '0123456789A'.charAt((11 - (sum % 11)) % 11);
}

const RFC_WORDS = contextWords(`rfc, r f c, registro federal de contribuyentes, registro federal, contribuyente, sat,
facturación, facturacion, factura, taxpayer, tax id`);

const RFC_CHANCE = 0.0016;

const mxRfc = idNumber({
  name: 'mx-rfc',
  entity: 'MX_RFC',
  category: 'government_id',
  countries: ['MX'],
  forms: ['@@@@######***', '@@@@-######-***', '@@@@-######***', '@@@######***', '@@@-######-***', '@@@-######***'],
  isValid: isRfc,
  chance: RFC_CHANCE,
  evidence: 'check',
  context: RFC_WORDS,
  hits: [
    { text: 'RFC: GODE 561231 GR8', value: 'GODE 561231 GR8', atLeast: 0.8 },
    { text: '{"rfc":"MHTR93041179A"}', value: 'MHTR93041179A' },
    { text: 'taxpayer MAB-930714-8T4', value: 'MAB-930714-8T4', atLeast: 0.8 },
  ],
  misses: [{ text: 'RFC VACE-460910-SX6' }, { text: 'RFC MAB-931314-8T4' }, { text: 'MHTR93041179A5' }],
});

const mxRfcShort = idNumber({
  name: 'mx-rfc-short',
  entity: 'MX_RFC',
  category: 'government_id',
  countries: ['MX'],
  forms: ['@@@@-######'],
  isValid: isRfc,
  chance: 0.036,
  evidence: 'context',
  context: contextWords('rfc, r f c, registro federal de contribuyentes'),
  hits: [
    { text: 'RFC: COMG-600703', value: 'COMG-600703', atLeast: 0.8 },
    { text: '{"rfc":"COMG600703"}', value: 'COMG600703' },
    { text: 'tax number (registro federal de contribuyentes) GODE 561231', value: 'GODE 561231', atLeast: 0.8 },
  ],
  misses: [{ text: 'COMG-600703' }, { text: 'RFC COMG-601303' }, { text: 'RFC COMG-6007' }],
});

/** What stands behind the last `&` or `Ñ`, which are no part of codes. */
const TAILS = compileForms(
  [
    '@@@-######-***',
    '@@-######-***',
    '@-######-***',
    '######-***',
    '@@@######***',
    '@@######***',
    '@######***',
    '######***',
  ],
  'mx-rfc-special',
);

/** Bytes of `Ñ`, upper and lower case. */
const N_TILDE = 0xc3;

/** Start of the letters, `&` and `Ñ` that stand directly before `at`; -1 where none of the latter two is among them. */
function specialStart(text: Uint8Array, at: number): number {
  let start = at;
  let isSpecial = false;
  for (let count = 0; count < 4; count++) {
    const before = byteAt(text, start - 1);
    const isTilde = (before === 0x91 || before === 0xb1) && byteAt(text, start - 2) === N_TILDE;
    if (isTilde) start -= 2;
    else if (before === 0x26 || (before >= 0x41 && before <= 0x5a)) start--;
    else break;
    isSpecial ||= isTilde || before === 0x26;
  }
  return isSpecial ? start : -1;
}

/** Numbers with `&` or `Ñ` in the name; the others are codes of letters and digits alone. */
const mxRfcSpecial: Recognizer & { accepts(written: string): boolean } = {
  name: 'mx-rfc-special',
  entity: 'MX_RFC',
  category: 'government_id',
  countries: ['MX'],
  codes: TAILS,
  context: RFC_WORDS,
  findInCodes(passage: Passage, chain: CodeChain, first: number, last: number): void {
    const text = passage.text;
    const tail = chain.start(first);
    const before = byteAt(text, tail - 1);
    const isDashed = before === 0x2d || before === 0x20;
    if (!isDashed && before !== 0x26 && before !== 0x91 && before !== 0xb1) return;
    const start = specialStart(text, isDashed ? tail - 1 : tail);
    const end = chain.end(last);
    if (start === -1 || !standsAlone(text, start, end) || isPartOfIdentifier(text, start, end)) return;
    if (!isRfc(passage.slice(start, end).replace(/[- ]/g, '').toUpperCase())) return;
    passage.report(mxRfcSpecial, start, end, bandScore(first < last ? 1 : 0, RFC_CHANCE), bandScore(2, RFC_CHANCE));
  },
  accepts: (written) => /[&Ñ]/i.test(written) && isRfc(written.trim().replace(/[- ]/g, '').toUpperCase()),
  hits: [
    { text: 'RFC Ñ&T130705MD6', value: 'Ñ&T130705MD6', atLeast: 0.8 },
    { text: '{"rfc":"Ñ&T130705MD6"}', value: 'Ñ&T130705MD6', atLeast: 0.8 },
    { text: 'taxpayer Ñ&T-130705-MD6, Mexico', value: 'Ñ&T-130705-MD6', atLeast: 0.8 },
  ],
  misses: [{ text: 'RFC Ñ&T130705MD7' }, { text: 'RFC Ñ&T131305MD6' }, { text: 'a=b&T130705MD6' }],
};

/** Numbers of banks; single ones, and runs `from-to`. */
const BANKS = numbersIn(`2 6 9 12 14 19 21-22 30 32 36-37 42 44 58-60 62 72 102-103 106 108 110 112-113 116 124 126-141
143 145 147-148 150 152 156 166 168 600-602 604-608 610-611 613-624 626-634 636-638 640 642 646-649 651-653 655-656 659
670 846 901-902 999`);

/** Numbers of places where accounts are kept. */
const PLACES =
  numbersIn(`3 9-10 12 14 20 22 27-28 40-43 45-46 50-53 60 62 68 71-72 74-78 80 90 95 97 100 103 107 109 111
113-114 123-128 130-131 133 135 137-138 140 150 152 155 158 161-165 167-168 180 190 198 201-202 210-220 222-227 229
232-234 236-240 244 247-249 260-261 263-264 266-267 270-272 274-276 278 281-282 290-298 303 305 308 311-314 320 326-327
330-331 333-334 340-342 346 348 355-357 361-362 370 373 375 381-382 384-387 389 391 396-397 403-404 411 413-414 416
420-422 424-426 428 430-435 438 441 443 445-446 448-451 453 455-457 460 463 470 472 476 480 483-484 492-494 496-499 501
506 508-509 512 515 517 519 523 528 533-537 540 542-546 548-549 552 560-562 564 566 571 573 575 580 583 592 595 597
599-601 610 613-614 616-617 619-622 624 626-628 630-632 634-638 640 650-652 654 656 659-660 662 667-672 674 676 680-681
685-686 690-694 700 703 705 709 711 716 730 735-741 743-746 760-761 765-767 769-771 773 776-780 790 792-794 796-798 800
802-807 810-811 813-814 818 821-823 825-826 830 832 834 840-841 843 845-846 848-849 852-856 860 863-865 867-869 871-873
875-879 882 885-886 888-891 894-895 898 901 903 905 910 913-915 917-918 920 930 933-936 938-939 946 958 960`);

function numbersIn(list: string): ReadonlySet<number> {
  const numbers = new Set<number>();
  for (const item of list.split(/\s+/)) {
    const [from = 0, to = from] = item.split('-').map(Number);
    for (let n = from; n <= to; n++) numbers.add(n);
  }
  return numbers;
}

/** Bank, place, account, and a check by weights 3 7 1. */
function isClabe(digits: string): boolean {
  if (!isDigits(digits, 18) || !BANKS.has(numberAt(digits, 0, 3)) || !PLACES.has(numberAt(digits, 3, 3))) return false;
  let sum = 0;
  for (let i = 0; i < 17; i++) sum += (numberAt(digits, i, 1) * ([3, 7, 1][i % 3] ?? 0)) % 10;
  return numberAt(digits, 17, 1) === (10 - (sum % 10)) % 10;
}

const mxClabe = idNumber({
  name: 'mx-clabe',
  entity: 'MX_CLABE',
  category: 'financial',
  countries: ['MX'],
  forms: ['##################', '### ### ########### #', '### ### #### #### ####'],
  isValid: isClabe,
  chance: 0.004,
  evidence: 'check',
  context: contextWords(`clabe, c l a b e, clave bancaria estandarizada, clabe interbancaria, clave interbancaria, spei,
cuenta bancaria, bank account`),
  hits: [
    { text: 'CLABE 032180000118359719', value: '032180000118359719' },
    { text: '{"clabe":"014027000005555558"}', value: '014027000005555558' },
    { text: 'bank account 002 010 07777777777 1', value: '002 010 07777777777 1', atLeast: 0.8 },
  ],
  misses: [{ text: 'CLABE 002010077777777779' }, { text: 'CLABE 002115016003269411' }, { text: '032180000118359719' }],
});

export const MX: readonly Recognizer[] = [mxCurp, mxRfc, mxRfcShort, mxRfcSpecial, mxClabe];
