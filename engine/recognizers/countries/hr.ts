/** Croatia: the personal identification number of people and companies. */

import { isMod11And10, isOneDigit } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Eleven digits; ISO 7064 mod 11, 10. */
export function isOib(digits: string): boolean {
  return !isOneDigit(digits) && isMod11And10(digits);
}

const hrOib = idNumber({
  name: 'hr-oib',
  entity: 'HR_OIB',
  category: 'government_id',
  countries: ['HR'],
  forms: ['###########', 'HR###########', 'HR ###########'],
  isValid: (compact) => isOib(compact.replace('HR', '')),
  chance: 0.1,
  evidence: 'check',
  context:
    contextWords(`oib, oibi, osobni identifikacijski broj, croatian personal number, croatian tax number, croatian pin, porezni broj,
personal identification number, porezna uprava`),
  hits: [
    { text: 'OIB: 33392005961', value: '33392005961' },
    { text: '{"oib":"25907339566"}', value: '25907339566' },
    { text: 'Croatian tax number HR 33392005961', value: 'HR 33392005961', atLeast: 0.8 },
  ],
  misses: [{ text: 'OIB 33392005962' }, { text: 'OIB 2932689060312' }, { text: 'narudžba 29326890603' }],
});

export const HR: readonly Recognizer[] = [hrOib];
