import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createScanner } from '../../../engine/scan/scanner.ts';
import { MEDIUM } from '../../../flow/finding.ts';

const scanner = createScanner({ names: 'off' });

/** The values that are found as the entity, as the finding or an alternative. */
function found(written: string, entity: string): readonly string[] {
  const text = Buffer.from(written);
  return scanner
    .scan(text, { label: null, role: null })
    .filter((one) => [one, ...one.alternatives].some((kind) => kind.entity === entity && (kind.score ?? 0) >= MEDIUM))
    .map((one) => text.toString('utf8', one.start, one.end));
}

test('a value that stands before its name is found, in several languages', () => {
  assert.deepEqual(found('X12345678 is my passport number, thanks', 'US_PASSPORT'), ['X12345678']);
  assert.deepEqual(found('They gave me "7ABC123" as the licence plate.', 'LICENSE_PLATE'), ['7ABC123']);
  assert.deepEqual(found('B072RRE2I55 ist meine Führerscheinnummer', 'DE_FUEHRERSCHEIN'), ['B072RRE2I55']);
  assert.deepEqual(found('YA 1234567 è il mio passaporto', 'IT_PASSPORT'), ['YA 1234567']);
  assert.deepEqual(found('the customer sent 06.05.1984 as date of birth', 'DATE_OF_BIRTH'), ['06.05.1984']);
});

test('what is not said to be the same is none', () => {
  assert.deepEqual(found('X12345678 came before the passport', 'US_PASSPORT'), []);
  assert.deepEqual(found('Order X12345678. This is my passport.', 'US_PASSPORT'), []);
  assert.deepEqual(found('X12345678 is what she wrote in line nine of her passport', 'US_PASSPORT'), []);
  assert.deepEqual(found('12 is a good age', 'CARD_CVV'), []);
});

test('what a name is changed to is found, what a verb goes to is not', () => {
  assert.deepEqual(found('please update my age to 49', 'AGE'), ['49']);
  assert.deepEqual(found('change the login to srv_admin84', 'USERNAME_HANDLE'), ['srv_admin84']);
  assert.deepEqual(found('then login to node_84', 'USERNAME_HANDLE'), []);
});
