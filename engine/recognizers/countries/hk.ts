/** Hong Kong: the identity card. */

import { characterValue } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** One or two letters (a missing one counts 36), six digits; weights 9 to 2, mod 11, A for 10. */
function isHkid(compact: string): boolean {
  if (!/^[A-Z]{1,2}\d{6}[\dA]$/.test(compact)) return false;
  const offset = compact.length === 8 ? 1 : 0;
  let sum = offset * 9 * 36;
  for (let i = 0; i < compact.length - 1; i++) sum += (9 - i - offset) * characterValue(compact, i);
  return (sum + characterValue(compact, compact.length - 1)) % 11 === 0;
}

const hkHkid = idNumber({
  name: 'hk-hkid',
  entity: 'HK_HKID',
  category: 'government_id',
  countries: ['HK'],
  forms: ['@######(*)', '@@######(*)', '@######-*', '@ ######(*)', '@###### (*)', '@@###### (*)'],
  isValid: isHkid,
  chance: 0.028,
  evidence: 'check',
  isUpperCase: true,
  context:
    contextWords(`hkid, hkids, hkic, hkid number, hkid no, hong kong id, hong kong identity, hong kong identity card,
identity card, id card, id number, 香港身份證, 身份證, 身份證號碼, 身份證號, 身份证, 香港身份证`),
  hits: [
    { text: 'HKID: A179927(7)', value: 'A179927(7)', atLeast: 0.8 },
    { text: '{"hkid":"AB9876543"}', value: 'AB9876543' },
    { text: '香港身份證：W431056(2)', value: 'W431056(2)', atLeast: 0.8 },
    { text: 'Identity card no. HS736653(9)', value: 'HS736653(9)', atLeast: 0.8 },
  ],
  misses: [
    { text: 'HKID C5678908' },
    { text: 'HKID C567890(8)' },
    { text: 'part G123456A' },
    { text: 'HKID G123456A7' },
  ],
});

export const HK: readonly Recognizer[] = [hkHkid];
