/** Morocco: the number that all offices share of a company. */

import { isOneDigit } from '../../scan/check-digits.ts';
import { remainder97 } from '../../scan/checksums.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Nine digits of the company, four of the establishment, two check digits mod 97. */
const maIce = idNumber({
  name: 'ma-ice',
  entity: 'MA_ICE',
  category: 'business',
  countries: ['MA'],
  forms: ['###############', '############## #', '######### #### ##', '### ### ### ### ###', '#########-####-##'],
  isValid: (digits) => !isOneDigit(digits) && remainder97(digits) === 0,
  chance: 0.01,
  evidence: 'context',
  context: contextWords(`ice, n ice, numéro ice, numero ice, identifiant commun de l entreprise, identifiant commun,
moroccan company, morocco company, التعريف الموحد للمقاولة, المعرف الموحد للمقاولة, رقم التعريف الموحد`),
  hits: [
    { text: 'ICE : 231785845474579', value: '231785845474579' },
    { text: '{"ice":"623208372029625"}', value: '623208372029625' },
    { text: 'التعريف الموحد للمقاولة (ICE) 060455467 7911 90', value: '060455467 7911 90', atLeast: 0.8 },
  ],
  misses: [{ text: 'ICE 526815739020410' }, { text: '398389256550692' }, { text: 'ICE 39838925655069212' }],
});

export const MA: readonly Recognizer[] = [maIce];
