/** Hungary: tax numbers of companies and people, and that of social insurance. */

import { isOneDigit, numberAt, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Eight digits; in full with a digit for the kind of VAT and two for the county. */
export function isHungarianTax(digits: string): boolean {
  if (isOneDigit(digits) || weightedSum(digits, [9, 7, 3, 1, 9, 7, 3, 1]) % 10 !== 0) return false;
  if (digits.length === 8) return true;
  const county = numberAt(digits, 9, 2);
  return /^[1-5]$/.test(digits.charAt(8)) && ((county >= 2 && county <= 44) || county === 51);
}

const huAnum = idNumber({
  name: 'hu-anum',
  entity: 'HU_ANUM',
  category: 'business',
  countries: ['HU'],
  forms: ['########-#-##', '########', 'HU########', 'HU-########', '###########'],
  isValid: (compact) => isHungarianTax(compact.replace('HU', '')),
  chance: 0.06,
  evidence: 'check',
  context:
    contextWords(`adószám, adoszam, adószáma, adószámok, közösségi adószám, kozossegi adoszam, anum, áfa, afa, cégjegyzék, nav,
hungarian tax number, hungarian vat`),
  hits: [
    { text: 'Adószám: 00195450-5-42', value: '00195450-5-42', atLeast: 0.8 },
    { text: '{"adoszam":"12892312"}', value: '12892312' },
    { text: 'Hungarian tax number HU-12892312', value: 'HU-12892312', atLeast: 0.8 },
  ],
  misses: [{ text: 'adószám HU-12892313' }, { text: 'adószám 1289231' }, { text: 'rendelés 39244334' }],
});

/** Nine digits, weights 3 7. */
const huTaj = idNumber({
  name: 'hu-taj',
  entity: 'HU_TAJ',
  category: 'health',
  countries: ['HU'],
  forms: ['### ### ###', '#########', '###-###-###'],
  isValid: (compact) =>
    !isOneDigit(compact) && weightedSum(compact, [3, 7, 3, 7, 3, 7, 3, 7]) % 10 === numberAt(compact, 8, 1),
  chance: 0.1,
  evidence: 'check',
  context:
    contextWords(`taj, taj szám, taj szam, tajszám, tajszam, társadalombiztosítási azonosító jel, tarsadalombiztositasi azonosito jel,
társadalombiztosítás, hungarian social security, neak`),
  hits: [
    { text: 'TAJ szám: 610 269 859', value: '610 269 859', atLeast: 0.8 },
    { text: '{"tajSzam":"332702975"}', value: '332702975' },
    { text: 'Hungarian social security number 682-557-401', value: '682-557-401', atLeast: 0.8 },
  ],
  misses: [{ text: 'TAJ 339 216 610' }, { text: 'TAJ 98943444544' }, { text: 'rendelés 989434445' }],
});

/** 8, days since 1867, an order, and the sum of digits times their places modulo 11. */
const huAdoazonosito = idNumber({
  name: 'hu-adoazonosito',
  entity: 'HU_ADOAZONOSITO',
  category: 'government_id',
  countries: ['HU'],
  forms: ['##########', '#### ### ###'],
  isValid: (compact) =>
    compact.startsWith('8') &&
    numberAt(compact, 1, 5) <= 61_700 &&
    weightedSum(compact, [1, 2, 3, 4, 5, 6, 7, 8, 9]) % 11 === numberAt(compact, 9, 1),
  chance: 0.0056,
  evidence: 'check',
  context:
    contextWords(`adóazonosító, adoazonosito, adóazonosító jel, adoazonosito jel, adóazonosító szám, adóigazolvány,
hungarian personal tax`),
  hits: [
    { text: 'Adóazonosító jel: 8346200196', value: '8346200196' },
    { text: '{"adoazonosito":"8155441156"}', value: '8155441156' },
    { text: 'Hungarian personal tax number 8289 020 090', value: '8289 020 090', atLeast: 0.8 },
  ],
  misses: [{ text: 'adóazonosító 8155441150' }, { text: 'adóazonosító 834620019677' }, { text: 'rendelés 8346200196' }],
});

export const HU: readonly Recognizer[] = [huAnum, huTaj, huAdoazonosito];
