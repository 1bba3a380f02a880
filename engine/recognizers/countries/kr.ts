/** South Korea: numbers of residents, foreigners and businesses, driver's licences and passports. */

import { isBirthDate } from '../../scan/birth-dates.ts';
import { isOneDigit, numberAt, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { documentNumber } from '../../scan/document-number.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Century by the seventh digit. */
const CENTURIES = [1800, 1900, 1900, 2000, 2000, 1900, 1900, 2000, 2000, 1800];
const WEIGHTS = [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5];
/** What is given out since October 2020 is drawn at random behind the seventh digit. */
const UNCHECKED_SINCE = 2020;

function birthYear(digits: string): number {
  return (CENTURIES[numberAt(digits, 6, 1)] ?? 0) + numberAt(digits, 0, 2);
}

function isBorn(digits: string): boolean {
  return isBirthDate(birthYear(digits), numberAt(digits, 2, 2), numberAt(digits, 4, 2));
}

/** `base` is 11 for residents, 13 for foreigners. */
function isChecked(digits: string, base: number): boolean {
  return (base - (weightedSum(digits, WEIGHTS) % 11)) % 10 === numberAt(digits, 12, 1);
}

/** Date of birth, sex and century, place (00 to 96), order, mod 11. */
function isRrn(digits: string): boolean {
  if (!isBorn(digits)) return false;
  if (numberAt(digits, 7, 2) <= 96 && isChecked(digits, 11)) return true;
  return /^.{6}[34]/.test(digits) && birthYear(digits) >= UNCHECKED_SINCE;
}

const krRrn = idNumber({
  name: 'kr-rrn',
  entity: 'KR_RRN',
  category: 'government_id',
  countries: ['KR'],
  forms: ['######-#######'],
  isValid: isRrn,
  chance: 0.0033,
  evidence: 'check',
  context:
    contextWords(`주민등록번호, 주민번호, 주민등록, 주민 등록 번호, 등록번호, 민증, 주민등록증, rrn, rrns, resident registration number,
resident registration, korean id, korean rrn, korea id, jumin`),
  hits: [
    { text: '주민등록번호: 240205-3142289', value: '240205-3142289', atLeast: 0.8 },
    { text: '{"rrn":"4012221473854"}', value: '4012221473854' },
    { text: '주민번호는 230304-6426435 입니다', value: '230304-6426435', atLeast: 0.8 },
    { text: 'Korean resident registration number 971013-9019902', value: '971013-9019902', atLeast: 0.8 },
  ],
  misses: [
    { text: '주민등록번호 971013-9019903' },
    { text: '주민등록번호 971313-9019902' },
    { text: 'order 7504232067293' },
    { text: '주민등록번호 971013-90199021' },
  ],
});

const FRN_WORDS = `외국인등록번호, 외국인번호, 외국인등록증, 외국인 등록 번호, 국내거소신고번호, frn, frns, foreigner registration number,
foreigner registration, foreign registration number, alien registration number, alien registration, arc, korean frn`;

const krFrn = idNumber({
  name: 'kr-frn',
  entity: 'KR_FRN',
  category: 'government_id',
  countries: ['KR'],
  forms: ['######-#######'],
  isValid: (digits) => /^.{6}[5-8]/.test(digits) && isBorn(digits) && isChecked(digits, 13),
  chance: 0.001,
  evidence: 'check',
  context: contextWords(FRN_WORDS),
  hits: [
    { text: '외국인등록번호: 500920-6490132', value: '500920-6490132', atLeast: 0.8 },
    { text: '{"frn":"4505145605800"}', value: '4505145605800' },
    { text: 'Korean alien registration number (외국인등록번호) 990707-6612073', value: '990707-6612073', atLeast: 0.8 },
  ],
  misses: [{ text: '외국인등록번호 971313-5019902' }, { text: '외국인등록번호 04122369974431' }],
});

/** Those given out since October 2020 have no check digit, whatever the year of birth. */
const krFrnUnchecked = idNumber({
  name: 'kr-frn-unchecked',
  entity: 'KR_FRN',
  category: 'government_id',
  countries: ['KR'],
  forms: ['######-#######'],
  isValid: (digits) => /^.{6}[5-8]/.test(digits) && isBorn(digits),
  chance: 0.0099,
  evidence: 'context',
  context: contextWords(FRN_WORDS),
  hits: [
    { text: '외국인등록번호: 280213-5238622', value: '280213-5238622', atLeast: 0.8 },
    { text: '{"frn":"1401016689226"}', value: '1401016689226' },
    { text: 'foreigner registration number (외국인등록번호) 760828-5765926', value: '760828-5765926', atLeast: 0.8 },
  ],
  misses: [
    { text: '2912085826614' },
    { text: '외국인등록번호 971013-1019902' },
    { text: '외국인등록번호 29120858266131' },
  ],
});

/** Office (from 101), kind, order; by tens, where the ninth digit's product counts its own tens too. */
function isBrn(digits: string): boolean {
  if (numberAt(digits, 0, 3) < 101 || numberAt(digits, 3, 2) === 0 || numberAt(digits, 5, 4) === 0) return false;
  const sum = weightedSum(digits, [1, 3, 7, 1, 3, 7, 1, 3, 5]) + Math.floor((numberAt(digits, 8, 1) * 5) / 10);
  return (10 - (sum % 10)) % 10 === numberAt(digits, 9, 1);
}

const krBrn = idNumber({
  name: 'kr-brn',
  entity: 'KR_BRN',
  category: 'business',
  countries: ['KR'],
  forms: ['###-##-#####'],
  isValid: isBrn,
  chance: 0.086,
  evidence: 'check',
  context:
    contextWords(`사업자등록번호, 사업자번호, 사업자 등록 번호, 사업자등록증, 사업자, brn, brns, business registration number,
business registration, business registration no, korean business, korean company`),
  hits: [
    { text: '사업자등록번호: 775-33-87832', value: '775-33-87832', atLeast: 0.8 },
    { text: '{"brn":"9624000776"}', value: '9624000776' },
    { text: 'Korean business registration no. 116-82-00276', value: '116-82-00276', atLeast: 0.8 },
  ],
  misses: [
    { text: '사업자등록번호 116-82-00278' },
    { text: 'order 9183420911' },
    { text: '사업자등록번호 91834209111' },
  ],
});

/** Region, year, order, check and times given out; older ones write the region's name. */
const krDriverLicense = idNumber({
  name: 'kr-driver-license',
  entity: 'KR_DRIVER_LICENSE',
  category: 'government_id',
  countries: ['KR'],
  forms: ['##-##-######-##', '## ## ###### ##'],
  isValid: (digits) => /^(?:1[1-9]|2[0-68])/.test(digits),
  chance: 0.17,
  evidence: 'context',
  context:
    contextWords(`운전면허, 운전면허번호, 면허번호, 운전면허증, 면허증, 운전 면허, driver license, drivers license, driver s license,
driver licence, driving licence, driving license, license number, korean license`),
  hits: [
    { text: '운전면허번호: 11-20-471829-36', value: '11-20-471829-36', atLeast: 0.8 },
    { text: '{"koreanDriverLicense":"261847293650"}', value: '261847293650' },
    { text: 'Korean driver license (운전면허) 28-04-718293-65', value: '28-04-718293-65', atLeast: 0.8 },
  ],
  misses: [{ text: '11-20-471829-36' }, { text: '운전면허 31-20-471829-36' }, { text: '운전면허 11-20-471829-361' }],
});

/** Kind (M, S, R, O, D, G) and eight digits, or, since 2021, a letter behind the first three. */
function isPassport(compact: string): boolean {
  return /^[DGMORS](?:\d{8}|\d{3}[A-Z]\d{4})$/.test(compact) && !isOneDigit(compact.slice(1));
}

const krPassport = documentNumber({
  name: 'kr-passport',
  entity: 'KR_PASSPORT',
  category: 'government_id',
  countries: ['KR'],
  words: ['여권번호', '여권', 'korean passport', 'korea passport', 'passport of korea'],
  isValue: isPassport,
  hits: [
    { text: '여권번호: M48271635', value: 'M48271635', atLeast: 0.8 },
    { text: '{"koreanPassport":"M482A7163"}', value: 'M482A7163' },
    { text: '여권 번호는 S30582416 입니다', value: 'S30582416', atLeast: 0.8 },
    { text: 'Korean passport no. M48271635', value: 'M48271635', atLeast: 0.8 },
  ],
  misses: [
    { text: 'M48271635' },
    { text: '여권번호 M482716351' },
    { text: 'Korean passport holders since 1998' },
    { text: '여권번호 B48271635' },
  ],
});

/** Where only a passport is named: of which country is then not sure. */
const krPassportByShape = idNumber({
  name: 'kr-passport-by-shape',
  entity: 'KR_PASSPORT',
  category: 'government_id',
  countries: ['KR'],
  forms: ['@########', '@###@####'],
  isValid: isPassport,
  chance: 0.23,
  evidence: 'context',
  isUpperCase: true,
  context: contextWords(`passport, passports, passport number, passport no, korean passport`),
  hits: [
    { text: 'Passport number: M48271635', value: 'M48271635' },
    { text: '{"passportNo":"M482A7163"}', value: 'M482A7163' },
    { text: 'passport (여권) S30582416', value: 'S30582416' },
  ],
  misses: [{ text: 'M48271635' }, { text: 'passport B482A7163' }, { text: 'passport M4827163' }],
});

export const KR: readonly Recognizer[] = [
  krRrn,
  krFrn,
  krFrnUnchecked,
  krBrn,
  krDriverLicense,
  krPassport,
  krPassportByShape,
];
