/** Each identification number says how rarely chance passes its check, and its score follows from that; here it is measured. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUILT_IN } from '../../engine/recognizers/built-in.ts';
import type { IdRecognizer } from '../../engine/scan/id-number.ts';

const MOST_TRIES = 200_000;
/** Passes after which the share is known well enough. */
const ENOUGH = 150;
/** A share is stated to one figure, and measured on few passes where it is small. */
const FACTOR = 1.7;

const numbers = BUILT_IN.filter((one): one is IdRecognizer => 'id' in one);

test('there are identification numbers to measure', () => {
  assert.ok(numbers.length > 0);
});

for (const number of numbers) {
  test(`${number.name} states the share of random strings of its shape that pass`, () => {
    const { forms, isValid, chance } = number.id;
    if (isValid === undefined) {
      assert.equal(chance, 1);
      return;
    }
    const draw = randomOf(number.name);
    const shapes = [...new Set(forms.map((form) => form.replace(/[^#@*0-9A-Z]/g, '')))];
    let tries = 0;
    let passes = 0;
    while (tries < MOST_TRIES && (passes < ENOUGH || tries < 2_000)) {
      // Each shape is as likely: a number of several lengths states the share over all of them.
      if (isValid(fill(shapes[tries % shapes.length] ?? '', draw))) passes++;
      tries++;
    }
    const measured = passes / tries;
    if (passes >= 20) {
      assert.ok(
        measured < chance * FACTOR && measured > chance / FACTOR,
        `stated ${chance}, measured ${measured.toPrecision(3)}`,
      );
    } else assert.ok(chance <= 20 / MOST_TRIES, `stated ${chance}, but only ${passes} of ${tries} passed`);
  });
}

function fill(shape: string, draw: (below: number) => number): string {
  let value = '';
  for (const character of shape) {
    if (character === '#') value += String(draw(10));
    else if (character === '@') value += String.fromCharCode(65 + draw(26));
    else if (character === '*') value += '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'.charAt(draw(36));
    else value += character;
  }
  return value;
}

/** Numbers below a bound, the same each time for one name (xorshift32). */
function randomOf(name: string): (below: number) => number {
  let state = 2463534242;
  for (const character of name) state = (Math.imul(state, 31) + character.charCodeAt(0)) >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}
