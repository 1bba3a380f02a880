/** Ireland: the personal public service number, which the revenue and VAT numbers share their check with. */

import { weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const LETTERS = 'WABCDEFGHIJKLMNOPQRSTUV';

/** The check letter of seven digits and the letter behind it (Department of Social Protection; Revenue). */
function checkLetter(digits: string, second: string): string {
  const further = second === '' ? 0 : 9 * LETTERS.indexOf(second);
  return LETTERS.charAt((weightedSum(digits, [8, 7, 6, 5, 4, 3, 2]) + further) % 23);
}

function isPps(compact: string): boolean {
  const parts = /^(\d{7})([A-W])([A-IWTX]?)$/.exec(compact);
  if (parts === null) return false;
  const [, digits = '', check, second = ''] = parts;
  return check === checkLetter(digits, /[A-I]/.test(second) ? second : '');
}

/** Without the country's letters: seven digits and one or two letters, or of before 2013 with a letter in second place. */
export function isIrishVat(compact: string): boolean {
  const now = /^(\d{7})([A-W])([A-W]?)$/.exec(compact);
  if (now !== null) return now[2] === checkLetter(now[1] ?? '', now[3] ?? '');
  const before = /^(\d)[A-Z](\d{5})([A-W])$/.exec(compact);
  return before !== null && before[3] === checkLetter(`0${before[2]}${before[1]}`, '');
}

const iePps = idNumber({
  name: 'ie-pps',
  entity: 'IE_PPS',
  category: 'government_id',
  countries: ['IE'],
  forms: ['#######@', '#######@@', '####### @@'],
  isValid: isPps,
  chance: 0.018,
  evidence: 'check',
  isUpperCase: true,
  context: contextWords(`pps, ppsn, pps number, pps no, ppsno, personal public service, rsi number, uimhir psp, uimhir,
revenue, tax reference, welfare`),
  hits: [
    { text: 'PPS number: 0056914O', value: '0056914O' },
    { text: '{"ppsn":"4158516FT"}', value: '4158516FT' },
    { text: 'Uimhir PSP 8168255S', value: '8168255S' },
  ],
  misses: [{ text: 'PPS number 8168255A' }, { text: 'PPS 120056914O' }, { text: 'batch 0056914O' }],
});

export const IE: readonly Recognizer[] = [iePps];
