/** Estonia: people and companies. */

import { isBirthDate } from '../../scan/birth-dates.ts';
import { numberAt, twoStageMod11 } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Sex and century, date, order, and a check digit of two stages; Lithuania's is the same. */
export function isBalticPersonalCode(digits: string): boolean {
  const first = numberAt(digits, 0, 1);
  if (twoStageMod11(digits, [1, 2, 3, 4, 5, 6, 7, 8, 9, 1], [3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) !== numberAt(digits, 10, 1))
    return false;
  const century = 1700 + 100 * Math.ceil(first / 2);
  return (
    first >= 1 &&
    first <= 6 &&
    isBirthDate(century + numberAt(digits, 1, 2), numberAt(digits, 3, 2), numberAt(digits, 5, 2))
  );
}

const eeIk = idNumber({
  name: 'ee-ik',
  entity: 'EE_IK',
  category: 'government_id',
  countries: ['EE'],
  forms: ['###########'],
  isValid: isBalticPersonalCode,
  chance: 0.0018,
  evidence: 'check',
  context:
    contextWords(`isikukood, isikukoodi, isikukoodid, ik, id kaart, id kood, estonian personal code, estonian id, personal code,
personal identification code`),
  hits: [
    { text: 'Isikukood: 36805280109', value: '36805280109' },
    { text: '{"isikukood":"34605019699"}', value: '34605019699' },
    { text: 'Estonian personal code 48007038466', value: '48007038466' },
  ],
  misses: [{ text: 'isikukood 36805280108' }, { text: 'isikukood 3460501969912' }, { text: 'tellimus 34605019699' }],
});

const eeRegistrikood = idNumber({
  name: 'ee-registrikood',
  entity: 'EE_REGISTRIKOOD',
  category: 'business',
  countries: ['EE'],
  forms: ['########'],
  isValid: (compact) =>
    /^[1789]/.test(compact) &&
    twoStageMod11(compact, [1, 2, 3, 4, 5, 6, 7], [3, 4, 5, 6, 7, 8, 9]) === numberAt(compact, 7, 1),
  chance: 0.04,
  evidence: 'check',
  context:
    contextWords(`registrikood, registrikoodi, reg kood, äriregister, äriregistri, ariregister, äriregistrikood, estonian company,
registry code`),
  hits: [
    { text: 'Registrikood: 12345678', value: '12345678' },
    { text: '{"registrikood":"17881594"}', value: '17881594' },
    { text: 'Estonian company, registry code 10574268', value: '10574268' },
  ],
  misses: [{ text: 'registrikood 12345679' }, { text: 'registrikood 1788159499' }, { text: 'arve 17881594' }],
});

export const EE: readonly Recognizer[] = [eeIk, eeRegistrikood];
