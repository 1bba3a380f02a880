/** Liechtenstein: the personal number of its administration, digits without a check. */

import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const liPeid = idNumber({
  name: 'li-peid',
  entity: 'LI_PEID',
  category: 'government_id',
  countries: ['LI'],
  forms: ['####', '#####', '######', '#######', '########', '#########', '##########', '###########', '############'],
  chance: 1,
  evidence: 'context',
  context:
    contextWords(`peid, peids, pe id, personenidentifikationsnummer, personen identifikationsnummer, personenidentifikation,
liechtenstein tin`),
  hits: [
    { text: 'PEID: 00001234567', value: '00001234567' },
    { text: '{"peid":"254173"}', value: '254173' },
    { text: 'Personenidentifikationsnummer (Liechtenstein TIN) 1234567', value: '1234567' },
  ],
  misses: [{ text: '00001234567' }, { text: 'PEID 00001234568913454545' }, { text: 'Vaduz 1234567' }],
});

export const LI: readonly Recognizer[] = [liPeid];
