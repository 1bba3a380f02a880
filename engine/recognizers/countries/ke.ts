/** Kenya: the tax authority's number of people (A) and others (P). */

import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const kePin = idNumber({
  name: 'ke-pin',
  entity: 'KE_PIN',
  category: 'government_id',
  countries: ['KE'],
  forms: ['@#########@'],
  isValid: (compact) => /^[AP]/.test(compact),
  chance: 0.077,
  evidence: 'context',
  context:
    contextWords(`kra, kra pin, kra pins, pin number, pin no, pin certificate, itax, tax pin, personal identification number,
kenya revenue authority, kenyan tax, nambari ya pin`),
  hits: [
    { text: 'KRA PIN: A004718293K', value: 'A004718293K' },
    { text: '{"kraPin":"P051365947M"}', value: 'P051365947M' },
    { text: 'Kenya Revenue Authority, nambari ya PIN A012837465Q', value: 'A012837465Q' },
  ],
  misses: [{ text: 'A004718293K' }, { text: 'KRA PIN B004718293K' }, { text: 'KRA PIN A00471829K' }],
});

export const KE: readonly Recognizer[] = [kePin];
