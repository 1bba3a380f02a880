/** Nigeria: the national identification number. */

import { isOneDigit } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/**
 * Eleven digits drawn at random (NIMC). A check digit is told of, but by two algorithms that disagree (Verhoeff and
 * mod 11), and numbers that were given out fail either; so none is asked for, and without its word it is never found.
 */
const ngNin = idNumber({
  name: 'ng-nin',
  entity: 'NG_NIN',
  category: 'government_id',
  countries: ['NG'],
  forms: ['###########', '#### ### ####', '### #### ####', '#### #### ###'],
  isValid: (digits) => !isOneDigit(digits),
  chance: 1,
  evidence: 'context',
  context:
    contextWords(`nin, nins, nin number, nimc, national identification number, national identity number, national id,
national identity, nigerian id, nigeria id, virtual nin, vnin, bvn nin`),
  hits: [
    { text: 'NIN: 40718293651', value: '40718293651' },
    { text: '{"nin":"23958174602"}', value: '23958174602' },
    { text: 'National Identification Number (Nigeria) 4071 829 3651', value: '4071 829 3651' },
  ],
  misses: [
    { text: '40718293651' },
    { text: 'NIN 4071829365' },
    { text: 'NIN 00000000000' },
    { text: 'NIN 407182936512' },
  ],
});

export const NG: readonly Recognizer[] = [ngNin];
