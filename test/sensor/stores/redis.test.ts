import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { STORE_LIMITS } from '../../../sensor/stores/store-message.ts';
import { hearTranscript, linesOf, listen, recut, torment } from '../../support/heard-stores.ts';
import { readTranscript } from '../../support/transcripts.ts';

const RESP2 = readTranscript('redis-cli');
const RESP3 = readTranscript('redis-cli-3');

const SAID = [
  'out SET 0 full: /key=user:1:email | /values/0=ann@mail.example | /values/1=EX | /values/2=60',
  'out HSET 0 full: /key=user:1 | /fields/email=ann@mail.example | /fields/card=4111111111111111',
  'out GET 0 full: /key=user:1:email',
  'in GET 0 full: /value=ann@mail.example',
  'out HGETALL 0 full: /key=user:1',
  'in HGETALL 0 full: /fields/email=ann@mail.example | /fields/card=4111111111111111',
  'out HGET 0 full: /key=user:1 | /args/0=card',
  'in HGET 0 full: /value=4111111111111111',
  'out HMGET 0 full: /key=user:1 | /args/0=email | /args/1=card',
  'in HMGET 0 full: /values/0=ann@mail.example | /values/1=4111111111111111',
  'out MSET 0 full: /key=a | /keys/a=bob@mail.example | /key=b | /keys/b=2',
  'out MGET 0 full: /key=a | /args/0=b | /args/1=none',
  'in MGET 0 full: /values/0=bob@mail.example | /values/1=2',
  'out LPUSH 0 full: /key=queue | /values/0={"email":"cyd@mail.example"}',
];

describe('what redis-cli and a real server said', () => {
  for (const [version, transcript] of [
    ['RESP2', RESP2],
    ['RESP3', RESP3],
  ] as const) {
    test(`is told command by command, ${version}`, () => {
      const { connection, messages } = hearTranscript(transcript);
      assert.deepEqual(connection.recognised, { kind: 'store', protocol: 'redis', sealed: null });
      const lines = linesOf(messages).filter((line) => !line.includes('HELLO'));
      assert.deepEqual(lines.slice(0, SAID.length), SAID);
      assert.match(lines.join('\n'), /in XRANGE 0 full: .*\/1\/fields\/email=dan@mail.example/);
      assert.match(lines.join('\n'), /in INCR 0 full: \/error=ERR wrong number/);
      assert.equal(lines.at(-1), 'out SET 3 full: /key=x | /values/0=gus@mail.example');
    });

    test(`is told the same however it is cut, ${version}`, () => {
      const whole = linesOf(hearTranscript(transcript).messages);
      for (const size of [1, 2, 3, 7, 50]) {
        assert.deepEqual(linesOf(hearTranscript(recut(transcript, () => size)).messages), whole);
      }
    });
  }

  test('a value has the key or field that it was asked by as its label', () => {
    const { messages } = hearTranscript(RESP2);
    const labels = messages.flatMap(({ way, operation, texts }) =>
      way === 'in' && /^H?M?GET$/.test(operation ?? '') ? texts.map(({ label }) => `${operation} ${label}`) : [],
    );
    assert.deepEqual(labels, ['GET user:1:email', 'HGET card', 'HMGET email', 'HMGET card', 'MGET a', 'MGET b']);
  });
});

const array = (...words: string[]): Buffer =>
  Buffer.from(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`);

describe('what was not seen, and what is not looked at', () => {
  test('passwords are not', () => {
    const { connection, messages } = listen();
    connection.data('out', array('AUTH', 'app', 'a-password'));
    connection.data('in', Buffer.from('+OK\r\n'));
    connection.data('out', array('CONFIG', 'SET', 'requirepass', 'a-password'));
    assert.deepEqual(linesOf(messages), ['out AUTH 0 full: ', 'out CONFIG 0 full: ']);
  });

  test('of a long value the first bytes are, and the next command whole', () => {
    const { connection, messages } = listen();
    const long = array('SET', 'k', 'x'.repeat(50_000));
    connection.data('out', long.subarray(0, 6000));
    connection.lost('out', long.length - 6000);
    connection.data('out', array('GET', 'k'));
    assert.equal(messages[0]?.bytes, long.length);
    assert.equal(messages[0]?.coverage.reason, 'sampled');
    const kept = messages[0]?.texts.reduce((sum, { text }) => sum + text.length, 0) ?? 0;
    assert.ok(kept > 4000 && kept <= STORE_LIMITS.messageBytes, `${kept}`);
    assert.equal(linesOf(messages)[1], 'out GET 0 full: /key=k');
  });

  test('where the place is lost, it is found again when the other side has spoken', () => {
    const { connection, messages } = listen();
    connection.data('out', array('GET', 'a'));
    connection.data('in', Buffer.from('$5\r\nhel'));
    connection.lost('in', 500);
    connection.data('in', Buffer.from('$4\r\nlost\r\n'));
    connection.data('out', array('GET', 'b'));
    connection.data('in', Buffer.from('$4\r\nback\r\n'));
    assert.deepEqual(linesOf(messages), [
      'out GET 0 full: /key=a',
      'in GET 0 truncated: sampled: /value=hel',
      'out GET 0 full: /key=b',
      'in GET 0 full: /value=back',
    ]);
  });

  test('what is published to a subscriber is told with its channel', () => {
    const { connection, messages } = listen();
    connection.data('out', array('SUBSCRIBE', 'news'));
    connection.data('in', Buffer.from('*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n'));
    connection.data('in', array('message', 'news', 'ann@mail.example'));
    assert.deepEqual(linesOf(messages).at(-1), 'in PUSH 0 full: /payload=ann@mail.example');
    assert.equal(messages.at(-1)?.texts[0]?.label, 'news');
  });

  test('nothing that a connection can say makes it throw or grow', () => {
    torment(RESP2, 300);
    torment(RESP3, 300);
    const { connection } = listen();
    connection.data('out', Buffer.from(`*1\r\n$4\r\nPING\r\n${'*9\r\n'.repeat(100)}`));
    connection.data('in', Buffer.from('*2147483647\r\n:1\r\n'.repeat(50)));
  });
});
