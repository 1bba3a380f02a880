/** The citizen's number of Yugoslavia, still given out in most of the states that came of it; Slovenia's is EMŠO. */

import { isBirthDate } from '../../scan/birth-dates.ts';
import { numberAt, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Day, month, three digits of the year, region, order, and a check digit of which 10 is not given out. */
export function isCitizenNumber(digits: string): boolean {
  const short = numberAt(digits, 4, 3);
  const rest = weightedSum(digits, [7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
  return (
    isBirthDate(short + (short < 800 ? 2000 : 1000), numberAt(digits, 2, 2), numberAt(digits, 0, 2)) &&
    ((11 - rest) % 11) % 10 === numberAt(digits, 12, 1)
  );
}

const jmbg = idNumber({
  name: 'jmbg',
  entity: 'JMBG',
  category: 'government_id',
  countries: ['BA', 'HR', 'ME', 'MK', 'RS'],
  forms: ['#############', '####### ######'],
  isValid: isCitizenNumber,
  chance: 0.0007,
  evidence: 'check',
  context:
    contextWords(`jmbg, jmb, jmbgs, јмбг, јмб, ембг, embg, matični broj, maticni broj, jedinstveni matični broj, jedinstveni maticni broj,
јединствени матични број, матични број, единствен матичен број, matični broj građana, unique master citizen number`),
  hits: [
    { text: 'JMBG: 0101006500006', value: '0101006500006', atLeast: 0.8 },
    { text: '{"jmbg":"2010858077551"}', value: '2010858077551', atLeast: 0.8 },
    { text: 'ЈМБГ 2101025466592', value: '2101025466592', atLeast: 0.8 },
  ],
  misses: [{ text: 'JMBG 0101006500007' }, { text: 'JMBG 3201006500006' }, { text: 'JMBG 201085807755112' }],
});

export const JMBG: readonly Recognizer[] = [jmbg];
