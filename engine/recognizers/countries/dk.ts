/** Denmark: people and companies. */

import { isBirthDate } from '../../scan/birth-dates.ts';
import { isOneDigit, numberAt, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** The seventh digit and the year tell the century. Since 2007 there are numbers that modulo 11 does not hold for. */
function isCpr(digits: string): boolean {
  const short = numberAt(digits, 4, 2);
  const seventh = numberAt(digits, 6, 1);
  let century = 1900;
  if (seventh === 4 || seventh === 9) century = short <= 36 ? 2000 : 1900;
  else if (seventh >= 5) century = short <= 57 ? 2000 : 1800;
  return isBirthDate(century + short, numberAt(digits, 2, 2), numberAt(digits, 0, 2)) && numberAt(digits, 6, 4) > 0;
}

const dkCpr = idNumber({
  name: 'dk-cpr',
  entity: 'DK_CPR',
  category: 'government_id',
  countries: ['DK'],
  forms: ['######-####', '##########', '###### ####'],
  isValid: isCpr,
  chance: 0.033,
  evidence: 'check',
  context:
    contextWords(`cpr, cpr nr, cprnr, cpr nummer, cprnummer, cpr no, personnummer, personnr, sundhedskort, sygesikring,
danish personal number, civil registration number, danish cpr`),
  hits: [
    { text: 'CPR-nr. 010180-1234', value: '010180-1234', atLeast: 0.8 },
    { text: '{"cpr":"2011893058"}', value: '2011893058' },
    { text: 'Danish civil registration number 140525-9929', value: '140525-9929', atLeast: 0.8 },
  ],
  misses: [
    { text: 'CPR 511062-5629' },
    { text: 'CPR 2110525629' },
    { text: 'CPR 27043747357' },
    { text: 'ordre 2704374735' },
  ],
});

/** Eight digits modulo 11. */
export function isCvr(digits: string): boolean {
  return !digits.startsWith('0') && !isOneDigit(digits) && weightedSum(digits, [2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0;
}

const dkCvr = idNumber({
  name: 'dk-cvr',
  entity: 'DK_CVR',
  category: 'business',
  countries: ['DK'],
  forms: ['########', 'DK########', 'DK ########', '## ## ## ##', 'DK ## ## ## ##'],
  isValid: (compact) => isCvr(compact.replace('DK', '')),
  chance: 0.08,
  evidence: 'check',
  context:
    contextWords(`cvr, cvr nr, cvrnr, cvr nummer, cvrnummer, cvr no, se nr, se nummer, virk, erhvervsstyrelsen, selskab,
danish company, company registration`),
  hits: [
    { text: 'CVR-nr. 13585628', value: '13585628' },
    { text: '{"cvr":"67534824"}', value: '67534824' },
    { text: 'Danish company, CVR DK 19319970', value: 'DK 19319970', atLeast: 0.8 },
  ],
  misses: [{ text: 'CVR 13585627' }, { text: 'CVR 597960541' }, { text: 'varenr 59796054' }],
});

export const DK: readonly Recognizer[] = [dkCpr, dkCvr];
