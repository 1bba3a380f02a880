/**
 * Numbers of Asia, Africa and Oceania whose parts mean something (a date, a place, a range) that stdnum does not look
 * at: the parts are made as the authority makes them, the check by stdnum.
 */
import { birth, isKind, type Kind, until } from './made-europe.ts';
import { fill, int, letters, pick, type Random } from './shapes.ts';

const PLACES = ['110101', '310115', '440305', '510104', '330106', '420106', '650102', '120103'];

function century(random: Random): { readonly year: string; readonly monthDay: string; readonly isOld: boolean } {
  const { yy, mm, dd, isOld } = birth(random);
  return { year: `${isOld ? '19' : '20'}${yy}`, monthDay: `${mm}${dd}`, isOld };
}

export const MADE_WORLD: Readonly<Record<string, Kind>> = {
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
  NZ_IRD: {
    words: ['IRD', 'inland revenue number'],
    make: (random) =>
      until(
        random,
        () => fill(random, pick(random, ['{d2}-{d3}-{d3}', '1{d2}-{d3}-{d3}', '{d8}'])),
        (value) => Number(value.replaceAll('-', '')) >= 10_000_000 && isKind('NZ', 'ird')(value),
      ),
  },
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
};
