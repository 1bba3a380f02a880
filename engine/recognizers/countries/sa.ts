/** Saudi Arabia: numbers of citizens and residents. */

import { isLuhn } from '../../scan/checksums.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** 1 for citizens, 2 for residents (iqama). */
const saNationalId = idNumber({
  name: 'sa-national-id',
  entity: 'SA_NATIONAL_ID',
  category: 'government_id',
  countries: ['SA'],
  forms: ['##########', '#-####-####-#', '### ### ####'],
  isValid: (digits) => /^[12]/.test(digits) && isLuhn(digits),
  chance: 0.02,
  evidence: 'context',
  context:
    contextWords(`iqama, iqamah, iqama number, iqama no, saudi id, saudi national id, saudi identity, ksa id, national id,
national identity, absher, nafath, الهوية الوطنية, رقم الهوية, رقم الهوية الوطنية, الهوية, هوية, هوية مقيم, إقامة, الإقامة, اقامة,
الاقامة, رقم الإقامة, السجل المدني`),
  hits: [
    { text: 'Iqama: 1894484938', value: '1894484938' },
    { text: '{"saudiId":"1974683771"}', value: '1974683771' },
    { text: 'رقم الهوية الوطنية: 2642484964', value: '2642484964' },
    { text: 'National ID / الهوية 1-7125-8470-3', value: '1-7125-8470-3', atLeast: 0.8 },
  ],
  misses: [{ text: 'Iqama: 1018259170' }, { text: '1628250563' }, { text: 'iqama 3012345678' }],
});

export const SA: readonly Recognizer[] = [saNationalId];
