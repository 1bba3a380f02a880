/**
 * Check digits of identification numbers, one implementation each. They take a value with its separators already
 * dropped, letters in upper case, and say whether it is consistent; a value of the wrong shape is simply not. Luhn,
 * mod 97 and the checksums of tokens and wallets are in checksums.ts.
 */

/** Value of a character: digits 0 to 9, A = 10 … Z = 35 (ISO 7064, ICAO 9303); -1 for others. */
export function characterValue(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code >= 48 && code <= 57) return code - 48;
  return code >= 65 && code <= 90 ? code - 55 : -1;
}

/** Sum of digit (or letter, A = 10) times weight over the first `weights.length` characters from `from`; NaN for other characters. */
export function weightedSum(text: string, weights: readonly number[], from = 0): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    const value = characterValue(text, from + i);
    if (value < 0) return Number.NaN;
    sum += value * (weights[i] ?? 0);
  }
  return sum;
}

/** Sum of the digits of each digit (or letter, A = 10) times its weight: 2 × 7 counts 1 + 4; NaN for other characters. */
export function crossSum(text: string, weights: readonly number[], from = 0): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    const value = characterValue(text, from + i);
    if (value < 0) return Number.NaN;
    for (let rest = value * (weights[i] ?? 0); rest > 0; rest = Math.floor(rest / 10)) sum += rest % 10;
  }
  return sum;
}

/** The remainder on 11 of a weighted sum; where that is 10, of the sum by the second weights, of which 10 counts 0. */
export function twoStageMod11(text: string, first: readonly number[], second: readonly number[]): number {
  const rest = weightedSum(text, first) % 11;
  return rest === 10 ? (weightedSum(text, second) % 11) % 10 : rest;
}

/** Whether all characters are digits, `length` of them. */
export function isDigits(text: string, length: number): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code < 48 || code > 57) return false;
  }
  return true;
}

/** All characters are the same: what people type to get past a form. */
export function isOneDigit(text: string): boolean {
  for (let i = 1; i < text.length; i++) if (text.charCodeAt(i) !== text.charCodeAt(0)) return false;
  return text.length > 0;
}

/** ISO/IEC 7064 MOD 11,10: the last digit checks those before it. */
export function isMod11And10(digits: string): boolean {
  let product = 10;
  for (let i = 0; i < digits.length - 1; i++) {
    const value = characterValue(digits, i);
    if (value < 0 || value > 9) return false;
    const sum = (value + product) % 10;
    product = ((sum === 0 ? 10 : sum) * 2) % 11;
  }
  const check = characterValue(digits, digits.length - 1);
  return digits.length > 1 && check >= 0 && check <= 9 && (product + check) % 10 === 1;
}

/** ISO/IEC 7064 MOD 11-2: the last character checks the digits before it, X stands for 10. */
export function isMod11Minus2(text: string): boolean {
  let rest = 0;
  for (let i = 0; i < text.length - 1; i++) {
    const value = characterValue(text, i);
    if (value < 0 || value > 9) return false;
    rest = ((rest + value) * 2) % 11;
  }
  const last = text.charAt(text.length - 1);
  const check = last === 'X' ? 10 : characterValue(text, text.length - 1);
  return text.length > 1 && check >= 0 && check <= 10 && (rest + check) % 11 === 1;
}

/** ISO/IEC 7064 MOD 37,36: digits and letters, the last of them checks those before it. */
export function isMod37And36(text: string): boolean {
  let product = 36;
  for (let i = 0; i < text.length - 1; i++) {
    const value = characterValue(text, i);
    if (value < 0) return false;
    const sum = (value + product) % 36;
    product = ((sum === 0 ? 36 : sum) * 2) % 37;
  }
  const check = characterValue(text, text.length - 1);
  return text.length > 1 && check >= 0 && (product + check) % 36 === 1;
}

/** Luhn over digits and letters of a base-`base` alphabet (0–9 A–Z; 36 for India's GSTIN), the last character the check. */
export function isLuhnOfBase(text: string, base: number): boolean {
  let sum = 0;
  for (let i = text.length - 1, isDoubled = false; i >= 0; i--, isDoubled = !isDoubled) {
    const value = characterValue(text, i);
    if (value < 0 || value >= base) return false;
    const product = isDoubled ? value * 2 : value;
    sum += Math.floor(product / base) + (product % base);
  }
  return text.length > 1 && sum % base === 0;
}

const VERHOEFF_PERMUTATION = [0, 1, 2, 3, 4, 5, 6, 7].map((power) => {
  const base = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
  return [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((digit) => {
    let value = digit;
    for (let n = 0; n < power; n++) value = base[value] ?? 0;
    return value;
  });
});

/** Product in the dihedral group of order 10. */
function dihedral(a: number, b: number): number {
  if (a < 5) return b < 5 ? (a + b) % 5 : 5 + ((a + b) % 5);
  return b < 5 ? 5 + ((a - b) % 5) : (a - b + 5) % 5;
}

/** Verhoeff (1969): the last digit checks those before it. */
export function isVerhoeff(digits: string): boolean {
  let check = 0;
  for (let i = 0; i < digits.length; i++) {
    const value = characterValue(digits, digits.length - 1 - i);
    if (value < 0 || value > 9) return false;
    check = dihedral(check, VERHOEFF_PERMUTATION[i % 8]?.[value] ?? 0);
  }
  return digits.length > 1 && check === 0;
}

const DAMM = [
  '0317598642',
  '7092154863',
  '4206871359',
  '1750983426',
  '6123045978',
  '3674209581',
  '5869720134',
  '8945362017',
  '9438617205',
  '2581436790',
];

/** Damm (2004): the last digit checks those before it. */
export function isDamm(digits: string): boolean {
  let state = 0;
  for (let i = 0; i < digits.length; i++) {
    const value = characterValue(digits, i);
    if (value < 0 || value > 9) return false;
    state = Number(DAMM[state]?.[value]);
  }
  return digits.length > 1 && state === 0;
}

/** The check digit of machine-readable travel documents (ICAO 9303-3 §4.9): weights 7 3 1, filler `<` counts 0; -1 for other characters. */
export function icaoCheckDigit(text: string): number {
  let sum = 0;
  for (let i = 0; i < text.length; i++) {
    const value = text.charAt(i) === '<' ? 0 : characterValue(text, i);
    if (value < 0) return -1;
    sum += value * ([7, 3, 1][i % 3] ?? 0);
  }
  return sum % 10;
}

/** A day that exists, in a Gregorian year; `year` has four digits. */
export function isDay(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = month === 2 ? (isLeap ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return day <= days;
}

/** A day of a century that is not told: 29 February passes in every fourth year. */
export function isDayOfShortYear(twoDigitYear: number, month: number, day: number): boolean {
  return isDay(2000 + twoDigitYear, month, day);
}

/** The number that `length` digits at `from` make; NaN where there are other characters. */
export function numberAt(text: string, from: number, length: number): number {
  let value = 0;
  for (let i = from; i < from + length; i++) {
    const code = text.charCodeAt(i);
    if (!(code >= 48 && code <= 57)) return Number.NaN;
    value = value * 10 + code - 48;
  }
  return value;
}

/** What is missing from a weighted sum to a multiple of 11: 1 to 11. Each authority has its own way with 10 and 11. */
export function missingTo11(sum: number): number {
  return 11 - (sum % 11);
}

/** Sum of digits times weights, the first weight for the last character; NaN for other characters. */
export function weightedFromEnd(text: string, weights: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < text.length; i++) {
    const value = characterValue(text, text.length - 1 - i);
    if (value < 0 || i >= weights.length) return Number.NaN;
    sum += value * (weights[i] ?? 0);
  }
  return sum;
}

/** CUSIP: a value for each character, every second one doubled, the digits of all added up; the last is the check. */
export function isModulus10DoubleAddDouble(text: string): boolean {
  let sum = 0;
  for (let i = 0; i < text.length - 1; i++) {
    const value = characterValue(text, i);
    if (value < 0) return false;
    const product = i % 2 === 1 ? value * 2 : value;
    sum += Math.floor(product / 10) + (product % 10);
  }
  return text.length > 1 && String((10 - (sum % 10)) % 10) === text.charAt(text.length - 1);
}

/** Letters as two digits (A = 10 … Z = 35), as ISIN and LEI read them; '' for other characters. */
export function lettersAsNumbers(text: string): string {
  let digits = '';
  for (let i = 0; i < text.length; i++) {
    const value = characterValue(text, i);
    if (value < 0) return '';
    digits += String(value);
  }
  return digits;
}
