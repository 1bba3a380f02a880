/** Guinea: the permanent tax number. */

import { isOneDigit } from '../../scan/check-digits.ts';
import { isLuhn } from '../../scan/checksums.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const gnNifp = idNumber({
  name: 'gn-nifp',
  entity: 'GN_NIFP',
  category: 'business',
  countries: ['GN'],
  forms: ['###-###-###'],
  isValid: (digits) => !isOneDigit(digits) && isLuhn(digits),
  chance: 0.098,
  evidence: 'context',
  context:
    contextWords(`nifp, nif, numéro d identification fiscale permanent, numero d identification fiscale permanent,
identification fiscale, guinean tax, guinea tax number`),
  hits: [
    { text: 'NIFP : 793-613-761', value: '793-613-761', atLeast: 0.8 },
    { text: '{"nifp":"356498477"}', value: '356498477' },
    { text: 'Guinea tax number (NIFP) 496-990-847', value: '496-990-847', atLeast: 0.8 },
  ],
  misses: [{ text: 'NIFP 146-746-720' }, { text: '056-990-435' }, { text: 'NIFP 12345678' }],
});

export const GN: readonly Recognizer[] = [gnNifp];
