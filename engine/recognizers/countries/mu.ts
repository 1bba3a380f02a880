/** Mauritius: the national identity number. */

import { isBirthDateOfShortYear } from '../../scan/birth-dates.ts';
import { characterValue, numberAt, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Initial of the surname, date of birth, six digits, mod 17 by weights 14 to 2 with the check from 1 to H. */
function isNid(compact: string): boolean {
  const check = characterValue(compact, 13);
  return (
    isBirthDateOfShortYear(numberAt(compact, 5, 2), numberAt(compact, 3, 2), numberAt(compact, 1, 2)) &&
    17 - (weightedSum(compact, [14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 17) === check
  );
}

const muNid = idNumber({
  name: 'mu-nid',
  entity: 'MU_NID',
  category: 'government_id',
  countries: ['MU'],
  forms: ['@############*'],
  isValid: isNid,
  chance: 0.001,
  evidence: 'check',
  context:
    contextWords(`nid, nids, nic, nid number, national id, national identity, national identity card, identity card,
identifiant national, carte d identité, carte d identite, mauritian id, mauritius id`),
  hits: [
    { text: 'NID: M090497290349B', value: 'M090497290349B' },
    { text: '{"nid":"L2207971502833"}', value: 'L2207971502833' },
    { text: 'Carte d’identité (Mauritian ID) I110803089767A', value: 'I110803089767A' },
  ],
  misses: [{ text: 'NID: M090497290348B' }, { text: 'part M090497290349B7' }, { text: 'NID M411397290349B' }],
});

export const MU: readonly Recognizer[] = [muNid];
