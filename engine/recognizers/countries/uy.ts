/** Uruguay: the identity card (DNIC). */
import { isDigits, isOneDigit, numberAt, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Weights 2 9 8 7 6 3 4, mod 10. */
function isCedula(digits: string): boolean {
  const sum = weightedSum(digits, [2, 9, 8, 7, 6, 3, 4]);
  return isDigits(digits, 8) && !isOneDigit(digits) && numberAt(digits, 7, 1) === (10 - (sum % 10)) % 10;
}

const uyCi = idNumber({
  name: 'uy-ci',
  entity: 'UY_CI',
  category: 'government_id',
  countries: ['UY'],
  forms: ['#.###.###-#', '#######-#'],
  isValid: isCedula,
  chance: 0.1,
  evidence: 'check',
  context: contextWords(`cédula, cedula, cédula de identidad, cedula de identidad, ci, c i, documento de identidad,
identity card`),
  hits: [
    { text: 'CI 1.234.567-2', value: '1.234.567-2', atLeast: 0.8 },
    { text: '{"cedula":"12345672"}', value: '12345672' },
    { text: 'identity card 1.234.567-2', value: '1.234.567-2', atLeast: 0.8 },
  ],
  misses: [{ text: 'cédula 1.234.567-3' }, { text: '12345672' }, { text: 'cédula 1121123' }],
});

export const UY: readonly Recognizer[] = [uyCi];
