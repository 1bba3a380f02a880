import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { coverageText, FULL } from '../../flow/coverage.ts';
import { LAYOUT } from '../../sensor/layout.ts';
import { http2Transcript } from '../support/heard-transcripts.ts';
import { type Observing, observing } from '../support/observing.ts';
import {
  closedFrame,
  connectFrame,
  execFrame,
  exitFrame,
  libraryFrame,
  packetFrame,
  tlsCloseFrame,
  tlsDataFrame,
  tlsDoneFrame,
  tlsNameFrame,
  tlsOpenFrame,
} from '../support/sensor-frames.ts';

const CARD = ['4111', '1111', '1111', '1111'].join(' ');
const PROMPT = JSON.stringify({ model: 'gpt-5', messages: [{ role: 'user', content: `my card is ${CARD}` }] });
const CLEAN = JSON.stringify({ model: 'gpt-5', messages: [{ role: 'user', content: 'what is the weather like?' }] });

function ask(body: string, host = 'api.openai.com'): Buffer {
  return Buffer.from(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer xyz\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
}

const ANSWER = Buffer.from('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}');

/** curl with its name on the handle: one request with its answer. */
function call(on: Observing, body: string, made: { readonly address?: number; readonly cookie?: number } = {}): void {
  on.frames(
    execFrame({ args: ['curl', '-H', 'Authorization: Bearer xyz', 'https://api.openai.com'] }),
    tlsOpenFrame(made),
    tlsNameFrame(made, 'api.openai.com'),
    tlsDataFrame({ ...made, bytes: ask(body) }),
    tlsDataFrame({ ...made, way: 'in', bytes: ANSWER }),
    tlsCloseFrame(made),
  );
}

describe('an exchange', () => {
  test('with a card number is an event that names process, host, entity and count, and was carried out by nobody', () => {
    const on = observing();
    call(on, PROMPT);
    on.tick();
    assert.equal(on.closings.length, 1);
    const [{ event, edges, excerpt } = assert.fail()] = on.closings;
    assert.deepEqual(
      [event.channel, event.kind, event.mode, event.enforced, event.action, event.status],
      ['sensor', 'exchange', 'monitor', false, 'block', 200],
    );
    assert.deepEqual(
      [event.source.process, event.source.exe, event.source.user],
      ['curl', '/usr/bin/curl', 'user1000'],
    );
    assert.deepEqual(
      [event.destination.host, event.destination.port, event.destination.category],
      ['api.openai.com', 443, 'genai'],
    );
    assert.deepEqual(
      event.findings.map(({ entity, count }) => [entity, count]),
      [['CREDIT_CARD', 1]],
    );
    assert.deepEqual([event.provider, event.model, event.route], ['openai', 'gpt-5', 'POST /v1/chat/completions']);
    assert.match(event.source.credential ?? '', /./);
    assert.match(excerpt ?? '', /\[CREDIT_CARD\]/);
    assert.deepEqual(
      edges.map(({ direction, via, protocol, action, entities }) => [direction, via, protocol, action, entities]),
      [
        ['out', 'handle', 'https', 'allow', { CREDIT_CARD: 1 }],
        ['in', 'handle', 'https', 'allow', {}],
      ],
    );
    assert.deepEqual(on.edges, []);
    assert.ok(!JSON.stringify(on.closings).includes(CARD.replaceAll(' ', '')));
    assert.ok(!JSON.stringify(on.closings).includes('Bearer xyz'));
  });

  test('in which nothing is found is an edge alone, and many of them are one observation', () => {
    const on = observing();
    for (let i = 0; i < 20; i++) call(on, CLEAN, { address: 0x1000 + i });
    on.tick();
    assert.deepEqual(on.closings, []);
    assert.deepEqual(
      on.edges.map(({ direction, calls, bytesOut, bytesIn, coverage }) => [
        direction,
        calls,
        bytesOut,
        bytesIn,
        coverage,
      ]),
      [
        ['out', 20, CLEAN.length * 20, 0, FULL],
        ['in', 20, 0, 40, FULL],
      ],
    );
    assert.equal(on.edges[0]?.source.credential, null);
  });

  test('tells what stood in fields beside the turns, and is judged by what is known of them', () => {
    const mail = ['mia.keller', 'bank.example'].join('@');
    const body = (email: string) => JSON.stringify({ ...JSON.parse(CLEAN), metadata: { email, note: 'none' } });
    const fresh = observing();
    call(fresh, body(mail));
    fresh.tick();
    const [path = ''] = fresh.closings.flatMap(({ edges }) =>
      edges.flatMap(({ fields = [] }) =>
        fields.map((field) => {
          assert.deepEqual([field.values, { ...field.whole }], [1, { EMAIL_ADDRESS: 1 }]);
          return field.path;
        }),
      ),
    );
    assert.match(path, /email$/);

    // Whatever stands in a known field counts, on an edge alone too.
    const known = { values: 60, whole: { EMAIL_ADDRESS: 60 }, refuted: {}, confirmed: {} };
    const after = observing({ learned: new Map([[path, known]]) });
    for (let i = 0; i < 3; i++) call(after, body('nobody'), { address: 0x1000 + i });
    after.tick();
    assert.deepEqual(after.closings, []);
    const out = after.edges.filter(({ direction }) => direction === 'out');
    assert.deepEqual(
      out.map(({ calls, fields }) => [calls, fields]),
      [[3, [{ path, values: 3, whole: {} }]]],
    );
  });

  test('of HTTP/2 with many streams is one each', async () => {
    const on = observing();
    const calls = Array.from({ length: 20 }, (_, i) => ({
      path: '/v1/chat/completions',
      body: i % 2 === 0 ? PROMPT : CLEAN,
      headers: { 'content-type': 'application/json' },
    }));
    on.frames(execFrame(), tlsNameFrame({}, 'api.openai.com'));
    const next = { out: 0, in: 0 };
    for (const { way, bytes } of await http2Transcript(calls)) {
      on.frames(tlsDataFrame({ way, bytes, offset: next[way] }));
      next[way] += bytes.length;
    }
    on.tick();
    assert.equal(on.closings.length, 10);
    assert.equal(on.edges.find(({ direction }) => direction === 'out')?.calls, 10);
  });

  test('that was not heard whole says how much is missing, and joins nothing', () => {
    const on = observing();
    const bytes = ask(PROMPT);
    const cut = bytes.length - 12;
    on.frames(execFrame(), tlsNameFrame({}, 'api.openai.com'));
    on.frames(
      tlsDataFrame({ bytes: bytes.subarray(0, cut - 6) }),
      tlsDataFrame({ bytes: bytes.subarray(cut), offset: cut }),
    );
    on.frames(tlsDataFrame({ way: 'in', bytes: ANSWER }), tlsCloseFrame({}));
    on.tick();
    assert.equal(on.closings.length, 0);
    assert.equal(coverageText(on.edges[0]?.coverage ?? FULL), 'truncated: lost 6 bytes');
  });

  test('a write counts when it was taken: one that is tried again is there once', () => {
    const on = observing();
    const bytes = ask(PROMPT);
    const pending = 1 | 4;
    on.frames(execFrame(), tlsNameFrame({}, 'api.openai.com'));
    on.frames(tlsDataFrame({ bytes, call: 1, flags: pending }), tlsDoneFrame({}, { call: 1, taken: 0, offset: 0 }));
    on.frames(tlsDataFrame({ bytes, call: 2, flags: pending }), tlsDoneFrame({}, { call: 2, taken: 100, offset: 100 }));
    assert.equal(on.closings.length, 0);
    on.frames(
      tlsDataFrame({ bytes: bytes.subarray(100), offset: 100, call: 3, flags: pending }),
      tlsDoneFrame({}, { call: 3, taken: bytes.length - 100, offset: bytes.length }),
    );
    on.frames(tlsDataFrame({ way: 'in', bytes: ANSWER }), tlsCloseFrame({}));
    assert.equal(on.closings.length, 1);
    assert.equal(on.closings[0]?.event.coverage.level, 'full');
    assert.equal(on.closings[0]?.event.findings[0]?.count, 1);
  });

  test('of a server is none', () => {
    const on = observing();
    on.frames(execFrame({ comm: 'nginx' }), tlsOpenFrame({ role: 2 }));
    on.frames(tlsDataFrame({ role: 2, way: 'in', bytes: ask(PROMPT) }), tlsDataFrame({ role: 2, bytes: ANSWER }));
    on.frames(
      tlsDataFrame({ role: 0, address: 0x2000, way: 'in', bytes: ask(PROMPT) }),
      tlsCloseFrame({ address: 0x2000 }),
    );
    on.tick();
    assert.deepEqual([on.closings, on.edges], [[], []]);
  });

  test('whose process ends is told as far as it came', () => {
    const on = observing();
    on.frames(execFrame(), tlsNameFrame({}, 'api.openai.com'), tlsDataFrame({ bytes: ask(PROMPT) }), exitFrame());
    assert.equal(on.closings[0]?.event.outcome, 'client_aborted');
    assert.equal(on.closings[0]?.event.findings.length, 1);
  });
});

describe('what is asked for', () => {
  const verdicts = ({ commands }: Observing): readonly number[] =>
    commands
      .filter((bytes) => bytes.length === LAYOUT.do_handle.bytes)
      .map((bytes) => bytes[LAYOUT.do_handle.at.verdict] ?? -1);

  test('an unsanctioned third party is; one that is sanctioned, or internal, is not', () => {
    const on = observing({
      destinations: [
        {
          hosts: ['api.payments.example'],
          vendor: 'Pay',
          category: 'saas',
          country: null,
          sanctioned: true,
          private: false,
          owner: null,
          note: null,
        },
      ],
    });
    on.frames(execFrame());
    on.frames(tlsNameFrame({ address: 1 }, 'api.other.example'));
    on.frames(tlsNameFrame({ address: 2 }, 'api.payments.example'));
    on.frames(tlsNameFrame({ address: 3 }, 'db.prod.svc.cluster.local'));
    assert.deepEqual(verdicts(on), [1, 2, 2]);
  });

  test('a handle without a name is decided on by the Host in its first bytes', () => {
    const on = observing();
    on.frames(execFrame(), tlsDataFrame({ bytes: ask(PROMPT).subarray(0, 150), flags: 1 | 8 }));
    on.frames(tlsDataFrame({ address: 2, bytes: ask(PROMPT, 'intern').subarray(0, 150), flags: 1 | 8 }));
    assert.deepEqual(verdicts(on), [1, 2]);
  });

  test('a host that nobody may look into is not, and says so', () => {
    const on = observing({ isBypassed: (host) => host === 'api.openai.com' });
    on.frames(execFrame(), connectFrame(), tlsOpenFrame({}, 7), tlsNameFrame({}, 'api.openai.com'));
    on.frames(tlsDataFrame({ bytes: ask(PROMPT) }), closedFrame({ sent: 500, received: 20 }));
    on.tick();
    assert.deepEqual(on.closings, []);
    assert.equal(coverageText(on.edges[0]?.coverage ?? FULL), 'opaque: tunnelled');
  });
});

describe('a connection', () => {
  test('of which nothing can be read is an edge with process, name, bytes and the reason', () => {
    const on = observing();
    on.frames(execFrame({ comm: 'deno', exe: '/usr/bin/deno' }), libraryFrame({}, 6, 2, 'rustls'), connectFrame());
    on.frames(packetFrame({ bytes: hello('api.openai.com') }), closedFrame({ sent: 900, received: 1200 }));
    on.tick();
    assert.deepEqual(
      on.edges.map(({ destination, source, via, direction, bytesOut, bytesIn, coverage }) => [
        destination.host,
        destination.category,
        source.process,
        via,
        direction,
        bytesOut + bytesIn,
        coverageText(coverage),
      ]),
      [
        ['api.openai.com', 'genai', 'deno', 'sni', 'out', 900, 'opaque: rustls'],
        ['api.openai.com', 'genai', 'deno', 'sni', 'in', 1200, 'opaque: rustls'],
      ],
    );
  });

  test('whose plaintext was read has no edge of its own, by its socket or by its name', () => {
    for (const cookie of [7, 0]) {
      const on = observing();
      on.frames(execFrame(), connectFrame(), packetFrame({ bytes: hello('api.openai.com') }));
      call(on, CLEAN, {});
      if (cookie !== 0) on.frames(tlsOpenFrame({ address: 9 }, cookie));
      on.frames(closedFrame({ sent: 900, received: 1200 }));
      on.tick();
      assert.deepEqual(
        on.edges.map(({ protocol, calls, coverage }) => [protocol, calls, coverage.level]),
        [
          ['https', 1, 'full'],
          ['https', 1, 'full'],
        ],
      );
    }
  });

  test('that leads to the proxy, or is of Weir’s own, is not recorded', () => {
    const on = observing({ isOwnListener: (address, port) => address === '127.0.0.1' && port === 8787 });
    on.frames(execFrame(), connectFrame({ address: '127.0.0.1', port: 8787 }), tlsOpenFrame({}, 7));
    on.frames(tlsNameFrame({}, 'api.openai.com'), tlsDataFrame({ bytes: ask(PROMPT) }));
    on.frames(tlsDataFrame({ way: 'in', bytes: ANSWER }), closedFrame({ sent: 10, received: 10 }));
    on.frames(connectFrame({ cookie: 8, flags: 4 }), closedFrame({ cookie: 8, sent: 10, received: 10 }));
    on.tick();
    assert.deepEqual([on.closings, on.edges], [[], []]);
  });

  test('over UDP is QUIC, named by the DNS answer that the process had', () => {
    const on = observing();
    on.frames(execFrame(), packetFrame({ way: 'in', why: 4, protocol: 17, port: 53, bytes: dnsAnswer() }));
    on.frames(connectFrame({ protocol: 17 }), closedFrame({ protocol: 17, sent: 500, received: 4000 }));
    on.tick();
    const [out] = on.edges;
    assert.deepEqual(
      [out?.destination.host, out?.via, out?.protocol, coverageText(out?.coverage ?? FULL)],
      ['chat.example', 'dns', 'quic', 'opaque: quic'],
    );
  });

  test('that nobody answered is no edge', () => {
    const on = observing();
    on.frames(execFrame(), connectFrame(), closedFrame());
    on.tick();
    assert.deepEqual(on.edges, []);
  });
});

/** The shortest ClientHello that names a server. */
function hello(name: string): Buffer {
  const host = Buffer.from(name);
  const entry = Buffer.concat([Buffer.from([0, 0, host.length]), host]);
  const names = Buffer.concat([Buffer.from([0, entry.length]), entry]);
  const extension = Buffer.concat([Buffer.from([0, 0, 0, names.length]), names]);
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32),
    Buffer.from([0, 0, 2, 0x13, 1, 1, 0, 0, extension.length]),
    extension,
  ]);
  const message = Buffer.concat([Buffer.from([1, 0, body.length >> 8, body.length & 255]), body]);
  return Buffer.concat([Buffer.from([22, 3, 1, message.length >> 8, message.length & 255]), message]);
}

function dnsAnswer(): Buffer {
  const name = Buffer.from('\x04chat\x07example\0', 'latin1');
  const head = Buffer.from([0, 1, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 203, 0, 113, 9]);
  return Buffer.concat([head, name, Buffer.from([0, 1, 0, 1]), record]);
}
