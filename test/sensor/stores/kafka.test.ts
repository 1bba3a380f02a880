import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32, gzipSync, zstdCompressSync } from 'node:zlib';
import { hearTranscript, linesOf, recut, torment } from '../../support/heard-stores.ts';
import type { Transcript } from '../../support/transcripts.ts';

function int(width: 1 | 2 | 4 | 8, value: number): Buffer {
  const bytes = Buffer.alloc(width);
  if (width === 8) bytes.writeBigInt64BE(BigInt(value));
  else bytes.writeIntBE(value, 0, width);
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.concat([int(2, value.length), Buffer.from(value)]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value < 0 ? -value * 2 - 1 : value * 2;
  while (rest >= 128) {
    bytes.push((rest % 128) | 0x80);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
}

const sized = (value: string): Buffer => Buffer.concat([varint(value.length), Buffer.from(value)]);

/** A batch of version 2 by its specification. */
function batch(records: readonly (readonly [key: string, value: string])[], packing = 0): Buffer {
  const made = records.map(([key, value], index) => {
    const body = Buffer.concat([
      Buffer.from([0]),
      varint(0),
      varint(index),
      sized(key),
      sized(value),
      varint(1),
      sized('trace'),
      sized('t-1'),
    ]);
    return Buffer.concat([varint(body.length), body]);
  });
  const plain = Buffer.concat(made);
  const packed = packing === 1 ? gzipSync(plain) : packing === 4 ? zstdCompressSync(plain) : plain;
  const behind = Buffer.concat([
    int(4, 0),
    Buffer.from([2]),
    int(4, 0),
    int(2, packing),
    int(4, records.length - 1),
    int(8, 1),
    int(8, 1),
    int(8, -1),
    int(2, -1),
    int(4, -1),
    int(4, records.length),
    packed,
  ]);
  return Buffer.concat([int(8, 0), int(4, behind.length), behind]);
}

function request(key: number, version: number, id: number, body: Buffer): Buffer {
  const flexible = (key === 0 && version >= 9) || (key === 1 && version >= 12) || (key === 18 && version >= 3);
  const head = Buffer.concat([
    int(2, key),
    int(2, version),
    int(4, id),
    text('app'),
    ...(flexible ? [Buffer.from([0])] : []),
  ]);
  return Buffer.concat([int(4, head.length + body.length), head, body]);
}

function answer(id: number, body: Buffer): Buffer {
  return Buffer.concat([int(4, 4 + body.length), int(4, id), body]);
}

const RECORDS = [['user-1', '{"email":"ann@mail.example"}']] as const;
const old = (records: Buffer): Buffer =>
  Buffer.concat([
    int(2, -1),
    int(2, 1),
    int(4, 1000),
    int(4, 1),
    text('people'),
    int(4, 1),
    int(4, 0),
    int(4, records.length),
    records,
  ]);
const compact = (records: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from([0]),
    int(2, 1),
    int(4, 1000),
    Buffer.from([2, 7]),
    Buffer.from('people'),
    Buffer.from([2]),
    int(4, 0),
    Buffer.from([((records.length + 1) & 0x7f) | 0x80, (records.length + 1) >> 7]),
    records,
    Buffer.from([0, 0, 0]),
  ]);
const fetched = (records: Buffer): Buffer =>
  Buffer.concat([
    int(4, 0),
    int(2, 0),
    int(4, 7),
    int(4, 1),
    text('people'),
    int(4, 1),
    int(4, 0),
    int(2, 0),
    int(8, 9),
    int(8, 9),
    int(8, 0),
    int(4, 0),
    int(4, -1),
    int(4, records.length),
    records,
  ]);

const TALK: Transcript = [
  { way: 'out', bytes: request(18, 3, 1, Buffer.from([2, 97, 2, 49, 0])) },
  { way: 'in', bytes: answer(1, Buffer.alloc(20)) },
  { way: 'out', bytes: request(0, 7, 2, old(batch(RECORDS))) },
  { way: 'in', bytes: answer(2, Buffer.alloc(20)) },
  { way: 'out', bytes: request(0, 9, 3, compact(batch(RECORDS, 1))) },
  { way: 'in', bytes: answer(3, Buffer.alloc(20)) },
  { way: 'out', bytes: request(1, 11, 4, Buffer.alloc(30)) },
  { way: 'in', bytes: answer(4, fetched(Buffer.concat([batch(RECORDS, 4), batch([['k', 'bob@mail.example']])]))) },
  { way: 'out', bytes: request(0, 7, 5, old(batch(RECORDS, 3))) },
];

const RECORD = '/records/0/key=user-1 | /records/0/value={"email":"ann@mail.example"} | /records/0/headers/trace=t-1';
const SAID = [
  'out ApiVersions - full: ',
  'in ApiVersions - full: ',
  `out Produce people full: ${RECORD}`,
  'in Produce people full: ',
  `out Produce people full: ${RECORD}`,
  'in Produce people full: ',
  'out Fetch - full: ',
  `in Fetch people full: ${RECORD} | /records/1/key=k | /records/1/value=bob@mail.example | /records/1/headers/trace=t-1`,
  'out Produce people opaque: compressed: ',
];

test('records that are produced and fetched are told with their topic, packed by gzip and zstd too', () => {
  const { connection, messages } = hearTranscript(TALK);
  assert.deepEqual(connection.recognised, { kind: 'store', protocol: 'kafka', sealed: null });
  assert.deepEqual(linesOf(messages), SAID);
});

test('they are the same however the bytes are cut', () => {
  for (const size of [1, 3, 7, 64]) assert.deepEqual(linesOf(hearTranscript(recut(TALK, () => size)).messages), SAID);
});

test('messages of the older versions are known by their checksum', () => {
  const body = Buffer.concat([
    Buffer.from([1, 0]),
    int(8, 5),
    int(4, 1),
    Buffer.from('k'),
    int(4, 16),
    Buffer.from('ann@mail.example'),
  ]);
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32(body));
  const set = Buffer.concat([int(8, 0), int(4, body.length + 4), crc, body]);
  const body2 = Buffer.concat([
    int(2, 1),
    int(4, 1000),
    int(4, 1),
    text('people'),
    int(4, 1),
    int(4, 0),
    int(4, set.length),
    set,
  ]);
  const { messages } = hearTranscript([...TALK.slice(0, 2), { way: 'out', bytes: request(0, 2, 8, body2) }]);
  assert.equal(linesOf(messages)[2], 'out Produce people full: /records/0/key=k | /records/0/value=ann@mail.example');
});

test('of a large batch the first records are looked at, and the next request whole', () => {
  const long = request(0, 7, 9, old(batch(Array.from({ length: 500 }, () => ['k', 'ann@mail.example'] as const))));
  const { connection, messages } = hearTranscript(TALK.slice(0, 2));
  connection.data('out', long.subarray(0, 5000));
  connection.lost('out', long.length - 5000);
  connection.data('out', request(0, 7, 10, old(batch(RECORDS))));
  assert.equal(messages[2]?.coverage.reason, 'sampled');
  assert.ok((messages[2]?.texts.length ?? 0) > 50);
  assert.equal(linesOf(messages)[3], `out Produce people full: ${RECORD}`);
});

test('nothing that a connection can say makes it throw or grow', () => {
  torment(TALK, 400);
});
