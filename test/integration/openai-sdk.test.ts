import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import OpenAI from 'openai';
import { openaiByGateway, openaiThrough } from '../support/clients.ts';
import { CARD, filesHolding, MAIL, PERSON, SENTENCE } from '../support/planted.ts';
import { startUnderTest, type UnderTest } from '../support/weir-under-test.ts';

const TOOL = {
  type: 'function' as const,
  function: { name: 'note', parameters: { type: 'object', properties: { text: { type: 'string' } } } },
};

let weir: UnderTest;
before(async () => {
  weir = await startUnderTest();
});
after(() => weir.close());

/** What the provider got last, as text. */
function lastSeen(): string {
  return weir.standIn.requests.at(-1)?.body.toString('utf8') ?? '';
}

function assertHidden(text: string): void {
  for (const value of [MAIL, PERSON]) assert.ok(!text.includes(value), 'a value reached the provider');
  assert.match(text, /<PERSON_1>/);
  assert.match(text, /<EMAIL_ADDRESS_1>/);
}

test('a clean prompt reaches the provider byte for byte and the answer comes back', async () => {
  const { client, calls, close } = openaiThrough(weir);
  const messages = [{ role: 'user' as const, content: 'Name three rivers, please. \u00e9\u{1f30a} 1.50' }];
  const { data, response } = await client.chat.completions.create({ model: 'gpt-4o', messages }).withResponse();
  assert.equal(data.choices[0]?.message.content, `You wrote: ${messages[0]?.content}`);
  const sent = JSON.stringify({ model: 'gpt-4o', messages });
  assert.equal(weir.standIn.requests.at(-1)?.sha256, createHash('sha256').update(sent).digest('hex'));
  assert.equal(response.headers.get('x-weir-action'), 'allow');
  const event = await weir.event(response.headers.get('x-weir-event'));
  assert.equal(event.outcome, 'completed');
  assert.equal(event.coverage.level, 'full');
  assert.equal(event.provider, 'openai');
  assert.equal(event.model, 'gpt-4o');
  assert.equal(calls(), 1);
  await close();
});

test('a card is a BadRequestError at once: no retry, and nothing reaches the provider', async () => {
  const { client, calls, close } = openaiThrough(weir);
  const before = weir.standIn.requests.length;
  const call = client.chat.completions.create({
    model: 'gpt-4o',
    messages: [{ role: 'user', content: `card ${CARD}` }],
  });
  const error = await call.then(
    () => assert.fail('it was not blocked'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof OpenAI.BadRequestError);
  assert.equal(error.status, 400);
  assert.equal(error.code, 'weir_blocked');
  assert.equal(error.type, 'policy_violation');
  assert.equal(error.param, '/messages/0/content');
  assert.match(error.message, /Blocked by policy [^/ ]+\/[^ ]+: 1 CREDIT_CARD in \/messages\/0\/content\./);
  assert.ok(!error.message.includes('4111'));
  assert.equal(error.headers?.get('x-weir-action'), 'block');
  assert.equal(calls(), 1);
  assert.equal(weir.standIn.requests.length, before);
  const event = await weir.event(error.headers?.get('x-weir-event') ?? null);
  assert.equal(event.outcome, 'blocked');
  assert.equal(event.status, 400);
  assert.equal(event.action, 'block');
  await close();
});

test('a name and an e-mail address arrive as pseudonyms and come back as themselves', async () => {
  const { client, close } = openaiThrough(weir);
  const messages = [{ role: 'user' as const, content: SENTENCE }];
  const { data, response } = await client.chat.completions.create({ model: 'gpt-4o', messages }).withResponse();
  assertHidden(lastSeen());
  assert.equal(data.choices[0]?.message.content, `You wrote: ${SENTENCE}`);
  assert.equal(response.headers.get('x-weir-action'), 'tokenize');
  await close();
});

test('in a stream the values come back although every pseudonym is cut between events', async () => {
  const { client, close } = openaiThrough(weir);
  const messages = [{ role: 'user' as const, content: SENTENCE }];
  const stream = await client.chat.completions.create({ model: 'gpt-4o', messages, stream: true });
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  assertHidden(lastSeen());
  assert.equal(text, `You wrote: ${SENTENCE}`);
  await close();
});

test('in the arguments of a tool call the values come back, whole and streamed', async () => {
  const { client, close } = openaiThrough(weir);
  const request = { model: 'gpt-4o', messages: [{ role: 'user' as const, content: SENTENCE }], tools: [TOOL] };
  const whole = await client.chat.completions.create(request);
  const call = whole.choices[0]?.message.tool_calls?.[0];
  assert.ok(call?.type === 'function');
  assertHidden(lastSeen());
  assert.deepEqual(JSON.parse(call.function.arguments), { text: SENTENCE, quoted: `"${SENTENCE}"` });
  let streamed = '';
  for await (const chunk of await client.chat.completions.create({ ...request, stream: true })) {
    streamed += chunk.choices[0]?.delta.tool_calls?.[0]?.function?.arguments ?? '';
  }
  assert.deepEqual(JSON.parse(streamed), { text: SENTENCE, quoted: `"${SENTENCE}"` });
  await close();
});

test('the Responses API: pseudonyms out, values back, whole, streamed and in a function call', async () => {
  const { client, close } = openaiThrough(weir);
  const whole = await client.responses.create({ model: 'gpt-5', input: SENTENCE });
  assertHidden(lastSeen());
  assert.equal(whole.output_text, `You wrote: ${SENTENCE}`);
  let text = '';
  let done = '';
  for await (const event of await client.responses.create({ model: 'gpt-5', input: SENTENCE, stream: true })) {
    if (event.type === 'response.output_text.delta') text += event.delta;
    if (event.type === 'response.completed') done = JSON.stringify(event.response.output);
  }
  assert.equal(text, `You wrote: ${SENTENCE}`);
  assert.ok(done.includes(MAIL));
  const tools = [{ type: 'function' as const, name: 'note', parameters: { type: 'object' }, strict: false }];
  let args = '';
  for await (const event of await client.responses.create({ model: 'gpt-5', input: SENTENCE, stream: true, tools })) {
    if (event.type === 'response.function_call_arguments.delta') args += event.delta;
  }
  assert.deepEqual(JSON.parse(args), { text: SENTENCE, quoted: `"${SENTENCE}"` });
  await close();
});

test('the Responses API: a card is a BadRequestError', async () => {
  const { client, calls, close } = openaiThrough(weir);
  await assert.rejects(
    client.responses.create({ model: 'gpt-5', input: `pay with ${CARD}`, stream: true }),
    OpenAI.BadRequestError,
  );
  assert.equal(calls(), 1);
  await close();
});

test('embeddings: pseudonyms go out and a card is blocked in any entry of the list', async () => {
  const { client, close } = openaiThrough(weir);
  const sent = await client.embeddings.create({ model: 'e', input: ['one', SENTENCE], encoding_format: 'float' });
  assert.equal(sent.data[0]?.embedding[0], 0.5);
  assertHidden(lastSeen());
  await assert.rejects(client.embeddings.create({ model: 'e', input: ['one', CARD] }), OpenAI.BadRequestError);
  await close();
});

test('by the gateway the same: clean, blocked, pseudonyms', async () => {
  const client = openaiByGateway(weir);
  const ask = (content: string) =>
    client.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content }] });
  assert.equal((await ask('Name three rivers.')).choices[0]?.message.content, 'You wrote: Name three rivers.');
  const host = weir.standIn.requests.at(-1)?.headers ?? [];
  assert.equal(host[host.findIndex((name) => name.toLowerCase() === 'host') + 1], 'api.openai.com');
  await assert.rejects(ask(CARD), OpenAI.BadRequestError);
  assert.equal((await ask(SENTENCE)).choices[0]?.message.content, `You wrote: ${SENTENCE}`);
  assertHidden(lastSeen());
});

test('the key that authenticates the call reaches the provider, and no x-weir- header does', async () => {
  const { client, close } = openaiThrough(weir);
  await client.chat.completions.create(
    { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] },
    { headers: { 'x-weir-app': 'made-up:app', 'x-weir-anything': '1' } },
  );
  const headers = weir.standIn.requests.at(-1)?.headers ?? [];
  assert.ok(headers.includes('Bearer test-key'));
  assert.ok(!headers.some((name, index) => index % 2 === 0 && name.toLowerCase().startsWith('x-weir-')));
  await close();
});

test('nothing of all this is in clear below home', async () => {
  const seen = await weir.events(10);
  assert.ok(seen.length >= 10);
  assert.deepEqual(filesHolding(weir.home, [CARD, MAIL, PERSON]), []);
});
