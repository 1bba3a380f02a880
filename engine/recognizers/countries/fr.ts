/** France: social security, tax, companies, identity cards and passports. */

import { isDigits, isOneDigit, numberAt, weightedSum } from '../../scan/check-digits.ts';
import { isLuhn, remainder97 } from '../../scan/checksums.ts';
import { contextWords } from '../../scan/context.ts';
import { documentNumber } from '../../scan/document-number.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Sex, year, month, place, order and a key of 97 less the remainder; Corsica's departments count as 19 and 18 (INSEE). */
function isNir(compact: string): boolean {
  const parts = /^([1-478])(\d\d)(\d\d)(\d\d|2[AB])(\d{6})(\d\d)$/.exec(compact);
  if (parts === null) return false;
  const [, sex = '', year = '', month = '', department = '', rest = '', key = ''] = parts;
  // Months over 12 stand for one that is not known.
  const isMonth = (Number(month) >= 1 && Number(month) <= 12) || Number(month) >= 20;
  if (!isMonth || department === '00') return false;
  const place = department === '2A' ? '19' : department === '2B' ? '18' : department;
  return 97 - remainder97(`${sex}${year}${month}${place}${rest}`) === Number(key);
}

const frNir = idNumber({
  name: 'fr-nir',
  entity: 'FR_NIR',
  category: 'government_id',
  countries: ['FR'],
  forms: [
    '# ## ## ## ### ### ##',
    '# ## ## #* ### ### ##',
    '# ## ## ## ### ###-##',
    '###############',
    '#####2@########',
    '# ## ## ##### ### ##',
    '############# ##',
  ],
  isValid: isNir,
  chance: 0.0025,
  evidence: 'check',
  isUpperCase: true,
  context:
    contextWords(`nir, insee, numéro insee, numero insee, sécurité sociale, securite sociale, sécu, secu, numéro de sécurité sociale,
n° sécu, no secu, ss, nss, numss, num ss, nir insee, carte vitale, vitale, assuré, assure social, cpam, social security`),
  hits: [
    { text: 'Numéro de sécurité sociale : 2 95 10 99 126 111 93', value: '2 95 10 99 126 111 93', atLeast: 0.8 },
    { text: '{"nir":"185305891377004"}', value: '185305891377004' },
    { text: 'French social security number 186022A21532523', value: '186022A21532523' },
    { text: 'carte Vitale 3 86 56 43 390 340 15', value: '3 86 56 43 390 340 15', atLeast: 0.8 },
  ],
  misses: [{ text: 'NIR 295109912611199' }, { text: 'NIR 29510991261119' }, { text: 'sécu 6 95 10 99 126 111 93' }],
});

/** The reference of a household's taxes: ten digits, and their remainder on 511 in three (DGFiP). */
function isFiscal(digits: string): boolean {
  return /^[0-3]/.test(digits) && !isOneDigit(digits) && numberAt(digits, 0, 10) % 511 === numberAt(digits, 10, 3);
}

const frNif = idNumber({
  name: 'fr-nif',
  entity: 'FR_NIF',
  category: 'government_id',
  countries: ['FR'],
  forms: ['## ## ### ### ###', '#############', '# ### ### ### ###'],
  isValid: isFiscal,
  chance: 0.0004,
  evidence: 'check',
  context:
    contextWords(`nif, spi, numéro fiscal, numero fiscal, numéro fiscal de référence, identifiant fiscal, n° fiscal, no fiscal,
fiscal, impôts, impots, impôt, impot, avis d imposition, tax number, tax reference, dgfip, tin`),
  hits: [
    { text: 'Numéro fiscal : 33 37 116 065 416', value: '33 37 116 065 416', atLeast: 0.8 },
    { text: '{"numeroFiscal":"3023217600053"}', value: '3023217600053', atLeast: 0.8 },
    { text: 'French tax number 3521031857154', value: '3521031857154', atLeast: 0.8 },
    { text: '12 13 579 539 018', value: '12 13 579 539 018' },
  ],
  misses: [{ text: 'NIF 9701987765432' }, { text: 'NIF 3023217600054' }, { text: 'NIF 30232176000531' }],
});

const frSiren = idNumber({
  name: 'fr-siren',
  entity: 'FR_SIREN',
  category: 'business',
  countries: ['FR'],
  forms: ['### ### ###', '#########'],
  isValid: (compact) => isLuhn(compact) && !isOneDigit(compact),
  chance: 0.1,
  evidence: 'check',
  context:
    contextWords(`siren, sirene, rcs, numéro siren, numero siren, greffe, registre du commerce, répertoire des entreprises,
siège social, siege social, immatriculée, immatriculation`),
  hits: [
    { text: 'SIREN 552 008 443', value: '552 008 443', atLeast: 0.8 },
    { text: '{"siren":"418424701"}', value: '418424701' },
    { text: 'société immatriculée au RCS de Lyon sous le numéro 111 840 500', value: '111 840 500', atLeast: 0.8 },
  ],
  misses: [
    { text: '12 552 008 443 732 829 320' },
    { text: 'SIREN 552 008 442' },
    { text: 'SIREN 55200844' },
    { text: 'order 467104741' },
  ],
});

/** Luhn, but of the post office's branches a sum of digits that 5 divides. */
function isSiret(digits: string): boolean {
  if (!isDigits(digits, 14) || isOneDigit(digits)) return false;
  if (!digits.startsWith('356000000') || digits === '35600000000048') return isLuhn(digits);
  return weightedSum(digits, new Array<number>(14).fill(1)) % 5 === 0;
}

const frSiret = idNumber({
  name: 'fr-siret',
  entity: 'FR_SIRET',
  category: 'business',
  countries: ['FR'],
  forms: ['### ### ### #####', '##############', '### ### ### ## ###'],
  isValid: isSiret,
  chance: 0.1,
  evidence: 'check',
  context: contextWords(`siret, sirets, siren, sirene, numéro siret, numero siret, établissement, etablissement, rcs`),
  hits: [
    { text: 'SIRET : 356 000 000 09075', value: '356 000 000 09075', atLeast: 0.8 },
    { text: '{"siret":"73282932000074"}', value: '73282932000074' },
    { text: 'établissement 485 010 424 86309 (SIRET)', value: '485 010 424 86309', atLeast: 0.8 },
  ],
  misses: [{ text: 'SIRET 73282932000075' }, { text: 'SIRET 35600000049838' }, { text: 'SIRET 7328293200007' }],
});

const frCni = documentNumber({
  name: 'fr-cni',
  entity: 'FR_CNI',
  category: 'government_id',
  countries: ['FR'],
  words: [
    'carte nationale d',
    "carte d'identité",
    "carte d'identite",
    'carte identité',
    'carte identite',
    'cni',
    'cnie',
    'french id card',
    'french identity card',
    'french national id',
    'numero cni',
  ],
  // Twelve digits (year, month, department, serial) to 2021, since then nine of a smaller alphabet.
  isValue: (compact) =>
    (/^\d{2}(?:0[1-9]|1[0-2])\d[0-9AB]\d{6}$/.test(compact) && !isOneDigit(compact)) ||
    (/^[A-Z0-9]{9}$/.test(compact) && /^[A-Z]/.test(compact) && /(?:\d.*){2}/.test(compact)),
  hits: [
    { text: "Carte nationale d'identité n° 880692310285", value: '880692310285', atLeast: 0.8 },
    { text: '{"cni":"X4RTBPFW4"}', value: 'X4RTBPFW4' },
    { text: 'French identity card: D2H6862M2', value: 'D2H6862M2', atLeast: 0.8 },
    { text: '051075310285', label: 'numero_cni', value: '051075310285' },
  ],
  misses: [
    { text: '880692310285' },
    { text: 'CNI 881392310285' },
    { text: 'CNI 88069231028' },
    { text: 'CNI valable 15 ans' },
  ],
});

const frPassport = documentNumber({
  name: 'fr-passport',
  entity: 'FR_PASSPORT',
  category: 'government_id',
  countries: ['FR'],
  words: ['passeport', 'passeports', 'french passport', 'passport'],
  isValue: (compact) => /^\d{2}[A-Z]{2}\d{5}$/.test(compact),
  hits: [
    { text: 'passeport n° 12AB34567', value: '12AB34567', atLeast: 0.8 },
    { text: '{"passportNumber":"17FV01234"}', value: '17FV01234' },
    { text: 'French passport 09PD 58123', value: '09PD 58123', atLeast: 0.8 },
    { text: '14CV28143', label: 'numero_passeport', value: '14CV28143' },
  ],
  misses: [
    { text: '12AB34567' },
    { text: 'passeport 12AB3456' },
    { text: 'passeport 12AB345678' },
    { text: 'passeport valable 10 ans' },
  ],
});

export const FR: readonly Recognizer[] = [frNir, frNif, frSiren, frSiret, frCni, frPassport];
