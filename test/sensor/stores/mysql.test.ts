import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hearTranscript, linesOf, recut, torment } from '../../support/heard-stores.ts';
import { readTranscript } from '../../support/transcripts.ts';

const SHELL = readTranscript('mysql-mariadb');
const PREPARED = readTranscript('mysql-prepared');
const WITHOUT_EOF = readTranscript('mysql-prepared-without-eof');

const FROM_SHELL = [
  'out CREATE test.people full: ',
  'out INSERT test.people full: /rows/0/email=ann@mail.example | /rows/0/card=4111111111111111 | /rows/0/note={"iban":"DE89370400440532013000"} | /rows/1/email=bob@mail.example',
  'out SELECT test.people full: /rows/0/email=ann@mail.example',
  'in SELECT test.people full: /rows/0/id=1 | /rows/0/email=ann@mail.example | /rows/0/card=4111111111111111',
  'out LOAD test.people full: /literals/0=FILE',
  'out LOAD test.people full: /rows/0/id=3 | /rows/0/email=cyd@mail.example | /rows/1/id=4 | /rows/1/email=dan@mail.example',
  'out INSERT test.people full: /rows/0/email=eve@mail.example',
  "in INSERT test.people full: /error=Duplicate entry '1' for key 'PRIMARY'",
  'out PREPARE test full: /literals/0=SELECT email FROM people WHERE id = ?',
  'out SET test full: ',
  'out EXECUTE test full: ',
  'in EXECUTE test full: /rows/0/email=cyd@mail.example',
];

const FROM_PREPARED = [
  'out INSERT test.people full: ',
  'out INSERT test.people full: /rows/0/id=10 | /rows/0/email=hal@mail.example | /rows/0/card=5555555555554444',
  'out SELECT test.people full: ',
  'out SELECT test.people full: /rows/0/email=hal@mail.example',
  'in SELECT test.people full: /rows/0/id=10 | /rows/0/email=hal@mail.example | /rows/0/card=5555555555554444',
  'out SELECT test.people full: /rows/0/email=nobody@mail.example',
  'out SELECT test.people full: /rows/0/card=4111111111111111',
  'in SELECT test.people full: /rows/0/email=ann@mail.example',
  'out SELECT test.nowhere full: ',
  "in SELECT test.nowhere full: /error=Table 'test.nowhere' doesn't exist",
];

function shown(lines: readonly string[]): readonly string[] {
  return lines.map((line) => line.replace(/\/tmp\/\S+/, 'FILE'));
}

describe('what the shell of MariaDB and a real server said', () => {
  test('is told statement by statement, each value with its column', () => {
    const { connection, messages } = hearTranscript(SHELL);
    assert.deepEqual(connection.recognised, { kind: 'store', protocol: 'mysql', sealed: null });
    assert.deepEqual(shown(linesOf(messages)).slice(0, FROM_SHELL.length), FROM_SHELL);
    assert.deepEqual(messages.at(-1)?.database, 'test');
  });

  test('is told the same however it is cut', () => {
    for (const size of [1, 2, 3, 5, 7, 64]) {
      assert.deepEqual(
        linesOf(hearTranscript(recut(SHELL, () => size)).messages),
        linesOf(hearTranscript(SHELL).messages),
      );
    }
  });

  test('prepared statements have their parameters and rows in the binary form, with EOF packets and without', () => {
    assert.deepEqual(linesOf(hearTranscript(PREPARED).messages), FROM_PREPARED);
    const other = FROM_PREPARED.map((line, index) => (index === 1 ? line.replace('id=10', 'id=11') : line));
    assert.deepEqual(linesOf(hearTranscript(WITHOUT_EOF).messages), other);
    assert.deepEqual(linesOf(hearTranscript(recut(WITHOUT_EOF, () => 1)).messages), other);
  });
});

describe('what cannot be read', () => {
  const greeting = SHELL[0];
  const response = SHELL[1];

  test('a switch to TLS ends it', () => {
    assert.ok(greeting !== undefined && response !== undefined);
    const request = Buffer.alloc(36);
    response.bytes.copy(request, 0, 0, 36);
    request.writeUIntLE(32, 0, 3);
    request.writeUInt32LE(request.readUInt32LE(4) | 0x800, 4);
    const { connection, messages } = hearTranscript([greeting, { way: 'out', bytes: request }]);
    assert.equal(connection.sealed, 'tls');
    assert.equal(connection.wants, false);
    assert.deepEqual(messages, []);
  });

  test('compression ends it once the client is signed in', () => {
    const compressed = SHELL.map(({ way, bytes }, index) => {
      const changed = Buffer.from(bytes);
      if (index === 1) changed.writeUInt32LE(changed.readUInt32LE(4) | 0x20, 4);
      return { way, bytes: changed };
    });
    assert.equal(hearTranscript(compressed).connection.sealed, 'compressed');
  });

  test('where the place is lost, it is found again with the next command', () => {
    const { connection, messages } = hearTranscript(PREPARED.slice(0, 4));
    connection.lost('out', 100_000);
    connection.lost('in', 100_000);
    const sql = Buffer.from("\x03SELECT 'again' AS a");
    connection.data('in', Buffer.from('the middle of an answer'));
    connection.data('out', Buffer.concat([Buffer.from([sql.length, 0, 0, 0]), sql]));
    assert.match(linesOf(messages).join('\n'), /out SELECT test full: \/literals\/0=again/);
  });

  test('nothing that a connection can say makes it throw or grow', () => {
    torment(SHELL, 300);
    torment(PREPARED, 300);
  });
});
