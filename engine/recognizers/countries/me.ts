/** Montenegro: the tax number of companies. */

import { isOneDigit, numberAt, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const mePib = idNumber({
  name: 'me-pib',
  entity: 'ME_PIB',
  category: 'business',
  countries: ['ME'],
  forms: ['########'],
  isValid: (compact) =>
    !isOneDigit(compact) &&
    ((11 - (weightedSum(compact, [8, 7, 6, 5, 4, 3, 2]) % 11)) % 11) % 10 === numberAt(compact, 7, 1),
  chance: 0.1,
  evidence: 'check',
  context: contextWords(
    `pib, poreski identifikacioni broj, poreski broj, crps, pdv, montenegro tax number, montenegrin tax number`,
  ),
  hits: [
    { text: 'PIB: 02000989', value: '02000989' },
    { text: '{"pib":"02005115"}', value: '02005115' },
    { text: 'Montenegrin tax number 57079064', value: '57079064' },
  ],
  misses: [{ text: 'PIB 03353487' }, { text: 'PIB 0335348' }, { text: 'faktura 02000989' }],
});

export const ME: readonly Recognizer[] = [mePib];
