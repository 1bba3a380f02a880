import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Shape } from '../../../engine/extract/extract.ts';
import { createStreamRestorer } from '../../../engine/transform/restore.ts';
import { applyEdits } from '../../../engine/transform/splice.ts';
import { headerOf, type Message } from '../../../flow/message.ts';
import { extracted, segmentWith } from './messages.ts';
import { type PartName, readCalls, readingOf } from './provider-corpus.ts';

const CALLS = readCalls();
const VALUE = 'Ann "Nan" O\\Hara \u{1f600}';
/** Pieces of the streams in the corpus that together become one token. */
const PIECES: readonly (readonly [from: string, to: string])[] = [
  ['The Aa', '<PERSO'],
  ['The A', '<PERSO'],
  ['Lake T', '<PERSO'],
  ['hun.', 'N_1>'],
  ['are.', 'N_1>'],
  ['re.', 'N_1>'],
];

for (const { name, messages, expected } of CALLS) {
  test(`${name}: shape, model, conversation, roles, places and positions`, () => {
    assert.ok(messages.size > 0);
    for (const [part, message] of messages) {
      assert.deepEqual(readingOf(extracted(message)), expected[part as PartName], part);
    }
  });
}

test('every API has a call in the corpus, and what a model says there is found', () => {
  const shapes = new Set(CALLS.flatMap(({ expected }) => Object.values(expected).map(({ shape }) => shape)));
  for (const shape of SHAPES) assert.ok(shapes.has(shape), shape);
});

const SHAPES: readonly Shape[] = [
  'openai.chat',
  'openai.responses',
  'openai.embeddings',
  'openai.completions',
  'openai.moderations',
  'openai.images',
  'openai.audio',
  'openai.files',
  'openai.batches',
  'openai.fine_tuning',
  'openai.assistants',
  'openai.conversations',
  'openai.web',
  'anthropic.messages',
  'anthropic.count_tokens',
  'anthropic.batches',
  'anthropic.web',
  'gemini.generate',
  'gemini.count_tokens',
  'gemini.embed',
  'gemini.predict',
  'gemini.code_assist',
  'gemini.web',
  'amazon.q',
  'bedrock.converse',
  'bedrock.invoke',
  'cohere.chat',
  'cohere.chat_v2',
  'cohere.embed',
  'mistral.fim',
  'mistral.conversations',
  'mistral.ocr',
  'ollama.chat',
  'ollama.generate',
  'ollama.embed',
  'mcp.rpc',
];

function restored(message: Message, shape: Shape | null, token: string, size: number): Buffer {
  const type = headerOf(message.headers, 'content-type') ?? '';
  const restorer = createStreamRestorer(shape, type, { byToken: new Map([[token, VALUE]]) });
  const out: Buffer[] = [];
  for (let at = 0; at < message.body.length; at += size) out.push(restorer.push(message.body.subarray(at, at + size)));
  out.push(restorer.end());
  return Buffer.concat(out);
}

for (const call of CALLS) {
  const stream = call.messages.get('stream');
  if (stream === undefined) continue;
  const shape = extracted(stream).shape;
  const text = stream.body.toString('latin1');
  test(`${call.name}: a stream in which nothing is to be put back passes byte for byte`, () => {
    for (const size of [1, 13, 100_000]) {
      const out = restored(stream, shape, '<EMAIL_ADDRESS_9>', size);
      // Half an escape in a piece of JSON waits for its other half, as it may open a token.
      if (text.includes('u00"')) assert.deepEqual(readingOf(extracted({ ...stream, body: out })), call.expected.stream);
      else assert.deepEqual(out, stream.body);
    }
  });
  // Event streams with lengths and checksums have tests of their own.
  if (!PIECES.some(([from]) => text.includes(from)) || text.includes(':event-type')) continue;
  test(`${call.name}: a token that was cut between two events is put back`, () => {
    const cut = PIECES.reduce((whole, [from, to]) => whole.replaceAll(from, to), text);
    const message = { ...stream, body: Buffer.from(cut, 'latin1') };
    for (const size of [1, 13, 100_000]) {
      const body = restored(message, shape, '<PERSON_1>', size);
      const texts = extracted({ ...stream, body }).segments.map((segment) => segment.text.toString());
      const joined = texts.join('');
      assert.ok(joined.includes(VALUE), `${size}`);
      assert.ok(!joined.includes('<PERSO'), 'half a token is left');
    }
  });
}

test("a page of Google's: values are put back in JSON in JSON, and each length is right", () => {
  const call = CALLS.find(({ name }) => name === 'gemini-web');
  const answer = call?.messages.get('response');
  assert.ok(answer !== undefined);
  const inner = JSON.stringify([null, ['c_1'], [['rc_1', ['Dear <PERSON_1>, Z\u00fcrich']]]]);
  const list = (text: string): string => `${text.length + 2}\n${text}\n`;
  const other = JSON.stringify([['di', 42]]);
  const body = Buffer.from(`)]}'\n\n${list(JSON.stringify([['wrb.fr', null, inner]]))}${list(other)}`, 'utf8');
  for (const size of [1, 7, 100_000]) {
    const out = restored({ ...answer, body }, 'gemini.web', '<PERSON_1>', size).toString('utf8');
    assert.ok(out.startsWith(")]}'\n\n"));
    let at = 6;
    const lists: unknown[] = [];
    while (at < out.length) {
      const end = out.indexOf('\n', at);
      const length = Number(out.slice(at, end));
      lists.push(JSON.parse(out.slice(end, end + length)));
      at = end + length;
    }
    assert.equal(lists.length, 2);
    const [[, , text]] = lists[0] as [[string, null, string]];
    assert.deepEqual(JSON.parse(text), [null, ['c_1'], [['rc_1', [`Dear ${VALUE}, Z\u00fcrich`]]]]);
    assert.deepEqual(lists[1], [['di', 42]]);
  }
});

test('an upload of JSON lines is edited line by line, and every other byte stays', () => {
  const message = CALLS.find(({ name }) => name === 'openai-files')?.messages.get('request');
  assert.ok(message !== undefined);
  const extraction = extracted(message);
  const edits = ['Which river?', 'River Aare'].map((words) => {
    const { segment, index } = segmentWith(extraction, words);
    return { segment: index, start: 0, end: segment.text.length, replacement: '<"TOKEN"_1>' };
  });
  const { body } = applyEdits(message, extraction, edits);
  const expected = message.body
    .toString('latin1')
    .replace('Which river?', '<\\"TOKEN\\"_1>')
    .replace('River Aare', '<\\"TOKEN\\"_1>');
  assert.equal(body.toString('latin1'), expected);
});
