import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hearTranscript, linesOf, recut, torment } from '../../support/heard-stores.ts';
import type { Transcript } from '../../support/transcripts.ts';

type Value = string | number | bigint | boolean | null | Buffer | readonly Value[] | { readonly [name: string]: Value };

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

/** BSON by its specification: strings, numbers, documents, arrays, binary. */
function bson(document: Readonly<Record<string, Value>>): Buffer {
  const parts = Object.entries(document).map(([name, value]) => {
    const [type, bytes] = element(value);
    return Buffer.concat([Buffer.from([type]), Buffer.from(`${name}\0`), bytes]);
  });
  const body = Buffer.concat(parts);
  return Buffer.concat([int32(body.length + 5), body, Buffer.from([0])]);
}

function element(value: Value): readonly [number, Buffer] {
  if (value === null) return [0x0a, Buffer.alloc(0)];
  if (typeof value === 'string')
    return [0x02, Buffer.concat([int32(Buffer.byteLength(value) + 1), Buffer.from(`${value}\0`)])];
  if (typeof value === 'boolean') return [0x08, Buffer.from([value ? 1 : 0])];
  if (typeof value === 'number') return [0x10, int32(value)];
  if (typeof value === 'bigint') {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(value);
    return [0x12, bytes];
  }
  if (Buffer.isBuffer(value)) return [0x05, Buffer.concat([int32(value.length), Buffer.from([0]), value])];
  if (Array.isArray(value)) return [0x04, bson(Object.fromEntries(value.map((one, index) => [String(index), one])))];
  return [0x03, bson(value as Readonly<Record<string, Value>>)];
}

function message(id: number, to: number, op: number, body: Buffer): Buffer {
  return Buffer.concat([int32(body.length + 16), int32(id), int32(to), int32(op), body]);
}

function opMsg(
  id: number,
  to: number,
  command: Readonly<Record<string, Value>>,
  documents: readonly Readonly<Record<string, Value>>[] = [],
): Buffer {
  const sequence = Buffer.concat([Buffer.from('documents\0'), ...documents.map(bson)]);
  const more = documents.length === 0 ? [] : [Buffer.from([1]), int32(sequence.length + 4), sequence];
  return message(id, to, 2013, Buffer.concat([int32(0), Buffer.from([0]), bson(command), ...more]));
}

const GREETING = message(
  1,
  0,
  2004,
  Buffer.concat([int32(0), Buffer.from('admin.$cmd\0'), int32(0), int32(-1), bson({ isMaster: 1 })]),
);
const TALK: Transcript = [
  { way: 'out', bytes: GREETING },
  { way: 'in', bytes: message(2, 1, 1, Buffer.concat([Buffer.alloc(20), bson({ ok: 1 })])) },
  {
    way: 'out',
    bytes: opMsg(3, 0, { insert: 'people', lsid: { id: Buffer.alloc(16, 65) }, $db: 'crm' }, [
      { email: 'ann@mail.example', card: 4_111_111_111_111_111n, tags: ['bob@mail.example'] },
      { nested: { email: 'cyd@mail.example' } },
    ]),
  },
  { way: 'in', bytes: opMsg(4, 3, { n: 2, ok: 1 }) },
  { way: 'out', bytes: opMsg(5, 0, { find: 'people', filter: { email: 'ann@mail.example' }, $db: 'crm' }) },
  {
    way: 'in',
    bytes: opMsg(6, 5, { cursor: { firstBatch: [{ email: 'ann@mail.example' }], id: 0n, ns: 'crm.people' }, ok: 1 }),
  },
  { way: 'out', bytes: opMsg(7, 0, { saslStart: 1, payload: Buffer.from('a-password'), $db: 'admin' }) },
  { way: 'out', bytes: message(8, 0, 2012, Buffer.from('packed, whatever it holds')) },
];

const SAID = [
  'out query admin full: ',
  'in query admin full: ',
  'out insert crm.people full: /documents/0/email=ann@mail.example | /documents/0/card=4111111111111111 | /documents/0/tags/0=bob@mail.example | /documents/1/nested/email=cyd@mail.example',
  'in insert crm.people full: ',
  'out find crm.people full: /filter/email=ann@mail.example',
  'in find crm.people full: /cursor/firstBatch/0/email=ann@mail.example | /cursor/ns=crm.people',
  'out saslStart admin full: ',
  'out - - opaque: compressed: ',
];

test('documents are walked field by field, with their command, database and collection', () => {
  const { connection, messages } = hearTranscript(TALK);
  assert.deepEqual(connection.recognised, { kind: 'store', protocol: 'mongodb', sealed: null });
  assert.deepEqual(linesOf(messages), SAID);
  const labels = messages[2]?.texts.map(({ label }) => label);
  assert.deepEqual(labels, ['email', 'card', 'tags', 'email']);
});

test('they are the same however the bytes are cut', () => {
  for (const size of [1, 3, 7, 64]) assert.deepEqual(linesOf(hearTranscript(recut(TALK, () => size)).messages), SAID);
});

test('of a large message the first bytes are looked at, and the next one whole', () => {
  const long = opMsg(
    9,
    0,
    { insert: 'people', $db: 'crm' },
    Array.from({ length: 2000 }, () => ({ email: 'ann@mail.example' })),
  );
  const { connection, messages } = hearTranscript(TALK.slice(0, 2));
  connection.data('out', long.subarray(0, 5000));
  connection.lost('out', long.length - 5000);
  connection.data('out', opMsg(10, 0, { find: 'people', filter: { email: 'ann@mail.example' }, $db: 'crm' }));
  assert.equal(messages[2]?.coverage.reason, 'sampled');
  assert.ok((messages[2]?.texts.length ?? 0) > 50);
  assert.equal(linesOf(messages)[3], 'out find crm.people full: /filter/email=ann@mail.example');
});

test('nothing that a connection can say makes it throw or grow', () => {
  torment(TALK, 400);
});
