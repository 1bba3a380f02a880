/** Rules that act on answers while they stream, as the providers' own SDKs see them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { after, before, beforeEach, test } from 'node:test';
import {
  type BrotliCompress,
  constants,
  createBrotliCompress,
  createGzip,
  createZstdCompress,
  type Gzip,
  type ZstdCompress,
  zstdCompressSync,
} from 'node:zlib';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { anthropicThrough, openaiThrough } from '../support/clients.ts';
import { makePdf } from '../support/made-documents.ts';
import { AWS_KEY, CARD, MAIL, PERSON, SENTENCE } from '../support/planted.ts';
import { providerAnswers } from '../support/provider-answers.ts';
import { ANTHROPIC, GEMINI, OPENAI, startUnderTest, type UnderTest } from '../support/weir-under-test.ts';
import { connectThrough, jsonRequest, type WireAnswer } from '../support/wire.ts';

const POLICY = `apiVersion: weir/v1
kind: Policy
name: answers
rules:
  - {name: hide, match: {directions: [request]}, detect: {entities: [PERSON, EMAIL_ADDRESS]}, action: tokenize}
  - {name: card, match: {directions: [response]}, detect: {entities: [CREDIT_CARD]}, action: redact}
  - {name: key, match: {directions: [response]}, detect: {entities: [AWS_ACCESS_KEY_ID]}, action: block, message: Ask the vault.}
  - {name: phone, match: {directions: [response]}, detect: {entities: [PHONE_NUMBER]}, action: tokenize}
`;

let folder: string;
let weir: UnderTest;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-answers-'));
  writeFileSync(join(folder, 'answers.yaml'), POLICY);
  const proxy = { limits: { documentMs: '1m' } };
  weir = await startUnderTest({ config: { proxy, policies: [join(folder, 'answers.yaml')] } });
});
beforeEach(() => weir.standIn.use(providerAnswers({ cut: 3 })));
after(async () => {
  await weir.close();
  rmSync(folder, { recursive: true });
});

const chunk = (content: string, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o', choices: [{ index: 0, delta: { content }, finish_reason: finish }] })}\n\n`;

function chat(content: string): Buffer {
  const messages = [{ role: 'user', content }];
  return jsonRequest('POST', '/v1/chat/completions', OPENAI, { model: 'gpt-4o', stream: true, messages });
}

async function chatText(client: OpenAI, content: string): Promise<{ text: string; id: string | null }> {
  const messages = [{ role: 'user' as const, content }];
  const { data, response } = await client.chat.completions
    .create({ model: 'gpt-4o', messages, stream: true })
    .withResponse();
  let text = '';
  for await (const event of data) text += event.choices[0]?.delta.content ?? '';
  return { text, id: response.headers.get('x-weir-event') };
}

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => assert.fail('it was not blocked'),
    (reason: unknown) => reason,
  );
}

test('chat: a card in a streamed answer is replaced, and the event says so', async () => {
  const { client, close } = openaiThrough(weir);
  const { text, id } = await chatText(client, `My card is ${CARD}, please repeat it.`);
  assert.equal(text, 'You wrote: My card is [CREDIT_CARD], please repeat it.');
  const event = await weir.event(id);
  assert.equal(event.outcome, 'completed');
  assert.equal(event.action, 'redact');
  assert.equal(event.rule, 'card');
  assert.equal(event.coverage.level, 'full');
  const card = event.findings.find(({ entity, direction }) => entity === 'CREDIT_CARD' && direction === 'response');
  assert.equal(card?.path, '/choices/0/delta/content');
  assert.equal(card?.role, 'assistant');
  await close();
});

test('chat: a key in a streamed answer ends the stream with an error that the SDK raises', async () => {
  const { client, calls, close } = openaiThrough(weir);
  let seen = '';
  const error = await errorOf(
    (async () => {
      const messages = [{ role: 'user' as const, content: `The key is ${AWS_KEY}, keep it.` }];
      const stream = await client.chat.completions.create({ model: 'gpt-4o', messages, stream: true });
      for await (const event of stream) seen += event.choices[0]?.delta.content ?? '';
    })(),
  );
  assert.ok(error instanceof OpenAI.APIError);
  assert.equal(error.code, 'weir_blocked');
  assert.match(
    error.message,
    /Blocked by policy answers\/key: 1 AWS_ACCESS_KEY_ID in \/choices\/0\/delta\/content\. Ask the vault\./,
  );
  assert.equal(seen, 'You wrote: The key is ');
  assert.equal(calls(), 1);
  const event = await weir.eventWhere('a blocked answer', ({ rule }) => rule === 'key');
  assert.equal(event.outcome, 'blocked');
  assert.equal(event.status, 200);
  assert.equal(event.action, 'block');
  await close();
});

test('responses: the text reads alike in deltas and wherever it comes again', async () => {
  const { client, close } = openaiThrough(weir);
  const texts: string[] = [];
  let deltas = '';
  const stream = await client.responses.create({ model: 'gpt-5', input: `card ${CARD} it is`, stream: true });
  for await (const event of stream) {
    if (event.type === 'response.output_text.delta') deltas += event.delta;
    else if (event.type === 'response.output_text.done') texts.push(event.text);
    else if (event.type === 'response.content_part.done') texts.push(JSON.stringify(event.part));
    else if (event.type === 'response.output_item.done') texts.push(JSON.stringify(event.item));
    else if (event.type === 'response.completed') texts.push(JSON.stringify(event.response));
  }
  assert.equal(deltas, 'You wrote: card [CREDIT_CARD] it is');
  assert.equal(texts.length, 4);
  for (const text of texts) assert.ok(text.includes(deltas), text);
  const error = await errorOf(
    (async () => {
      const blocked = await client.responses.create({ model: 'gpt-5', input: `key ${AWS_KEY} here`, stream: true });
      for await (const _ of blocked);
    })(),
  );
  assert.ok(error instanceof OpenAI.APIError);
  assert.match(error.message, /Blocked by policy answers\/key/);
  await close();
});

test('Anthropic: replaced in text and in tool arguments, blocked with an error that the SDK raises', async () => {
  const { client, close } = anthropicThrough(weir);
  const ask = (content: string, tools = false) =>
    client.messages.stream({
      model: 'claude',
      max_tokens: 100,
      messages: [{ role: 'user', content }],
      ...(tools ? { tools: [{ name: 'note', input_schema: { type: 'object' as const } }] } : {}),
    });
  const whole = await ask(`card ${CARD} it is`).finalMessage();
  assert.deepEqual(whole.content[0], { type: 'text', text: 'You wrote: card [CREDIT_CARD] it is' });
  const called = await ask(`card ${CARD} it is`, true).finalMessage();
  assert.match(JSON.stringify(called.content), /card \[CREDIT_CARD\] it is/);
  const error = await errorOf(ask(`key ${AWS_KEY} here`).finalMessage());
  assert.ok(error instanceof Anthropic.APIError);
  assert.match(error.message, /Blocked by policy answers\/key/);
  await close();
});

test('pseudonyms are put back and a rule acts on the same stream; what a rule tokenizes gets a token of the conversation', async () => {
  const { client, close } = openaiThrough(weir);
  const { text } = await chatText(client, `${SENTENCE} Card ${CARD}.`);
  assert.equal(text, `You wrote: ${SENTENCE} Card [CREDIT_CARD].`);
  const sent = weir.standIn.requests.at(-1)?.body.toString() ?? '';
  assert.ok(!sent.includes(MAIL) && !sent.includes(PERSON));
  const phone = 'Call my office phone at +1 415 555 2671 today.';
  const named = await chatText(client, `${SENTENCE} ${phone}`);
  assert.equal(named.text, `You wrote: ${SENTENCE} Call my office phone at <PHONE_NUMBER_1> today.`);
  const unnamed = await chatText(client, phone);
  assert.equal(unnamed.text, 'You wrote: Call my office phone at [PHONE_NUMBER] today.', 'there is no conversation');
  await close();
});

test('events reach the client before the upstream sends the next, and a block cancels the upstream', async () => {
  const released = Promise.withResolvers<void>();
  const cancelled = Promise.withResolvers<void>();
  weir.standIn.use(async ({ response, received }) => {
    await received;
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      etag: '"1"',
      'content-md5': 'x',
      'accept-ranges': 'bytes',
    });
    response.write(chunk('Name three rivers '));
    await released.promise;
    response.write(chunk(`${AWS_KEY.slice(0, 9)}`));
    response.write(chunk(`${AWS_KEY.slice(9)} and`));
    await once(response, 'close');
    cancelled.resolve();
  });
  const wire = await connectThrough(weir.port, OPENAI, weir.ca);
  wire.write(chat('Name three rivers.'));
  const head = await wire.until('Name three rivers');
  assert.doesNotMatch(head, /^(?:etag|content-md5|accept-ranges):/im);
  released.resolve();
  const answer = await wire.answer('POST');
  await cancelled.promise;
  assert.ok(!answer.text.includes('AKIA'));
  assert.match(answer.text, /data: \{"error":\{"message":"Blocked by policy answers\/key/);
  wire.destroy();
});

const ENCODERS: Readonly<Record<string, () => Gzip | BrotliCompress | ZstdCompress>> = {
  gzip: () => createGzip({ flush: constants.Z_SYNC_FLUSH }),
  br: () => createBrotliCompress({ flush: constants.BROTLI_OPERATION_FLUSH }),
  zstd: () => createZstdCompress({ flush: constants.ZSTD_e_flush }),
};

for (const coding of ['gzip', 'br', 'zstd', 'br, zstd']) {
  test(`a stream in ${coding} is undone as it comes, though only gzip was asked for`, async () => {
    const released = Promise.withResolvers<void>();
    weir.standIn.use(async ({ response, received }) => {
      const { headers } = await received;
      const accepted = headers[headers.findIndex((name) => name.toLowerCase() === 'accept-encoding') + 1];
      assert.equal(accepted, 'gzip');
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': coding });
      const encoders = coding.split(', ').map((name) => ENCODERS[name]?.() ?? assert.fail(name));
      encoders.reduce<Readable | null>((before, encoder) => before?.pipe(encoder) ?? encoder, null)?.pipe(response);
      const first = encoders[0] ?? assert.fail();
      first.write(chunk('alpha beta '));
      await released.promise;
      first.write(chunk(CARD));
      first.end(`${chunk('.', 'stop')}data: [DONE]\n\n`);
    });
    const wire = await connectThrough(weir.port, OPENAI, weir.ca);
    const messages = [{ role: 'user', content: 'go' }];
    const body = { model: 'gpt-4o', stream: true, messages };
    wire.write(jsonRequest('POST', '/v1/chat/completions', OPENAI, body, 'Accept-Encoding: br, gzip, zstd\r\n'));
    const head = await wire.until('alpha beta');
    assert.doesNotMatch(head, /content-encoding/i);
    released.resolve();
    const answer = await wire.answer('POST');
    assert.match(answer.text, /\[CREDIT_CARD\]/);
    assert.match(answer.text, /\[DONE\]/);
    wire.destroy();
  });
}

test('pseudonyms are put back into a compressed stream as it comes; one that is not what it says is broken off', async () => {
  const released = Promise.withResolvers<void>();
  weir.standIn.use(async ({ response, received }) => {
    await received;
    response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' });
    const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH });
    gzip.pipe(response);
    gzip.write(chunk('for <PERSON_1> '));
    await released.promise;
    gzip.end(chunk('only', 'stop'));
  });
  const wire = await connectThrough(weir.port, OPENAI, weir.ca);
  wire.write(chat(SENTENCE));
  await wire.until(`for ${PERSON} `);
  released.resolve();
  assert.match((await wire.answer('POST')).text, /"only"/);
  wire.destroy();

  for (const [coding, bytes] of [
    ['gzip', Buffer.from('no gzip at all')],
    ['zstd', Buffer.from('no zstd at all')],
    ['zstd', zstdCompressSync(Buffer.alloc(4 * 1024 * 1024))],
    ['gzip, zstd', zstdCompressSync('no gzip at all')],
  ] as const) {
    weir.standIn.use(async ({ response, received }) => {
      await received;
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': coding });
      response.end(bytes);
    });
    const [event] = await weir.recordsOf(async () => {
      const broken = await connectThrough(weir.port, OPENAI, weir.ca);
      broken.write(chat('go'));
      assert.doesNotMatch(await broken.ended(), /\r\n0\r\n\r\n$/, 'it must not look whole');
    });
    assert.equal(event?.outcome, 'failed');
  }
});

test('Gemini: events and a list end with an error in its words', async () => {
  const part = (text: string): string =>
    JSON.stringify({
      candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] } }],
      modelVersion: 'gemini',
    });
  const ask = async (type: string, pieces: readonly string[], query: string): Promise<string> => {
    weir.standIn.use(async ({ response, received }) => {
      await received;
      response.writeHead(200, { 'content-type': type });
      for (const piece of pieces) response.write(piece);
      response.end();
    });
    const wire = await connectThrough(weir.port, GEMINI, weir.ca);
    const contents = [{ role: 'user', parts: [{ text: 'go' }] }];
    wire.write(jsonRequest('POST', `/v1beta/models/gemini:streamGenerateContent${query}`, GEMINI, { contents }));
    const answer = await wire.answer('POST');
    wire.destroy();
    return answer.text;
  };
  const texts = ['Here it is: ', `${AWS_KEY} and`, ' more'].map(part);
  const events = await ask(
    'text/event-stream',
    texts.map((text) => `data: ${text}\r\n\r\n`),
    '?alt=sse',
  );
  assert.match(events, /data: \{"error":\{"code":400,"message":"Blocked by policy/);
  const list = await ask('application/json', ['[', texts.join(',\r\n'), ']'], '');
  const read = JSON.parse(list) as readonly { error?: { status: string } }[];
  assert.equal(read.at(-1)?.error?.status, 'INVALID_ARGUMENT');
  assert.ok(!list.includes('AKIA'));
});

test('a document within an event is read before it leaves: what a rule acts on in it ends the stream', async () => {
  const file = (text: string): string => {
    const inlineData = { mimeType: 'application/pdf', data: makePdf([text]).toString('base64') };
    const content = { role: 'model', parts: [{ inlineData }] };
    return `data: ${JSON.stringify({ candidates: [{ index: 0, content }], modelVersion: 'gemini' })}\n\n`;
  };
  const ask = async (text: string): Promise<WireAnswer> => {
    weir.standIn.use(async ({ response, received }) => {
      await received;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(file(text));
    });
    const wire = await connectThrough(weir.port, GEMINI, weir.ca);
    const contents = [{ role: 'user', parts: [{ text: 'go' }] }];
    wire.write(jsonRequest('POST', '/v1beta/models/gemini:streamGenerateContent?alt=sse', GEMINI, { contents }));
    const answer = await wire.answer('POST');
    wire.destroy();
    return answer;
  };
  const blocked = await ask(`card ${CARD}`);
  assert.match(blocked.text, /^data: \{"error":\{"code":400,"message":"Blocked by policy .*CREDIT_CARD in .*page 1/);
  const plain = await ask('The review is on Tuesday.');
  assert.equal(plain.text, file('The review is on Tuesday.'));
  const event = await weir.event(plain.header('x-weir-event'));
  assert.deepEqual(event.coverage, { level: 'full', reason: null });
});

test('Ollama: lines of JSON, replaced and blocked', async () => {
  const line = (content: string, done = false): string =>
    `${JSON.stringify({ model: 'm', created_at: '2026-01-01T00:00:00Z', message: { role: 'assistant', content }, done })}\n`;
  const ask = async (pieces: readonly string[]): Promise<string> => {
    weir.standIn.use(async ({ response, received }) => {
      await received;
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      for (const piece of pieces) response.write(line(piece));
      response.end(line('', true));
    });
    const wire = await connectThrough(weir.port, OPENAI, weir.ca);
    wire.write(jsonRequest('POST', '/api/chat', OPENAI, { model: 'm', messages: [{ role: 'user', content: 'go' }] }));
    const answer = await wire.answer('POST');
    wire.destroy();
    return answer.text;
  };
  const redacted = await ask(['card 4111 1111', ' 1111 1111 it is']);
  const contents = redacted
    .trim()
    .split('\n')
    .map((text) => (JSON.parse(text) as { message: { content: string } }).message.content);
  assert.equal(contents.join(''), 'card [CREDIT_CARD] it is');
  const blocked = await ask(['key ', AWS_KEY, ' it is']);
  assert.match(blocked.trim().split('\n').at(-1) ?? '', /"error"/);
  assert.ok(!blocked.includes('AKIA'));
});

test('a part of a file that a rule covers is not judged as if it were all', async () => {
  weir.standIn.use(async ({ response, received }) => {
    await received;
    response.writeHead(206, { 'content-type': 'text/plain', 'content-range': 'bytes 0-3/10' });
    response.end('4111');
  });
  const wire = await connectThrough(weir.port, ANTHROPIC, weir.ca);
  wire.write(`GET /v1/files/f/content HTTP/1.1\r\nHost: ${ANTHROPIC}\r\nRange: bytes=0-3\r\n\r\n`);
  const answer = await wire.answer('GET');
  assert.equal(answer.status, 400);
  const event = await weir.event(answer.header('x-weir-event'));
  assert.deepEqual(event.coverage, { level: 'opaque', reason: 'encoded' });
  wire.destroy();
});
