import assert from 'node:assert/strict';
import { test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { Shape } from '../../../engine/extract/extract.ts';
import { failure, type Refusal, type RefuseInput, refuse } from '../../../engine/transform/refuse.ts';
import { createStreamRestorer } from '../../../engine/transform/restore.ts';
import type { Ruling } from '../../../flow/decision.ts';
import type { Finding } from '../../../flow/finding.ts';

const RULING: Ruling = {
  action: 'block',
  mode: 'enforce',
  policy: 'card-data',
  policyVersion: 'v',
  rule: 'pan',
  severity: 'high',
  message: 'Card data is out of scope for GenAI. See https://wiki.example/pci',
};

function finding(entity: string, path: string): Finding {
  return {
    entity,
    category: 'financial',
    start: 0,
    end: 4,
    score: 1,
    recognizer: 'r',
    alternatives: [],
    segment: 0,
    path,
    role: 'user',
    position: 'latest',
    fingerprint: '',
  };
}

function input(over: Partial<RefuseInput> = {}): RefuseInput {
  const findings = [finding('CREDIT_CARD', '/messages/1/content'), finding('CREDIT_CARD', '/messages/1/content')];
  return {
    shape: 'openai.chat',
    destinationHost: 'api.openai.com',
    ruling: RULING,
    findings,
    subject: [0, 1],
    eventId: 'ID',
    status: 400,
    style: 'error',
    stream: false,
    model: 'gpt',
    ...over,
  };
}

const bodyOf = (refusal: Refusal) => JSON.parse(refusal.body.toString());

test("a block in OpenAI's shape is the contract's example to the letter", () => {
  const refusal = refuse(input());
  assert.equal(refusal.status, 400);
  assert.equal(
    refusal.body.toString(),
    '{"error":{"message":"Blocked by policy card-data/pan: 2 CREDIT_CARD in /messages/1/content. Card data is out of scope for GenAI. See https://wiki.example/pci (event ID)","type":"policy_violation","code":"weir_blocked","param":"/messages/1/content"}}',
  );
  assert.deepEqual(refusal.headers, [
    'content-type',
    'application/json',
    'x-should-retry',
    'false',
    'x-weir-event',
    'ID',
    'x-weir-action',
    'block',
  ]);
});

test('at most five places are named; a rule without detect names none', () => {
  const findings = [1, 2, 3, 4, 5, 6, 7].map((n) => finding(`E_${n}`, `/p/${n}`));
  const { message } = bodyOf(refuse(input({ findings, subject: [0, 1, 2, 3, 4, 5, 6] }))).error;
  assert.match(message, /: 1 E_1 in \/p\/1, .*1 E_5 in \/p\/5 and 2 more\. Card/);
  const bare = bodyOf(refuse(input({ subject: [], ruling: { ...RULING, message: null } }))).error;
  assert.deepEqual([bare.message, bare.param], ['Blocked by policy card-data/pan. (event ID)', null]);
});

test('other shapes get their own errors, by shape or else by host', () => {
  assert.equal(bodyOf(refuse(input({ shape: 'anthropic.messages' }))).error.type, 'invalid_request_error');
  assert.equal(bodyOf(refuse(input({ shape: null, destinationHost: 'api.anthropic.com' }))).type, 'error');
  const gemini = bodyOf(refuse(input({ shape: 'gemini.generate' }))).error;
  assert.deepEqual([gemini.code, gemini.status], [400, 'INVALID_ARGUMENT']);
  const failed = failure({
    shape: 'anthropic.messages',
    destinationHost: 'x',
    status: 504,
    code: 'upstream_timeout',
    message: 'no answer',
    eventId: 'ID',
  });
  assert.deepEqual(bodyOf(failed), {
    type: 'error',
    error: { type: 'timeout_error', message: 'no answer (event ID)' },
  });
  const openai = bodyOf(
    failure({
      shape: null,
      destinationHost: 'x',
      status: 502,
      code: 'upstream_untrusted',
      message: 'bad',
      eventId: null,
    }),
  );
  assert.deepEqual(openai, {
    error: { message: 'bad', type: 'server_error', code: 'upstream_untrusted', param: null },
  });
});

/** A fetch that answers with what the proxy would. */
function answering(refusal: Refusal, counter: { calls: number } = { calls: 0 }): typeof fetch {
  return async () => {
    counter.calls++;
    const headers: [string, string][] = [];
    for (let i = 0; i < refusal.headers.length; i += 2)
      headers.push([refusal.headers[i] as string, refusal.headers[i + 1] as string]);
    return new Response(new Uint8Array(refusal.body), { status: refusal.status, headers });
  };
}

const openai = (answer: typeof fetch) =>
  new OpenAI({ apiKey: 'none', baseURL: 'http://127.0.0.1:1/v1', fetch: answer });
const anthropic = (answer: typeof fetch) =>
  new Anthropic({ apiKey: 'none', baseURL: 'http://127.0.0.1:1', fetch: answer });
const messages = [{ role: 'user', content: 'x' }] as const;

test('the real SDKs raise BadRequestError at once', async () => {
  const counter = { calls: 0 };
  await assert.rejects(
    openai(answering(refuse(input()), counter)).chat.completions.create({ model: 'm', messages: [...messages] }),
    OpenAI.BadRequestError,
  );
  const refusal = refuse(input({ shape: 'anthropic.messages' }));
  await assert.rejects(
    anthropic(answering(refusal, counter)).messages.create({ model: 'm', max_tokens: 1, messages: [...messages] }),
    Anthropic.BadRequestError,
  );
  assert.equal(counter.calls, 2);
});

test('style message is an answer that the real SDKs read, whole and streamed', async () => {
  const answer = (shape: Shape, stream: boolean) => answering(refuse(input({ shape, stream, style: 'message' })));
  const start = /^Blocked by policy card-data\/pan/;
  const chat = await openai(answer('openai.chat', false)).chat.completions.create({
    model: 'm',
    messages: [...messages],
  });
  assert.match(chat.choices[0]?.message.content ?? '', start);
  let streamed = '';
  for await (const chunk of await openai(answer('openai.chat', true)).chat.completions.create({
    model: 'm',
    messages: [...messages],
    stream: true,
  })) {
    streamed += chunk.choices[0]?.delta.content ?? '';
  }
  assert.match(streamed, start);
  const whole = await openai(answer('openai.responses', false)).responses.create({ model: 'm', input: 'x' });
  assert.match(whole.output_text, start);
  const final = await openai(answer('openai.responses', true))
    .responses.stream({ model: 'm', input: 'x' })
    .finalResponse();
  assert.match(final.output_text, start);
  const message = await anthropic(answer('anthropic.messages', false)).messages.create({
    model: 'm',
    max_tokens: 1,
    messages: [...messages],
  });
  assert.match(message.content[0]?.type === 'text' ? message.content[0].text : '', start);
  assert.match(
    await anthropic(answer('anthropic.messages', true))
      .messages.stream({ model: 'm', max_tokens: 1, messages: [...messages] })
      .finalText(),
    start,
  );
  assert.equal(refuse(input({ shape: 'openai.embeddings', style: 'message' })).status, 400);
});

test('streams restored in pieces are read by the real SDKs with the values in them', async () => {
  const value = 'Ann "Nan" O\\Hara\n\u{1f600}';
  const byToken = new Map([['<PERSON_1>', value]]);
  const restored = (events: readonly object[], size: number): typeof fetch => {
    const restorer = createStreamRestorer(null, 'text/event-stream', { byToken });
    const bytes = Buffer.from(
      events
        .map((event) => `${'type' in event ? `event: ${event.type}\n` : ''}data: ${JSON.stringify(event)}\n\n`)
        .join(''),
    );
    const out: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size) out.push(restorer.push(bytes.subarray(at, at + size)));
    out.push(restorer.end());
    return answering({
      status: 200,
      headers: ['content-type', 'text/event-stream'],
      body: Buffer.concat(out),
      text: '',
    });
  };
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    id: 'c',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta, finish_reason }],
  });
  const call = (fragment: string) => chunk({ tool_calls: [{ index: 0, function: { arguments: fragment } }] });
  const chat = [
    chunk({ role: 'assistant', content: 'Dear <PER' }),
    chunk({ content: 'SON_1>, <PERSON_1' }),
    chunk({ tool_calls: [{ index: 0, id: 't', type: 'function', function: { name: 'f', arguments: '{"a":"\\u00' } }] }),
    call('3cPERSON_1\\u003'),
    call('e"}'),
    chunk({}, 'tool_calls'),
  ];
  const block = (index: number, content_block: object) => ({ type: 'content_block_start', index, content_block });
  const delta = (index: number, body: object) => ({ type: 'content_block_delta', index, delta: body });
  const claude = [
    {
      type: 'message_start',
      message: {
        id: 'm',
        type: 'message',
        role: 'assistant',
        model: 'm',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 1, output_tokens: 1 },
      },
    },
    block(0, { type: 'text', text: '' }),
    delta(0, { type: 'text_delta', text: 'Dear <PERSON' }),
    delta(0, { type: 'text_delta', text: '_1>, <PERSON_1' }),
    { type: 'content_block_stop', index: 0 },
    block(1, { type: 'tool_use', id: 't', name: 'f', input: {} }),
    delta(1, { type: 'input_json_delta', partial_json: '{"a":"<PERSON' }),
    delta(1, { type: 'input_json_delta', partial_json: '_1>"}' }),
    { type: 'content_block_stop', index: 1 },
    { type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: { output_tokens: 1 } },
    { type: 'message_stop' },
  ];
  for (const size of [1, 7, 64, 100_000]) {
    const completion = await openai(restored(chat, size))
      .chat.completions.stream({ model: 'm', messages: [...messages] })
      .finalChatCompletion();
    const answer = completion.choices[0]?.message;
    assert.equal(answer?.content, `Dear ${value}, <PERSON_1`);
    const tool = answer?.tool_calls?.[0];
    assert.deepEqual(JSON.parse(tool?.type === 'function' ? tool.function.arguments : ''), { a: value });
    const message = await anthropic(restored(claude, size))
      .messages.stream({ model: 'm', max_tokens: 9, messages: [...messages] })
      .finalMessage();
    assert.deepEqual(
      message.content.map((part) => (part.type === 'text' ? part.text : part.type === 'tool_use' ? part.input : null)),
      [`Dear ${value}, <PERSON_1`, { a: value }],
    );
  }
});
