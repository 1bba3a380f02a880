/** Pakistan: the identity card and the tax number. */

import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Province (1 to 8), district, family; odd for men and even for women at the end, never 0 (NADRA). */
const pkCnic = idNumber({
  name: 'pk-cnic',
  entity: 'PK_CNIC',
  category: 'government_id',
  countries: ['PK'],
  forms: ['#####-#######-#'],
  isValid: (digits) => /^[1-8].{11}[1-9]$/.test(digits),
  chance: 0.72,
  evidence: 'check',
  context:
    contextWords(`cnic, cnics, nicop, snic, nadra, cnic number, cnic no, nic number, nic no, national identity card,
identity card, شناختی کارڈ, شناختی کارڈ نمبر, قومی شناختی کارڈ, شناختی`),
  hits: [
    { text: 'CNIC: 54104-9890578-6', value: '54104-9890578-6', atLeast: 0.8 },
    { text: '{"cnic":"3420108912318"}', value: '3420108912318' },
    { text: 'شناختی کارڈ نمبر 42201-4718293-5', value: '42201-4718293-5', atLeast: 0.8 },
  ],
  misses: [
    { text: 'CNIC 34201-0891231-0' },
    { text: 'CNIC 94201-0891231-8' },
    { text: 'item 3420108912318' },
    { text: 'CNIC 34201089123181' },
  ],
});

const pkNtn = idNumber({
  name: 'pk-ntn',
  entity: 'PK_NTN',
  category: 'business',
  countries: ['PK'],
  forms: ['#######', '#######-#'],
  chance: 1,
  evidence: 'context',
  context: contextWords(`ntn, ntns, ntn number, ntn no, national tax number, fbr, strn, نیشنل ٹیکس نمبر, ٹیکس نمبر`),
  hits: [
    { text: 'NTN: 4718293', value: '4718293' },
    { text: '{"ntn":"2904817"}', value: '2904817' },
    { text: 'نیشنل ٹیکس نمبر (NTN) 4718293-5', value: '4718293-5' },
  ],
  misses: [{ text: '4718293' }, { text: 'NTN 471829' }, { text: 'NTN 471829356' }],
});

export const PK: readonly Recognizer[] = [pkCnic, pkNtn];
