/** Spain: citizens, foreigners, companies, social security and passports. */

import { numberAt } from '../../scan/check-digits.ts';
import { isLuhn } from '../../scan/checksums.ts';
import { contextWords } from '../../scan/context.ts';
import { documentNumber } from '../../scan/document-number.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const LETTERS = 'TRWAGMYFPDXBNJZSQVHLCKE';

/** Eight digits and a letter by their remainder on 23; K, L and M stand before seven digits of those without a card. */
export function isDni(compact: string): boolean {
  const parts = /^([KLM]?)(\d{7,8})([A-Z])$/.exec(compact);
  if (parts === null) return false;
  const [, kind = '', digits = '', letter] = parts;
  return digits.length === (kind === '' ? 8 : 7) && LETTERS.charAt(Number(digits) % 23) === letter;
}

/** X, Y and Z stand for 0, 1 and 2. */
export function isNie(compact: string): boolean {
  const parts = /^([XYZ])(\d{7})([A-Z])$/.exec(compact);
  if (parts === null) return false;
  const number = Number(`${'XYZ'.indexOf(parts[1] ?? '')}${parts[2]}`);
  return LETTERS.charAt(number % 23) === parts[3];
}

/** A kind of body, seven digits, and their Luhn digit or the letter in its place (Orden EHA/451/2008). */
export function isCif(compact: string): boolean {
  const parts = /^[A-HJNP-SUVW](\d{7})([0-9A-J])$/.exec(compact);
  if (parts === null) return false;
  const [, digits = '', check = ''] = parts;
  return isLuhn(digits + (/\d/.test(check) ? check : 'JABCDEFGHI'.indexOf(check)));
}

const esNif = idNumber({
  name: 'es-nif',
  entity: 'ES_NIF',
  category: 'government_id',
  countries: ['ES'],
  forms: ['########-@', '########@', '##.###.###-@', '@-#######-@', '@#######@', '######## @'],
  isValid: isDni,
  chance: 0.024,
  evidence: 'own',
  isUpperCase: true,
  context:
    contextWords(`dni, dnis, nif, nifs, d n i, n i f, documento nacional de identidad, documento de identidad, identidad,
número de identificación fiscal, numero de identificacion fiscal, identificación fiscal, identificacion fiscal,
carnet de identidad, spanish id, spanish tax id, national id, id card`),
  hits: [
    { text: 'DNI: 54362315-K', value: '54362315-K', atLeast: 0.8 },
    { text: '{"nif":"72534771Q"}', value: '72534771Q', atLeast: 0.8 },
    { text: 'Spanish national id 58.677.948-A', value: '58.677.948-A', atLeast: 0.8 },
    { text: 'M-1234567-L', value: 'M-1234567-L' },
    { text: '79115435N', value: '79115435N' },
  ],
  misses: [{ text: 'DNI 54362315Z' }, { text: 'DNI 54362315' }, { text: 'DNI 472534771Q' }],
});

const esNie = idNumber({
  name: 'es-nie',
  entity: 'ES_NIE',
  category: 'government_id',
  countries: ['ES'],
  forms: ['@-#######-@', '@#######@', '@-#######@', '@ ####### @'],
  isValid: isNie,
  chance: 0.0044,
  evidence: 'own',
  isUpperCase: true,
  context:
    contextWords(`nie, nies, n i e, número de identidad de extranjero, numero de identidad de extranjero, identidad de extranjero,
extranjero, extranjeros, extranjería, tie, permiso de residencia, foreigner id, foreigner number, residence permit`),
  hits: [
    { text: 'NIE: X-5253868-R', value: 'X-5253868-R', atLeast: 0.8 },
    { text: '{"nie":"Z0949591H"}', value: 'Z0949591H', atLeast: 0.8 },
    { text: 'Spanish residence permit x-2482300w', value: 'x-2482300w', atLeast: 0.8 },
    { text: 'X3734487T', value: 'X3734487T' },
  ],
  misses: [{ text: 'NIE x-2482300a' }, { text: 'NIE X2482300' }, { text: 'NIE Z0949591H4' }],
});

const esCif = idNumber({
  name: 'es-cif',
  entity: 'ES_CIF',
  category: 'business',
  countries: ['ES'],
  forms: ['@-########', '@########', '@-#######-@', '@#######@', '@ ########'],
  isValid: isCif,
  chance: 0.044,
  evidence: 'check',
  isUpperCase: true,
  context:
    contextWords(`cif, cifs, c i f, nif, código de identificación fiscal, codigo de identificacion fiscal, identificación fiscal,
identificacion fiscal, razón social, razon social, sociedad, empresa, spanish tax id, company number, iva`),
  hits: [
    { text: 'CIF: B-58378431', value: 'B-58378431', atLeast: 0.8 },
    { text: '{"cif":"B86670460"}', value: 'B86670460' },
    { text: 'empresa (company number) Q2876031B', value: 'Q2876031B' },
  ],
  misses: [
    { text: 'CIF B64717839' },
    { text: 'CIF X13585626' },
    { text: 'CIF M-1234567-L' },
    { text: 'part B86670460' },
  ],
});

/** Province, number and the remainder on 97; a number below ten million is written with its zeros or without. */
function isSocialSecurity(digits: string): boolean {
  const province = numberAt(digits, 0, 2);
  if (!((province >= 1 && province <= 56) || province === 66)) return false;
  const number = numberAt(digits, 2, 8);
  const check = numberAt(digits, 10, 2);
  return (
    numberAt(digits, 0, 10) % 97 === check || (number < 10_000_000 && (number + province * 10_000_000) % 97 === check)
  );
}

const esNss = idNumber({
  name: 'es-nss',
  entity: 'ES_NSS',
  category: 'government_id',
  countries: ['ES'],
  forms: ['## ######## ##', '############', '##/########/##', '##/##########', '##-########-##'],
  isValid: isSocialSecurity,
  chance: 0.0065,
  evidence: 'context',
  context: contextWords(`nss, naf, nuss, seguridad social, número de la seguridad social, numero de la seguridad social,
número de seguridad social, numero de seguridad social, número de afiliación, numero de afiliacion, tgss, afiliación, social security`),
  hits: [
    { text: 'Número de la Seguridad Social: 12 11643553 63', value: '12 11643553 63', atLeast: 0.8 },
    { text: '{"nss":"281234567840"}', value: '281234567840' },
    { text: 'Spanish social security 33/25761283/77', value: '33/25761283/77', atLeast: 0.8 },
  ],
  misses: [
    { text: 'NSS 77 12345678 40' },
    { text: 'NSS 28 12345678 4' },
    { text: 'NSS 28 12345678 41' },
    { text: '12 11643553 63' },
  ],
});

const esPassport = documentNumber({
  name: 'es-passport',
  entity: 'ES_PASSPORT',
  category: 'government_id',
  countries: ['ES'],
  words: ['pasaporte', 'spanish passport'],
  sharedWords: ['passport'],
  isValue: (compact) => /^[A-Z]{3}\d{6}$/.test(compact),
  hits: [
    { text: 'pasaporte: AAB123456', value: 'AAB123456', atLeast: 0.8 },
    { text: '{"pasaporte":"PAG 284917"}', value: 'PAG 284917' },
    { text: 'Spanish passport no. XDB028153', value: 'XDB028153', atLeast: 0.8 },
    { text: 'ZAB000254', label: 'numero_pasaporte', value: 'ZAB000254' },
  ],
  misses: [
    { text: 'AAB123456' },
    { text: 'pasaporte AAB12345' },
    { text: 'pasaporte AAB1234567' },
    { text: 'pasaporte en vigor' },
  ],
});

export const ES: readonly Recognizer[] = [esNif, esNie, esCif, esNss, esPassport];
