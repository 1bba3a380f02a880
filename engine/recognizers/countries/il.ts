/** Israel: numbers of people and companies. */

import { isOneDigit } from '../../scan/check-digits.ts';
import { isLuhn } from '../../scan/checksums.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const ilTz = idNumber({
  name: 'il-tz',
  entity: 'IL_TZ',
  category: 'government_id',
  countries: ['IL'],
  // Zeros before the number are often left off.
  forms: ['########-#', '#######-#'],
  isValid: (digits) => !isOneDigit(digits) && isLuhn(digits.padStart(9, '0')),
  chance: 0.1,
  evidence: 'check',
  context:
    contextWords(`תעודת זהות, ת ז, מספר זהות, מס זהות, תז, מספר תעודת זהות, מספר ת ז, teudat zehut, mispar zehut, tz,
israeli id, israeli identity, israel id, israeli national id, identity number`),
  hits: [
    { text: 'ת"ז: 95500210-0', value: '95500210-0', atLeast: 0.8 },
    { text: '{"teudatZehut":"020424230"}', value: '020424230' },
    { text: 'Israeli ID (תעודת זהות) 59453459-6', value: '59453459-6', atLeast: 0.8 },
    { text: 'מספר זהות 50332089', value: '50332089' },
  ],
  misses: [{ text: 'תעודת זהות 23671540-0' }, { text: 'part 216617761' }, { text: 'תעודת זהות 21661776112' }],
});

const ilHp = idNumber({
  name: 'il-hp',
  entity: 'IL_HP',
  category: 'business',
  countries: ['IL'],
  forms: ['#########', '##-#######', '##-######-#'],
  isValid: (digits) => digits.startsWith('5') && isLuhn(digits),
  chance: 0.0099,
  evidence: 'context',
  context:
    contextWords(`ח פ, חפ, חברה, מספר חברה, מס חברה, עוסק מורשה, ע מ, חברה פרטית, עמותה, israeli company, company number,
company no, companies registrar`),
  hits: [
    { text: 'ח.פ. 572118370', value: '572118370' },
    { text: '{"companyNumber":"564057057"}', value: '564057057' },
    { text: 'Israeli company (מספר חברה) 59-6261065', value: '59-6261065', atLeast: 0.8 },
  ],
  misses: [{ text: 'ח.פ. 547678830' }, { text: '554934240' }, { text: 'ח.פ. 416179158' }],
});

export const IL: readonly Recognizer[] = [ilTz, ilHp];
