/** Dominican Republic: identity and taxpayer numbers (JCE, DGII). */
import { isOneDigit, numberAt, weightedSum } from '../../scan/check-digits.ts';
import { isLuhn } from '../../scan/checksums.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const doCedula = idNumber({
  name: 'do-cedula',
  entity: 'DO_CEDULA',
  category: 'government_id',
  countries: ['DO'],
  forms: ['###-#######-#'],
  isValid: (digits) => isLuhn(digits) && !isOneDigit(digits),
  chance: 0.1,
  evidence: 'context',
  context: contextWords(`cédula, cedula, cédula de identidad, cedula de identidad, cédula y electoral, cie, jce,
identity card`),
  hits: [
    { text: 'cédula 001-1391820-5', value: '001-1391820-5', atLeast: 0.8 },
    { text: '{"cedula":"00113918205"}', value: '00113918205' },
    { text: 'identity card (DO): 001-1391820-5', value: '001-1391820-5', atLeast: 0.8 },
  ],
  misses: [{ text: '001-1391820-5' }, { text: 'cédula 00113918204' }, { text: 'cédula 001139182' }],
});

function isRnc(digits: string): boolean {
  const sum = weightedSum(digits, [7, 9, 8, 6, 5, 4, 3, 2]);
  return numberAt(digits, 8, 1) === ((10 - (sum % 11)) % 9) + 1;
}

const doRnc = idNumber({
  name: 'do-rnc',
  entity: 'DO_RNC',
  category: 'business',
  countries: ['DO'],
  forms: ['#-##-#####-#', '#########'],
  isValid: isRnc,
  chance: 0.1,
  evidence: 'context',
  context: contextWords(`rnc, r n c, registro nacional del contribuyente, registro nacional de contribuyentes, dgii,
contribuyente, taxpayer`),
  hits: [
    { text: 'RNC 1-01-85004-3', value: '1-01-85004-3', atLeast: 0.8 },
    { text: '{"rnc":"401505967"}', value: '401505967' },
    { text: 'taxpayer (DGII) 1-01-85004-3', value: '1-01-85004-3', atLeast: 0.8 },
  ],
  misses: [{ text: '1-01-85004-3' }, { text: 'RNC 101850042' }, { text: 'RNC 10185004' }],
});

export const DO: readonly Recognizer[] = [doCedula, doRnc];
