/** Cuba: the identity card, which opens with the date of birth; the seventh digit tells the century. */
import { isBirthDate } from '../../scan/birth-dates.ts';
import { isDigits, numberAt } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

function isCubanCard(digits: string): boolean {
  const century = numberAt(digits, 6, 1);
  const year = (century === 9 ? 1800 : century < 6 ? 1900 : 2000) + numberAt(digits, 0, 2);
  return isDigits(digits, 11) && isBirthDate(year, numberAt(digits, 2, 2), numberAt(digits, 4, 2));
}

const cuNi = idNumber({
  name: 'cu-ni',
  entity: 'CU_NI',
  category: 'government_id',
  countries: ['CU'],
  forms: ['###########'],
  isValid: isCubanCard,
  chance: 0.028,
  evidence: 'context',
  context: contextWords(`carné de identidad, carne de identidad, carnet de identidad, carné, carne, número de identidad,
numero de identidad, identidad permanente, identity card`),
  hits: [
    { text: 'carné de identidad: 91021027775', value: '91021027775' },
    { text: '{"carneIdentidad":"85031512345"}', value: '85031512345' },
    { text: 'identity card (CU) 02071567890', value: '02071567890' },
  ],
  misses: [{ text: '91021027775' }, { text: 'carné de identidad 91221027775' }, { text: 'carné 12345678' }],
});

export const CU: readonly Recognizer[] = [cuNi];
