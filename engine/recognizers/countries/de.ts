/** Germany: tax, social and health insurance, documents, registers, doctors, post and vehicles. */

import { isBirthDateOfShortYear } from '../../scan/birth-dates.ts';
import {
  crossSum,
  icaoCheckDigit,
  isDayOfShortYear,
  isMod11And10,
  isOneDigit,
  numberAt,
  weightedSum,
} from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { documentNumber } from '../../scan/document-number.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';
import { DISTRICTS } from './de-districts.ts';
import { VAT_WORDS } from './vat-words.ts';

/** How often each digit stands in the first ten, most first. */
function repeats(digits: string): readonly number[] {
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < 10; i++) counts[numberAt(digits, i, 1)] = (counts[numberAt(digits, i, 1)] ?? 0) + 1;
  return counts.sort((a, b) => b - a);
}

/** One digit of the first ten stands twice or three times, all others once or never (BZSt); the last is a check digit. */
function isTaxId(digits: string): boolean {
  if (digits.startsWith('0') || !isMod11And10(digits)) return false;
  const [most = 0, next = 0] = repeats(digits);
  return (most === 2 || most === 3) && next === 1;
}

const deTaxId = idNumber({
  name: 'de-tax-id',
  entity: 'DE_TAX_ID',
  category: 'government_id',
  countries: ['DE'],
  forms: ['## ### ### ###', '###########'],
  isValid: isTaxId,
  chance: 0.0034,
  evidence: 'check',
  context:
    contextWords(`steuerid, steuer id, steueridentifikationsnummer, steuer identifikationsnummer, steuerliche identifikationsnummer,
steuerident, steuer ident nr, identifikationsnummer, idnr, id nr, steueridnr, stid, tax id, tax identification, taxid, tin, finanzamt`),
  hits: [
    { text: 'Steuer-ID: 12 185 693 740', value: '12 185 693 740', atLeast: 0.8 },
    { text: '{"steuerId":"81426000951"}', value: '81426000951' },
    { text: 'Tax ID (Germany) 34 810 582 869', value: '34 810 582 869', atLeast: 0.8 },
    { text: 'IdNr. 16086352766', value: '16086352766' },
  ],
  misses: [{ text: 'Steuer-ID: 34 810 582 860' }, { text: 'Steuer-ID 8142600095122' }, { text: 'Auftrag 81426000951' }],
});

/** Ten digits as the states write them, eleven of the states with three-digit offices, thirteen of the federal form. */
const STATE_TAX_NUMBER = /^(?:\d{10}|\d{11}|(?:10|11|2[1-8]|3[0-2]|40|41)\d{2}0\d{8}|[59]\d{3}0\d{8})$/;

/** No ten different digits and not many of the same: what people type to get past a form. */
function isTaxNumber(digits: string): boolean {
  if (!STATE_TAX_NUMBER.test(digits)) return false;
  return repeats(digits).some((count) => count === 2 || count === 3);
}

const deTaxNumber = idNumber({
  name: 'de-tax-number',
  entity: 'DE_TAX_NUMBER',
  category: 'government_id',
  countries: ['DE'],
  forms: ['###/###/#####', '##/###/#####', '###/####/####', '##########', '###########', '#############'],
  isValid: isTaxNumber,
  chance: 0.83,
  evidence: 'context',
  context: contextWords(`steuernummer, steuernummern, steuernr, steuer nr, st nr, stnr, steuer no, elster, finanzamt,
tax number, german tax number`),
  hits: [
    { text: 'Steuernummer: 000/935/21816', value: '000/935/21816', atLeast: 0.8 },
    { text: '{"steuernummer":"3965531553"}', value: '3965531553' },
    { text: 'St.-Nr. 51/336/39991 (tax number)', value: '51/336/39991', atLeast: 0.8 },
  ],
  misses: [
    { text: '000/935/21816' },
    { text: 'Steuernummer: 1234567890' },
    { text: 'Steuernummer: 0472480661811' },
    { text: 'Steuernummer 12/345/678' },
  ],
});

/** Documents leave out vowels and what is read as a digit. */
const DOCUMENT = /^[0-9CFGHJKLMNPRTVWXYZ]{9}$/;

/** Nine characters, the check digit of travel documents (ICAO 9303), and D for the country where it stands. */
function isChecked(compact: string): boolean {
  return DOCUMENT.test(compact.slice(0, 9)) && icaoCheckDigit(compact.slice(0, 9)) === numberAt(compact, 9, 1);
}

const ID_CARD_WORDS = `personalausweis, personalausweise, personalausweisnummer, ausweis, ausweisnummer, ausweisnr, ausweis nr,
perso, personal ausweis, id card, identity card, idcard, dokumentennummer, seriennummer, bundesdruckerei, aufenthaltstitel`;

const deIdCard = idNumber({
  name: 'de-id-card',
  entity: 'DE_ID_CARD',
  category: 'government_id',
  countries: ['DE'],
  forms: ['*********#', '*********# @', '*********#@', '##########', '##########D'],
  isValid: (compact) => !/^[CFGHJK]/.test(compact) && !/[^D\d]$/.test(compact) && isChecked(compact),
  chance: 0.05,
  evidence: 'check',
  isUpperCase: true,
  context: contextWords(ID_CARD_WORDS),
  hits: [
    { text: 'Personalausweisnummer: T220001293', value: 'T220001293' },
    { text: '{"ausweisNr":"L01X00T471"}', value: 'L01X00T471' },
    { text: 'identity card 2406055684D, Bundesdruckerei', value: '2406055684D' },
  ],
  misses: [{ text: 'Personalausweis T220001294' }, { text: 'T220001293' }, { text: 'Ausweis T22000129312345' }],
});

/** What stands on the front of the card, without its check digit. */
const deIdCardSerial = idNumber({
  name: 'de-id-card-serial',
  entity: 'DE_ID_CARD',
  category: 'government_id',
  countries: ['DE'],
  forms: ['@********'],
  isValid: (compact) => /^[LMNPRTVWXY]/.test(compact) && DOCUMENT.test(compact) && /\d.*\d/.test(compact),
  chance: 0.035,
  evidence: 'context',
  isUpperCase: true,
  context: contextWords(ID_CARD_WORDS),
  hits: [
    { text: 'Personalausweis L01X00T47', value: 'L01X00T47' },
    { text: '{"ausweisnummer":"L7H2K94PX"}', value: 'L7H2K94PX' },
    { text: 'German identity card no. T22000129', value: 'T22000129' },
  ],
  misses: [{ text: 'L01X00T47' }, { text: 'Personalausweis B01X00T47' }, { text: 'Ausweis LABCDEFGH' }],
});

/** The lines for machines: number, date of birth and of expiry, each with its digit, and one over all. */
function isMachineReadable(compact: string): boolean {
  const country = compact.charAt(10) === 'D' ? 10 : 24;
  const digits = compact.slice(0, country) + compact.slice(country + 1);
  if (compact.charAt(country) !== 'D' || !isChecked(digits)) return false;
  const birth = digits.slice(10, 16);
  const expiry = digits.slice(17, 23);
  if (!isBirthDateOfShortYear(numberAt(birth, 0, 2), numberAt(birth, 2, 2), numberAt(birth, 4, 2))) return false;
  if (!isDayOfShortYear(numberAt(expiry, 0, 2), numberAt(expiry, 2, 2), numberAt(expiry, 4, 2))) return false;
  if (icaoCheckDigit(birth) !== numberAt(digits, 16, 1) || icaoCheckDigit(expiry) !== numberAt(digits, 23, 1))
    return false;
  return icaoCheckDigit(digits.slice(0, 24)) === numberAt(digits, 24, 1);
}

const deIdCardLines = idNumber({
  name: 'de-id-card-lines',
  entity: 'DE_ID_CARD',
  category: 'government_id',
  countries: ['DE'],
  forms: ['*********# ####### #######D #', '**********D ####### ####### #', '*********# ####### ####### D #'],
  isValid: isMachineReadable,
  chance: 1e-8,
  evidence: 'check',
  context: contextWords(ID_CARD_WORDS),
  hits: [
    { text: 'Ausweis T220001293 6408125 2010315D 4', value: 'T220001293 6408125 2010315D 4', atLeast: 0.8 },
    { text: '{"idCard":"2406055684681020307051 09D6"}', value: '2406055684681020307051 09D6' },
    { text: 'identity card 2406055684-6810203-0705109-D-6', value: '2406055684-6810203-0705109-D-6', atLeast: 0.8 },
    { text: '1220001297D640812517103198', value: '1220001297D640812517103198' },
  ],
  misses: [
    { text: 'Ausweis T22000129364081252010315D9' },
    { text: 'Ausweis T22000129364131252010315D4' },
    { text: 'Ausweis T22000129364081252010315' },
  ],
});

const dePassport = documentNumber({
  name: 'de-passport',
  entity: 'DE_PASSPORT',
  category: 'government_id',
  countries: ['DE'],
  words: [
    'reisepass',
    'reisepaß',
    'reisepasses',
    'reisepassnummer',
    'reisepassnr',
    'passnummer',
    'passnr',
    'pass-nr',
    'german passport',
    'passport',
  ],
  isValue: (compact) =>
    /^[CFGHJK]/.test(compact) &&
    /\d.*\d/.test(compact) &&
    ((compact.length === 9 && DOCUMENT.test(compact)) || (/^.{10}D?$/.test(compact) && isChecked(compact))),
  hits: [
    { text: 'Reisepass Nr. C01X00T47', value: 'C01X00T47', atLeast: 0.8 },
    { text: '{"passportNumber":"C01X00T478"}', value: 'C01X00T478' },
    { text: 'German passport no. CZ6311T472D', value: 'CZ6311T472D', atLeast: 0.8 },
    { text: 'CH1HKV4N7', label: 'reisepass', value: 'CH1HKV4N7' },
  ],
  misses: [
    { text: 'C01X00T47' },
    { text: 'Reisepass C01X00T479' },
    { text: 'Reisepass C01X00T47999' },
    { text: 'Reisepass C01X00T4' },
    { text: 'der Reisepass ist gültig bis 2031' },
  ],
});

/** Areas of the pension insurance's institutions. */
function isPensionArea(area: number): boolean {
  return (
    (area >= 2 && area <= 4) ||
    (area >= 8 && area <= 21) ||
    (area >= 23 && area <= 26) ||
    (area >= 28 && area <= 29) ||
    (area >= 38 && area <= 82) ||
    area === 89
  );
}

/** The letter counts as two digits, A = 01; sums of digits (VKVV § 4). */
function isPensionNumber(compact: string): boolean {
  const letter = compact.charCodeAt(8) - 64;
  if (!(letter >= 1 && letter <= 26) || !isPensionArea(numberAt(compact, 0, 2))) return false;
  // Of twins born before 1980 and the like, 30 or more is added to the day; what is over 31 is told by nothing else.
  const month = numberAt(compact, 4, 2);
  if (!(month >= 1 && month <= 12)) return false;
  const digits = `${compact.slice(0, 8)}${String(letter).padStart(2, '0')}${compact.slice(9, 11)}`;
  return crossSum(digits, [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1]) % 10 === numberAt(compact, 11, 1);
}

const deSocialSecurity = idNumber({
  name: 'de-social-security',
  entity: 'DE_SOCIAL_SECURITY',
  category: 'government_id',
  countries: ['DE'],
  forms: ['## ###### @ ###', '########@###', '## ###### @ ## #'],
  isValid: isPensionNumber,
  chance: 0.0079,
  evidence: 'check',
  isUpperCase: true,
  context: contextWords(`rvnr, rv nr, svnr, sv nr, sv nummer, svnummer, sozialversicherung, sozialversicherungsnummer,
sozialversicherungsnr, versicherungsnummer, rentenversicherung, rentenversicherungsnummer, rentenversicherungsnr, vsnr,
sozialversicherungsausweis, social security, social insurance, pension insurance`),
  hits: [
    { text: 'Rentenversicherungsnummer: 15 070649 C 103', value: '15 070649 C 103', atLeast: 0.8 },
    { text: '{"svNummer":"82901282S622"}', value: '82901282S622' },
    { text: 'German social security number 62 510575 M 114', value: '62 510575 M 114', atLeast: 0.8 },
  ],
  misses: [
    { text: 'RVNR 15 070649 C 102' },
    { text: 'RVNR 15 071349 C 103' },
    { text: 'RVNR 01 070649 C 103' },
    { text: '82901282S622' },
  ],
});

/** Letter as two digits, A = 01, sums of digits with weights 1 2 (GKV-Spitzenverband). */
function isInsuredNumber(compact: string): boolean {
  const letter = compact.charCodeAt(0) - 64;
  const digits = String(letter).padStart(2, '0') + compact.slice(1, 9);
  return (
    !isOneDigit(compact.slice(1)) && crossSum(digits, [1, 2, 1, 2, 1, 2, 1, 2, 1, 2]) % 10 === numberAt(compact, 9, 1)
  );
}

const deHealthInsurance = idNumber({
  name: 'de-health-insurance',
  entity: 'DE_HEALTH_INSURANCE',
  category: 'health',
  countries: ['DE'],
  forms: ['@#########', '@ ### ### ###'],
  isValid: isInsuredNumber,
  chance: 0.1,
  evidence: 'check',
  isUpperCase: true,
  context:
    contextWords(`kvnr, kv nr, krankenversichertennummer, krankenversicherungsnummer, krankenversicherung, versichertennummer,
versichertennr, versicherten nr, krankenkasse, kassenpatient, gesundheitskarte, egk, gkv, health insurance, insured`),
  hits: [
    { text: 'KVNR: A123456780', value: 'A123456780' },
    { text: '{"versichertennummer":"V735450096"}', value: 'V735450096' },
    { text: 'health insurance (Krankenkasse) F518766913', value: 'F518766913' },
  ],
  misses: [{ text: 'KVNR: F518766910' }, { text: 'V735450096' }, { text: 'KVNR V73545009612' }],
});

const deFuehrerschein = documentNumber({
  name: 'de-fuehrerschein',
  entity: 'DE_FUEHRERSCHEIN',
  category: 'government_id',
  countries: ['DE'],
  words: [
    'führerschein',
    'führerscheinnummer',
    'führerscheinnr',
    'führerscheins',
    'fuehrerschein',
    'fuehrerscheinnummer',
    'fahrerlaubnis',
    'fahrerlaubnisnummer',
    'german driving licence',
    'german driver license',
    'german driving license',
  ],
  isValue: (compact) => /^[A-Z]\d[0-9A-Z]{2}[0-9A-Z]{5}[0-9X][0-9A-Z]$/.test(compact) && /(?:\d.*){4}/.test(compact),
  hits: [
    { text: 'Führerscheinnummer: B072RRE2I55', value: 'B072RRE2I55', atLeast: 0.8 },
    { text: '{"fuehrerschein":"J010000SD51"}', value: 'J010000SD51' },
    { text: 'German driving licence no. N0704578035', value: 'N0704578035', atLeast: 0.8 },
    { text: 'B072RRE2I55', label: 'fuehrerscheinnummer', value: 'B072RRE2I55' },
  ],
  misses: [
    { text: 'B072RRE2I55' },
    { text: 'Führerschein Klasse B seit 2004' },
    { text: 'Führerschein B072RRE2I5' },
    { text: 'Fahrerlaubnis B072RRE2I55A' },
  ],
});

const deHandelsregister = idNumber({
  name: 'de-handelsregister',
  entity: 'DE_HANDELSREGISTER',
  category: 'business',
  countries: ['DE'],
  forms: ['HR', 'HR '].flatMap((register) =>
    ['A', 'B'].flatMap((part) =>
      ['##', '###', '####', '#####', '######', '### @', '#### @', '##### @', '###### @'].map(
        (number) => `${register}${part} ${number}`,
      ),
    ),
  ),
  isValid: (compact) => /^HR[AB][1-9]/.test(compact),
  chance: 0.9,
  evidence: 'own',
  isUpperCase: true,
  context:
    contextWords(`handelsregister, handelsregisternummer, registergericht, amtsgericht, ag, register, registernummer,
hrb, hra, hr nr, commercial register, company register, trade register, geschäftsführer`),
  hits: [
    { text: 'Amtsgericht München, HRB 42243', value: 'HRB 42243', atLeast: 0.8 },
    { text: '{"handelsregister":"HRA21684"}', value: 'HRA21684' },
    { text: 'commercial register HRB 149019 B', value: 'HRB 149019 B', atLeast: 0.8 },
    { text: 'HRB 86891', value: 'HRB 86891' },
  ],
  misses: [{ text: 'HRB 0123' }, { text: 'hrb 42243' }, { text: 'HRC 42243' }, { text: 'HRB 42243567' }],
});

const REGISTER_WORDS = `vereinsregister, genossenschaftsregister, partnerschaftsregister, registergericht, amtsgericht, registernummer,
register of associations`;

/** Registers of associations, cooperatives and partnerships: shorter letters, which need a word. */
const deOtherRegisters = idNumber({
  name: 'de-other-registers',
  entity: 'DE_HANDELSREGISTER',
  category: 'business',
  countries: ['DE'],
  forms: ['VR', 'PR', 'GNR'].flatMap((register) =>
    ['##', '###', '####', '#####', '######'].map((number) => `${register} ${number}`),
  ),
  chance: 1,
  evidence: 'context',
  context: contextWords(REGISTER_WORDS),
  hits: [
    { text: 'Amtsgericht Köln VR 4711', value: 'VR 4711' },
    { text: '{"vereinsregister":"VR20301"}', value: 'VR20301' },
    { text: 'Partnerschaftsregister PR 1203', value: 'PR 1203' },
  ],
  misses: [{ text: 'VR 4711' }, { text: 'GNR 123' }],
});

/** Doctor: six digits, their check digit, two for the field (KBV, weights 4 9). */
const deLanr = idNumber({
  name: 'de-lanr',
  entity: 'DE_LANR',
  category: 'health',
  countries: ['DE'],
  forms: ['#########'],
  isValid: (compact) =>
    !isOneDigit(compact) &&
    (10 - (weightedSum(compact, [4, 9, 4, 9, 4, 9]) % 10)) % 10 === numberAt(compact, 6, 1) &&
    numberAt(compact, 7, 2) > 0,
  chance: 0.1,
  evidence: 'context',
  context: contextWords(`lanr, lebenslange arztnummer, arztnummer, arztnr, arzt nr, vertragsarzt, vertragsarztnummer,
lifelong physician number, physician number, doctor number`),
  hits: [
    { text: 'LANR: 389636044', value: '389636044' },
    { text: '{"arztnummer":"874487832"}', value: '874487832' },
    { text: 'lifelong physician number 389636044', value: '389636044' },
  ],
  misses: [{ text: 'LANR 874487032' }, { text: '389636044' }, { text: 'LANR 3896360441' }],
});

/** Practice: two digits of the association of doctors, seven more. */
const DOCTORS_ASSOCIATIONS = new Set([
  1, 2, 3, 6, 7, 17, 18, 19, 20, 21, 24, 25, 26, 27, 28, 31, 35, 37, 38, 39, 40, 44, 45, 46, 47, 48, 49, 50, 51, 52, 55,
  58, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 78, 79, 80, 81, 83, 85, 86, 87, 88, 91, 93, 94, 95,
  96, 98, 99,
]);

const deBsnr = idNumber({
  name: 'de-bsnr',
  entity: 'DE_BSNR',
  category: 'health',
  countries: ['DE'],
  forms: ['#########'],
  isValid: (compact) => DOCTORS_ASSOCIATIONS.has(numberAt(compact, 0, 2)) && !isOneDigit(compact),
  chance: 0.64,
  evidence: 'context',
  context:
    contextWords(`bsnr, nbsnr, betriebsstätte, betriebsstaette, betriebsstättennummer, betriebsstaettennummer, kbv,
betriebsstättennr, practice number`),
  hits: [
    { text: 'BSNR: 721111100', value: '721111100' },
    { text: '{"bsnr":"381234500"}', value: '381234500' },
    { text: 'Betriebsstättennummer 179999900', value: '179999900' },
  ],
  misses: [{ text: '721111100' }, { text: 'BSNR 041111100' }, { text: 'BSNR 7211111001' }],
});

/** DE and nine digits; ISO 7064 mod 11, 10. */
export function isGermanVat(digits: string): boolean {
  return !digits.startsWith('0') && isMod11And10(digits);
}

const deVatId = idNumber({
  name: 'de-vat-id',
  entity: 'DE_VAT_ID',
  alsoEntity: 'EU_VAT',
  category: 'business',
  countries: ['DE'],
  forms: ['DE#########', 'DE ### ### ###', 'DE ## ### ####', 'DE #########'],
  isValid: (compact) => isGermanVat(compact.replace('DE', '')),
  chance: 0.09,
  evidence: 'check',
  isUpperCase: true,
  context: contextWords(
    `ust, u st, ust id, ust idnr, ustid, ustidnr, ust id nr, umsatzsteuer, umsatzsteuer id, umsatzsteuernummer,
umsatzsteueridentifikationsnummer, umsatzsteuer identifikationsnummer, mwst, mw st, mehrwertsteuer, uid`,
    VAT_WORDS,
  ),
  hits: [
    { text: 'USt-IdNr. DE136695976', value: 'DE136695976' },
    { text: '{"vatId":"DE801645233"}', value: 'DE801645233' },
    { text: 'VAT ID: DE 512 152 007', value: 'DE 512 152 007', atLeast: 0.8 },
    { text: 'Umsatzsteuer-ID DE 991935436', value: 'DE 991935436', atLeast: 0.8 },
  ],
  misses: [{ text: 'USt-IdNr. DE604803670' }, { text: 'VAT ID DE80164523312' }, { text: 'part DE801645233' }],
});

const PLATE = /^([A-ZÄÖÜ]{1,3})([A-Z]{1,2})([1-9]\d{0,3})[EH]?$/;

/** District, letters and number: the first one to three letters are a district that exists. */
function isPlate(compact: string): boolean {
  const letters = /^[A-Z]{2,5}(?=[1-9])/.exec(compact)?.[0] ?? '';
  if (!PLATE.test(compact)) return false;
  for (let i = 1; i <= 3 && i < letters.length; i++) {
    if (letters.length - i <= 2 && DISTRICTS.has(letters.slice(0, i))) return true;
  }
  return false;
}

const PLATE_FORMS = ['@', '@@', '@@@']
  .flatMap((district) =>
    ['@', '@@'].flatMap((letters) =>
      ['#', '##', '###', '####'].flatMap((number) =>
        ['', ...(number.length > 1 ? ['E', 'H'] : [])].map((suffix) => `${district}-${letters} ${number}${suffix}`),
      ),
    ),
  )
  .filter((form) => form.replace(/[^#@A-Z]/g, '').length >= 4);

const deKfz = idNumber({
  name: 'de-kfz',
  entity: 'DE_KFZ',
  category: 'vehicle',
  countries: ['DE'],
  forms: PLATE_FORMS,
  isValid: isPlate,
  chance: 0.45,
  evidence: 'context',
  isUpperCase: true,
  context:
    contextWords(`kennzeichen, kfz, kfz kennzeichen, autokennzeichen, nummernschild, amtliches kennzeichen, fahrzeug,
fahrzeuge, fahrzeugschein, halter, license plate, licence plate, number plate, plate, vehicle registration`),
  hits: [
    { text: 'Kennzeichen: M-AB 1234', value: 'M-AB 1234', atLeast: 0.8 },
    { text: '{"kennzeichen":"BXY987E"}', value: 'BXY987E' },
    { text: 'German license plate HH-KL 42H', value: 'HH-KL 42H', atLeast: 0.8 },
    { text: 'Fahrzeug WOB-ZK 295', value: 'WOB-ZK 295', atLeast: 0.8 },
  ],
  misses: [
    { text: 'M-AB 1234' },
    { text: 'Kennzeichen QQ-AB 1234' },
    { text: 'Kennzeichen M-AB 0123' },
    { text: 'Kennzeichen M-AB 12345' },
  ],
});

const dePlz = idNumber({
  name: 'de-plz',
  entity: 'DE_PLZ',
  category: 'personal',
  countries: ['DE'],
  forms: ['#####', 'D #####'],
  isValid: (compact) => {
    const value = Number(compact.replace('D', ''));
    return value >= 1001 && value <= 99998;
  },
  chance: 0.99,
  evidence: 'context',
  context: contextWords(`plz, postleitzahl, postleitzahlen, postanschrift, anschrift, german postal code, german zip`),
  hits: [
    { text: 'PLZ: 80331', value: '80331' },
    { text: '{"plz":"10115"}', value: '10115' },
    { text: 'Postleitzahl und Ort: 50667 Köln', value: '50667' },
  ],
  misses: [{ text: '80331' }, { text: 'PLZ 00999' }, { text: 'PLZ 803311' }],
});

export const DE: readonly Recognizer[] = [
  deTaxId,
  deTaxNumber,
  deIdCard,
  deIdCardSerial,
  deIdCardLines,
  dePassport,
  deSocialSecurity,
  deHealthInsurance,
  deFuehrerschein,
  deHandelsregister,
  deOtherRegisters,
  deLanr,
  deBsnr,
  deVatId,
  deKfz,
  dePlz,
];
