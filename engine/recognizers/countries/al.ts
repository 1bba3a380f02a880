/** Albania: the tax number of people and companies. */

import { isDay, numberAt } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Decade and year, month (50 more for women, by blocks of twelve for districts), day, order and a letter. */
function isNipt(compact: string): boolean {
  const value = compact.replace(/^AL(?=[A-M]\d)/, '');
  if (!/^[A-M]\d{8}[A-Z]$/.test(value)) return false;
  const year = 1900 + 10 * (value.charCodeAt(0) - 65) + numberAt(value, 1, 1);
  const month = ((numberAt(value, 2, 2) + 11) % 12) + 1;
  return isDay(year, month, numberAt(value, 4, 2));
}

const alNipt = idNumber({
  name: 'al-nipt',
  entity: 'AL_NIPT',
  category: 'government_id',
  countries: ['AL'],
  forms: ['@########@', '@ ######## @', '@ ########@', 'AL @ ######## @', 'AL @########@', '(AL) @ ########@'],
  isValid: isNipt,
  chance: 0.15,
  evidence: 'context',
  isUpperCase: true,
  context:
    contextWords(`nipt, nuis, numri i identifikimit, numri i identifikimit për personin e tatueshëm, numri unik i identifikimit,
tatueshëm, nid, albanian tax number, albanian tax id, tvsh`),
  hits: [
    { text: 'NIPT: K52224002A', value: 'K52224002A' },
    { text: '{"nipt":"L42307014K"}', value: 'L42307014K' },
    { text: 'Albanian tax number AL J 91402501 L', value: 'AL J 91402501 L', atLeast: 0.8 },
  ],
  misses: [{ text: 'NIPT Z 22218003 V' }, { text: 'NIPT K52224002' }, { text: 'K52224002A' }],
});

export const AL: readonly Recognizer[] = [alNipt];
