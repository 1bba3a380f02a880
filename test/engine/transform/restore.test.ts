import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStreamRestorer, restoreBody } from '../../../engine/transform/restore.ts';
import { restoreText } from '../../../engine/transform/token-text.ts';
import { everySplit, everyTextSplit, seeded } from '../../support/every-split.ts';
import { extracted, response } from '../extract/messages.ts';

/** Values that need escaping in JSON, and one that looks like a token. */
const VALUES = new Map([
  ['<PERSON_1>', 'Ann "Nan" O\\Hara\nof \u{1f600} Bern'],
  ['<PERSON_12>', '<PERSON_1>'],
  ['<EMAIL_ADDRESS_1>', 'ann@mail.example'],
]);
const TOKENS = { byToken: VALUES };
const ANSWER = 'Hi <PERSON_1>, a<b <PERSON_12><EMAIL_ADDRESS_1> \u{1f600} <PERSON_2> <PERSON_';
const RESTORED = `Hi ${VALUES.get('<PERSON_1>')}, a<b <PERSON_1>ann@mail.example \u{1f600} <PERSON_2> <PERSON_`;
/** Tool arguments as JSON text, some brackets escaped, an escaped backslash before what is no token. */
const ARGUMENTS = '{"to":"\\u003cPERSON_1\\u003e & <EMAIL_ADDRESS_1>","x":"\\\\u003cPERSON_1\\u003e <PER"}';
const RESTORED_ARGUMENTS = { to: `${VALUES.get('<PERSON_1>')} & ann@mail.example`, x: '\\u003cPERSON_1> <PER' };

function run(chunks: readonly Buffer[], contentType = 'text/event-stream', tokens = TOKENS): string {
  const restorer = createStreamRestorer(null, contentType, tokens);
  return Buffer.concat([...chunks.map((chunk) => restorer.push(chunk)), restorer.end()]).toString();
}

/** The data of all events, parsed; `[DONE]` left out. */
function dataOf(stream: string): Record<string, unknown>[] {
  return stream
    .split(/\r\n\r\n|\n\n|\r\r/)
    .flatMap((event) => event.split(/\r\n|\n|\r/).filter((line) => line.startsWith('data: ')))
    .map((line) => line.slice(6))
    .filter((data) => data !== '[DONE]')
    .map((data) => JSON.parse(data));
}

/** What stands under a path of an event; undefined where it does not lead anywhere. */
function at(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown> | undefined)?.[key], value);
}

/** The strings under a path of all events, joined. */
function joined(events: readonly unknown[], ...path: (string | number)[]): string {
  return events.map((event) => at(event, ...path) ?? '').join('');
}

interface Wire {
  readonly text: (parts: readonly string[]) => string;
  readonly args: (parts: readonly string[]) => string;
  readonly joinText: (events: readonly unknown[]) => string;
  readonly joinArgs: (events: readonly unknown[]) => string;
}

const sse = (events: readonly object[], done = '') =>
  events
    .map((event) => `${'type' in event ? `event: ${event.type}\n` : ''}data: ${JSON.stringify(event)}\n\n`)
    .join('') + done;

const chatChunk = (delta: object, finish: string | null = null) => ({
  id: 'c',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta, finish_reason: finish }],
});
const WIRES: Record<string, Wire> = {
  chat: {
    text: (parts) =>
      sse([...parts.map((content) => chatChunk({ content })), chatChunk({}, 'stop')], 'data: [DONE]\n\n'),
    args: (parts) =>
      sse(
        [
          chatChunk({ tool_calls: [{ index: 0, id: 't', type: 'function', function: { name: 'f', arguments: '' } }] }),
          ...parts.map((fragment) => chatChunk({ tool_calls: [{ index: 0, function: { arguments: fragment } }] })),
          chatChunk({}, 'tool_calls'),
        ],
        'data: [DONE]\n\n',
      ),
    joinText: (events) => joined(events, 'choices', 0, 'delta', 'content'),
    joinArgs: (events) => joined(events, 'choices', 0, 'delta', 'tool_calls', 0, 'function', 'arguments'),
  },
  anthropic: {
    text: (parts) =>
      sse([
        ...parts.map((text) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })),
        { type: 'content_block_stop', index: 0 },
        { type: 'message_stop' },
      ]),
    args: (parts) =>
      sse([
        ...parts.map((partial_json) => ({
          type: 'content_block_delta',
          index: 1,
          delta: { type: 'input_json_delta', partial_json },
        })),
        { type: 'content_block_stop', index: 1 },
      ]),
    joinText: (events) => joined(events, 'delta', 'text'),
    joinArgs: (events) => joined(events, 'delta', 'partial_json'),
  },
  responses: {
    text: (parts) =>
      sse([
        ...parts.map((delta) => ({
          type: 'response.output_text.delta',
          item_id: 'i',
          output_index: 0,
          content_index: 0,
          delta,
        })),
        { type: 'response.output_text.done', item_id: 'i', output_index: 0, content_index: 0, text: parts.join('') },
      ]),
    args: (parts) =>
      sse([
        ...parts.map((delta) => ({
          type: 'response.function_call_arguments.delta',
          item_id: 'i',
          output_index: 0,
          delta,
        })),
        { type: 'response.function_call_arguments.done', item_id: 'i', output_index: 0, arguments: parts.join('') },
      ]),
    joinText: (events) => {
      const done = events.find((event) => at(event, 'type') === 'response.output_text.done');
      assert.equal(at(done, 'text'), RESTORED);
      assert.equal(events.at(-1), done, 'all deltas come before');
      return joined(events, 'delta');
    },
    joinArgs: (events) => {
      assert.deepEqual(JSON.parse(joined(events.slice(-1), 'arguments')), RESTORED_ARGUMENTS);
      return joined(events, 'delta');
    },
  },
  gemini: {
    text: (parts) =>
      sse([
        ...parts.map((text) => ({
          candidates: [{ content: { parts: [{ text }], role: 'model' }, index: 0 }],
          modelVersion: 'g',
        })),
        { candidates: [{ content: { parts: [], role: 'model' }, finishReason: 'STOP', index: 0 }] },
      ]),
    args: (parts) =>
      sse([
        {
          candidates: [
            {
              content: { parts: [{ functionCall: { name: 'f', args: JSON.parse(parts.join('')) } }] },
              finishReason: 'STOP',
            },
          ],
        },
      ]),
    joinText: (events) => joined(events, 'candidates', 0, 'content', 'parts', 0, 'text'),
    joinArgs: (events) => JSON.stringify(at(events, 0, 'candidates', 0, 'content', 'parts', 0, 'functionCall', 'args')),
  },
};

for (const [name, wire] of Object.entries(WIRES)) {
  test(`${name}: a token cut between two deltas at every place is put back`, () => {
    for (const parts of everyTextSplit(ANSWER)) {
      assert.equal(wire.joinText(dataOf(run([Buffer.from(wire.text(parts))]))), RESTORED);
    }
  });

  test(`${name}: tool arguments cut at every place stay JSON, values escaped once more`, () => {
    for (const parts of everyTextSplit(ARGUMENTS)) {
      assert.deepEqual(JSON.parse(wire.joinArgs(dataOf(run([Buffer.from(wire.args(parts))])))), RESTORED_ARGUMENTS);
    }
  });

  test(`${name}: however the bytes are cut, the same bytes come out`, () => {
    const cut = ANSWER.indexOf('SON_12');
    const stream = Buffer.from(`: ping\n\n${wire.text([ANSWER.slice(0, cut), ANSWER.slice(cut)])}`);
    const whole = run([stream]);
    everySplit(stream, (chunks) => assert.equal(run(chunks), whole));
  });
}

test('a Gemini list that streams, NDJSON and plain text are restored wherever they are cut', () => {
  const item = (text: string, finishReason?: string) => ({
    candidates: [
      { content: { parts: [{ text }], role: 'model' }, index: 0, ...(finishReason ? { finishReason } : {}) },
    ],
  });
  for (const parts of everyTextSplit(ANSWER)) {
    const stream = Buffer.from(`[${parts.map((text) => JSON.stringify(item(text))).join('\n,\r\n')}]\n`);
    const items: unknown[] = JSON.parse(run([stream], 'application/json'));
    assert.equal(joined(items, 'candidates', 0, 'content', 'parts', 0, 'text'), RESTORED);
  }
  const list = Buffer.from(`[${JSON.stringify(item('Hi <PER'))},\n${JSON.stringify(item('SON_1>', 'STOP'))}]`);
  everySplit(list, (chunks) => assert.equal(run(chunks, 'application/json'), run([list], 'application/json')));
  everySplit(Buffer.from(ANSWER), (chunks) => assert.equal(run(chunks, 'text/plain'), RESTORED));
  const ndjson = Buffer.from('{"a":"<PERSON_1>"}\n{"b":"<EMAIL_ADDRESS_1>"}\n');
  everySplit(ndjson, (chunks) => {
    const values = run(chunks, 'application/x-ndjson')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(values, [{ a: VALUES.get('<PERSON_1>') }, { b: 'ann@mail.example' }]);
  });
});

test('without a token in it a stream comes out byte for byte, whatever its line ends', () => {
  const streams = [
    '\ufeff: comment\r\ndata: {"a": 1}\r\n\r\n: keep-alive\r\n\r\nevent: x\r\nid: 7\r\nretry: 5\r\ndata: y\r\ndata: z\r\n\r\n',
    'data: {"choices":[{"delta":{"content":"a < b \\u003c c"}}]}\r\rdata: [DONE]\r\r',
    'data: x < y\n\ndata:{"a":\ndata: "<b>"}\n\ndata: cut off <PERS',
    '\n\n\r\n\r\r: only\n:comments\ndata\n\n',
  ];
  for (const stream of streams) everySplit(Buffer.from(stream), (chunks) => assert.equal(run(chunks), stream));
});

test('a comment and text that begins no token are not held back', () => {
  const restorer = createStreamRestorer('openai.chat', 'text/event-stream', TOKENS);
  assert.equal(restorer.push(Buffer.from(': ping\n')).toString(), ': ping\n');
  const event = 'data: {"choices":[{"index":0,"delta":{"content":"a <b"}}]}\n\n';
  assert.equal(restorer.push(Buffer.from(event)).toString(), event);
  assert.equal(restoreText('x <PERSON_1', 'text', VALUES, false).held, '<PERSON_1');
  assert.equal(restoreText('x <PERSON_9', 'text', VALUES, false).held, '');
  assert.equal(restoreText('a\\', 'json', VALUES, false).held, '\\');
  assert.equal(restoreText('a\\\\', 'json', VALUES, false).held, '');
});

test('thinking and signatures are never rewritten, and only given tokens are put back', () => {
  const events = sse([
    {
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'thinking', thinking: '<PERSON_1>', signature: '' },
    },
    { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'so <PERSON_1>' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: '<PERSON_1>' } },
    { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: '<PERSON_7>' } },
  ]);
  assert.equal(run([Buffer.from(events)]), events);
});

test('without tokens a chunk is handed through as it is', () => {
  const restorer = createStreamRestorer('openai.chat', 'text/event-stream', { byToken: new Map() });
  const chunk = Buffer.from('data: <PERSON_1>');
  assert.equal(restorer.push(chunk), chunk);
});

test('data of several lines, data that is no JSON, and the id of a response', () => {
  assert.deepEqual(dataOf(run([Buffer.from('id: 1\ndata: {"a":\ndata: "<EMAIL_ADDRESS_1>"}\nid: 2\n\n')])), [
    { a: 'ann@mail.example' },
  ]);
  assert.equal(
    run([Buffer.from('data: hi <PERSON_1>!\n\n')]),
    'data: hi Ann "Nan" O\\Hara\ndata: of \u{1f600} Bern!\n\n',
  );
  const restorer = createStreamRestorer('openai.responses', 'text/event-stream', TOKENS);
  restorer.push(Buffer.from('data: {"type":"response.created","response":{"id":"resp_5"}}\n\n'));
  assert.equal(restorer.responseId, 'resp_5');
});

test('whole bodies: text, tool arguments, keys, never thinking', () => {
  const body = {
    content: [
      { type: 'text', text: ANSWER },
      { type: 'thinking', thinking: '<PERSON_1>', signature: '<PERSON_1>' },
      { type: 'tool_use', input: { '<EMAIL_ADDRESS_1>': ARGUMENTS } },
    ],
  };
  const message = response('/v1/messages', body);
  const restored = restoreBody(message, extracted(message), TOKENS);
  const [text, thinking, tool] = JSON.parse(restored.body.toString()).content;
  assert.equal(text.text, RESTORED);
  assert.deepEqual(thinking, body.content[1]);
  assert.deepEqual(JSON.parse(tool.input['ann@mail.example']), RESTORED_ARGUMENTS);
  assert.equal(restored.restored, 6);
  const none = response('/v1/messages', '{"content":[]}');
  assert.equal(restoreBody(none, extracted(none), TOKENS).body, none.body);
});

test('random events never throw, and nothing is lost but what tokens replace', () => {
  const random = seeded(5);
  const pieces = [
    'data: ',
    '{"choices":[{"delta":{"content":"',
    '"}}]}',
    '<',
    '<PERSON_1>',
    '\n',
    '\r',
    '\n\n',
    ':',
    '\\u003c',
    '"type":"response.x.delta"',
    '[DONE]',
    '{',
    '}',
    '\\',
  ];
  for (let round = 0; round < 2000; round++) {
    let stream = '';
    for (let i = random() * 20; i > 0; i--) stream += pieces[Math.floor(random() * pieces.length)];
    const cut = Math.floor(random() * stream.length);
    const bytes = Buffer.from(stream);
    assert.equal(run([bytes.subarray(0, cut), bytes.subarray(cut)]), run([bytes]));
    const other = { byToken: new Map([['<OTHER_1>', 'x']]) };
    const out = run([bytes], 'text/event-stream', other);
    assert.ok(out.length >= stream.length);
  }
});
