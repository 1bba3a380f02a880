/** Canada: insurance, business and health numbers, passports, licences and bank branches. */
import { isDayOfShortYear, isOneDigit, numberAt, weightedSum } from '../../scan/check-digits.ts';
import { isLuhn } from '../../scan/checksums.ts';
import { contextWords } from '../../scan/context.ts';
import { documentNumber } from '../../scan/document-number.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const caSin = idNumber({
  name: 'ca-sin',
  entity: 'CA_SIN',
  category: 'government_id',
  countries: ['CA'],
  forms: ['###-###-###', '### ### ###'],
  isValid: (digits) => isLuhn(digits) && !isOneDigit(digits),
  chance: 0.1,
  evidence: 'check',
  context: contextWords(`sin, sins, s i n, social insurance number, social insurance, social insurance no, nas, n a s,
numéro d assurance sociale, numero d assurance sociale, assurance sociale`),
  hits: [
    { text: 'SIN: 123-456-782', value: '123-456-782', atLeast: 0.8 },
    { text: '{"socialInsuranceNumber":"046454286"}', value: '046454286' },
    { text: 'NAS (assurance sociale) : 130 692 544', value: '130 692 544', atLeast: 0.8 },
  ],
  misses: [{ text: 'SIN: 123-456-789' }, { text: '123456782' }, { text: 'SIN: 999-999-999' }],
});

const BN_WORDS =
  contextWords(`business number, business no, bn, b n, cra, canada revenue agency, gst, gst hst, hst, gst number,
numéro d entreprise, numero d entreprise, ne, tps, tvh, payroll account, corporation income tax`);

const caBn = idNumber({
  name: 'ca-bn',
  entity: 'CA_BN',
  category: 'business',
  countries: ['CA'],
  forms: ['##### ####', '#########'],
  isValid: (digits) => isLuhn(digits) && !isOneDigit(digits),
  chance: 0.1,
  evidence: 'check',
  context: BN_WORDS,
  hits: [
    { text: 'business number 12302 6635', value: '12302 6635', atLeast: 0.8 },
    { text: '{"businessNumber":"123026635"}', value: '123026635' },
    { text: "numéro d'entreprise 12302 6635", value: '12302 6635', atLeast: 0.8 },
  ],
  misses: [{ text: 'business number 123456783' }, { text: '123026635' }, { text: 'business number 12345678' }],
});

/** With the account of a programme behind it: corporation tax, payroll, goods and services … */
const caBnAccount = idNumber({
  name: 'ca-bn-account',
  entity: 'CA_BN',
  category: 'business',
  countries: ['CA'],
  forms: ['#########@@####', '######### @@ ####', '##### #### @@ ####', '#########-@@-####'],
  isValid: (compact) => /^\d{9}R[CGMNPRTZ]\d{4}$/.test(compact) && isLuhn(compact.slice(0, 9)),
  chance: 0.0012,
  evidence: 'check',
  isUpperCase: true,
  context: BN_WORDS,
  hits: [
    { text: 'GST/HST 754039725 RT 0001', value: '754039725 RT 0001', atLeast: 0.8 },
    { text: '{"gst":"807138417RT0001"}', value: '807138417RT0001' },
    { text: 'TPS 12302 6635 RC 0001', value: '12302 6635 RC 0001', atLeast: 0.8 },
  ],
  misses: [{ text: 'GST 754039729 RT 0001' }, { text: 'GST AB754039725 RT 0001' }, { text: 'GST 754039725RT00011' }],
});

const HEALTH_WORDS = `health card, health card number, health card no, health number, health insurance, hcn, hc number,
carte santé, carte sante, carte d assurance maladie, assurance maladie, medicare card`;

const caOhip = idNumber({
  name: 'ca-ohip',
  entity: 'CA_OHIP',
  alsoEntity: 'CA_HEALTH',
  category: 'health',
  countries: ['CA'],
  forms: ['####-###-###', '####-###-###-@@', '########## @@'],
  isValid: (compact) => isLuhn(compact.slice(0, 10)) && !compact.startsWith('0') && !isOneDigit(compact.slice(0, 10)),
  chance: 0.09,
  evidence: 'context',
  context: contextWords(HEALTH_WORDS, 'ohip, ohip number, ontario health, ontario health insurance plan'),
  hits: [
    { text: 'OHIP 1234-567-897', value: '1234-567-897', atLeast: 0.8 },
    { text: '{"ohip":"1234567897"}', value: '1234567897' },
    { text: 'carte santé (Ontario) 1234-567-897-AB', value: '1234-567-897-AB', atLeast: 0.8 },
  ],
  misses: [{ text: '1234-567-897' }, { text: 'OHIP 1234-567-890' }, { text: 'OHIP 1234-567-89' }],
});

/** Nine, eight digits by weights 2 4 8 5 10 9 7 3, and what is missing to a multiple of 11. */
function isPhn(digits: string): boolean {
  const rest = weightedSum(digits, [2, 4, 8, 5, 10, 9, 7, 3], 1) % 11;
  return digits.startsWith('9') && numberAt(digits, 9, 1) === (11 - rest) % 11 && !isOneDigit(digits);
}

const caPhn = idNumber({
  name: 'ca-bc-phn',
  entity: 'CA_BC_PHN',
  alsoEntity: 'CA_HEALTH',
  category: 'health',
  countries: ['CA'],
  forms: ['#### ### ###', '##########'],
  isValid: isPhn,
  chance: 0.009,
  evidence: 'context',
  context: contextWords(HEALTH_WORDS, 'phn, p h n, personal health number, personal health no, msp, bc services card'),
  hits: [
    { text: 'PHN 9698 658 215', value: '9698 658 215', atLeast: 0.8 },
    { text: '{"phn":"9698658215"}', value: '9698658215' },
    { text: 'carte santé / personal health number: 9698-658-215', value: '9698-658-215', atLeast: 0.8 },
  ],
  misses: [{ text: '9698 658 215' }, { text: 'PHN 9698648215' }, { text: 'PHN 5736504210' }],
});

/** Letters of the name, date of birth with 50 added to a woman's month, and two more. */
function isRamq(compact: string): boolean {
  const month = numberAt(compact, 6, 2);
  return (
    /^[A-Z]{4}\d{8}$/.test(compact) &&
    isDayOfShortYear(numberAt(compact, 4, 2), month > 50 ? month - 50 : month, numberAt(compact, 8, 2))
  );
}

const caRamq = idNumber({
  name: 'ca-ramq',
  entity: 'CA_RAMQ',
  alsoEntity: 'CA_HEALTH',
  category: 'health',
  countries: ['CA'],
  forms: ['@@@@ #### ####', '@@@@########', '@@@@-####-####'],
  isValid: isRamq,
  chance: 0.073,
  evidence: 'context',
  isUpperCase: true,
  context: contextWords(
    HEALTH_WORDS,
    `ramq, r a m q, nam, régie de l assurance maladie, regie de l assurance maladie,
numéro d assurance maladie, numero d assurance maladie`,
  ),
  hits: [
    { text: 'RAMQ: BOUJ 8452 1512', value: 'BOUJ 8452 1512', atLeast: 0.8 },
    { text: '{"ramq":"TREM75021234"}', value: 'TREM75021234' },
    { text: 'health card (assurance maladie) TREM 7502 1234', value: 'TREM 7502 1234', atLeast: 0.8 },
  ],
  misses: [{ text: 'BOUJ 8452 1512' }, { text: 'RAMQ: BOUJ 8492 1512' }, { text: 'RAMQ: BOUJ 8452 151' }],
});

const caPassportNamed = documentNumber({
  name: 'ca-passport-named',
  entity: 'CA_PASSPORT',
  category: 'government_id',
  countries: ['CA'],
  words: ['canadian passport', 'canada passport', 'ca passport', 'passeport canadien', 'passeport du canada'],
  isValue: (compact) => /^(?:[A-Z]{2}\d{6}|[A-Z]\d{6}[A-Z]{2})$/.test(compact),
  hits: [
    { text: 'Canadian passport no. AB123456', value: 'AB123456', atLeast: 0.8 },
    { text: '{"canadianPassport":"P123456AA"}', value: 'P123456AA' },
    { text: 'passeport canadien GA302922', value: 'GA302922', atLeast: 0.8 },
  ],
  misses: [{ text: 'AB123456' }, { text: 'Canadian passport ABC12345' }, { text: 'Canadian passport AB1234567' }],
});

const caPassport = idNumber({
  name: 'ca-passport',
  entity: 'CA_PASSPORT',
  category: 'government_id',
  countries: ['CA'],
  forms: ['@@######', '@######@@'],
  chance: 1,
  evidence: 'context',
  isUpperCase: true,
  context:
    contextWords(`passport, passports, passeport, passport no, passport number, travel document, travel documents,
document de voyage, documents de voyage`),
  hits: [
    { text: 'Canadian travel document AB123456', value: 'AB123456' },
    { text: 'travel document: P123456AA', value: 'P123456AA' },
    { text: 'documents de voyage GA302922', value: 'GA302922' },
  ],
  misses: [{ text: 'AB123456' }, { text: 'travel document ABC12345' }, { text: 'travel document AB12345678' }],
});

const DL_WORDS = `driver licence, driver license, drivers licence, drivers license, driver s licence, driver s license,
driving licence, driving license, driver licence number, dl number, permis de conduire, no de permis,
numéro de permis, numero de permis`;

/** A letter and fourteen digits, the last six of them the date of birth, 50 added to a woman's month. */
function isOntarian(compact: string): boolean {
  const month = numberAt(compact, 11, 2);
  return isDayOfShortYear(numberAt(compact, 9, 2), month > 50 ? month - 50 : month, numberAt(compact, 13, 2));
}

const caDlOntario = idNumber({
  name: 'ca-dl-ontario',
  entity: 'CA_DL',
  category: 'government_id',
  countries: ['CA'],
  forms: ['@####-#####-#####', '@##############'],
  isValid: isOntarian,
  chance: 0.073,
  evidence: 'context',
  context: contextWords(DL_WORDS),
  hits: [
    { text: 'Ontario driver licence A1234-56789-01230', value: 'A1234-56789-01230', atLeast: 0.8 },
    { text: 'permis de conduire : S4070-16868-80603', value: 'S4070-16868-80603', atLeast: 0.8 },
    { text: 'numéro de permis (Ontario) S40701686880603', value: 'S40701686880603' },
  ],
  misses: [{ text: 'A1234-56789-01230' }, { text: 'permis de conduire A1234-56789-91330' }],
});

/** Québec, Nova Scotia, Newfoundland, British Columbia and Alberta. */
const caDl = idNumber({
  name: 'ca-dl',
  entity: 'CA_DL',
  category: 'government_id',
  countries: ['CA'],
  forms: ['@####-######-##', '@@@@@#########', '@#########', '#######', '######-###'],
  chance: 1,
  evidence: 'context',
  context:
    contextWords(`permis de conduire, no de permis, numéro de permis, numero de permis, canadian driver, quebec driver,
québec driver, alberta driver, bc driver, nova scotia driver, driver licence, drivers licence, driver s licence`),
  hits: [
    { text: 'permis de conduire B1234-567890-12', value: 'B1234-567890-12' },
    { text: '{"permisDeConduire":"B123456789012"}', value: 'B123456789012' },
    { text: 'Alberta driver 123456-789', value: '123456-789' },
  ],
  misses: [{ text: 'B1234-567890-12' }, { text: 'permis de conduire B1234' }],
});

/** Branch and institution: 001 to 899, as institutions have three digits that begin with 0 to 8. */
const caTransit = idNumber({
  name: 'ca-transit-account',
  entity: 'CA_TRANSIT_ACCOUNT',
  category: 'financial',
  countries: ['CA'],
  forms: [
    '#####-###',
    '#####-###-#######',
    '#####-### #######',
    '#####-###-##########',
    '#####-### ##########',
    '#####-###-############',
    '#####-### ############',
  ],
  isValid: (digits) => /^\d{5}[0-8]\d\d/.test(digits) && !/^\d{5}000/.test(digits),
  chance: 0.9,
  evidence: 'context',
  context: contextWords(`transit, transit number, transit no, branch transit, institution number, institution no,
numéro de transit, numero de transit, direct deposit, dépôt direct, void cheque, spécimen de chèque`),
  hits: [
    { text: 'transit number 10002-003', value: '10002-003', atLeast: 0.8 },
    { text: 'dépôt direct : 10002-003-1234567', value: '10002-003-1234567', atLeast: 0.8 },
    { text: '{"transitNumber":"10002003"}', value: '10002003' },
    { text: 'transit number 10002-003 1234567', value: '10002-003 1234567' },
  ],
  misses: [{ text: '10002-003' }, { text: 'transit number 10002-903' }, { text: 'transit number 10002-0033' }],
});

export const CA: readonly Recognizer[] = [
  caSin,
  caBn,
  caBnAccount,
  caOhip,
  caPhn,
  caRamq,
  caPassportNamed,
  caPassport,
  caDlOntario,
  caDl,
  caTransit,
];
