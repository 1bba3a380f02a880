import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CustomRecognizer, createScanner, validatorNames } from '../../../engine/scan/scanner.ts';
import { WeirError } from '../../../flow/errors.ts';

const STAFF: CustomRecognizer = {
  entity: 'STAFF_ID',
  category: 'custom',
  patterns: ['\\bE-[0-9]{6}\\b'],
  words: [],
  validator: null,
  context: ['staff'],
  score: 0.4,
  hits: [],
  misses: [],
};

function found(custom: Partial<CustomRecognizer>, text: string): string[] {
  const bytes = Buffer.from(text);
  const scanner = createScanner({ custom: [{ ...STAFF, ...custom }] });
  return scanner
    .scan(bytes, { label: null, role: null })
    .filter((one) => one.entity === 'STAFF_ID')
    .map((one) => `${bytes.toString('utf8', one.start, one.end)} ${one.score}`);
}

describe("a policy's own recognizer", () => {
  it('has its score alone, and a higher one with a context word near', () => {
    assert.deepEqual(found({}, 'é E-123456.'), ['E-123456 0.4']);
    assert.deepEqual(found({}, 'staff E-123456, E-654321'), ['E-123456 0.75', 'E-654321 0.75']);
    assert.deepEqual(found({}, 'staffing E-123456'), ['E-123456 0.4']);
  });

  it('finds its words whole and in either case, the longest first', () => {
    const words = { patterns: [], words: ['Project Blue', 'project blue sky', 'C++'], context: [], score: 0.9 };
    assert.deepEqual(found(words, 'On PROJECT  blue sky and project blue; projects; in C++ too'), [
      'PROJECT  blue sky 0.9',
      'project blue 0.9',
      'C++ 0.9',
    ]);
  });

  it('drops what its validator refuses', () => {
    const luhn = { patterns: ['\\b[0-9]{4} [0-9]{4}\\b'], validator: 'luhn', context: [] };
    assert.deepEqual(found(luhn, '4539 1488, 0000 0018'), ['0000 0018 0.4']);
  });

  it('is refused with its entity, the index of the pattern and the reason of RE2', () => {
    const compile = (custom: Partial<CustomRecognizer>) => () => createScanner({ custom: [{ ...STAFF, ...custom }] });
    assert.throws(compile({ patterns: ['ok', 'a(?=b)'] }), (error) => {
      assert.ok(error instanceof WeirError);
      assert.equal(error.code, 'pattern_invalid');
      assert.match(error.message, /STAFF_ID, patterns\[1\]: .*\(\?=/);
      return true;
    });
    assert.throws(compile({ patterns: ['(unclosed'] }), /patterns\[0\]/);
    assert.throws(compile({ patterns: ['a*'] }), /patterns\[0\]: it matches the empty text/);
    assert.throws(compile({ validator: 'lunh' }), /no validator "lunh".*luhn/);
  });

  it('may name each of the validators', () => {
    for (const validator of validatorNames)
      assert.doesNotThrow(() => createScanner({ custom: [{ ...STAFF, validator }] }));
    assert.ok(validatorNames.includes('luhn') && validatorNames.includes('iban'));
  });

  it('competes with the built-in ones for a value', () => {
    const scanner = createScanner({
      custom: [{ ...STAFF, patterns: ['[a-z]+@example\\.com'], context: [], score: 0.95 }],
    });
    const findings = scanner.scan(Buffer.from('jane@example.com'), { label: null, role: null });
    assert.deepEqual(
      findings.map((one) => [one.entity, one.alternatives]),
      [['STAFF_ID', [{ entity: 'EMAIL_ADDRESS', score: 0.9 }]]],
    );
  });
});
