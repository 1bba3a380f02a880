/** Czechia and Slovakia, whose birth numbers and company numbers are alike. */

import { isBirthDate } from '../../scan/birth-dates.ts';
import { isOneDigit, numberAt, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/**
 * Date with 50 more in a woman's month, and 20 more where a day's numbers have run out. Nine digits to 1953; ten since,
 * divided by 11, where to 1985 a remainder of 10 was written 0.
 */
export function isBirthNumber(digits: string): boolean {
  const short = numberAt(digits, 0, 2);
  const month = (numberAt(digits, 2, 2) % 50) % 20;
  const day = numberAt(digits, 4, 2);
  if (digits.length === 9) {
    const year = short > 80 ? 1800 + short : 1900 + short;
    return year <= 1953 && isBirthDate(year, month, day) && numberAt(digits, 6, 3) > 0;
  }
  const year = short < 54 ? 2000 + short : 1900 + short;
  if (!isBirthDate(year, month, day)) return false;
  const rest = numberAt(digits, 0, 9) % 11;
  return (year < 1986 ? rest % 10 : rest) === numberAt(digits, 9, 1);
}

const czRc = idNumber({
  name: 'cz-rc',
  entity: 'CZ_RC',
  category: 'government_id',
  countries: ['CZ', 'SK'],
  forms: ['######/####', '######/###', '##########', '#########', '###### ####'],
  isValid: isBirthNumber,
  chance: 0.08,
  evidence: 'check',
  context:
    contextWords(`rodné číslo, rodne cislo, rodného čísla, rodneho cisla, rč, r č, rc, rodné č, rod č, rodnecislo, czech birth number,
slovak birth number, birth number, personal number, číslo pojištěnce, cislo pojistence`),
  hits: [
    { text: 'Rodné číslo: 710319/2745', value: '710319/2745', atLeast: 0.8 },
    { text: '{"rodneCislo":"1281136285"}', value: '1281136285' },
    { text: 'Czech birth number 867506/6917', value: '867506/6917', atLeast: 0.8 },
  ],
  misses: [
    { text: 'rodné číslo 110349/2745' },
    { text: 'rodné číslo 710319/2746' },
    { text: 'RČ 590312/12' },
    { text: 'objednávka 9699103139' },
  ],
});

/** Eight digits; a check of 10 is written 0, of 11 is written 1. */
export function isIco(digits: string): boolean {
  const rest = weightedSum(digits, [8, 7, 6, 5, 4, 3, 2]) % 11;
  return !digits.startsWith('9') && !isOneDigit(digits) && (11 - rest) % 10 === numberAt(digits, 7, 1);
}

const czIco = idNumber({
  name: 'cz-ico',
  entity: 'CZ_ICO',
  category: 'business',
  countries: ['CZ', 'SK'],
  forms: ['########', '### ## ###', '## ### ###'],
  isValid: isIco,
  chance: 0.09,
  evidence: 'check',
  context:
    contextWords(`ičo, ico, ič, identifikační číslo, identifikacni cislo, identifikačné číslo, identifikacne cislo,
identifikační číslo osoby, obchodní rejstřík, obchodni rejstrik, obchodný register, czech company, slovak company`),
  hits: [
    { text: 'IČO: 25596641', value: '25596641' },
    { text: '{"ico":"27082440"}', value: '27082440' },
    { text: 'Czech company, ICO 255 96 641', value: '255 96 641', atLeast: 0.8 },
  ],
  misses: [{ text: 'IČO 12345678' }, { text: 'IČO 90000001' }, { text: 'IČO 255966411' }, { text: 'faktura 81597606' }],
});

export const CZ: readonly Recognizer[] = [czRc, czIco];
