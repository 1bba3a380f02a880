import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isBirthDate, isBirthDateOfShortYear } from '../../../engine/scan/birth-dates.ts';

test('a date of birth exists and lies within living memory', () => {
  assert.ok(isBirthDate(1980, 2, 29));
  assert.ok(!isBirthDate(1981, 2, 29));
  assert.ok(!isBirthDate(1849, 1, 1));
  assert.ok(!isBirthDate(2036, 1, 1));
  assert.ok(!isBirthDate(1980, 13, 1));
});

test('a short year stands for either century', () => {
  assert.ok(isBirthDateOfShortYear(99, 12, 31));
  assert.ok(isBirthDateOfShortYear(0, 2, 29));
  assert.ok(!isBirthDateOfShortYear(1, 2, 29));
});
