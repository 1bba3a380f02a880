/** Greece: the tax number and that of social security. */

import { isDayOfShortYear, isOneDigit, numberAt, weightedSum } from '../../scan/check-digits.ts';
import { isLuhn } from '../../scan/checksums.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Nine digits, of old ones eight; powers of two, a remainder of 10 is written 0. */
export function isAfm(digits: string): boolean {
  const full = digits.padStart(9, '0');
  if (isOneDigit(full)) return false;
  return (weightedSum(full, [256, 128, 64, 32, 16, 8, 4, 2]) % 11) % 10 === numberAt(full, 8, 1);
}

const grAfm = idNumber({
  name: 'gr-afm',
  entity: 'GR_AFM',
  category: 'government_id',
  countries: ['GR'],
  forms: ['#########', 'EL#########', 'EL #########', 'GR #########', 'GR ########', '### ### ###'],
  isValid: (compact) => isAfm(compact.replace(/^(?:EL|GR)/, '')),
  chance: 0.1,
  evidence: 'check',
  context:
    contextWords(`αφμ, α φ μ, αριθμός φορολογικού μητρώου, φορολογικού μητρώου, afm, a f m, τιν, δου, greek tax number,
greek tax id, greek tin, tax registration number, φπα`),
  hits: [
    { text: 'ΑΦΜ: 094259216', value: '094259216' },
    { text: '{"afm":"166481165"}', value: '166481165' },
    { text: 'Greek tax number EL 094259216', value: 'EL 094259216', atLeast: 0.8 },
  ],
  misses: [{ text: 'ΑΦΜ 166481160' }, { text: 'ΑΦΜ 90238945444' }, { text: 'παραγγελία 902389454' }],
});

/** Date of birth, order, Luhn. */
const grAmka = idNumber({
  name: 'gr-amka',
  entity: 'GR_AMKA',
  category: 'government_id',
  countries: ['GR'],
  forms: ['###########', '###### #####'],
  isValid: (compact) =>
    isLuhn(compact) && isDayOfShortYear(numberAt(compact, 4, 2), numberAt(compact, 2, 2), numberAt(compact, 0, 2)),
  chance: 0.0037,
  evidence: 'check',
  context:
    contextWords(`αμκα, α μ κ α, αριθμός μητρώου κοινωνικής ασφάλισης, κοινωνικής ασφάλισης, amka, greek social security,
social security, εφκα, ασφαλισμένος`),
  hits: [
    { text: 'ΑΜΚΑ: 01013099997', value: '01013099997' },
    { text: '{"amka":"30094439152"}', value: '30094439152' },
    { text: 'Greek social security no. 231268 19608', value: '231268 19608', atLeast: 0.8 },
  ],
  misses: [{ text: 'ΑΜΚΑ 01013099999' }, { text: 'ΑΜΚΑ 1901867795512' }, { text: 'κωδικός 19018677955' }],
});

export const GR: readonly Recognizer[] = [grAfm, grAmka];
