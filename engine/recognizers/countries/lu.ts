/** Luxembourg: the national identification number. */

import { isBirthDate } from '../../scan/birth-dates.ts';
import { isVerhoeff, numberAt } from '../../scan/check-digits.ts';
import { isLuhn } from '../../scan/checksums.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Date of birth, order, and two check digits of the eleven: Luhn, then Verhoeff (loi du 19 juin 2013). */
function isNationalNumber(digits: string): boolean {
  const front = digits.slice(0, 11);
  return (
    isBirthDate(numberAt(digits, 0, 4), numberAt(digits, 4, 2), numberAt(digits, 6, 2)) &&
    isLuhn(front + digits.charAt(11)) &&
    isVerhoeff(front + digits.charAt(12))
  );
}

const luIdent = idNumber({
  name: 'lu-ident',
  entity: 'LU_IDENT',
  category: 'government_id',
  countries: ['LU'],
  forms: ['#### ## ## ### ##', '#############', '######## #####', '#### #### #####'],
  isValid: isNationalNumber,
  chance: 6.8e-6,
  evidence: 'check',
  context:
    contextWords(`matricule, matricule national, numéro d identification, numéro national, numero national, numéro d'identification national,
identification nationale, ident nr, identifikatiounsnummer, cns, nin, national identification number, sozialversicherungsnummer,
sécurité sociale, ccss`),
  hits: [
    { text: 'Matricule : 1940 02 20 069 08', value: '1940 02 20 069 08', atLeast: 0.8 },
    { text: '{"matricule":"1903121698073"}', value: '1903121698073', atLeast: 0.8 },
    { text: 'national identification number (CNS) 18680227 37606', value: '18680227 37606', atLeast: 0.8 },
    { text: '1902061971530', value: '1902061971530' },
  ],
  misses: [
    { text: 'Matricule 2033 03 19 832 91' },
    { text: 'Matricule 190312169807377' },
    { text: 'matricule 1893130105732' },
  ],
});

export const LU: readonly Recognizer[] = [luIdent];
