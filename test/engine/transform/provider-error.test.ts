import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeMessage, messageOf } from '../../../engine/extract/event-stream.ts';
import type { Shape } from '../../../engine/extract/extract.ts';
import { type ErrorContent, providerError } from '../../../engine/transform/provider-error.ts';
import { streamError } from '../../../engine/transform/stream-error.ts';
import { syntheticMessage } from '../../../engine/transform/synthetic-message.ts';

const ERROR: ErrorContent = {
  status: 400,
  message: 'Blocked.',
  openai: { type: 'policy_violation', code: 'weir_blocked', param: '/prompt' },
  anthropic: 'invalid_request_error',
};
const OPENAI = { error: { message: 'Blocked.', type: 'policy_violation', code: 'weir_blocked', param: '/prompt' } };
const ANTHROPIC = { type: 'error', error: { type: 'invalid_request_error', message: 'Blocked.' } };
const GOOGLE = { error: { code: 400, message: 'Blocked.', status: 'INVALID_ARGUMENT' } };
const MISTRAL = {
  object: 'error',
  message: 'Blocked.',
  type: 'policy_violation',
  param: '/prompt',
  code: 'weir_blocked',
};

const CASES: readonly (readonly [shape: Shape | null, host: string, body: object])[] = [
  ['openai.chat', 'api.openai.com', OPENAI],
  ['openai.chat', 'openrouter.ai', OPENAI],
  ['openai.chat', 'llm.example', OPENAI],
  ['openai.completions', 'copilot-proxy.githubusercontent.com', OPENAI],
  ['openai.responses', 'chatgpt.com', OPENAI],
  ['openai.web', 'chatgpt.com', { detail: { message: 'Blocked.', code: 'weir_blocked', type: 'policy_violation' } }],
  ['anthropic.messages', 'us-east5-aiplatform.googleapis.com', ANTHROPIC],
  ['anthropic.count_tokens', 'api.anthropic.com', ANTHROPIC],
  ['anthropic.web', 'claude.ai', ANTHROPIC],
  [null, 'api.anthropic.com', ANTHROPIC],
  ['gemini.generate', 'llm.example', GOOGLE],
  ['gemini.code_assist', 'cloudcode-pa.googleapis.com', GOOGLE],
  [null, 'europe-west4-aiplatform.googleapis.com', GOOGLE],
  [null, 'aiplatform.eu.rep.googleapis.com', GOOGLE],
  ['bedrock.converse', 'x', { message: 'Blocked.' }],
  [null, 'bedrock-runtime.us-east-1.amazonaws.com', { message: 'Blocked.' }],
  ['cohere.chat_v2', 'api.cohere.com', { message: 'Blocked.' }],
  [null, 'api.cohere.com', { message: 'Blocked.' }],
  ['openai.chat', 'api.mistral.ai', MISTRAL],
  ['mistral.fim', 'codestral.mistral.ai', MISTRAL],
  ['ollama.chat', '127.0.0.1', { error: 'Blocked.' }],
  [null, 'nobody.example', OPENAI],
];

for (const [shape, host, body] of CASES) {
  test(`an error in the words of ${shape ?? 'no shape'} at ${host}`, () => {
    assert.deepEqual(JSON.parse(providerError(shape, host, ERROR).body.toString()), body);
  });
}

test("Amazon's SDKs read the kind of an error from a header", () => {
  const kind = (status: number) => providerError('bedrock.invoke', 'x', { ...ERROR, status }).headers;
  assert.deepEqual(kind(400), ['x-amzn-errortype', 'ValidationException']);
  assert.deepEqual(kind(503), ['x-amzn-errortype', 'ServiceUnavailableException']);
});

test('an error of JSON-RPC carries the id of its call', () => {
  const body = (callId: string | null) =>
    JSON.parse(providerError('mcp.rpc', 'x', { ...ERROR, callId }).body.toString());
  assert.equal(body('7').id, 7);
  assert.equal(body('"a"').id, 'a');
  assert.equal(body(null).id, null);
  assert.deepEqual(body('7').error, {
    code: -32_000,
    message: 'Blocked.',
    data: { code: 'weir_blocked', param: '/prompt' },
  });
});

test('a stream breaks off with an error in its own framing', () => {
  const events = streamError('anthropic.messages', 'x', 'text/event-stream; charset=utf-8', ERROR).toString();
  assert.equal(events, `event: error\ndata: ${JSON.stringify(ANTHROPIC)}\n\n`);
  assert.match(streamError('openai.chat', 'x', 'text/event-stream', ERROR).toString(), /^data: \{"error".*\}\n\n$/);
  assert.match(streamError('ollama.chat', 'x', 'application/x-ndjson', ERROR).toString(), /\{"error":"Blocked\."\}\n$/);
  const message = streamError('bedrock.converse', 'x', 'application/vnd.amazon.eventstream', ERROR);
  const { headers, payload, type } = messageOf(message);
  assert.equal(type, 'validationException');
  assert.deepEqual(JSON.parse(payload.toString()), { message: 'Blocked.' });
  assert.deepEqual(encodeMessage(headers, payload), message);
});

test('Mistral and Cohere end a message with an error of their own, then with what no event of theirs is', () => {
  const cohere = streamError('cohere.chat_v2', 'api.cohere.com', 'text/event-stream', ERROR).toString();
  const end = { type: 'message-end', delta: { finish_reason: 'ERROR', error: 'Blocked.' } };
  assert.equal(cohere, `event: message-end\ndata: ${JSON.stringify(end)}\n\ndata: "Blocked."\n\n`);
  const old = streamError('cohere.chat', 'api.cohere.com', 'application/stream+json', ERROR)
    .toString()
    .trim()
    .split('\n');
  assert.deepEqual(
    old
      .map((line) => JSON.parse(line))
      .map((one) => (typeof one === 'string' ? one : [one.event_type, one.finish_reason])),
    [['stream-end', 'ERROR'], 'Blocked.'],
  );
  const [chunk, body] = streamError('openai.chat', 'api.mistral.ai', 'text/event-stream', ERROR)
    .toString()
    .split('\n\n');
  const { object, choices } = JSON.parse(chunk?.slice('data: '.length) ?? '');
  assert.deepEqual([object, choices[0].finish_reason], ['chat.completion.chunk', 'error']);
  assert.deepEqual(JSON.parse(body?.slice('data: '.length) ?? ''), MISTRAL);
  const agents = streamError('mistral.conversations', 'api.mistral.ai', 'text/event-stream', ERROR).toString();
  const event = { type: 'conversation.response.error', message: 'Blocked.', code: 400 };
  assert.ok(agents.startsWith(`event: conversation.response.error\ndata: ${JSON.stringify(event)}\n\n`));
});

test('a blocked call of a tool is told to the model as a tool that failed', () => {
  const given = { shape: 'mcp.rpc', text: 'Blocked.', model: null, stream: false, eventId: 'E' } as const;
  assert.deepEqual(JSON.parse(syntheticMessage({ ...given, callId: '3' })?.body.toString() ?? ''), {
    jsonrpc: '2.0',
    id: 3,
    result: { content: [{ type: 'text', text: 'Blocked.' }], isError: true },
  });
  assert.equal(syntheticMessage({ ...given, callId: null }), null);
});
