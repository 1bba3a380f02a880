/** Frameworks that put their own client around OpenAI's API: Vercel's `ai` and LangChain. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createOpenAI } from '@ai-sdk/openai';
import { HumanMessage } from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';
import { APICallError, generateText, jsonSchema, streamText } from 'ai';
import OpenAI from 'openai';
import { fetchThrough } from '../support/clients.ts';
import { CARD, SENTENCE } from '../support/planted.ts';
import { assertHidden, refusalOf, TOOL_ARGUMENTS } from '../support/sdk-checks.ts';
import { startUnderTest, type UnderTest } from '../support/weir-under-test.ts';

const NOTE = { type: 'object' as const, properties: { text: { type: 'string' as const } } };

let weir: UnderTest;
let proxied: ReturnType<typeof fetchThrough>;
before(async () => {
  weir = await startUnderTest();
  proxied = fetchThrough(weir);
});
after(async () => {
  await proxied.close();
  await weir.close();
});

/** By HTTPS_PROXY's way. */
function vercel() {
  return createOpenAI({ apiKey: 'test-key', fetch: proxied.fetch });
}

/** By the gateway. */
function langchain(streaming = false): ChatOpenAI {
  return new ChatOpenAI({
    model: 'gpt-4o',
    apiKey: 'test-key',
    streaming,
    configuration: { baseURL: `http://127.0.0.1:${weir.port}/openai/v1` },
  });
}

for (const api of ['chat', 'responses'] as const) {
  const model = () => (api === 'chat' ? vercel().chat('gpt-4o') : vercel().responses('gpt-5'));
  const tools = { note: { description: 'notes', inputSchema: jsonSchema(NOTE) } };

  test(`ai, ${api}: pseudonyms go out and the values come back, whole and streamed`, async () => {
    const { text } = await generateText({ model: model(), prompt: SENTENCE });
    assertHidden(weir);
    assert.equal(text, `You wrote: ${SENTENCE}`);
    let streamed = '';
    for await (const piece of streamText({ model: model(), prompt: SENTENCE }).textStream) streamed += piece;
    assertHidden(weir);
    assert.equal(streamed, `You wrote: ${SENTENCE}`);
  });

  test(`ai, ${api}: the input of a tool comes back with the values, whole and streamed`, async () => {
    const { toolCalls } = await generateText({ model: model(), prompt: SENTENCE, tools });
    assert.deepEqual(toolCalls[0]?.input, TOOL_ARGUMENTS);
    const streamed = await streamText({ model: model(), prompt: SENTENCE, tools }).toolCalls;
    assert.deepEqual(streamed[0]?.input, TOOL_ARGUMENTS);
  });

  test(`ai, ${api}: a card is its own APICallError, without a retry`, async () => {
    const before = proxied.calls();
    const error = await refusalOf(weir, () => generateText({ model: model(), prompt: CARD }));
    assert.ok(APICallError.isInstance(error));
    assert.equal(error.statusCode, 400);
    assert.match(error.message, /1 CREDIT_CARD/);
    assert.equal(proxied.calls(), before + 1);
    const raised: unknown[] = [];
    const stream = streamText({ model: model(), prompt: CARD, onError: ({ error }) => void raised.push(error) });
    await stream.consumeStream();
    assert.ok(APICallError.isInstance(raised[0]));
  });
}

test('langchain: pseudonyms go out and the values come back, whole and streamed', async () => {
  const answer = await langchain().invoke([new HumanMessage(SENTENCE)]);
  assertHidden(weir);
  assert.equal(answer.content, `You wrote: ${SENTENCE}`);
  let text = '';
  for await (const chunk of await langchain(true).stream([new HumanMessage(SENTENCE)])) text += String(chunk.content);
  assertHidden(weir);
  assert.equal(text, `You wrote: ${SENTENCE}`);
});

test('langchain: the arguments of a tool call come back with the values, whole and streamed', async () => {
  const tools = [{ type: 'function' as const, function: { name: 'note', parameters: NOTE } }];
  const answer = await langchain()
    .bindTools(tools)
    .invoke([new HumanMessage(SENTENCE)]);
  assert.deepEqual(answer.tool_calls?.[0]?.args, TOOL_ARGUMENTS);
  let args = '';
  for await (const chunk of await langchain(true)
    .bindTools(tools)
    .stream([new HumanMessage(SENTENCE)])) {
    for (const call of chunk.tool_call_chunks ?? []) args += call.args ?? '';
  }
  assert.deepEqual(JSON.parse(args), TOOL_ARGUMENTS);
});

test("langchain: a card is OpenAI's BadRequestError at once, whole and streamed", async () => {
  for (const streaming of [false, true]) {
    const error = await refusalOf(weir, () => langchain(streaming).invoke([new HumanMessage(CARD)]));
    assert.ok(error instanceof OpenAI.BadRequestError || error.name === 'BadRequestError', error.name);
    assert.match(error.message, /1 CREDIT_CARD/);
  }
});
