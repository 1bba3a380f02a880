/** Serbia: the tax number of companies. */

import { isMod11And10, isOneDigit } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const rsPib = idNumber({
  name: 'rs-pib',
  entity: 'RS_PIB',
  category: 'business',
  countries: ['RS'],
  forms: ['#########', 'RS#########'],
  isValid: (compact) => !isOneDigit(compact) && isMod11And10(compact.replace('RS', '')),
  chance: 0.1,
  evidence: 'check',
  context: contextWords(
    `pib, пиб, poreski identifikacioni broj, порески идентификациони број, poreski broj, pdv, пдв, serbian tax number`,
  ),
  hits: [
    { text: 'PIB: 101134702', value: '101134702' },
    { text: '{"pib":"707906439"}', value: '707906439' },
    { text: 'Serbian tax number (ПИБ) 312837707', value: '312837707' },
  ],
  misses: [{ text: 'PIB 101134701' }, { text: 'PIB 70790643901' }, { text: 'faktura 707906439' }],
});

export const RS: readonly Recognizer[] = [rsPib];
