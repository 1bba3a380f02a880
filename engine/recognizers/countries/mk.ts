/** North Macedonia: the tax number. */

import { isOneDigit, numberAt, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const mkEdb = idNumber({
  name: 'mk-edb',
  entity: 'MK_EDB',
  category: 'business',
  countries: ['MK'],
  forms: ['#############', 'MK#############', 'MK #############'],
  isValid: (compact) => {
    const digits = compact.replace('MK', '');
    const rest = weightedSum(digits, [7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
    return !isOneDigit(digits) && ((11 - rest) % 11) % 10 === numberAt(digits, 12, 1);
  },
  chance: 0.1,
  evidence: 'check',
  context: contextWords(
    `едб, edb, единствен даночен број, edinstven danocen broj, даночен број, danocen broj, ддв, macedonian tax number`,
  ),
  hits: [
    { text: 'ЕДБ: 4057018541765', value: '4057018541765' },
    { text: '{"edb":"MK4030000375897"}', value: 'MK4030000375897' },
    { text: 'Macedonian tax number MK 0643949964424', value: 'MK 0643949964424', atLeast: 0.8 },
  ],
  misses: [{ text: 'ЕДБ 4057019547840' }, { text: 'ЕДБ 405701954784' }, { text: 'нарачка 4057018541765' }],
});

export const MK: readonly Recognizer[] = [mkEdb];
