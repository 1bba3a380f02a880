import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { coverageText } from '../../../flow/coverage.ts';
import { headerOf } from '../../../flow/message.ts';
import { everySplit, seeded } from '../../support/every-split.ts';
import { Listener } from '../../support/heard-transcripts.ts';

const ASK = 'POST /v1/chat HTTP/1.1\r\nHost: api.openai.com\r\nContent-Length: 5\r\n\r\nhello';
const ANSWER =
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nX-Sum: 1\r\n\r\n';

describe('a request and its answer', () => {
  test('are one exchange, however they are cut', () => {
    everySplit(Buffer.from(ASK), (asked) => {
      const listener = new Listener();
      for (const piece of asked) listener.say('out', piece);
      listener.say('in', ANSWER);
      check(listener);
    });
    everySplit(Buffer.from(ANSWER), (answered) => {
      const listener = new Listener().say('out', ASK);
      for (const piece of answered) listener.say('in', piece);
      check(listener);
    });

    function check({ exchanges, room }: Listener): void {
      assert.equal(exchanges.length, 1);
      const [heard] = exchanges;
      assert.equal(heard?.authority, 'api.openai.com');
      assert.equal(heard.isComplete, true);
      assert.equal(heard.request?.method, 'POST');
      assert.equal(heard.request.target, '/v1/chat');
      assert.equal(heard.request.body.toString(), 'hello');
      assert.equal(heard.request.coverage.level, 'full');
      assert.equal(heard.response?.status, 200);
      assert.equal(heard.response.body.toString(), 'abcdefg');
      assert.equal(headerOf(heard.response.headers, 'x-sum'), '1');
      assert.equal(room.usedBytes, 0);
    }
  });

  test('are told when the connection ends, if that ends the answer', () => {
    const listener = new Listener().say('out', ASK).say('in', 'HTTP/1.0 200 OK\r\n\r\nall of it');
    assert.equal(listener.exchanges.length, 0);
    listener.end();
    assert.equal(listener.exchanges[0]?.response?.body.toString(), 'all of it');
    assert.equal(listener.exchanges[0]?.isComplete, true);
  });

  test('without hearing answers an exchange ends with its request', () => {
    const listener = new Listener({ hearsAnswers: false }).say('out', ASK + ASK);
    assert.equal(listener.exchanges.length, 2);
    assert.equal(listener.exchanges[0]?.response, null);
  });

  test('interim answers are none', () => {
    const listener = new Listener().say('out', ASK).say('in', `HTTP/1.1 100 Continue\r\n\r\n${ANSWER}`);
    assert.equal(listener.exchanges.length, 1);
    assert.equal(listener.exchanges[0]?.response?.status, 200);
  });

  test('the answer to HEAD has no body, whatever length it names', () => {
    const listener = new Listener()
      .say('out', `HEAD / HTTP/1.1\r\nHost: a\r\n\r\n${ASK}`)
      .say('in', `HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n${ANSWER}`);
    assert.deepEqual(
      listener.exchanges.map(({ response }) => response?.body.toString()),
      ['', 'abcdefg'],
    );
  });

  test('requests in a row get their answers in that row', () => {
    const second = ASK.replace('/v1/chat', '/v1/other');
    const listener = new Listener().say('out', ASK + second).say('in', ANSWER + ANSWER.replace('abc', 'ABC'));
    assert.deepEqual(
      listener.exchanges.map(({ request, response }) => [request?.target, response?.body.toString()]),
      [
        ['/v1/chat', 'abcdefg'],
        ['/v1/other', 'ABCdefg'],
      ],
    );
  });

  test('a coded body is kept as it was sent', () => {
    const body = gzipSync('{"a":1}');
    const head = `POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n`;
    const listener = new Listener({ hearsAnswers: false }).say('out', Buffer.concat([Buffer.from(head), body]));
    assert.deepEqual(listener.exchanges[0]?.request?.body, body);
  });
});

describe('a gap', () => {
  test('within a body of known length ends the message, and the next one is read', () => {
    const listener = new Listener().say('out', 'POST /a HTTP/1.1\r\nContent-Length: 20\r\n\r\nbefore');
    listener.miss('out', 10).say('out', 'back').say('in', ANSWER);
    listener.say('out', ASK).say('in', ANSWER);
    const [first, second] = listener.exchanges;
    assert.equal(first?.request?.body.toString(), 'before');
    assert.equal(coverageText(first.request.coverage), 'truncated: lost 10 bytes');
    assert.equal(first.response?.body.toString(), 'abcdefg');
    assert.equal(second?.request?.body.toString(), 'hello');
    assert.equal(second.request.coverage.level, 'full');
    assert.equal(listener.handle.lostBytes, 10);
  });

  test('over the end of a body is found out of at the next start of a message', () => {
    const listener = new Listener().say('out', 'POST /a HTTP/1.1\r\nContent-Length: 20\r\n\r\nbefore');
    listener.miss('out', 100).say('out', 'junk of a message').say('out', ASK).say('in', ANSWER).end();
    const targets = listener.exchanges.map(({ request }) => request?.target);
    assert.deepEqual(targets, ['/a', '/v1/chat']);
    assert.equal(
      coverageText(listener.exchanges[0]?.request?.coverage ?? { level: 'full', reason: null }),
      'truncated: lost 100 bytes',
    );
  });

  test('within chunks of an answer never joins what is before with what is behind', () => {
    const listener = new Listener().say('out', ASK);
    listener.say('in', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n4111 111');
    listener.miss('in', 5).say('in', '1 1111 1111\r\n0\r\n\r\n').end();
    const [heard] = listener.exchanges;
    assert.equal(heard?.response?.body.toString(), '4111 111');
    assert.equal(heard.response.coverage.level, 'truncated');
  });

  test('what comes twice is taken once', () => {
    const listener = new Listener({ hearsAnswers: false });
    const bytes = Buffer.from(ASK);
    listener.handle.take('out', 0, bytes.subarray(0, 50), 0);
    listener.handle.take('out', 40, bytes.subarray(40), 1);
    assert.equal(listener.exchanges[0]?.request?.body.toString(), 'hello');
    assert.equal(listener.exchanges[0]?.request.coverage.level, 'full');
  });
});

describe('a connection that is joined in its middle', () => {
  test('is read from its next message on', () => {
    const listener = new Listener({ isFromStart: false });
    listener.say('out', 'rest of a body').say('in', 'rest of an answer');
    listener.say('out', ASK).say('in', ANSWER);
    assert.deepEqual(
      listener.exchanges.map(({ request, response }) => [request?.body.toString(), response?.body.toString()]),
      [['hello', 'abcdefg']],
    );
  });

  test('an answer whose request was not heard is an exchange without one', () => {
    const listener = new Listener({ isFromStart: false }).say('in', ANSWER);
    assert.equal(listener.exchanges[0]?.request, null);
    assert.equal(listener.exchanges[0]?.response?.body.toString(), 'abcdefg');
  });
});

describe('bounds', () => {
  test('of a body as much is kept as there is room for, and all of it is counted', () => {
    const listener = new Listener({ hearsAnswers: false, limits: { maxBodyBytes: 1000 } });
    listener.say('out', 'POST / HTTP/1.1\r\nContent-Length: 5000\r\n\r\n');
    for (let i = 0; i < 50; i++) listener.say('out', 'x'.repeat(100));
    const [heard] = listener.exchanges;
    assert.equal(heard?.request?.body.length, 1000);
    assert.equal(heard.request.bytes, 5000);
    assert.equal(coverageText(heard.request.coverage), 'truncated: limit');
  });

  test('a head without an end is given up', () => {
    const listener = new Listener({ limits: { maxHeadBytes: 2000 } }).say('out', 'GET / HTTP/1.1\r\n');
    for (let i = 0; i < 100; i++) listener.say('out', 'x: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n');
    listener.say('out', ASK).say('in', ANSWER);
    assert.equal(listener.exchanges.length, 1);
  });

  test('requests that nobody answers do not pile up', () => {
    const listener = new Listener({ limits: { maxOpen: 4 } }).say('out', ASK.repeat(10));
    assert.equal(listener.exchanges.length, 6);
    assert.equal(listener.exchanges[0]?.isComplete, false);
    assert.equal(listener.room.usedBytes, 20);
    listener.settle();
    assert.equal(listener.exchanges.length, 10);
    assert.equal(listener.room.usedBytes, 0);
  });

  test('random bytes and broken HTTP neither throw nor are kept', () => {
    const random = seeded(9112);
    const parts = [
      ASK,
      ANSWER,
      'HTTP/1.1 200 OK\r\n',
      'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
      '\r\n',
    ];
    for (let round = 0; round < 300; round++) {
      const listener = new Listener({ isFromStart: random() < 0.5, limits: { maxHandleBytes: 10_000 } });
      for (let i = 0; i < 30; i++) {
        const way = random() < 0.5 ? 'out' : 'in';
        const text = parts[Math.floor(random() * parts.length)] ?? '';
        const noise = Buffer.from(Array.from({ length: 40 }, () => Math.floor(random() * 256)));
        if (random() < 0.2) listener.miss(way, Math.floor(random() * 100));
        listener.say(way, random() < 0.3 ? noise : text.slice(0, Math.ceil(random() * text.length)));
        assert.ok(listener.room.usedBytes <= 10_000);
      }
      listener.end();
      assert.equal(listener.room.usedBytes, 0);
    }
  });
});

test('what a server reads is no egress', () => {
  const listener = new Listener().say('in', ASK).say('out', ANSWER).end();
  assert.equal(listener.isServer, true);
  assert.equal(listener.exchanges.length, 0);
});

test('what is no HTTP is one text each way', () => {
  const listener = new Listener()
    .say('in', '220 mail ready\r\n')
    .say('out', 'EHLO me\r\n')
    .say('in', '250 ok\r\n')
    .end();
  const [heard] = listener.exchanges;
  assert.equal(heard?.protocol, 'unknown');
  assert.equal(heard.request?.body.toString(), 'EHLO me\r\n');
  assert.equal(heard.response?.body.toString(), '220 mail ready\r\n250 ok\r\n');
});
