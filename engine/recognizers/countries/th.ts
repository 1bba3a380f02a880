/** Thailand: the number of people, and of companies, which is the taxpayer's number as well. */

import { numberAt, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Kind (0 for companies, 1 to 8 for people), place, volume, order; weights 13 to 2, mod 11. */
function isTnin(digits: string): boolean {
  const rest = weightedSum(digits, [13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
  return !digits.startsWith('9') && !digits.startsWith('00') && (11 - rest) % 10 === numberAt(digits, 12, 1);
}

const thTnin = idNumber({
  name: 'th-tnin',
  entity: 'TH_TNIN',
  category: 'government_id',
  countries: ['TH'],
  forms: ['#-####-#####-##-#', '#-##-#-###-#####-#', '#-####-#####-###', '# #### ##### ## #', '# ## # ### ##### #'],
  isValid: isTnin,
  chance: 0.09,
  evidence: 'check',
  context:
    contextWords(`เลขประจำตัวประชาชน, เลขบัตรประชาชน, บัตรประชาชน, ประชาชน, เลขบัตร, หมายเลขบัตรประชาชน, เลขประจำตัวผู้เสียภาษี,
ผู้เสียภาษี, เลขผู้เสีย, เลขทะเบียนนิติบุคคล, นิติบุคคล, thai id, thai national id, thai citizen id, thailand id, citizen id, national id, tnin,
thai tax, tax id, pin thailand`),
  hits: [
    { text: 'เลขประจำตัวประชาชน: 1-8524-98329-86-3', value: '1-8524-98329-86-3', atLeast: 0.8 },
    { text: '{"thaiId":"1084978331381"}', value: '1084978331381' },
    { text: 'บัตรประชาชนเลขที่ 7-8815-04964-08-0', value: '7-8815-04964-08-0', atLeast: 0.8 },
    { text: 'Thai tax ID 0-99-4-000-61772-1', value: '0-99-4-000-61772-1', atLeast: 0.8 },
  ],
  misses: [
    { text: 'เลขประจำตัวประชาชน 1101700230705' },
    { text: 'Thai ID 0-99-4-000-61772-3' },
    { text: 'order 7507145027103' },
    { text: 'Thai ID 28642090076751' },
  ],
});

export const TH: readonly Recognizer[] = [thTnin];
