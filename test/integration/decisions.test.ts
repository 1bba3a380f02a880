import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { packageRoot } from '../../config/package-root.ts';
import { AWS_KEY, CARD, MAIL, OPENAI_KEY, PERSON, SENTENCE } from '../support/planted.ts';
import { providerAnswers } from '../support/provider-answers.ts';
import { ANTHROPIC, GEMINI, OPENAI, startUnderTest, UNNAMED, type UnderTest } from '../support/weir-under-test.ts';
import { connectThrough, jsonRequest, type WireAnswer } from '../support/wire.ts';

const AUTH = 'auth.openai.com';
const CHAT = '/v1/chat/completions';

let weir: UnderTest;
before(async () => {
  weir = await startUnderTest({ hosts: [`${AUTH}:443`] });
});
beforeEach(() => weir.standIn.use(providerAnswers()));
after(() => weir.close());

async function post(host: string, target: string, body: unknown, head = '', to = weir): Promise<WireAnswer> {
  const wire = await connectThrough(to.port, host, to.ca);
  wire.write(jsonRequest('POST', target, host, body, head));
  const answer = await wire.answer('POST');
  wire.destroy();
  return answer;
}

function chat(content: string, more: object = {}): object {
  return { model: 'gpt-4o', messages: [{ role: 'user', content }], ...more };
}

function lastBody(): string {
  return weir.standIn.requests.at(-1)?.body.toString() ?? '';
}

/** Sends and asserts that nothing reached the upstream. */
async function assertBlocked(host: string, target: string, body: unknown, pattern: RegExp): Promise<WireAnswer> {
  const before = weir.standIn.requests.length;
  const answer = await post(host, target, body);
  assert.equal(answer.status, 400, answer.text);
  assert.equal(answer.header('x-should-retry'), 'false');
  assert.match(answer.text, pattern);
  assert.equal(weir.standIn.requests.length, before);
  return answer;
}

test('the key in the Authorization header passes, and the same key in the prompt is blocked', async () => {
  const head = `Authorization: Bearer ${OPENAI_KEY}\r\n`;
  assert.equal((await post(OPENAI, CHAT, chat('Hello'), head)).status, 200);
  assert.ok(weir.standIn.requests.at(-1)?.headers.includes(`Bearer ${OPENAI_KEY}`));
  const before = weir.standIn.requests.length;
  const answer = await post(OPENAI, CHAT, chat(`my key is ${OPENAI_KEY}`), head);
  assert.equal(answer.status, 400);
  assert.match(answer.text, /1 OPENAI_KEY/);
  assert.equal(weir.standIn.requests.length, before);
});

test('a header that is no credential header of the vendor is not exempt: a key in it is blocked', async () => {
  const before = weir.standIn.requests.length;
  const answer = await post(
    ANTHROPIC,
    '/v1/messages',
    { model: 'claude', max_tokens: 5, messages: [{ role: 'user', content: 'Hello' }] },
    `X-Debug: ${OPENAI_KEY}\r\n`,
  );
  assert.equal(answer.status, 400);
  assert.match(answer.text, /\/header\/x-debug/i);
  assert.equal(weir.standIn.requests.length, before);
});

test("Gemini's ?key= passes, and the same in another parameter is blocked without being written to the event", async () => {
  const key = ['AI', 'za', 'SyB7k2Lq9Xw4Tn8Rv3Jm6Hc1Fd5Gp0Zy2'].join('').padEnd(39, 'Q').slice(0, 39);
  const body = { contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] };
  const path = '/v1beta/models/gemini-2.5-pro:generateContent';
  assert.equal((await post(GEMINI, `${path}?key=${key}`, body)).status, 200);
  assert.equal(weir.standIn.requests.at(-1)?.target, `${path}?key=${key}`);
  const answer = await assertBlocked(GEMINI, `${path}?note=${key}`, body, /\/query\/note/);
  const event = await weir.event(answer.header('x-weir-event'));
  assert.ok(!JSON.stringify(event).includes(key));
});

test('a sign-in call passes unedited and unscanned, and its event says so', async () => {
  weir.standIn.use(async ({ response, received }) => {
    await received;
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"access_token":"x"}');
  });
  const body = JSON.stringify({ grant_type: 'refresh_token', refresh_token: OPENAI_KEY, login_hint: MAIL });
  const events = await weir.recordsOf(async () => assert.equal((await post(AUTH, '/oauth/token', body)).status, 200));
  assert.equal(lastBody(), body);
  assert.equal(events.length, 1);
  const [event] = events;
  assert.equal(event?.destination.host, AUTH);
  assert.deepEqual(event?.coverage, { level: 'opaque', reason: 'sign-in' });
  assert.deepEqual(event?.findings, []);
});

test('in a tool result a key becomes a pseudonym; in the prompt it is blocked', async () => {
  const messages = [
    { role: 'user', content: 'Read the file.' },
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c', type: 'function', function: { name: 'read', arguments: '{}' } }],
    },
    { role: 'tool', tool_call_id: 'c', content: `key: ${AWS_KEY}` },
  ];
  assert.equal((await post(OPENAI, CHAT, { model: 'gpt-4o', messages })).status, 200);
  assert.ok(!lastBody().includes(AWS_KEY));
  assert.match(lastBody(), /key: <AWS_ACCESS_KEY_ID_1>/);
  await assertBlocked(OPENAI, CHAT, chat(`key: ${AWS_KEY}`), /1 AWS_ACCESS_KEY_ID in \/messages\/0\/content/);
});

test('a chat to a host that nothing names counts as GenAI by its shape; other JSON there passes unedited', async () => {
  await assertBlocked(UNNAMED, CHAT, chat(`card ${CARD}`), /1 CREDIT_CARD/);
  weir.standIn.use(async ({ response, received }) => {
    await received;
    response.writeHead(200, { 'content-length': '0' }).end();
  });
  const order = JSON.stringify({ order: 7, card: CARD, note: SENTENCE });
  assert.equal((await post(UNNAMED, '/orders', order)).status, 200);
  assert.equal(lastBody(), order);
});

test('to a host that nothing names a chat is a chat under any content type, and any API is judged', async () => {
  const attempts: readonly (readonly [target: string, type: string, body: string])[] = [
    ['/ask', 'text/plain', JSON.stringify(chat(CARD))],
    ['/ask', 'application/x-www-form-urlencoded', JSON.stringify(chat(CARD))],
    ['/ask', 'application/octet-stream', JSON.stringify(chat(CARD))],
    ['/v1/completions', 'application/json', JSON.stringify({ model: 'm', prompt: CARD })],
    ['/api/generate', 'application/json', JSON.stringify({ model: 'm', prompt: CARD })],
    [
      '/model/m/converse',
      'application/json',
      JSON.stringify({ messages: [{ role: 'user', content: [{ text: CARD }] }] }),
    ],
    ['/v1/chat', 'application/json', JSON.stringify({ message: CARD, chat_history: [] })],
    [
      '/v1/audio/transcriptions',
      'multipart/form-data; boundary=b',
      `--b\r\nContent-Disposition: form-data; name="prompt"\r\n\r\n${CARD}\r\n--b--\r\n`,
    ],
  ];
  for (const [target, type, body] of attempts) {
    const before = weir.standIn.requests.length;
    const wire = await connectThrough(weir.port, UNNAMED, weir.ca);
    const length = Buffer.byteLength(body);
    wire.write(
      `POST ${target} HTTP/1.1\r\nHost: ${UNNAMED}\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n${body}`,
    );
    const answer = await wire.answer('POST');
    wire.destroy();
    assert.equal(answer.status, 400, `${target} ${type}`);
    assert.match(answer.text, /1 CREDIT_CARD/, `${target} ${type}`);
    assert.equal(weir.standIn.requests.length, before);
    assert.equal((await weir.event(answer.header('x-weir-event'))).destination.category, 'genai');
  }
});

test('bytes outside an edited span are the same: number formats, key order, white space, escapes', async () => {
  const body = `{ "model" :"gpt-4o",\n "temperature":1.0e0 , "messages":[ {"content":"caf\\u00e9 \\/ ${MAIL} \\ud83c\\udf0a", "role":"user"} ],"n":1 }`;
  assert.equal((await post(OPENAI, CHAT, body)).status, 200);
  assert.equal(lastBody(), body.replace(MAIL, '<EMAIL_ADDRESS_1>'));
});

test('JSON inside a JSON string is edited with its escapes kept', async () => {
  const inner = JSON.stringify({ to: MAIL, note: 'a "quoted" line\n' });
  assert.equal((await post(OPENAI, CHAT, chat(inner))).status, 200);
  const sent = JSON.parse(lastBody()) as { messages: { content: string }[] };
  assert.deepEqual(JSON.parse(sent.messages[0]?.content ?? ''), { to: '<EMAIL_ADDRESS_1>', note: 'a "quoted" line\n' });
});

test('a pseudonym of one conversation is not put back in another', async () => {
  await post(OPENAI, CHAT, chat(`First: ${SENTENCE}`));
  assert.match(lastBody(), /<EMAIL_ADDRESS_1>/);
  const answer = await post(OPENAI, CHAT, chat('Who is <PERSON_1>, and what is <EMAIL_ADDRESS_1>?'));
  assert.ok(answer.text.includes('<PERSON_1>') && answer.text.includes('<EMAIL_ADDRESS_1>'));
  assert.ok(!answer.text.includes(MAIL) && !answer.text.includes(PERSON));
});

test('a pseudonym that stands literally in the payload is skipped', async () => {
  const answer = await post(OPENAI, CHAT, chat(`<EMAIL_ADDRESS_1> is a placeholder, ${MAIL} is not.`));
  assert.match(lastBody(), /<EMAIL_ADDRESS_1> is a placeholder, <EMAIL_ADDRESS_2> is not/);
  assert.ok(answer.text.includes(`<EMAIL_ADDRESS_1> is a placeholder, ${MAIL} is not`));
});

test('monitor mode changes nothing and records what it would have done', async () => {
  const monitored = await startUnderTest({ config: { policies: [`${packageRoot}/policies/monitor.yaml`] } });
  try {
    const body = JSON.stringify(chat(`card ${CARD}`));
    const answer = await post(OPENAI, CHAT, body, '', monitored);
    assert.equal(answer.status, 200);
    assert.equal(answer.header('x-weir-action'), 'allow');
    assert.equal(monitored.standIn.requests.at(-1)?.body.toString(), body);
    const event = await monitored.event(answer.header('x-weir-event'));
    assert.equal(event.action, 'block');
    assert.equal(event.mode, 'monitor');
    assert.equal(event.enforced, false);
    assert.equal(event.outcome, 'completed');
  } finally {
    await monitored.close();
  }
});

test('`block: {status, style}`: another status, and an assistant message in the place of an error, whole and streamed', async () => {
  const polite = await startUnderTest({ config: { proxy: { block: { style: 'message' } } } });
  const strict = await startUnderTest({ config: { proxy: { block: { status: 451 } } } });
  try {
    assert.equal((await post(OPENAI, CHAT, chat(CARD), '', strict)).status, 451);
    const whole = await post(OPENAI, CHAT, chat(CARD), '', polite);
    assert.equal(whole.status, 200);
    assert.equal(whole.header('x-weir-action'), 'block');
    const { choices } = JSON.parse(whole.text) as { choices: { message: { role: string; content: string } }[] };
    assert.equal(choices[0]?.message.role, 'assistant');
    assert.match(choices[0]?.message.content ?? '', /1 CREDIT_CARD/);
    const streamed = await post(OPENAI, CHAT, chat(CARD, { stream: true }), '', polite);
    assert.match(streamed.header('content-type') ?? '', /^text\/event-stream/);
    assert.match(streamed.text, /1 CREDIT_CARD/);
    assert.match(streamed.text, /data: \[DONE\]\n\n$/);
    assert.equal(polite.standIn.requests.length + strict.standIn.requests.length, 0);
  } finally {
    await polite.close();
    await strict.close();
  }
});

test('a rule for answers holds the answer: what it finds there is redacted before the client sees it', async () => {
  const policy = `apiVersion: weir/v1
kind: Policy
name: answers
match: {directions: [response]}
rules:
  - {name: mail, detect: {entities: [EMAIL_ADDRESS]}, action: redact}
`;
  const folder = mkdtempSync(join(tmpdir(), 'weir-policy-'));
  writeFileSync(`${folder}/answers.yaml`, policy);
  const redacting = await startUnderTest({ config: { policies: [folder] } });
  try {
    const answer = await post(OPENAI, CHAT, chat(`say ${MAIL}`), '', redacting);
    assert.equal(answer.status, 200);
    const { choices } = JSON.parse(answer.text) as { choices: { message: { content: string } }[] };
    assert.equal(choices[0]?.message.content, 'You wrote: say [EMAIL_ADDRESS]');
    assert.equal(answer.header('x-weir-action'), 'redact');
  } finally {
    await redacting.close();
    rmSync(folder, { recursive: true });
  }
});
