import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { anthropicByGateway, anthropicThrough } from '../support/clients.ts';
import { CARD, MAIL, PERSON, SENTENCE } from '../support/planted.ts';
import { startUnderTest, type UnderTest } from '../support/weir-under-test.ts';

const BASE = { model: 'claude-sonnet-4-5', max_tokens: 100 };
const TOOLS = [{ name: 'note', input_schema: { type: 'object' as const } }];

let weir: UnderTest;
before(async () => {
  weir = await startUnderTest();
});
after(() => weir.close());

function assertHidden(): void {
  const text = weir.standIn.requests.at(-1)?.body.toString('utf8') ?? '';
  for (const value of [MAIL, PERSON]) assert.ok(!text.includes(value), 'a value reached the provider');
  assert.match(text, /<PERSON_1>.*<EMAIL_ADDRESS_1>/s);
}

test('a clean message reaches the provider byte for byte', async () => {
  const { client, close } = anthropicThrough(weir);
  const messages = [{ role: 'user' as const, content: 'Name three rivers.' }];
  const answer = await client.messages.create({ ...BASE, messages });
  assert.deepEqual(answer.content[0], { type: 'text', text: 'You wrote: Name three rivers.' });
  assert.equal(weir.standIn.requests.at(-1)?.body.toString(), JSON.stringify({ ...BASE, messages }));
  await close();
});

test("a card is Anthropic's own BadRequestError at once, without a retry", async () => {
  const { client, calls, close } = anthropicThrough(weir);
  const before = weir.standIn.requests.length;
  const call = client.messages.create({ ...BASE, messages: [{ role: 'user', content: `card ${CARD}` }] });
  const error = await call.then(
    () => assert.fail('it was not blocked'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof Anthropic.BadRequestError);
  assert.match(error.message, /1 CREDIT_CARD in \/messages\/0\/content/);
  assert.ok(!error.message.includes('4111'));
  assert.equal(calls(), 1);
  assert.equal(weir.standIn.requests.length, before);
  await close();
});

test('pseudonyms go out and the values come back, whole and streamed', async () => {
  const { client, close } = anthropicThrough(weir);
  const request = {
    ...BASE,
    messages: [{ role: 'user' as const, content: [{ type: 'text' as const, text: SENTENCE }] }],
  };
  const whole = await client.messages.create(request);
  assertHidden();
  assert.deepEqual(whole.content[0], { type: 'text', text: `You wrote: ${SENTENCE}` });
  const final = await client.messages.stream(request).finalText();
  assertHidden();
  assert.equal(final, `You wrote: ${SENTENCE}`);
  await close();
});

test('the input of a tool use comes back with the values, whole and streamed', async () => {
  const { client, close } = anthropicThrough(weir);
  const request = { ...BASE, tools: TOOLS, messages: [{ role: 'user' as const, content: SENTENCE }] };
  const expected = { text: SENTENCE, quoted: `"${SENTENCE}"` };
  const whole = await client.messages.create(request);
  assertHidden();
  assert.ok(whole.content[0]?.type === 'tool_use');
  assert.deepEqual(whole.content[0].input, expected);
  const streamed = await client.messages.stream(request).finalMessage();
  assert.ok(streamed.content[0]?.type === 'tool_use');
  assert.deepEqual(streamed.content[0].input, expected);
  await close();
});

test('by the gateway the same', async () => {
  const client = anthropicByGateway(weir);
  const ask = (content: string) => client.messages.create({ ...BASE, messages: [{ role: 'user', content }] });
  assert.deepEqual((await ask('Hello')).content[0], { type: 'text', text: 'You wrote: Hello' });
  await assert.rejects(ask(CARD), Anthropic.BadRequestError);
  assert.deepEqual((await ask(SENTENCE)).content[0], { type: 'text', text: `You wrote: ${SENTENCE}` });
  assertHidden();
});
