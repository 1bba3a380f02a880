import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  constant,
  flag,
  integer,
  list,
  moment,
  nullable,
  object,
  oneOf,
  optional,
  read,
  readQuery,
  record,
  type Schema,
  text,
  union,
} from '../../../console/api/schema.ts';

const person = object({ name: text(undefined, { min: 1, max: 5 }), age: optional(integer(undefined, { min: 0 })) });

const REFUSED: readonly (readonly [Schema<unknown>, unknown])[] = [
  [text(undefined, { max: 3 }), 'abcd'],
  [text(undefined, { pattern: /^a+$/ }), 'b'],
  [integer(undefined, { min: 1, max: 3 }), 4],
  [integer(), 1.5],
  [integer(), '1'],
  [flag(), 'true'],
  [oneOf(['a', 'b']), 'c'],
  [moment(), 'yesterday'],
  [moment(), '2026-13-40T00:00:00Z'],
  [list(text(), undefined, { max: 1 }), ['a', 'b']],
  [list(flag()), [1]],
  [record(integer()), { a: 'b' }],
  [record(integer()), []],
  [person, { name: '' }],
  [person, { age: 3 }],
  [person, { name: 'a', ege: 3 }],
  [person, JSON.parse('{"name":"a","__proto__":{}}')],
  [person, null],
  [union([constant('a'), flag()]), 'b'],
];

test('what does not fit is refused with its place, and the value is not quoted', () => {
  for (const [schema, value] of REFUSED) {
    const result = read(schema, value);
    assert.ok('problem' in result, JSON.stringify(value));
    assert.match(result.problem, /^body/);
    assert.doesNotMatch(result.problem, /abcd|yesterday|ege/);
  }
});

test('what fits is let through', () => {
  assert.deepEqual(read(person, { name: 'a' }), { value: { name: 'a' } });
  assert.deepEqual(read(nullable(person), null), { value: null });
  assert.deepEqual(read(union([constant('a'), flag()]), true), { value: true });
  assert.deepEqual(read(moment(), '2026-11-26T06:00:00.123Z'), { value: '2026-11-26T06:00:00.123Z' });
});

test('a query is read by its fields; unknown and doubled names are refused', () => {
  const query = object({
    q: optional(text()),
    limit: optional(integer()),
    kind: optional(list(oneOf(['a', 'b']))),
    on: optional(flag()),
  });
  const of = (search: string) => readQuery(query, new URLSearchParams(search));
  assert.deepEqual(of('q=x&limit=3&kind=a&kind=b&on=false'), {
    value: { q: 'x', limit: 3, kind: ['a', 'b'], on: false },
  });
  assert.deepEqual(of(''), { value: {} });
  for (const search of [
    'q=1&q=2',
    'limit=x',
    'limit=1e3',
    'kind=c',
    'on=1',
    'other=1',
    '__proto__=1',
    'constructor=1',
  ]) {
    assert.ok('problem' in of(search), search);
  }
});
