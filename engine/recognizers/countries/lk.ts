/** Sri Lanka: the national identity card, of twelve digits since 2016, of nine and a letter before. */

import { numberAt } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const WORDS = `nic, nics, nic number, nic no, national identity card, national identity, identity card, identity card number,
sri lankan id, sri lanka id, ජාතික හැඳුනුම්පත, ජාතික හැඳුනුම්පත් අංකය, හැඳුනුම්පත, හැඳුනුම්පත් අංකය, தேசிய அடையாள அட்டை,
அடையாள அட்டை`;

/** The day of the year, 500 more for women; published examples have days behind the last of a year. */
function isDayOfYear(day: number): boolean {
  return day >= 1 && day <= 866;
}

const lkNic = idNumber({
  name: 'lk-nic',
  entity: 'LK_NIC',
  category: 'government_id',
  countries: ['LK'],
  forms: ['############', '#### ### #####', '#### #### ####'],
  isValid: (digits) =>
    numberAt(digits, 0, 4) >= 1900 && numberAt(digits, 0, 4) <= 2035 && isDayOfYear(numberAt(digits, 4, 3)),
  chance: 0.012,
  evidence: 'check',
  context: contextWords(WORDS),
  hits: [
    { text: 'NIC: 199439848733', value: '199439848733' },
    { text: '{"nicNumber":"198728405162"}', value: '198728405162' },
    { text: 'ජාතික හැඳුනුම්පත 200158403715', value: '200158403715' },
  ],
  misses: [{ text: 'NIC 189928405162' }, { text: '198728405162' }, { text: 'NIC 198799905162' }],
});

const lkNicOld = idNumber({
  name: 'lk-nic-old',
  entity: 'LK_NIC',
  category: 'government_id',
  countries: ['LK'],
  forms: ['#########@', '######### @'],
  isValid: (compact) => /[VX]$/.test(compact) && isDayOfYear(numberAt(compact, 2, 3)),
  chance: 0.065,
  evidence: 'check',
  context: contextWords(WORDS),
  hits: [
    { text: 'NIC: 942281632v', value: '942281632v' },
    { text: '{"nicNumber":"871847293V"}', value: '871847293V' },
    { text: 'தேசிய அடையாள அட்டை 715628401X', value: '715628401X' },
  ],
  misses: [{ text: 'NIC 942281632b' }, { text: 'part 871847293V' }, { text: 'NIC 949991632V' }],
});

export const LK: readonly Recognizer[] = [lkNic, lkNicOld];
