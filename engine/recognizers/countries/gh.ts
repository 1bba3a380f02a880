/** Ghana: the taxpayer's number. */

import { weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Kind of taxpayer, two zeros, seven digits, mod 11 by weights 1 to 9 with X for 10. */
function isTin(compact: string): boolean {
  if (!/^[CGPQV]00\d{7}[\dX]$/.test(compact)) return false;
  return '0123456789X'.charAt(weightedSum(compact, [1, 2, 3, 4, 5, 6, 7, 8, 9], 1) % 11) === compact.charAt(10);
}

const ghTin = idNumber({
  name: 'gh-tin',
  entity: 'GH_TIN',
  category: 'government_id',
  countries: ['GH'],
  forms: ['@#########*', '@00#######*'],
  isValid: isTin,
  chance: 0.0026,
  evidence: 'context',
  context: contextWords(`tin, tin number, tin no, taxpayer identification number, tax identification number, gra,
ghana revenue authority, ghana tax, ghanaian tax`),
  hits: [
    { text: 'TIN: C001095242X', value: 'C001095242X' },
    { text: '{"tin":"Q0018177611"}', value: 'Q0018177611' },
    { text: 'Ghana Revenue Authority, taxpayer identification number Q0000490385', value: 'Q0000490385' },
  ],
  misses: [{ text: 'TIN: C0000803562' }, { text: 'C001095242X' }, { text: 'TIN C000080356' }],
});

export const GH: readonly Recognizer[] = [ghTin];
