import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  BedrockRuntimeClient,
  type BedrockRuntimeClientConfig,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
  ValidationException,
} from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { isSignedBy, TEST_KEYS } from '../support/aws-signature.ts';
import { CARD, MAIL, PERSON, SENTENCE } from '../support/planted.ts';
import { startUnderTest, type UnderTest } from '../support/weir-under-test.ts';

const HOST = 'bedrock-runtime.us-east-1.amazonaws.com';
const MODEL = { modelId: 'anthropic.claude-3-haiku-20240307-v1:0' };
const TOOLS = {
  toolConfig: { tools: [{ toolSpec: { name: 'note', inputSchema: { json: { type: 'object' } } } }] },
};
const EXPECTED = { text: SENTENCE, quoted: `"${SENTENCE}"` };
/** Keys that Weir is given; the client's own are others. */
const OWN_KEYS = { ...TEST_KEYS, accessKeyId: TEST_KEYS.accessKeyId.replace('TESTTEST', 'WEIRWEIR') };

let folder: string;
let withKeys: UnderTest;
let withoutKeys: UnderTest;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-bedrock-'));
  const file = join(folder, 'credentials');
  writeFileSync(
    file,
    `[weir]\naws_access_key_id = ${OWN_KEYS.accessKeyId}\naws_secret_access_key = ${OWN_KEYS.secretAccessKey}\n`,
  );
  withKeys = await startUnderTest({
    hosts: [`${HOST}:443`],
    env: { AWS_SHARED_CREDENTIALS_FILE: file, AWS_CONFIG_FILE: join(folder, 'none') },
    config: { proxy: { upstream: { aws: { profile: 'weir' } } } },
  });
  withoutKeys = await startUnderTest({ hosts: [`${HOST}:443`] });
});
after(async () => {
  await withKeys.close();
  await withoutKeys.close();
  rmSync(folder, { recursive: true });
});

/** By HTTPS_PROXY's way, signing with the client's own keys. */
function through(weir: UnderTest): BedrockRuntimeClient {
  const proxyEnv = { HTTPS_PROXY: `http://127.0.0.1:${weir.port}` };
  const httpsAgent = new https.Agent({ proxyEnv, ca: weir.ca } as https.AgentOptions);
  return client({ credentials: TEST_KEYS, requestHandler: new NodeHttpHandler({ httpsAgent }) });
}

function byGateway(weir: UnderTest, config: BedrockRuntimeClientConfig): BedrockRuntimeClient {
  return client({
    ...config,
    endpoint: `http://127.0.0.1:${weir.port}/bedrock/us-east-1`,
    requestHandler: new NodeHttpHandler(),
  });
}

function client(config: BedrockRuntimeClientConfig): BedrockRuntimeClient {
  return new BedrockRuntimeClient({ region: 'us-east-1', maxAttempts: 1, ...config });
}

function converse(text: string, tools = {}) {
  return { ...MODEL, messages: [{ role: 'user' as const, content: [{ text }] }], ...tools };
}

function last(weir: UnderTest) {
  const request = weir.standIn.requests.at(-1);
  assert.ok(request !== undefined);
  return request;
}

function assertHidden(weir: UnderTest): void {
  const text = last(weir).body.toString('utf8');
  for (const value of [MAIL, PERSON]) assert.ok(!text.includes(value), 'a value reached the provider');
  assert.match(text, /<PERSON_1>.*<EMAIL_ADDRESS_1>/s);
}

async function streamed(bedrock: BedrockRuntimeClient, text: string, tools = {}) {
  const { stream } = await bedrock.send(new ConverseStreamCommand(converse(text, tools)));
  let said = '';
  let input = '';
  let stopReason: string | undefined;
  for await (const event of stream ?? []) {
    said += event.contentBlockDelta?.delta?.text ?? '';
    input += event.contentBlockDelta?.delta?.toolUse?.input ?? '';
    stopReason ??= event.messageStop?.stopReason;
  }
  return { said, input, stopReason };
}

test('a clean signed request passes with every signed header and every byte as the SDK sent it', async () => {
  for (const weir of [withKeys, withoutKeys]) {
    const bedrock = through(weir);
    const answer = await bedrock.send(new ConverseCommand(converse('Name three rivers.')));
    assert.equal(answer.output?.message?.content?.[0]?.text, 'You wrote: Name three rivers.');
    assert.ok(isSignedBy(TEST_KEYS, last(weir)));
    const { said } = await streamed(bedrock, 'Name three rivers.');
    assert.equal(said, 'You wrote: Name three rivers.');
    assert.ok(isSignedBy(TEST_KEYS, last(weir)));
  }
});

test('a card is a ValidationException at once, whole and streamed', async () => {
  const bedrock = through(withKeys);
  const before = withKeys.standIn.requests.length;
  for (const command of [new ConverseCommand(converse(CARD)), new InvokeModelCommand(invoke(CARD))]) {
    const error = await bedrock.send(command as ConverseCommand).then(
      () => assert.fail('it was not blocked'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof ValidationException);
    assert.match(error.message, /1 CREDIT_CARD in \/messages\/0\/content/);
    assert.ok(!error.message.includes('4111'));
  }
  await assert.rejects(streamed(bedrock, CARD), ValidationException);
  assert.equal(withKeys.standIn.requests.length, before);
});

test('with keys an edited request is signed again with them, and the values come back: text, tool input, streams', async () => {
  const bedrock = through(withKeys);
  const answer = await bedrock.send(new ConverseCommand(converse(SENTENCE)));
  assertHidden(withKeys);
  assert.ok(isSignedBy(OWN_KEYS, last(withKeys)));
  assert.equal(answer.output?.message?.content?.[0]?.text, `You wrote: ${SENTENCE}`);
  const called = await bedrock.send(new ConverseCommand(converse(SENTENCE, TOOLS)));
  assert.deepEqual(called.output?.message?.content?.[0]?.toolUse?.input, EXPECTED);
  const plain = await streamed(bedrock, SENTENCE);
  assertHidden(withKeys);
  assert.ok(isSignedBy(OWN_KEYS, last(withKeys)));
  assert.deepEqual(plain, { said: `You wrote: ${SENTENCE}`, input: '', stopReason: 'end_turn' });
  const tool = await streamed(bedrock, SENTENCE, TOOLS);
  assert.deepEqual(JSON.parse(tool.input), EXPECTED);
});

test('without keys an edited request is blocked in every position, and says why', async () => {
  const bedrock = through(withoutKeys);
  const before = withoutKeys.standIn.requests.length;
  const history = [
    { role: 'user' as const, content: [{ text: SENTENCE }] },
    { role: 'assistant' as const, content: [{ text: 'I will.' }] },
    { role: 'user' as const, content: [{ text: 'Thank you.' }] },
  ];
  for (const messages of [converse(SENTENCE).messages, history]) {
    const error = await bedrock.send(new ConverseCommand({ ...MODEL, messages })).then(
      () => assert.fail('it was not blocked'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof ValidationException);
    assert.match(
      error.message,
      /signed, and its signature cannot be made again without credentials \(proxy\.upstream\.aws\)/,
    );
    assert.match(error.message, /EMAIL_ADDRESS in/);
  }
  assert.equal(withoutKeys.standIn.requests.length, before);
});

function invoke(text: string) {
  const body = JSON.stringify({
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: 9,
    messages: [{ role: 'user', content: text }],
  });
  return { ...MODEL, contentType: 'application/json', body };
}

test('InvokeModel: the values come back in the body and in the chunks of the stream', async () => {
  const bedrock = through(withKeys);
  const answer = await bedrock.send(new InvokeModelCommand(invoke(SENTENCE)));
  assertHidden(withKeys);
  const message = JSON.parse(new TextDecoder().decode(answer.body)) as { content: { text: string }[] };
  assert.equal(message.content[0]?.text, `You wrote: ${SENTENCE}`);
  const { body } = await bedrock.send(new InvokeModelWithResponseStreamCommand(invoke(SENTENCE)));
  let said = '';
  for await (const event of body ?? []) {
    const inner = JSON.parse(new TextDecoder().decode(event.chunk?.bytes)) as { delta?: { text?: string } };
    said += inner.delta?.text ?? '';
  }
  assert.equal(said, `You wrote: ${SENTENCE}`);
});

test('by the gateway: signed by Weir where it has keys, whatever the client signed with', async () => {
  const bedrock = byGateway(withKeys, { credentials: TEST_KEYS });
  const answer = await bedrock.send(new ConverseCommand(converse(SENTENCE)));
  assert.equal(answer.output?.message?.content?.[0]?.text, `You wrote: ${SENTENCE}`);
  assertHidden(withKeys);
  assert.ok(isSignedBy(OWN_KEYS, last(withKeys)));
  const { said } = await streamed(bedrock, 'Name three rivers.');
  assert.equal(said, 'You wrote: Name three rivers.');
  assert.ok(isSignedBy(OWN_KEYS, last(withKeys)));
});

test("by the gateway a bearer key goes as it is, and without keys a signed request is told the client's way round", async () => {
  const bearer = byGateway(withoutKeys, {
    token: { token: 'a-bedrock-key' },
    authSchemePreference: ['httpBearerAuth'],
  });
  const { said } = await streamed(bearer, SENTENCE);
  assert.equal(said, `You wrote: ${SENTENCE}`);
  assertHidden(withoutKeys);
  assert.ok(last(withoutKeys).headers.includes('Bearer a-bedrock-key'));
  const before = withoutKeys.standIn.requests.length;
  await assert.rejects(
    byGateway(withoutKeys, { credentials: TEST_KEYS }).send(new ConverseCommand(converse('Hello'))),
    (error) => error instanceof ValidationException && /HTTPS_PROXY/.test(error.message),
  );
  assert.equal(withoutKeys.standIn.requests.length, before);
});
