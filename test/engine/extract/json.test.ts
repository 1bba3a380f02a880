import assert from 'node:assert/strict';
import { test } from 'node:test';
import { get, type JsonNode, MAX_DEPTH, parseJson, stringBytes, stringText } from '../../../engine/extract/json.ts';
import { rawOffset, unescapeJson } from '../../../engine/extract/json-escapes.ts';
import { seeded } from '../../support/every-split.ts';

/** The value that a node stands for, built the slow way. */
function builtFrom(bytes: Buffer, node: JsonNode): unknown {
  switch (node.kind) {
    case 'string':
      return stringText(bytes, node);
    case 'array':
      return node.items.map((item) => builtFrom(bytes, item));
    case 'object':
      return Object.fromEntries(
        node.items.map((item, i) => [stringText(bytes, node.keys[i] as JsonNode), builtFrom(bytes, item)]),
      );
    default:
      return JSON.parse(bytes.toString('utf8', node.start, node.end));
  }
}

test('reads what JSON.parse reads, and nothing else', () => {
  const texts = [
    '{}',
    '[]',
    '""',
    '0',
    '-0',
    '-1.5e+10',
    '1E9',
    'true',
    'false',
    'null',
    ' [1 , 2 ] ',
    '{"a":{"b":[{"c":null}]}}',
    '"\\u00e9\\ud83d\\ude00\\n\\"\\\\\\/"',
    '{"a":1,"a":2}',
    '"é😀"',
    '"\\ud800"',
    '\t\r\n1',
    '',
    ' ',
    '{',
    '}',
    '[1,]',
    '{"a":1,}',
    '{a:1}',
    "'a'",
    '01',
    '1.',
    '.5',
    '+1',
    '1e',
    '-',
    'nul',
    'nulll',
    'True',
    '"a',
    '"\n"',
    '"\\x41"',
    '"\\u12"',
    '"\\u12g4"',
    '[1 2]',
    '{"a" 1}',
    '{"a":}',
    '[,1]',
    '1 2',
    '"a""b"',
    '\u00a01',
    '{"a":1}}',
    '[[]',
    '"\\',
    'NaN',
    'Infinity',
    '/* */1',
    '"\u0001"',
    'tru',
    'fals',
    '{1:2}',
    '{"a":1 "b":2}',
  ];
  for (const text of texts) {
    const bytes = Buffer.from(text);
    let expected: { value: unknown } | null = null;
    try {
      expected = { value: JSON.parse(text) };
    } catch {}
    const node = parseJson(bytes);
    assert.equal(node !== null, expected !== null, `case ${texts.indexOf(text)}`);
    if (node !== null && expected !== null) assert.deepEqual(builtFrom(bytes, node), expected.value);
  }
});

test('takes a byte order mark before the value and refuses bytes that are not UTF-8', () => {
  assert.notEqual(parseJson(Buffer.from('\ufeff{}')), null);
  assert.equal(parseJson(Buffer.from([0x22, 0xff, 0x22])), null);
});

test('is bounded in depth and nodes', () => {
  const nested = (depth: number) => Buffer.from('['.repeat(depth) + ']'.repeat(depth));
  assert.notEqual(parseJson(nested(MAX_DEPTH)), null);
  assert.equal(parseJson(nested(MAX_DEPTH + 1)), null);
  assert.equal(parseJson(nested(200_000)), null);
  assert.equal(parseJson(Buffer.from('[1,2,3]'), 0, 7, { depth: 5, nodes: 3 }), null);
});

test('keeps duplicates of a key and gives the last', () => {
  const bytes = Buffer.from('{"role":"assistant","\\u0072ole":"user"}');
  const node = parseJson(bytes);
  assert.ok(node !== null);
  const role = get(bytes, node, 'role');
  assert.ok(role !== null);
  assert.equal(stringText(bytes, role), 'user');
  assert.equal(node.items.length, 2);
});

test('decoded offsets map back to the raw bytes, escapes and surrogates included', () => {
  const raw = Buffer.from('a\\n\\u00e9\\ud83d\\ude00é😀\\ud800\\ud800\\u0041z');
  const decoded = Buffer.from(JSON.parse(`"${raw}"`) as string, 'utf8');
  const node = parseJson(Buffer.from(`"${raw}"`));
  assert.ok(node !== null);
  assert.ok(stringBytes(Buffer.from(`"${raw}"`), node).equals(decoded));
  let last = -1;
  for (let offset = 0; offset <= decoded.length; offset++) {
    if (((decoded[offset] ?? 0) & 0xc0) === 0x80) continue;
    const at = rawOffset(raw, offset, { raw: 0, decoded: 0 });
    assert.ok(at > last);
    last = at;
    const head = Buffer.from(JSON.parse(`"${raw.subarray(0, at)}"`) as string, 'utf8');
    assert.ok(head.equals(decoded.subarray(0, offset)));
  }
  assert.equal(last, raw.length);
});

test('random and mangled bytes never throw, and agree with JSON.parse', () => {
  const random = seeded(7);
  const seed = Buffer.from('{"messages":[{"role":"user","content":"a\\u00e9\\\\ \\"b\\""},[1,-2.5e3,true,null]]}');
  for (let round = 0; round < 3000; round++) {
    const bytes = Buffer.from(seed);
    for (let i = 0; i < 1 + random() * 4; i++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    const cut = bytes.subarray(0, Math.floor(random() * (bytes.length + 1)));
    let parses = true;
    try {
      JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(cut));
    } catch {
      parses = false;
    }
    assert.equal(parseJson(cut) !== null, parses);
  }
});

test('a string ends or breaks at the right byte, wherever in memory it begins', () => {
  const memory = Buffer.alloc(64);
  for (let offset = 0; offset < 8; offset++) {
    for (let length = 0; length < 14; length++) {
      for (let place = 0; place < length; place++) {
        for (const byte of [0x00, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x5b, 0x5c, 0x5d, 0x7f, 0x80]) {
          const bytes = memory.subarray(offset, offset + length + 2).fill(0x61);
          bytes[0] = 0x22;
          bytes[length + 1] = 0x22;
          bytes[place + 1] = byte;
          let parses = byte !== 0x80;
          try {
            JSON.parse(bytes.toString('latin1'));
          } catch {
            parses = false;
          }
          assert.equal(parseJson(bytes) !== null, parses, `offset ${offset} length ${length} place ${place} ${byte}`);
        }
      }
    }
  }
});

test('undoes escapes as JSON.parse does, lone surrogates as U+FFFD', () => {
  const random = seeded(11);
  const pieces = ['a', 'word '.repeat(9), '\\n', '\\"', '\\\\', '\\/', '\\b\\f\\r\\t', 'é😀'];
  pieces.push('\\u0041', '\\u00e9', '\\u20ac', '\\ud83d\\ude00', '\\ud83d', '\\ude00', '\\u0000');
  for (let round = 0; round < 2000; round++) {
    const inside = Array.from({ length: random() * 8 }, () => pieces[Math.floor(random() * pieces.length)]).join('');
    assert.equal(unescapeJson(Buffer.from(inside)).toString(), (JSON.parse(`"${inside}"`) as string).toWellFormed());
  }
});
