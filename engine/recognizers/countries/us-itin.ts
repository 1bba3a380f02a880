/** US individual taxpayer numbers: nine digits that begin with 9, group 50-65, 70-88, 90-92 or 94-99 (IRS). */

import { digitsOf } from '../../scan/bytes.ts';
import { contextWords } from '../../scan/context.ts';
import { isPartOfIdentifier, standsAlone } from '../../scan/edges.ts';
import { DASH, DOT, type NumberChain, SPACE } from '../../scan/numbers.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Recognizer } from '../../scan/recognizer.ts';
import { isThreeTwoFour } from './us-ssn.ts';

/** Nine digits. */
export function isItin(digits: string): boolean {
  if (!/^9\d{8}$/.test(digits)) return false;
  const group = Number(digits.slice(3, 5));
  return (group >= 50 && group <= 65) || (group >= 70 && group <= 88) || (group >= 90 && group <= 99 && group !== 93);
}

export const usItin: Recognizer = {
  name: 'us-itin',
  entity: 'US_ITIN',
  category: 'government_id',
  countries: ['US'],
  numbers: { minDigits: 9, maxDigits: 9, minGroups: 1, maxGroups: 3, sizes: ['3-2-4'], separators: DASH | SPACE | DOT },
  scoreAlone: { compact: 0.1, printed: 0.65 },
  asksAlone: true,
  context: contextWords(`itin, itins, individual taxpayer, taxpayer, tax id, tin, w7, w 7, irs`),
  findInNumbers(passage: Passage, chain: NumberChain, first: number, last: number): void {
    const start = chain.start(first);
    const end = chain.end(last);
    const joined = chain.joined(first, last);
    const isPrinted = isThreeTwoFour(chain, first, last) && (joined === DASH || joined === SPACE || joined === DOT);
    if (first !== last && !isPrinted) return;
    if (!isItin(digitsOf(passage.text, start, end))) return;
    if (!standsAlone(passage.text, start, end) || isPartOfIdentifier(passage.text, start, end)) return;
    if (joined === DASH) passage.report(usItin, start, end, 0.6, 0.95);
    else if (first !== last) passage.report(usItin, start, end, 0.3, 0.9);
    else passage.report(usItin, start, end, 0.1, 0.8);
  },
  hits: [
    { text: 'ITIN 912-90-3456', value: '912-90-3456', atLeast: 0.8 },
    { text: '912-90-3456', value: '912-90-3456' },
    { text: 'ITIN 912.90.3456', value: '912.90.3456' },
    { text: 'taxpayer id: 912903456', value: '912903456', atLeast: 0.8 },
  ],
  misses: [
    { text: 'itin 912-93-3456' },
    { text: 'itin 812-90-3456' },
    { text: 'call 912903456' },
    { text: '912-90-34567' },
  ],
};
