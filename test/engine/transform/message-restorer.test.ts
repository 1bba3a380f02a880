import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageRestorer } from '../../../engine/transform/message-restorer.ts';
import { everyTextSplit } from '../../support/every-split.ts';

const TOKENS = new Map([['<PERSON_1>', 'Ann "Nan" O’Hara']]);
const TEXT = 'Hi <PERSON_1>, <PERSON_2> and <PERSON_';

function delta(text: string, response: string): Buffer {
  return Buffer.from(
    JSON.stringify({
      type: 'response.output_text.delta',
      response_id: response,
      output_index: 0,
      content_index: 0,
      delta: text,
    }),
  );
}

function texts(messages: readonly Buffer[], response: string): string {
  return messages
    .map((message) => JSON.parse(message.toString()))
    .filter((event) => event.type === 'response.output_text.delta' && event.response_id === response)
    .map((event) => event.delta)
    .join('');
}

test('a token is put back however the messages cut it, in two responses at once', () => {
  for (const pieces of everyTextSplit(TEXT)) {
    const restorer = new MessageRestorer(TOKENS);
    const out = pieces.flatMap((piece) => [
      ...restorer.message(delta(piece, 'r1')),
      ...restorer.message(delta(piece, 'r2')),
    ]);
    for (const id of ['r1', 'r2']) {
      out.push(
        ...restorer.message(Buffer.from(JSON.stringify({ type: 'response.done', response: { id, output: [] } }))),
      );
    }
    out.push(...restorer.end());
    for (const id of ['r1', 'r2']) assert.equal(texts(out, id), 'Hi Ann "Nan" O’Hara, <PERSON_2> and <PERSON_');
  }
});

test('held text leaves before the message that ends it, which comes last', () => {
  const restorer = new MessageRestorer(TOKENS);
  assert.equal(texts(restorer.message(delta('so <PER', 'r1')), 'r1'), 'so ');
  const done = Buffer.from(
    JSON.stringify({ type: 'response.done', response: { id: 'r1', output: [{ text: '<PERSON_1>' }] } }),
  );
  const out = restorer.message(done);
  assert.equal(out.length, 2);
  assert.equal(texts(out, 'r1'), '<PER');
  assert.equal(JSON.parse(String(out[1])).response.output[0].text, 'Ann "Nan" O’Hara');
});

test('messages without a token are the same bytes; text and binary are left whole', () => {
  const restorer = new MessageRestorer(TOKENS);
  for (const data of [Buffer.from('{"a": 1.0}'), Buffer.from('plain'), Buffer.from([0xff, 0x3c, 0xfe])]) {
    const [out] = restorer.message(data);
    assert.equal(out, data);
  }
  assert.equal(String(restorer.message(Buffer.from('hello <PERSON_1>'))[0]), 'hello Ann "Nan" O’Hara');
});

test('a token that is issued while the stream goes on is put back from then on', () => {
  const tokens = new Map<string, string>();
  const restorer = new MessageRestorer(tokens);
  const message = Buffer.from('{"t":"<PERSON_1>"}');
  assert.equal(restorer.message(message)[0], message);
  tokens.set('<PERSON_1>', 'Ann');
  assert.equal(String(restorer.message(message)[0]), '{"t":"Ann"}');
});
