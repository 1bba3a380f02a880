import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createScanner } from '../../../engine/scan/scanner.ts';

/** Without the tagger, which takes the text for a name whatever its label. */
const scanner = createScanner({ disable: ['person-in-text'] });
const TEXT = Buffer.from('Jane Doe');

function entities(label: string | null): string[] {
  return scanner.scan(TEXT, { label, role: null }).map((found) => found.entity);
}

describe('the label of a text', () => {
  it('calls the recognizers that want it, each time it is met', () => {
    for (let i = 0; i < 3; i++) {
      assert.deepEqual(entities('customer_name'), ['PERSON']);
      assert.deepEqual(entities('weather'), []);
      assert.deepEqual(entities(null), []);
    }
  });

  it('says the same after more different labels than are kept', () => {
    for (let i = 0; i < 2500; i++) assert.deepEqual(entities(`weather ${i}`), []);
    assert.deepEqual(entities('customerName'), ['PERSON']);
  });

  it('counts to its last 200 characters', () => {
    assert.deepEqual(entities(`${'x '.repeat(400)}customer name`), ['PERSON']);
    assert.deepEqual(entities(`customer name${' x'.repeat(400)}`), []);
  });
});
