/** Lithuania: the personal code. */

import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';
import { isBalticPersonalCode } from './ee.ts';

const ltAsmens = idNumber({
  name: 'lt-asmens',
  entity: 'LT_ASMENS',
  category: 'government_id',
  countries: ['LT'],
  forms: ['###########'],
  isValid: isBalticPersonalCode,
  chance: 0.0018,
  evidence: 'check',
  context: contextWords(`asmens kodas, asmens kodo, asmens kodai, asmenskodas, a k, asm kodas, lithuanian personal code,
lithuanian id, personal code, sodra`),
  hits: [
    { text: 'Asmens kodas: 33309240064', value: '33309240064' },
    { text: '{"asmensKodas":"34605019699"}', value: '34605019699' },
    { text: 'Lithuanian ID 48007038466', value: '48007038466' },
  ],
  misses: [
    { text: 'asmens kodas 33309240164' },
    { text: 'asmens kodas 3460501969912' },
    { text: 'užsakymas 34605019699' },
  ],
});

export const LT: readonly Recognizer[] = [ltAsmens];
