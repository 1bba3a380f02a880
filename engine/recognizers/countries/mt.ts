/** Malta: the VAT number. */

import { isOneDigit, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';
import { VAT_WORDS } from './vat-words.ts';

function isMalteseVat(compact: string): boolean {
  const digits = compact.replace('MT', '');
  return !isOneDigit(digits) && weightedSum(digits, [3, 4, 6, 7, 8, 9, 10, 1]) % 37 === 0;
}

const mtVat = idNumber({
  name: 'mt-vat',
  entity: 'MT_VAT',
  alsoEntity: 'EU_VAT',
  category: 'business',
  countries: ['MT'],
  forms: ['MT########', 'MT ####-####', 'MT #### ####', 'MT ########'],
  isValid: isMalteseVat,
  chance: 0.026,
  evidence: 'check',
  isUpperCase: true,
  context: contextWords(`vat nru, numru tal vat, nru tal vat`, VAT_WORDS),
  hits: [
    { text: 'VAT: MT 1167-9112', value: 'MT 1167-9112', atLeast: 0.8 },
    { text: '{"vatNumber":"MT21856937"}', value: 'MT21856937' },
    { text: 'Numru tal-VAT MT 2488 7751', value: 'MT 2488 7751', atLeast: 0.8 },
  ],
  misses: [{ text: 'VAT MT 1167-9113' }, { text: 'VAT MT218569371' }, { text: 'part MT21856937' }],
});

export const MT: readonly Recognizer[] = [mtVat];
