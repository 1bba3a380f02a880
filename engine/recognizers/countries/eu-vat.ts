/**
 * VAT numbers of the European Union: those of the member states that have no entity of their own for it. A number with
 * its country's letters is known by any word for VAT, one without only by the country's own words, since a bare run of
 * eight to ten digits is a number of some state more often than not. The check of each is its state's (VIES).
 */

import { isDigits, isMod11And10, isOneDigit, numberAt, twoStageMod11, weightedSum } from '../../scan/check-digits.ts';
import { isLuhn } from '../../scan/checksums.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';
import { isBulgarianVat } from './bg.ts';
import { isBirthNumber, isIco } from './cz.ts';
import { isCvr } from './dk.ts';
import { isCif, isDni, isNie } from './es.ts';
import { isYtunnus } from './fi.ts';
import { isAfm } from './gr.ts';
import { isHungarianTax } from './hu.ts';
import { isIrishVat } from './ie.ts';
import { isDatedPersonalCode } from './lv.ts';
import { isDutchVat } from './nl.ts';
import { isNip } from './pl.ts';
import { isPortugueseNif } from './pt.ts';
import { isCnp, isCui } from './ro.ts';
import { isSlovenianVat } from './si.ts';
import { isSlovakVat } from './sk.ts';
import { VAT_WORDS } from './vat-words.ts';

interface MemberState {
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** Letters before the number; Greece's are EL. */
  readonly letters: string;
  /** Words for VAT and its number in the languages of the state. */
  readonly words: string;
  /** Without the letters. */
  readonly forms: readonly string[];
  readonly isValid: (value: string) => boolean;
  /** Share of random strings of the forms that pass, with letters. */
  readonly chance: number;
  /** Where the number is looked for without letters as well: its forms there, a word, and the share. */
  readonly bare: {
    readonly forms: readonly string[];
    readonly word: string;
    /** Where the state's words are not all its own. */
    readonly words?: string;
    readonly chance: number;
    readonly example: string;
  } | null;
  /** Valid ones in some of the forms, and one whose check is wrong. */
  readonly examples: readonly [string, string];
  readonly wrong: string;
}

/** Nine digits by the remainder of the first seven on 97; before 2005 the leading 0 was not written. */
function isBelgianVat(value: string): boolean {
  const digits = value.padStart(10, '0');
  return (
    /^[01]/.test(digits) &&
    !isOneDigit(digits.slice(1)) &&
    97 - (numberAt(digits, 0, 8) % 97) === numberAt(digits, 8, 2)
  );
}

const FRENCH_KEY = '0123456789ABCDEFGHJKLMNPQRSTUVWXYZ';

/** Two characters by the SIREN behind them, which Monaco's do not check with Luhn. */
function isFrenchVat(value: string): boolean {
  const key = value.slice(0, 2);
  const siren = value.slice(2);
  if (!isDigits(siren, 9) || isOneDigit(siren) || (!siren.startsWith('000') && !isLuhn(siren))) return false;
  const number = Number(siren);
  if (isDigits(key, 2)) return (12 + 3 * (number % 97)) % 97 === Number(key);
  const first = FRENCH_KEY.indexOf(key.charAt(0));
  const second = FRENCH_KEY.indexOf(key.charAt(1));
  if (first < 0 || second < 0) return false;
  const told = first < 10 ? first * 24 + second - 10 : first * 34 + second - 100;
  return (number + 1 + Math.floor(told / 11)) % 11 === told % 11;
}

/** Nine digits of a company, twelve of others, with a 1 before the check digit of two stages. */
function isLithuanianVat(digits: string): boolean {
  const length = digits.length;
  if ((length !== 9 && length !== 12) || digits.charAt(length - 2) !== '1') return false;
  const places = Array.from({ length: length - 1 }, (_, i) => i);
  const first = places.map((i) => (i % 9) + 1);
  const second = places.map((i) => ((i + 2) % 9) + 1);
  return twoStageMod11(digits, first, second) === numberAt(digits, length - 1, 1);
}

/** A company's eleven digits, or a person's code. */
function isLatvianVat(digits: string): boolean {
  if (/^[0-3]/.test(digits)) return isDatedPersonalCode(digits);
  return weightedSum(digits, [9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1]) % 11 === 3;
}

function isCzechVat(digits: string): boolean {
  if (digits.length === 8) return isIco(digits);
  if (digits.length === 10) return isBirthNumber(digits);
  if (!digits.startsWith('6')) return isBirthNumber(digits);
  const rest = weightedSum(digits, [8, 7, 6, 5, 4, 3, 2], 1) % 11;
  return (8 - ((10 - rest) % 11) + 10) % 10 === numberAt(digits, 8, 1);
}

const STATES: readonly MemberState[] = [
  {
    country: 'BE',
    letters: 'BE',
    words: `btw, btw nr, btw nummer, tva, n tva, ondernemingsnummer, numéro d entreprise, numero d entreprise, kbo, bce, mwst`,
    forms: ['##########', '#########', '####.###.###', '#### ### ###', '### ### ###'],
    isValid: isBelgianVat,
    chance: 0.006,
    bare: {
      forms: ['####.###.###', '##########', '(#)#########'],
      word: 'BTW',
      chance: 0.002,
      example: '0403.019.261',
    },
    examples: ['403019261', '0417.497.106'],
    wrong: '431150351',
  },
  {
    country: 'BG',
    letters: 'BG',
    words: `ддс, идентификационен номер по ддс, ин по ддс, dds, еик, булстат, eik, bulstat`,
    forms: ['#########', '##########', '### ### ###'],
    isValid: isBulgarianVat,
    chance: 0.15,
    bare: { forms: ['#########', '##########', '### ### ###'], word: 'ДДС', chance: 0.15, example: '175 074 752' },
    examples: ['175074752', '175 074 752'],
    wrong: '175074754',
  },
  {
    country: 'CZ',
    letters: 'CZ',
    words: `dič, dic, dph, daňové identifikační číslo, danove identifikacni cislo`,
    forms: ['########', '##########', '#########', '### ## ###'],
    isValid: isCzechVat,
    chance: 0.08,
    bare: null,
    examples: ['25123891', '251 23 891'],
    wrong: '25123890',
  },
  {
    country: 'DK',
    letters: 'DK',
    words: `moms, momsnummer, moms nr, cvr, cvr nr, se nr`,
    forms: ['########', '## ## ## ##'],
    isValid: isCvr,
    chance: 0.08,
    bare: null,
    examples: ['13585628', '13 58 56 28'],
    wrong: '13585627',
  },
  {
    country: 'EE',
    letters: 'EE',
    words: `kmkr, käibemaks, kaibemaks, käibemaksukohustuslase number, kmkr nr`,
    forms: ['#########', '### ### ###'],
    isValid: (digits) => !isOneDigit(digits) && weightedSum(digits, [3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 === 0,
    chance: 0.1,
    bare: { forms: ['#########'], word: 'KMKR', chance: 0.1, example: '100594102' },
    examples: ['100594102', '100 594 102'],
    wrong: '100594103',
  },
  {
    country: 'ES',
    letters: 'ES',
    words: `iva, nif, cif, nif iva, número de identificación fiscal, numero de identificacion fiscal`,
    forms: ['*#######*', '*-########', '* #######*', '*-#######-*'],
    isValid: (value) => isDni(value) || isNie(value) || isCif(value),
    chance: 0.04,
    bare: {
      forms: ['*#######*', '*-#######-*', '*-########', '########-*'],
      word: 'NIF-IVA',
      words: `iva, nif iva`,
      chance: 0.04,
      example: 'B64717838',
    },
    examples: ['B64717838', 'B-58378431'],
    wrong: 'B64717839',
  },
  {
    country: 'FI',
    letters: 'FI',
    words: `alv, alv nro, alv numero, arvonlisävero, arvonlisäveronumero, moms`,
    forms: ['########', '#### ####'],
    isValid: isYtunnus,
    chance: 0.09,
    bare: null,
    examples: ['20774740', '2077 4740'],
    wrong: '20774741',
  },
  {
    country: 'FR',
    letters: 'FR',
    words: `tva, n tva, tva intracommunautaire, numéro de tva, numero de tva, tva intra`,
    forms: ['**#########', '** ### ### ###', '** #########'],
    isValid: isFrenchVat,
    chance: 0.0073,
    bare: {
      forms: ['###########', '@##########', '#@#########', '@@#########', '## ### ### ###'],
      word: 'TVA intracommunautaire',
      chance: 0.0055,
      example: '40 303 265 045',
    },
    examples: ['04494887854', '40 303 265 045'],
    wrong: '84323140391',
  },
  {
    country: 'GR',
    letters: 'EL',
    words: `φπα, αφμ, αρ φπα, αριθμός φπα, fpa, afm`,
    forms: ['#########', '### ### ###'],
    isValid: isAfm,
    chance: 0.1,
    bare: null,
    examples: ['094259216', '094 259 216'],
    wrong: '094259217',
  },
  {
    country: 'HR',
    letters: 'HR',
    words: `pdv, pdv id, pdv broj, pdv identifikacijski broj, oib`,
    forms: ['###########'],
    isValid: (digits) => !isOneDigit(digits) && isMod11And10(digits),
    chance: 0.1,
    bare: null,
    examples: ['33392005961', '33392005961'],
    wrong: '33392005962',
  },
  {
    country: 'HU',
    letters: 'HU',
    words: `áfa, afa, közösségi adószám, kozossegi adoszam, uniós adószám, adószám, adoszam`,
    forms: ['########'],
    isValid: isHungarianTax,
    chance: 0.1,
    bare: null,
    examples: ['12892312', '12892312'],
    wrong: '12892313',
  },
  {
    country: 'IE',
    letters: 'IE',
    words: `cbl, uimhir cbl`,
    forms: ['#######@', '#######@@', '#@#####@'],
    isValid: isIrishVat,
    chance: 0.037,
    bare: { forms: ['#@#####@', '#######@@', '#######@'], word: 'VAT', chance: 0.037, example: '6433435OA' },
    examples: ['6433435F', '6433435OA'],
    wrong: '6433435E',
  },
  {
    country: 'LT',
    letters: 'LT',
    words: `pvm, pvm mokėtojo kodas, pvm moketojo kodas, pvm kodas`,
    forms: ['#########', '############'],
    isValid: isLithuanianVat,
    chance: 0.01,
    bare: { forms: ['#########', '############'], word: 'PVM', chance: 0.01, example: '119511515' },
    examples: ['119511515', '100001919017'],
    wrong: '100001919018',
  },
  {
    country: 'LU',
    letters: 'LU',
    words: `tva, n tva, numéro tva, numero tva, mwst, identifikatiounsnummer`,
    forms: ['########', '### ### ##'],
    isValid: (digits) => Number(digits) > 0 && numberAt(digits, 0, 6) % 89 === numberAt(digits, 6, 2),
    chance: 0.01,
    bare: { forms: ['########', '### ### ##'], word: 'TVA', chance: 0.01, example: '150 274 42' },
    examples: ['15027442', '150 274 42'],
    wrong: '15027443',
  },
  {
    country: 'LV',
    letters: 'LV',
    words: `pvn, pvn reģistrācijas numurs, pvn registracijas numurs, pvn numurs, pvn nr`,
    forms: ['###########', '#### #### ###', '######-#####'],
    isValid: isLatvianVat,
    chance: 0.055,
    bare: {
      forms: ['###########', '#### #### ###', '######-#####'],
      word: 'PVN',
      chance: 0.055,
      example: '4000 3521 600',
    },
    examples: ['40003521600', '4000 3521 600'],
    wrong: '40003521601',
  },
  {
    country: 'NL',
    letters: 'NL',
    words: `btw, btw nr, btw nummer, btwnummer, btw id, btw identificatienummer, omzetbelasting, omzetbelastingnummer`,
    forms: ['#########B##', '#######B##', '#### ## ### B##', '#########.B##'],
    isValid: isDutchVat,
    chance: 0.1,
    bare: { forms: ['#########B##', '#########.B##'], word: 'BTW-nr', chance: 0.1, example: '004495445B01' },
    examples: ['004495445B01', '002455799B11'],
    wrong: '123456789B90',
  },
  {
    country: 'PL',
    letters: 'PL',
    words: `nip ue, vat ue, numer vat`,
    forms: ['##########', '###-###-##-##'],
    isValid: isNip,
    chance: 0.09,
    bare: null,
    examples: ['8567346215', '856-734-62-15'],
    wrong: '8567346216',
  },
  {
    country: 'PT',
    letters: 'PT',
    words: `iva, n iva, número de iva, numero de iva`,
    forms: ['#########', '### ### ###'],
    isValid: isPortugueseNif,
    chance: 0.09,
    bare: null,
    examples: ['501964843', '501 964 843'],
    wrong: '501964842',
  },
  {
    country: 'RO',
    letters: 'RO',
    words: `tva, cod tva, cod fiscal, cif, cod de înregistrare în scopuri de tva`,
    forms: ['########', '#######', '######', '##########', '#########', '### ### ##'],
    isValid: (digits) => isCui(digits) || (digits.length === 13 && isCnp(digits)),
    chance: 0.085,
    bare: {
      forms: ['########', '#######', '######', '##########', '#########', '### ### ##', '#############'],
      word: 'cod TVA',
      words: `cod tva, nr tva, cod fiscal, codul fiscal, cif`,
      chance: 0.07,
      example: '185 472 90',
    },
    examples: ['18547290', '185 472 90'],
    wrong: '18547291',
  },
  {
    country: 'SE',
    letters: 'SE',
    words: `moms, momsnummer, momsnr, momsregistreringsnummer, momsreg nr, vat nr`,
    forms: ['##########01', '###### #### 01', '######-####-01'],
    isValid: (digits) => digits.endsWith('01') && !isOneDigit(digits.slice(0, 10)) && isLuhn(digits.slice(0, 10)),
    chance: 0.1,
    bare: { forms: ['############'], word: 'momsregistreringsnummer', chance: 0.001, example: '123456789701' },
    examples: ['123456789701', '123456 7897 01'],
    wrong: '123456789101',
  },
  {
    country: 'SI',
    letters: 'SI',
    words: `ddv, id za ddv, id št za ddv, davčna številka, davcna stevilka`,
    forms: ['########', '#### ####'],
    isValid: isSlovenianVat,
    chance: 0.09,
    bare: { forms: ['########', '#### ####'], word: 'davčna številka', chance: 0.09, example: '5022 3054' },
    examples: ['50223054', '5022 3054'],
    wrong: '50223053',
  },
  {
    country: 'SK',
    letters: 'SK',
    words: `ič dph, ic dph, dph, ičdph, icdph, identifikačné číslo pre daň`,
    forms: ['##########', '### ### ## ##'],
    isValid: isSlovakVat,
    chance: 0.07,
    bare: null,
    examples: ['2022749619', '202 274 96 19'],
    wrong: '2022749618',
  },
];

/** Known by any word for VAT. */
function withLetters(state: MemberState): Recognizer {
  const { letters, country } = state;
  const [first, second] = state.examples;
  return idNumber({
    name: `eu-vat-${country.toLowerCase()}`,
    entity: 'EU_VAT',
    category: 'business',
    countries: [country],
    forms: state.forms.flatMap((form) =>
      /[^#@*0-9A-Z]/.test(form)
        ? [`${letters} ${form}`, `${letters}${form}`]
        : [`${letters}${form}`, `${letters} ${form}`, `${letters}-${form}`],
    ),
    isValid: (compact) => state.isValid(compact.slice(letters.length)),
    chance: state.chance,
    evidence: 'check',
    isUpperCase: true,
    context: contextWords(state.words, VAT_WORDS),
    hits: [
      { text: `VAT number: ${letters} ${first}`, value: `${letters} ${first}`, atLeast: 0.8 },
      { text: `{"vatId":"${letters}${first}"}`, value: `${letters}${first}` },
      { text: `reverse charge, VAT ID ${letters} ${second}`, value: `${letters} ${second}`, atLeast: 0.8 },
    ],
    misses: [
      { text: `VAT number ${letters}${state.wrong}` },
      { text: `VAT number ${letters}${first}77` },
      { text: `part ${letters}${first}` },
    ],
  });
}

/** Known only by a word of its state's own. */
function withoutLetters(state: MemberState): readonly Recognizer[] {
  const { country, bare } = state;
  if (bare === null) return [];
  return [
    idNumber({
      name: `eu-vat-${country.toLowerCase()}-bare`,
      entity: 'EU_VAT',
      category: 'business',
      countries: [country],
      forms: bare.forms,
      isValid: state.isValid,
      chance: bare.chance,
      evidence: 'context',
      isUpperCase: true,
      context: country === 'IE' ? contextWords(state.words, VAT_WORDS) : contextWords(bare.words ?? state.words),
      hits: [
        { text: `${bare.word}: ${bare.example}`, value: bare.example },
        { text: `${bare.word} nr. ${bare.example}`, value: bare.example },
      ],
      misses: [{ text: `${bare.word}: ${state.wrong}` }, { text: bare.example }],
    }),
  ];
}

export const EU_VAT: readonly Recognizer[] = STATES.flatMap((state) => [withLetters(state), ...withoutLetters(state)]);
