/** Liechtenstein: the personal number of its administration, digits without a check. */

import { documentNumber } from '../../scan/document-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const liPeid = documentNumber({
  name: 'li-peid',
  entity: 'LI_PEID',
  category: 'government_id',
  countries: ['LI'],
  words: ['peid', 'pe-id', 'personenidentifikationsnummer', 'personenidentifikation', 'liechtenstein tin'],
  isValue: (value) => /^\d{4,12}$/.test(value),
  hits: [
    { text: 'PEID: 00001234567', value: '00001234567' },
    { text: '{"peid":"254173"}', value: '254173' },
    { text: 'Personenidentifikationsnummer (Liechtenstein TIN) 1234567', value: '1234567' },
  ],
  misses: [{ text: '00001234567' }, { text: 'PEID 00001234568913454545' }, { text: 'Vaduz 1234567' }],
});

export const LI: readonly Recognizer[] = [liPeid];
