import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiError, GoogleGenAI } from '@google/genai';
import { CARD, SENTENCE } from '../support/planted.ts';
import { assertHidden, refusalOf, TOOL_ARGUMENTS } from '../support/sdk-checks.ts';
import { startUnderTest, type UnderTest } from '../support/weir-under-test.ts';

const MODEL = 'gemini-2.5-pro';
const TOOLS = {
  config: { tools: [{ functionDeclarations: [{ name: 'note', parametersJsonSchema: { type: 'object' } }] }] },
};

let weir: UnderTest;
let gemini: GoogleGenAI;
before(async () => {
  weir = await startUnderTest();
  gemini = new GoogleGenAI({ apiKey: 'test-key', httpOptions: { baseUrl: `http://127.0.0.1:${weir.port}/gemini` } });
});
after(() => weir.close());

test('pseudonyms go out and the values come back, whole and streamed', async () => {
  const answer = await gemini.models.generateContent({ model: MODEL, contents: SENTENCE });
  assertHidden(weir);
  assert.equal(answer.text, `You wrote: ${SENTENCE}`);
  let text = '';
  for await (const chunk of await gemini.models.generateContentStream({ model: MODEL, contents: SENTENCE })) {
    text += chunk.text ?? '';
  }
  assertHidden(weir);
  assert.equal(text, `You wrote: ${SENTENCE}`);
});

test('the arguments of a function call come back with the values, whole and streamed', async () => {
  const answer = await gemini.models.generateContent({ model: MODEL, contents: SENTENCE, ...TOOLS });
  assertHidden(weir);
  assert.deepEqual(answer.functionCalls?.[0]?.args, TOOL_ARGUMENTS);
  const calls = [];
  for await (const chunk of await gemini.models.generateContentStream({ model: MODEL, contents: SENTENCE, ...TOOLS })) {
    calls.push(...(chunk.functionCalls ?? []));
  }
  assert.deepEqual(calls[0]?.args, TOOL_ARGUMENTS);
});

test("a card is the SDK's own ApiError at once, whole and streamed", async () => {
  for (const call of [
    () => gemini.models.generateContent({ model: MODEL, contents: CARD }),
    () => gemini.models.generateContentStream({ model: MODEL, contents: CARD }),
  ]) {
    const error = await refusalOf(weir, call);
    assert.ok(error instanceof ApiError);
    assert.equal(error.status, 400);
    assert.match(error.message, /INVALID_ARGUMENT/);
    assert.match(error.message, /1 CREDIT_CARD in \/contents\/0\/parts\/0\/text/);
  }
});
