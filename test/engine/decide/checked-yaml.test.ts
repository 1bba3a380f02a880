import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Problem,
  problemText,
  readDocument,
  readDocuments,
  type Shape,
} from '../../../engine/decide/checked-yaml.ts';
import { nearName } from '../../../engine/decide/near-name.ts';
import {
  as,
  boolean,
  byKey,
  checked,
  duration,
  either,
  list,
  map,
  notBuilt,
  nullable,
  number,
  object,
  oneOf,
  optional,
  placed,
  size,
  string,
} from '../../../engine/decide/shapes.ts';
import { cpuMs } from '../../support/cpu-time.ts';

const shape = object({
  name: string(),
  mode: optional(oneOf(['enforce', 'monitor']), 'enforce'),
  detect: optional(object({ minScore: optional(number({ min: 0, max: 1 }), 0.5) })),
  inspectBytes: optional(size(), 1024),
  firstByteMs: optional(duration(), 1000),
  either: optional(list(either(string(), object({ ca: string() }))), []),
  resolve: optional(map(string(), { key: (key) => (key.includes(':') ? null : 'expected host:port') })),
  bus: optional(nullable(string())),
  limit: notBuilt('`limit`'),
});

function problemsOf(text: string, of: Shape<unknown> = shape): string[] {
  return readDocuments('f.yaml', text, of).problems.map(problemText);
}

function valueIn<T>(text: string, of: Shape<T>): T {
  const { documents, problems } = readDocuments('f.yaml', text, of);
  assert.deepEqual(problems, []);
  const [first] = documents;
  assert.ok(first !== undefined);
  return first.value;
}

test('every key of the shape is in the value, with its default where it was left out', () => {
  assert.deepEqual(valueIn('name: a', shape), {
    name: 'a',
    mode: 'enforce',
    detect: null,
    inspectBytes: 1024,
    firstByteMs: 1000,
    either: [],
    resolve: null,
    bus: null,
    limit: null,
  });
});

test('sizes are bytes and durations milliseconds', () => {
  const sizes: [string, number][] = [
    ['64KiB', 65_536],
    ['32MiB', 33_554_432],
    ['10GiB', 10_737_418_240],
    ['123', 123],
    ['0', 0],
  ];
  for (const [text, bytes] of sizes) assert.equal(valueIn(text, size()), bytes);
  const durations: [string, number][] = [
    ['200ms', 200],
    ['10s', 10_000],
    ['15m', 900_000],
    ['24h', 86_400_000],
    ['90d', 7_776_000_000],
  ];
  for (const [text, ms] of durations) assert.equal(valueIn(text, duration()), ms);
});

test('every problem of a file is told at once, each with its place and what was expected', () => {
  const text = [
    'name: 12',
    'mode: enforc',
    'detekt: 3',
    'detect: {minScore: 2}',
    'inspectBytes: 3 parsecs',
    'firstByteMs: 10',
    'either: [1, {ca: 3}, {cert: x}]',
    'resolve: {host: x}',
    'bus:',
    'limit: {requests: 1}',
    'name: z',
  ].join('\n');
  assert.deepEqual(problemsOf(text), [
    'f.yaml:1:7: expected a string, found a number; put it in quotes',
    'f.yaml:2:7: expected one of enforce, monitor; did you mean "enforce"?',
    'f.yaml:3:1: unknown key "detekt"; did you mean "detect"?',
    'f.yaml:4:20: expected a number from 0 to 1',
    'f.yaml:5:15: expected a size such as 64KiB, 32MiB, 10GiB or a number of bytes',
    'f.yaml:6:14: expected a duration such as 10s, 15m, 24h or 90d',
    'f.yaml:7:10: expected a string or an object',
    'f.yaml:7:18: expected a string, found a number; put it in quotes',
    'f.yaml:7:22: missing key "ca", expected a string',
    'f.yaml:7:23: unknown key "cert"; known keys: ca',
    'f.yaml:8:11: expected host:port',
    'f.yaml:10:1: `limit` is not built yet; remove this key',
    'f.yaml:11:1: duplicate key "name"',
  ]);
});

test('a key with nothing behind it is refused, unless null may be written', () => {
  assert.deepEqual(problemsOf('name: a\ndetect:\n'), ['f.yaml:2:1: expected an object, found nothing']);
  assert.equal(valueIn('name: a\nbus: null', shape).bus, null);
});

test('YAML that does not parse is told with its place', () => {
  const [first] = problemsOf('name: x\n  y: [\n');
  assert.match(first ?? '', /^f\.yaml:\d+:\d+: YAML: /);
});

test('documents of a stream are read one by one; a broken one does not hide the others', () => {
  const { documents, problems } = readDocuments('f.yaml', 'name: a\n---\n---\n- b\n---\nname: c\n', shape);
  assert.deepEqual(
    documents.map(({ value, place }) => [value.name, place.line]),
    [
      ['a', 1],
      ['c', 6],
    ],
  );
  assert.deepEqual(problems.map(problemText), ['f.yaml:4:1: expected an object, found a list']);
});

test('an empty file is an empty object, so that defaults apply', () => {
  const allOptional = object({ a: optional(number(), 3) });
  for (const text of ['', '# nothing\n', '---\n', '{}']) {
    assert.deepEqual(readDocument('f.yaml', text, allOptional), { value: { a: 3 }, problems: [] });
  }
  const two = readDocument('f.yaml', 'a: 1\n---\na: 2\n', allOptional);
  assert.deepEqual(two.problems.map(problemText), ['f.yaml:3:1: expected one document in this file']);
});

test('which object is meant is said by one of its keys', () => {
  const kinds = byKey('kind', {
    Policy: object({ kind: oneOf(['Policy']), a: number() }),
    Exception: object({ kind: oneOf(['Exception']), b: number() }),
  });
  assert.deepEqual(valueIn('kind: Exception\nb: 2', kinds), { kind: 'Exception', b: 2 });
  assert.deepEqual(problemsOf('kind: Polcy\na: 1', kinds), [
    'f.yaml:1:7: expected one of Policy, Exception; did you mean "Policy"?',
  ]);
  assert.deepEqual(problemsOf('a: 1', kinds), ['f.yaml:1:1: missing key "kind", expected one of Policy, Exception']);
});

test("a check of one's own reports at a place inside the value", () => {
  const ordered = checked(object({ from: number(), to: number() }), (value, report) => {
    if (value.to < value.from) report('expected to be at least from', ['to']);
  });
  assert.deepEqual(problemsOf('from: 2\nto: 1', ordered), ['f.yaml:2:5: expected to be at least from']);
  assert.equal(
    valueIn(
      '2',
      as(number(), (value) => value * 2),
    ),
    4,
  );
  assert.deepEqual(valueIn('- x', list(placed(string()))), [
    { value: 'x', place: { file: 'f.yaml', line: 1, column: 3 } },
  ]);
});

test('aliases are followed to the nearest anchor before them', () => {
  assert.deepEqual(valueIn('- &x a\n- *x\n- &x b\n- *x\n', list(string())), ['a', 'a', 'b', 'b']);
  assert.deepEqual(problemsOf('name: *x'), ['f.yaml:1:7: no anchor of this name stands before it']);
});

interface Attack {
  readonly what: string;
  readonly text: string;
  readonly expected: RegExp;
}

const nestedLists: Shape<unknown> = {
  expected: 'a list',
  read: (node, reader) => list(nestedLists).read(node, reader),
  schema: () => ({}),
};

const ATTACKS: readonly Attack[] = [
  {
    what: 'a billion laughs',
    text: `- &a []\n${[...'bcdefghij'].map((name, i) => `- &${name} [${`*${'abcdefghij'[i]},`.repeat(10)}]`).join('\n')}`,
    expected: /aliases unfold to over 200,000 values/,
  },
  { what: 'an alias inside its own anchor', text: '&a [*a]', expected: /nested deeper than 64 levels/ },
  { what: 'brackets without end', text: '['.repeat(50_000), expected: /nested deeper than 64 levels/ },
  { what: 'nesting past the bound', text: '['.repeat(80) + ']'.repeat(80), expected: /nested deeper than 64 levels/ },
  { what: 'a file past the bound', text: '#'.repeat(1024 * 1024 + 1), expected: /larger than 1 MiB/ },
  { what: 'a tag that would make an object', text: '[!!js/function x]', expected: /Unresolved tag/ },
  {
    what: 'anchors of one name by the ten thousand',
    text: `[${Array.from({ length: 10_000 }, () => '&a []').join(',')},${'*a,'.repeat(10_000)}]`,
    expected: /expected a list of at most 10000/,
  },
];

for (const { what, text, expected } of ATTACKS) {
  test(`${what} is a problem within seconds`, () => {
    let problems: string[] = [];
    const took = cpuMs(() => {
      problems = problemsOf(text, nestedLists);
    });
    assert.ok(took < 4000, `${took} ms`);
    assert.match(problems.join('\n'), expected);
  });
}

test('a mapping with keys by the ten thousand is read in linear time', () => {
  const text = `{${Array.from({ length: 30_000 }, (_, i) => `k${i}: 1`).join(',')}}`;
  let problems: string[] = [];
  const took = cpuMs(() => {
    problems = problemsOf(text);
  });
  assert.ok(took < 6000, `${took} ms`);
  assert.equal(problems.length, 100);
});

test('keys that objects inherit are keys like any other', () => {
  const value = valueIn('{__proto__: a, constructor: b}', map(string()));
  assert.deepEqual(
    [...value],
    [
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ],
  );
  assert.match(problemsOf('name: a\ntoString: x').join('\n'), /unknown key "toString"/);
  assert.match(problemsOf('name: a\n<<: {mode: monitor}').join('\n'), /merge keys are not read/);
});

test('no message repeats a value of the file', () => {
  const planted = 'hunter2-planted-value';
  const text = `name: {a: ${planted}}\nmode: ${planted}\ndetect: ${planted}\ninspectBytes: ${planted}\nbus: [${planted}]\n`;
  const problems: readonly Problem[] = readDocuments('f.yaml', text, shape).problems;
  assert.ok(problems.length >= 5);
  for (const problem of problems) assert.ok(!problem.message.includes(planted));
});

test('the JSON Schema has the keys, bounds and words of the shape, and not what is not built', () => {
  assert.deepEqual(
    object({
      a: number({ min: 0 }),
      b: optional(oneOf(['x', 'y'])),
      limit: notBuilt('`limit`'),
      c: optional(boolean()),
    }).schema(),
    {
      type: 'object',
      properties: { a: { type: 'number', minimum: 0 }, b: { enum: ['x', 'y'] }, c: { type: 'boolean' } },
      required: ['a'],
      additionalProperties: false,
    },
  );
});

test('a near name is within a third of the letters, swaps counted once', () => {
  const table: [string, string | null][] = [
    ['detekt', 'detect'],
    ['lsiten', 'listen'],
    ['CREDITCARD', 'CREDIT_CARD'],
    ['zzz', null],
    ['', null],
  ];
  for (const [name, expected] of table)
    assert.equal(nearName(name, ['detect', 'listen', 'CREDIT_CARD', 'mode']), expected);
});
