/** The Netherlands: citizens, pupils, and VAT numbers of before and since 2020. */

import { isDigits, isOneDigit, weightedSum } from '../../scan/check-digits.ts';
import { remainder97 } from '../../scan/checksums.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const WEIGHTS = [9, 8, 7, 6, 5, 4, 3, 2, -1];

/** The eleven test; a leading zero may be left off. */
function isBsn(digits: string): boolean {
  const full = digits.padStart(9, '0');
  return !isOneDigit(full) && weightedSum(full, WEIGHTS) % 11 === 0;
}

const nlBsn = idNumber({
  name: 'nl-bsn',
  entity: 'NL_BSN',
  category: 'government_id',
  countries: ['NL'],
  forms: ['####.##.###', '#########', '### ### ###', '########', '#### ## ###'],
  isValid: isBsn,
  chance: 0.09,
  evidence: 'check',
  context:
    contextWords(`bsn, bsns, bsn nummer, bsnnummer, burgerservicenummer, burger service nummer, sofinummer, sofi nummer, sofi,
persoonsnummer, citizen service number, dutch social security`),
  hits: [
    { text: 'BSN: 1112.22.333', value: '1112.22.333', atLeast: 0.8 },
    { text: '{"bsn":"312837707"}', value: '312837707' },
    { text: 'citizen service number (burgerservicenummer) 304 332 781', value: '304 332 781', atLeast: 0.8 },
  ],
  misses: [{ text: 'BSN 1112.52.333' }, { text: 'BSN 312837700' }, { text: 'order 452748458' }],
});

const nlOnderwijsnummer = idNumber({
  name: 'nl-onderwijsnummer',
  entity: 'NL_ONDERWIJSNUMMER',
  category: 'government_id',
  countries: ['NL'],
  forms: ['####.##.###', '#########'],
  isValid: (compact) => {
    const rest = weightedSum(compact, WEIGHTS) % 11;
    return compact.startsWith('10') && rest === 5;
  },
  chance: 0.0009,
  evidence: 'context',
  context: contextWords(`onderwijsnummer, onderwijsnr, leerlingnummer, student number, education number, duo, pgn`),
  hits: [
    { text: 'Onderwijsnummer: 1012.22.331', value: '1012.22.331', atLeast: 0.8 },
    { text: '{"onderwijsnummer":"107179824"}', value: '107179824' },
    { text: 'student number (DUO) 1049.50.578', value: '1049.50.578', atLeast: 0.8 },
  ],
  misses: [
    { text: 'Onderwijsnummer 107179820' },
    { text: 'Onderwijsnummer 100252333' },
    { text: 'Onderwijsnummer 10122233' },
  ],
});

/** Nine digits, B and two digits: the eleven test of the nine, or since 2020 mod 97 of all with the country's letters. */
export function isDutchVat(compact: string): boolean {
  const parts = /^(\d{7,9})B(\d\d)$/.exec(compact.replace('NL', ''));
  const digits = (parts?.[1] ?? '').padStart(9, '0');
  if (parts === null || !isDigits(digits, 9) || isOneDigit(digits) || parts[2] === '00') return false;
  return weightedSum(digits, WEIGHTS) % 11 === 0 || remainder97(`NL${digits}B${parts[2]}`) === 1;
}

export const NL: readonly Recognizer[] = [nlBsn, nlOnderwijsnummer];
