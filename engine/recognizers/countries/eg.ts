/** Egypt: numbers of people and taxpayers. */

import { isBirthDate } from '../../scan/birth-dates.ts';
import { numberAt } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Governorates, and 88 for those born abroad. */
const GOVERNORATE = /^.{7}(?:0[1-4]|1[1-9]|2[1-9]|3[1-5]|88)/;

/** Century (2 and 3), date of birth, governorate. The last digit checks, but how has not been published. */
function isNationalId(digits: string): boolean {
  const century = numberAt(digits, 0, 1);
  if (century !== 2 && century !== 3) return false;
  const year = 1700 + 100 * century + numberAt(digits, 1, 2);
  return isBirthDate(year, numberAt(digits, 3, 2), numberAt(digits, 5, 2)) && GOVERNORATE.test(digits);
}

const egNationalId = idNumber({
  name: 'eg-national-id',
  entity: 'EG_NATIONAL_ID',
  category: 'government_id',
  countries: ['EG'],
  forms: ['# ###### ## #####', '##############', '# ###### ## ####-#', '#-######-##-#####'],
  isValid: isNationalId,
  chance: 0.0014,
  evidence: 'check',
  context:
    contextWords(`national id, national number, national identity, egyptian id, egyptian national id, egypt id, raqam qawmi,
الرقم القومي, رقم قومي, الرقم القومى, رقمه القومي, بطاقة الرقم القومي, رقم البطاقة, بطاقة شخصية`),
  hits: [
    { text: 'الرقم القومي: 33108108842623', value: '33108108842623' },
    { text: '{"egyptianNationalId":"24501131221681"}', value: '24501131221681' },
    { text: 'Egyptian national ID 2 700309 02 16277', value: '2 700309 02 16277', atLeast: 0.8 },
    { text: 'الرقم القومي ٢٩٠٠٥١٤٢١٠٣٥٧٨', value: '٢٩٠٠٥١٤٢١٠٣٥٧٨' },
  ],
  misses: [
    { text: 'national ID 29013142103578' },
    { text: 'national ID 29005148903578' },
    { text: 'order 30407172122200' },
    { text: 'national ID 211111313864851' },
  ],
});

const egTaxNumber = idNumber({
  name: 'eg-tax-number',
  entity: 'EG_TAX_NUMBER',
  category: 'business',
  countries: ['EG'],
  forms: ['###-###-###'],
  chance: 1,
  evidence: 'context',
  context:
    contextWords(`tax registration number, tax registration no, tax card, egyptian tax, egyptian tax number, الرقم الضريبي,
رقم ضريبي, رقم التسجيل الضريبي, التسجيل الضريبي, البطاقة الضريبية, الضريبي`),
  hits: [
    { text: 'الرقم الضريبي: 100-531-385', value: '100-531-385' },
    { text: '{"taxRegistrationNumber":"455273677"}', value: '455273677' },
    { text: 'Egyptian tax card 432-600-132', value: '432-600-132' },
  ],
  misses: [{ text: '100-531-385' }, { text: 'الرقم الضريبي 12345' }, { text: 'الرقم الضريبي 4552736771' }],
});

export const EG: readonly Recognizer[] = [egNationalId, egTaxNumber];
