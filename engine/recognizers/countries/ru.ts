/** Russia: the tax number, pension insurance and the internal passport. */

import { isDigits, isOneDigit, numberAt, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const PERSON = [7, 2, 4, 10, 3, 5, 9, 4, 6, 8];

/** Ten digits of a company with one check digit, twelve of a person with two. */
function isInn(digits: string): boolean {
  if (isOneDigit(digits)) return false;
  if (isDigits(digits, 10))
    return (weightedSum(digits, [2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11) % 10 === numberAt(digits, 9, 1);
  return (
    (weightedSum(digits, PERSON) % 11) % 10 === numberAt(digits, 10, 1) &&
    (weightedSum(digits, [3, ...PERSON]) % 11) % 10 === numberAt(digits, 11, 1)
  );
}

const ruInn = idNumber({
  name: 'ru-inn',
  entity: 'RU_INN',
  category: 'government_id',
  countries: ['RU'],
  forms: ['##########', '############'],
  isValid: isInn,
  chance: 0.055,
  evidence: 'check',
  context:
    contextWords(`инн, идентификационный номер налогоплательщика, inn, налогоплательщик, налогоплательщика, фнс, russian tax number,
russian tax id, taxpayer`),
  hits: [
    { text: 'ИНН: 366220664163', value: '366220664163' },
    { text: '{"inn":"1234567894"}', value: '1234567894' },
    { text: 'Russian tax number 045214945325', value: '045214945325' },
  ],
  misses: [
    { text: 'ИНН 123456789037' },
    { text: 'ИНН 1234567895' },
    { text: 'ИНН 73727847104' },
    { text: 'заказ 7372784710' },
  ],
});

/** Nine digits, and their sum with weights 9 to 1 modulo 101; 100 is written 00. */
function isSnils(digits: string): boolean {
  const rest = (weightedSum(digits, [9, 8, 7, 6, 5, 4, 3, 2, 1]) % 101) % 100;
  return numberAt(digits, 0, 9) > 1_001_998 && rest === numberAt(digits, 9, 2);
}

const ruSnils = idNumber({
  name: 'ru-snils',
  entity: 'RU_SNILS',
  category: 'government_id',
  countries: ['RU'],
  forms: ['###-###-### ##', '###########', '###-###-###-##', '### ### ### ##'],
  isValid: isSnils,
  chance: 0.01,
  evidence: 'check',
  context:
    contextWords(`снилс, страховой номер, пенсионное страхование, страховое свидетельство, пфр, snils, russian social security,
insurance number`),
  hits: [
    { text: 'СНИЛС: 112-233-445 95', value: '112-233-445 95', atLeast: 0.8 },
    { text: '{"snils":"63379084622"}', value: '63379084622' },
    { text: 'Russian social security 723-313-799 82', value: '723-313-799 82', atLeast: 0.8 },
  ],
  misses: [{ text: 'СНИЛС 112-233-445 96' }, { text: 'СНИЛС 7598172336012' }, { text: 'заказ 75981723360' }],
});

/** Region and year of the form, then a number; no check. */
const ruPassport = idNumber({
  name: 'ru-passport',
  entity: 'RU_PASSPORT',
  category: 'government_id',
  countries: ['RU'],
  forms: ['## ## ######', '#### ######', '##########'],
  isValid: (compact) => {
    const year = numberAt(compact, 2, 2);
    return numberAt(compact, 0, 2) > 0 && (year >= 97 || year <= 35) && numberAt(compact, 4, 6) > 100;
  },
  chance: 0.39,
  evidence: 'context',
  context:
    contextWords(`паспорт, паспорта, паспортные данные, паспортом, серия, серия и номер, серия паспорта, номер паспорта,
загранпаспорт, russian passport, internal passport, pasport rf`),
  hits: [
    { text: 'Паспорт 45 08 123456', value: '45 08 123456', atLeast: 0.8 },
    { text: '{"russianPassport":"4509 235857"}', value: '4509 235857' },
    { text: 'серия и номер паспорта: 4510 482913', value: '4510 482913', atLeast: 0.8 },
  ],
  misses: [{ text: '45 08 123456' }, { text: 'паспорт 45 58 123456' }, { text: 'паспорт 45 08 12345' }],
});

export const RU: readonly Recognizer[] = [ruInn, ruSnils, ruPassport];
