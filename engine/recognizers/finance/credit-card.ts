/**
 * Payment card numbers: issuer range and length, then Luhn. Published test cards are findings too, since a prompt that
 * holds one would hold a real one. A bare run in a range or length that is seldom used needs context.
 */

import { byteSet, digitsOf, isDigit, isIn } from '../../scan/bytes.ts';
import { isLuhn } from '../../scan/checksums.ts';
import { contextWords } from '../../scan/context.ts';
import { isPartOfIdentifier, standsAlone } from '../../scan/edges.ts';
import { DASH, DOT, type NumberChain, SPACE } from '../../scan/numbers.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

type Issuer = 'common' | 'rare' | null;

/** Whether an issuer hands out this number of digits under a prefix of four, and how common that is. */
function issuerOf(four: number, length: number): Issuer {
  if (length < 12) return null;
  const three = Math.floor(four / 10);
  const two = Math.floor(four / 100);
  if (four >= 4000 && four <= 4999) return length === 16 ? 'common' : length === 13 || length === 19 ? 'rare' : null;
  if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)) return length === 16 ? 'common' : null;
  if (two === 34 || two === 37) return length === 15 ? 'common' : null;
  if (two === 36 || (three >= 300 && three <= 305) || three === 309 || two === 38 || two === 39) {
    return length === 14 ? 'common' : length === 16 || length === 19 ? 'rare' : null;
  }
  if (four === 6011 || two === 65 || (three >= 644 && three <= 649)) {
    return length === 16 ? 'common' : length > 16 && length <= 19 ? 'rare' : null;
  }
  if (four >= 3528 && four <= 3589) return length === 16 ? 'common' : length > 16 && length <= 19 ? 'rare' : null;
  if (two === 62) return length === 16 ? 'common' : length > 16 && length <= 19 ? 'rare' : null;
  if (four >= 2200 && four <= 2204) return length === 16 ? 'common' : length > 16 && length <= 19 ? 'rare' : null;
  if (two === 50 || (two >= 56 && two <= 58) || two === 63 || two === 67 || two === 60) {
    return length >= 12 && length <= 19 ? 'rare' : null;
  }
  return null;
}

/** Digits alone: an issuer's range and length, and Luhn (ISO/IEC 7812-1). */
export function isCardNumber(digits: string): boolean {
  return issuerOf(Number(digits.slice(0, 4)), digits.length) !== null && isChecked(digits);
}

function isChecked(digits: string): boolean {
  return !isMonotone(digits) && isLuhn(digits);
}

function isMonotone(digits: string): boolean {
  for (let i = 1; i < digits.length; i++) if (digits.charCodeAt(i) !== digits.charCodeAt(0)) return false;
  return true;
}

/** What the first four digits from `start` on say, which have separators between them at the most. */
function firstFour(text: Uint8Array, start: number): number {
  let four = 0;
  for (let i = start, count = 0; count < 4; i++) {
    const byte = text[i] as number;
    if (!isDigit(byte)) continue;
    four = four * 10 + byte - 0x30;
    count++;
  }
  return four;
}

/** How cards are printed: sizes of their groups. */
const PRINTED = '4-4-4-4 4-6-5 4-6-4 4-6-6 4-4-4-4-3 4-4-4-3 8-8 4-4-4 6-4-4-4 6-5-5 6-6-7'.split(' ');
/** What issuers' ranges begin with. */
const LEADING = byteSet('2-6');

export const creditCard: Recognizer = {
  name: 'credit-card',
  entity: 'CREDIT_CARD',
  category: 'financial',
  countries: [],
  numbers: { minDigits: 12, maxDigits: 19, minGroups: 1, maxGroups: 5, sizes: PRINTED, separators: SPACE | DASH | DOT },
  context:
    contextWords(`card, cards, credit, debit, visa, mastercard, amex, american express, discover, diners, jcb, maestro,
unionpay, pan, cc, ccn, cvv, cvc, expires, expiry, exp, kreditkarte, karte, carte, tarjeta, carta,
cartao, cartão, creditcard, payment, charged`),
  findInNumbers(passage: Passage, chain: NumberChain, first: number, last: number): void {
    const start = chain.start(first);
    if (!isIn(LEADING, passage.text[start] as number)) return;
    const end = chain.end(last);
    const isGrouped = last > first;
    const joined = chain.joined(first, last);
    if (isGrouped && joined !== SPACE && joined !== DASH && joined !== DOT) return;
    let length = 0;
    for (let group = first; group <= last; group++) length += chain.digits(group);
    const issuer = issuerOf(firstFour(passage.text, start), length);
    if (issuer === null || !isChecked(digitsOf(passage.text, start, end))) return;
    if (!standsAlone(passage.text, start, end) || isPartOfIdentifier(passage.text, start, end)) return;
    // Nobody prints it so: it was spelled to pass, or a program set the dots.
    if (joined === DOT) passage.report(creditCard, start, end, issuer === 'common' ? 0.55 : 0.2, 0.8);
    else if (issuer === 'common') passage.report(creditCard, start, end, isGrouped ? 0.9 : 0.65, 1);
    else passage.report(creditCard, start, end, isGrouped ? 0.6 : 0.3, isGrouped ? 0.95 : 0.8);
  },
  hits: [
    { text: 'my card is 4111 1111 1111 1111', value: '4111 1111 1111 1111', atLeast: 0.8 },
    { text: '4111111111111111', value: '4111111111111111' },
    { text: '{"pan":"5555555555554444"}', value: '5555555555554444', atLeast: 0.8 },
    { text: 'amex 3782-822463-10005, thanks', value: '3782-822463-10005', atLeast: 0.8 },
    {
      text: 'Karte: 4012\u00a08888\u00a08888\u00a01881\r\n',
      value: '4012\u00a08888\u00a08888\u00a01881',
      atLeast: 0.8,
    },
    { text: '卡号4242424242424242。', value: '4242424242424242' },
    { text: 'qty 2 4000-0566-5566-5556 paid', value: '4000-0566-5566-5556' },
    { text: 'Diners 3056 930902 5904', value: '3056 930902 5904' },
    { text: 'card 4111.1111.1111.1111', value: '4111.1111.1111.1111', atLeast: 0.8 },
    { text: 'see <6011000990139424>', value: '6011000990139424' },
    { text: 'JCB 3530111333300000', value: '3530111333300000' },
    { text: 'MC 2-series 2223003122003222', value: '2223003122003222' },
  ],
  misses: [
    { text: 'order 4111 1111 1111 1112' },
    { text: 'id 41111111111111110' },
    { text: 'x4111111111111111' },
    { text: '4111111111111111a' },
    { text: 'ratio 0.4111111111111111' },
    { text: 'trace 1a2b3c4d-4111111111111111' },
    { text: 'at 1700000000000000 us' },
    { text: 'card 0000 0000 0000 0000' },
    { text: 'uuid 41111111-1111-4111-8111-111111111111' },
    { text: '4111 1111 11 11 1111' },
  ],
};
