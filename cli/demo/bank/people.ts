/**
 * Customers that nobody is: made from a seed, so that every run of the demo has the same ones. Names and addresses are put
 * together at random, card numbers and IBANs have right check digits and belong to no issuer's live range that is known to us.
 */

export interface Customer {
  readonly id: number;
  readonly name: string;
  readonly email: string;
  /** E.164 with spaces. */
  readonly phone: string;
  /** German, 22 characters. */
  readonly iban: string;
  /** 16 digits under the test prefix 4000 00. */
  readonly card: string;
  /** ISO 8601. */
  readonly born: string;
}

const FIRST = [
  ...['Marta', 'Jonas', 'Aylin', 'Pavel', 'Ingrid', 'Tomas', 'Leila', 'Bruno', 'Sofia', 'Henrik', 'Nadia', 'Viktor'],
  ...['Elena', 'Mateo', 'Clara', 'Yusuf', 'Irina', 'Oskar', 'Paula', 'Stefan', 'Carla', 'Dario', 'Hanna', 'Milan'],
];
const LAST = [
  ...['Lindqvist', 'Novotny', 'Brandt', 'Ferreira', 'Kowalski', 'Hoffmann', 'Demir', 'Santos', 'Moreau', 'Keller'],
  ...['Johansen', 'Petrov', 'Marchetti', 'Vogel', 'Andersen', 'Dubois', 'Weiss', 'Navarro', 'Lehmann', 'Costa'],
];
const MAILBOXES = ['northmill-works.com', 'harbour-post.net', 'silverfern-mail.org', 'kestrel-inbox.com'];

/** The first `count` customers of a seed. */
export function makeCustomers(count: number, seed = 20261126): readonly Customer[] {
  const next = random(seed);
  const pick = (list: readonly string[]): string => list[Math.floor(next() * list.length)] ?? '';
  const digits = (length: number): string => Array.from({ length }, () => String(Math.floor(next() * 10))).join('');
  return Array.from({ length: count }, (_, index) => {
    const first = pick(FIRST);
    const last = pick(LAST);
    const account = digits(18);
    const card = `400000${digits(9)}`;
    return {
      id: 1000 + index,
      name: `${first} ${last}`,
      email: `${first}.${last}${index}@${pick(MAILBOXES)}`.toLowerCase(),
      phone: `+49 30 ${digits(3)} ${digits(4)}`,
      iban: `DE${ibanCheck('DE', account)}${account}`,
      card: `${card}${luhnCheck(card)}`,
      born: `${1950 + Math.floor(next() * 50)}-${pad(1 + Math.floor(next() * 12))}-${pad(1 + Math.floor(next() * 28))}`,
    };
  });
}

/** Numbers from 0 to 1 that depend on the seed alone (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

/** ISO 13616: the two digits that make the number, letters as 10 to 35, leave 1 when divided by 97. */
function ibanCheck(country: string, account: string): string {
  const letters = [...country].map((letter) => String(letter.charCodeAt(0) - 55)).join('');
  return String(98n - (BigInt(`${account}${letters}00`) % 97n)).padStart(2, '0');
}

/** ISO/IEC 7812-1 annex B. */
function luhnCheck(number: string): string {
  let sum = 0;
  [...number].reverse().forEach((digit, index) => {
    const doubled = index % 2 === 0 ? Number(digit) * 2 : Number(digit);
    sum += doubled > 9 ? doubled - 9 : doubled;
  });
  return String((10 - (sum % 10)) % 10);
}
