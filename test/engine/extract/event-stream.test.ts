import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { EventStreamSplitter, encodeHeaders, encodeMessage, messageOf } from '../../../engine/extract/event-stream.ts';
import { createStreamRestorer } from '../../../engine/transform/restore.ts';
import { everySplit } from '../../support/every-split.ts';
import { extracted, lines, response } from './messages.ts';

const TYPE = 'application/vnd.amazon.eventstream';
const CONVERSE = '/model/m/converse-stream';
const INVOKE = '/model/m/invoke-with-response-stream';

function event(type: string, payload: unknown): Buffer {
  const headers = encodeHeaders({ ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' });
  return encodeMessage(headers, Buffer.from(JSON.stringify(payload), 'utf8'));
}

function chunk(document: unknown): Buffer {
  return event('chunk', { bytes: Buffer.from(JSON.stringify(document)).toString('base64'), p: 'abc' });
}

/** The messages, each checked by hand against both of its CRCs. */
function messages(bytes: Buffer): { type: string | null; payload: Record<string, unknown> }[] {
  const found: { type: string | null; payload: Record<string, unknown> }[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const message = bytes.subarray(at, at + length);
    assert.equal(message.readUInt32BE(8), crc32(message.subarray(0, 8)), 'CRC of the prelude');
    assert.equal(message.readUInt32BE(length - 4), crc32(message.subarray(0, length - 4)), 'CRC of the message');
    const { type, payload } = messageOf(message);
    found.push({ type, payload: JSON.parse(payload.toString()) as Record<string, unknown> });
    at += length;
  }
  return found;
}

function text(bytes: Buffer): string {
  return messages(bytes)
    .map(({ payload }) => (payload['delta'] as { text?: string } | undefined)?.text ?? '')
    .join('');
}

const STREAM = Buffer.concat([
  event('messageStart', { role: 'assistant', p: 'abcdef' }),
  event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Dear <PER' }, p: 'ab' }),
  event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'SON_1>, hello <PERSON' }, p: 'a' }),
  event('contentBlockStop', { contentBlockIndex: 0 }),
  event('contentBlockStart', { contentBlockIndex: 1, start: { toolUse: { toolUseId: 't', name: 'f' } } }),
  event('contentBlockDelta', { contentBlockIndex: 1, delta: { toolUse: { input: '{"a":"\\u00' } } }),
  event('contentBlockDelta', { contentBlockIndex: 1, delta: { toolUse: { input: '3cPERSON_1>"}' } } }),
  event('contentBlockStop', { contentBlockIndex: 1 }),
  event('messageStop', { stopReason: 'tool_use' }),
  event('metadata', { usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 }, metrics: { latencyMs: 3 } }),
]);

test('messages come out whole and unchanged however the bytes are cut', () => {
  everySplit(STREAM, (chunks) => {
    const splitter = new EventStreamSplitter();
    const pieces = chunks.flatMap((part) => splitter.push(part));
    assert.equal(pieces.length, 10);
    assert.ok(pieces.every(({ kind }) => kind === 'message'));
    assert.deepEqual(Buffer.concat(pieces.map(({ bytes }) => bytes)), STREAM);
    assert.equal(splitter.end().length, 0);
  });
});

test('a wrong CRC ends the reading, no byte is lost, and the coverage says so', () => {
  for (const at of [8, 3, STREAM.length - 1]) {
    const broken = Buffer.from(STREAM);
    broken[at] = (broken[at] as number) ^ 1;
    const splitter = new EventStreamSplitter();
    const pieces = splitter.push(broken);
    assert.deepEqual(Buffer.concat([...pieces.map(({ bytes }) => bytes), splitter.end()]), broken);
    const extraction = extracted(response(CONVERSE, broken, { headers: ['content-type', TYPE] }));
    assert.deepEqual(extraction.coverage, { level: 'opaque', reason: 'encoded' });
  }
});

test('any bytes are taken without an exception', () => {
  for (let seed = 1; seed < 400; seed++) {
    const bytes = Buffer.from(STREAM.subarray(0, seed));
    bytes[seed % bytes.length] = seed & 0xff;
    const splitter = new EventStreamSplitter();
    const out = [...splitter.push(bytes).map((piece) => piece.bytes), splitter.end()];
    assert.deepEqual(Buffer.concat(out), bytes);
  }
});

test('texts that grow over events are one segment each, signed reasoning is fixed', () => {
  const body = Buffer.concat([
    event('contentBlockDelta', { contentBlockIndex: 0, delta: { reasoningContent: { text: 'I think' } } }),
    event('contentBlockDelta', { contentBlockIndex: 0, delta: { reasoningContent: { signature: 'c2lnbmVk' } } }),
    STREAM,
  ]);
  const extraction = extracted(response(CONVERSE, body, { headers: ['content-type', TYPE] }));
  assert.equal(extraction.format, 'eventstream');
  assert.equal(extraction.shape, 'bedrock.converse');
  assert.equal(extraction.coverage.level, 'full');
  const found = lines(extraction);
  assert.ok(found.includes('/content/0/text assistant latest fixed Dear <PERSON_1>, hello <PERSON'));
  assert.ok(found.includes('/content/1/toolUse/input/a assistant latest fixed <PERSON_1>'), found.join('\n'));
  assert.ok(found.includes('/content/0/reasoningContent/text assistant latest fixed I think'));
});

test('tokens are put back in text and in tool input, both CRCs right, however the stream is cut', () => {
  const value = 'Ann "Nan" O\\Hara \u{1f600}';
  const byToken = new Map([['<PERSON_1>', value]]);
  everySplit(STREAM, (chunks) => {
    const restorer = createStreamRestorer('bedrock.converse', TYPE, { byToken });
    const out = Buffer.concat([...chunks.map((part) => restorer.push(part)), restorer.end()]);
    assert.equal(text(out), `Dear ${value}, hello <PERSON`);
    const input = messages(out)
      .map(({ payload }) => (payload['delta'] as { toolUse?: { input: string } } | undefined)?.toolUse?.input ?? '')
      .join('');
    assert.deepEqual(JSON.parse(input), { a: value });
    assert.deepEqual(messages(out).at(-1)?.payload, messages(STREAM).at(-1)?.payload);
  });
});

test('a stream without a token passes byte for byte', () => {
  const byToken = new Map([['<EMAIL_ADDRESS_9>', 'x']]);
  const plain = Buffer.concat([
    event('messageStart', { role: 'assistant', p: 'abcdef' }),
    event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'a < b and <PERSON_1>' }, p: 'ab' }),
    chunk({ type: 'ping' }),
    event('messageStop', { stopReason: 'end_turn' }),
  ]);
  for (const size of [1, 5, 1000]) {
    const restorer = createStreamRestorer(null, TYPE, { byToken });
    const out: Buffer[] = [];
    for (let at = 0; at < plain.length; at += size) out.push(restorer.push(plain.subarray(at, at + size)));
    out.push(restorer.end());
    assert.deepEqual(Buffer.concat(out), plain);
    assert.equal(restorer.restored, 0);
  }
});

const FAMILIES: readonly (readonly [
  name: string,
  (piece: string, isLast: boolean) => object,
  (inner: never) => string,
])[] = [
  [
    'Anthropic',
    (text, isLast) =>
      isLast
        ? { type: 'message_stop' }
        : { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
    (inner: { delta?: { text?: string } }) => inner.delta?.text ?? '',
  ],
  [
    'Llama',
    (generation, isLast) => ({ generation, stop_reason: isLast ? 'stop' : null }),
    (inner: { generation: string }) => inner.generation,
  ],
  [
    'Titan',
    (outputText, isLast) => ({ index: 0, outputText, completionReason: isLast ? 'FINISH' : null }),
    (inner: { outputText: string }) => inner.outputText,
  ],
  [
    'Nova',
    (text, isLast) =>
      isLast
        ? { messageStop: { stopReason: 'end_turn' } }
        : { contentBlockDelta: { delta: { text }, contentBlockIndex: 0 } },
    (inner: { contentBlockDelta?: { delta: { text: string } } }) => inner.contentBlockDelta?.delta.text ?? '',
  ],
  ['Cohere', (text, isLast) => ({ text, is_finished: isLast }), (inner: { text: string }) => inner.text],
  [
    'Mistral',
    (text, isLast) => ({ outputs: [{ text, stop_reason: isLast ? 'stop' : null }] }),
    (inner: { outputs: { text: string }[] }) => inner.outputs[0]?.text ?? '',
  ],
  [
    'OpenAI',
    (content, isLast) => ({ choices: [{ index: 0, delta: { content }, finish_reason: isLast ? 'stop' : null }] }),
    (inner: { choices: { delta: { content?: string } }[] }) => inner.choices[0]?.delta.content ?? '',
  ],
];

for (const [name, piece, textIn] of FAMILIES) {
  test(`InvokeModelWithResponseStream of ${name}: tokens are put back within the chunks`, () => {
    const parts = ['Hello <', 'PERSON', '_1', '> and <PER', 'SON_1>', '!'];
    const stream = Buffer.concat([...parts.map((part) => chunk(piece(part, false))), chunk(piece('', true))]);
    const grown = extracted(response(INVOKE, stream, { headers: ['content-type', TYPE] }));
    assert.ok(
      grown.segments.some(
        (segment) => segment.text.toString() === 'Hello <PERSON_1> and <PERSON_1>!' && segment.role === 'assistant',
      ),
    );
    for (const size of [1, 17, 5000]) {
      const restorer = createStreamRestorer('bedrock.invoke', TYPE, { byToken: new Map([['<PERSON_1>', 'Ann']]) });
      const out: Buffer[] = [];
      for (let at = 0; at < stream.length; at += size) out.push(restorer.push(stream.subarray(at, at + size)));
      out.push(restorer.end());
      const documents = messages(Buffer.concat(out)).map(
        ({ payload }) => JSON.parse(Buffer.from(String(payload['bytes']), 'base64').toString()) as never,
      );
      assert.equal(documents.map(textIn).join(''), 'Hello Ann and Ann!');
    }
  });
}
