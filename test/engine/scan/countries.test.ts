import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createScanner } from '../../../engine/scan/scanner.ts';

test('numbers of other countries are left out, what belongs to no country stays', () => {
  const text = Buffer.from('CPF 390.533.447-05, card 4111 1111 1111 1111');
  const entities = (countries: readonly string[] | null): string[] =>
    createScanner({ countries })
      .scan(text, { label: null, role: null })
      .map((one) => one.entity);
  assert.deepEqual(entities(null), ['BR_CPF', 'CREDIT_CARD']);
  assert.deepEqual(entities(['BR', 'DE']), ['BR_CPF', 'CREDIT_CARD']);
  assert.ok(!entities(['DE']).includes('BR_CPF') && entities(['DE']).includes('CREDIT_CARD'));
});
