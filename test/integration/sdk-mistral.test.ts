import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Mistral } from '@mistralai/mistralai';
import { MistralError } from '@mistralai/mistralai/models/errors';
import { chatCompletion } from '../../cli/demo/chat-answers.ts';
import type { Script } from '../../cli/demo/stand-in.ts';
import { turnFor } from '../support/more-answers.ts';
import { CARD, SENTENCE } from '../support/planted.ts';
import { providerAnswers } from '../support/provider-answers.ts';
import { assertHidden, refusalOf, TOOL_ARGUMENTS } from '../support/sdk-checks.ts';
import { startUnderTest, type UnderTest } from '../support/weir-under-test.ts';

const TOOLS = { tools: [{ type: 'function' as const, function: { name: 'note', parameters: { type: 'object' } } }] };

/** Mistral sends a call whole, in one event of the stream. */
const script: Script = async (exchange) => {
  const request = JSON.parse((await exchange.received).body.toString('utf8')) as Record<string, unknown>;
  if (request['stream'] !== true || request['tools'] === undefined) return providerAnswers()(exchange);
  const { message } = chatCompletion(toolTurn(request), 'mistral-large-latest').choices[0] ?? {};
  const choice = { index: 0, delta: message, finish_reason: 'tool_calls' };
  const event = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [choice] };
  exchange.response.writeHead(200, { 'content-type': 'text/event-stream' });
  exchange.response.end(`data: ${JSON.stringify(event)}\n\ndata: [DONE]\n\n`);
};

function toolTurn(request: Record<string, unknown>) {
  const [message] = request['messages'] as { content: string }[];
  return turnFor(message?.content ?? '', true);
}

let weir: UnderTest;
let mistral: Mistral;
before(async () => {
  weir = await startUnderTest({ script, hosts: ['api.mistral.ai:443'] });
  mistral = new Mistral({ apiKey: 'test-key', serverURL: `http://127.0.0.1:${weir.port}/mistral` });
});
after(() => weir.close());

function ask(content: string, tools = {}) {
  return { model: 'mistral-large-latest', messages: [{ role: 'user' as const, content }], ...tools };
}

async function streamed(content: string, tools = {}): Promise<{ text: string; args: string }> {
  let text = '';
  let args = '';
  for await (const { data } of await mistral.chat.stream(ask(content, tools))) {
    const delta = data.choices[0]?.delta;
    if (typeof delta?.content === 'string') text += delta.content;
    for (const call of delta?.toolCalls ?? []) args += String(call.function.arguments);
  }
  return { text, args };
}

test('pseudonyms go out and the values come back, whole and streamed', async () => {
  const answer = await mistral.chat.complete(ask(SENTENCE));
  assertHidden(weir);
  assert.equal(answer.choices[0]?.message?.content, `You wrote: ${SENTENCE}`);
  const { text } = await streamed(SENTENCE);
  assertHidden(weir);
  assert.equal(text, `You wrote: ${SENTENCE}`);
});

test('the arguments of a tool call come back with the values, whole and streamed', async () => {
  const answer = await mistral.chat.complete(ask(SENTENCE, TOOLS));
  const args = answer.choices[0]?.message?.toolCalls?.[0]?.function.arguments;
  assert.deepEqual(typeof args === 'string' ? JSON.parse(args) : args, TOOL_ARGUMENTS);
  assert.deepEqual(JSON.parse((await streamed(SENTENCE, TOOLS)).args), TOOL_ARGUMENTS);
});

test("a card is the SDK's own error at once, in Mistral's shape, whole and streamed", async () => {
  for (const call of [() => mistral.chat.complete(ask(CARD)), () => streamed(CARD)]) {
    const error = await refusalOf(weir, call);
    assert.ok(error instanceof MistralError);
    assert.equal(error.statusCode, 400);
    const body = JSON.parse(error.body) as Record<string, unknown>;
    assert.equal(body['object'], 'error');
    assert.equal(body['code'], 'weir_blocked');
    assert.match(String(body['message']), /1 CREDIT_CARD in \/messages\/0\/content/);
  }
});

test('fill in the middle: prompt and suffix are inspected', async () => {
  const call = () => mistral.fim.complete({ model: 'codestral-latest', prompt: 'x = ', suffix: CARD });
  assert.match((await refusalOf(weir, call)).message, /CREDIT_CARD in \/suffix/);
});
