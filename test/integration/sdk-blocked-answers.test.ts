/** A rule for answers blocks what a model says: each SDK raises, whole and in the middle of a stream, before the value. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Mistral } from '@mistralai/mistralai';
import { CohereClient, CohereClientV2 } from 'cohere-ai';
import { CARD } from '../support/planted.ts';
import { providerAnswers } from '../support/provider-answers.ts';
import { type Ask, SDK_SETTINGS, sdkClients } from '../support/sdk-clients.ts';
import { startUnderTest, type UnderTest } from '../support/weir-under-test.ts';

const { hosts, proxy, destinations } = SDK_SETTINGS;
const POLICY = `apiVersion: weir/v1
kind: Policy
name: answers
description: No model says a card number.
severity: high
match: {directions: [response]}
rules:
  - name: pan
    detect: {entities: [CREDIT_CARD]}
    action: block
`;

let folder: string;
let weir: UnderTest;
let clients: Readonly<Record<string, Ask>>;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-answers-'));
  writeFileSync(join(folder, 'answers.yaml'), POLICY);
  weir = await startUnderTest({ hosts, config: { proxy, destinations, policies: [join(folder, 'answers.yaml')] } });
  clients = sdkClients(weir.port);
});
after(async () => {
  await weir.close();
  rmSync(folder, { recursive: true });
});

/** All that comes of a stream, and what it raised. */
async function ended<T>(stream: AsyncIterable<T>): Promise<{ readonly events: readonly T[]; readonly error: unknown }> {
  const events: T[] = [];
  try {
    for await (const event of stream) events.push(event);
  } catch (error) {
    return { events, error };
  }
  return { events, error: null };
}

test('Mistral and Cohere: the message ends by their own reason for an error, before the SDK raises', async () => {
  const url = `http://127.0.0.1:${weir.port}`;
  const messages = [{ role: 'user' as const, content: `my card is ${CARD}` }];
  const mistral = new Mistral({ apiKey: 'test-key', serverURL: `${url}/mistral` });
  const chunks = await ended(await mistral.chat.stream({ model: 'mistral-large-latest', messages }));
  assert.equal(chunks.events.at(-1)?.data.choices[0]?.finishReason, 'error');
  assert.ok(chunks.error instanceof Error);
  const cohere = new CohereClientV2({ token: 'test-key', environment: `${url}/cohere`, maxRetries: 0 });
  const { events, error } = await ended(await cohere.chatStream({ model: 'command-a-03-2025', messages }));
  const end = events.at(-1);
  assert.ok(end?.type === 'message-end');
  assert.equal(end.delta?.finishReason, 'ERROR');
  assert.match(end.delta?.error ?? '', /answers\/pan: 1 CREDIT_CARD/);
  assert.ok(error instanceof Error);
  assert.match(error.message, /answers\/pan: 1 CREDIT_CARD/);
});

test('Cohere: its older chat ends so as well', async () => {
  const cohere = new CohereClient({
    token: 'test-key',
    environment: `http://127.0.0.1:${weir.port}/cohere`,
    maxRetries: 0,
  });
  weir.standIn.use(async ({ response, received }) => {
    await received;
    response.writeHead(200, { 'content-type': 'application/stream+json' });
    const say = (text: string) => `${JSON.stringify({ is_finished: false, event_type: 'text-generation', text })}\n`;
    response.end(`${say('Take ')}${say(`${CARD} please`)}`);
  });
  try {
    const { events, error } = await ended(await cohere.chatStream({ model: 'command-r', message: 'go' }));
    const end = events.at(-1);
    assert.ok(end?.eventType === 'stream-end');
    assert.equal(end.finishReason, 'ERROR');
    assert.ok(error instanceof Error);
    assert.match(error.message, /answers\/pan: 1 CREDIT_CARD/);
  } finally {
    weir.standIn.use(providerAnswers());
  }
});

for (const name of Object.keys(sdkClients(0))) {
  test(`${name}: a card in the answer is an error, whole and streamed`, async () => {
    for (const way of ['whole', 'streamed'] as const) {
      const error = await clients[name]?.[way](`my card is ${CARD}`).then(
        (text) => assert.fail(`${way}: it came through: ${text.replaceAll(/[0-9]/g, '#')}`),
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof Error, way);
      assert.ok(!error.message.includes('4111'), way);
      // Its SDK quotes nothing of the event that it raises about.
      if (way === 'streamed' && name === 'mistral') continue;
      assert.match(`${error.message} ${JSON.stringify(error)}`, /answers\/pan: 1 CREDIT_CARD/, way);
    }
    assert.equal(await clients[name]?.streamed('Hello there'), 'You wrote: Hello there');
  });
}
