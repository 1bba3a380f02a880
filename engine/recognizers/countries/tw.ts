/** Taiwan: numbers of people, foreign taxpayers and companies. */

import { isBirthDate, isBirthDateOfShortYear } from '../../scan/birth-dates.ts';
import { crossSum, isDigits, numberAt } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** The letter's number is its place here and 10. */
const CITIES = 'ABCDEFGHJKLMNPQRSTUVXYWZIO';

/** A letter as two digits by weights 1 and 9, sex (a letter on residents' cards until 2020), weights 8 to 1, mod 10. */
function isChecked(compact: string): boolean {
  if (!/^[A-Z][1289A-D]\d{8}$/.test(compact)) return false;
  const city = CITIES.indexOf(compact.charAt(0));
  const sex = compact.charCodeAt(1) >= 65 ? compact.charCodeAt(1) - 65 : numberAt(compact, 1, 1);
  let sum = Math.floor(city / 10) + 1 + 9 * (city % 10) + 8 * sex + numberAt(compact, 9, 1);
  for (let i = 2; i < 9; i++) sum += (9 - i) * numberAt(compact, i, 1);
  return sum % 10 === 0;
}

const WORDS = `身分證, 身分證字號, 身分證號, 身份證, 身份證字號, 國民身分證, 居留證, 統一證號, 外僑居留證, 證號, 身分证,
taiwan id, taiwanese id, taiwan national id, national id, natid, arc number, arc no, ui number, ui no, resident certificate`;

const twNatid = idNumber({
  name: 'tw-natid',
  entity: 'TW_NATID',
  category: 'government_id',
  countries: ['TW'],
  forms: ['@#########', '@@########'],
  isValid: isChecked,
  chance: 0.028,
  evidence: 'check',
  isUpperCase: true,
  context: contextWords(WORDS),
  hits: [
    { text: '身分證字號：A123456789', value: 'A123456789' },
    { text: '{"natid":"F870990411"}', value: 'F870990411' },
    { text: 'Taiwan ID (居留證) MB26725549', value: 'MB26725549' },
  ],
  misses: [{ text: '居留證 AD00501509' }, { text: 'part A123456789' }, { text: '身分證 A700501503' }],
});

/**
 * The shape without its check: numbers that are published as valid fail it. Only behind its word, and never as sure
 * as one that passes.
 */
const twNatidByShape = idNumber({
  name: 'tw-natid-by-shape',
  entity: 'TW_NATID',
  category: 'government_id',
  countries: ['TW'],
  forms: ['@#########'],
  isValid: (compact) => /^[A-Z][1289]/.test(compact),
  chance: 0.4,
  evidence: 'context',
  isUpperCase: true,
  context: contextWords(WORDS),
  hits: [
    { text: '身分證字號：A200501503', value: 'A200501503' },
    { text: '{"natid":"A800501509"}', value: 'A800501509' },
    { text: 'Taiwan ID (身分證) A200501503', value: 'A200501503' },
  ],
  misses: [{ text: 'A200501503' }, { text: '身分證 A300501503' }, { text: '身分證 A20050150' }],
});

/** Weights 1 and 2, 4 in the seventh place, sums of digits, mod 5; a 7 there may count one more (2023). */
function isUbn(digits: string): boolean {
  const sum = crossSum(digits, [1, 2, 1, 2, 1, 2, 4, 1]);
  return digits !== '00000000' && (sum % 5 === 0 || (digits.charAt(6) === '7' && sum % 5 === 4));
}

const twUbn = idNumber({
  name: 'tw-ubn',
  entity: 'TW_UBN',
  category: 'business',
  countries: ['TW'],
  forms: ['########', '#### ####', '####-####'],
  isValid: isUbn,
  chance: 0.22,
  evidence: 'context',
  context:
    contextWords(`統一編號, 統編, 公司統編, 營利事業統一編號, 买方统编, 買方統編, 賣方統編, ubn, gui number, unified business number,
unified number, business administration number, taiwan company, taiwanese company, vat number`),
  hits: [
    { text: '統一編號：00501503', value: '00501503' },
    { text: '{"ubn":"04595257"}', value: '04595257' },
    { text: 'Unified business number (統編) 54568017', value: '54568017' },
  ],
  misses: [{ text: '統一編號 00501502' }, { text: '04595257' }, { text: '統一編號 045952571' }],
});

/** Of foreigners without a number: the date of birth and two letters of the name, or 9 and a short date. */
function isTaxCode(compact: string): boolean {
  if (compact.length === 7)
    return (
      isDigits(compact, 7) &&
      compact.startsWith('9') &&
      isBirthDateOfShortYear(numberAt(compact, 1, 2), numberAt(compact, 3, 2), numberAt(compact, 5, 2))
    );
  return isBirthDate(numberAt(compact, 0, 4), numberAt(compact, 4, 2), numberAt(compact, 6, 2));
}

const twTaxCode = idNumber({
  name: 'tw-tax-code',
  entity: 'TW_TAX_CODE',
  category: 'government_id',
  countries: ['TW'],
  forms: ['# ## ## ##', '########@@', '#### ## ## @@'],
  isValid: isTaxCode,
  chance: 0.0021,
  evidence: 'context',
  isUpperCase: true,
  context: contextWords(
    `稅籍編號, 扣繳單位, 稅籍, 稅號, taiwan tax code, taiwan tax, taiwanese tax, tax code, tax codes`,
  ),
  hits: [
    { text: '稅籍編號：20000503AA', value: '20000503AA' },
    { text: '{"taxCode":"9000503"}', value: '9000503' },
    { text: 'Taiwan tax code 2000 05 03 AA', value: '2000 05 03 AA', atLeast: 0.8 },
  ],
  misses: [{ text: '20000503AA' }, { text: 'tax code 20001303AA' }, { text: 'tax code 8000503' }],
});

export const TW: readonly Recognizer[] = [twNatid, twNatidByShape, twUbn, twTaxCode];
