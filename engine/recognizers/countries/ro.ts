/** Romania: people, taxes and the trade register. */

import { isBirthDate } from '../../scan/birth-dates.ts';
import { isOneDigit, numberAt, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const CENTURIES = [0, 1900, 1900, 1800, 1800, 2000, 2000];

/** Sex and century (7 and 8 residents, 9 foreigners), date, county, order and a check digit; 10 is written 1. */
export function isCnp(digits: string): boolean {
  const first = numberAt(digits, 0, 1);
  const county = numberAt(digits, 7, 2);
  if (first === 0 || !((county >= 1 && county <= 48) || county === 51 || county === 52 || county === 70)) return false;
  const rest = weightedSum(digits, [2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11;
  if ((rest === 10 ? 1 : rest) !== numberAt(digits, 12, 1)) return false;
  const [short, month, day] = [numberAt(digits, 1, 2), numberAt(digits, 3, 2), numberAt(digits, 5, 2)];
  const century = CENTURIES[first];
  if (century !== undefined) return isBirthDate(century + short, month, day);
  return isBirthDate(1900 + short, month, day) || isBirthDate(2000 + short, month, day);
}

const roCnp = idNumber({
  name: 'ro-cnp',
  entity: 'RO_CNP',
  category: 'government_id',
  countries: ['RO'],
  forms: ['#############', '# ###### ######'],
  isValid: isCnp,
  chance: 0.0013,
  evidence: 'check',
  context:
    contextWords(`cnp, cnp ul, cod numeric personal, codul numeric personal, buletin, carte de identitate, romanian personal code,
personal numeric code, romanian id`),
  hits: [
    { text: 'CNP: 1630615123457', value: '1630615123457' },
    { text: '{"cnp":"2230923140998"}', value: '2230923140998' },
    { text: 'Romanian personal code 1 021123 032307', value: '1 021123 032307', atLeast: 0.8 },
  ],
  misses: [
    { text: 'CNP 1630615123458' },
    { text: 'CNP 0800101221142' },
    { text: 'CNP 1632215123457' },
    { text: 'CNP 223092314099812' },
    { text: 'comanda 2230923140998' },
  ],
});

/** Two to ten digits, the last checks the others. */
export function isCui(digits: string): boolean {
  if (!/^[1-9]\d{1,9}$/.test(digits) || isOneDigit(digits)) return false;
  const full = digits.padStart(10, '0');
  return ((10 * weightedSum(full, [7, 5, 3, 2, 1, 7, 5, 3, 2])) % 11) % 10 === numberAt(full, 9, 1);
}

const roCui = idNumber({
  name: 'ro-cui',
  entity: 'RO_CUI',
  category: 'business',
  countries: ['RO'],
  forms: [
    '########',
    '#######',
    '######',
    '#####',
    '##########',
    '#########',
    '### ### ##',
    'RO ########',
    'RO #######',
    'RO ######',
    'RO ### ### ##',
    'RO ##########',
  ],
  isValid: (compact) => isCui(compact.replace('RO', '')),
  chance: 0.085,
  evidence: 'check',
  context:
    contextWords(`cui, cif, cod fiscal, codul fiscal, cod unic de înregistrare, cod unic de inregistrare, cod de identificare fiscală,
cod de identificare fiscala, înregistrare fiscală, anaf, romanian tax number, romanian company`),
  hits: [
    { text: 'CUI: 18547290', value: '18547290' },
    { text: '{"cui":"80484103"}', value: '80484103' },
    { text: 'Romanian company, tax no. RO 185 472 90', value: 'RO 185 472 90', atLeast: 0.8 },
  ],
  misses: [{ text: 'CUI 185 472 91' }, { text: 'CUI 123456789012' }, { text: 'comanda 82405351' }],
});

/** J, F or C, the county, a number and the year or date. */
function isTradeRegister(compact: string): boolean {
  const county = numberAt(compact, 1, 2);
  const year = Number(compact.slice(-4));
  const isCounty = (county >= 1 && county <= 40) || county === 51 || county === 52;
  return /^[JFC]/.test(compact) && isCounty && year >= 1990 && year <= 2035;
}

const SERIALS = ['#', '##', '###', '####', '#####'];

const roOnrc = idNumber({
  name: 'ro-onrc',
  entity: 'RO_ONRC',
  category: 'business',
  countries: ['RO'],
  forms: [...SERIALS.map((serial) => `@##/${serial}/####`), ...SERIALS.map((serial) => `@##/${serial}/##.##.####`)],
  isValid: isTradeRegister,
  chance: 0.00022,
  evidence: 'check',
  isUpperCase: true,
  context:
    contextWords(`onrc, registrul comerțului, registrul comertului, nr reg com, reg com, orc, număr de ordine, romanian trade register,
trade register`),
  hits: [
    { text: 'Nr. Reg. Com. J52/750/2012', value: 'J52/750/2012', atLeast: 0.8 },
    { text: '{"onrc":"J40/8302/1997"}', value: 'J40/8302/1997', atLeast: 0.8 },
    { text: 'trade register J52/750/03.07.2012', value: 'J52/750/03.07.2012', atLeast: 0.8 },
  ],
  misses: [{ text: 'ONRC X52/750/2012' }, { text: 'ONRC J45/750/2012' }, { text: 'ONRC J52/750/1812' }],
});

export const RO: readonly Recognizer[] = [roCnp, roCui, roOnrc];
