/**
 * European numbers whose parts mean something (a date, a county, a kind of card) that stdnum does not look at, or whose
 * check it does not know: the parts are made as the authority makes them, the check by stdnum where it can, else by the
 * authority's rule, written here once more.
 */
import * as stdnum from 'stdnum';
import type { Made } from './carriers.ts';
import { fill, int, letters, pick, type Random } from './shapes.ts';

export interface Kind {
  readonly words: readonly string[];
  readonly make: (random: Random) => Made;
}

const TRIES = 100_000;
const two = (value: number): string => String(value).padStart(2, '0');

/** Candidates until one is right. */
export function until(
  random: Random,
  candidate: (random: Random) => string,
  isRight: (value: string) => boolean,
): Made {
  for (let tries = 0; tries < TRIES; tries++) {
    const value = candidate(random);
    try {
      if (isRight(value)) return { value };
    } catch {
      // stdnum throws on some dates that do not exist.
    }
  }
  throw new Error('no value was right');
}

interface Birth {
  readonly yy: string;
  readonly mm: string;
  readonly dd: string;
  readonly isOld: boolean;
}

export function birth(random: Random): Birth {
  const isOld = random() < 0.75;
  return {
    yy: two(isOld ? int(random, 40, 99) : int(random, 0, 24)),
    mm: two(int(random, 1, 12)),
    dd: two(int(random, 1, 28)),
    isOld,
  };
}

function sum(text: string, weights: readonly number[]): number {
  return weights.reduce((total, weight, i) => {
    const code = text.charCodeAt(i);
    return total + weight * (code >= 65 ? code - 55 : code - 48);
  }, 0);
}

interface Validator {
  validate(value: string): { readonly isValid: boolean };
}

const COUNTRIES: Readonly<Record<string, Readonly<Record<string, Validator>>>> = stdnum.stdnum;

/** Whether stdnum takes a value for one of the kind. */
export function isKind(country: string, kind: string): (value: string) => boolean {
  const validator = COUNTRIES[country]?.[kind];
  if (validator === undefined) throw new Error(`stdnum has no ${country}/${kind}`);
  return (value) => validator.validate(value).isValid;
}

function baltic(random: Random): string {
  const { yy, mm, dd, isOld } = birth(random);
  return `${pick(random, isOld ? ['3', '4'] : ['5', '6'])}${yy}${mm}${dd}${letters(random, 'd', 4)}`;
}

function yugoslav(random: Random): string {
  const { yy, mm, dd, isOld } = birth(random);
  return `${dd}${mm}${isOld ? '9' : '0'}${yy}${letters(random, 'd', 6)}`;
}

/** No digit twice among ten but one. */
function taxIdFront(random: Random): string {
  const digits = [...'0123456789'];
  for (let i = 9; i > 0; i--) {
    const j = int(random, 0, i);
    [digits[i], digits[j]] = [digits[j] ?? '', digits[i] ?? ''];
  }
  digits[9] = digits[int(random, 0, 8)] ?? '';
  return digits.join('');
}

/** Registers print them with the company: six of the largest. */
const FIRMENBUCH = ['FN 122119m', 'FN 33209m', 'FN 71396w', 'FN 66209t', 'FN 93363z', 'FN 56247t'];

const GERMAN = 'CFGHJKLMNPRTVWXYZ0123456789';

function germanCard(random: Random): string {
  let card = pick(random, [...'LMNPRTVWXY']);
  while (card.length < 9) card += pick(random, [...GERMAN]);
  return card + letters(random, 'd', 1);
}

const KZ_FIRST = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const KZ_SECOND = [3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2];

function isKazakh(value: string): boolean {
  const rest = sum(value, KZ_FIRST) % 11;
  return (rest === 10 ? sum(value, KZ_SECOND) % 11 : rest) === Number(value[11]);
}

export const MADE_EUROPE: Readonly<Record<string, Kind>> = {
  AT_FN: { words: ['Firmenbuchnummer', 'Firmenbuch'], make: (random) => ({ value: pick(random, FIRMENBUCH) }) },
  BE_NN: {
    words: ['rijksregisternummer', 'numéro national', 'INSZ'],
    make: (random) =>
      until(
        random,
        () => {
          const { yy, mm, dd } = birth(random);
          return fill(random, pick(random, [`${yy}.${mm}.${dd}-{d3}.{d2}`, `${yy}${mm}${dd}{d5}`]));
        },
        // Checks are 01 to 97; stdnum takes 00 as well.
        (value) => !value.endsWith('00') && isKind('BE', 'nn')(value),
      ),
  },
  BG_EGN: {
    words: ['ЕГН', 'единен граждански номер'],
    make: (random) =>
      until(
        random,
        () => {
          const { yy, mm, dd, isOld } = birth(random);
          return `${yy}${isOld ? mm : two(Number(mm) + 40)}${dd}${letters(random, 'd', 4)}`;
        },
        isKind('BG', 'egn'),
      ),
  },
  BY_UNP: {
    words: ['УНП', 'UNP'],
    make: (random) => until(random, () => fill(random, `${int(random, 1, 7)}{d8}`), isKind('BY', 'unp')),
  },
  CZ_RC: {
    words: ['rodné číslo', 'RČ', 'birth number'],
    make: (random) =>
      until(
        random,
        () => {
          const { yy, mm, dd, isOld } = birth(random);
          if (isOld && yy < '54') return '';
          const month = random() < 0.5 ? mm : two(Number(mm) + 50);
          return `${yy}${month}${dd}${pick(random, ['/', ''])}${letters(random, 'd', 4)}`;
        },
        (value) => value !== '' && isKind('CZ', 'rc')(value),
      ),
  },
  DE_ID_CARD: {
    words: ['Personalausweis', 'Ausweisnummer', 'identity card'],
    make: (random) => until(random, germanCard, isKind('DE', 'pwnr')),
  },
  DE_TAX_ID: {
    words: ['Steuer-ID', 'Steueridentifikationsnummer', 'IdNr'],
    make: (random) =>
      until(
        random,
        () => {
          const digits = taxIdFront(random) + letters(random, 'd', 1);
          return random() < 0.5 ? digits : digits.replace(/(..)(...)(...)(...)/, '$1 $2 $3 $4');
        },
        (value) => !value.startsWith('0') && isKind('DE', 'idnr')(value),
      ),
  },
  DE_VAT_ID: {
    words: ['USt-IdNr', 'VAT ID', 'Umsatzsteuer-ID'],
    make: (random) => until(random, () => fill(random, `DE${int(random, 1, 9)}{d8}`), isKind('DE', 'vat')),
  },
  EE_IK: { words: ['isikukood'], make: (random) => until(random, baltic, isKind('EE', 'ik')) },
  // stdnum takes numbers that begin with 0 as well; the register begins at 10 000 000.
  DK_CVR: {
    words: ['CVR', 'CVR-nr'],
    make: (random) =>
      until(random, () => fill(random, `${pick(random, ['DK', ''])}${int(random, 1, 4)}{d7}`), isKind('DK', 'cvr')),
  },
  FR_NIR: {
    words: ['numéro de sécurité sociale', 'NIR', 'INSEE'],
    make: (random) =>
      until(
        random,
        () => {
          const { yy, mm } = birth(random);
          const front = `${int(random, 1, 2)} ${yy} ${mm} ${two(int(random, 1, 95))}`;
          const value = fill(random, `${front} {d3} {d3} {d2}`);
          return random() < 0.5 ? value : value.replaceAll(' ', '');
        },
        isKind('FR', 'nir'),
      ),
  },
  HU_ADOAZONOSITO: {
    words: ['adóazonosító jel', 'adóazonosító'],
    make: (random) =>
      until(
        random,
        () => `8${int(random, 20_000, 55_000)}${letters(random, 'd', 4)}`,
        (value) => sum(value, [1, 2, 3, 4, 5, 6, 7, 8, 9]) % 11 === Number(value[9]),
      ),
  },
  HU_TAJ: {
    words: ['TAJ szám', 'TAJ'],
    make: (random) =>
      until(
        random,
        () => fill(random, pick(random, ['{d3} {d3} {d3}', '{d9}'])),
        (value) => {
          const digits = value.replaceAll(' ', '');
          return sum(digits, [3, 7, 3, 7, 3, 7, 3, 7]) % 10 === Number(digits[8]);
        },
      ),
  },
  IS_KENNITALA: {
    words: ['kennitala', 'kt'],
    make: (random) =>
      until(
        random,
        () => {
          const { yy, mm, dd, isOld } = birth(random);
          return `${dd}${mm}${yy}${pick(random, ['-', ''])}${letters(random, 'd', 3)}${isOld ? '9' : '0'}`;
        },
        isKind('IS', 'kennitala'),
      ),
  },
  IT_FISCAL_CODE: {
    words: ['codice fiscale', 'fiscal code'],
    make: (random) =>
      until(
        random,
        () => {
          const { yy, dd } = birth(random);
          const day = random() < 0.5 ? dd : two(Number(dd) + 40);
          return fill(random, `{L6}${yy}${pick(random, [...'ABCDEHLMPRST'])}${day}{L}{d3}{L}`);
        },
        isKind('IT', 'codicefiscale'),
      ),
  },
  JMBG: {
    words: ['JMBG', 'matični broj'],
    make: (random) => until(random, yugoslav, isKind('SI', 'emso')),
  },
  KZ_BIN: {
    words: ['БИН', 'бизнес-идентификационный номер'],
    make: (random) =>
      until(
        random,
        () =>
          `${two(int(random, 0, 24))}${two(int(random, 1, 12))}${int(random, 4, 6)}${int(random, 0, 3)}${letters(random, 'd', 6)}`,
        isKazakh,
      ),
  },
  KZ_IIN: {
    words: ['ИИН', 'ЖСН'],
    make: (random) =>
      until(
        random,
        () => {
          const { yy, mm, dd, isOld } = birth(random);
          return `${yy}${mm}${dd}${isOld ? int(random, 3, 4) : int(random, 5, 6)}${letters(random, 'd', 5)}`;
        },
        isKazakh,
      ),
  },
  LT_ASMENS: {
    words: ['asmens kodas'],
    make: (random) => until(random, baltic, isKind('LT', 'asmens')),
  },
  LV_PK: {
    words: ['personas kods'],
    make: (random) =>
      until(
        random,
        () => {
          const { yy, mm, dd, isOld } = birth(random);
          return `${dd}${mm}${yy}${pick(random, ['-', ''])}${isOld ? '1' : '2'}${letters(random, 'd', 4)}`;
        },
        isKind('LV', 'pvn'),
      ),
  },
  PL_DOWOD: {
    words: ['dowód osobisty', 'numer dowodu'],
    make: (random) =>
      until(
        random,
        () => fill(random, pick(random, ['{L3}{d6}', '{L3} {d6}'])),
        (value) => sum(value.replace(' ', ''), [7, 3, 1, 9, 7, 3, 1, 7, 3]) % 10 === 0,
      ),
  },
  PL_PASZPORT: {
    words: ['paszport', 'numer paszportu'],
    make: (random) =>
      until(
        random,
        () => fill(random, '{L2}{d7}'),
        (value) => sum(value, [7, 3, 9, 1, 7, 3, 1, 7, 3]) % 10 === 0,
      ),
  },
  RO_CNP: {
    words: ['CNP', 'cod numeric personal'],
    make: (random) =>
      until(
        random,
        () => {
          const { yy, mm, dd, isOld } = birth(random);
          const county = two(int(random, 1, 40));
          return `${isOld ? int(random, 1, 2) : int(random, 5, 6)}${yy}${mm}${dd}${county}${letters(random, 'd', 4)}`;
        },
        isKind('RO', 'cnp'),
      ),
  },
  RO_ONRC: {
    words: ['Nr. Reg. Com.', 'registrul comerțului'],
    make: (random) => ({
      value: fill(
        random,
        `${pick(random, ['J', 'F', 'C'])}${two(int(random, 1, 40))}/${int(random, 1, 9)}{d2-4}/${int(random, 1991, 2023)}`,
      ),
    }),
  },
  RU_SNILS: {
    words: ['СНИЛС', 'страховой номер'],
    make: (random) =>
      until(
        random,
        () => fill(random, pick(random, ['1{d2}-{d3}-{d3} {d2}', '0{d10}'])),
        (value) => {
          const digits = value.replace(/\D/g, '');
          return (
            (sum(digits, [9, 8, 7, 6, 5, 4, 3, 2, 1]) % 101) % 100 === Number(digits.slice(9)) &&
            Number(digits.slice(0, 9)) > 2_000_000
          );
        },
      ),
  },
  SI_EMSO: { words: ['EMŠO'], make: (random) => until(random, yugoslav, isKind('SI', 'emso')) },
  SK_DIC: {
    words: ['DIČ', 'daňové identifikačné číslo'],
    make: (random) => until(random, () => fill(random, '2{d}2{d7}'), isKind('SK', 'dph')),
  },
};
