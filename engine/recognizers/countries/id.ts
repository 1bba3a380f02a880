/** Indonesia: numbers of people and taxpayers. */

import { isBirthDateOfShortYear } from '../../scan/birth-dates.ts';
import { numberAt } from '../../scan/check-digits.ts';
import { isLuhn } from '../../scan/checksums.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Provinces, as the statistics office counts them. */
const PROVINCE = /^(?:1[1-9]|2[1]|3[1-6]|5[1-3]|6[1-5]|7[1-6]|8[12]|9[1-7])/;

/** Province, regency, district, date of birth (40 more in the day for women), order. */
function isNik(digits: string): boolean {
  const day = numberAt(digits, 6, 2);
  return (
    PROVINCE.test(digits) &&
    !digits.endsWith('0000') &&
    isBirthDateOfShortYear(numberAt(digits, 10, 2), numberAt(digits, 8, 2), day > 40 ? day - 40 : day)
  );
}

const idNik = idNumber({
  name: 'id-nik',
  entity: 'ID_NIK',
  category: 'government_id',
  countries: ['ID'],
  forms: ['################', '###### ###### ####', '#### #### #### ####', '######-######-####'],
  isValid: isNik,
  chance: 0.028,
  evidence: 'check',
  context:
    contextWords(`nik, niks, nomor induk kependudukan, no nik, nomor nik, ktp, e ktp, ektp, no ktp, nomor ktp, kartu tanda penduduk,
indonesian id, indonesia id, no induk kependudukan, kependudukan`),
  hits: [
    { text: 'NIK: 6480370101834393', value: '6480370101834393' },
    { text: '{"nik":"7131724712361301"}', value: '7131724712361301' },
    { text: 'Indonesian ID (KTP) 354387 590703 4918', value: '354387 590703 4918', atLeast: 0.8 },
  ],
  misses: [
    { text: 'NIK 4971041503900004' },
    { text: 'NIK 3171043213900004' },
    { text: 'order 1919342311607240' },
    { text: 'NIK 33939459116419091' },
  ],
});

/** Kind of taxpayer (two digits), number with Luhn, office, branch; with 0 before it since 2024. */
const KINDS = /^(?:0[0-24-9]|2[014-6]|3[14-6]|4[7-9]|5[78]|67|7[7-9]|8[7-9]|97)/;

function isNpwp(digits: string): boolean {
  const fifteen = digits.length === 16 ? digits.slice(1) : digits;
  return (digits.length === 15 || digits.startsWith('0')) && KINDS.test(fifteen) && isLuhn(fifteen.slice(0, 9));
}

const idNpwp = idNumber({
  name: 'id-npwp',
  entity: 'ID_NPWP',
  category: 'government_id',
  countries: ['ID'],
  forms: ['##.###.###.#-###.###', '0### #### #### ####', '##.###.###.#.###.###'],
  isValid: isNpwp,
  chance: 0.031,
  evidence: 'check',
  context: contextWords(
    `npwp, no npwp, nomor npwp, nomor pokok wajib pajak, wajib pajak, pajak, kpp, indonesian tax, indonesia tax number`,
  ),
  hits: [
    { text: 'NPWP: 01.312.166.0-091.000', value: '01.312.166.0-091.000', atLeast: 0.8 },
    { text: '{"npwp":"016090524017000"}', value: '016090524017000' },
    { text: 'Indonesia tax number (NPWP) 01.363.797.0-134.368', value: '01.363.797.0-134.368', atLeast: 0.8 },
  ],
  misses: [{ text: 'NPWP 216090524017001' }, { text: 'order 016090524017000' }, { text: 'NPWP 01.312.166.1-091.000' }],
});

export const ID: readonly Recognizer[] = [idNik, idNpwp];
