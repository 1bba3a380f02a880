/** The United Kingdom: health, tax, social security, licences, passports, postcodes and plates. */

import { isBirthDateOfShortYear } from '../../scan/birth-dates.ts';
import { byteAt, byteSet, isWord, runEnd } from '../../scan/bytes.ts';
import { isDigits, isOneDigit, numberAt, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { documentNumber } from '../../scan/document-number.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Ten digits, weights 10 to 2, a remainder of 10 is never given out (NHS Data Dictionary). */
function isNhsChecked(digits: string): boolean {
  return isDigits(digits, 10) && !isOneDigit(digits) && weightedSum(digits, [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0;
}

const ukNhs = idNumber({
  name: 'uk-nhs',
  entity: 'UK_NHS',
  category: 'health',
  countries: ['GB'],
  forms: ['### ### ####', '##########'],
  isValid: isNhsChecked,
  chance: 0.09,
  evidence: 'check',
  context: contextWords(`nhs, nhsno, nhsnumber, national health service, health service, health number, patient number,
patient no, patient id, hospital number, gp practice`),
  hits: [
    { text: 'NHS number: 456 495 4393', value: '456 495 4393', atLeast: 0.8 },
    { text: '{"nhsNumber":"4564954393"}', value: '4564954393' },
    { text: 'Rhif GIG / NHS No 482 945 3958 (Cymru)', value: '482 945 3958', atLeast: 0.8 },
  ],
  misses: [
    { text: 'NHS number: 482 945 3950' },
    { text: 'NHS number 45649543937' },
    { text: 'order 4564954393' },
    { text: 'nhs 9999999999' },
  ],
});

/** HMRC NIM39110: letters that are not used, and pairs that are not given out. */
const NINO = /^(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]?$/;

const ukNino = idNumber({
  name: 'uk-nino',
  entity: 'UK_NINO',
  category: 'government_id',
  countries: ['GB'],
  forms: ['@@ ## ## ## @', '@@######@', '@@###### @', '@@ ###### @'],
  isValid: (compact) => NINO.test(compact),
  chance: 0.085,
  evidence: 'check',
  isUpperCase: true,
  context: contextWords(`nino, ninos, national insurance, national insurance number, ni number, ni no, insurance number,
insurance no, nin, hmrc, paye, yswiriant gwladol`),
  hits: [
    { text: 'National Insurance number: YM 79 82 45 D', value: 'YM 79 82 45 D', atLeast: 0.8 },
    { text: '{"nino":"RY973650B"}', value: 'RY973650B' },
    { text: 'NI number BB 667104 C, employee since 2019', value: 'BB 667104 C', atLeast: 0.8 },
    { text: 'WK 06 30 93 A', value: 'WK 06 30 93 A' },
  ],
  misses: [
    { text: 'test/bz106632.c' },
    { text: 'National Insurance QQ 12 34 56 C' },
    { text: 'nino AB123456E' },
    { text: 'nino GB123456A' },
    { text: 'nino RY973650B7' },
    { text: 'part RY973650B' },
  ],
});

/** The suffix is often left off: then the shape says little. */
const ukNinoWithoutSuffix = idNumber({
  name: 'uk-nino-without-suffix',
  entity: 'UK_NINO',
  category: 'government_id',
  countries: ['GB'],
  forms: ['@@ ## ## ##', '@@######', '@@ ######'],
  isValid: (compact) => NINO.test(compact),
  chance: 0.55,
  evidence: 'context',
  isUpperCase: true,
  context: contextWords(`nino, ninos, national insurance, national insurance number, ni number, ni no`),
  hits: [
    { text: 'NINO YB126244', value: 'YB126244' },
    { text: 'ni number: PT 03 66 21', value: 'PT 03 66 21' },
    { text: 'AE515249', label: 'nationalInsurance', value: 'AE515249' },
  ],
  misses: [{ text: 'YB126244' }, { text: 'nino QQ123456' }, { text: 'item PT 03 66 21' }],
});

/** By the remainder of the last nine digits. */
const UTR_CHECKS = '21987654321';

const ukUtr = idNumber({
  name: 'uk-utr',
  entity: 'UK_UTR',
  category: 'government_id',
  countries: ['GB'],
  forms: ['##### #####', '##########', '##########K'],
  isValid: (compact) =>
    compact.charAt(0) === UTR_CHECKS.charAt(weightedSum(compact, [6, 7, 8, 9, 10, 5, 4, 3, 2], 1) % 11),
  chance: 0.1,
  evidence: 'context',
  context: contextWords(`utr, utrs, unique taxpayer reference, taxpayer reference, tax reference, self assessment, hmrc,
sa utr, ct utr`),
  hits: [
    { text: 'UTR: 42270 88749', value: '42270 88749', atLeast: 0.8 },
    { text: '{"utr":"6305687626"}', value: '6305687626' },
    { text: 'His unique taxpayer reference is 1745744794.', value: '1745744794' },
  ],
  misses: [{ text: 'UTR: 61231 47960' }, { text: '42270 88749' }, { text: 'UTR 630568762644' }],
});

/** Mod 97 of the first nine digits, as first given out or with 55 added; three digits more are a branch. */
function isUkVat(compact: string): boolean {
  const rest = compact.replace(/^(?:GB|XI)/, '');
  const authority = /^(GD|HA)(\d{3})$/.exec(rest);
  if (authority !== null) return (authority[1] === 'GD') === Number(authority[2]) < 500;
  if (!isDigits(rest, 9) && !isDigits(rest, 12)) return false;
  const sum = weightedSum(rest, [8, 7, 6, 5, 4, 3, 2, 10, 1]) % 97;
  return !isOneDigit(rest) && (sum === 0 || (numberAt(rest, 0, 3) >= 100 && (sum === 42 || sum === 55)));
}

const ukVat = idNumber({
  name: 'uk-vat',
  entity: 'UK_VAT',
  category: 'business',
  countries: ['GB'],
  forms: ['GB ### #### ##', 'GB #########', 'GB ### #### ## ###', 'XI ### #### ##', '### #### ##', '#########'],
  isValid: isUkVat,
  chance: 0.028,
  evidence: 'check',
  context: contextWords(`vat, vatin, vat number, vat no, vat reg, vat registration, value added tax`),
  hits: [
    { text: 'VAT Reg No GB 483 8850 56', value: 'GB 483 8850 56', atLeast: 0.8 },
    { text: '{"vatNumber":"GB798434178"}', value: 'GB798434178' },
    { text: 'TVA / VAT: XI 032 9063 92', value: 'XI 032 9063 92', atLeast: 0.8 },
    { text: 'VAT number: 847 9991 47', value: '847 9991 47' },
  ],
  misses: [{ text: 'VAT Reg No GB 822 3797 70' }, { text: 'VAT 5320973161234' }, { text: 'lot 532097316' }],
});

const ukPassport = documentNumber({
  name: 'uk-passport',
  entity: 'UK_PASSPORT',
  category: 'government_id',
  countries: ['GB'],
  words: [
    'uk passport',
    'british passport',
    'united kingdom passport',
    'gb passport',
    'hm passport',
    'gbr passport',
    'ukpassport',
  ],
  sharedWords: ['passport'],
  isValue: (compact) => /^(?:\d{9}|[A-Z]{2}\d{7})$/.test(compact) && !isOneDigit(compact),
  hits: [
    { text: 'UK passport number: 533401372', value: '533401372', atLeast: 0.8 },
    { text: '{"ukPassport":"107238561"}', value: '107238561' },
    { text: 'British passport no. 925076473, passeport britannique', value: '925076473', atLeast: 0.8 },
    { text: '533401372', label: 'uk_passport_number', value: '533401372' },
  ],
  misses: [
    { text: '533401372' },
    { text: 'UK passport number: 5334013721' },
    { text: 'British passport holders in 2024' },
    { text: 'UK passport 550e8400-e29b-41d4-a716-446655440000' },
  ],
});

/** Date of birth, a number, and the check digit that NHS numbers have (Community Health Index). */
const scotlandChi = idNumber({
  name: 'scotland-chi',
  entity: 'SCOTLAND_CHI',
  category: 'health',
  countries: ['GB'],
  forms: ['##########', '###### ####', '######-####'],
  isValid: (compact) =>
    isNhsChecked(compact) &&
    isBirthDateOfShortYear(numberAt(compact, 4, 2), numberAt(compact, 2, 2), numberAt(compact, 0, 2)),
  chance: 0.0033,
  evidence: 'context',
  context: contextWords(`chi, chi number, chi no, chinumber, community health index, nhs scotland, nhsscotland`),
  hits: [
    { text: 'CHI number: 1607756226', value: '1607756226' },
    { text: '{"chiNumber":"2703470177"}', value: '2703470177' },
    { text: 'Community Health Index 210859 6127', value: '210859 6127', atLeast: 0.8 },
  ],
  misses: [
    { text: 'CHI number: 2703470170' },
    { text: '1607756226' },
    { text: 'CHI 4113651234' },
    { text: 'chi 160775622655' },
  ],
});

/** Surname (five, padded with 9), decade digit, month (50 more for women), day, year digit, initials, check characters (DVLA). */
const DVLA =
  /^[A-Z9]{5}\d(?:0[1-9]|1[0-2]|5[1-9]|6[0-2])(?:0[1-9]|[12]\d|3[01])\d(?:[A-Z][A-Z9]|99)[A-HJ-NP-Z2-9][A-Z]{2}(?:\d\d)?$/;
const LICENCE = byteSet('A-Za-z0-9-');

const ukDrivingLicence: Recognizer = {
  name: 'uk-driving-licence',
  entity: 'UK_DRIVING_LICENCE',
  category: 'government_id',
  countries: ['GB'],
  prefixLetters: 5,
  context: contextWords('driving', 'licence', 'license', 'driver', 'drivers', 'dvla', 'dl'),
  findPrefixed(passage: Passage, start: number): void {
    const end = runEnd(passage.text, start, LICENCE, 19);
    const value = passage.ascii(start, end);
    if (isWord(byteAt(passage.text, end)) || !DVLA.test(value) || value.startsWith('9')) return;
    passage.report(ukDrivingLicence, start, end, 0.6, 0.95);
  },
  hits: [
    { text: 'driving licence MORGA657054SM9IJ', value: 'MORGA657054SM9IJ', atLeast: 0.8 },
    { text: 'MORGA753116SM9IJ', value: 'MORGA753116SM9IJ' },
  ],
  misses: [
    { text: 'MORGA677054SM9IJ' },
    { text: 'MORGA657054SM9I' },
    { text: 'xMORGA657054SM9IJ' },
    { text: 'MORGA657354SM9IJ' },
  ],
};

/** Areas of the Royal Mail, of Jersey, Guernsey and Man; a district; a unit without the letters that look alike. */
const POSTCODE =
  /^(?:A[BL]|B[ABDHLNRSTX]?|C[ABFHMORTVW]|D[ADEGHLNTY]|E[CHNX]?|F[KY]|G[LUY]?|H[ADGPRSUX]|I[GMPV]|JE|K[ATWY]|L[ADELNSU]?|M[EKL]?|N[EGNPRW]?|O[LX]|P[AEHLOR]|R[GHM]|S[AEGKLMNOPRSTWY]?|T[ADFNQRSW]|UB|W[ACDFNRSV]?|YO|ZE)\d[A-Z\d]?\d[ABD-HJLNP-UW-Z]{2}$/;

const ukPostcode = idNumber({
  name: 'uk-postcode',
  entity: 'UK_POSTCODE',
  category: 'personal',
  countries: ['GB'],
  forms: ['@# #@@', '@## #@@', '@@# #@@', '@@## #@@', '@#@ #@@', '@@#@ #@@'],
  isValid: (compact) => POSTCODE.test(compact),
  chance: 0.15,
  evidence: 'context',
  isUpperCase: true,
  context: contextWords(`postcode, postcodes, post code, post codes, postal code, postal, zip, zip code, address, addr,
cod post`),
  hits: [
    { text: 'Postcode: SW1A 2AA', value: 'SW1A 2AA', atLeast: 0.8 },
    { text: '{"postcode":"EH991SP"}', value: 'EH991SP' },
    { text: 'cod post CF10 3AT, post code', value: 'CF10 3AT', atLeast: 0.8 },
    { text: 'M1 1AE', label: 'billing_postcode', value: 'M1 1AE' },
  ],
  misses: [
    { text: 'SW1A 2AA' },
    { text: 'postcode QQ1A 2AA' },
    { text: 'postcode SW1A 2CI' },
    { text: 'postcode SW1A 2AAB' },
  ],
});

/** Two letters, year, three letters since 2001; a letter, number, three letters before, and the same backwards. */
const PLATE =
  /^(?:[A-HJ-PR-Y][A-HJ-PR-Y](?:0[2-9]|[12]\d|5[1-9]|[67]\d)[A-HJ-PR-Z]{3}|[A-HJ-NPR-TV-Y]\d{1,3}[A-HJ-PR-Y]{3}|[A-HJ-PR-Y]{3}\d{1,3}[A-HJ-NPR-TV-Y]|[A-Z]{1,2}[IZ][A-Z]?\d{1,4})$/;

const ukVehicleRegistration = idNumber({
  name: 'uk-vehicle-registration',
  entity: 'UK_VEHICLE_REGISTRATION',
  category: 'vehicle',
  countries: ['GB'],
  forms: ['@@## @@@', '@### @@@', '@## @@@', '@# @@@', '@@@ ###@', '@@@ ##@', '@@@ #@', '@@@ ####', '@@@ ###'],
  isValid: (compact) => PLATE.test(compact),
  chance: 0.4,
  evidence: 'context',
  isUpperCase: true,
  context: contextWords(`registration, registration number, registration plate, reg, reg no, vrn, vrm, number plate,
numberplate, number plates, licence plate, license plate, plate, plates, vehicle, vehicles, dvla`),
  hits: [
    { text: 'Registration number: AB51 DVL', value: 'AB51 DVL', atLeast: 0.8 },
    { text: '{"vehicleReg":"LD19XKT"}', value: 'LD19XKT' },
    { text: 'Kennzeichen (number plate) P824 HLR', value: 'P824 HLR', atLeast: 0.8 },
    { text: 'vehicle AIZ 4821 in Antrim', value: 'AIZ 4821' },
  ],
  misses: [{ text: 'AB51 DVL' }, { text: 'reg AB99 DVL' }, { text: 'reg QI51 DVL' }, { text: 'vehicle AB51 DVLA' }],
});

export const GB: readonly Recognizer[] = [
  ukNhs,
  ukNino,
  ukNinoWithoutSuffix,
  ukUtr,
  ukVat,
  ukPassport,
  scotlandChi,
  ukDrivingLicence,
  ukPostcode,
  ukVehicleRegistration,
];
