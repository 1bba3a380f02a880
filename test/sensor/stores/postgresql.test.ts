import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { binaryText } from '../../../sensor/stores/postgresql-values.ts';
import { STORE_LIMITS } from '../../../sensor/stores/store-message.ts';
import { hearTranscript, linesOf, listen, recut, torment } from '../../support/heard-stores.ts';
import { readTranscript, type Transcript } from '../../support/transcripts.ts';

const PSQL = readTranscript('postgresql-psql');
const EXTENDED = readTranscript('postgresql-extended');

const FROM_PSQL = [
  'out CREATE postgres.people full: ',
  `out INSERT postgres.people full: /rows/0/email=ann@mail.example | /rows/0/card=4111111111111111 | /rows/0/note={"iban":"DE89370400440532013000"} | /rows/1/email=bob@mail.example`,
  'out SELECT postgres.people full: /rows/0/email=ann@mail.example',
  'in SELECT postgres.people full: /rows/0/id=1 | /rows/0/email=ann@mail.example | /rows/0/card=4111111111111111',
  'out COPY postgres.people full: ',
  'out COPY postgres.people full: /rows/0/id=3 | /rows/0/email=cyd@mail.example | /rows/1/id=4 | /rows/1/email=dan\tdan@mail.example',
  'out COPY postgres.people full: ',
  'in COPY postgres.people full: /rows/0/email=ann@mail.example | /rows/0/note={"iban": "DE89370400440532013000"} | /rows/1/email=bob@mail.example | /rows/2/email=cyd@mail.example | /rows/3/email=dan\tdan@mail.example',
  'out INSERT postgres.people full: /rows/0/email=eve@mail.example',
  'in INSERT postgres.people full: /error/M=duplicate key value violates unique constraint "people_pkey" | /error/D=Key (id)=(1) already exists.',
  'out NOTIFY postgres full: /literals/0=fay@mail.example',
  'out LISTEN postgres full: ',
  'out NOTIFY postgres full: /literals/0=fay@mail.example',
  'in NOTIFY postgres.news full: /payload=fay@mail.example',
];

const FROM_EXTENDED = [
  'out INSERT postgres.people full: /rows/0/id=7 | /rows/0/email=hal@mail.example | /rows/0/card=5555555555554444',
  'out SELECT postgres.people full: /rows/0/email=hal@mail.example',
  'in SELECT postgres.people full: /rows/0/id=7 | /rows/0/email=hal@mail.example | /rows/0/card=5555555555554444',
  'out SELECT postgres.people full: /rows/0/card=4111111111111111',
  'in SELECT postgres.people full: /rows/0/email=ann@mail.example | /rows/0/card=4111111111111111',
];

describe('what psql and a real server said', () => {
  test('is told statement by statement, each value with its column', () => {
    const { connection, messages } = hearTranscript(PSQL);
    assert.deepEqual(connection.recognised, { kind: 'store', protocol: 'postgresql', sealed: null });
    assert.deepEqual(linesOf(messages), FROM_PSQL);
  });

  test('is told the same however it is cut', () => {
    for (const size of [1, 2, 3, 5, 7, 11, 64]) {
      const { messages } = hearTranscript(recut(PSQL, () => size));
      assert.deepEqual(linesOf(messages), FROM_PSQL, `${size}`);
    }
  });

  test('parameters and rows of prepared statements have their columns, in the binary form too', () => {
    assert.deepEqual(linesOf(hearTranscript(EXTENDED).messages).slice(0, 5), FROM_EXTENDED);
    assert.deepEqual(linesOf(hearTranscript(recut(EXTENDED, () => 1)).messages).slice(0, 5), FROM_EXTENDED);
  });

  test('a refused request for TLS is no end of it, a granted one is', () => {
    const asked = readTranscript('postgresql-tls');
    const { connection, messages } = hearTranscript(asked);
    assert.equal(connection.sealed, null);
    assert.match(linesOf(messages).join('\n'), /in SELECT postgres full: \/rows\/0\/email=gus@mail.example/);
    const granted = asked.map(({ way, bytes }) => ({
      way,
      bytes: way === 'in' && bytes.length === 1 ? Buffer.from('S') : bytes,
    }));
    const sealed = hearTranscript(granted);
    assert.equal(sealed.connection.sealed, 'tls');
    assert.equal(sealed.connection.protocol, 'postgresql');
    assert.equal(sealed.connection.wants, false);
    assert.deepEqual(sealed.messages, []);
  });
});

describe('what was not seen', () => {
  const big = (size: number): Buffer => {
    const sql = Buffer.from(`SELECT '${'x'.repeat(size)}'\0`);
    const head = Buffer.alloc(5);
    head.write('Q');
    head.writeInt32BE(sql.length + 4, 1);
    return Buffer.concat([head, sql]);
  };
  const start = PSQL.slice(
    0,
    PSQL.findIndex(({ bytes }) => bytes.toString('latin1').includes('CREATE')),
  );

  test('of a long statement the first bytes are looked at, and the next one whole', () => {
    const next = big(3);
    const long = big(100_000);
    for (const seen of [long, long.subarray(0, 6000), long.subarray(0, 5000), long.subarray(0, 100)]) {
      const { connection, messages } = hearTranscript(start);
      connection.data('out', seen);
      if (seen.length < long.length) connection.lost('out', long.length - seen.length);
      connection.data('out', next);
      const [first, second] = messages;
      assert.equal(first?.coverage.reason, 'sampled');
      assert.equal(first?.bytes, long.length);
      assert.ok((first?.texts ?? []).every(({ text }) => text.length <= STORE_LIMITS.messageBytes));
      assert.deepEqual(
        second?.texts.map(({ path, text }) => `${path}=${text}`),
        ['/literals/0=xxx'],
      );
    }
  });

  test('where the place is lost, it is found again at a packet that begins a message', () => {
    const { connection, messages } = hearTranscript(start);
    connection.lost('out', 1234);
    connection.data('out', Buffer.from('in the middle of something'));
    connection.data('out', big(3));
    assert.deepEqual(linesOf(messages), ['out SELECT postgres full: /literals/0=xxx']);
  });

  test('an answer whose end was not seen is told as far as it was', () => {
    const cut: Transcript = EXTENDED.map(({ way, bytes }) => ({
      way,
      bytes: way === 'in' ? bytes.subarray(0, -20) : bytes,
    }));
    const { connection, messages } = listen();
    for (const [index, { way, bytes }] of cut.entries()) {
      connection.data(way, bytes);
      if (way === 'in') connection.lost('in', 20);
      if (index > 6) break;
    }
    assert.match(linesOf(messages).join('\n'), /in SELECT postgres\.people truncated: sampled: \/rows\/0\/id=7/);
  });

  test('nothing that a connection can say makes it throw or grow', () => {
    torment(PSQL, 300);
    torment(EXTENDED, 300);
  });
});

test('values in the binary form are read as text', () => {
  const cases: readonly (readonly [number, string, string | null])[] = [
    [20, '000f24c3d2b7f1a5', null],
    [23, '0000002a', '42'],
    [1700, '0002000100000002000c0d80', '123456.00'],
    [1700, '000100004000000000' + '07', '-7'],
    [1082, '00000001', '2000-01-02'],
    [2950, '550e8400e29b41d4a716446655440000', '550e8400-e29b-41d4-a716-446655440000'],
    [869, '02200004c0000207', '192.0.2.7'],
    [3802, '017b7d', '{}'],
    [701, '3ff0000000000000', null],
  ];
  for (const [oid, hex, expected] of cases) {
    const read = binaryText(oid, Buffer.from(hex, 'hex'))?.toString() ?? null;
    if (oid === 20) assert.equal(read, BigInt(`0x${hex}`).toString());
    else assert.equal(read, expected, `${oid} ${hex}`);
  }
  const array = Buffer.from('0000000100000000000000190000000200000001' + '00000003616263' + 'ffffffff', 'hex');
  assert.equal(binaryText(1009, array)?.toString(), 'abc\n');
});
