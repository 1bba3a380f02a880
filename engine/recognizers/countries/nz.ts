/** New Zealand: the tax number and the health index. */

import { numberAt, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** 10 million to 200 million; a second set of weights where the first gives 10 (Inland Revenue). */
function isIrd(compact: string): boolean {
  const digits = compact.replace(/^NZ/, '').padStart(9, '0');
  const number = numberAt(digits, 0, 9);
  if (!(number >= 10_000_000 && number < 200_000_000)) return false;
  const first = weightedSum(digits, [3, 2, 7, 6, 5, 4, 3, 2]) % 11;
  const rest = first === 1 ? weightedSum(digits, [7, 4, 3, 2, 5, 2, 7, 6]) % 11 : first;
  return (11 - rest) % 11 === numberAt(digits, 8, 1);
}

const nzIrd = idNumber({
  name: 'nz-ird',
  entity: 'NZ_IRD',
  category: 'government_id',
  countries: ['NZ'],
  forms: ['##-###-###', '###-###-###', '#######-#', 'NZ #######-#', 'NZ ###-###-###'],
  isValid: isIrd,
  chance: 0.053,
  evidence: 'check',
  context:
    contextWords(`ird, ird number, ird no, ird numbers, inland revenue, inland revenue number, te tari taake, tari taake,
gst number, nz tax, tax number`),
  hits: [
    { text: 'IRD number: 12-241-953', value: '12-241-953', atLeast: 0.8 },
    { text: '{"irdNumber":"158521083"}', value: '158521083' },
    { text: 'Inland Revenue / Te Tari Taake: 061-879-179', value: '061-879-179', atLeast: 0.8 },
  ],
  misses: [{ text: 'IRD number: 50-476-201' }, { text: 'parcel 091406071' }, { text: 'IRD 136-410-133' }],
});

const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ';

/** Without I and O, A = 1; a digit of mod 11 at the end, or, of the numbers since 2026, a letter of mod 23 (HISO 10046). */
function isNhi(compact: string): boolean {
  let sum = 0;
  for (let i = 0; i < 6; i++) {
    const digit = numberAt(compact, i, 1);
    const letter = LETTERS.indexOf(compact.charAt(i)) + 1;
    if (Number.isNaN(digit) && letter === 0) return false;
    sum += (7 - i) * (Number.isNaN(digit) ? letter : digit);
  }
  if (/[A-Z]$/.test(compact)) return compact.charAt(6) === LETTERS.charAt(22 - (sum % 23));
  return sum % 11 !== 0 && (11 - (sum % 11)) % 10 === numberAt(compact, 6, 1);
}

const nzNhi = idNumber({
  name: 'nz-nhi',
  entity: 'NZ_NHI',
  category: 'health',
  countries: ['NZ'],
  forms: ['@@@####', '@@@##@@'],
  isValid: isNhi,
  chance: 0.049,
  evidence: 'context',
  isUpperCase: true,
  context: contextWords(`nhi, nhis, nhi number, nhi no, national health index, health index, hauora, patient, patients,
health nz, te whatu ora`),
  hits: [
    { text: 'NHI: ZAC5361', value: 'ZAC5361' },
    { text: '{"nhiNumber":"ZRJ61VQ"}', value: 'ZRJ61VQ' },
    { text: 'patient, National Health Index YHX5096 (Hauora)', value: 'YHX5096' },
  ],
  misses: [{ text: 'NHI: ZZZ0044' }, { text: 'ZAC5361' }, { text: 'NHI ZZZ00AA' }],
});

export const NZ: readonly Recognizer[] = [nzIrd, nzNhi];
