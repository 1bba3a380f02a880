/**
 * Numbers of Asia, Africa, Oceania and the Americas whose parts mean something (a date, a place, a range) that stdnum
 * does not look at, or whose check it does not know: the parts are made as the authority makes them, the check by
 * stdnum where it can, else by the authority's rule, written here once more.
 */
import type { Made } from './carriers.ts';
import { birth, isKind, type Kind, until } from './made-europe.ts';
import { verhoeffOf, withLuhn } from './made-values.ts';
import { fill, int, letters, pick, type Random } from './shapes.ts';

const PLACES = ['110101', '310115', '440305', '510104', '330106', '420106', '650102', '120103'];

function century(random: Random): { readonly year: string; readonly monthDay: string; readonly isOld: boolean } {
  const { yy, mm, dd, isOld } = birth(random);
  return { year: `${isOld ? '19' : '20'}${yy}`, monthDay: `${mm}${dd}`, isOld };
}

const two = (value: number): string => String(value).padStart(2, '0');

function weighted(digits: string, weights: readonly number[]): number {
  return weights.reduce((sum, weight, at) => sum + weight * Number(digits[at]), 0);
}

/** Eight digits, the first of them 2 to 6, by weights 1 3 7 9, and the number of the card. */
function australianPatient(random: Random): string {
  const body = `${int(random, 2, 6)}${letters(random, 'd', 7)}`;
  const all = `${body}${weighted(body, [1, 3, 7, 9, 1, 3, 7, 9]) % 10}${int(random, 1, 9)}`;
  return pick(random, [all, `${all.slice(0, 4)} ${all.slice(4, 9)} ${all.slice(9)}`]);
}

/** Eleven digits and a check by weights 2 to 7, over and over from the right, 11 less the rest. */
function japanesePerson(random: Random): string {
  const body = letters(random, 'd', 11);
  const rest = weighted([...body].reverse().join(''), [2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6]) % 11;
  const all = `${body}${rest <= 1 ? 0 : 11 - rest}`;
  return pick(random, [all, all.replace(/(\d{4})(?=\d)/g, '$1 ')]);
}

/** Like a resident's number, the seventh digit 5 to 8, the check two more. */
function koreanForeigner(random: Random): string {
  const { yy, mm, dd, isOld } = birth(random);
  const body = `${yy}${mm}${dd}${isOld ? int(random, 5, 6) : int(random, 7, 8)}${letters(random, 'd', 5)}`;
  const check = (13 - (weighted(body, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11)) % 10;
  return `${body.slice(0, 6)}-${body.slice(6)}${check}`;
}

/** The year, the day of the year (500 more for women), a serial number; nine digits and a letter until 2016. */
function sriLankan(random: Random): string {
  const day = String(int(random, 1, 365) + pick(random, [0, 500])).padStart(3, '0');
  return random() < 0.5
    ? `${int(random, 40, 99)}${day}${letters(random, 'd', 4)}${pick(random, ['V', 'V', 'X', 'v'])}`
    : `${int(random, 1940, 2005)}${day}${letters(random, 'd', 5)}`;
}

/** By weights 2 7 6 5 4 3 2 and an offset of the series, which has letters of its own. */
function singaporean(random: Random): string {
  const series = pick(random, [...'SSTTFGM']);
  const digits = letters(random, 'd', 7);
  const offset = series === 'T' || series === 'G' ? 4 : series === 'M' ? 3 : 0;
  const rest = (offset + weighted(digits, [2, 7, 6, 5, 4, 3, 2])) % 11;
  const alphabet = { S: 'JZIHGFEDCBA', T: 'JZIHGFEDCBA' }[series] ?? 'XWUTRQPNMLK';
  return `${series}${digits}${(series === 'M' ? 'XWUTRQPNJLK' : alphabet).charAt(rest)}`;
}

/** The date of birth, the sex, 0 for citizens, a digit that says nothing, Luhn's. */
function southAfrican(random: Random): string {
  const { yy, mm, dd } = birth(random);
  return withLuhn(`${yy}${mm}${dd}${letters(random, 'd', 4)}${int(random, 0, 1)}8`);
}

/** Ontario: a letter and fourteen digits, the last six the date of birth, 50 added to a woman's month. */
function ontarian(random: Random): string {
  const { yy, mm, dd } = birth(random);
  const digits = `${letters(random, 'd', 8)}${yy}${two(Number(mm) + pick(random, [0, 50]))}${dd}`;
  return `${letters(random, 'L', 1)}${digits.slice(0, 4)}-${digits.slice(4, 9)}-${digits.slice(9)}`;
}

/** Municipality, date, serial number above 100, and a check by weights 2 7 6 5 4 3 over and over, 11 less the rest. */
function salvadoreanTaxpayer(random: Random): string {
  const { yy, mm, dd } = birth(random);
  const serial = String(int(random, 101, 999));
  const place = pick(random, ['0614', '0210', '0315', '1217', '0511', '9450']);
  const body = `${place}${dd}${mm}${yy}${serial}`;
  const rest = weighted(body, [2, 7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
  const check = rest <= 1 ? 0 : 11 - rest;
  return `${pick(random, ['', '', 'SV '])}${place}-${dd}${mm}${yy}-${serial}-${check}`;
}

/** The department, 01 to 22, and a municipality of it that exists, behind a check that stdnum knows. */
function guatemalan(random: Random): Made {
  const places = ['0101', '0108', '0115', '0301', '0501', '0901', '1301', '1601', '2001', '2201'];
  return until(random, () => `${letters(random, 'd', 9)}${pick(random, places)}`, isKind('GT', 'cui'));
}

/** The date of birth, a digit for the century (0 to 5: 1900s, 6 to 8: 2000s), four more. */
function cuban(random: Random): string {
  const { yy, mm, dd, isOld } = birth(random);
  return `${yy}${mm}${dd}${isOld ? int(random, 0, 5) : int(random, 6, 8)}${letters(random, 'd', 4)}`;
}

export const MADE_WORLD: Readonly<Record<string, Kind>> = {
  AE_EMIRATES_ID: {
    words: ['Emirates ID', 'رقم الهوية'],
    make: (random) => {
      const all = withLuhn(`784${int(random, 1940, 2022)}${letters(random, 'd', 7)}`);
      const written = `${all.slice(0, 3)}-${all.slice(3, 7)}-${all.slice(7, 14)}-${all.slice(14)}`;
      return { value: pick(random, [all, written]) };
    },
  },
  AO_NIF: {
    words: ['NIF', 'contribuinte'],
    make: (random) => ({ value: fill(random, pick(random, ['5{d9}', '00{d7}LA0{d2}', '00{d7}BA0{d2}'])) }),
  },
  AU_DL: {
    words: ['driver licence', "driver's licence number", 'NSW licence'],
    make: (random) => ({ value: fill(random, pick(random, ['{d8}', '1{d8}', '0{d8}', '{d7}', 'S{d5}'])) }),
  },
  AU_MEDICARE: {
    words: ['Medicare number', 'Medicare card'],
    make: (random) => ({ value: australianPatient(random) }),
  },
  CA_DL: {
    words: ["Ontario driver's licence", "driver's licence number"],
    make: (random) => ({ value: ontarian(random) }),
  },
  CN_RIC: {
    words: ['身份证', '居民身份证号码'],
    make: (random) =>
      until(
        random,
        () => {
          const { year, monthDay } = century(random);
          return `${pick(random, PLACES)}${year}${monthDay}${letters(random, 'd', 3)}${pick(random, [...'0123456789X'])}`;
        },
        isKind('CN', 'ric'),
      ),
  },
  CN_USCC: {
    words: ['统一社会信用代码', 'unified social credit code'],
    make: (random) =>
      until(
        random,
        () =>
          `91${pick(random, PLACES)}${letters(random, 'd', 8)}${fill(random, pick(random, ['{d}{L}', '{d2}', '{L2}']))}`,
        isKind('CN', 'uscc'),
      ),
  },
  CU_NI: { words: ['carné de identidad', 'número de identidad'], make: (random) => ({ value: cuban(random) }) },
  GT_CUI: { words: ['CUI', 'código único de identificación'], make: guatemalan },
  IN_VID: {
    words: ['VID', 'virtual ID'],
    make: (random) => {
      const body = `${int(random, 2, 9)}${letters(random, 'd', 14)}`;
      const all = `${body}${verhoeffOf(body)}`;
      return { value: pick(random, [all, all.replace(/(\d{4})(?=\d)/g, '$1 ')]) };
    },
  },
  JP_MY_NUMBER: {
    words: ['マイナンバー', '個人番号', 'My Number'],
    make: (random) => ({ value: japanesePerson(random) }),
  },
  KR_FRN: {
    words: ['외국인등록번호', 'foreigner registration number'],
    make: (random) => ({ value: koreanForeigner(random) }),
  },
  KR_RRN: {
    words: ['주민등록번호', 'resident registration number'],
    make: (random) =>
      until(
        random,
        () => {
          const { yy, mm, dd, isOld } = birth(random);
          return `${yy}${mm}${dd}-${pick(random, isOld ? ['1', '2'] : ['3', '4'])}${letters(random, 'd', 6)}`;
        },
        isKind('KR', 'rrn'),
      ),
  },
  LICENSE_PLATE: {
    words: ['license plate', 'licence plate', 'plate number', 'immatriculation', 'kenteken', 'targa', 'matrícula'],
    make: (random) => ({
      value: fill(random, pick(random, ['7{L3}{d3}', '{L3}-{d4}', '{L2}-{d3}-{L2}', '{d4} {L3}', '{L2} {d3} {L2}'])),
    }),
  },
  LK_NIC: { words: ['NIC', 'national identity card'], make: (random) => ({ value: sriLankan(random) }) },
  MU_NID: {
    words: ['NID', 'national identity card'],
    make: (random) =>
      until(
        random,
        () => {
          const { yy, mm, dd } = birth(random);
          return `${letters(random, 'L', 1)}${dd}${mm}${yy}${letters(random, 'd', 6)}${pick(random, [...'123456789ABCDEFGH'])}`;
        },
        isKind('MU', 'nid'),
      ),
  },
  MX_CURP: {
    words: ['CURP', 'clave única de registro de población'],
    make: (random) =>
      until(
        random,
        () => {
          const { yy, mm, dd, isOld } = birth(random);
          // A digit for those born before 2000, a letter for the others.
          const mark = letters(random, isOld ? 'd' : 'L', 1);
          const name = `${letters(random, 'L', 1)}${pick(random, [...'AEIOU'])}${letters(random, 'L', 2)}`;
          const place = pick(random, ['DF', 'JC', 'NL', 'MC', 'VZ', 'PL']);
          return fill(random, `${name}${yy}${mm}${dd}${pick(random, ['H', 'M'])}${place}RLR${mark}{d}`);
        },
        isKind('MX', 'curp'),
      ),
  },
  NRP: {
    words: ['nationality', 'religion', 'ethnicity'],
    make: (random) => ({
      value: pick(random, 'German,Brazilian,Vietnamese,Catholic,Muslim,Hindu,Sikh,Hispanic,Kurdish,Roma'.split(',')),
    }),
  },
  NZ_IRD: {
    words: ['IRD', 'inland revenue number'],
    make: (random) =>
      until(
        random,
        () => fill(random, pick(random, ['{d2}-{d3}-{d3}', '1{d2}-{d3}-{d3}', '{d8}'])),
        (value) => Number(value.replaceAll('-', '')) >= 10_000_000 && isKind('NZ', 'ird')(value),
      ),
  },
  SA_NATIONAL_ID: {
    words: ['national ID', 'iqama', 'رقم الهوية الوطنية'],
    make: (random) => ({ value: withLuhn(`${int(random, 1, 2)}${letters(random, 'd', 8)}`) }),
  },
  SG_NRIC_FIN: { words: ['NRIC', 'FIN', 'identity card'], make: (random) => ({ value: singaporean(random) }) },
  SG_UEN: {
    words: ['UEN', 'unique entity number'],
    make: (random) =>
      until(
        random,
        () => {
          const year = int(random, 1968, 2024);
          const kind = pick(random, ['LL', 'FC', 'PF', 'SS', 'CC']);
          const other = `T${String(int(random, 9, 24)).padStart(2, '0')}${kind}{d4}{L}`;
          return fill(random, pick(random, ['5{d7}{L}', `${year}{d5}{L}`, other]));
        },
        isKind('SG', 'uen'),
      ),
  },
  SV_NIT: {
    words: ['NIT', 'número de identificación tributaria'],
    make: (random) => ({ value: salvadoreanTaxpayer(random) }),
  },
  TR_TCKN: {
    words: ['TC kimlik no', 'TCKN'],
    make: (random) => until(random, () => fill(random, `${int(random, 1, 9)}{d10}`), isKind('TR', 'tckimlik')),
  },
  TW_TAX_CODE: {
    words: ['稅籍編號', 'Taiwan tax code'],
    make: (random) => {
      const { year, monthDay } = century(random);
      return { value: `${year}${monthDay}${letters(random, 'L', 2)}` };
    },
  },
  TW_UBN: {
    words: ['統一編號', 'unified business number'],
    make: (random) => until(random, () => fill(random, '{d8}'), isKind('TW', 'ubn')),
  },
  ZA_ID: { words: ['ID number', 'South African ID'], make: (random) => ({ value: southAfrican(random) }) },
};
