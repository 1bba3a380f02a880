import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Script } from '../../cli/demo/stand-in.ts';
import { envelope } from '../../engine/extract/envelopes.ts';
import { seeded } from '../support/every-split.ts';
import { answering, type Message, openMessages } from '../support/message-client.ts';
import { writeMessagePolicy } from '../support/message-policy.ts';
import { CARD, filesHolding, MAIL } from '../support/planted.ts';
import { protobuf } from '../support/protobuf.ts';
import { OPENAI, startUnderTest, UNNAMED, type UnderTest } from '../support/weir-under-test.ts';
import { connectThrough } from '../support/wire.ts';

const IBAN = ['DE89', '3704', '0044', '0532', '0130', '00'].join(' ');
const SSN = ['my social security number is 536', '22', '8726'].join('-');
const TARGET = '/chat.v1.Chat/Talk';
const policy = writeMessagePolicy();
let weir: UnderTest;
before(async () => {
  weir = await startUnderTest({ config: { policies: [policy.file], proxy: { limits: { inspectBytes: '64KiB' } } } });
});
after(async () => {
  await weir.close();
  policy.remove();
});

/** What each protocol calls a message of one text, and its end. */
interface Form {
  readonly type: string;
  readonly of: (text: string) => Buffer;
  readonly end: Buffer;
  readonly coding: string;
  /** Status or code, and the words, of an end that is an error. */
  readonly errorOf: (last: Message | null) => { readonly code: string; readonly text: string };
}

function webError(last: Message | null): { code: string; text: string } {
  assert.equal(last?.flags, 0x80);
  const lines = last.payload.toString().split('\r\n');
  const of = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? '';
  return { code: of('grpc-status'), text: decodeURIComponent(of('grpc-message')) };
}

const WEB_END = envelope(0x80, Buffer.from('grpc-status: 0\r\ngrpc-message: \r\n'));
const FORMS: Readonly<Record<string, Form>> = {
  'gRPC-web': {
    type: 'application/grpc-web+proto',
    of: (text) => protobuf([1, [[2, text]]]),
    end: WEB_END,
    coding: 'grpc-encoding',
    errorOf: webError,
  },
  'gRPC-web in base64': {
    type: 'application/grpc-web-text+proto',
    of: (text) => protobuf([1, [[2, text]]]),
    end: WEB_END,
    coding: 'grpc-encoding',
    errorOf: webError,
  },
  'Connect with JSON': {
    type: 'application/connect+json',
    of: (text) => Buffer.from(JSON.stringify({ message: { text } })),
    end: envelope(2, Buffer.from('{}')),
    coding: 'connect-content-encoding',
    errorOf: (last) => {
      assert.equal(last?.flags, 2);
      const { error } = JSON.parse(last.payload.toString()) as { error: { code: string; message: string } };
      return {
        code: error.code === 'permission_denied' ? '7' : error.code === 'resource_exhausted' ? '8' : error.code,
        text: error.message,
      };
    },
  },
};

const echo = (message: Message): Buffer[] => [envelope(message.flags, message.payload)];

/** The end of the exchange that the present answer belongs to. */
async function endOf(id: string | string[] | undefined) {
  return await weir.event(typeof id === 'string' ? id : null);
}

for (const [name, form] of Object.entries(FORMS)) {
  describe(name, () => {
    const { type, of } = form;
    const open = (headers: Record<string, string> = {}, host = OPENAI) =>
      openMessages(weir, host, TARGET, type, headers);

    test('an echo that needs each answer before its next message', async () => {
      weir.standIn.use(answering(echo, [form.end], type));
      const client = await open();
      for (let round = 0; round < 5; round++) {
        client.say(of(`round ${round}`));
        assert.deepEqual((await client.next())?.payload, of(`round ${round}`));
      }
      client.end();
      const [last, ...more] = await client.rest();
      assert.deepEqual(more, []);
      assert.deepEqual(last === undefined ? null : envelope(last.flags, last.payload), form.end);
      const { headers, statusCode } = await client.response;
      assert.equal(statusCode, 200);
      const event = await endOf(headers['x-weir-event']);
      assert.equal(event.outcome, 'completed');
      assert.equal(event.action, 'allow');
      assert.equal(event.coverage.level, 'full');
      assert.equal(event.route, `POST ${TARGET}`);
      client.destroy();
    });

    test('what is tokenized in a message comes back in its answer, in the same stream', async () => {
      const seen: string[] = [];
      weir.standIn.use(
        answering(
          (message) => {
            seen.push(message.payload.toString());
            return echo(message);
          },
          [form.end],
          type,
        ),
      );
      const client = await open();
      for (const text of ['no mail yet', `write to ${MAIL}`, `and to b${MAIL}, not to ${MAIL}`]) {
        client.say(of(text));
        assert.deepEqual((await client.next())?.payload, of(text));
      }
      client.end();
      await client.rest();
      assert.match(seen[1] ?? '', /write to <EMAIL_ADDRESS_1>/);
      assert.match(seen[2] ?? '', /and to <EMAIL_ADDRESS_2>, not to <EMAIL_ADDRESS_1>/);
      const { headers } = await client.response;
      const end = await endOf(headers['x-weir-event']);
      const own = (await weir.events(1)).filter(({ exchange, id }) => exchange === end.id && id !== end.id);
      const ofRequest = own.filter(({ findings }) => findings.every(({ direction }) => direction === 'request'));
      assert.deepEqual(
        ofRequest.map(({ action, findings, outcome }) => [
          action,
          outcome,
          findings.map(({ entity, count }) => `${count} ${entity}`),
        ]),
        [
          ['tokenize', 'completed', ['1 EMAIL_ADDRESS']],
          ['tokenize', 'completed', ['2 EMAIL_ADDRESS']],
        ],
      );
      assert.equal(end.action, 'tokenize');
      assert.deepEqual(end.findings, []);
      client.destroy();
    });

    test('a message that is blocked ends the stream in the words of the protocol, and nothing of it goes upstream', async () => {
      const seen: string[] = [];
      const gone = Promise.withResolvers<void>();
      weir.standIn.use((exchange) => {
        exchange.request.on('close', () => gone.resolve());
        answering(
          (message) => {
            seen.push(message.payload.toString());
            return echo(message);
          },
          [form.end],
          type,
        )(exchange);
      });
      const client = await open();
      client.say(of('first'));
      await client.next();
      client.say(of(`pay with ${CARD}`));
      client.say(of('after it'));
      const last = (await client.rest()).at(-1) ?? null;
      const { code, text } = form.errorOf(last);
      assert.equal(code, '7');
      assert.match(text, /^Blocked by policy own\/card: 1 CREDIT_CARD in \/\S+\. No cards\. \(event [0-9A-Z]{26}\)$/);
      await gone.promise;
      assert.deepEqual(seen.length, 1);
      const id = /event ([0-9A-Z]{26})/.exec(text)?.[1] ?? '';
      const message = await weir.event(id);
      assert.deepEqual([message.outcome, message.action, message.rule], ['blocked', 'block', 'card']);
      const { headers } = await client.response;
      const end = await endOf(headers['x-weir-event']);
      assert.equal(message.exchange, end.id);
      assert.deepEqual(
        [end.outcome, end.action, end.rule, end.status, end.findings],
        ['blocked', 'block', 'card', 200, []],
      );
      client.destroy();
    });

    test('the first message may be blocked before the upstream has said anything', async () => {
      weir.standIn.use(() => {});
      const client = await open();
      client.say(of(`pay with ${CARD}`));
      const { headers, statusCode } = await client.response;
      assert.equal(statusCode, 200);
      assert.equal(headers['content-type'], type);
      assert.equal(headers['x-weir-action'], 'block');
      assert.equal((await weir.event(String(headers['x-weir-event']))).rule, 'card');
      assert.equal(form.errorOf(await client.next()).code, '7');
      client.destroy();
    });

    test('rules for answers act on each message: one is redacted, one ends the stream', async () => {
      const answers = [`account ${IBAN}`, SSN, 'never seen'];
      weir.standIn.use(answering(() => [envelope(0, of(answers.shift() ?? ''))], [form.end], type));
      const client = await open();
      client.say(of('one'));
      assert.deepEqual((await client.next())?.payload, of('account [IBAN_CODE]'));
      client.say(of('two'));
      const { code, text } = form.errorOf(await client.next());
      assert.equal(code, '7');
      assert.match(text, /own\/number/);
      assert.equal(await client.next(), null);
      client.destroy();
    });

    test('a compressed message is read; what is edited is sent as it is', async () => {
      const seen: Message[] = [];
      weir.standIn.use(
        answering(
          (message) => {
            seen.push(message);
            return echo(message);
          },
          [form.end],
          type,
          { [form.coding]: 'gzip' },
        ),
      );
      const client = await open({ [form.coding]: 'gzip' });
      const plain = gzipSync(of('nothing in it'));
      client.say(plain, 1);
      await client.next();
      client.say(gzipSync(of(`to ${MAIL}`)), 1);
      await client.next();
      client.say(gzipSync(of(`pay with ${CARD}`)), 1);
      assert.equal(form.errorOf((await client.rest()).at(-1) ?? null).code, '7');
      assert.deepEqual(seen[0], { kind: 'message', flags: 1, payload: plain });
      assert.equal(gunzipSync(seen[0]?.payload ?? '').equals(of('nothing in it')), true);
      assert.equal(seen[1]?.flags, 0);
      assert.match(String(seen[1]?.payload), /to <EMAIL_ADDRESS_1>/);
      assert.equal(seen.length, 2);
      client.destroy();
    });

    test('what cannot be read is blocked: an unknown coding, a flag that nobody has defined, a coding of the whole body', async () => {
      weir.standIn.use(answering(echo, [form.end], type));
      for (const [headers, flags] of [
        [{ [form.coding]: 'snappy' }, 1],
        [{}, 1],
        [{}, 0x40],
        [{ 'content-encoding': 'gzip' }, 0],
      ] as const) {
        const client = await open(headers);
        client.say(of('words'), flags);
        const { code, text } = form.errorOf((await client.rest()).at(-1) ?? null);
        assert.equal(code, '7');
        assert.match(text, /proxy\/onOpaque\.encoded/);
        client.destroy();
      }
    });

    test('a message larger than the limit is not passed on', async () => {
      weir.standIn.use(answering(echo, [form.end], type));
      const client = await open();
      client.say(of('x'.repeat(70_000)));
      const { code } = form.errorOf((await client.rest()).at(-1) ?? null);
      assert.equal(code, '8');
      const { headers } = await client.response;
      const event = await endOf(headers['x-weir-event']);
      assert.deepEqual([event.outcome, event.policy, event.rule], ['failed', 'proxy', 'onError']);
      client.destroy();
    });

    test('the metadata of a request is inspected before anything goes upstream', async () => {
      let calls = 0;
      weir.standIn.use((exchange) => {
        calls++;
        answering(echo, [form.end], type)(exchange);
      });
      const client = await open({ 'x-note': `card ${CARD}` });
      const { code, text } = form.errorOf((await client.rest()).at(-1) ?? null);
      assert.equal(code, '7');
      assert.match(text, /1 CREDIT_CARD in \/header\/x-note/);
      assert.equal(calls, 0);
      client.destroy();
    });

    test('a client that goes away in the middle ends the call upstream, and is recorded', async () => {
      const gone = Promise.withResolvers<void>();
      weir.standIn.use((exchange) => {
        exchange.response.on('close', () => gone.resolve());
        answering(echo, [form.end], type)(exchange);
      });
      const client = await open();
      client.say(of('first'));
      await client.next();
      const { headers } = await client.response;
      client.destroy();
      await gone.promise;
      assert.equal((await endOf(headers['x-weir-event'])).outcome, 'client_aborted');
    });

    test('where no rule can match, messages go by as they are, and are looked at beside', async () => {
      const seen: string[] = [];
      weir.standIn.use(
        answering(
          (message) => {
            seen.push(message.payload.toString());
            return echo(message);
          },
          [form.end],
          type,
        ),
      );
      const client = await open({}, UNNAMED);
      client.say(of(`pay with ${CARD}`));
      assert.deepEqual((await client.next())?.payload, of(`pay with ${CARD}`));
      client.end();
      await client.rest();
      assert.match(seen[0] ?? '', new RegExp(CARD));
      const { headers } = await client.response;
      const end = await endOf(headers['x-weir-event']);
      assert.deepEqual([end.action, end.outcome, end.coverage.level], ['allow', 'completed', 'full']);
      const messages = (await weir.events(1)).filter(({ exchange, id }) => exchange === end.id && id !== end.id);
      assert.deepEqual(
        messages.flatMap(({ findings }) => findings.map(({ direction, entity }) => `${direction} ${entity}`)).sort(),
        ['request CREDIT_CARD', 'response CREDIT_CARD'],
      );
      client.destroy();
    });
  });
}

describe('one message of protobuf', () => {
  const TYPE = 'application/proto';
  async function call(body: Buffer, headers: Record<string, string> = {}) {
    const wire = await connectThrough(weir.port, OPENAI, weir.ca);
    const fields = Object.entries({ 'content-type': TYPE, 'connect-protocol-version': '1', ...headers });
    const head = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    wire.write(`POST ${TARGET} HTTP/1.1\r\nHost: ${OPENAI}\r\n${head}Content-Length: ${body.length}\r\n\r\n`);
    wire.write(body);
    const answer = await wire.answer('POST');
    wire.destroy();
    return answer;
  }
  const echoWhole: Script = async ({ response, received }) => {
    const { body } = await received;
    response.writeHead(200, { 'content-type': TYPE });
    response.end(body);
  };

  test('it is tokenized on its way, and the answer has the value back', async () => {
    weir.standIn.use(echoWhole);
    const body = protobuf([1, [[2, `write to ${MAIL}`]]]);
    const answer = await call(body);
    assert.deepEqual(answer.body, body);
    assert.deepEqual(weir.standIn.requests.at(-1)?.body, protobuf([1, [[2, 'write to <EMAIL_ADDRESS_1>']]]));
    const event = await weir.event(answer.header('x-weir-event'));
    assert.deepEqual([event.action, event.coverage.level, event.findings[0]?.path], ['tokenize', 'full', '/1/2']);
  });

  test('compressed it is read as well', async () => {
    weir.standIn.use(echoWhole);
    await call(gzipSync(protobuf([1, MAIL])), { 'content-encoding': 'gzip' });
    assert.deepEqual(weir.standIn.requests.at(-1)?.body, protobuf([1, '<EMAIL_ADDRESS_1>']));
  });

  test('where it is blocked, the error is that of Connect, in either form of the message', async () => {
    for (const [body, headers] of [
      [protobuf([1, CARD]), {}],
      [Buffer.from(JSON.stringify({ text: CARD })), { 'content-type': 'application/json' }],
    ] as const) {
      const answer = await call(body, headers);
      assert.equal(answer.status, 400);
      assert.equal(answer.header('content-type'), 'application/json');
      assert.equal(answer.header('x-should-retry'), 'false');
      const { code, message } = JSON.parse(answer.text) as { code: string; message: string };
      assert.equal(code, 'permission_denied');
      assert.match(message, /^Blocked by policy own\/card: 1 CREDIT_CARD in /);
    }
  });
});

describe('what is broken', () => {
  const { type, of, end, errorOf } = FORMS['gRPC-web'] as Form;

  test('a request that ends in the middle of a message is refused, and never looks complete upstream', async () => {
    const broken = Promise.withResolvers<boolean>();
    weir.standIn.use((exchange) => {
      const { request } = exchange;
      request.on('close', () => broken.resolve(!request.complete));
      answering(echo, [end], type)(exchange);
    });
    const client = await openMessages(weir, OPENAI, TARGET, type);
    client.say(of('whole'));
    await client.next();
    client.write(envelope(0, of('cut')).subarray(0, 7));
    client.end();
    const { code, text } = errorOf(await client.next());
    assert.equal(code, '3');
    assert.match(text, /in the middle of a message/);
    assert.equal(await broken.promise, true);
    assert.equal((await endOf((await client.response).headers['x-weir-event'])).outcome, 'malformed');
    client.destroy();
  });

  test('an answer that ends in the middle of a message, or is torn off, does not look complete', async () => {
    for (const finish of ['end', 'destroy'] as const) {
      weir.standIn.use(({ request, response }) => {
        request.resume();
        response.writeHead(200, { 'content-type': type });
        response.write(Buffer.concat([envelope(0, of('whole')), envelope(0, of('cut')).subarray(0, 7)]));
        setImmediate(() => (finish === 'end' ? response.end() : response.destroy()));
      });
      const client = await openMessages(weir, OPENAI, TARGET, type);
      client.say(of('words'));
      const all = await client.rest();
      assert.deepEqual(all[0]?.payload, of('whole'));
      assert.equal(errorOf(all.at(-1) ?? null).code, '14', finish);
      assert.equal((await endOf((await client.response).headers['x-weir-event'])).outcome, 'upstream_failed');
      client.destroy();
    }
  });

  test('letters that are no base64 are refused', async () => {
    weir.standIn.use(answering(echo, [end], 'application/grpc-web-text'));
    const wire = await connectThrough(weir.port, OPENAI, weir.ca);
    const head = `POST ${TARGET} HTTP/1.1\r\nHost: ${OPENAI}\r\ncontent-type: application/grpc-web-text\r\n`;
    wire.write(`${head}Content-Length: 8\r\n\r\nno~base!`);
    const answer = await wire.answer('POST');
    const frame = Buffer.from(answer.text, 'base64');
    assert.match(frame.toString('latin1', 5), /^grpc-status: 3\r\n/);
    wire.destroy();
  });

  test('noise in either direction comes to an end', async () => {
    const random = seeded(11);
    const noise = (): Buffer => Buffer.from(Array.from({ length: 300 }, () => Math.floor(random() * 6)));
    for (let round = 0; round < 20; round++) {
      weir.standIn.use(({ request, response }) => {
        request.resume();
        response.writeHead(200, { 'content-type': type });
        response.end(noise());
      });
      const client = await openMessages(weir, OPENAI, TARGET, type);
      client.write(noise());
      client.end();
      await client.rest();
      await endOf((await client.response).headers['x-weir-event']);
      client.destroy();
    }
  });
});

test('an answer that is no stream of messages is passed on as any other', async () => {
  weir.standIn.use(({ request, response }) => {
    request.resume();
    response.writeHead(404, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ code: 'not_found', account: IBAN }));
  });
  const client = await openMessages(weir, OPENAI, TARGET, 'application/connect+json');
  client.say('{}');
  client.end();
  const response = await client.response;
  assert.equal(response.statusCode, 404);
  const chunks: Buffer[] = [];
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => response.on('end', resolve));
  assert.deepEqual(JSON.parse(Buffer.concat(chunks).toString()), { code: 'not_found', account: '[IBAN_CODE]' });
  const event = await endOf(response.headers['x-weir-event']);
  assert.deepEqual([event.outcome, event.status, event.action], ['completed', 404, 'redact']);
  client.destroy();
});

test('the edges count what all messages of a stream held, once', async () => {
  const before = await weir.edges();
  const cards = (all: typeof before, direction: string): number =>
    all.find((edge) => edge.destination.host === UNNAMED && edge.direction === direction)?.entities.CREDIT_CARD ?? 0;
  const { type, of, end } = FORMS['gRPC-web'] as Form;
  weir.standIn.use(answering(echo, [end], type));
  const client = await openMessages(weir, UNNAMED, TARGET, type);
  for (let i = 0; i < 3; i++) {
    client.say(of(`pay with ${CARD}`));
    await client.next();
  }
  client.end();
  await client.rest();
  await endOf((await client.response).headers['x-weir-event']);
  const edges = await weir.edges();
  assert.equal(cards(edges, 'out') - cards(before, 'out'), 3);
  assert.equal(cards(edges, 'in') - cards(before, 'in'), 3);
  client.destroy();
});

test('no value of a message is written anywhere in clear', async () => {
  await weir.recordsOf(async () => {});
  assert.deepEqual(filesHolding(weir.home, [CARD, MAIL, IBAN]), []);
});

test('with onError: open a message larger than the limit passes, said loudly, and those after it are judged again', async () => {
  const open = await startUnderTest({
    config: { policies: [policy.file], proxy: { onError: 'open', limits: { inspectBytes: '64KiB' } } },
  });
  try {
    const { type, of, end, errorOf } = FORMS['gRPC-web'] as Form;
    open.standIn.use(answering(echo, [end], type));
    const client = await openMessages(open, OPENAI, TARGET, type);
    const large = of('x'.repeat(200_000));
    for (let round = 0; round < 2; round++) {
      client.say(large);
      assert.deepEqual((await client.next())?.payload, large);
    }
    client.say(of(`pay with ${CARD}`));
    assert.equal(errorOf((await client.rest()).at(-1) ?? null).code, '7');
    const event = await open.event(String((await client.response).headers['x-weir-event']));
    assert.deepEqual(event.coverage, { level: 'opaque', reason: 'too-large' });
    const own = event.decisions.filter(({ rule }) => rule === 'onError');
    assert.deepEqual(
      own.map(({ action }) => action),
      ['alert'],
    );
    client.destroy();
  } finally {
    await open.close();
  }
});

test('a server that reads no further is not sent more than a little: the client is read no further either', async () => {
  const { type, of } = FORMS['gRPC-web'] as Form;
  const stopped = Promise.withResolvers<void>();
  weir.standIn.use(({ request, response }) => {
    response.writeHead(200, { 'content-type': type });
    response.flushHeaders();
    request.pause();
    request.socket.pause();
    stopped.resolve();
  });
  const wire = await connectThrough(weir.port, OPENAI, weir.ca);
  wire.write(
    `POST ${TARGET} HTTP/1.1\r\nHost: ${OPENAI}\r\ncontent-type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n`,
  );
  await stopped.promise;
  const message = envelope(0, of('some words, '.repeat(4000)));
  const chunk = Buffer.concat([Buffer.from(`${message.length.toString(16)}\r\n`), message, Buffer.from('\r\n')]);
  let written = 0;
  let isFull = false;
  while (!isFull && written < 64 * 1024 * 1024) {
    written += chunk.length;
    if (wire.socket.write(chunk)) continue;
    // Full for good once nothing has been taken for a while: several buffers lie on the way.
    isFull = await Promise.race([
      new Promise<boolean>((resolve) => wire.socket.once('drain', () => resolve(false))),
      new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 1500)),
    ]);
  }
  assert.ok(isFull, `${written} bytes were taken`);
  wire.destroy();
});
