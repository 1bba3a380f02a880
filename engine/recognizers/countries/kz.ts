/** Kazakhstan: numbers of people and companies. */

import { isBirthDate } from '../../scan/birth-dates.ts';
import { numberAt, twoStageMod11 } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** The check digit of two stages; 10 in both is not given out. */
function isChecked(digits: string): boolean {
  return (
    twoStageMod11(digits, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], [3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2]) ===
    numberAt(digits, 11, 1)
  );
}

/** Date of birth, century and sex (1 to 6), order. */
function isIin(digits: string): boolean {
  const seventh = numberAt(digits, 6, 1);
  const century = 1700 + 100 * Math.ceil(seventh / 2);
  return (
    seventh >= 1 &&
    seventh <= 6 &&
    isBirthDate(century + numberAt(digits, 0, 2), numberAt(digits, 2, 2), numberAt(digits, 4, 2)) &&
    isChecked(digits)
  );
}

const kzIin = idNumber({
  name: 'kz-iin',
  entity: 'KZ_IIN',
  category: 'government_id',
  countries: ['KZ'],
  forms: ['############'],
  isValid: isIin,
  chance: 0.0019,
  evidence: 'context',
  context: contextWords(
    `иин, жсн, индивидуальный идентификационный номер, жеке сәйкестендіру нөмірі, iin, kazakh id, kazakhstan id`,
  ),
  hits: [
    { text: 'ИИН: 300104563851', value: '300104563851' },
    { text: '{"iin":"250131631538"}', value: '250131631538' },
    { text: 'Kazakhstan ID (ЖСН) 300104563851', value: '300104563851' },
  ],
  misses: [{ text: 'ИИН 250131631530' }, { text: '300104563851' }, { text: 'ИИН 30010456385112' }],
});

/** Year and month of registration, kind (4 to 6), head office or branch, order. */
function isBin(digits: string): boolean {
  const month = numberAt(digits, 2, 2);
  return month >= 1 && month <= 12 && /^.{4}[4-6][0-3]/.test(digits) && isChecked(digits);
}

const kzBin = idNumber({
  name: 'kz-bin',
  entity: 'KZ_BIN',
  category: 'business',
  countries: ['KZ'],
  forms: ['############'],
  isValid: isBin,
  chance: 0.0014,
  evidence: 'context',
  context: contextWords(
    `бин, бсн, бизнес идентификационный номер, бизнес сәйкестендіру нөмірі, kazakh company, kazakhstan company, bin iin`,
  ),
  hits: [
    { text: 'БИН: 550260084644', value: '550260084644' },
    { text: '{"kazakhCompany":"840761172017"}', value: '840761172017' },
    { text: 'бизнес-идентификационный номер (БСН) 550260084644', value: '550260084644' },
  ],
  misses: [{ text: 'БИН 840761172010' }, { text: '550260084644' }, { text: 'БИН 55026008464412' }],
});

export const KZ: readonly Recognizer[] = [kzIin, kzBin];
