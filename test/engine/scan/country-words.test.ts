import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUILT_IN } from '../../../engine/recognizers/built-in.ts';
import { countryPhrases } from '../../../engine/scan/country-words.ts';
import { createScanner } from '../../../engine/scan/scanner.ts';
import { MEDIUM } from '../../../flow/finding.ts';

const scanner = createScanner({ names: 'off' });

function kinds(text: string): readonly string[] {
  return scanner
    .scan(Buffer.from(text), { label: null, role: null })
    .flatMap((one) => [one, ...one.alternatives])
    .filter((one) => (one.score ?? 0) >= MEDIUM)
    .map(({ entity }) => entity);
}

test('a number is found by its country and what it is, without its own name', () => {
  assert.ok(kinds('My Danish company number is 13585628.').includes('DK_CVR'));
  assert.ok(kinds('Argentine national ID: 12.345.678').includes('AR_DNI'));
  assert.ok(kinds('{"mexicanTaxId":"GODE561231GR8"}').includes('MX_RFC'));
  assert.ok(!kinds('Our company number is 13585628.').includes('DK_CVR'));
  assert.ok(!kinds('A Danish friend has 13585628 of them.').includes('DK_CVR'));
});

test('every country that has a number of a person or a company has its words', () => {
  const lacking = BUILT_IN.filter(
    ({ category, countries }) =>
      (category === 'government_id' || category === 'business') &&
      countries.length > 0 &&
      countries.length <= 5 &&
      countryPhrases(countries, category).length === 0,
  ).map(({ name }) => name);
  assert.deepEqual(lacking, []);
});
