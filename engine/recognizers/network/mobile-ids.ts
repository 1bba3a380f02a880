/**
 * Numbers of mobile phones and SIM cards: IMEI (3GPP TS 23.003 §6, Luhn), IMSI (§2.2, a country code first) and ICCID (ITU-T
 * E.118, `89` and Luhn). One in ten numbers of such a length passes, so they need their name.
 */
import { isLuhn } from '../../scan/checksums.ts';
import { contextWords } from '../../scan/context.ts';
import { isPartOfIdentifier, standsAlone } from '../../scan/edges.ts';
import { DASH, type NumberChain, PAREN, SLASH, SPACE } from '../../scan/numbers.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** All but a dot. */
const SEPARATORS = SPACE | DASH | SLASH | PAREN;

/** The digits of a part that stands by itself; empty where it does not. */
function digitsIn(passage: Passage, chain: NumberChain, first: number, last: number): string {
  const start = chain.start(first);
  const end = chain.end(last);
  if (!standsAlone(passage.text, start, end)) return '';
  if (isPartOfIdentifier(passage.text, start, end)) return '';
  const digits = passage.ascii(start, end).replace(/\D/g, '');
  return /^(\d)\1+$/.test(digits) ? '' : digits;
}

export const imei: Recognizer = {
  name: 'imei',
  entity: 'IMEI',
  category: 'network',
  countries: [],
  numbers: { minDigits: 15, maxDigits: 15, minGroups: 1, maxGroups: 4, separators: SEPARATORS },
  context: contextWords('imei, imeis, handset, phone, mobile, device, equipment, smartphone, serial'),
  findInNumbers(passage: Passage, chain: NumberChain, first: number, last: number): void {
    const digits = digitsIn(passage, chain, first, last);
    // The two digits of the body that allocates the type: no others are given out.
    if (!/^(?:0[01]|10|3[0-9]|4[459]|5[0-4]|86|9[189])/.test(digits) || !isLuhn(digits)) return;
    passage.report(imei, chain.start(first), chain.end(last), 0.3, 0.75);
  },
  hits: [
    { text: 'IMEI: 490154203237518', value: '490154203237518' },
    { text: 'imei 35-209900-176148-1', value: '35-209900-176148-1' },
  ],
  misses: [{ text: 'IMEI: 490154203237519' }, { text: 'order 490154203237518' }, { text: 'imei 000000000000000' }],
};

export const imsi: Recognizer = {
  name: 'imsi',
  entity: 'IMSI',
  category: 'network',
  countries: [],
  numbers: { minDigits: 14, maxDigits: 15, minGroups: 1, maxGroups: 3, separators: SEPARATORS },
  scoreAlone: { compact: 0.1, printed: 0.1 },
  asksAlone: true,
  context: contextWords('imsi, imsis, international mobile subscriber identity'),
  findInNumbers(passage: Passage, chain: NumberChain, first: number, last: number): void {
    // Mobile country codes (ITU-T E.212): 2 to 7 by continent, 901 for networks of no country.
    if (!/^(?:2[0-9]|3[0-7]|4[0-7]|5[0-5]|6[0-5]|7[0-6]|90)\d+$/.test(digitsIn(passage, chain, first, last))) return;
    passage.report(imsi, chain.start(first), chain.end(last), 0.1, 0.75);
  },
  hits: [{ text: 'imsi=262011234567890', value: '262011234567890' }],
  misses: [{ text: 'IMSI 162011234567890' }, { text: 'id 262011234567890' }],
};

export const iccid: Recognizer = {
  name: 'iccid',
  entity: 'ICCID',
  category: 'network',
  countries: [],
  numbers: { minDigits: 19, maxDigits: 20, minGroups: 1, maxGroups: 6, separators: SEPARATORS },
  context: contextWords('iccid, iccids, sim, sim card, esim, ccid, simcard, icc id, uicc'),
  findInNumbers(passage: Passage, chain: NumberChain, first: number, last: number): void {
    if (passage.text[chain.start(first)] !== 0x38) return;
    const digits = digitsIn(passage, chain, first, last);
    if (!digits.startsWith('89') || !isLuhn(digits)) return;
    passage.report(iccid, chain.start(first), chain.end(last), 0.4, 0.85);
  },
  hits: [{ text: 'ICCID 8991101200003204514', value: '8991101200003204514', atLeast: 0.8 }],
  misses: [{ text: 'ICCID 8991101200003204515' }, { text: 'sim 7991101200003204514' }, { text: '8991101200003204514' }],
};
