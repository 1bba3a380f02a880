import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BUILT_IN } from '../../../engine/recognizers/built-in.ts';
import { type CustomRecognizer, createScanner, validatorNames } from '../../../engine/scan/scanner.ts';
import { validatorNamed } from '../../../engine/scan/validators.ts';
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
    assert.doesNotThrow(() => createScanner({ custom: validatorNames.map((validator) => ({ ...STAFF, validator })) }));
    assert.ok(validatorNames.includes('luhn') && validatorNames.includes('iban'));
  });

  it('may name the check of each built-in recognizer of numbers, which takes what that one takes', () => {
    const checked = BUILT_IN.filter((one) => validatorNames.includes(one.name) && 'accepts' in one);
    assert.ok(checked.length >= 20);
    for (const { name, hits } of checked) {
      const validator = validatorNamed(name);
      assert.ok(validator !== null && hits.some((hit) => validator(hit.value)), name);
    }
    assert.equal(validatorNamed('br-cpf')?.('111.444.777-35'), true);
    assert.equal(validatorNamed('br-cpf')?.('111.444.777-36'), false);
  });

  it('may name each checksum: it takes a value that bears it, with separators, and refuses the next one', () => {
    // Published examples: ISO 7064, ORCID, Aadhaar's and Damm's papers, ICAO 9303 part 3, BIP 173.
    const examples: readonly (readonly [string, string, string])[] = [
      ['luhn', '7992 7398 713', '7992 7398 714'],
      ['luhn36', '27AAPFU0939F1ZV', '27AAPFU0939F1ZW'],
      ['mod97', 'WEST 12345698765432 GB82', 'WEST 12345698765432 GB83'],
      ['mod11-10', '0794-5', '0794-6'],
      ['mod11-2', '0000-0002-1825-0097', '0000-0002-1825-0098'],
      ['mod37-36', 'A12425GABC1234002M', 'A12425GABC1234002N'],
      ['verhoeff', '2363', '2364'],
      ['damm', '5724', '5725'],
      ['icao9303', '520727 3', '520727 4'],
    ];
    for (const [name, good, bad] of examples) {
      assert.equal(validatorNamed(name)?.(good), true, `${name} takes`);
      assert.equal(validatorNamed(name)?.(bad), false, `${name} refuses`);
      assert.equal(validatorNamed(name)?.(''), false, `${name} of nothing`);
    }
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
