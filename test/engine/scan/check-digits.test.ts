import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  crossSum,
  icaoCheckDigit,
  isDamm,
  isDay,
  isLuhnOfBase,
  isMod11And10,
  isMod11Minus2,
  isMod37And36,
  isVerhoeff,
  twoStageMod11,
} from '../../../engine/scan/check-digits.ts';

const DIGITS = '0123456789';

/** The value that their standards or authors print passes, and every change of one digit is noticed. */
function checks(isRight: (text: string) => boolean, value: string, alphabet: string): void {
  assert.ok(isRight(value), value);
  for (let i = 0; i < value.length; i++) {
    for (const other of alphabet) {
      if (other === value[i]) continue;
      const changed = value.slice(0, i) + other + value.slice(i + 1);
      assert.ok(!isRight(changed), changed);
    }
  }
}

test('each check notices any single wrong character', () => {
  checks(isVerhoeff, '2363', DIGITS);
  checks(isDamm, '5724', DIGITS);
  checks(isMod11And10, '07945', DIGITS);
  checks(isMod11Minus2, '079X', DIGITS);
  checks(isMod37And36, 'A12425GABC1234002M', '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ');
  checks((text) => isLuhnOfBase(text, 10), '4111111111111111', DIGITS);
});

test('Verhoeff and Damm notice two neighbours that changed places', () => {
  assert.ok(!isVerhoeff('3263'));
  assert.ok(!isDamm('7524'));
});

test('the check digit of travel documents is that of ICAO 9303', () => {
  assert.equal(icaoCheckDigit('L898902C3'), 6);
  assert.equal(icaoCheckDigit('740812'), 2);
  assert.equal(icaoCheckDigit('ZE184226B<<<<<'), 1);
  assert.equal(icaoCheckDigit('a'), -1);
});

test('characters that no check knows pass none', () => {
  for (const check of [isVerhoeff, isDamm, isMod11And10, isMod11Minus2, isMod37And36])
    for (const text of ['', '1', 'é1', '12 3']) assert.ok(!check(text), text);
});

test('days follow the Gregorian calendar', () => {
  assert.ok(isDay(2000, 2, 29) && isDay(2024, 2, 29) && !isDay(1900, 2, 29) && !isDay(2023, 2, 29));
  assert.ok(!isDay(2024, 4, 31) && !isDay(2024, 13, 1) && !isDay(2024, 0, 1) && !isDay(2024, 1, 0));
});

test('a cross sum adds the digits of each product', () => {
  // 7 x 2 = 14 counts 1 + 4, 9 x 2 = 18 counts 1 + 8.
  assert.equal(crossSum('179', [1, 2, 2]), 1 + 5 + 9);
  assert.equal(crossSum('0179', [1, 2, 2], 1), 1 + 5 + 9);
  assert.ok(Number.isNaN(crossSum('1-9', [1, 2, 2])));
});

test('the second weights count where the first leave a remainder of 10', () => {
  assert.equal(twoStageMod11('3', [2], [9]), 6);
  assert.equal(twoStageMod11('5', [2], [3]), 4);
  assert.equal(twoStageMod11('5', [2], [2]), 0);
});
