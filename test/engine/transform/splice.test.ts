import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Extraction } from '../../../engine/extract/extract.ts';
import { applyEdits, type Edit } from '../../../engine/transform/splice.ts';
import { WeirError } from '../../../flow/errors.ts';
import type { Message } from '../../../flow/message.ts';
import { seeded } from '../../support/every-split.ts';
import { extracted, request, segmentWith, UNKNOWN } from '../extract/messages.ts';

/** Replaces the first occurrence of `words` in whatever segment holds them. */
function replaceIn(extraction: Extraction, words: string, replacement: string): Edit {
  const { segment, index } = segmentWith(extraction, words);
  const start = segment.text.indexOf(words);
  return { segment: index, start, end: start + Buffer.byteLength(words), replacement };
}

function edited(message: Message, pairs: readonly (readonly [string, string])[]) {
  const extraction = extracted(message);
  return applyEdits(
    message,
    extraction,
    pairs.map(([words, replacement]) => replaceIn(extraction, words, replacement)),
  );
}

const plain = (body: unknown, headers = ['content-type', 'application/json'], target = '/upload') =>
  request(target, body, { destination: UNKNOWN, headers });

test('bytes outside the span stay: white space, number forms, key order, duplicates', () => {
  const body = '{ "b" : 1.0e2,\r\n\t"a":"x \\u00e9 SECRET \\/ y", "a" : "z" }';
  const result = edited(plain(body), [['SECRET', '[A"B]']]);
  assert.equal(result.body.toString(), body.replace('SECRET', '[A\\"B]'));
  assert.deepEqual(result.changed, { body: true, target: false, headers: false });
});

test('an edit is escaped for the depth that it lies in', () => {
  const deep = JSON.stringify({ c: 'deep VALUE \u{1f600} "q"' });
  const body = { a: JSON.stringify({ b: deep, n: 1 }), x: 'VALUE elsewhere' };
  const message = plain(body);
  const extraction = extracted(message);
  const edit = replaceIn(extraction, 'deep VALUE', 'a "quote" \\ and\nline');
  const parsed = JSON.parse(applyEdits(message, extraction, [edit]).body.toString());
  assert.equal(JSON.parse(JSON.parse(parsed.a).b).c, 'a "quote" \\ and\nline \u{1f600} "q"');
  assert.equal(parsed.x, 'VALUE elsewhere');
});

test('two edits in one base64 run become one run, JSON within it included', () => {
  const inner = JSON.stringify({ first: 'ONE here', second: 'TWO here' });
  for (const encoding of ['base64', 'base64url'] as const) {
    const body = JSON.stringify({ data: `pre ${Buffer.from(inner).toString(encoding)} post` });
    const result = JSON.parse(
      edited(plain(body), [
        ['ONE', '"1"'],
        ['TWO', '2'],
      ]).body.toString(),
    );
    assert.match(result.data, /^pre \S+ post$/);
    assert.deepEqual(JSON.parse(Buffer.from(result.data.slice(4, -5), encoding).toString()), {
      first: '"1" here',
      second: '2 here',
    });
  }
});

test('a number becomes a string', () => {
  const result = edited(plain('{"pan":4111111111111111,"n":[1,22222222]}'), [
    ['4111111111111111', '[CREDIT_CARD]'],
    ['22222222', '[X]'],
  ]);
  assert.equal(result.body.toString(), '{"pan":"[CREDIT_CARD]","n":[1,"[X]"]}');
});

test('forms, NDJSON, multipart, text, target, headers and cookies', () => {
  const form = edited(plain('a=x+SECRET+y&b=%53ECOND', ['content-type', 'application/x-www-form-urlencoded']), [
    ['SECRET', '[A & B]'],
    ['SECOND', 'é'],
  ]);
  assert.equal(form.body.toString(), 'a=x+%5BA%20%26%20B%5D+y&b=%C3%A9');
  const ndjson = edited(plain('{"a":"ONE"}\n{"a":"TWO"}\n', ['content-type', 'application/x-ndjson']), [
    ['ONE', '1'],
    ['TWO', '"'],
  ]);
  assert.equal(ndjson.body.toString(), '{"a":"1"}\n{"a":"\\""}\n');
  const parts =
    '--b\r\nContent-Disposition: form-data; name="f"; filename="SECRET.txt"\r\n\r\nsome WORDS\r\n--b\r\nContent-Disposition: form-data; name="j"\r\n\r\n{"k":"INNER"}\r\n--b--\r\n';
  const multipart = edited(plain(parts, ['content-type', 'multipart/form-data; boundary=b']), [
    ['SECRET', '[N]'],
    ['WORDS', '[W]'],
    ['INNER', '"i"'],
  ]);
  assert.equal(
    multipart.body.toString(),
    parts.replace('SECRET', '[N]').replace('WORDS', '[W]').replace('INNER', '\\"i\\"'),
  );
  assert.equal(
    edited(plain('just SECRET text', ['content-type', 'text/plain']), [['SECRET', '[S]']]).body.toString(),
    'just [S] text',
  );
  const head = edited(plain('', ['x-note', 'has SECRET', 'cookie', 'a=1; b=TWO'], '/p%61th/SEG?q=VAL+x'), [
    ['SECRET', '[S]'],
    ['TWO', '<X_1>'],
    ['SEG', 'a/b'],
    ['VAL', '<X_2>'],
  ]);
  assert.deepEqual(head.headers, ['x-note', 'has [S]', 'cookie', 'a=1; b=<X_1>']);
  assert.equal(head.target, '/p%61th/a%2Fb?q=%3CX_2%3E+x');
  assert.deepEqual(head.changed, { body: false, target: true, headers: true });
});

test('of edits that overlap the first in the list gives the words for all of the span', () => {
  const message = plain('{"a":"abcdefgh"}');
  const extraction = extracted(message);
  const { index: segment } = segmentWith(extraction, 'abcdefgh');
  const edits = [
    { segment, start: 3, end: 6, replacement: 'FIRST' },
    { segment, start: 1, end: 4, replacement: 'SECOND' },
    { segment, start: 7, end: 8, replacement: '!' },
  ];
  assert.equal(applyEdits(message, extraction, edits).body.toString(), '{"a":"aFIRSTg!"}');
});

test('an edited body has no content coding any more; an unedited one is as received', () => {
  const body = gzipSync('{"a":"SECRET"}');
  const message = plain(body, ['content-type', 'application/json', 'content-encoding', 'gzip', 'x-note', 'words']);
  assert.equal(edited(message, [['SECRET', 'x']]).body.toString(), '{"a":"x"}');
  assert.equal(edited(message, [['words', 'x']]).body, body);
});

test('an edit that would not read as intended is refused', () => {
  const message = plain('{"a":"\\ud83d\\ude00 text"}', ['content-type', 'application/json', 'x-note', 'value']);
  const extraction = extracted(message);
  const { index: segment } = segmentWith(extraction, ' text');
  const unsafe = (error: unknown) => error instanceof WeirError && error.code === 'edit_unsafe';
  assert.throws(
    () => applyEdits(message, extraction, [{ segment, start: 1, end: 2, replacement: 'x' }]),
    unsafe,
    'within a character',
  );
  const header = segmentWith(extraction, 'value').index;
  assert.throws(
    () => applyEdits(message, extraction, [{ segment: header, start: 0, end: 5, replacement: 'a\r\nb: c' }]),
    unsafe,
  );
  const broken = plain('--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nwords\r\n--b--\r\n', [
    'content-type',
    'multipart/form-data; boundary=b',
  ]);
  assert.throws(() => edited(broken, [['words', 'x\r\n--b\r\n\r\ny']]), unsafe);
});

/** Long enough to be read again as base64. */
const WORDS = '<é"\\n_1> and more words';

test('whatever the body, an edit of one string changes that one string', () => {
  const random = seeded(3);
  const pieces = [
    'plain',
    'é😀',
    '"',
    '\\',
    '\n',
    '\u0000',
    '\ud800',
    '/',
    '{"k":"v"}',
    'QUJDREVGR0hJSktMTU5P',
    ' ',
    'ü',
  ];
  const word = () =>
    Array.from({ length: 1 + random() * 5 }, () => pieces[Math.floor(random() * pieces.length)]).join('');
  const value = (depth: number): unknown => {
    const pick = random();
    if (depth === 0 || pick < 0.5) return word();
    if (pick < 0.65) return JSON.stringify(value(depth - 1));
    if (pick < 0.75) return Buffer.from(word()).toString('base64');
    if (pick < 0.85) return [value(depth - 1), 12345678, null];
    return { [word()]: value(depth - 1), k: value(depth - 1) };
  };
  for (let round = 0; round < 400; round++) {
    const message = plain(JSON.stringify({ v: value(4), w: value(3) }));
    const extraction = extracted(message);
    extraction.segments.forEach((segment, index) => {
      if (segment.part.kind !== 'body' || segment.immutable) return;
      const whole = { segment: index, start: 0, end: segment.text.length, replacement: WORDS };
      const after = applyEdits(message, extraction, [whole]).body;
      const again = extracted({ ...message, body: after });
      const same = again.segments.filter(({ text }) => text.includes(WORDS));
      assert.ok(same.length >= 1);
      assert.doesNotThrow(() => JSON.parse(after.toString()));
    });
  }
});
