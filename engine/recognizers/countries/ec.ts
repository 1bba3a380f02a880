/** Ecuador: identity cards and taxpayer numbers, which begin with the province (Registro Civil, SRI). */
import { isDigits, numberAt, weightedSum } from '../../scan/check-digits.ts';
import { isLuhn } from '../../scan/checksums.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** 24 provinces; 30 and 50 for citizens abroad. */
function hasProvince(digits: string): boolean {
  const province = numberAt(digits, 0, 2);
  return (province >= 1 && province <= 24) || province === 30 || province === 50;
}

function isCedula(digits: string): boolean {
  return isDigits(digits, 10) && hasProvince(digits) && numberAt(digits, 2, 1) <= 6 && isLuhn(digits);
}

/** Of a person the card and a branch; public bodies have a 6, companies a 9 in third place, with checks of their own. */
function isRuc(digits: string): boolean {
  if (!isDigits(digits, 13) || !hasProvince(digits)) return false;
  const kind = numberAt(digits, 2, 1);
  const isPerson = digits.slice(10) !== '000' && isCedula(digits.slice(0, 10));
  if (kind < 6) return isPerson;
  if (kind === 6) {
    const isPublic = weightedSum(digits, [3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0 && digits.slice(9) !== '0000';
    return isPublic || isPerson;
  }
  return kind === 9 && digits.slice(10) !== '000' && weightedSum(digits, [4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0;
}

const ecCi = idNumber({
  name: 'ec-ci',
  entity: 'EC_CI',
  category: 'government_id',
  countries: ['EC'],
  forms: ['#########-#', '##########'],
  isValid: isCedula,
  chance: 0.018,
  evidence: 'check',
  context:
    contextWords(`cédula, cedula, cédula de identidad, cedula de identidad, cédula de ciudadanía, cedula de ciudadania,
c i, ci, identity card`),
  hits: [
    { text: 'cédula 171430710-3', value: '171430710-3', atLeast: 0.8 },
    { text: '{"cedula":"1714307103"}', value: '1714307103' },
    { text: 'identity card 171430710-3 (Ecuador)', value: '171430710-3', atLeast: 0.8 },
  ],
  misses: [{ text: 'cédula 1714307104' }, { text: '1714307103' }, { text: 'cédula 2714307104' }],
});

const ecRuc = idNumber({
  name: 'ec-ruc',
  entity: 'EC_RUC',
  category: 'government_id',
  countries: ['EC'],
  forms: ['##########-###', '#############'],
  isValid: isRuc,
  chance: 0.021,
  evidence: 'check',
  context:
    contextWords(`ruc, r u c, registro único de contribuyentes, registro unico de contribuyentes, sri, contribuyente,
taxpayer`),
  hits: [
    { text: 'RUC 1792060346-001', value: '1792060346-001', atLeast: 0.8 },
    { text: '{"ruc":"0962467429001"}', value: '0962467429001' },
    { text: 'taxpayer 1792060346-001', value: '1792060346-001', atLeast: 0.8 },
  ],
  misses: [{ text: 'RUC 1792060347-001' }, { text: '0962467429001' }, { text: 'RUC 1792060346-00' }],
});

export const EC: readonly Recognizer[] = [ecCi, ecRuc];
