/** Cyprus: the VAT number, which is the taxpayer's as well. */

import { numberAt } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';
import { VAT_WORDS } from './vat-words.ts';

/** What a digit in an odd place counts. */
const ODD = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21];

function isCypriotVat(compact: string): boolean {
  const value = compact.replace('CY', '');
  if (value.startsWith('12')) return false;
  let sum = 0;
  for (let i = 0; i < 8; i++) sum += i % 2 === 0 ? (ODD[numberAt(value, i, 1)] ?? 0) : numberAt(value, i, 1);
  return String.fromCharCode(65 + (sum % 26)) === value.charAt(8);
}

const cyVat = idNumber({
  name: 'cy-vat',
  entity: 'CY_VAT',
  alsoEntity: 'EU_VAT',
  category: 'business',
  countries: ['CY'],
  forms: ['CY########@', 'CY-########@', 'CY ########@', '########@'],
  isValid: isCypriotVat,
  chance: 0.038,
  evidence: 'check',
  isUpperCase: true,
  context: contextWords(`φπα, αριθμός φπα, αρ φπα, αφτ, tic, tax identification code, kdv`, VAT_WORDS),
  hits: [
    { text: 'VAT no. CY-10259033P', value: 'CY-10259033P', atLeast: 0.8 },
    { text: '{"vatNumber":"CY50082903O"}', value: 'CY50082903O' },
    { text: 'Αριθμός ΦΠΑ: 88318691E', value: '88318691E' },
  ],
  misses: [{ text: 'VAT CY-10259033Z' }, { text: 'VAT CY50082903O4' }, { text: 'batch CY50082903O' }],
});

export const CY: readonly Recognizer[] = [cyVat];
