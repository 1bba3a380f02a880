/** United Arab Emirates: the number of the Emirates ID. */

import { numberAt } from '../../scan/check-digits.ts';
import { isLuhn } from '../../scan/checksums.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** The country's number, the year of birth, seven digits, Luhn. */
function isEmiratesId(digits: string): boolean {
  const year = numberAt(digits, 3, 4);
  return digits.startsWith('784') && year >= 1900 && year <= 2035 && isLuhn(digits);
}

const aeEmiratesId = idNumber({
  name: 'ae-emirates-id',
  entity: 'AE_EMIRATES_ID',
  category: 'government_id',
  countries: ['AE'],
  forms: ['###-####-#######-#'],
  isValid: isEmiratesId,
  chance: 0.000002,
  evidence: 'check',
  context:
    contextWords(`emirates id, emirates identity, eid, uae id, uae identity, identity card, id card, الهوية الإماراتية,
هوية إماراتية, بطاقة الهوية, رقم الهوية, الهوية, icp, ica`),
  hits: [
    { text: 'Emirates ID: 784-1963-1313573-1', value: '784-1963-1313573-1', atLeast: 0.8 },
    { text: '{"emiratesId":"784199235513555"}', value: '784199235513555', atLeast: 0.8 },
    { text: 'رقم الهوية 784-1987-5196679-1', value: '784-1987-5196679-1', atLeast: 0.8 },
    { text: 'tenant 784192819317535 signed', value: '784192819317535' },
  ],
  misses: [
    { text: 'Emirates ID: 784-1977-4853198-0' },
    { text: 'Emirates ID 784-2199-1234567-1' },
    { text: 'Emirates ID 78419184316256012' },
  ],
});

export const AE: readonly Recognizer[] = [aeEmiratesId];
