/** gRPC as its own library speaks it, client and server, over TLS and HTTP/2 through the proxy. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import * as grpc from '@grpc/grpc-js';
import { readProtobuf } from '../../engine/extract/protobuf.ts';
import { issuerOf, leafKeyOf, pemOf, signLeaf } from '../../keys/certificate.ts';
import { loadOrCreateAuthority } from '../../proxy/tls/authority.ts';
import { writeMessagePolicy } from '../support/message-policy.ts';
import { CARD, MAIL } from '../support/planted.ts';
import { protobuf } from '../support/protobuf.ts';
import { OPENAI, startUnderTest, UNNAMED, type UnderTest } from '../support/weir-under-test.ts';

/** Nobody listens there. */
const DOWN = 'down.weir-test.example';
const IBAN = ['DE89', '3704', '0044', '0532', '0130', '00'].join(' ');
/** A message of one text, two fields deep. */
function written(text: string): Buffer {
  return protobuf([1, [[2, text]]]);
}

function read(bytes: Buffer): string {
  const inside = (from: Buffer, number: number): Buffer => {
    const field = readProtobuf(from, { left: 100 })?.fields.find((one) => one.number === number);
    assert.ok(field !== undefined, 'it is a message of this form');
    return from.subarray(field.start, field.end);
  };
  return bytes.length === 0 ? '' : inside(inside(bytes, 1), 2).toString();
}

function method(name: string, requestStream: boolean, responseStream: boolean): grpc.MethodDefinition<string, string> {
  const path = `/chat.v1.Chat/${name}`;
  return {
    path,
    requestStream,
    responseStream,
    requestSerialize: written,
    requestDeserialize: read,
    responseSerialize: written,
    responseDeserialize: read,
  };
}

const UNARY = method('Say', false, false);
const WATCH = method('Watch', false, true);
const COLLECT = method('Collect', true, false);
const TALK = method('Talk', true, true);
const RAW: grpc.MethodDefinition<Buffer, Buffer> = {
  ...method('Raw', false, false),
  requestSerialize: (bytes) => bytes,
  requestDeserialize: (bytes) => bytes,
  responseSerialize: (bytes) => bytes,
  responseDeserialize: (bytes) => bytes,
};

/** What the server does, which a test may change, and what it has seen. */
interface Behaviour {
  say: grpc.handleUnaryCall<string, string>;
  watch: grpc.handleServerStreamingCall<string, string>;
  collect: grpc.handleClientStreamingCall<string, string>;
  talk: grpc.handleBidiStreamingCall<string, string>;
}
let seen: string[] = [];
const usual: Behaviour = {
  say: (call, done) => {
    seen.push(call.request);
    done(null, `you said: ${call.request}`);
  },
  watch: (call) => {
    seen.push(call.request);
    for (const word of call.request.split(' ')) call.write(word);
    call.end();
  },
  collect: (call, done) => {
    const words: string[] = [];
    call.on('data', (word: string) => words.push(word));
    call.on('end', () => {
      seen.push(...words);
      done(null, words.join(' '));
    });
  },
  talk: (call) => {
    call.on('data', (text: string) => {
      seen.push(text);
      call.write(text);
    });
    call.on('end', () => call.end());
    call.on('error', () => {});
  },
};
let behaviour = usual;

/** A model server of one's own, without TLS, under a name that no catalog has. */
const OWN = 'models.weir-test.example:8001';
const INFER = { ...UNARY, path: '/inference.GRPCInferenceService/ModelInfer' };
const OTHER = { ...UNARY, path: '/files.v1.Files/Put' };
const ownServer = new grpc.Server();

function ownPort(): Promise<number> {
  const say = (call: grpc.ServerUnaryCall<string, string>, done: grpc.sendUnaryData<string>) =>
    behaviour.say(call, done);
  ownServer.addService({ infer: INFER, other: OTHER }, { infer: say, other: say });
  return new Promise((resolve, reject) =>
    ownServer.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    ),
  );
}

const policy = writeMessagePolicy();
const { folder } = policy;
const server = new grpc.Server();
const clients: grpc.Client[] = [];
let weir: UnderTest;

before(async () => {
  const authority = loadOrCreateAuthority(join(folder, 'ca'));
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const issuer = issuerOf(authority.certificate.raw, authority.certificate.publicKey, authority.key);
  const validity = { notBefore: new Date(Date.now() - 3_600_000), notAfter: new Date(Date.now() + 3_600_000) };
  const certificates = [OPENAI, UNNAMED].map((host) =>
    pemOf(signLeaf(host, leafKeyOf(publicKey, issuer), issuer, validity)),
  );
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
  server.addService(
    { say: UNARY, watch: WATCH, collect: COLLECT, talk: TALK, raw: RAW },
    {
      say: (call: grpc.ServerUnaryCall<string, string>, done: grpc.sendUnaryData<string>) => behaviour.say(call, done),
      watch: (call: grpc.ServerWritableStream<string, string>) => behaviour.watch(call),
      collect: (call: grpc.ServerReadableStream<string, string>, done: grpc.sendUnaryData<string>) =>
        behaviour.collect(call, done),
      talk: (call: grpc.ServerDuplexStream<string, string>) => behaviour.talk(call),
      raw: (call: grpc.ServerUnaryCall<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) => {
        seen.push('raw');
        done(null, call.request);
      },
    },
  );
  const ports = await Promise.all(
    certificates.map((cert) => {
      const credentials = grpc.ServerCredentials.createSsl(null, [
        { cert_chain: Buffer.from(cert), private_key: Buffer.from(key) },
      ]);
      return new Promise<number>((resolve, reject) =>
        server.bindAsync('127.0.0.1:0', credentials, (error, port) => (error === null ? resolve(port) : reject(error))),
      );
    }),
  );
  const caFile = join(folder, 'upstream-ca.pem');
  writeFileSync(caFile, authority.certPem);
  weir = await startUnderTest({
    config: {
      policies: [policy.file],
      proxy: {
        upstream: { ca: [caFile] },
        resolve: {
          [`${OPENAI}:443`]: `127.0.0.1:${ports[0]}`,
          [`${UNNAMED}:443`]: `127.0.0.1:${ports[1]}`,
          [`${DOWN}:443`]: '127.0.0.1:1',
          [OWN]: `127.0.0.1:${await ownPort()}`,
        },
      },
    },
  });
  process.env.grpc_proxy = `http://127.0.0.1:${weir.port}`;
});
beforeEach(() => {
  seen = [];
  behaviour = { ...usual };
});
after(async () => {
  for (const client of clients) client.close();
  server.forceShutdown();
  ownServer.forceShutdown();
  await weir.close();
  policy.remove();
});

function clientOf(host = OPENAI, options: grpc.ClientOptions = {}): grpc.Client {
  const client = new grpc.Client(`${host}:443`, grpc.credentials.createSsl(Buffer.from(weir.ca)), options);
  clients.push(client);
  return client;
}

interface Ended {
  readonly code: grpc.status;
  readonly details: string;
  readonly metadata: grpc.Metadata;
}

/** One call of one message with one answer. */
function say<T>(
  client: grpc.Client,
  of: grpc.MethodDefinition<T, T>,
  message: T,
  metadata = new grpc.Metadata(),
  options: grpc.CallOptions = {},
): Promise<{ readonly answer: T | null; readonly ended: Ended; readonly head: grpc.Metadata }> {
  return new Promise((resolve) => {
    let head = new grpc.Metadata();
    let answer: T | null = null;
    const { path, requestSerialize, responseDeserialize } = of;
    const call = client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      message,
      metadata,
      options,
      (_, value) => {
        answer = value ?? null;
      },
    );
    call.on('metadata', (given: grpc.Metadata) => {
      head = given;
    });
    call.on('status', (ended: Ended) => setImmediate(() => resolve({ answer, ended, head })));
  });
}

function talk(client: grpc.Client, metadata = new grpc.Metadata(), options: grpc.CallOptions = {}) {
  return client.makeBidiStreamRequest(TALK.path, written, read, metadata, options);
}

function endOf(call: grpc.ClientReadableStream<string>): Promise<Ended> {
  call.on('error', () => {
    // The status says it as well.
  });
  return new Promise((resolve) => call.on('status', resolve));
}

function eventId(metadata: grpc.Metadata): string {
  return String(metadata.get('x-weir-event')[0] ?? '');
}

test('one message and one answer', async () => {
  const { answer, ended, head } = await say(clientOf(), UNARY, 'a sentence');
  assert.equal(ended.code, grpc.status.OK, ended.details);
  assert.equal(answer, 'you said: a sentence');
  const event = await weir.event(eventId(head));
  assert.deepEqual([event.outcome, event.status, event.route], ['completed', 200, 'POST /chat.v1.Chat/Say']);
});

test('a stream of answers, and a stream of requests', async () => {
  const client = clientOf();
  const watching = client.makeServerStreamRequest(WATCH.path, written, read, 'one two three', new grpc.Metadata());
  const words: string[] = [];
  watching.on('data', (word: string) => words.push(word));
  assert.equal((await endOf(watching)).code, grpc.status.OK);
  assert.deepEqual(words, ['one', 'two', 'three']);

  const collected = await new Promise<string | undefined>((resolve, reject) => {
    const call = client.makeClientStreamRequest(COLLECT.path, written, read, new grpc.Metadata(), (error, value) =>
      error === null ? resolve(value) : reject(error),
    );
    for (const word of ['four', 'five']) call.write(word);
    call.end();
  });
  assert.equal(collected, 'four five');
});

test('an echo in both directions that needs each answer before its next message', async () => {
  const call = talk(clientOf());
  for (let round = 0; round < 10; round++) {
    call.write(`round ${round}`);
    const [answer] = await once(call, 'data');
    assert.equal(answer, `round ${round}`);
  }
  call.end();
  assert.equal((await endOf(call)).code, grpc.status.OK);
  assert.equal(seen.length, 10);
});

test('a message that is blocked in the middle ends both directions, and the server has seen nothing of it', async () => {
  const cancelled = Promise.withResolvers<void>();
  behaviour.talk = (call) => {
    call.on('cancelled', () => cancelled.resolve());
    usual.talk(call);
  };
  const call = talk(clientOf());
  const ended = endOf(call);
  call.write('first');
  await once(call, 'data');
  call.write(`pay with ${CARD}`);
  const { code, details, metadata } = await ended;
  assert.equal(code, grpc.status.PERMISSION_DENIED);
  assert.match(details, /^Blocked by policy own\/card: 1 CREDIT_CARD in \/1\/2\. No cards\. \(event [0-9A-Z]{26}\)$/);
  await cancelled.promise;
  assert.deepEqual(seen, ['first']);
  const event = await weir.event(eventId(metadata));
  assert.deepEqual([event.outcome, event.action, event.rule], ['blocked', 'block', 'card']);
  assert.equal(event.findings[0]?.path, '/1/2');
  const end = await weir.event(event.exchange);
  assert.deepEqual([end.outcome, end.action, end.findings], ['blocked', 'block', []]);
});

test('a single message that is blocked, before anything was answered', async () => {
  const { answer, ended } = await say(clientOf(), UNARY, `pay with ${CARD}`);
  assert.equal(answer, null);
  assert.equal(ended.code, grpc.status.PERMISSION_DENIED);
  assert.deepEqual(ended.metadata.get('x-weir-action'), ['block']);
  assert.equal((await weir.event(eventId(ended.metadata))).rule, 'card');
  assert.deepEqual(seen, []);
});

test('what is tokenized comes back, in a single answer and in a stream', async () => {
  const client = clientOf();
  const { answer } = await say(client, UNARY, `write to ${MAIL}`);
  assert.equal(answer, `you said: write to ${MAIL}`);
  assert.deepEqual(seen, ['write to <EMAIL_ADDRESS_1>']);

  const call = talk(client);
  for (const text of [`to ${MAIL}`, `to b${MAIL} and ${MAIL}`]) {
    call.write(text);
    const [back] = await once(call, 'data');
    assert.equal(back, text);
  }
  call.end();
  await endOf(call);
  assert.deepEqual(seen.slice(1), ['to <EMAIL_ADDRESS_1>', 'to <EMAIL_ADDRESS_2> and <EMAIL_ADDRESS_1>']);
});

test('an answer that comes a letter a message has the value back', async () => {
  behaviour.watch = (call) => {
    seen.push(call.request);
    for (const letter of call.request) call.write(letter);
    call.end();
  };
  const request = `to ${MAIL}, soon`;
  const call = clientOf().makeServerStreamRequest(WATCH.path, written, read, request, new grpc.Metadata());
  const pieces: string[] = [];
  call.on('data', (piece: string) => pieces.push(piece));
  assert.equal((await endOf(call)).code, grpc.status.OK);
  assert.equal(seen[0], 'to <EMAIL_ADDRESS_1>, soon');
  assert.equal(pieces.join(''), request);
  assert.equal(pieces.length, seen[0]?.length);
});

test('an answer that ends with what could begin a token is not kept from a client that waits for it', async () => {
  const call = talk(clientOf());
  for (const text of [`to ${MAIL}`, 'is 3 <', 'and the next']) {
    call.write(text);
    const [back] = await once(call, 'data');
    assert.equal(back, text);
  }
  call.end();
  assert.equal((await endOf(call)).code, grpc.status.OK);
});

test('calls of one session share their pseudonyms', async () => {
  const metadata = new grpc.Metadata();
  metadata.set('x-session-id', 'session-of-this-test');
  await say(clientOf(), UNARY, `to ${MAIL}`, metadata);
  const { answer } = await say(clientOf(), UNARY, `to b${MAIL}, and who was <EMAIL_ADDRESS_1>?`, metadata);
  assert.deepEqual(seen, ['to <EMAIL_ADDRESS_1>', 'to <EMAIL_ADDRESS_2>, and who was <EMAIL_ADDRESS_1>?']);
  assert.equal(answer, `you said: to b${MAIL}, and who was ${MAIL}?`);
});

test('a value that the server tells in the words of its status comes back as well', async () => {
  behaviour.say = (call, done) => {
    const metadata = new grpc.Metadata();
    metadata.set('x-about', call.request);
    done({ code: grpc.status.NOT_FOUND, details: `nobody is called ${call.request}`, metadata });
  };
  const { ended } = await say(clientOf(), UNARY, MAIL);
  assert.equal(ended.code, grpc.status.NOT_FOUND);
  assert.equal(ended.details, `nobody is called ${MAIL}`);
  assert.deepEqual(ended.metadata.get('x-about'), [MAIL]);
});

test('rules for answers act on messages and on trailers', async () => {
  behaviour.say = (_call, done) => {
    const trailer = new grpc.Metadata();
    trailer.set('x-account', IBAN);
    done(null, `account ${IBAN}`, trailer);
  };
  const { answer, ended } = await say(clientOf(), UNARY, 'which account?');
  assert.equal(answer, 'account [IBAN_CODE]');
  assert.deepEqual(ended.metadata.get('x-account'), ['[IBAN_CODE]']);
});

test('metadata is inspected, in text and in bytes, before anything goes upstream', async () => {
  for (const [name, value] of [
    ['x-note', `card ${CARD}`],
    ['x-note-bin', protobuf([3, `card ${CARD}`])],
  ] as const) {
    const metadata = new grpc.Metadata();
    metadata.set(name, value);
    const { ended } = await say(clientOf(), UNARY, 'words', metadata);
    assert.equal(ended.code, grpc.status.PERMISSION_DENIED, name);
    assert.match(ended.details, /1 CREDIT_CARD in \/header\/x-note/);
  }
  assert.deepEqual(seen, []);
  const plain = new grpc.Metadata();
  plain.set('x-note', 'no card');
  plain.set('x-trace-bin', Buffer.from([0, 1, 2, 255]));
  let got: grpc.Metadata | null = null;
  behaviour.say = (call, done) => {
    got = call.metadata;
    done(null, 'ok');
  };
  assert.equal((await say(clientOf(), UNARY, 'words', plain)).answer, 'ok');
  const sent = got as grpc.Metadata | null;
  assert.deepEqual(sent?.get('x-note'), ['no card']);
  assert.deepEqual(sent?.get('x-trace-bin'), [Buffer.from([0, 1, 2, 255])]);
});

test('a deadline goes with the call, and holds', async () => {
  let deadline: grpc.Deadline | null = null;
  const cancelled = Promise.withResolvers<void>();
  behaviour.talk = (call) => {
    deadline = call.getDeadline();
    call.on('cancelled', () => cancelled.resolve());
    call.on('error', () => {});
  };
  const call = talk(clientOf(), new grpc.Metadata(), { deadline: Date.now() + 400 });
  call.write('never answered');
  assert.equal((await endOf(call)).code, grpc.status.DEADLINE_EXCEEDED);
  await cancelled.promise;
  assert.ok(deadline !== null && Number(deadline) < Date.now() + 1000);
});

test('a client that cancels is passed on, and recorded', async () => {
  const cancelled = Promise.withResolvers<void>();
  behaviour.talk = (call) => {
    call.on('cancelled', () => cancelled.resolve());
    usual.talk(call);
  };
  const call = talk(clientOf());
  let head = new grpc.Metadata();
  call.on('metadata', (given: grpc.Metadata) => {
    head = given;
  });
  const ended = endOf(call);
  call.write('first');
  await once(call, 'data');
  call.cancel();
  assert.equal((await ended).code, grpc.status.CANCELLED);
  await cancelled.promise;
  assert.equal((await weir.event(eventId(head))).outcome, 'client_aborted');
});

test('messages compressed with gzip are read and edited, those without a finding pass as they are', async () => {
  const client = clientOf(OPENAI, { 'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip });
  const long = 'all the same '.repeat(200);
  assert.equal((await say(client, UNARY, long)).answer, `you said: ${long}`);
  assert.equal((await say(client, UNARY, `${long} ${MAIL}`)).answer, `you said: ${long} ${MAIL}`);
  assert.equal(seen[1], `${long} <EMAIL_ADDRESS_1>`);
  assert.equal((await say(client, UNARY, `${long} ${CARD}`)).ended.code, grpc.status.PERMISSION_DENIED);
});

test('what is no protobuf is read as text where it is text, and blocked where it cannot be read', async () => {
  const text = await say(clientOf(), RAW, Buffer.from('plain words, no protobuf'));
  assert.equal(text.answer?.toString(), 'plain words, no protobuf');
  assert.equal(
    (await say(clientOf(), RAW, Buffer.from(`a card ${CARD} in text`))).ended.code,
    grpc.status.PERMISSION_DENIED,
  );
  const { ended } = await say(
    clientOf(),
    RAW,
    Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]),
  );
  assert.equal(ended.code, grpc.status.PERMISSION_DENIED);
  assert.match(ended.details, /proxy\/onOpaque\.encoded/);
  assert.deepEqual(seen, ['raw']);
});

test('many calls at once over one connection do not disturb each other', async () => {
  const client = clientOf();
  const answers = await Promise.all(
    Array.from({ length: 30 }, async (_, i) => {
      const text = i % 3 === 0 ? `pay with ${CARD}` : i % 3 === 1 ? `call ${i} of x${i}${MAIL}` : `call ${i}`;
      const { answer, ended } = await say(client, UNARY, text);
      return ended.code === grpc.status.OK ? answer === `you said: ${text}` : ended.code;
    }),
  );
  assert.deepEqual(
    answers,
    answers.map((_, i) => (i % 3 === 0 ? grpc.status.PERMISSION_DENIED : true)),
  );
});

test('where no rule can match, a stream goes by untouched and is looked at beside', async () => {
  const call = talk(clientOf(UNNAMED));
  let head = new grpc.Metadata();
  call.on('metadata', (given: grpc.Metadata) => {
    head = given;
  });
  call.write(`pay with ${CARD}`);
  const [back] = await once(call, 'data');
  assert.equal(back, `pay with ${CARD}`);
  call.end();
  assert.equal((await endOf(call)).code, grpc.status.OK);
  const end = await weir.event(eventId(head));
  assert.deepEqual([end.action, end.coverage.level], ['allow', 'full']);
  const messages = (await weir.events(1)).filter(({ exchange, id }) => exchange === end.id && id !== end.id);
  assert.equal(messages.length, 2);
});

test('a host that nobody has listed counts as an LLM where it is spoken to as one, without TLS as well', async () => {
  const client = new grpc.Client(OWN, grpc.credentials.createInsecure());
  clients.push(client);
  assert.equal((await say(client, INFER, 'a prompt')).answer, 'you said: a prompt');
  const { ended } = await say(client, INFER, `pay with ${CARD}`);
  assert.equal(ended.code, grpc.status.PERMISSION_DENIED, ended.details);
  const event = await weir.event(eventId(ended.metadata));
  assert.deepEqual([event.destination.category, event.destination.vendor], ['genai', null]);
  const other = await say(client, OTHER, `pay with ${CARD}`);
  assert.equal(other.answer, `you said: pay with ${CARD}`);
  assert.equal((await weir.event(eventId(other.head))).destination.category, 'unknown');
});

test('an upstream that cannot be reached is a status of the protocol', async () => {
  const { ended } = await say(clientOf(DOWN), UNARY, 'words');
  assert.equal(ended.code, grpc.status.UNAVAILABLE);
  assert.match(ended.details, /\(event [0-9A-Z]{26}\)$/);
  assert.equal((await weir.event(eventId(ended.metadata))).outcome, 'upstream_failed');
});
