/** India: numbers of residents, taxpayers, voters, passports and vehicles. */

import { isLuhnOfBase, isVerhoeff, numberAt } from '../../scan/check-digits.ts';
import { isLuhn } from '../../scan/checksums.ts';
import { contextWords } from '../../scan/context.ts';
import { documentNumber } from '../../scan/document-number.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Verhoeff; never begins with 0 or 1, and never reads the same backwards (UIDAI). */
function isUidaiNumber(digits: string): boolean {
  return /^[2-9]/.test(digits) && [...digits].reverse().join('') !== digits && isVerhoeff(digits);
}

const inAadhaar = idNumber({
  name: 'in-aadhaar',
  entity: 'IN_AADHAAR',
  category: 'government_id',
  countries: ['IN'],
  forms: ['#### #### ####'],
  isValid: isUidaiNumber,
  chance: 0.081,
  evidence: 'check',
  context:
    contextWords(`aadhaar, aadhar, adhaar, adhar, aadhaar number, aadhaar no, aadhaar card, uid, uidai, uid number, ekyc,
आधार, आधार संख्या, आधार नंबर, आधार कार्ड, ஆதார், ఆధార్, আধার, આધાર, ಆಧಾರ್, ആധാർ, ਆਧਾਰ`),
  hits: [
    { text: 'Aadhaar: 2966 4459 3638', value: '2966 4459 3638', atLeast: 0.8 },
    { text: '{"aadhaarNumber":"935000418994"}', value: '935000418994' },
    { text: 'आधार संख्या 5640 2480 0770', value: '5640 2480 0770', atLeast: 0.8 },
  ],
  misses: [
    { text: 'Aadhaar: 9379 0380 1290' },
    { text: 'order 630675892375' },
    { text: 'Aadhaar 1234 1234 1234' },
    { text: 'Aadhaar 6306758923751' },
  ],
});

/** Stands for an Aadhaar number for a while. */
const inVid = idNumber({
  name: 'in-vid',
  entity: 'IN_VID',
  category: 'government_id',
  countries: ['IN'],
  forms: ['#### #### #### ####'],
  isValid: isUidaiNumber,
  chance: 0.079,
  evidence: 'context',
  context: contextWords(
    `vid, virtual id, virtual identity, aadhaar vid, aadhaar virtual id, uidai, वीआईडी, वर्चुअल आईडी`,
  ),
  hits: [
    { text: 'Aadhaar Virtual ID: 2844 0168 0023 9643', value: '2844 0168 0023 9643', atLeast: 0.8 },
    { text: '{"aadhaarVid":"4702162576387065"}', value: '4702162576387065' },
    { text: 'वर्चुअल आईडी (VID) 6509 0668 6974 1469', value: '6509 0668 6974 1469', atLeast: 0.8 },
  ],
  misses: [{ text: 'Virtual ID 2726 0862 6385 4680' }, { text: '9126373451685698' }, { text: 'VID 1341234123412341' }],
});

/** The fourth letter tells the kind of holder, of which there are eleven. */
function isPan(compact: string): boolean {
  return /^[A-Z]{3}[ABCFGHJKLPT][A-Z](?!0000)\d{4}[A-Z]$/.test(compact);
}

const inPan = idNumber({
  name: 'in-pan',
  entity: 'IN_PAN',
  category: 'government_id',
  countries: ['IN'],
  forms: ['@@@@@####@'],
  isValid: isPan,
  chance: 0.43,
  evidence: 'check',
  isUpperCase: true,
  context:
    contextWords(`pan, pans, pan number, pan no, pan card, permanent account number, income tax, itr, pan aadhaar,
पैन, पैन कार्ड, पैन नंबर, स्थायी खाता संख्या, स्थायी लेखा संख्या`),
  hits: [
    { text: 'PAN: MZSBD1402K', value: 'MZSBD1402K' },
    { text: '{"panNumber":"UAHFU8582H"}', value: 'UAHFU8582H' },
    { text: 'पैन कार्ड QUIAZ8794M', value: 'QUIAZ8794M' },
  ],
  misses: [
    { text: 'PAN ABMXA3211G' },
    { text: 'build ABCPA3211G' },
    { text: 'PAN ABMPA32111' },
    { text: 'PAN ABCPA3211GH' },
  ],
});

/** State (as the census counts them, 97 and 99 for others), PAN, number within the state, Z, Luhn in base 36. */
function isGstin(compact: string): boolean {
  const state = numberAt(compact, 0, 2);
  return (
    ((state >= 1 && state <= 38) || state === 97 || state === 99) &&
    isPan(compact.slice(2, 12)) &&
    /[1-9A-Z]Z.$/.test(compact) &&
    isLuhnOfBase(compact, 36)
  );
}

const inGstin = idNumber({
  name: 'in-gstin',
  entity: 'IN_GSTIN',
  category: 'business',
  countries: ['IN'],
  forms: ['##@@@@@####@*@*', '## @@@@@####@ *@*', '## @@@@@####@ * @ *'],
  isValid: isGstin,
  chance: 0.00017,
  evidence: 'own',
  context:
    contextWords(`gstin, gstins, gst, gst number, gst no, gst in, goods and services tax, tax invoice, uin, जीएसटी, जीएसटीआईएन,
जीएसटी नंबर`),
  hits: [
    { text: 'GSTIN: 27AAPFU0939F1ZV', value: '27AAPFU0939F1ZV', atLeast: 0.8 },
    { text: '{"gstin":"29AAGCB7383J1Z4"}', value: '29AAGCB7383J1Z4', atLeast: 0.8 },
    { text: 'जीएसटी नंबर 27AAPFU0939F1ZV', value: '27AAPFU0939F1ZV', atLeast: 0.8 },
    { text: 'supplier 29AAGCB7383J1Z4', value: '29AAGCB7383J1Z4' },
  ],
  misses: [{ text: 'GSTIN 27AAPFU0939F1Z0' }, { text: 'GSTIN 27AAPFU0939F1Z' }, { text: 'GSTIN 47AAPFU0939F1ZV' }],
});

const inVoter = idNumber({
  name: 'in-voter',
  entity: 'IN_VOTER',
  category: 'government_id',
  countries: ['IN'],
  forms: ['@@@#######'],
  isValid: (compact) => isLuhn(compact.slice(3)),
  chance: 0.098,
  evidence: 'context',
  isUpperCase: true,
  context:
    contextWords(`voter, voters, voter id, voter card, voter number, epic, epic number, epic no, election commission,
electors photo identity card, elector, electoral, eci, मतदाता, मतदाता पहचान पत्र, वोटर आईडी`),
  hits: [
    { text: 'Voter ID: WKH1186253', value: 'WKH1186253' },
    { text: '{"epicNumber":"RUX4650545"}', value: 'RUX4650545' },
    { text: 'मतदाता पहचान पत्र (EPIC) ZTN5705769', value: 'ZTN5705769' },
  ],
  misses: [{ text: 'Voter ID: WKH1186254' }, { text: 'WKH1186253' }, { text: 'EPIC WKH118625' }],
});

/** A letter other than Q, X and Z, and seven digits. */
function isPassport(compact: string): boolean {
  return /^[A-PR-WY]\d{7}$/.test(compact);
}

const inPassport = documentNumber({
  name: 'in-passport',
  entity: 'IN_PASSPORT',
  category: 'government_id',
  countries: ['IN'],
  words: ['indian passport', 'india passport', 'passport of india', 'passport seva', 'पासपोर्ट', 'पारपत्र'],
  isValue: isPassport,
  hits: [
    { text: 'Indian passport K4827163', value: 'K4827163', atLeast: 0.8 },
    { text: '{"indianPassport":"M6140293"}', value: 'M6140293' },
    { text: 'पासपोर्ट संख्या: J3058241', value: 'J3058241', atLeast: 0.8 },
    { text: 'Indian passport no. K 4827163', value: 'K 4827163', atLeast: 0.8 },
  ],
  misses: [
    { text: 'K4827163' },
    { text: 'Indian passport K48271635' },
    { text: 'Indian passport holders since 1998' },
    { text: 'Indian passport Z4827163' },
  ],
});

/** Where only a passport is named: of which country is then not sure. */
const inPassportByShape = idNumber({
  name: 'in-passport-by-shape',
  entity: 'IN_PASSPORT',
  category: 'government_id',
  countries: ['IN'],
  forms: ['@#######', '@ #######'],
  isValid: isPassport,
  chance: 0.88,
  evidence: 'context',
  isUpperCase: true,
  context: contextWords(`passport, passports, passport number, passport no, indian passport`),
  hits: [
    { text: 'Passport number: K4827163', value: 'K4827163' },
    { text: '{"passportNo":"M6140293"}', value: 'M6140293' },
    { text: 'passport (पारपत्र) J3058241', value: 'J3058241' },
  ],
  misses: [{ text: 'K4827163' }, { text: 'passport Z4827163' }, { text: 'passport K482716' }],
});

/** State, district, series, number; or the series of the whole country (BH) by the year. */
const PLATE =
  /^(?:(?:A[NPRS]|BR|C[GH]|D[DLN]|G[AJ]|H[PR]|J[HK]|K[AL]|L[AD]|M[HLNPZ]|NL|O[DR]|P[BY]|RJ|SK|T[GNRS]|U[AKP]|WB)\d{1,2}[A-HJ-NP-Z]{0,3}(?!0000)\d{4}|[2-3]\dBH(?!0000)\d{4}[A-HJ-NP-Z]{1,2})$/;

const inVehicleRegistration = idNumber({
  name: 'in-vehicle-registration',
  entity: 'IN_VEHICLE_REGISTRATION',
  category: 'vehicle',
  countries: ['IN'],
  forms: [
    '@@ ## @@ ####',
    '@@## @@ ####',
    '@@##@@ ####',
    '@@ ## @ ####',
    '@@##@ ####',
    '@@## @ ####',
    '@@ # @@@ ####',
    '@@#@@@ ####',
    '@@ # @@ ####',
    '@@ ## @@@ ####',
    '@@ ## ####',
    '@@ #@ @@ ####',
    '@@ #@@@ ####',
    '## BH #### @@',
    '## BH #### @',
  ],
  isValid: (compact) => PLATE.test(compact),
  chance: 0.084,
  evidence: 'context',
  isUpperCase: true,
  context:
    contextWords(`vehicle, vehicles, vehicle number, vehicle no, vehicle registration, registration, registration number,
registration no, regn no, reg no, number plate, licence plate, license plate, plate, plates, rto, rc, rc book, vahan, वाहन,
वाहन संख्या, गाड़ी नंबर`),
  hits: [
    { text: 'Vehicle number: MH 12 DE 1433', value: 'MH 12 DE 1433', atLeast: 0.8 },
    { text: '{"vehicleRegistration":"KA01AB4827"}', value: 'KA01AB4827' },
    { text: 'वाहन संख्या DL 3C AB 4827', value: 'DL 3C AB 4827' },
    { text: 'number plate 22 BH 4827 AA', value: '22 BH 4827 AA', atLeast: 0.8 },
  ],
  misses: [
    { text: 'MH 12 DE 1433' },
    { text: 'vehicle QQ 12 DE 1433' },
    { text: 'vehicle MH 12 DE 0000' },
    { text: 'vehicle MH12DE14335' },
  ],
});

export const IN: readonly Recognizer[] = [
  inAadhaar,
  inVid,
  inPan,
  inGstin,
  inVoter,
  inPassport,
  inPassportByShape,
  inVehicleRegistration,
];
