import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Cohere, CohereClientV2 } from 'cohere-ai';
import { CARD, SENTENCE } from '../support/planted.ts';
import { assertHidden, refusalOf, TOOL_ARGUMENTS } from '../support/sdk-checks.ts';
import { startUnderTest, type UnderTest } from '../support/weir-under-test.ts';

const TOOLS = { tools: [{ type: 'function' as const, function: { name: 'note', parameters: { type: 'object' } } }] };

let weir: UnderTest;
let cohere: CohereClientV2;
before(async () => {
  weir = await startUnderTest({ hosts: ['api.cohere.com:443'] });
  cohere = new CohereClientV2({ token: 'test-key', environment: `http://127.0.0.1:${weir.port}/cohere` });
});
after(() => weir.close());

function ask(content: string, tools = {}) {
  return { model: 'command-a-03-2025', messages: [{ role: 'user' as const, content }], ...tools };
}

async function streamed(content: string, tools = {}): Promise<{ text: string; args: string }> {
  let text = '';
  let args = '';
  for await (const event of await cohere.chatStream(ask(content, tools))) {
    if (event.type === 'content-delta') text += event.delta?.message?.content?.text ?? '';
    if (event.type === 'tool-call-delta') args += event.delta?.message?.toolCalls?.function?.arguments ?? '';
  }
  return { text, args };
}

test('pseudonyms go out and the values come back, whole and streamed', async () => {
  const answer = await cohere.chat(ask(SENTENCE));
  assertHidden(weir);
  const [block] = answer.message.content ?? [];
  assert.equal(block?.type === 'text' ? block.text : null, `You wrote: ${SENTENCE}`);
  const { text } = await streamed(SENTENCE);
  assertHidden(weir);
  assert.equal(text, `You wrote: ${SENTENCE}`);
});

test('the arguments of a tool call come back with the values, whole and streamed', async () => {
  const answer = await cohere.chat(ask(SENTENCE, TOOLS));
  assert.deepEqual(JSON.parse(answer.message.toolCalls?.[0]?.function?.arguments ?? ''), TOOL_ARGUMENTS);
  assert.deepEqual(JSON.parse((await streamed(SENTENCE, TOOLS)).args), TOOL_ARGUMENTS);
});

test("a card is the SDK's own BadRequestError at once, whole and streamed", async () => {
  for (const call of [() => cohere.chat(ask(CARD)), () => streamed(CARD)]) {
    const error = await refusalOf(weir, call);
    assert.ok(error instanceof Cohere.BadRequestError);
    assert.match(JSON.stringify(error.body), /1 CREDIT_CARD in \/messages\/0\/content/);
  }
});

test('texts to embed and documents to rank are inspected', async () => {
  const embed = () =>
    cohere.embed({ model: 'embed-v4.0', inputType: 'search_document', embeddingTypes: ['float'], texts: [CARD] });
  assert.match(JSON.stringify(await refusalOf(weir, embed)), /CREDIT_CARD in \/texts\/0/);
});
