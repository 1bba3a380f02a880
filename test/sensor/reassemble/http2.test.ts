import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { coverageText, FULL } from '../../../flow/coverage.ts';
import { headerOf } from '../../../flow/message.ts';
import { everySplit, seeded } from '../../support/every-split.ts';
import { http2Transcript, Listener } from '../../support/heard-transcripts.ts';
import { fieldBlock, frame, headersFrame, PREFACE } from '../../support/http2-frames.ts';

const CALL = { path: '/v1/chat', body: 'my card is 4111 1111 1111 1111', headers: { 'x-first': 'only once' } };
const REQUEST = [':method', 'POST', ':scheme', 'https', ':path', '/p', ':authority', 'api.openai.com'];

describe('what Node sends and gets', () => {
  test('is one exchange a stream, however it is cut', async () => {
    const pieces = await http2Transcript([CALL]);
    const whole = (way: 'out' | 'in') =>
      Buffer.concat(pieces.filter((one) => one.way === way).map(({ bytes }) => bytes));
    everySplit(whole('out'), (asked) => {
      const listener = new Listener();
      for (const bytes of asked) listener.say('out', bytes);
      check(listener.say('in', whole('in')));
    });
    everySplit(whole('in'), (answered) => {
      const listener = new Listener().say('out', whole('out'));
      for (const bytes of answered) listener.say('in', bytes);
      check(listener);
    });

    function check({ exchanges, room }: Listener): void {
      assert.equal(exchanges.length, 1);
      const [heard] = exchanges;
      assert.equal(heard?.authority, 'api.openai.com:8080');
      assert.equal(heard.request?.method, 'POST');
      assert.equal(heard.request.target, '/v1/chat');
      assert.equal(heard.request.body.toString(), CALL.body);
      assert.equal(headerOf(heard.request.headers, 'x-first'), 'only once');
      assert.deepEqual(heard.request.coverage, FULL);
      assert.equal(heard.response?.status, 200);
      assert.equal(heard.response.body.toString(), CALL.body.toUpperCase());
      assert.equal(room.usedBytes, 0);
    }
  });

  test('100 streams at once are kept apart', async () => {
    const calls = Array.from({ length: 100 }, (_, i) => ({ path: `/n/${i}`, body: `body ${i} `.repeat(20) }));
    const listener = new Listener();
    for (const { way, bytes } of await http2Transcript(calls)) listener.say(way, bytes);
    assert.equal(listener.exchanges.length, 100);
    for (const { request, response } of listener.exchanges) {
      const expected = calls.find(({ path }) => path === request?.target)?.body ?? 'no such path';
      assert.equal(request?.body.toString(), expected);
      assert.equal(response?.body.toString(), expected.toUpperCase());
      assert.equal(headerOf(response.headers, 'x-path'), request.target);
    }
    assert.equal(new Set(listener.exchanges.map(({ request }) => request?.target)).size, 100);
  });
});

describe('a connection that is joined in its middle', () => {
  test('DATA is heard though the table is not known', async () => {
    const calls = [CALL, { ...CALL, body: 'second' }, { ...CALL, body: 'third' }];
    const pieces: { way: 'out' | 'in'; bytes: Buffer }[] = [];
    for (const { way, bytes } of await http2Transcript(calls)) pieces.push({ way, bytes });
    // From behind the first piece of each direction: settings and the first heads, which filled the tables.
    const listener = new Listener({ isFromStart: false });
    const skipped = { out: 0, in: 0 };
    for (const { way, bytes } of pieces) {
      if (skipped[way]++ < 1) listener.miss(way, bytes.length);
      else listener.say(way, bytes);
    }
    listener.end();
    const bodies = listener.exchanges
      .map(({ request }) => request?.body.toString())
      .filter((body) => body !== undefined);
    assert.ok(bodies.includes('second') || bodies.includes('third'), bodies.join('|'));
    for (const { request } of listener.exchanges) {
      if (request?.target === '') assert.equal(coverageText(request.coverage), 'opaque: hpack');
    }
  });

  test('begins at a piece that begins with a frame, and at no other', () => {
    const listener = new Listener({ isFromStart: false });
    listener.say('out', 'in the middle of something');
    listener.say('out', headersFrame(5, REQUEST, false)).say('out', frame('data', 1, 5, Buffer.from('body')));
    listener.say('in', headersFrame(5, [':status', '200']));
    assert.equal(listener.exchanges[0]?.request?.body.toString(), 'body');
    assert.equal(listener.exchanges[0]?.request.target, '/p');
  });
});

describe('a gap', () => {
  test('ends what is open in its direction and nothing else', () => {
    const listener = new Listener().say('out', PREFACE).say('out', frame('settings', 0, 0));
    listener.say('out', headersFrame(1, REQUEST, false)).say('out', headersFrame(3, REQUEST, true));
    listener.say('out', frame('data', 0, 1, Buffer.from('4111 1111 ')));
    listener.miss('out', 29);
    listener.say('out', frame('data', 1, 1, Buffer.from('1111 1111')));
    listener.say('in', headersFrame(3, [':status', '200'])).say('in', headersFrame(1, [':status', '200']));
    const [third, first] = listener.exchanges;
    assert.deepEqual(third?.request?.coverage, FULL);
    assert.equal(first?.request?.body.toString(), '4111 1111 ');
    assert.equal(coverageText(first.request.coverage), 'truncated: lost 29 bytes');
    assert.equal(listener.exchanges.length, 2);
  });

  test('what the table had before it is unknown behind it', () => {
    const named = Buffer.concat([Buffer.from([0x40]), text('x-a'), text('1')]);
    const block = (more: Buffer) => Buffer.concat([fieldBlock(REQUEST), more]);
    const listener = new Listener({ hearsAnswers: false }).say('out', PREFACE);
    listener.say('out', frame('headers', 5, 1, block(named)));
    listener.say('out', frame('headers', 5, 3, block(Buffer.from([0xbe]))));
    listener.miss('out', 50);
    listener.say('out', frame('headers', 5, 5, block(Buffer.from([0xbe]))));
    const seen = listener.exchanges.map(({ request }) => headerOf(request?.headers ?? [], 'x-a'));
    assert.deepEqual(seen, ['1', '1', null]);
    assert.equal(coverageText(listener.exchanges[2]?.request?.coverage ?? FULL), 'opaque: hpack');
    assert.equal(listener.exchanges[2]?.request?.target, '/p');
  });
});

test('padding, priority and continuation are read past', () => {
  const block = fieldBlock([...REQUEST, 'x-b', '2']);
  const padded = Buffer.concat([Buffer.from([3]), Buffer.alloc(5), block.subarray(0, 10), Buffer.alloc(3)]);
  const listener = new Listener({ hearsAnswers: false }).say('out', PREFACE);
  listener.say('out', frame('headers', 0x28, 1, padded)).say('out', frame('continuation', 4, 1, block.subarray(10)));
  listener.say('out', frame('data', 9, 1, Buffer.concat([Buffer.from([4]), Buffer.from('body'), Buffer.alloc(4)])));
  const [heard] = listener.exchanges;
  assert.equal(heard?.request?.body.toString(), 'body');
  assert.equal(headerOf(heard.request.headers, 'x-b'), '2');
});

test('a stream that is reset is told as far as it came, once', () => {
  const listener = new Listener().say('out', PREFACE).say('out', headersFrame(1, REQUEST, false));
  listener.say('out', frame('data', 0, 1, Buffer.from('half'))).say('out', frame('rst', 0, 1, Buffer.alloc(4)));
  listener
    .say('in', headersFrame(1, [':status', '200']))
    .say('in', frame('data', 1, 1, Buffer.from('late')))
    .end();
  assert.equal(listener.exchanges.length, 1);
  assert.equal(listener.exchanges[0]?.isComplete, false);
  assert.equal(listener.exchanges[0]?.request?.body.toString(), 'half');
});

test('what a server reads is no egress', () => {
  const listener = new Listener().say('in', PREFACE).say('in', headersFrame(1, REQUEST)).end();
  assert.equal(listener.isServer, true);
  assert.equal(listener.exchanges.length, 0);
});

test('streams that nobody ends do not pile up', () => {
  const listener = new Listener({ limits: { maxOpen: 10, maxHandleBytes: 500 } }).say('out', PREFACE);
  for (let id = 1; id < 400; id += 2) {
    listener.say('out', headersFrame(id, REQUEST, false)).say('out', frame('data', 0, id, Buffer.alloc(100, 0x61)));
    assert.ok(listener.room.usedBytes <= 500);
  }
  assert.equal(listener.exchanges.length, 190);
  listener.end();
  assert.equal(listener.room.usedBytes, 0);
});

test('random frames neither throw, hang nor grow', () => {
  const random = seeded(9113);
  for (let round = 0; round < 300; round++) {
    const listener = new Listener({ isFromStart: random() < 0.5, limits: { maxHandleBytes: 4000, maxOpen: 8 } });
    if (random() < 0.7) listener.say('out', PREFACE);
    for (let i = 0; i < 40; i++) {
      const way = random() < 0.5 ? 'out' : 'in';
      const payload = Buffer.from(Array.from({ length: Math.floor(random() * 60) }, () => Math.floor(random() * 256)));
      const type = (['data', 'headers', 'rst', 'settings', 'ping', 'continuation'] as const)[Math.floor(random() * 6)];
      if (random() < 0.1) listener.miss(way, Math.floor(random() * 50));
      const stream = Math.floor(random() * 6);
      listener.say(way, random() < 0.2 ? payload : frame(type ?? 'data', Math.floor(random() * 256), stream, payload));
      assert.ok(listener.room.usedBytes <= 4000);
    }
    listener.end();
    assert.equal(listener.room.usedBytes, 0);
  }
});

function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
}
