/** Values that either side cuts between messages of a stream, through a running proxy. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { envelope } from '../../engine/extract/envelopes.ts';
import { answering, type Message, openMessages } from '../support/message-client.ts';
import { writeMessagePolicy } from '../support/message-policy.ts';
import { CARD, filesHolding, MAIL } from '../support/planted.ts';
import { protobuf } from '../support/protobuf.ts';
import { startWebSocketPlace, type WebSocketPlace } from '../support/websocket-place.ts';
import { OPENAI, startUnderTest, type UnderTest } from '../support/weir-under-test.ts';

const IBAN = ['DE89', '3704', '0044', '0532', '0130', '00'].join(' ');
/** Long, so that a slow machine waits for the next piece as well. */
const HOLD = '60s';

const policy = writeMessagePolicy();
after(() => policy.remove());

describe('gRPC-web', () => {
  const type = 'application/grpc-web+proto';
  const end = envelope(0x80, Buffer.from('grpc-status: 0\r\ngrpc-message: \r\n'));
  const of = (text: string): Buffer => protobuf([1, [[2, text]]]);
  let weir: UnderTest;
  before(async () => {
    weir = await startUnderTest({ config: { policies: [policy.file], proxy: { limits: { holdMs: HOLD } } } });
  });
  after(() => weir.close());
  const open = () => openMessages(weir, OPENAI, '/chat.v1.Chat/Talk', type);
  const statusOf = (last: Message | undefined): string => last?.payload.toString() ?? '';

  test('a card in two messages of the client is blocked, and the server has nothing of it', async () => {
    for (const cut of [1, 6, 10, CARD.length - 1]) {
      const seen: string[] = [];
      const echo = (message: Message): Buffer[] => {
        seen.push(message.payload.toString());
        return [];
      };
      weir.standIn.use(answering(echo, [end], type));
      const client = await open();
      for (const text of [`pay with ${CARD.slice(0, cut)}`, `${CARD.slice(cut)} please`]) client.say(of(text));
      const rest = await client.rest();
      assert.match(statusOf(rest.at(-1)), /grpc-status: 7/);
      assert.match(decodeURIComponent(statusOf(rest.at(-1))), /own\/card: 1 CREDIT_CARD in \/1\/2/);
      assert.deepEqual(seen, [], `cut ${cut}`);
      client.destroy();
      const id = /\(event ([0-9A-Z]{26})\)/.exec(decodeURIComponent(statusOf(rest.at(-1))))?.[1] ?? '';
      const event = await weir.event(id);
      assert.deepEqual(
        event.findings.filter(({ maxScore }) => maxScore >= 0.5).map(({ entity, path }) => [entity, path]),
        [['CREDIT_CARD', '/1/2']],
      );
      assert.equal(event.outcome, 'blocked');
    }
  });

  test('a name cut into letters is a pseudonym, and comes back', async () => {
    const seen: string[] = [];
    const answer = [end, end];
    const listen = (message: Message): Buffer[] => {
      seen.push(message.payload.subarray(4).toString());
      answer[0] = envelope(0, of(`re: ${seen.join('')}`));
      return [];
    };
    weir.standIn.use(answering(listen, answer, type));
    const client = await open();
    for (const letter of `to: ${MAIL} soon`) client.say(of(letter));
    client.end();
    const [told] = await client.rest();
    assert.match(seen.join(''), /^to: <EMAIL_ADDRESS_\d+> soon$/);
    assert.deepEqual(told?.payload, of(`re: to: ${MAIL} soon`));
    client.destroy();
  });

  test('an account that the server cuts is replaced, and the end follows it', async () => {
    for (const cut of [2, 9, IBAN.length - 1]) {
      const pieces = ['It ', 'is ', IBAN.slice(0, cut), `${IBAN.slice(cut)} then`];
      weir.standIn.use(answering(() => pieces.map((text) => envelope(0, of(text))), [end], type));
      const client = await open();
      client.say(of('which account?'));
      client.end();
      const rest = await client.rest();
      const told = rest.slice(0, -1).map(({ payload }) => payload);
      assert.deepEqual(told, [of('It '), of('is '), of('[IBAN_CODE]'), of(' then')], `cut ${cut}`);
      assert.match(statusOf(rest.at(-1)), /grpc-status: 0/);
      client.destroy();
    }
  });

  test('an echo that needs each answer before its next message is not kept waiting', async () => {
    weir.standIn.use(answering((message) => [envelope(0, message.payload)], [end], type));
    const client = await open();
    const half = CARD.slice(0, 9);
    for (const text of ['hello there', 'and 17 more', `card ${half}`]) {
      client.say(of(text));
      assert.deepEqual((await client.next())?.payload, of(text));
    }
    client.say(of(`${CARD.slice(9)}, you see`));
    assert.match(statusOf((await client.rest()).at(-1)), /grpc-status: 7/);
    client.destroy();
  });
});

describe('WebSocket', () => {
  let place: WebSocketPlace;
  before(async () => {
    place = await startWebSocketPlace({ config: { policies: [policy.file], proxy: { limits: { holdMs: HOLD } } } });
  });
  after(() => place.close());
  const LIVE =
    'wss://generativelanguage.googleapis.com/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent';

  /** Keeps what it hears, up to its end. */
  function listening() {
    const heard: string[] = [];
    const closed = Promise.withResolvers<number>();
    place.serve((socket) => {
      socket.on('message', (data) => heard.push(String(data)));
      socket.on('close', (code) => closed.resolve(code));
    });
    return { heard, closed: closed.promise };
  }

  for (const [name, wrap] of [
    ['text of the Live API', (text: string) => JSON.stringify({ realtimeInput: { text } })],
    ['JSON of no known shape', (text: string) => JSON.stringify({ n: 3, say: text })],
    ['plain text', (text: string) => text],
  ] as const) {
    test(`a card that the client cuts is blocked, in ${name}`, async () => {
      for (const cut of [5, 10]) {
        const upstream = listening();
        const client = await place.open(LIVE);
        for (const text of ['I ', 'pay ', `by ${CARD.slice(0, cut)}`, `${CARD.slice(cut)} now`])
          client.socket.send(wrap(text));
        assert.equal((await client.closed).code, 1008);
        assert.equal(await upstream.closed, 1000);
        const digits = upstream.heard.join('').match(/1111|4111/g);
        assert.equal(digits, null, `cut ${cut}: ${upstream.heard.length} messages`);
      }
    });
  }

  test('an address that the client cuts is a pseudonym, and what follows keeps its order, binary messages too', async () => {
    const upstream = listening();
    const client = await place.open(LIVE);
    const say = (text: string): void => client.socket.send(JSON.stringify({ realtimeInput: { text } }));
    for (const text of ['one ', 'two ', `to ${MAIL.slice(0, 9)}`, `${MAIL.slice(9)} `, 'and 17']) say(text);
    client.socket.send(Buffer.from([1, 2, 3]));
    say('then 18');
    client.socket.close(1000);
    await upstream.closed;
    const texts = upstream.heard.map((one) => (one.startsWith('{') ? JSON.parse(one).realtimeInput.text : '|'));
    assert.match(texts.join(''), /^one two to <EMAIL_ADDRESS_\d+> and 17\|then 18$/);
    assert.equal(upstream.heard.length, 7);
  });

  test('an account that the server cuts is replaced, in messages of no known shape', async () => {
    place.serve((socket) => {
      for (const say of ['It ', 'is ', IBAN.slice(0, 11), IBAN.slice(11), ' then'])
        socket.send(JSON.stringify({ say }));
      socket.close(1000);
    });
    const client = await place.open(LIVE);
    let told = '';
    for (let count = 0; count < 5; count++) told += JSON.parse(await client.next()).say;
    assert.equal(told, 'It is [IBAN_CODE] then');
    assert.equal((await client.closed).code, 1000);
  });

  test('a client that goes without a goodbye has said what waited', async () => {
    const upstream = listening();
    const client = await place.open(LIVE);
    client.socket.send('it is number 17');
    await new Promise<void>((resolve) => client.socket.ping('', true, () => resolve()));
    client.socket.terminate();
    assert.equal(await upstream.closed, 1001);
    assert.deepEqual(upstream.heard, ['it is number 17']);
  });

  test('no value that was cut is written anywhere in clear', () => {
    assert.deepEqual(filesHolding(place.weir.home, [CARD, MAIL, IBAN]), []);
  });
});
