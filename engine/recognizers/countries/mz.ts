/** Mozambique: the identity card and the tax number. */

import { numberAt, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const mzBi = idNumber({
  name: 'mz-bi',
  entity: 'MZ_BI',
  category: 'government_id',
  countries: ['MZ'],
  forms: ['############@', '#### #### ####@'],
  chance: 1,
  evidence: 'context',
  context:
    contextWords(`bi, bilhete de identidade, número do bilhete de identidade, numero do bilhete de identidade, n do bi,
mozambican id, mozambique id`),
  hits: [
    { text: 'Bilhete de Identidade: 110204718293K', value: '110204718293K' },
    { text: '{"bilheteDeIdentidade":"030100274619B"}', value: '030100274619B' },
    { text: 'Mozambican ID (BI) 110204718293K', value: '110204718293K' },
  ],
  misses: [{ text: '110204718293K' }, { text: 'BI 11020471829K' }, { text: 'BI 1102047182933K' }],
});

/** Eight digits and a check digit, mod 11, of which 10 counts 1. */
const mzNuit = idNumber({
  name: 'mz-nuit',
  entity: 'MZ_NUIT',
  category: 'government_id',
  countries: ['MZ'],
  forms: ['### ### ###', '########-#'],
  isValid: (digits) => {
    const rest = weightedSum(digits, [8, 9, 4, 5, 6, 7, 8, 9]) % 11;
    return (rest === 10 ? 1 : rest) === numberAt(digits, 8, 1);
  },
  chance: 0.1,
  evidence: 'context',
  context: contextWords(`nuit, número único de identificação tributária, numero unico de identificacao tributaria,
identificação tributária, identificacao tributaria, mozambican tax, mozambique tax number`),
  hits: [
    { text: 'NUIT: 680 834 709', value: '680 834 709', atLeast: 0.8 },
    { text: '{"nuit":"257894126"}', value: '257894126' },
    { text: 'Mozambique tax number (NUIT) 894 946 563', value: '894 946 563', atLeast: 0.8 },
  ],
  misses: [{ text: 'NUIT 752 574 110' }, { text: '358 704 697' }, { text: 'NUIT 1422887531' }],
});

export const MZ: readonly Recognizer[] = [mzBi, mzNuit];
