/** Malaysia: the identity card. */

import { isBirthDateOfShortYear } from '../../scan/birth-dates.ts';
import { numberAt } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Date of birth, place of birth (states 01 to 16 and 21 to 59, countries and regions 60 to 99), order and sex. */
function isMyKad(digits: string): boolean {
  return (
    isBirthDateOfShortYear(numberAt(digits, 0, 2), numberAt(digits, 2, 2), numberAt(digits, 4, 2)) &&
    !/^.{6}(?:00|1[7-9]|20|69|73|8[01]|9[4-7])/.test(digits)
  );
}

const myNric = idNumber({
  name: 'my-nric',
  entity: 'MY_NRIC',
  category: 'government_id',
  countries: ['MY'],
  forms: ['######-##-####'],
  isValid: isMyKad,
  chance: 0.032,
  evidence: 'check',
  context:
    contextWords(`nric, nrics, mykad, mykid, mypr, nric number, nric no, ic number, ic no, no ic, nombor ic, kad pengenalan,
no kad pengenalan, no kp, nombor kad pengenalan, identity card, malaysian ic, malaysian id, malaysia id, 身份证, 身份证号码`),
  hits: [
    { text: 'NRIC: 750209-93-8949', value: '750209-93-8949', atLeast: 0.8 },
    { text: '{"mykad":"260804623729"}', value: '260804623729' },
    { text: 'No. Kad Pengenalan (IC no.) 770305-02-1234', value: '770305-02-1234', atLeast: 0.8 },
  ],
  misses: [
    { text: 'NRIC 771305-17-1234' },
    { text: 'NRIC 771305-02-1234' },
    { text: 'order 090216551986' },
    { text: 'NRIC 1202218369271' },
  ],
});

export const MY: readonly Recognizer[] = [myNric];
