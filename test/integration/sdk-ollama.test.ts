import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Ollama } from 'ollama';
import { CARD, SENTENCE } from '../support/planted.ts';
import { assertHidden, refusalOf, TOOL_ARGUMENTS } from '../support/sdk-checks.ts';
import { startUnderTest, type UnderTest } from '../support/weir-under-test.ts';

const TOOLS = {
  tools: [{ type: 'function', function: { name: 'note', description: 'notes', parameters: { type: 'object' } } }],
};
/** The stand-in speaks TLS; Ollama itself does not. */
const HOST = 'ollama.weir-test.example';

let weir: UnderTest;
let ollama: Ollama;
before(async () => {
  weir = await startUnderTest({
    hosts: [`${HOST}:443`],
    config: {
      proxy: { providers: { ollama: { url: `https://${HOST}`, shape: 'openai' } } },
      destinations: [{ hosts: [HOST], vendor: 'Ollama', category: 'genai', private: true }],
    },
  });
  ollama = new Ollama({ host: `http://127.0.0.1:${weir.port}/ollama` });
});
after(() => weir.close());

function ask(content: string, tools = {}) {
  return { model: 'llama3.2', messages: [{ role: 'user', content }], ...tools };
}

test('pseudonyms go out and the values come back, whole and in lines', async () => {
  const answer = await ollama.chat({ ...ask(SENTENCE), stream: false });
  assertHidden(weir);
  assert.equal(answer.message.content, `You wrote: ${SENTENCE}`);
  let text = '';
  for await (const line of await ollama.chat({ ...ask(SENTENCE), stream: true })) text += line.message.content;
  assertHidden(weir);
  assert.equal(text, `You wrote: ${SENTENCE}`);
  let generated = '';
  for await (const line of await ollama.generate({ model: 'llama3.2', prompt: SENTENCE, stream: true })) {
    generated += line.response;
  }
  assertHidden(weir);
  assert.equal(generated, `You wrote: ${SENTENCE}`);
});

test('the arguments of a tool call come back with the values, whole and in lines', async () => {
  const answer = await ollama.chat({ ...ask(SENTENCE, TOOLS), stream: false });
  assert.deepEqual(answer.message.tool_calls?.[0]?.function.arguments, TOOL_ARGUMENTS);
  const calls = [];
  for await (const line of await ollama.chat({ ...ask(SENTENCE, TOOLS), stream: true })) {
    calls.push(...(line.message.tool_calls ?? []));
  }
  assert.deepEqual(calls[0]?.function.arguments, TOOL_ARGUMENTS);
});

test("a card is the SDK's own ResponseError at once, whole and streamed", async () => {
  for (const call of [
    () => ollama.chat({ ...ask(CARD), stream: false }),
    () => ollama.chat({ ...ask(CARD), stream: true }),
    () => ollama.generate({ model: 'llama3.2', prompt: CARD }),
  ]) {
    const error = await refusalOf(weir, call);
    assert.equal(error.name, 'ResponseError');
    assert.ok('status_code' in error && error.status_code === 400);
    assert.match(error.message, /^Blocked by policy .*: 1 CREDIT_CARD in \/(?:messages\/0\/content|prompt)\./);
  }
});
