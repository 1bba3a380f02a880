/** Belgium: the national number, and that of people outside its register. */

import { isBirthDate } from '../../scan/birth-dates.ts';
import { isOneDigit, numberAt } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/**
 * Date, order and 97 less the remainder, of those born from 2000 on with a 2 before. Month and day may be 0 where they
 * are not known. In a bis number 20 or 40 is added to the month.
 */
function isNationalNumber(digits: string): boolean {
  if (isOneDigit(digits)) return false;
  const year = numberAt(digits, 0, 2);
  const day = numberAt(digits, 4, 2);
  const written = numberAt(digits, 2, 2);
  const month = written >= 40 ? written - 40 : written >= 20 ? written - 20 : written;
  const front = numberAt(digits, 0, 9);
  const check = numberAt(digits, 9, 2);
  const isOld = 97 - (front % 97) === check;
  const isNew = 97 - ((2_000_000_000 + front) % 97) === check;
  if (!isOld && !isNew) return false;
  if (month > 12 || day > 31) return false;
  if (month === 0 || day === 0) return isOld || year <= 35;
  return (isOld && isBirthDate(1900 + year, month, day)) || (isNew && isBirthDate(2000 + year, month, day));
}

const beNn = idNumber({
  name: 'be-nn',
  entity: 'BE_NN',
  category: 'government_id',
  countries: ['BE'],
  forms: ['##.##.##-###.##', '###########', '## ## ## ### ##', '######-###-##', '###### ### ##', '######-###.##'],
  isValid: isNationalNumber,
  chance: 0.0015,
  evidence: 'check',
  context:
    contextWords(`rijksregister, rijksregisternummer, rijksregisternr, rrn, insz, niss, inss, nn, bis nummer, bisnummer,
numéro national, numero national, registre national, numéro de registre national, nrn, national number, national register,
nationalregisternummer, identificatienummer, eid, sociale zekerheid, sécurité sociale`),
  hits: [
    { text: 'Rijksregisternummer: 11.12.25-196.77', value: '11.12.25-196.77', atLeast: 0.8 },
    { text: '{"insz":"88022999990"}', value: '88022999990' },
    { text: 'Numéro national 69.51.25-759.06 / national number', value: '69.51.25-759.06', atLeast: 0.8 },
    { text: 'NISS 88222999936', value: '88222999936' },
  ],
  misses: [
    { text: 'Rijksregisternummer 69.51.25-759.00' },
    { text: 'NISS 88150199951' },
    { text: 'NISS 8802299999012' },
  ],
});

export const BE: readonly Recognizer[] = [beNn];
