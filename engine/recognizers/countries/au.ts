/** Australia: tax and business numbers, health insurance, passports and driver licences. */

import { isOneDigit, numberAt, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { documentNumber } from '../../scan/document-number.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Nine digits; eight of those given out first, with weights of their own (ATO). */
function isTfn(digits: string): boolean {
  const weights = digits.length === 8 ? [10, 7, 8, 4, 6, 3, 5, 1] : [1, 4, 3, 7, 5, 8, 6, 9, 10];
  return !isOneDigit(digits) && weightedSum(digits, weights) % 11 === 0;
}

const auTfn = idNumber({
  name: 'au-tfn',
  entity: 'AU_TFN',
  category: 'government_id',
  countries: ['AU'],
  forms: ['### ### ###', '## ### ###'],
  isValid: isTfn,
  chance: 0.091,
  evidence: 'check',
  context:
    contextWords(`tfn, tfns, tax file number, tax file numbers, tax file no, tax file, ato, australian taxation office,
taxation office, australian tax, tax number`),
  hits: [
    { text: 'TFN: 231 802 438', value: '231 802 438', atLeast: 0.8 },
    { text: '{"taxFileNumber":"725991622"}', value: '725991622' },
    { text: 'Tax file number (ATO) 24 394 252', value: '24 394 252', atLeast: 0.8 },
  ],
  misses: [{ text: 'TFN: 137 898 840' }, { text: 'order 966532354' }, { text: 'TFN 96653235412' }],
});

/** One less in the first digit, then weights, mod 89 (ABR). */
function isAbn(digits: string): boolean {
  return digits.charAt(0) !== '0' && (weightedSum(digits, [10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]) - 10) % 89 === 0;
}

const auAbn = idNumber({
  name: 'au-abn',
  entity: 'AU_ABN',
  category: 'business',
  countries: ['AU'],
  forms: ['## ### ### ###'],
  isValid: isAbn,
  chance: 0.01,
  evidence: 'check',
  context:
    contextWords(`abn, abns, australian business number, business number, business no, abr, gst registered, tax invoice,
pty ltd`),
  hits: [
    { text: 'ABN 30 273 568 139', value: '30 273 568 139', atLeast: 0.8 },
    { text: '{"abn":"39505200618"}', value: '39505200618' },
    { text: 'Tax invoice, Harbour Pty Ltd, 33 757 539 648', value: '33 757 539 648', atLeast: 0.8 },
  ],
  misses: [{ text: 'ABN 27 937 210 380' }, { text: 'job 46447381494' }, { text: 'ABN 4644738149412' }],
});

/** Weights 8 to 1, mod 10 (ASIC). */
function isAcn(digits: string): boolean {
  return (
    !isOneDigit(digits) && (10 - (weightedSum(digits, [8, 7, 6, 5, 4, 3, 2, 1]) % 10)) % 10 === numberAt(digits, 8, 1)
  );
}

const auAcn = idNumber({
  name: 'au-acn',
  entity: 'AU_ACN',
  category: 'business',
  countries: ['AU'],
  forms: ['### ### ###'],
  isValid: isAcn,
  chance: 0.099,
  evidence: 'check',
  context: contextWords(
    `acn, acns, australian company number, company number, company no, asic, arbn, pty ltd, pty limited`,
  ),
  hits: [
    { text: 'ACN 500 102 205', value: '500 102 205', atLeast: 0.8 },
    { text: '{"acn":"069450308"}', value: '069450308' },
    { text: 'Harbour Pty Ltd (company number 866 377 111)', value: '866 377 111', atLeast: 0.8 },
  ],
  misses: [{ text: 'ACN 416 253 520' }, { text: 'ticket 403013258' }, { text: 'ACN 4030132581' }],
});

/** First digit 2 to 6, check digit in the ninth place, issue, and the person's place on the card where it is told. */
function isMedicare(digits: string): boolean {
  return (
    /^[2-6].{8}[1-9]/.test(digits) && weightedSum(digits, [1, 3, 7, 9, 1, 3, 7, 9]) % 10 === numberAt(digits, 8, 1)
  );
}

const auMedicare = idNumber({
  name: 'au-medicare',
  entity: 'AU_MEDICARE',
  category: 'health',
  countries: ['AU'],
  forms: ['#### ##### #', '#### ##### #/#', '#### ##### # #', '#### ##### ##'],
  isValid: isMedicare,
  chance: 0.044,
  evidence: 'check',
  context: contextWords(
    `medicare, medicare number, medicare card, medicare no, irn, bulk billing, bulk billed, patient`,
  ),
  hits: [
    { text: 'Medicare card 6604 94728 3', value: '6604 94728 3', atLeast: 0.8 },
    { text: '{"medicareNumber":"3313722125"}', value: '3313722125' },
    { text: 'patient, Medicare no. 4767 89005 9/2', value: '4767 89005 9/2', atLeast: 0.8 },
  ],
  misses: [{ text: 'Medicare card 1234 56789 1' }, { text: 'batch 2505724216' }, { text: 'Medicare 2505724216123' }],
});

/** A letter of the series and seven digits; two letters since 2014. */
function isPassport(compact: string): boolean {
  return /^(?:[ACDEFGHJKLMNRUX]|P[A-FUWXZ]|R[A])\d{7}$/.test(compact);
}

const auPassport = documentNumber({
  name: 'au-passport',
  entity: 'AU_PASSPORT',
  category: 'government_id',
  countries: ['AU'],
  words: ['australian passport', 'australia passport', 'aus passport', 'au passport', 'passport of australia'],
  isValue: isPassport,
  hits: [
    { text: 'Australian passport N4827163', value: 'N4827163', atLeast: 0.8 },
    { text: '{"auPassport":"PA6140293"}', value: 'PA6140293' },
    { text: 'Australian passport no. E 3058241, passeport australien', value: 'E 3058241', atLeast: 0.8 },
  ],
  misses: [
    { text: 'N4827163' },
    { text: 'Australian passport N48271635' },
    { text: 'Australian passport holders since 1998' },
    { text: 'Australian passport Z4827163' },
  ],
});

/** Where only a passport is named: of which country is then not sure. */
const auPassportByShape = idNumber({
  name: 'au-passport-by-shape',
  entity: 'AU_PASSPORT',
  category: 'government_id',
  countries: ['AU'],
  forms: ['@#######', '@@#######'],
  isValid: isPassport,
  chance: 0.3,
  evidence: 'context',
  isUpperCase: true,
  context: contextWords(`passport, passports, passport number, passport no, australian passport`),
  hits: [
    { text: 'Passport number: N4827163', value: 'N4827163' },
    { text: '{"passportNo":"PA6140293"}', value: 'PA6140293' },
    { text: 'passport (Reisepass) RA3058241', value: 'RA3058241' },
  ],
  misses: [{ text: 'N4827163' }, { text: 'passport Z4827163' }, { text: 'passport N482716' }],
});

/** The states write six to ten digits; South Australia, Tasmania and old ones a letter or two before them. */
const auDriverLicence = documentNumber({
  name: 'au-driver-licence',
  entity: 'AU_DL',
  category: 'government_id',
  countries: ['AU'],
  words: [
    'driver licence',
    'drivers licence',
    "driver's licence",
    'australian driver',
    'australian licence',
    'nsw licence',
    'vic licence',
    'qld licence',
    'licence number',
    'licence no',
  ],
  isValue: (compact) => /^(?:\d{6,10}|[A-Z]\d{5,6}|[A-Z]{2}\d{4}|\d{4}[A-Z]{2})$/.test(compact) && !isOneDigit(compact),
  hits: [
    { text: 'Driver licence 18472930 (NSW)', value: '18472930', atLeast: 0.8 },
    { text: '{"driver_licence":"047182936"}', value: '047182936' },
    { text: "Australian driver's licence no. S48273, permis", value: 'S48273', atLeast: 0.8 },
  ],
  misses: [
    { text: '18472930' },
    { text: 'driver licence 18472930123' },
    { text: 'driver licence issued 2019-04-02' },
    { text: 'driver licence class C' },
  ],
});

export const AU: readonly Recognizer[] = [
  auTfn,
  auAbn,
  auAcn,
  auMedicare,
  auPassport,
  auPassportByShape,
  auDriverLicence,
];
