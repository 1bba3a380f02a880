/** Italy: the fiscal code, VAT, licences, identity cards and passports. */

import { isDay, numberAt } from '../../scan/check-digits.ts';
import { isLuhn } from '../../scan/checksums.ts';
import { contextWords } from '../../scan/context.ts';
import { documentNumber } from '../../scan/document-number.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';
import { VAT_WORDS } from './vat-words.ts';

/** What a character in an odd place counts: 0 to 9 and A to J alike, K to Z (DM 23/12/1976). */
const ODD = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
/** Letters that stand for digits where two people would have one code. */
const FOR_DIGITS = 'LMNPQRSTUV';
const FISCAL_CODE = /^[A-Z]{6}[0-9LMNP-V]{2}[A-EHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]$/;
const MONTHS = 'ABCDEHLMPRST';

function plainDigits(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => String(FOR_DIGITS.indexOf(letter)));
}

/** Surname, given name, year, month, day (40 more for women), place of birth and a check letter. */
function isFiscalCode(compact: string): boolean {
  if (!FISCAL_CODE.test(compact)) return false;
  const year = Number(plainDigits(compact.slice(6, 8)));
  const written = Number(plainDigits(compact.slice(9, 11)));
  const day = written > 40 ? written - 40 : written;
  if (!isDay(2000 + year, MONTHS.indexOf(compact.charAt(8)) + 1, day)) return false;
  let sum = 0;
  for (let i = 0; i < 15; i++) {
    const code = compact.charCodeAt(i);
    const value = code >= 65 ? code - 65 : code - 48;
    sum += i % 2 === 0 ? (ODD[value] ?? 0) : value;
  }
  return String.fromCharCode(65 + (sum % 26)) === compact.charAt(15);
}

const itFiscalCode = idNumber({
  name: 'it-fiscal-code',
  entity: 'IT_FISCAL_CODE',
  category: 'government_id',
  countries: ['IT'],
  forms: ['@@@@@@##@##@###@', '@@@ @@@ ##@## @###@', '@@@@@@**@**@***@'],
  isValid: isFiscalCode,
  chance: 0.0058,
  evidence: 'own',
  isUpperCase: true,
  context:
    contextWords(`codice fiscale, codicefiscale, cod fisc, cod fiscale, c f, cf, fiscale, tessera sanitaria, fiscal code,
italian tax code, tax code`),
  hits: [
    { text: 'Codice fiscale: RCCMNL83S18D969H', value: 'RCCMNL83S18D969H', atLeast: 0.8 },
    { text: '{"codiceFiscale":"CHDNEB71H08I970D"}', value: 'CHDNEB71H08I970D', atLeast: 0.8 },
    { text: 'Italian fiscal code LCD OOE 24B49 Q143Z', value: 'LCD OOE 24B49 Q143Z', atLeast: 0.8 },
    { text: 'EYNLRW93H68G042U', value: 'EYNLRW93H68G042U' },
  ],
  misses: [{ text: 'CF RCCMNL83S18D967H' }, { text: 'CF RCCMNL83S72D969H' }, { text: 'CF RCCMNL83S18D969HX' }],
});

/** Seven digits, the province's office, a Luhn digit. */
export function isItalianVat(digits: string): boolean {
  const office = numberAt(digits, 7, 3);
  const isOffice =
    (office >= 1 && office <= 100) || office === 120 || office === 121 || office === 888 || office === 999;
  return isOffice && numberAt(digits, 0, 7) > 0 && isLuhn(digits);
}

const itVatCode = idNumber({
  name: 'it-vat-code',
  entity: 'IT_VAT_CODE',
  alsoEntity: 'EU_VAT',
  category: 'business',
  countries: ['IT'],
  forms: ['###########', 'IT###########', 'IT ###########'],
  isValid: (compact) => isItalianVat(compact.replace('IT', '')),
  chance: 0.01,
  evidence: 'check',
  context: contextWords(`partita iva, partitaiva, p iva, piva, iva, codice iva, codice fiscale, cod fisc`, VAT_WORDS),
  hits: [
    { text: 'P.IVA 00743110157', value: '00743110157' },
    { text: '{"partitaIva":"00095120549"}', value: '00095120549' },
    { text: 'VAT no. IT 77520290865 (Italia)', value: 'IT 77520290865', atLeast: 0.8 },
  ],
  misses: [{ text: 'P.IVA 00743110158' }, { text: 'P.IVA IT 0074311015' }, { text: 'ordine 37220890984' }],
});

const itDriverLicense = documentNumber({
  name: 'it-driver-license',
  entity: 'IT_DRIVER_LICENSE',
  category: 'government_id',
  countries: ['IT'],
  words: [
    'patente',
    'patente di guida',
    'numero patente',
    'italian driving licence',
    'italian driver license',
    "italian driver's license",
  ],
  isValue: (compact) => /^(?:U1[A-Z0-9]{7}[A-Z]|[A-Z]{2}\d{7}[A-Z])$/.test(compact) && /(?:\d.*){3}/.test(compact),
  hits: [
    { text: 'patente di guida n. AA1234567B', value: 'AA1234567B', atLeast: 0.8 },
    { text: '{"numero_patente":"U17K93820H"}', value: 'U17K93820H' },
    { text: 'Italian driving licence: MI5482910X', value: 'MI5482910X', atLeast: 0.8 },
    { text: 'RM2958174T', label: 'patente', value: 'RM2958174T' },
  ],
  misses: [
    { text: 'AA1234567B' },
    { text: 'patente B dal 2004' },
    { text: 'patente AA1234567' },
    { text: 'patente AA1234567BC' },
  ],
});

const itIdentityCard = documentNumber({
  name: 'it-identity-card',
  entity: 'IT_IDENTITY_CARD',
  category: 'government_id',
  countries: ['IT'],
  words: [
    "carta d'identità",
    "carta d'identita",
    'carta di identità',
    'carta di identita',
    'carta identità',
    'carta identita',
    'cie n',
    'italian identity card',
    'italian id card',
  ],
  isValue: (compact) => /^(?:[A-Z]{2}\d{7}|\d{7}[A-Z]{2}|[A-Z]{2}\d{5}[A-Z]{2})$/.test(compact),
  hits: [
    { text: "Carta d'identità n. AX1234567", value: 'AX1234567', atLeast: 0.8 },
    { text: '{"cartaIdentita":"CA00000AA"}', value: 'CA00000AA' },
    { text: 'Italian identity card 1234567AB', value: '1234567AB', atLeast: 0.8 },
    { text: 'CA48291ZX', label: 'carta_identita', value: 'CA48291ZX' },
  ],
  misses: [{ text: 'AX1234567' }, { text: "carta d'identità AX123456" }, { text: "carta d'identità valida" }],
});

const itPassport = documentNumber({
  name: 'it-passport',
  entity: 'IT_PASSPORT',
  category: 'government_id',
  countries: ['IT'],
  words: ['passaporto', 'passaporti', 'italian passport'],
  sharedWords: ['passport'],
  isValue: (compact) => /^[A-Z]{2}\d{7}$/.test(compact),
  hits: [
    { text: 'passaporto n. YA1234567', value: 'YA1234567', atLeast: 0.8 },
    { text: '{"passaporto":"YB 4829105"}', value: 'YB 4829105' },
    { text: 'Italian passport: AA0918273', value: 'AA0918273', atLeast: 0.8 },
    { text: 'YC5512389', label: 'numero_passaporto', value: 'YC5512389' },
  ],
  misses: [{ text: 'YA1234567' }, { text: 'passaporto YA123456' }, { text: 'passaporto scaduto nel 2020' }],
});

export const IT: readonly Recognizer[] = [itFiscalCode, itVatCode, itDriverLicense, itIdentityCard, itPassport];
