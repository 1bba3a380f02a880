import assert from 'node:assert/strict';
import { test } from 'node:test';
import { extract } from '../../../engine/extract/extract.ts';
import type { Message } from '../../../flow/message.ts';
import { request, response } from './messages.ts';

const LIMITS = { maxDecodedBytes: 1024 * 1024 };

function within(message: Message, target: string, body: unknown): Message {
  return { ...message, target, headers: [], body: Buffer.from(JSON.stringify(body)), isWithinStream: true };
}

function roles(message: Message): Record<string, string> {
  return Object.fromEntries(
    extract(message, LIMITS).segments.map(({ text, role, position }) => [text.toString(), `${role} ${position}`]),
  );
}

const REALTIME = '/v1/realtime?model=gpt-realtime&x=1';

test('an item that a client adds has the role of who speaks it', () => {
  const say = (item: object) =>
    roles(within(request('/', ''), REALTIME, { type: 'conversation.item.create', event_id: 'e1', item }));
  const text = (role: string, type: string) => ({ type: 'message', role, content: [{ type, text: 'hello there' }] });
  assert.equal(say(text('user', 'input_text'))['hello there'], 'user latest');
  assert.equal(say(text('system', 'input_text'))['hello there'], 'system latest');
  assert.equal(say(text('assistant', 'output_text'))['hello there'], 'assistant latest');
  assert.equal(say({ type: 'function_call_output', call_id: 'c', output: 'read it' })['read it'], 'tool latest');
});

test('settings of a session and of a response are system text, and what a response is asked with is as it says', () => {
  const session = { type: 'realtime', model: 'gpt-realtime-mini', instructions: 'be brief' };
  const update = within(request('/', ''), REALTIME, { type: 'session.update', session });
  assert.equal(roles(update)['be brief'], 'system latest');
  assert.equal(extract(update, LIMITS).model, 'gpt-realtime-mini');
  const input = [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'my question' }] }];
  const create = within(request('/', ''), REALTIME, {
    type: 'response.create',
    response: { instructions: 'sing', input },
  });
  assert.equal(roles(create).sing, 'system latest');
  assert.equal(roles(create)['my question'], 'user latest');
  assert.equal(extract(create, LIMITS).model, 'gpt-realtime');
  assert.equal(extract(create, LIMITS).shape, 'openai.realtime');
});

test('audio in either direction is media, in an item too', () => {
  const audio = Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 37) % 256)).toString('base64');
  const append = within(request('/', ''), REALTIME, { type: 'input_audio_buffer.append', audio });
  const delta = within(response('/', ''), REALTIME, {
    type: 'response.output_audio.delta',
    response_id: 'r',
    delta: audio,
  });
  const item = { type: 'message', role: 'user', content: [{ type: 'input_audio', audio }] };
  const create = within(request('/', ''), REALTIME, { type: 'conversation.item.create', item });
  for (const message of [append, delta, create]) {
    assert.deepEqual(extract(message, LIMITS).coverage, { level: 'opaque', reason: 'media' });
  }
});

test('the events of a response over a WebSocket are the assistant, and its id names the conversation', () => {
  const delta = { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'well then' };
  for (const target of ['/v1/responses', REALTIME]) {
    assert.equal(roles(within(response('/', ''), target, delta))['well then'], 'assistant latest');
    const created = within(response('/', ''), target, {
      type: 'response.created',
      response: { id: 'resp_1', output: [] },
    });
    assert.equal(extract(created, LIMITS).conversationId, 'resp_1');
  }
});

test('a request for a response over a WebSocket is read as over HTTP', () => {
  const body = { type: 'response.create', model: 'gpt-5.2', input: 'ask', previous_response_id: 'resp_0' };
  const extraction = extract(within(request('/', ''), '/v1/responses', body), LIMITS);
  assert.equal(extraction.shape, 'openai.responses');
  assert.equal(extraction.conversationId, 'resp_0');
  assert.equal(extraction.model, 'gpt-5.2');
});

test('a path that is nobody’s is no way round: the messages tell the shape', () => {
  const item = { type: 'message', role: 'user', content: [] };
  const shapeOf = (message: Message) => extract(message, LIMITS).shape;
  assert.equal(shapeOf(within(request('/', ''), '/ws', { type: 'conversation.item.create', item })), 'openai.realtime');
  assert.equal(shapeOf(within(request('/', ''), '/ws', { type: 'response.create', input: 'x' })), 'openai.responses');
  assert.equal(shapeOf(within(response('/', ''), '/ws', { type: 'session.created', session: {} })), 'openai.realtime');
  assert.equal(shapeOf(within(request('/', ''), '/ws', { type: 'subscribe', channel: 'news' })), null);
  // The same body outside of a stream is nobody's: HTTP has other shapes.
  assert.equal(
    shapeOf({ ...within(request('/', ''), '/ws', { type: 'session.update' }), isWithinStream: false }),
    null,
  );
});

test('a message within a stream has no segments of the head that opened it', () => {
  const message = {
    ...within(request('/', ''), '/v1/realtime?user=jane.doe@example.com', { a: 1 }),
    headers: ['x-a', 'b c'],
  };
  assert.deepEqual(extract(message, LIMITS).segments, []);
  assert.ok(extract({ ...message, isWithinStream: false }, LIMITS).segments.length > 1);
});

test('the voice that a session speaks with is nobody’s name; any other text in its place is read', () => {
  const texts = (voice: string) =>
    extract(within(request('/', ''), REALTIME, { type: 'session.update', session: { voice } }), LIMITS).segments.map(
      ({ path, text }) => `${path} ${text}`,
    );
  assert.ok(!texts('marin').some((one) => one.startsWith('/session/voice')));
  assert.ok(texts('Marta').includes('/session/voice Marta'));
});
