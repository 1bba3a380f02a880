/** Bulgaria: citizens and foreigners. */

import { isBirthDate } from '../../scan/birth-dates.ts';
import { isOneDigit, numberAt, twoStageMod11, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Date with 20 more in the month for the 1800s and 40 for the 2000s; weights are powers of two modulo 11. */
export function isEgn(digits: string): boolean {
  const written = numberAt(digits, 2, 2);
  const [century, month] = written > 40 ? [2000, written - 40] : written > 20 ? [1800, written - 20] : [1900, written];
  return (
    isBirthDate(century + numberAt(digits, 0, 2), month, numberAt(digits, 4, 2)) &&
    (weightedSum(digits, [2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11) % 10 === numberAt(digits, 9, 1)
  );
}

const bgEgn = idNumber({
  name: 'bg-egn',
  entity: 'BG_EGN',
  category: 'government_id',
  countries: ['BG'],
  forms: ['##########', '###### ####'],
  isValid: isEgn,
  chance: 0.0064,
  evidence: 'check',
  context:
    contextWords(`егн, единен граждански номер, egn, edinen grazhdanski nomer, лична карта, bulgarian personal number,
bulgarian id, uniform civil number`),
  hits: [
    { text: 'ЕГН: 8032056031', value: '8032056031' },
    { text: '{"egn":"9532198041"}', value: '9532198041' },
    { text: 'Bulgarian personal number 942514 5189', value: '942514 5189', atLeast: 0.8 },
  ],
  misses: [
    { text: 'ЕГН 8032056032' },
    { text: 'ЕГН 8019010008' },
    { text: 'ЕГН 953219804112' },
    { text: 'поръчка 9532198041' },
  ],
});

export function isPnf(digits: string): boolean {
  return !isOneDigit(digits) && weightedSum(digits, [21, 19, 17, 13, 11, 9, 7, 3, 1, -1]) % 10 === 0;
}

const bgPnf = idNumber({
  name: 'bg-pnf',
  entity: 'BG_PNF',
  category: 'government_id',
  countries: ['BG'],
  forms: ['##########', '#### ### ###'],
  isValid: isPnf,
  chance: 0.1,
  evidence: 'check',
  context:
    contextWords(`лнч, личен номер на чужденец, личен номер, lnch, lnc, lichen nomer na chuzhdenets, foreigner number,
personal number of a foreigner`),
  hits: [
    { text: 'ЛНЧ: 7111 042 925', value: '7111 042 925', atLeast: 0.8 },
    { text: '{"lnch":"2154816568"}', value: '2154816568' },
    { text: 'personal number of a foreigner 2338 593 193', value: '2338 593 193', atLeast: 0.8 },
  ],
  misses: [{ text: 'ЛНЧ 7111 042 926' }, { text: 'ЛНЧ 291408061312' }, { text: 'поръчка 2914080613' }],
});

/** A company's nine digits, or ten of a person, a foreigner or another body. */
export function isBulgarianVat(digits: string): boolean {
  if (isOneDigit(digits)) return false;
  if (digits.length === 9)
    return twoStageMod11(digits, [1, 2, 3, 4, 5, 6, 7, 8], [3, 4, 5, 6, 7, 8, 9, 10]) === numberAt(digits, 8, 1);
  const other = (11 - (weightedSum(digits, [4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 11;
  return isEgn(digits) || isPnf(digits) || other === numberAt(digits, 9, 1);
}

export const BG: readonly Recognizer[] = [bgEgn, bgPnf];
