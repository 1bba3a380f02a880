/** Moldova: the number of people and companies. */

import { isOneDigit, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Thirteen digits, 0, 1 or 2 first, weights 7 3 1. */
const mdIdno = idNumber({
  name: 'md-idno',
  entity: 'MD_IDNO',
  category: 'government_id',
  countries: ['MD'],
  forms: ['#############'],
  isValid: (compact) =>
    !isOneDigit(compact) && weightedSum(compact, [7, 3, 1, 7, 3, 1, 7, 3, 1, 7, 3, 1, -1]) % 10 === 0,
  chance: 0.1,
  evidence: 'check',
  context: contextWords(
    `idno, idnp, idnp ul, cod fiscal, codul fiscal, cod personal, moldovan id, moldovan tax number, buletin`,
  ),
  hits: [
    { text: 'IDNO: 1008600038413', value: '1008600038413' },
    { text: '{"idnp":"0056914557079"}', value: '0056914557079' },
    { text: 'Moldovan tax number 3502172035367', value: '3502172035367' },
  ],
  misses: [{ text: 'IDNO 1008600038412' }, { text: 'IDNO 005691455707912' }, { text: 'comanda 0056914557079' }],
});

export const MD: readonly Recognizer[] = [mdIdno];
