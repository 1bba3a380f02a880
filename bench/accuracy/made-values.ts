/** Values of people, money, networks and vehicles: Faker's, libphonenumber's examples, issuers' published test numbers. */
import { createHash } from 'node:crypto';
import { de, en, es, Faker, fr, it } from '@faker-js/faker';
import { type CountryCode, getExampleNumber } from 'libphonenumber-js';
import phoneExamples from 'libphonenumber-js/mobile/examples';
import type { Made } from './carriers.ts';
import { bech32, fives } from './made-credentials.ts';
import { fill, int, letters, pick, type Random } from './shapes.ts';

/** A Faker that follows the generator that it is given. */
function fakerOf(random: Random): Faker {
  const locale = pick(random, [en, de, fr, es, it]);
  const faker = new Faker({ locale: [locale, en] });
  faker.seed(Math.floor(random() * 2 ** 31));
  return faker;
}

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const RIPPLE = 'rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz';

function base58(bytes: Buffer, alphabet = BASE58): string {
  let number = BigInt(`0x${bytes.toString('hex')}`);
  let text = '';
  while (number > 0n) {
    text = (alphabet[Number(number % 58n)] ?? '') + text;
    number /= 58n;
  }
  for (const byte of bytes) {
    if (byte !== 0) break;
    text = (alphabet[0] ?? '') + text;
  }
  return text;
}

const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();

function base58check(
  random: Random,
  version: readonly number[],
  size: number,
  alphabet?: string,
  tail: readonly number[] = [],
): string {
  const payload = Buffer.from([...version, ...Array.from({ length: size }, () => int(random, 0, 255)), ...tail]);
  return base58(Buffer.concat([payload, sha256(sha256(payload)).subarray(0, 4)]), alphabet);
}

function bitcoin(random: Random): string {
  const program = Buffer.from(Array.from({ length: 20 }, () => int(random, 0, 255)));
  const longer = Buffer.concat([program, program.subarray(0, 12)]);
  return pick(random, [
    () => base58check(random, [0], 20),
    () => base58check(random, [5], 20),
    () => bech32('bc', [0, ...fives(program)], 1),
    () => bech32('bc', [1, ...fives(longer)], 0x2bc830a3),
  ])();
}

/** Luhn's check digit appended. */
export function withLuhn(body: string): string {
  let sum = 0;
  for (let i = 0; i < body.length; i++) {
    let digit = Number(body[body.length - 1 - i]);
    if (i % 2 === 0) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return `${body}${(10 - (sum % 10)) % 10}`;
}

/** Test numbers that payment providers publish. */
const TEST_CARDS = [
  '4242424242424242',
  '4000056655665556',
  '5555555555554444',
  '2223003122003222',
  '5200828282828210',
  '378282246310005',
  '371449635398431',
  '6011111111111117',
  '3056930009020004',
  '3566002020360505',
];

function card(random: Random): string {
  const digits = random() < 0.3 ? pick(random, TEST_CARDS) : fakerOf(random).finance.creditCardNumber('visa');
  const plain = digits.replace(/\D/g, '');
  if (plain.length !== 16) return plain;
  return pick(random, [plain, plain.replace(/(\d{4})(?=\d)/g, '$1 '), plain.replace(/(\d{4})(?=\d)/g, '$1-')]);
}

const PHONE_COUNTRIES: readonly CountryCode[] = [
  'US',
  'GB',
  'DE',
  'FR',
  'ES',
  'IT',
  'NL',
  'SE',
  'PL',
  'BR',
  'IN',
  'JP',
  'AU',
  'MX',
  'ZA',
];

/** A published example of a country with other last digits, in an international or national form. */
function phone(random: Random): string {
  const example = getExampleNumber(pick(random, PHONE_COUNTRIES), phoneExamples);
  if (example === undefined) throw new Error('no example number');
  const written = pick(random, [example.formatInternational(), example.formatNational(), example.number]);
  return written.replace(/\d{3}$/, () => letters(random, 'd', 3));
}

function iban(random: Random): string {
  return fakerOf(random).finance.iban({
    formatted: random() < 0.5,
    countryCode: pick(random, ['DE', 'FR', 'GB', 'NL', 'ES', 'IT', 'CH', 'PL', 'SE', 'AT']),
  });
}

/** Of Faker's those that a host can have: neither multicast nor reserved, loopback or a network's own. */
function hostAddress(random: Random): string {
  for (;;) {
    const written = fakerOf(random).internet.ipv4();
    const first = Number(written.split('.')[0]);
    if (first > 0 && first < 224 && first !== 127) return written;
  }
}

/** ISO 3779 with the check digit in place 9. */
function vin(random: Random): string {
  const weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
  const worth = (char: string): number =>
    char <= '9' ? Number(char) : Number('12345678-12345-7-923456789'[char.charCodeAt(0) - 65]);
  const draw = (count: number): string => {
    let text = '';
    while (text.length < count) text += letters(random, 'U', 1).replace(/[IOQ]/, '');
    return text;
  };
  const body = `1${pick(random, ['HG', 'FA', 'GC'])}${draw(5)}0${draw(3)}${letters(random, 'd', 5)}`;
  const sum = [...body].reduce((total, char, at) => total + worth(char) * (weights[at] ?? 0), 0);
  const check = sum % 11 === 10 ? 'X' : String(sum % 11);
  return `${body.slice(0, 8)}${check}${body.slice(9)}`;
}

function routing(random: Random): string {
  const body = `${pick(random, ['02', '03', '06', '07', '11', '12'])}${letters(random, 'd', 6)}`;
  const weights = [3, 7, 1, 3, 7, 1, 3, 7];
  const sum = weights.reduce((total, weight, at) => total + weight * Number(body[at]), 0);
  return `${body}${(10 - (sum % 10)) % 10}`;
}

/** Value of letters A to Z as 10 to 35. */
const spelled = (text: string): string => text.replace(/[A-Z]/g, (char) => String(char.charCodeAt(0) - 55));

function isin(random: Random): string {
  const body = `${pick(random, ['US', 'DE', 'FR', 'GB'])}${letters(random, 'd', 9)}`;
  const check = withLuhn(spelled(body)).slice(-1);
  return `${body}${check}`;
}

function lei(random: Random): string {
  const body = `5493${letters(random, 'U', 14)}`;
  const rest = BigInt(`${spelled(body)}00`) % 97n;
  return `${body}${String(98n - rest).padStart(2, '0')}`;
}

function cusip(random: Random): string {
  const body = letters(random, 'd', 8);
  const sum = [...body].reduce((total, char, at) => {
    const value = Number(char) * (at % 2 === 1 ? 2 : 1);
    return total + Math.floor(value / 10) + (value % 10);
  }, 0);
  return `${body}${(10 - (sum % 10)) % 10}`;
}

function sedol(random: Random): string {
  const body = `B${letters(random, 'd', 5)}`;
  const weights = [1, 3, 1, 7, 3, 9];
  const sum = [...body].reduce((total, char, at) => total + Number(spelled(char)) * (weights[at] ?? 0), 0);
  return `${body}${(10 - (sum % 10)) % 10}`;
}

function dea(random: Random): string {
  const digits = letters(random, 'd', 6);
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = [...digits].map(Number);
  return `B${letters(random, 'L', 1)}${digits}${(a + c + e + 2 * (b + d + f)) % 10}`;
}

function npi(random: Random): string {
  return withLuhn(`808401${letters(random, 'd', 8)}`).slice(5);
}

function mbi(random: Random): string {
  return fill(
    random,
    `${int(random, 1, 9)}${pick(random, [...'ACDEFGHJKMNPQRTUVWXY'])}{d}{d}-E${pick(random, [...'GHJK'])}{d}-M${pick(random, [...'KNPQ'])}{d2}`,
  );
}

function nhs(random: Random): string {
  for (;;) {
    const body = `9${letters(random, 'd', 8)}`;
    const sum = [...body].reduce((total, char, at) => total + Number(char) * (10 - at), 0);
    const check = (11 - (sum % 11)) % 11;
    if (check === 10) continue;
    const all = `${body}${check}`;
    return pick(random, [all, `${all.slice(0, 3)} ${all.slice(3, 6)} ${all.slice(6)}`]);
  }
}

const VERHOEFF_D =
  '0123456789123406789523401789563401289567401239567859876043216598710432765982104387659321049876543210';
const VERHOEFF_P = [
  '0123456789',
  '1576283094',
  '5803796142',
  '8916043527',
  '9453126870',
  '4286573901',
  '2793806415',
  '7046913258',
];
const VERHOEFF_INVERSE = '0432156789';

export function verhoeffOf(body: string): string {
  let check = 0;
  for (let i = 0; i < body.length; i++) {
    const moved = Number(VERHOEFF_P[(i + 1) % 8]?.[Number(body[body.length - 1 - i])]);
    check = Number(VERHOEFF_D[check * 10 + moved]);
  }
  return VERHOEFF_INVERSE[check] ?? '';
}

/** Year, month, day and three digits, their Luhn digit and their Verhoeff digit. */
function luxembourg(random: Random): string {
  const body = `${day(random).toISOString().slice(0, 10).replaceAll('-', '')}${letters(random, 'd', 3)}`;
  return `${withLuhn(body)}${verhoeffOf(body)}`;
}

/** The date of birth, three digits and a check digit by weights 10 to 2, mod 11. */
function chi(random: Random): string {
  for (;;) {
    const [year = '', month = '', date = ''] = day(random).toISOString().slice(2, 10).split('-');
    const body = `${date}${month}${year}${letters(random, 'd', 3)}`;
    const sum = [...body].reduce((total, char, at) => total + Number(char) * (10 - at), 0);
    const check = (11 - (sum % 11)) % 11;
    if (check < 10) return `${body}${check}`;
  }
}

/** A letter and eight digits, the letter counting as two digits, by weights 1 and 2 in turn, digit sums, mod 10. */
function germanInsured(random: Random): string {
  const letter = letters(random, 'L', 1);
  const body = letters(random, 'd', 8);
  const digits = `${String(letter.charCodeAt(0) - 64).padStart(2, '0')}${body}`;
  const sum = [...digits].reduce((total, char, at) => {
    const value = Number(char) * (1 + (at % 2));
    return total + Math.floor(value / 10) + (value % 10);
  }, 0);
  return `${letter}${body}${sum % 10}`;
}

/** Six digits, a check digit by weights 4 and 9, and the two digits of a field of medicine. */
function germanDoctor(random: Random): string {
  const body = letters(random, 'd', 6);
  const sum = [...body].reduce((total, char, at) => total + Number(char) * (at % 2 === 0 ? 4 : 9), 0);
  return `${body}${(10 - (sum % 10)) % 10}0${int(random, 1, 3)}`;
}

/** Digits of `body` weighted, summed. */
function weighted(body: string, weights: readonly number[]): number {
  return weights.reduce((sum, weight, at) => sum + weight * Number(body[at]), 0);
}

/** A driving licence of Brazil: two digits, by weights 9 to 1 and 1 to 9, mod 11; those whose checks need the correction are left out. */
function brazilLicence(random: Random): string {
  for (;;) {
    const body = letters(random, 'd', 9);
    const first = weighted(body, [9, 8, 7, 6, 5, 4, 3, 2, 1]) % 11;
    const second = weighted(body, [1, 2, 3, 4, 5, 6, 7, 8, 9]) % 11;
    if (first < 10 && second < 10) return `${body}${first}${second}`;
  }
}

function brazilPis(random: Random): string {
  const body = `1${letters(random, 'd', 9)}`;
  const check = 11 - (weighted(body, [3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) % 11);
  return `${body.slice(0, 3)}.${body.slice(3, 8)}.${body.slice(8)}-${check > 9 ? 0 : check}`;
}

function brazilRg(random: Random): string {
  const body = letters(random, 'd', 8);
  const check = 11 - (weighted(body, [2, 3, 4, 5, 6, 7, 8, 9]) % 11);
  return `${body.slice(0, 2)}.${body.slice(2, 5)}.${body.slice(5)}-${check === 11 ? 0 : check === 10 ? 'X' : check}`;
}

/** British Columbia: 9, eight digits by weights 2 4 8 5 10 9 7 3, mod 11. */
function columbianPatient(random: Random): string {
  for (;;) {
    const body = letters(random, 'd', 8);
    const check = 11 - (weighted(body, [2, 4, 8, 5, 10, 9, 7, 3]) % 11);
    if (check < 10) return `9${body.slice(0, 3)} ${body.slice(3, 6)} ${body.slice(6)}${check}`;
  }
}

function ontarioPatient(random: Random): string {
  const all = withLuhn(`${int(random, 1, 9)}${letters(random, 'd', 8)}`);
  return `${all.slice(0, 4)}-${all.slice(4, 7)}-${all.slice(7)}-${letters(random, 'L', 2)}`;
}

function quebecPatient(random: Random): string {
  const [year = '', month = '', date = ''] = day(random).toISOString().slice(2, 10).split('-');
  const shifted = String(Number(month) + pick(random, [0, 50])).padStart(2, '0');
  return `${letters(random, 'L', 4)} ${year}${shifted} ${date}${letters(random, 'd', 2)}`;
}

function salvadorean(random: Random): string {
  const body = `0${letters(random, 'd', 7)}`;
  return `${body}-${(10 - (weighted(body, [9, 8, 7, 6, 5, 4, 3, 2]) % 10)) % 10}`;
}

/** ICAO 9303: weights 7, 3, 1; letters count 10 to 35. */
function mrzCheck(text: string): number {
  return (
    [...text].reduce((sum, char, at) => {
      const value = char === '<' ? 0 : char <= '9' ? Number(char) : char.charCodeAt(0) - 55;
      return sum + value * ([7, 3, 1][at % 3] ?? 0);
    }, 0) % 10
  );
}

function machineReadable(random: Random): string {
  const [year = '', month = '', date = ''] = day(random).toISOString().slice(2, 10).split('-');
  const number = `L${letters(random, 'd', 8)}`;
  const born = `${year}${month}${date}`;
  const expiry = `3${int(random, 0, 3)}0${int(random, 1, 9)}15`;
  const personal = '<'.repeat(14);
  const fields = [number, born, expiry, personal].map(
    (field) => `${field}${field === personal ? '<' : mrzCheck(field)}`,
  );
  const [a = '', b = '', c = '', d = ''] = fields;
  const whole = mrzCheck(`${a}${b}${c}${d}`);
  const name = `${letters(random, 'L', 7)}<<${letters(random, 'L', 5)}`;
  return `P<UTO${name}`.padEnd(44, '<') + `\n${a}UTO${b}F${c}${d}${whole}`;
}

function track(random: Random): string {
  return `;${withLuhn(`4${letters(random, 'd', 14)}`)}=2${int(random, 6, 9)}12101${letters(random, 'd', 8)}?`;
}

function container(random: Random): string {
  const body = `${pick(random, ['MSC', 'MAE', 'CMA'])}U${letters(random, 'd', 6)}`;
  // The letters count 10 to 38, multiples of 11 left out.
  const worth = (char: string): number => {
    const at = char.charCodeAt(0) - 65;
    return char <= '9' ? Number(char) : 10 + at + (at > 0 ? 1 : 0) + (at > 10 ? 1 : 0) + (at > 20 ? 1 : 0);
  };
  const sum = [...body].reduce((total, char, at) => total + worth(char) * 2 ** at, 0);
  return `${body}${(sum % 11) % 10}`;
}

function imo(random: Random): string {
  const body = `9${letters(random, 'd', 5)}`;
  const sum = [...body].reduce((total, char, at) => total + Number(char) * (7 - at), 0);
  return `IMO ${body}${sum % 10}`;
}

const day = (random: Random): Date =>
  new Date(Date.UTC(int(random, 1945, 2004), int(random, 0, 11), int(random, 1, 28)));

function birthDate(random: Random): string {
  const iso = day(random).toISOString().slice(0, 10);
  const [year = '', month = '', date = ''] = iso.split('-');
  return pick(random, [iso, `${date}.${month}.${year}`, `${month}/${date}/${year}`]);
}

function address(random: Random): string {
  const faker = new Faker({ locale: [en] });
  faker.seed(Math.floor(random() * 2 ** 31));
  return `${int(random, 1, 999)} ${pick(random, ['Oak', 'Maple', 'Cedar', 'Washington', 'Lake', 'Hill'])} ${pick(random, ['Street', 'Avenue', 'Road', 'Lane'])}`;
}

type Making = { readonly words: readonly string[]; make(random: Random): string | Made };

export const MADE_VALUES: Readonly<Record<string, Making>> = {
  CREDIT_CARD: { words: ['credit card', 'card number'], make: card },
  CARD_TRACK_DATA: { words: ['track data', 'track 2'], make: track },
  IBAN_CODE: { words: ['IBAN', 'bank account'], make: iban },
  ABA_ROUTING_NUMBER: { words: ['routing number', 'ABA'], make: routing },
  ISIN: { words: ['ISIN', 'security'], make: isin },
  LEI: { words: ['LEI', 'legal entity identifier'], make: lei },
  CUSIP: { words: ['CUSIP'], make: cusip },
  SEDOL: { words: ['SEDOL'], make: sedol },
  CRYPTO: { words: ['bitcoin address', 'wallet'], make: bitcoin },
  BTC_ADDRESS: { words: ['bitcoin address', 'wallet'], make: bitcoin },
  ETH_ADDRESS: { words: ['ethereum address', 'wallet'], make: (random) => `0x${letters(random, 'h', 40)}` },
  LTC_ADDRESS: { words: ['litecoin address', 'wallet'], make: (random) => base58check(random, [0x30], 20) },
  DOGE_ADDRESS: { words: ['dogecoin address', 'wallet'], make: (random) => base58check(random, [0x1e], 20) },
  DASH_ADDRESS: { words: ['dash address', 'wallet'], make: (random) => base58check(random, [0x4c], 20) },
  TRON_ADDRESS: { words: ['tron address', 'wallet'], make: (random) => base58check(random, [0x41], 20) },
  XRP_ADDRESS: { words: ['xrp address', 'ripple wallet'], make: (random) => base58check(random, [0], 20, RIPPLE) },
  SOL_ADDRESS: {
    words: ['solana address', 'solana wallet'],
    make: (random) => base58(Buffer.from(Array.from({ length: 32 }, (_, at) => int(random, at === 0 ? 16 : 0, 255)))),
  },
  BTC_WIF: {
    words: ['WIF key', 'bitcoin private key'],
    make: (random) => base58check(random, [0x80], 32, BASE58, [1]),
  },
  BTC_XPRV: {
    words: ['extended private key', 'xprv'],
    make: (random) => base58check(random, [0x04, 0x88, 0xad, 0xe4, 0], 73),
  },
  EMAIL_ADDRESS: { words: ['email', 'e-mail address'], make: (random) => fakerOf(random).internet.email() },
  PHONE_NUMBER: { words: ['phone', 'mobile number'], make: phone },
  PERSON: { words: ['name', 'full name'], make: (random) => fakerOf(random).person.fullName() },
  STREET_ADDRESS: { words: ['address', 'street address'], make: address },
  LOCATION: {
    words: ['city', 'place of residence'],
    make: (random) =>
      pick(random, [
        'Gothenburg',
        'Lyon',
        'Salzburg',
        'Valencia',
        'Bologna',
        'Utrecht',
        'Kraków',
        'Leeds',
        'Boston',
        'Osaka',
      ]),
  },
  ORGANIZATION: {
    words: ['company', 'employer'],
    make: (random) => `${fakerOf(random).person.lastName()} ${pick(random, ['Ltd', 'GmbH', 'Inc.', 'S.A.', 'AG'])}`,
  },
  DATE_OF_BIRTH: { words: ['date of birth', 'birth date'], make: birthDate },
  DATE_TIME: { words: ['date', 'appointment'], make: birthDate },
  URL: { words: ['url', 'website'], make: (random) => fill(random, 'https://{l6}.{l5}.com/{l6}') },
  IP_ADDRESS: {
    words: ['ip address', 'client ip'],
    make: (random) => (random() < 0.7 ? hostAddress(random) : fakerOf(random).internet.ipv6()),
  },
  MAC_ADDRESS: { words: ['mac address', 'hardware address'], make: (random) => fakerOf(random).internet.mac() },
  IMEI: { words: ['IMEI'], make: (random) => withLuhn(`35${letters(random, 'd', 12)}`) },
  ICCID: { words: ['ICCID', 'sim card'], make: (random) => withLuhn(`8944${letters(random, 'd', 14)}`) },
  VIN: { words: ['VIN', 'vehicle identification number'], make: vin },
  MMSI: {
    words: ['MMSI'],
    make: (random) => `${pick(random, ['211', '227', '232', '244', '265', '366'])}${letters(random, 'd', 6)}`,
  },
  IMO: { words: ['IMO number', 'vessel'], make: imo },
  ISO6346_CONTAINER: { words: ['container number', 'container'], make: container },
  US_NPI: { words: ['NPI', 'national provider identifier'], make: npi },
  US_MBI: { words: ['MBI', 'medicare beneficiary identifier'], make: mbi },
  MEDICAL_LICENSE: { words: ['DEA number', 'DEA registration'], make: dea },
  LU_IDENT: { words: ["numéro d'identification", 'matricule'], make: luxembourg },
  SCOTLAND_CHI: { words: ['CHI number', 'community health index'], make: chi },
  DE_HEALTH_INSURANCE: { words: ['Krankenversichertennummer', 'KVNR'], make: germanInsured },
  DE_LANR: { words: ['LANR', 'Arztnummer'], make: germanDoctor },
  BR_CNH: { words: ['CNH', 'carteira de habilitação'], make: brazilLicence },
  BR_PIS: { words: ['PIS', 'PASEP'], make: brazilPis },
  BR_RG: { words: ['RG', 'registro geral'], make: brazilRg },
  CA_BC_PHN: { words: ['PHN', 'personal health number'], make: columbianPatient },
  CA_OHIP: { words: ['OHIP', 'Ontario health card'], make: ontarioPatient },
  CA_RAMQ: { words: ['RAMQ', 'NAM'], make: quebecPatient },
  SV_DUI: { words: ['DUI', 'documento único de identidad'], make: salvadorean },
  PASSPORT_MRZ: { words: ['machine readable zone', 'MRZ'], make: machineReadable },
  MEDICAL_TERMS: {
    words: ['diagnosis', 'medical history'],
    make: (random) =>
      pick(random, [
        'type 2 diabetes',
        'metastatic breast cancer',
        'schizophrenia',
        'HIV positive',
        'multiple sclerosis',
      ]),
  },
  UK_NHS: { words: ['NHS number'], make: nhs },
};
