/**
 * Check digits and checksums, one implementation each, shared by all recognizers. They take a value with its
 * separators already dropped and say whether it is consistent; a value of the wrong shape is simply not.
 */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { keccak256 } from './keccak.ts';

/** Luhn, mod 10 (ISO/IEC 7812-1 annex B). Digits only, at least two. */
export function isLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = digits.length - 1, isDoubled = false; i >= 0; i--, isDoubled = !isDoubled) {
    const digit = digits.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return false;
    sum += isDoubled ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit;
  }
  return digits.length > 1 && sum % 10 === 0;
}

/** Remainder of a string of digits and letters (A = 10 … Z = 35, ISO 7064 and ISO 13616) on division by 97; -1 for other characters. */
export function remainder97(text: string): number {
  let rest = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 48 && code <= 57) rest = (rest * 10 + code - 48) % 97;
    else if (code >= 65 && code <= 90) rest = (rest * 100 + code - 55) % 97;
    else return -1;
  }
  return text.length === 0 ? -1 : rest;
}

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const BASE58_VALUE = new Map([...BASE58].map((character, value) => [character, value]));

/** Bytes of a base58 string (Bitcoin's alphabet); null where a character is none of it or it has more than 128. */
export function decodeBase58(text: string): Uint8Array | null {
  if (text.length === 0 || text.length > 128) return null;
  const bytes: number[] = [];
  for (const character of text) {
    let carry = BASE58_VALUE.get(character) ?? -1;
    if (carry < 0) return null;
    for (let i = 0; i < bytes.length; i++) {
      carry += (bytes[i] ?? 0) * 58;
      bytes[i] = carry & 0xff;
      carry >>= 8;
    }
    for (; carry > 0; carry >>= 8) bytes.push(carry & 0xff);
  }
  for (let i = 0; i < text.length && text[i] === '1'; i++) bytes.push(0);
  return Uint8Array.from(bytes.reverse());
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** The payload (version byte first) of a base58check string: four bytes of a double SHA-256 stand at its end; null where they are not. */
export function decodeBase58Check(text: string): Uint8Array | null {
  const bytes = decodeBase58(text);
  if (bytes === null || bytes.length < 5) return null;
  const payload = bytes.subarray(0, -4);
  const check = sha256(sha256(payload)).subarray(0, 4);
  return check.equals(bytes.subarray(-4)) ? payload : null;
}

const BECH32 = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const BECH32_VALUE = new Map([...BECH32].map((character, value) => [character, value]));
const BECH32_GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

function bech32Polymod(values: readonly number[]): number {
  let check = 1;
  for (const value of values) {
    const top = check >>> 25;
    check = ((check & 0x1ffffff) << 5) ^ value;
    for (let i = 0; i < 5; i++) if (((top >>> i) & 1) !== 0) check ^= BECH32_GENERATOR[i] ?? 0;
  }
  return check >>> 0;
}

/** Which checksum a bech32 string bears (BIP 173 `bech32`, BIP 350 `bech32m`), its human-readable part and its 5-bit values; null where none. */
export function decodeBech32(text: string): { kind: 'bech32' | 'bech32m'; prefix: string; values: number[] } | null {
  const lower = text.toLowerCase();
  if (text !== lower && text !== text.toUpperCase()) return null;
  const split = lower.lastIndexOf('1');
  if (split < 1 || split + 7 > lower.length || lower.length > 90) return null;
  const prefix = lower.slice(0, split);
  const values: number[] = [];
  for (const character of lower.slice(split + 1)) {
    const value = BECH32_VALUE.get(character);
    if (value === undefined) return null;
    values.push(value);
  }
  const codes = [...prefix].map((character) => character.charCodeAt(0));
  const check = bech32Polymod([...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31), ...values]);
  if (check === 1) return { kind: 'bech32', prefix, values: values.slice(0, -6) };
  if (check === 0x2bc830a3) return { kind: 'bech32m', prefix, values: values.slice(0, -6) };
  return null;
}

/** A Bitcoin segregated-witness address: version 0 has bech32 and 20 or 32 bytes, later ones bech32m (BIP 350). */
export function isSegwitAddress(text: string): boolean {
  const decoded = decodeBech32(text);
  if (decoded === null || (decoded.prefix !== 'bc' && decoded.prefix !== 'tb')) return false;
  const [version, ...program] = decoded.values;
  if (version === undefined || version > 16) return false;
  const bytes = Math.floor((program.length * 5) / 8);
  if (version === 0) return decoded.kind === 'bech32' && (bytes === 20 || bytes === 32);
  return decoded.kind === 'bech32m' && bytes >= 2 && bytes <= 40;
}

/** An Ethereum address's mixed case is its checksum (EIP-55). `hex` is the 40 digits after 0x. True for mixed case that agrees. */
export function isEip55(hex: string): boolean {
  if (!/^[0-9a-fA-F]{40}$/.test(hex)) return false;
  const hash = keccak256(Buffer.from(hex.toLowerCase(), 'latin1'));
  for (let i = 0; i < 40; i++) {
    const character = hex[i] ?? '';
    if (character >= '0' && character <= '9') continue;
    const nibble = ((hash[i >> 1] ?? 0) >> (i % 2 === 0 ? 4 : 0)) & 15;
    if (nibble >= 8 !== character <= 'F') return false;
  }
  return true;
}

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** CRC-32 (IEEE 802.3) of a text, in base 62 (0-9A-Za-z), padded to `width`: how GitHub, npm and others end their tokens. */
export function crc32Base62(text: string, width: number): string {
  let rest = crc32(text);
  let digits = '';
  while (rest > 0) {
    digits = (BASE62[rest % 62] ?? '') + digits;
    rest = Math.floor(rest / 62);
  }
  return digits.padStart(width, '0');
}

/** Whether the last six characters of `body` are the CRC-32 of those before them, in base 62. */
export function endsInCrc32(body: string): boolean {
  return body.length > 6 && crc32Base62(body.slice(0, -6), 6) === body.slice(-6);
}

/** CRC-32 of a text in base 36, padded to 7: how GitLab's routable tokens end. */
export function crc32Base36(text: string): string {
  return crc32(text).toString(36).padStart(7, '0');
}

/** CRC-32 of a text as eight hexadecimal digits, lower case. */
export function crc32Hex(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** Marvin32, the hash that Microsoft's annotated keys bear as their checksum; `low` and `high` are the halves of its 64-bit seed. */
export function marvin32(bytes: Uint8Array, low: number, high: number): number {
  let a = low | 0;
  let b = high | 0;
  const mix = (word: number): void => {
    a = (a + word) | 0;
    b ^= a;
    a = (rotate(a, 20) + b) | 0;
    b = rotate(b, 9) ^ a;
    a = (rotate(a, 27) + b) | 0;
    b = rotate(b, 19);
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = bytes.length & ~3;
  for (let i = 0; i < whole; i += 4) mix(view.getInt32(i, true));
  let last = 0x80;
  for (let i = bytes.length - 1; i >= whole; i--) last = (last << 8) | view.getUint8(i);
  mix(last);
  mix(0);
  return (a ^ b) >>> 0;
}
