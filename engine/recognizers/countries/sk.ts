/** Slovakia: the tax number, which is the VAT number with the country's letters. */

import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Ten digits that 11 divides, of legal persons with 2, 3, 4, 7, 8 or 9 in third place (zákon 222/2004). */
export function isDph(digits: string): boolean {
  return /^[1-9]\d[2-4789]\d{7}$/.test(digits) && Number(digits) % 11 === 0;
}

/** As read by others: the digit that tells the kind stands first. */
export function isSlovakVat(digits: string): boolean {
  return isDph(digits) || (/^[2-4789]\d{9}$/.test(digits) && Number(digits) % 11 === 0);
}

const skDic = idNumber({
  name: 'sk-dic',
  entity: 'SK_DIC',
  category: 'business',
  countries: ['SK'],
  forms: ['##########', '### ### ## ##', '### ### ####'],
  isValid: isSlovakVat,
  chance: 0.07,
  evidence: 'check',
  context: contextWords(
    `daňové identifikačné číslo, danove identifikacne cislo, dič, dic, daňový úrad, slovak tax number`,
  ),
  hits: [
    { text: 'Daňové identifikačné číslo 8658693780', value: '8658693780' },
    { text: '{"dic":"2022749619"}', value: '2022749619' },
    { text: 'Slovak tax number 202 274 96 19', value: '202 274 96 19', atLeast: 0.8 },
  ],
  misses: [{ text: 'DIČ 202 274 96 18' }, { text: 'DIČ 865869378099' }, { text: 'faktúra 8658693780' }],
});

export const SK: readonly Recognizer[] = [skDic];
