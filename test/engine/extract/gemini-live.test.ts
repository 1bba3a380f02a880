import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageRestorer } from '../../../engine/transform/message-restorer.ts';
import { extracted, request, response } from './messages.ts';

const LIVE = '/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent?key=k';

function lines(direction: 'request' | 'response', body: unknown, target = LIVE): string[] {
  const message = direction === 'request' ? request(target, body) : response(target, body);
  return extracted({ ...message, headers: [], isWithinStream: true }).segments.map(
    ({ path, role, position, text }) => `${path} ${role} ${position} ${text}`,
  );
}

test('set-up, turns, what is said meanwhile and results of tools have their roles, in either spelling', () => {
  const setup = { setup: { model: 'models/gemini-live', systemInstruction: { parts: [{ text: 'be brief' }] } } };
  assert.ok(lines('request', setup).includes('/setup/systemInstruction/parts/0/text system latest be brief'));
  assert.equal(extracted({ ...request(LIVE, setup), isWithinStream: true }).model, 'models/gemini-live');
  const turns = [
    { role: 'user', parts: [{ text: 'first words' }] },
    { role: 'model', parts: [{ text: 'an answer' }] },
    { role: 'user', parts: [{ text: 'last words' }] },
  ];
  for (const key of ['clientContent', 'client_content']) {
    assert.deepEqual(
      lines('request', { [key]: { turns, turnComplete: true } }).filter((line) => line.endsWith('words')),
      [`/${key}/turns/0/parts/0/text user history first words`, `/${key}/turns/2/parts/0/text user latest last words`],
    );
  }
  assert.ok(
    lines('request', { realtimeInput: { text: 'said so' } }).includes('/realtimeInput/text user latest said so'),
  );
  const functionResponses = [{ id: '1', name: 'read', response: { content: 'from a file' } }];
  assert.ok(
    lines('request', { toolResponse: { functionResponses } }).some((line) => line.endsWith('tool latest from a file')),
  );
});

test('sound is media, in either direction', () => {
  const data = Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 37) % 256)).toString('base64');
  const blob = { mimeType: 'audio/pcm', data };
  const messages = [
    request(LIVE, { realtimeInput: { audio: blob } }),
    request(LIVE, { realtime_input: { media_chunks: [blob] } }),
    response(LIVE, { serverContent: { modelTurn: { parts: [{ inlineData: blob }] } } }),
  ];
  for (const message of messages) {
    const { coverage, shape } = extracted({ ...message, headers: [], isWithinStream: true });
    assert.deepEqual(coverage, { level: 'opaque', reason: 'media' });
    assert.equal(shape, 'gemini.live');
  }
});

test('a path that is nobody’s is told by the messages', () => {
  const shapeOf = (body: unknown, direction: 'request' | 'response' = 'request') =>
    extracted({ ...(direction === 'request' ? request : response)('/ws', body), headers: [], isWithinStream: true })
      .shape;
  assert.equal(shapeOf({ setup: { model: 'm' } }), 'gemini.live');
  assert.equal(shapeOf({ realtimeInput: { text: 'x' } }), 'gemini.live');
  assert.equal(shapeOf({ serverContent: {} }, 'response'), 'gemini.live');
  assert.equal(shapeOf({ setup: { theme: 'dark' } }), null);
  assert.equal(shapeOf({ realtimeInput: { audio: { data: '' } } }), 'gemini.live');
});

test('a token that is cut between two messages is put back, before the turn is over', () => {
  const restorer = new MessageRestorer(new Map([['<PERSON_1>', 'Ann']]));
  const say = (text: string) => ({ serverContent: { modelTurn: { parts: [{ text }] } } });
  const sent = [say('Hello <PER'), say('SON_1>, hi <'), { serverContent: { turnComplete: true } }];
  const out = sent
    .flatMap((one) => [...restorer.message(Buffer.from(JSON.stringify(one)))])
    .map((one) => JSON.parse(String(one)));
  assert.equal(
    out.map(({ serverContent }) => serverContent.modelTurn?.parts[0].text ?? '').join(''),
    'Hello Ann, hi <',
  );
  assert.deepEqual(out.at(-1), { serverContent: { turnComplete: true } });
});
