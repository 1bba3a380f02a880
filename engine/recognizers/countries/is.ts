/** Iceland: people and companies share one kind of number; VAT has its own. */

import { isBirthDate } from '../../scan/birth-dates.ts';
import { numberAt, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Date (40 more in a company's day), two digits, a check digit modulo 11, the century. */
function isKennitala(digits: string): boolean {
  const written = numberAt(digits, 0, 2);
  const day = written > 40 ? written - 40 : written;
  const last = digits.charAt(9);
  const century = last === '9' ? 1900 : last === '0' ? 2000 : last === '8' ? 1800 : Number.NaN;
  return (
    isBirthDate(century + numberAt(digits, 4, 2), numberAt(digits, 2, 2), day) &&
    weightedSum(digits, [3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0
  );
}

const kennitala = idNumber({
  name: 'is-kennitala',
  entity: 'IS_KENNITALA',
  category: 'government_id',
  countries: ['IS'],
  forms: ['######-####', '##########', '###### ####'],
  isValid: isKennitala,
  chance: 0.00105,
  evidence: 'check',
  context: contextWords(
    `kennitala, kennitölu, kennitalu, kennitolu, kt, icelandic id, icelandic national id, þjóðskrá`,
  ),
  hits: [
    { text: 'Kennitala: 120174-3399', value: '120174-3399', atLeast: 0.8 },
    { text: '{"kennitala":"6311891218"}', value: '6311891218' },
    { text: 'Icelandic national ID 230923-1409', value: '230923-1409', atLeast: 0.8 },
    { text: 'kt. 450401-3150', value: '450401-3150', atLeast: 0.8 },
  ],
  misses: [{ text: 'kennitala 320174-3399' }, { text: 'kennitala 530575-0299' }, { text: 'kennitala 14050826894' }],
});

/** Five or six digits without a check. */
const vsk = idNumber({
  name: 'is-vsk',
  entity: 'IS_VSK',
  category: 'business',
  countries: ['IS'],
  forms: ['#####', '######', 'IS #####', 'IS ######'],
  chance: 1,
  evidence: 'context',
  context: contextWords(
    `vsk, vsk nr, vsk númer, vsk numer, vsknr, virðisaukaskattur, virðisaukaskattsnúmer, icelandic vat`,
  ),
  hits: [
    { text: 'VSK nr. 00621', value: '00621' },
    { text: '{"vskNumer":"106482"}', value: '106482' },
    { text: 'Icelandic VAT IS 00621', value: 'IS 00621' },
  ],
  misses: [{ text: '00621' }, { text: 'VSK 0062199' }, { text: 'reikningur 106482' }],
});

export const IS: readonly Recognizer[] = [kennitala, vsk];
