/** San Marino: the economic operator's code, up to five digits, of which not all of two digits are given out. */

import { documentNumber } from '../../scan/document-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Codes of one and two digits that are in use. */
const SHORT = new Set([
  2, 4, 6, 7, 8, 9, 10, 11, 13, 16, 18, 19, 20, 21, 25, 26, 30, 32, 33, 35, 36, 37, 38, 39, 40, 42, 45, 47, 49, 51, 52,
  55, 56, 57, 58, 59, 61, 62, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 79, 80, 81, 84, 85, 87, 88, 91, 92,
  94, 95, 96, 97, 99,
]);

const smCoe = documentNumber({
  name: 'sm-coe',
  entity: 'SM_COE',
  category: 'business',
  countries: ['SM'],
  words: ['codice operatore economico', 'c.o.e.', 'coe:', 'coe n', 'coe sm', 'economic operator code'],
  isValue: (compact) => {
    const digits = /^(?:SM)?0{0,3}(\d{1,5})$/.exec(compact)?.[1];
    return digits !== undefined && (Number(digits) > 99 || SHORT.has(Number(digits)));
  },
  hits: [
    { text: 'COE: 51', value: '51' },
    { text: 'Codice Operatore Economico SM04165', value: 'SM04165', atLeast: 0.8 },
    { text: '{"codiceOperatoreEconomico":"024165"}', value: '024165' },
  ],
  misses: [{ text: 'COE: 1124165' }, { text: 'COE 2024 report' }, { text: 'COE: 2416A' }, { text: '24165' }],
});

export const SM: readonly Recognizer[] = [smCoe];
