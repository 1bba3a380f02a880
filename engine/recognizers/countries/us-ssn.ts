/**
 * US social security numbers. No area 000, 666 or 900 to 999, no group 00, no serial 0000 (SSA since 2011). Nine bare
 * digits say nothing by themselves, so they need context; the dashed form stands alone.
 */

import { digitsOf } from '../../scan/bytes.ts';
import { contextWords } from '../../scan/context.ts';
import { isPartOfIdentifier, standsAlone } from '../../scan/edges.ts';
import { DASH, DOT, type NumberChain, SPACE } from '../../scan/numbers.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Numbers once printed on sample cards and in advertising, which the SSA withdrew. */
const WITHDRAWN = new Set(['219099999', '457555462', '189092294', '433543937']);
/** The most printed of them stands for a real one in tests and examples, as a test card does. */
const SAMPLE = '078051120';

/** Nine digits. */
export function isSsn(digits: string): boolean {
  if (!/^\d{9}$/.test(digits)) return false;
  const area = digits.slice(0, 3);
  if (area === '000' || area === '666' || area >= '900') return false;
  if (digits.slice(3, 5) === '00' || digits.slice(5) === '0000') return false;
  if (WITHDRAWN.has(digits)) return false;
  return !/^(\d)\1{8}$/.test(digits);
}

/** The sizes 3-2-4 of a social security number or taxpayer number. */
export function isThreeTwoFour(chain: NumberChain, first: number, last: number): boolean {
  return last - first === 2 && chain.digits(first) === 3 && chain.digits(first + 1) === 2 && chain.digits(last) === 4;
}

export const usSsn: Recognizer = {
  name: 'us-ssn',
  entity: 'US_SSN',
  category: 'government_id',
  countries: ['US'],
  numbers: { minDigits: 9, maxDigits: 9, minGroups: 1, maxGroups: 3, sizes: ['3-2-4'], separators: DASH | SPACE | DOT },
  scoreAlone: { compact: 0.1, printed: 0.65 },
  asksAlone: true,
  context:
    contextWords(`ssn, ssns, social security, my social, your social, his social, her social, social number, social no, socsec, social sec, soc sec, taxpayer, tax id, tin, ssid, w2,
w 2, w9, w 9, 1099, seguro social`),
  findInNumbers(passage: Passage, chain: NumberChain, first: number, last: number): void {
    const start = chain.start(first);
    const end = chain.end(last);
    const joined = chain.joined(first, last);
    const isPrinted = isThreeTwoFour(chain, first, last) && (joined === DASH || joined === SPACE || joined === DOT);
    if (first !== last && !isPrinted) return;
    const digits = digitsOf(passage.text, start, end);
    if (!isSsn(digits)) return;
    if (!standsAlone(passage.text, start, end) || isPartOfIdentifier(passage.text, start, end)) return;
    const isSample = digits === SAMPLE;
    if (joined === DASH) passage.report(usSsn, start, end, isSample ? 0.5 : 0.65, isSample ? 0.8 : 0.95);
    else if (joined === SPACE || joined === DOT) passage.report(usSsn, start, end, 0.3, 0.9);
    else passage.report(usSsn, start, end, 0.1, 0.8);
  },
  hits: [
    { text: 'SSN: 536-22-8145', value: '536-22-8145', atLeast: 0.8 },
    { text: '536-22-8145', value: '536-22-8145' },
    { text: 'his social security number is 536 22 8145.', value: '536 22 8145', atLeast: 0.8 },
    { text: '{"customerSsn": "536228145"}', value: '536228145', atLeast: 0.8 },
    { text: '536228145', label: 'employee_ssn', value: '536228145', atLeast: 0.8 },
    { text: 'SSN 078-05-1120', value: '078-05-1120' },
    { text: 'my SSN is 536.22.8145', value: '536.22.8145' },
    { text: 'my SSN is 123-45-6789', value: '123-45-6789', atLeast: 0.8 },
  ],
  misses: [
    { text: 'build 536228145' },
    { text: 'range 123456789' },
    { text: 'ssn 000-12-3456' },
    { text: 'ssn 666-12-3456' },
    { text: 'ssn 912-12-3456' },
    { text: 'ssn 536-00-8145' },
    { text: 'ssn 536-22-0000' },
    { text: 'part 536-22-8145-9' },
    { text: 'page 536 22 8145' },
    { text: 'a1-536-22-8145' },
  ],
};
