/** The Philippines: numbers of taxpayers, of social insurance and of the card that joins its kinds. */

import { numberAt, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const TIN_WORDS = `tin, tins, tin number, tin no, taxpayer identification number, taxpayer identification, taxpayer id, tax identification
number, tax id, bir, bureau of internal revenue, rdo, revenue district office, philippine tax, philippines tax`;
const TIN_FORMS = ['###-###-###', '###-###-###-###', '###-###-###-#####', '### ### ### ###'];

/** The ninth digit by weights 9 to 2, mod 11; three or five more are a branch. */
const phTin = idNumber({
  name: 'ph-tin',
  entity: 'PH_TIN',
  category: 'government_id',
  countries: ['PH'],
  forms: TIN_FORMS,
  isValid: (digits) => weightedSum(digits, [9, 8, 7, 6, 5, 4, 3, 2]) % 11 === numberAt(digits, 8, 1),
  chance: 0.089,
  evidence: 'context',
  context: contextWords(TIN_WORDS),
  hits: [
    { text: 'TIN: 413-407-925', value: '413-407-925', atLeast: 0.8 },
    { text: '{"tin":"922605476085"}', value: '922605476085' },
    { text: 'Philippines tax (BIR) 983-688-060-941', value: '983-688-060-941', atLeast: 0.8 },
  ],
  misses: [{ text: '635-552-814' }, { text: 'TIN 471829' }, { text: 'TIN 3598348027182' }],
});

/** The check digit is not official: without it the number is less sure. */
const phTinByShape = idNumber({
  name: 'ph-tin-by-shape',
  entity: 'PH_TIN',
  category: 'government_id',
  countries: ['PH'],
  forms: TIN_FORMS,
  chance: 1,
  evidence: 'context',
  context: contextWords(TIN_WORDS),
  hits: [
    { text: 'TIN: 471-829-365-000', value: '471-829-365-000' },
    { text: '{"tin":"471829365"}', value: '471829365' },
    { text: 'Philippines tax (BIR) 290-481-756', value: '290-481-756' },
  ],
  misses: [{ text: '471-829-365-000' }, { text: 'TIN 471829' }, { text: 'TIN 4718293651' }],
});

const phSss = idNumber({
  name: 'ph-sss',
  entity: 'PH_SSS',
  category: 'government_id',
  countries: ['PH'],
  forms: ['##-#######-#', '## ####### #'],
  chance: 1,
  evidence: 'context',
  context:
    contextWords(`sss, sss number, sss no, sss id, social security system, social security number, social security no, social security,
numero ng sss, philippine social security`),
  hits: [
    { text: 'SSS number: 34-4718293-6', value: '34-4718293-6' },
    { text: '{"sssNumber":"0129048175"}', value: '0129048175' },
    { text: 'Numero ng SSS (Social Security System) 34-4718293-6', value: '34-4718293-6' },
  ],
  misses: [{ text: '34-4718293-6' }, { text: 'SSS 34-471829-6' }, { text: 'SSS 34471829361' }],
});

const phUmid = idNumber({
  name: 'ph-umid',
  entity: 'PH_UMID',
  category: 'government_id',
  countries: ['PH'],
  forms: ['####-#######-#', '#### ####### #'],
  chance: 1,
  evidence: 'context',
  context:
    contextWords(`umid, umid number, umid no, umid card, umid id, unified multi purpose id, unified multipurpose id, crn, crn number,
crn no, common reference number, gsis`),
  hits: [
    { text: 'UMID: 0111-4718293-6', value: '0111-4718293-6' },
    { text: '{"umidNumber":"002829048175"}', value: '002829048175' },
    { text: 'Common Reference Number (UMID card) 0111-4718293-6', value: '0111-4718293-6' },
  ],
  misses: [{ text: '0111-4718293-6' }, { text: 'UMID 0111-471829-6' }, { text: 'UMID 01114718293612' }],
});

export const PH: readonly Recognizer[] = [phTin, phTinByShape, phSss, phUmid];
