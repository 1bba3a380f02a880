/** Finland: people and companies. */

import { isBirthDate } from '../../scan/birth-dates.ts';
import { isOneDigit, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const LETTERS = '0123456789ABCDEFHJKLMNPRSTUVWXY';

/** Date, a sign of the century, three digits and a character by the remainder on 31; the dash of the 1900s is no character here. */
function isHetu(compact: string): boolean {
  const parts = /^(\d\d)(\d\d)(\d\d)([A-FU-Y]?)(\d{3})([0-9A-Y])$/.exec(compact);
  if (parts === null) return false;
  const [, day = '', month = '', year = '', sign = '', order = '', check] = parts;
  const century = sign >= 'A' && sign <= 'F' ? 2000 : 1900;
  if (!isBirthDate(century + Number(year), Number(month), Number(day)) || Number(order) < 2) return false;
  return LETTERS.charAt(Number(day + month + year + order) % 31) === check;
}

const WORDS = `henkilötunnus, henkilotunnus, hetu, henkilötunnuksen, sosiaaliturvatunnus, sotu, personbeteckning, syntymäaika,
finnish personal identity, personal identity code, personal id, finnish ssn`;

const fiPersonalIdentityCode = idNumber({
  name: 'fi-personal-identity-code',
  entity: 'FI_PERSONAL_IDENTITY_CODE',
  category: 'government_id',
  countries: ['FI'],
  forms: ['######-###@', '######@###@', '######@####'],
  isValid: isHetu,
  chance: 0.0005,
  evidence: 'own',
  isUpperCase: true,
  context: contextWords(WORDS),
  hits: [
    { text: 'Henkilötunnus: 131052-308T', value: '131052-308T', atLeast: 0.8 },
    { text: '{"hetu":"030709D743V"}', value: '030709D743V', atLeast: 0.8 },
    { text: 'personbeteckning 151232U988F', value: '151232U988F', atLeast: 0.8 },
    { text: '131022B3082', value: '131022B3082' },
  ],
  misses: [{ text: 'hetu 131052-308U' }, { text: 'hetu 131352-308T' }, { text: 'hetu 131052-308TT' }],
});

/** Those that end in a digit: without a letter they look like much else. */
const fiPersonalIdentityDigits = idNumber({
  name: 'fi-personal-identity-digits',
  entity: 'FI_PERSONAL_IDENTITY_CODE',
  category: 'government_id',
  countries: ['FI'],
  forms: ['######-####'],
  isValid: isHetu,
  chance: 0.0012,
  evidence: 'check',
  context: contextWords(WORDS),
  hits: [
    { text: 'Henkilötunnus 191014-5356', value: '191014-5356', atLeast: 0.8 },
    { text: '{"hetu":"270189-1844"}', value: '270189-1844', atLeast: 0.8 },
    { text: 'Finnish personal identity code 1910145356', value: '1910145356' },
  ],
  misses: [{ text: 'hetu 270189-1840' }, { text: 'hetu 191014535633' }, { text: 'order 1910145356' }],
});

/** Seven digits and a check digit modulo 11, or the VAT number that they make with the country's letters. */
export function isYtunnus(digits: string): boolean {
  return !isOneDigit(digits) && weightedSum(digits, [7, 9, 10, 5, 8, 4, 2, 1]) % 11 === 0;
}

const fiYtunnus = idNumber({
  name: 'fi-ytunnus',
  entity: 'FI_YTUNNUS',
  category: 'business',
  countries: ['FI'],
  forms: ['#######-#', '########'],
  isValid: isYtunnus,
  chance: 0.09,
  evidence: 'check',
  context:
    contextWords(`y tunnus, ytunnus, yritystunnus, yritys ja yhteisötunnus, fo nummer, företags och organisationsnummer, ytj, prh,
kaupparekisteri, business id, finnish company`),
  hits: [
    { text: 'Y-tunnus: 2077474-0', value: '2077474-0', atLeast: 0.8 },
    { text: '{"ytunnus":"38631385"}', value: '38631385' },
    { text: 'Finnish company, business ID 6454216-7', value: '6454216-7', atLeast: 0.8 },
  ],
  misses: [{ text: 'Y-tunnus 2077474-1' }, { text: 'Y-tunnus 051544394' }, { text: 'tuote 05154439' }],
});

export const FI: readonly Recognizer[] = [fiPersonalIdentityCode, fiPersonalIdentityDigits, fiYtunnus];
