/** Belarus: the taxpayer's number. */

import { characterValue, isOneDigit, numberAt, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const SECOND = 'ABCEHKMOPT';

/** Nine digits of a company, or a person's with two letters in front, of which the second counts by its place. */
function isUnp(compact: string): boolean {
  const value = compact.replace('UNP', '');
  if (!/^(?:[1-9]\d|[ABCEHKM][ABCEHKMOPT])\d{7}$/.test(value) || isOneDigit(value)) return false;
  const second = /\d/.test(value.charAt(1)) ? numberAt(value, 1, 1) : SECOND.indexOf(value.charAt(1));
  const sum = 29 * characterValue(value, 0) + 23 * second + weightedSum(value, [19, 17, 13, 7, 5, 3], 2);
  return sum % 11 === numberAt(value, 8, 1);
}

const byUnp = idNumber({
  name: 'by-unp',
  entity: 'BY_UNP',
  category: 'government_id',
  countries: ['BY'],
  forms: ['#########', '@@#######', 'UNP #########', '## #######'],
  isValid: isUnp,
  chance: 0.058,
  evidence: 'context',
  isUpperCase: true,
  context:
    contextWords(`унп, учётный номер плательщика, учетный номер плательщика, номер плательщика, unp, belarusian tax number,
belarus tax number`),
  hits: [
    { text: 'УНП 200988541', value: '200988541' },
    { text: '{"unp":"500829035"}', value: '500829035' },
    { text: 'Belarusian tax number MA1953684', value: 'MA1953684' },
  ],
  misses: [{ text: 'УНП 200988542' }, { text: '200988541' }, { text: 'УНП 72534771612' }],
});

export const BY: readonly Recognizer[] = [byUnp];
