/** Slovenia: the citizen's number and the tax number. */

import { isOneDigit, numberAt, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';
import { isCitizenNumber } from './jmbg.ts';

const siEmso = idNumber({
  name: 'si-emso',
  entity: 'SI_EMSO',
  category: 'government_id',
  countries: ['SI'],
  forms: ['#############', '####### ######'],
  isValid: isCitizenNumber,
  chance: 0.0007,
  evidence: 'check',
  context:
    contextWords(`emšo, emso, enotna matična številka občana, enotna maticna stevilka obcana, matična številka, maticna stevilka,
slovenian personal number, slovenian id`),
  hits: [
    { text: 'EMŠO: 1211981500126', value: '1211981500126', atLeast: 0.8 },
    { text: '{"emso":"2010858077551"}', value: '2010858077551', atLeast: 0.8 },
    { text: 'Slovenian personal number 2101025466592', value: '2101025466592', atLeast: 0.8 },
  ],
  misses: [{ text: 'EMŠO 0101006500007' }, { text: 'EMŠO 3201006500006' }, { text: 'EMŠO 201085807755112' }],
});

/** Eight digits; a check of 10 is written 0, one of 11 is not given out. */
export function isSlovenianVat(digits: string): boolean {
  const rest = weightedSum(digits, [8, 7, 6, 5, 4, 3, 2]) % 11;
  return !digits.startsWith('0') && !isOneDigit(digits) && (11 - rest) % 10 === numberAt(digits, 7, 1);
}

export const SI: readonly Recognizer[] = [siEmso];
