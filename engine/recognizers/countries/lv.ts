/** Latvia: the personal code with a date of birth, and since 2017 without. */

import { isBirthDate } from '../../scan/birth-dates.ts';
import { isOneDigit, numberAt, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Date, century, order and a check digit. */
export function isDatedPersonalCode(digits: string): boolean {
  const century = 1800 + 100 * numberAt(digits, 6, 1);
  return (
    !isOneDigit(digits) &&
    isBirthDate(century + numberAt(digits, 4, 2), numberAt(digits, 2, 2), numberAt(digits, 0, 2)) &&
    ((1 + weightedSum(digits, [10, 5, 8, 4, 2, 1, 6, 3, 7, 9])) % 11) % 10 === numberAt(digits, 10, 1)
  );
}

const WORDS = `personas kods, personas koda, personas kodu, personaskods, p k, pk, latvian personal code, latvian id, personal code,
personal identity number, identitātes karte`;

const lvPk = idNumber({
  name: 'lv-pk',
  entity: 'LV_PK',
  category: 'government_id',
  countries: ['LV'],
  forms: ['######-#####', '###########'],
  isValid: isDatedPersonalCode,
  chance: 0.0007,
  evidence: 'check',
  context: contextWords(WORDS),
  hits: [
    { text: 'Personas kods: 161175-19997', value: '161175-19997', atLeast: 0.8 },
    { text: '{"personasKods":"28121423515"}', value: '28121423515', atLeast: 0.8 },
    { text: 'Latvian personal code 290581-06983', value: '290581-06983', atLeast: 0.8 },
    { text: '201199-08955', value: '201199-08955' },
  ],
  misses: [
    { text: 'personas kods 161375-19997' },
    { text: 'personas kods 290581-06980' },
    { text: 'personas kods 0210302148812' },
  ],
});

/** Those given out since 2017 begin with 32 to 39 and tell nothing. */
const lvPkUndated = idNumber({
  name: 'lv-pk-undated',
  entity: 'LV_PK',
  category: 'government_id',
  countries: ['LV'],
  forms: ['######-#####', '###########'],
  isValid: (compact) => /^3[2-9]/.test(compact),
  chance: 0.08,
  evidence: 'context',
  context: contextWords(WORDS),
  hits: [
    { text: 'Personas kods: 328673-00679', value: '328673-00679', atLeast: 0.8 },
    { text: '{"personasKods":"35588999678"}', value: '35588999678' },
    { text: 'Latvian personal code 343885-56314', value: '343885-56314', atLeast: 0.8 },
  ],
  misses: [{ text: '328673-00679' }, { text: 'personas kods 408673-00679' }, { text: 'personas kods 3461828108712' }],
});

export const LV: readonly Recognizer[] = [lvPk, lvPkUndated];
