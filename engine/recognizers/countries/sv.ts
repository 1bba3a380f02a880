/** El Salvador: tax numbers and the identity document (Ministerio de Hacienda, RNPN). */
import { isDigits, isOneDigit, missingTo11, numberAt, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Numbers of the first series (up to …100) have weights 14 to 2, later ones 2 7 6 5 4 3 over and over. */
function isNit(compact: string): boolean {
  const digits = compact.replace(/^SV/, '');
  if (!isDigits(digits, 14) || !/^[019]/.test(digits)) return false;
  const check =
    digits.slice(10, 13) <= '100'
      ? (weightedSum(digits, [14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 10
      : (missingTo11(weightedSum(digits, [2, 7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2])) % 11) % 10;
  return numberAt(digits, 13, 1) === check;
}

const svNit = idNumber({
  name: 'sv-nit',
  entity: 'SV_NIT',
  category: 'government_id',
  countries: ['SV'],
  forms: ['####-######-###-#', 'SV ####-######-###-#'],
  isValid: isNit,
  chance: 0.03,
  evidence: 'context',
  context: contextWords(`nit, n i t, número de identificación tributaria, numero de identificacion tributaria,
ministerio de hacienda, contribuyente, taxpayer`),
  hits: [
    { text: 'NIT 0614-050707-104-8', value: '0614-050707-104-8', atLeast: 0.8 },
    { text: '{"nit":"06140507071048"}', value: '06140507071048' },
    { text: 'taxpayer SV 0614-050707-104-8', value: 'SV 0614-050707-104-8', atLeast: 0.8 },
  ],
  misses: [{ text: '0614-050707-104-8' }, { text: 'NIT 0614-050707-104-0' }, { text: 'NIT 1234567890123' }],
});

/** Weights 9 to 2, mod 10. */
function isDui(digits: string): boolean {
  const sum = weightedSum(digits, [9, 8, 7, 6, 5, 4, 3, 2]);
  return numberAt(digits, 8, 1) === (10 - (sum % 10)) % 10 && !isOneDigit(digits);
}

const svDui = idNumber({
  name: 'sv-dui',
  entity: 'SV_DUI',
  category: 'government_id',
  countries: ['SV'],
  forms: ['########-#'],
  isValid: isDui,
  chance: 0.1,
  evidence: 'context',
  context: contextWords(`dui, d u i, documento único de identidad, documento unico de identidad, identity document`),
  hits: [
    { text: 'DUI 00016297-5', value: '00016297-5', atLeast: 0.8 },
    { text: '{"dui":"000162975"}', value: '000162975' },
    { text: 'identity document (DUI): 00016297-5', value: '00016297-5', atLeast: 0.8 },
  ],
  misses: [{ text: '00016297-5' }, { text: 'DUI 00016297-4' }, { text: 'DUI 0001629-5' }],
});

export const SV: readonly Recognizer[] = [svNit, svDui];
