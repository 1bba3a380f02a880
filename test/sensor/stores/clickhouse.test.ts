/** ClickHouse's native protocol, from packets built by its documentation. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { undoLz4 } from '../../../sensor/stores/clickhouse-values.ts';
import { STORE_LIMITS } from '../../../sensor/stores/store-message.ts';
import { hearTranscript, linesOf, listen, recut, torment } from '../../support/heard-stores.ts';
import { CARD } from '../../support/planted.ts';
import type { Transcript } from '../../support/transcripts.ts';

const REVISION = 54_465;

function varuint(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left]);
    bytes.push((left % 128) | 128);
  }
}
const text = (value: string): Buffer => Buffer.concat([varuint(Buffer.byteLength(value)), Buffer.from(value)]);
const little = (value: number, bytes: number): Buffer => {
  const written = Buffer.alloc(bytes);
  written.writeBigUInt64LE === undefined || bytes !== 8
    ? written.writeUIntLE(value, 0, bytes)
    : written.writeBigUInt64LE(BigInt(value));
  return written;
};

const clientHello = (revision = REVISION): Buffer =>
  Buffer.concat([
    ...[varuint(0), text('ClickHouse client'), varuint(23), varuint(8), varuint(revision)],
    ...[text('crm'), text('default'), text('sesame')],
  ]);
const serverHello = (revision = REVISION): Buffer =>
  Buffer.concat([
    ...[varuint(0), text('ClickHouse'), varuint(23), varuint(8), varuint(revision)],
    ...[text('UTC'), text('host'), varuint(1)],
  ]);
const ADDENDUM = text('');

function query(
  sql: string,
  options: { isCompressed?: boolean; parameters?: readonly (readonly [string, string])[] } = {},
): Buffer {
  const setting = ([name, value]: readonly [string, string]): Buffer =>
    Buffer.concat([text(name), varuint(2), text(value)]);
  return Buffer.concat([
    ...[varuint(1), text('2f1c'), Buffer.from([1]), text(''), text(''), text('0.0.0.0:0'), Buffer.alloc(8)],
    ...[Buffer.from([1]), text('ann'), text('laptop'), text('ClickHouse client'), varuint(23), varuint(8)],
    ...[varuint(REVISION), text(''), varuint(0), varuint(1), Buffer.from([0]), varuint(0), varuint(0), varuint(0)],
    ...[setting(['max_threads', '4']), text(''), text(''), varuint(2), varuint(options.isCompressed === true ? 1 : 0)],
    ...[text(sql), ...(options.parameters ?? []).map(setting), text('')],
  ]);
}

interface Column {
  readonly name: string;
  readonly type: string;
  readonly data: Buffer;
}
const strings = (...values: readonly string[]): Buffer => Buffer.concat(values.map(text));
const BLOCK_INFO = Buffer.from([1, 0, 2, 0xff, 0xff, 0xff, 0xff, 0]);

function block(rows: number, ...columns: readonly Column[]): Buffer {
  const written = columns.map(({ name, type, data }) =>
    Buffer.concat([text(name), text(type), Buffer.from([0]), rows === 0 ? Buffer.alloc(0) : data]),
  );
  return Buffer.concat([BLOCK_INFO, varuint(columns.length), varuint(rows), ...written]);
}
const clientData = (body: Buffer): Buffer => Buffer.concat([varuint(2), text(''), body]);
const serverData = (body: Buffer): Buffer => Buffer.concat([varuint(1), text(''), body]);
const EMPTY = block(0);

/** A frame of compressed blocks; nobody here looks at its checksum. */
function framed(method: number, payload: Buffer, fullBytes: number): Buffer {
  const head = Buffer.concat([Buffer.from([method]), little(payload.length + 9, 4), little(fullBytes, 4)]);
  return Buffer.concat([Buffer.alloc(16, 0xaa), head, payload]);
}

/** LZ4 as its block format has it: all of it as literals, and a last part that repeats what was before. */
function asLz4(bytes: Buffer, repeatedBytes = 0): Buffer {
  const lengthOf = (length: number): Buffer => {
    const more: number[] = [];
    for (let left = length - 15; left >= 0; left -= 255) more.push(Math.min(left, 255));
    return Buffer.from(more);
  };
  const literals = Buffer.concat([lengthOf(bytes.length), bytes]);
  const token = (Math.min(bytes.length, 15) << 4) | Math.min(Math.max(0, repeatedBytes - 4), 15);
  const match = Buffer.concat([little(repeatedBytes, 2), lengthOf(repeatedBytes - 4)]);
  return Buffer.concat([Buffer.from([token]), literals, repeatedBytes > 0 ? match : Buffer.alloc(0)]);
}

const PEOPLE = block(
  2,
  { name: 'email', type: 'String', data: strings('ann@mail.example', 'bob@mail.example') },
  { name: 'card', type: 'Nullable(String)', data: Buffer.concat([Buffer.from([0, 1]), strings(CARD, '')]) },
  {
    name: 'city',
    type: 'LowCardinality(Nullable(String))',
    data: Buffer.concat([
      ...[little(1, 8), little(0x600, 8), little(2, 8), strings('', 'Ulm'), little(2, 8), Buffer.from([1, 0])],
    ]),
  },
  {
    name: 'tags',
    type: 'Array(String)',
    data: Buffer.concat([little(1, 8), little(3, 8), strings('vip', 'late', 'new')]),
  },
  {
    name: 'notes',
    type: 'Map(String, String)',
    data: Buffer.concat([little(1, 8), little(1, 8), strings('iban', 'DE89')]),
  },
  { name: 'born', type: 'Date32', data: Buffer.concat([little(3652, 4), little(0, 4)]) },
  { name: 'score', type: 'Decimal(9, 2)', data: Buffer.alloc(8) },
  { name: 'number', type: 'UInt64', data: Buffer.concat([little(4_711, 8), little(123_456_789, 8)]) },
);

const INSERT = 'INSERT INTO people (email, card) FORMAT Native';
const CONVERSATION: Transcript = [
  { way: 'out', bytes: clientHello() },
  { way: 'in', bytes: serverHello() },
  { way: 'out', bytes: Buffer.concat([ADDENDUM, query(INSERT), clientData(EMPTY)]) },
  { way: 'in', bytes: serverData(block(0, { name: 'email', type: 'String', data: Buffer.alloc(0) })) },
  { way: 'out', bytes: Buffer.concat([clientData(PEOPLE), clientData(EMPTY)]) },
  { way: 'in', bytes: Buffer.from([5]) },
  { way: 'out', bytes: Buffer.concat([query("SELECT email FROM people WHERE card = '4012'"), clientData(EMPTY)]) },
  {
    way: 'in',
    bytes: Buffer.concat([
      serverData(block(0, { name: 'email', type: 'String', data: Buffer.alloc(0) })),
      ...[varuint(3), varuint(2), varuint(80), varuint(2), varuint(80), varuint(0), varuint(0), varuint(900)],
      serverData(block(1, { name: 'email', type: 'String', data: strings('cyd@mail.example') })),
      ...[varuint(6), varuint(1), varuint(1), varuint(20), Buffer.from([0]), varuint(0), Buffer.from([0]), varuint(5)],
    ]),
  },
  { way: 'out', bytes: query('SELECT {name:String}', { parameters: [['name', "'dan@mail.example'"]] }) },
  {
    way: 'in',
    bytes: Buffer.concat([
      varuint(2),
      little(47, 4),
      text('DB::Exception'),
      text('no such column'),
      text(''),
      Buffer.from([0]),
    ]),
  },
];
const ROWS = [
  ...['/rows/0/email=ann@mail.example', '/rows/1/email=bob@mail.example', `/rows/0/card=${CARD}`, '/rows/0/city=Ulm'],
  ...['/rows/0/tags=vip', '/rows/1/tags=late', '/rows/1/tags=new', '/rows/0/notes=iban', '/rows/0/notes=DE89'],
  ...['/rows/0/born=1980-01-01', '/rows/1/born=1970-01-01', '/rows/1/number=123456789'],
].join(' | ');
const SAID = [
  'out INSERT crm.people full: ',
  `out INSERT crm.people full: ${ROWS}`,
  'out SELECT crm.people full: /rows/0/card=4012',
  'in SELECT crm.people full: /rows/0/email=cyd@mail.example',
  'out SELECT crm full: /parameters/name=dan@mail.example',
  'in SELECT crm full: /error=no such column',
];

describe("ClickHouse's native protocol", () => {
  test('is known by its hello, and told query by query and block by block', () => {
    const { connection, messages } = hearTranscript(CONVERSATION);
    assert.deepEqual(connection.recognised, { kind: 'store', protocol: 'clickhouse', sealed: null });
    assert.deepEqual(linesOf(messages), SAID);
    assert.ok(!JSON.stringify(messages).includes('sesame'));
  });

  test('is told the same however it is cut', () => {
    for (const size of [1, 2, 5, 60]) {
      assert.deepEqual(linesOf(hearTranscript(recut(CONVERSATION, () => size)).messages), SAID, String(size));
    }
  });

  for (const [name, frames] of [
    ['LZ4', framed(0x82, asLz4(PEOPLE), PEOPLE.length)],
    ['no coding', framed(0x02, PEOPLE, PEOPLE.length)],
    [
      'LZ4 over two frames',
      Buffer.concat([
        framed(0x82, asLz4(PEOPLE.subarray(0, 90)), 90),
        framed(0x82, asLz4(PEOPLE.subarray(90)), PEOPLE.length - 90),
      ]),
    ],
  ] as const) {
    test(`blocks in compressed frames are read: ${name}`, () => {
      const transcript: Transcript = [
        ...CONVERSATION.slice(0, 2),
        { way: 'out', bytes: Buffer.concat([ADDENDUM, query(INSERT, { isCompressed: true })]) },
        { way: 'out', bytes: clientData(frames) },
      ];
      assert.deepEqual(linesOf(hearTranscript(transcript).messages), SAID.slice(0, 2));
      assert.deepEqual(linesOf(hearTranscript(recut(transcript, () => 7)).messages), SAID.slice(0, 2));
    });
  }

  test('a block larger than what is looked at is told so far, and the next query is heard', () => {
    const emails = Array.from({ length: 3000 }, (_, at) => `person${at}@mail.example`);
    const large = block(3000, { name: 'email', type: 'String', data: strings(...emails) });
    const { connection, messages } = listen({ ...STORE_LIMITS, messageBytes: 1000 });
    for (const { way, bytes } of CONVERSATION.slice(0, 4)) connection.data(way, bytes);
    const sent = clientData(large);
    for (let at = 0; at < sent.length; at += 1400) connection.data('out', sent.subarray(at, at + 1400));
    connection.data('in', Buffer.from([5]));
    connection.data('out', query("SELECT 1 FROM people WHERE email = 'eve@mail.example'"));
    connection.end();
    const lines = linesOf(messages);
    assert.match(lines[1] ?? '', /^out INSERT crm\.people truncated: sampled: \/rows\/0\/email=person0@mail\.example/);
    assert.equal(lines[2], 'out SELECT crm.people full: /rows/0/email=eve@mail.example');
  });

  test('a column of a form that is not known ends the block, and says so', () => {
    const strange = block(
      1,
      { name: 'email', type: 'String', data: strings('ann@mail.example') },
      { name: 'state', type: 'AggregateFunction(uniq, String)', data: Buffer.alloc(30) },
    );
    const transcript: Transcript = [...CONVERSATION.slice(0, 4), { way: 'out', bytes: clientData(strange) }];
    assert.equal(
      linesOf(hearTranscript(transcript).messages)[1],
      'out INSERT crm.people opaque: unread: /rows/0/email=ann@mail.example',
    );
  });

  test('what is damaged, lost or made up is survived', () => torment(CONVERSATION, 300));

  test('LZ4 repeats what was before, byte by byte where it overlaps, and no further than there is room', () => {
    const plain = Buffer.from('abcabcd');
    assert.equal(undoLz4(asLz4(plain, 7), 100).toString(), 'abcabcdabcabcd');
    const overlapping = Buffer.concat([
      Buffer.from([(1 << 4) | 15]),
      Buffer.from('x'),
      little(1, 2),
      Buffer.from([20]),
    ]);
    assert.equal(undoLz4(overlapping, 100).toString(), 'x'.repeat(1 + 15 + 20 + 4));
    assert.equal(undoLz4(overlapping, 10).length, 10);
  });
});
