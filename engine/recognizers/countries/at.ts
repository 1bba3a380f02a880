/** Austria: social insurance, tax, VAT and the company register. */

import { crossSum, isDayOfShortYear, numberAt, weightedSum } from '../../scan/check-digits.ts';
import { isLuhn } from '../../scan/checksums.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';
import { VAT_WORDS } from './vat-words.ts';

/** Three digits, a check digit, a date of birth; months 13 to 15 are used where a day's numbers have run out (ASVG). */
function isInsured(digits: string): boolean {
  const month = numberAt(digits, 6, 2);
  const day = numberAt(digits, 4, 2);
  const year = numberAt(digits, 8, 2);
  const isDate = month >= 13 && month <= 15 ? day >= 1 && day <= 31 : isDayOfShortYear(year, month, day);
  return isDate && weightedSum(digits, [3, 7, 9, 0, 5, 8, 4, 2, 1, 6]) % 11 === numberAt(digits, 3, 1);
}

const atSvnr = idNumber({
  name: 'at-svnr',
  entity: 'AT_SVNR',
  category: 'government_id',
  countries: ['AT'],
  forms: ['#### ######', '##########', '#### ## ## ##'],
  isValid: isInsured,
  chance: 0.0042,
  evidence: 'check',
  context: contextWords(`svnr, sv nr, sv nummer, svnummer, vsnr, sozialversicherung, sozialversicherungsnummer,
sozialversicherungsnr, versicherungsnummer, versicherungsnr, ecard, e card, österreichische gesundheitskasse, ögk,
social security, social insurance, insurance number`),
  hits: [
    { text: 'Sozialversicherungsnummer: 1237 010180', value: '1237 010180', atLeast: 0.8 },
    { text: '{"svnr":"5396280178"}', value: '5396280178' },
    { text: 'Austrian social security number 9956 170275', value: '9956 170275', atLeast: 0.8 },
  ],
  misses: [
    { text: 'SVNR 2237 010180' },
    { text: 'SVNR 1237 410180' },
    { text: 'SVNR 1237 01018' },
    { text: 'Auftrag 5396280178' },
  ],
});

/** U and eight digits, the last by sums of digits with weights 1 2, shifted by 4. */
export function isAustrianVat(compact: string): boolean {
  const digits = compact.replace(/^(?:AT)?U/, '');
  return /^\d{8}$/.test(digits) && (crossSum(digits, [1, 2, 1, 2, 1, 2, 1, 1]) + 4) % 10 === 0;
}

const atUid = idNumber({
  name: 'at-uid',
  entity: 'AT_UID',
  alsoEntity: 'EU_VAT',
  category: 'business',
  countries: ['AT'],
  forms: ['ATU########', 'U########', 'AT U########', 'ATU ########'],
  isValid: isAustrianVat,
  chance: 0.1,
  evidence: 'check',
  isUpperCase: true,
  context: contextWords(
    `uid, uid nr, uid nummer, uidnr, uid number, ust, u st, ust idnr, ustid, umsatzsteuer,
umsatzsteueridentifikationsnummer, mwst, mw st, finanzamt österreich`,
    VAT_WORDS,
  ),
  hits: [
    { text: 'UID-Nr.: ATU13585627', value: 'ATU13585627' },
    { text: '{"vatId":"ATU52335094"}', value: 'ATU52335094' },
    { text: 'VAT no. AT U49931132 (Umsatzsteuer)', value: 'AT U49931132', atLeast: 0.8 },
  ],
  misses: [{ text: 'UID ATU13585626' }, { text: 'UID ATU523350949' }, { text: 'part ATU52335094' }],
});

/** Numbers of the tax offices before they became one in 2021; they still begin each account. */
const TAX_OFFICES = new Set([
  3, 4, 6, 7, 8, 9, 10, 12, 15, 16, 18, 22, 23, 29, 33, 38, 41, 46, 51, 52, 53, 54, 57, 59, 61, 65, 67, 68, 69, 71, 72,
  81, 82, 83, 84, 90, 91, 93, 97, 98,
]);

const atTin = idNumber({
  name: 'at-tin',
  entity: 'AT_TIN',
  category: 'government_id',
  countries: ['AT'],
  forms: ['##-###/####', '## ###/####', '## #######', '## - ###/####', '#########', '##/###/####', '## ### ####'],
  isValid: (compact) => TAX_OFFICES.has(numberAt(compact, 0, 2)) && isLuhn(compact),
  chance: 0.04,
  evidence: 'check',
  context:
    contextWords(`abgabenkontonummer, abgabenkonto, steuernummer, steuernr, st nr, stnr, finanzamt, tin, tax number,
tax id, austrian tax number, finanzonline`),
  hits: [
    { text: 'Abgabenkontonummer: 59-119/9013', value: '59-119/9013', atLeast: 0.8 },
    { text: '{"steuernummer":"109999102"}', value: '109999102' },
    { text: 'Austrian tax number 67 132/4994', value: '67 132/4994', atLeast: 0.8 },
  ],
  misses: [{ text: 'Steuernummer 59-119/9012' }, { text: 'Steuernummer 00-119/9012' }, { text: 'lot 465211936' }],
});

const CHECK_LETTERS = 'ABDFGHIKMPSTVWXYZ';

/** Up to six digits and a letter by their sum modulo 17. */
function isCompanyNumber(compact: string): boolean {
  const value = compact.replace('FN', '');
  const digits = value.slice(0, -1).padStart(6, '0');
  return (
    CHECK_LETTERS.charAt(weightedSum(digits, [6, 4, 14, 15, 10, 1]) % 17) === value.slice(-1) && Number(digits) > 0
  );
}

const atFn = idNumber({
  name: 'at-fn',
  entity: 'AT_FN',
  category: 'business',
  countries: ['AT'],
  forms: ['FN ######@', '######@', 'FN #####@', '#####@', 'FN ##### @', 'FN ###### @', 'FN ####@', 'FN ###@'],
  isValid: isCompanyNumber,
  chance: 0.038,
  evidence: 'check',
  context:
    contextWords(`fn, firmenbuch, firmenbuchnummer, firmenbuchnr, firmenbuchgericht, handelsgericht, landesgericht,
company register, company registration`),
  hits: [
    { text: 'Firmenbuchnummer FN 122119m', value: 'FN 122119m', atLeast: 0.8 },
    { text: '{"firmenbuchnummer":"56247t"}', value: '56247t' },
    { text: 'company register: FN 672300B, Handelsgericht Wien', value: 'FN 672300B', atLeast: 0.8 },
  ],
  misses: [{ text: 'FN 122119a' }, { text: 'Firmenbuch 122119' }, { text: 'build 122119m' }, { text: 'FN 122119mm' }],
});

export const AT: readonly Recognizer[] = [atSvnr, atUid, atTin, atFn];
