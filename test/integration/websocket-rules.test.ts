import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import { ResponsesWS } from 'openai/resources/responses/ws';
import { WebSocket } from 'ws';
import { acceptOf } from '../../proxy/websocket/handshake.ts';
import { CARD, MAIL, OPENAI_KEY } from '../support/planted.ts';
import { clientOf, startWebSocketPlace, type WebSocketPlace } from '../support/websocket-place.ts';

const REALTIME = 'wss://api.openai.com/v1/realtime?model=gpt-realtime';
const RESPONSES = 'wss://api.openai.com/v1/responses';

let place: WebSocketPlace;
before(async () => {
  place = await startWebSocketPlace();
});
after(() => place.close());

function item(text: string, eventId?: string): object {
  const content = [{ type: 'input_text', text }];
  const own = eventId === undefined ? {} : { event_id: eventId };
  return { type: 'conversation.item.create', ...own, item: { type: 'message', role: 'user', content } };
}

/** Keeps what it hears, and how each connection ends. */
function listening() {
  const heard: string[] = [];
  const closed = Promise.withResolvers<number>();
  place.serve((socket) => {
    socket.on('message', (data) => {
      heard.push(String(data));
      socket.send(JSON.stringify({ type: 'conversation.item.added', item: { id: `item_${heard.length}` } }));
    });
    socket.on('close', (code) => closed.resolve(code));
  });
  return { heard, closed: closed.promise };
}

/** Answers with what it was last told, in deltas that cut it after every so many characters. */
function repeating(every: number, shape: 'realtime' | 'responses' = 'realtime') {
  const heard: string[] = [];
  let count = 0;
  place.serve((socket) => {
    socket.on('message', (data) => {
      heard.push(String(data));
      const event = JSON.parse(String(data));
      const text: string = event.item?.content[0].text ?? event.input;
      const id = `resp_${++count}_${process.pid}`;
      const lane = shape === 'realtime' ? { response_id: id } : {};
      const send = (one: object): void => socket.send(JSON.stringify(one));
      send({ type: 'response.created', response: { id, object: 'response', output: [] } });
      for (let at = 0; at < text.length; at += every) {
        const delta = text.slice(at, at + every);
        send({ type: 'response.output_text.delta', ...lane, output_index: 0, content_index: 0, delta });
      }
      send({ type: 'response.output_text.done', ...lane, output_index: 0, content_index: 0, text });
      send({ type: shape === 'realtime' ? 'response.done' : 'response.completed', response: { id, output: [] } });
    });
  });
  return heard;
}

/** The text that a client has put together, and the whole text that came at its end. */
async function answerOf(next: () => Promise<string>): Promise<{ grown: string; whole: string; id: string }> {
  let grown = '';
  let whole = '';
  for (;;) {
    const event = JSON.parse(await next());
    if (event.type === 'response.output_text.delta') grown += event.delta;
    if (event.type === 'response.output_text.done') whole = event.text;
    if (event.type === 'response.done' || event.type === 'response.completed')
      return { grown, whole, id: event.response.id };
  }
}

test('a blocked message never leaves: the client gets the provider’s own error event, then 1008', async () => {
  const upstream = listening();
  const client = await place.open(REALTIME);
  client.socket.send(JSON.stringify(item('good morning')));
  await client.next();
  client.socket.send(JSON.stringify(item(`my card is ${CARD}`, 'mine_7')));
  client.socket.send(JSON.stringify(item('and this comes behind it')));
  const error = JSON.parse(await client.next());
  assert.equal(error.type, 'error');
  assert.equal(error.error.code, 'weir_blocked');
  assert.equal(error.error.type, 'policy_violation');
  assert.equal(error.error.param, '/item/content/0/text');
  assert.equal(error.error.event_id, 'mine_7');
  assert.match(
    error.error.message,
    /Blocked by policy default\/card-in-prompt: 1 CREDIT_CARD in \/item\/content\/0\/text/,
  );
  const { code, reason } = await client.closed;
  assert.equal(code, 1008);
  assert.match(reason, /^Blocked by policy default\/card-in-prompt \(event [0-9A-Z]{26}\)$/);
  assert.equal(await upstream.closed, 1000);
  assert.equal(upstream.heard.length, 1);
  const event = await place.weir.event(error.event_id.slice('event_'.length));
  assert.equal(event.outcome, 'blocked');
  assert.equal(event.action, 'block');
  assert.equal(event.model, 'gpt-realtime');
  assert.equal(event.provider, 'openai');
  assert.equal(event.findings[0]?.entity, 'CREDIT_CARD');
  assert.notEqual(event.exchange, event.id);
  const end = await place.weir.event(event.exchange);
  assert.equal(end.outcome, 'blocked');
  assert.equal(end.status, 101);
  assert.deepEqual(end.findings, []);
});

test('a block in the middle of a fragmented message from the server says no more than goodbye', async () => {
  place.serve((socket) => socket.send('the beginning, ', { fin: false }));
  const client = await place.open(REALTIME);
  client.socket.send(JSON.stringify(item(`my card is ${CARD}`)));
  assert.equal((await client.closed).code, 1008);
});

test('OpenAI’s own realtime client raises the block as its error', async () => {
  const upstream = listening();
  const options = await place.through('api.openai.com');
  const client = new OpenAIRealtimeWS({ model: 'gpt-realtime', options }, new OpenAI({ apiKey: OPENAI_KEY }));
  await once(client.socket, 'open');
  const raised = Promise.withResolvers<Error & { error?: { code?: string } }>();
  client.on('error', (error) => raised.resolve(error as never));
  const added = new Promise((resolve) => client.on('conversation.item.added', resolve));
  client.send(item('hello') as never);
  await added;
  client.send({ type: 'response.create', response: { instructions: `use ${OPENAI_KEY}` } });
  // A credential in the instructions is a system text: it is tokenized; in what a user says it is blocked.
  client.send(item(`use ${OPENAI_KEY}`) as never);
  const error = await raised.promise;
  assert.match(error.message, /Blocked by policy default\/credential-in-prompt: 1 OPENAI_KEY/);
  assert.equal(upstream.heard.length, 2);
  assert.match(upstream.heard[1] ?? '', /use <OPENAI_KEY_1>/);
  assert.equal(await upstream.closed, 1000);
  assert.equal(place.requests.at(-1)?.headers.authorization, `Bearer ${OPENAI_KEY}`);
});

for (const every of [1, 3, 7, 1000]) {
  test(`pseudonyms are put back in deltas of ${every} characters, in the text at the end, and stay the same`, async () => {
    const heard = repeating(every);
    const client = await place.open(REALTIME);
    for (let i = 0; i < 2; i++) {
      client.socket.send(JSON.stringify(item(`write to ${MAIL}, and not to <EMAIL_ADDRESS_9>`)));
      const { grown, whole } = await answerOf(client.next);
      assert.equal(grown, `write to ${MAIL}, and not to <EMAIL_ADDRESS_9>`);
      assert.equal(whole, grown);
      assert.equal(
        JSON.parse(heard[i] ?? '').item.content[0].text,
        'write to <EMAIL_ADDRESS_1>, and not to <EMAIL_ADDRESS_9>',
      );
    }
    client.socket.close(1000);
    assert.equal((await client.closed).code, 1000);
  });
}

test('a WebSocket is one conversation, and another is not', async () => {
  const heard = repeating(5);
  for (const [other, expected] of [
    ['bob@mail.example', 'write to <EMAIL_ADDRESS_1>'],
    [MAIL, 'write to <EMAIL_ADDRESS_1>'],
  ] as const) {
    const client = await place.open(REALTIME);
    client.socket.send(JSON.stringify(item(`write to ${other}`)));
    assert.equal((await answerOf(client.next)).grown, `write to ${other}`);
    assert.equal(JSON.parse(heard.at(-1) ?? '').item.content[0].text, expected);
    client.socket.close();
  }
});

test('over a WebSocket of the responses API a conversation goes on by its ids, on another WebSocket too', async () => {
  const heard = repeating(4, 'responses');
  const ask = (input: string, previous: string | null) =>
    JSON.stringify({
      type: 'response.create',
      model: 'gpt-5.2',
      input,
      ...(previous === null ? {} : { previous_response_id: previous }),
    });
  const first = await place.open(RESPONSES);
  first.socket.send(ask(`I am ${MAIL}`, null));
  const one = await answerOf(first.next);
  assert.equal(one.grown, `I am ${MAIL}`);
  first.socket.send(ask(`still ${MAIL}, and bob@mail.example`, one.id));
  const two = await answerOf(first.next);
  assert.equal(two.whole, `still ${MAIL}, and bob@mail.example`);
  first.socket.close();
  const second = await place.open(RESPONSES);
  second.socket.send(ask('who am I? <EMAIL_ADDRESS_2>', two.id));
  assert.equal((await answerOf(second.next)).grown, 'who am I? bob@mail.example');
  second.socket.close();
  assert.deepEqual(
    heard.map((message) => JSON.parse(message).input),
    ['I am <EMAIL_ADDRESS_1>', 'still <EMAIL_ADDRESS_1>, and <EMAIL_ADDRESS_2>', 'who am I? <EMAIL_ADDRESS_2>'],
  );
});

test('OpenAI’s own client of the responses API works, and raises a block', async () => {
  repeating(2, 'responses');
  const options = await place.through('api.openai.com');
  const client = new ResponsesWS(new OpenAI({ apiKey: OPENAI_KEY }), options as never);
  const done = new Promise((resolve) => client.on('response.completed' as never, resolve as never));
  const raised = Promise.withResolvers<Error>();
  client.on('error', (error) => raised.resolve(error));
  client.send({ type: 'response.create', model: 'gpt-5.2', input: `mail ${MAIL}` });
  await done;
  client.send({ type: 'response.create', model: 'gpt-5.2', input: `card ${CARD}` });
  assert.match((await raised.promise).message, /Blocked by policy default\/card-in-prompt: 1 CREDIT_CARD in \/input/);
});

test('each message with something found has an event of its own, and the stream’s edge counts them all', async () => {
  listening();
  const records = await place.weir.recordsOf(async () => {
    const client = await place.open('wss://files.weir-test.example/feed');
    for (const text of ['nothing', `a ${MAIL}`, 'nothing', `b ${MAIL} and bob@mail.example`]) {
      client.socket.send(text);
      await client.next();
    }
    client.socket.close();
    await client.closed;
  });
  const [first, second, end] = records;
  assert.equal(records.length, 3);
  assert.deepEqual(
    first?.findings.map(({ entity, count }) => `${count} ${entity}`),
    ['1 EMAIL_ADDRESS'],
  );
  assert.deepEqual(
    second?.findings.map(({ entity, count }) => `${count} ${entity}`),
    ['2 EMAIL_ADDRESS'],
  );
  assert.equal(first?.exchange, end?.id);
  assert.equal(second?.exchange, end?.id);
  assert.ok(first?.bytes.out === Buffer.byteLength(`a ${MAIL}`));
  const edge = (await place.weir.edges()).find(
    ({ destination, direction }) => destination.host === 'files.weir-test.example' && direction === 'out',
  );
  assert.equal(edge?.entities.EMAIL_ADDRESS, 3);
});

test('a host that nobody knows is a provider once it is spoken to as one; other messages to it pass', async () => {
  const upstream = listening();
  const client = await place.open('wss://llm.weir-test.example/feed');
  client.socket.send(JSON.stringify({ type: 'subscribe', note: `card ${CARD}` }));
  await client.next();
  client.socket.send(JSON.stringify(item(`card ${CARD}`)));
  assert.equal(JSON.parse(await client.next()).error.code, 'weir_blocked');
  assert.equal((await client.closed).code, 1008);
  assert.equal(upstream.heard.length, 1);
});

test('a ping and a close reason are read as well', async () => {
  const upstream = listening();
  for (const say of [
    (socket: WebSocket) => socket.ping(`card ${CARD}`),
    (socket: WebSocket) => socket.close(1000, `card ${CARD}`),
  ]) {
    const client = await place.open(REALTIME);
    say(client.socket);
    assert.notEqual((await client.closed).code, 1000);
  }
  assert.equal(await upstream.closed, 1000);
  const tokenized = Promise.withResolvers<string>();
  place.serve((socket) => socket.on('ping', (data) => tokenized.resolve(String(data))));
  const client = await place.open(REALTIME);
  client.socket.ping(`from ${MAIL}`);
  assert.equal(await tokenized.promise, 'from <EMAIL_ADDRESS_1>');
  client.socket.terminate();
});

test('audio and what is no text pass with an alert, and are on record as not looked at', async () => {
  listening();
  const records = await place.weir.recordsOf(async () => {
    const client = await place.open(REALTIME);
    const audio = Buffer.from(Array.from({ length: 3000 }, (_, i) => (i * 37) % 256));
    client.socket.send(JSON.stringify({ type: 'input_audio_buffer.append', audio: audio.toString('base64') }));
    await client.next();
    client.socket.send(audio);
    await client.next();
    client.socket.close();
    await client.closed;
  });
  assert.equal(records.length, 1);
  assert.equal(records[0]?.action, 'alert');
  assert.deepEqual(records[0]?.coverage, { level: 'opaque', reason: 'media' });
});

test('what a gateway’s client sends is inspected alike', async () => {
  const { heard } = listening();
  const socket = new WebSocket(`ws://127.0.0.1:${place.weir.port}/openai/v1/realtime?model=gpt-realtime`, {
    headers: { authorization: `Bearer ${OPENAI_KEY}`, 'x-weir-app': 'billing:' },
  });
  const client = clientOf(socket);
  await once(socket, 'open');
  socket.send(JSON.stringify(item(`to ${MAIL}`)));
  await client.next();
  assert.match(heard[0] ?? '', /to <EMAIL_ADDRESS_1>/);
  assert.equal(place.requests.at(-1)?.headers['x-weir-app'], undefined);
  socket.close(1000);
  assert.equal((await client.closed).code, 1000);
  const event = await place.weir.eventWhere(
    'the message',
    ({ provider, findings }) => provider === 'openai' && findings.length > 0,
  );
  assert.equal(event.route, 'GET /v1/realtime');
});

test('Google’s own client of Gemini’s Live API works by the gateway: tools are tokenized, answers put back', async () => {
  const heard: Record<string, never>[] = [];
  place.serve((socket) => {
    socket.on('message', (data) => {
      const message = JSON.parse(String(data));
      heard.push(message);
      if (message.setup !== undefined) return socket.send(JSON.stringify({ setupComplete: {} }));
      const text: string = message.toolResponse.functionResponses[0].response.output;
      for (const part of [text.slice(0, 8), text.slice(8)]) {
        socket.send(JSON.stringify({ serverContent: { modelTurn: { role: 'model', parts: [{ text: part }] } } }));
      }
      socket.send(JSON.stringify({ serverContent: { turnComplete: true } }));
    });
  });
  const baseUrl = `http://127.0.0.1:${place.weir.port}/gemini`;
  const ai = new GoogleGenAI({ apiKey: 'test-key', httpOptions: { baseUrl } });
  const over = Promise.withResolvers<string>();
  let said = '';
  const session = await ai.live.connect({
    model: 'gemini-live',
    config: { systemInstruction: `the key is ${OPENAI_KEY}` },
    callbacks: {
      onmessage: ({ serverContent }) => {
        for (const { text } of serverContent?.modelTurn?.parts ?? []) said += text;
        if (serverContent?.turnComplete === true) over.resolve(said);
      },
    },
  });
  session.sendToolResponse({ functionResponses: [{ id: '1', name: 'read', response: { output: `to ${MAIL}` } }] });
  assert.equal(await over.promise, `to ${MAIL}`);
  session.close();
  assert.doesNotMatch(JSON.stringify(heard), new RegExp(`${MAIL}|${OPENAI_KEY}`));
  assert.match(JSON.stringify(heard), /the key is <OPENAI_KEY_1>.*to <EMAIL_ADDRESS_1>/);
});

/** The answer to an attempt that does not become a WebSocket. */
async function refused(
  url: string,
  options: object = {},
  to = place,
): Promise<{ status: number; headers: Record<string, unknown>; body: string }> {
  const socket = new WebSocket(url, { ...(await to.through(new URL(url).hostname)), ...options });
  const [, response] = await once(socket, 'unexpected-response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() };
}

test('a key in the query is a block like any request’s; the vendor’s own key as a subprotocol passes', async () => {
  const upstream = listening();
  const before = place.requests.length;
  const answer = await refused(`wss://api.openai.com/v1/realtime?note=${encodeURIComponent(`key ${OPENAI_KEY}`)}`);
  assert.equal(answer.status, 400);
  assert.equal(JSON.parse(answer.body).error.code, 'weir_blocked');
  assert.equal(place.requests.length, before);
  const client = await place.open(REALTIME, { protocols: ['realtime', `openai-insecure-api-key.${OPENAI_KEY}`] });
  assert.match(String(place.requests.at(-1)?.headers['sec-websocket-protocol']), new RegExp(OPENAI_KEY));
  client.socket.close();
  await upstream.closed;
});

test('another version of the protocol is 426 with the one that is spoken', async () => {
  const answer = await refused(REALTIME, { protocolVersion: 8 });
  assert.equal(answer.status, 426);
  assert.equal(answer.headers['sec-websocket-version'], '13');
});

test('an upstream that refuses is answered with its own answer', async () => {
  place.serveRaw((_, socket) => {
    socket.end(
      'HTTP/1.1 401 Unauthorized\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n7\r\n{"no":1\r\n1\r\n}\r\n0\r\n\r\n',
    );
  });
  const answer = await refused(REALTIME);
  assert.equal(answer.status, 401);
  assert.equal(answer.body, '{"no":1}');
  const event = await place.weir.event(String(answer.headers['x-weir-event']));
  assert.equal(event.status, 401);
});

for (const [what, headers] of [
  ['the wrong key', 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n'],
  ['an extension that nobody offered', 'Sec-WebSocket-Extensions: x-secret\r\n'],
  ['a subprotocol that nobody asked for', 'Sec-WebSocket-Protocol: other\r\n'],
] as const) {
  test(`an upstream that answers with ${what} gets no byte of the client’s`, async () => {
    const heard: Buffer[] = [];
    place.serveRaw((request, socket) => {
      const accept =
        what === 'the wrong key'
          ? ''
          : `Sec-WebSocket-Accept: ${acceptOf(String(request.headers['sec-websocket-key']))}\r\n`;
      socket.on('data', (chunk) => heard.push(chunk));
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${accept}${headers}\r\n`,
      );
    });
    const answer = await refused(REALTIME);
    assert.equal(answer.status, 502);
    assert.match(answer.body, /upstream_malformed/);
    assert.deepEqual(heard, []);
  });
}

const CARDS_IN_ANSWERS = `
apiVersion: weir/v1
kind: Policy
name: answers
severity: high
match: {directions: [response], destinations: {categories: [genai]}}
rules:
  - {name: card, detect: {entities: [CREDIT_CARD]}, action: block}
  - {name: mail, detect: {entities: [EMAIL_ADDRESS]}, action: redact}
`;
const NO_REALTIME = `
apiVersion: weir/v1
kind: Policy
name: no-realtime
severity: high
match: {destinations: {categories: [genai]}}
rules:
  - {name: sessions, match: {models: ["gpt-realtime*"]}, action: block, message: Realtime sessions are not allowed.}
`;

async function withPolicy(text: string, proxy: object, work: (place: WebSocketPlace) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-policy-'));
  writeFileSync(join(folder, 'policy.yaml'), text);
  const own = await startWebSocketPlace({ config: { policies: [folder], proxy } });
  try {
    await work(own);
  } finally {
    await own.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

test('where a policy forbids the WebSocket itself it is 426, in the provider’s shape', async () => {
  await withPolicy(NO_REALTIME, {}, async (own) => {
    const answer = await refused(REALTIME, {}, own);
    assert.equal(answer.status, 426);
    assert.equal(typeof answer.headers.upgrade, 'string');
    assert.match(JSON.parse(answer.body).error.message, /no-realtime\/sessions.*Realtime sessions are not allowed/);
    assert.equal(own.requests.length, 0);
    const event = await own.weir.event(String(answer.headers['x-weir-event']));
    assert.equal(event.outcome, 'blocked');
    assert.equal(event.status, 426);
    own.serve((socket) => socket.close(1000));
    const client = await own.open('wss://api.openai.com/v1/realtime?model=other');
    assert.equal((await client.closed).code, 1000);
  });
});

test('rules on answers act over deltas: a card that is cut is found, nothing of it is shown', async () => {
  await withPolicy(CARDS_IN_ANSWERS, {}, async (own) => {
    for (const every of [1, 3, 50]) {
      const closed = Promise.withResolvers<number>();
      own.serve((socket) => {
        socket.on('close', (code) => closed.resolve(code));
        socket.send(JSON.stringify({ type: 'session.created', session: { contact: MAIL } }));
        const text = `the number is ${CARD}, as you know`;
        for (let at = 0; at < text.length; at += every) {
          const delta = text.slice(at, at + every);
          socket.send(
            JSON.stringify({
              type: 'response.output_text.delta',
              response_id: 'r1',
              output_index: 0,
              content_index: 0,
              delta,
            }),
          );
        }
        socket.send(
          JSON.stringify({
            type: 'response.output_text.done',
            response_id: 'r1',
            output_index: 0,
            content_index: 0,
            text,
          }),
        );
      });
      const client = await own.open(REALTIME);
      assert.equal(JSON.parse(await client.next()).session.contact, '[EMAIL_ADDRESS]');
      let shown = '';
      let event = JSON.parse(await client.next());
      for (; event.type === 'response.output_text.delta'; event = JSON.parse(await client.next())) shown += event.delta;
      assert.ok('the number is '.startsWith(shown), shown);
      assert.equal(event.error.code, 'weir_blocked');
      assert.equal((await client.closed).code, 1008);
      assert.equal(await closed.promise, 1000);
    }
  });
});

for (const every of [1, 4, 1000]) {
  test(`what a rule redacts in answers is replaced in deltas of ${every} characters, and in the text at their end`, async () => {
    await withPolicy(CARDS_IN_ANSWERS, {}, async (own) => {
      const text = `please write to ${MAIL} about it`;
      own.serve((socket) => {
        const send = (event: object): void =>
          socket.send(JSON.stringify({ response_id: 'r1', output_index: 0, content_index: 0, ...event }));
        for (let at = 0; at < text.length; at += every) {
          send({ type: 'response.output_text.delta', delta: text.slice(at, at + every) });
        }
        send({ type: 'response.output_text.done', text });
        send({ type: 'response.done', response: { id: 'r1', output: [] } });
      });
      const client = await own.open(REALTIME);
      const { grown, whole } = await answerOf(client.next);
      assert.equal(grown, 'please write to [EMAIL_ADDRESS] about it');
      assert.equal(whole, grown);
      client.socket.close();
      await client.closed;
      const event = await own.weir.eventWhere('the answer', ({ action }) => action === 'redact');
      assert.ok(event.findings.every(({ direction }) => direction === 'response'));
    });
  });
}

test('text of an answer that can be nothing a rule acts on comes as it is sent, with audio in its place', async () => {
  await withPolicy(CARDS_IN_ANSWERS, {}, async (own) => {
    const of = (event: object): string =>
      JSON.stringify({ response_id: 'r', output_index: 0, content_index: 0, ...event });
    const delta = (text: string): string => of({ type: 'response.output_audio_transcript.delta', delta: text });
    const audio = of({ type: 'response.output_audio.delta', delta: 'AAAA' });
    own.serve((socket) => {
      socket.send(delta('good morning, what a day. '));
      socket.send(audio);
      // Only once the client has what came before does the rest follow.
      socket.on('message', () => {
        socket.send(of({ type: 'response.output_audio_transcript.done', transcript: 'good morning, what a day. ' }));
        socket.close(1000);
      });
    });
    const client = await own.open(REALTIME);
    let text = '';
    let isAudioThere = false;
    while (!text.includes('good morning') || !isAudioThere) {
      const event = JSON.parse(await client.next());
      if (event.type === 'response.output_audio.delta') isAudioThere = true;
      else text += event.delta;
    }
    client.socket.send('go on');
    assert.equal((await client.closed).code, 1000);
  });
});

const NEAR = `
apiVersion: weir/v1
kind: Policy
name: near
severity: high
match: {directions: [response], destinations: {categories: [genai]}}
rules:
  - {name: several, detect: {entities: [EMAIL_ADDRESS], minCount: 2}, action: block}
`;

test('rules that need the whole of an answer wait for its end', async () => {
  await withPolicy(NEAR, {}, async (own) => {
    for (const count of [1, 2]) {
      own.serve((socket) => {
        const send = (event: object): void =>
          socket.send(JSON.stringify({ response_id: 'r1', output_index: 0, content_index: 0, ...event }));
        const addresses = [MAIL, 'bob@mail.example'].slice(0, count);
        for (const address of addresses) send({ type: 'response.output_text.delta', delta: `to ${address} ` });
        send({ type: 'response.output_text.done', text: '' });
        socket.close(1000);
      });
      const client = await own.open(REALTIME);
      const first = JSON.parse(await client.next());
      assert.equal(first.type, count === 1 ? 'response.output_text.delta' : 'error');
      assert.equal((await client.closed).code, count === 1 ? 1000 : 1008);
    }
  });
});

const DEFLATE = { threshold: 0 };
const LIMITS = { limits: { inspectBytes: 100_000, besideBytes: 50_000, shapeBytes: 10_000 } };

test('a message that cannot be held ends the WebSocket with 1009, or passes where the operator says so', async () => {
  for (const onError of ['closed', 'open']) {
    await withPolicy(CARDS_IN_ANSWERS.replace('[response]', '[request]'), { ...LIMITS, onError }, async (own) => {
      const heard = Promise.withResolvers<string>();
      own.serve((socket) => socket.on('message', (data) => heard.resolve(String(data))));
      const client = await own.open(REALTIME);
      const text = 'no card in here, '.repeat(20_000);
      client.socket.send(text);
      if (onError === 'open') {
        assert.ok((await heard.promise) === text);
        client.socket.close(1000);
        assert.equal((await client.closed).code, 1000);
      } else assert.equal((await client.closed).code, 1009);
      const event = await own.weir.eventWhere('its end', ({ status }) => status === 101);
      assert.equal(event.outcome, onError === 'open' ? 'completed' : 'failed');
      assert.equal(event.action, onError === 'open' ? 'alert' : 'block');
      if (onError === 'open') assert.deepEqual(event.coverage, { level: 'opaque', reason: 'too-large' });
    });
  }
});

test('where no rule could hold it a message of any size streams, and its record says how much was read', async () => {
  await withPolicy(CARDS_IN_ANSWERS, LIMITS, async (own) => {
    own.serve((socket) => socket.on('message', (data) => socket.send(String(String(data).length))));
    const client = await own.open('wss://files.weir-test.example/large');
    client.socket.send(`${MAIL} ${'x'.repeat(300_000)}`);
    assert.equal(await client.next(), String(300_001 + MAIL.length));
    client.socket.close(1000);
    const event = await own.weir.eventWhere('its end', ({ status }) => status === 101);
    assert.deepEqual(event.coverage, { level: 'truncated', reason: 'limit' });
    await own.weir.eventWhere('the message', ({ findings }) =>
      findings.some(({ entity }) => entity === 'EMAIL_ADDRESS'),
    );
  });
});

test('a host under bypass is joined as it is, once it has switched, and recorded as unseen', async () => {
  await withPolicy(CARDS_IN_ANSWERS.replace('[response]', '[request]'), { bypass: ['api.openai.com'] }, async (own) => {
    own.serve((socket) => socket.on('message', (data) => socket.send(data)), { perMessageDeflate: DEFLATE });
    const socket = new WebSocket(`ws://127.0.0.1:${own.weir.port}/openai/v1/realtime`, { perMessageDeflate: DEFLATE });
    const client = clientOf(socket);
    await once(socket, 'open');
    assert.match(socket.extensions, /permessage-deflate/);
    socket.send(`card ${CARD}`);
    assert.equal(await client.next(), `card ${CARD}`);
    socket.close(1000);
    assert.equal((await client.closed).code, 1000);
    const event = await own.weir.eventWhere('its end', ({ status }) => status === 101);
    assert.deepEqual(event.coverage, { level: 'opaque', reason: 'tunnelled' });
  });
});

test('when the proxy stops, open WebSockets are told that it goes away, and have their records', async () => {
  const own = await startWebSocketPlace();
  const closed = Promise.withResolvers<number>();
  own.serve((socket) => socket.on('close', (code) => closed.resolve(code)));
  const client = await own.open(REALTIME);
  await own.close();
  assert.equal((await client.closed).code, 1001);
  assert.equal(await closed.promise, 1001);
});
