/** Guatemala: identity codes, which end with department and municipality, and tax numbers (RENAP, SAT). */
import { isDigits, numberAt, weightedFromEnd, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Municipalities of the departments 01 to 22. */
const MUNICIPALITIES = [17, 8, 16, 16, 13, 14, 19, 8, 24, 21, 9, 30, 32, 21, 8, 17, 14, 5, 11, 11, 7, 17];

function isCui(digits: string): boolean {
  const municipality = numberAt(digits, 11, 2);
  if (!isDigits(digits, 13) || municipality < 1) return false;
  if (municipality > (MUNICIPALITIES[numberAt(digits, 9, 2) - 1] ?? 0)) return false;
  return numberAt(digits, 8, 1) === (weightedSum(digits, [2, 3, 4, 5, 6, 7, 8, 9]) % 11) % 10;
}

const gtCui = idNumber({
  name: 'gt-cui',
  entity: 'GT_CUI',
  category: 'government_id',
  countries: ['GT'],
  forms: ['#### ##### ####', '#############'],
  isValid: isCui,
  chance: 0.0034,
  evidence: 'context',
  context: contextWords(`cui, c u i, dpi, código único de identificación, codigo unico de identificacion,
documento personal de identificación, documento personal de identificacion, renap, identity number`),
  hits: [
    { text: 'CUI 1587 56444 0904', value: '1587 56444 0904', atLeast: 0.8 },
    { text: '{"dpi":"1580352240101"}', value: '1580352240101' },
    { text: 'identity number (DPI): 1587-56444-0904', value: '1587-56444-0904', atLeast: 0.8 },
  ],
  misses: [{ text: '1587 56444 0904' }, { text: 'CUI 1680352240101' }, { text: 'CUI 15875644409041' }],
});

/** Weights 2, 3, … from the right; K stands for 10. */
function isNit(compact: string): boolean {
  const body = compact.slice(0, -1);
  const sum = weightedFromEnd(body, [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  return compact.endsWith('0123456789K'.charAt((11 - (sum % 11)) % 11)) && !/^0+$/.test(body);
}

const gtNit = idNumber({
  name: 'gt-nit',
  entity: 'GT_NIT',
  category: 'government_id',
  countries: ['GT'],
  forms: [
    '####-#',
    '#####-#',
    '######-#',
    '#######-#',
    '########-#',
    '####-K',
    '#####-K',
    '######-K',
    '#######-K',
    '########-K',
  ],
  isValid: isNit,
  chance: 0.09,
  evidence: 'context',
  context: contextWords(`nit, n i t, número de identificación tributaria, numero de identificacion tributaria,
contribuyente, taxpayer`),
  hits: [
    { text: 'NIT 576937-K', value: '576937-K', atLeast: 0.8 },
    { text: '{"nit":"576937K"}', value: '576937K' },
    { text: 'taxpayer (NIT) 7108-0', value: '7108-0', atLeast: 0.8 },
  ],
  misses: [{ text: '576937-K' }, { text: 'NIT 8977112-0' }, { text: 'NIT 1234567890123' }],
});

export const GT: readonly Recognizer[] = [gtCui, gtNit];
