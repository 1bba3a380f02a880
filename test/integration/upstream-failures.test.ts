import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startStandIn } from '../../cli/demo/stand-in.ts';
import { loadOrCreateAuthority } from '../../proxy/tls/authority.ts';
import { providerAnswers } from '../support/provider-answers.ts';
import { ANTHROPIC, GEMINI, OPENAI, startUnderTest, type UnderTest } from '../support/weir-under-test.ts';
import { connectPlain, connectThrough, jsonRequest, type WireAnswer } from '../support/wire.ts';

const CHAT = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Name three rivers.' }] };

/** Takes connections and never says a word. */
const silent = net.createServer(() => {});
/** Takes a connection and answers something that is not TLS. */
const notTls = net.createServer((socket) => {
  socket.on('error', () => socket.destroy());
  socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.6\r\n'));
});

let weir: UnderTest;
let untrusted: Awaited<ReturnType<typeof startStandIn>>;
before(async () => {
  for (const server of [silent, notTls]) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
  const closed = net.createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const closedPort = portOf(closed);
  closed.close();
  const limits = { connectMs: '2s', tlsMs: '300ms', firstByteMs: '300ms' };
  weir = await startUnderTest({
    config: {
      proxy: {
        limits,
        resolve: {
          'api.groq.com:443': `127.0.0.1:${closedPort}`,
          'api.mistral.ai:443': `127.0.0.1:${portOf(silent)}`,
          'api.cohere.com:443': `127.0.0.1:${portOf(notTls)}`,
        },
      },
    },
    hosts: ['wrong-name.weir-test.example:443'],
  });
  untrusted = await startStandIn(loadOrCreateAuthority(join(weir.folder, 'other-ca')), providerAnswers());
});
after(async () => {
  silent.close();
  notTls.close();
  await untrusted.close();
  await weir.close();
});

function portOf(server: net.Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function post(host: string, target = '/v1/chat/completions', body: object = CHAT): Promise<WireAnswer> {
  const wire = await connectThrough(weir.port, host, weir.ca);
  wire.write(jsonRequest('POST', target, host, body));
  const answer = await wire.answer('POST');
  wire.destroy();
  return answer;
}

function errorOf(answer: WireAnswer): Readonly<Record<string, unknown>> {
  return (JSON.parse(answer.text) as { error: Record<string, unknown> }).error;
}

test('an upstream that is down is a 502 in the shape of the provider, with the reason in the event', async () => {
  const answer = await post('api.groq.com');
  assert.equal(answer.status, 502);
  assert.equal(errorOf(answer)['code'], 'upstream_unreachable');
  const event = await weir.event(answer.header('x-weir-event'));
  assert.equal(event.outcome, 'upstream_failed');
  assert.equal(event.status, 502);
  assert.match(event.reason ?? '', /^502 .*api\.groq\.com:443/);
});

test('an upstream that is silent in the TLS handshake is a 504 that names the limit', async () => {
  const answer = await post('api.mistral.ai');
  assert.equal(answer.status, 504);
  assert.match(answer.text, /tlsMs/);
  const event = await weir.event(answer.header('x-weir-event'));
  assert.equal(event.outcome, 'upstream_failed');
  assert.match(event.reason ?? '', /^504 .*tlsMs/);
});

test('an upstream that does not answer in time is a 504 that names the limit', async () => {
  weir.standIn.use(() => {});
  const answer = await post(OPENAI);
  weir.standIn.use(providerAnswers());
  assert.equal(answer.status, 504);
  assert.match(answer.text, /firstByteMs/);
});

test('an upstream that does not speak TLS is a 502', async () => {
  const answer = await post('api.cohere.com');
  assert.equal(answer.status, 502);
  assert.equal((await weir.event(answer.header('x-weir-event'))).outcome, 'upstream_failed');
});

test('an upstream that closes before an answer is a 502 and is not asked again for a POST', async () => {
  let asked = 0;
  weir.standIn.use(async ({ request, received }) => {
    await received;
    asked += 1;
    request.socket.destroy();
  });
  const answer = await post(OPENAI);
  weir.standIn.use(providerAnswers());
  assert.equal(answer.status, 502);
  assert.equal(asked, 1);
  assert.equal(errorOf(answer)['code'], 'upstream_reset');
});

test("the failure is in Anthropic's and in Gemini's shape towards them", async () => {
  weir.standIn.use(({ request }) => void request.socket.destroy());
  const anthropic = await post(ANTHROPIC, '/v1/messages', { model: 'claude', max_tokens: 1, messages: CHAT.messages });
  assert.equal(anthropic.status, 502);
  const body = JSON.parse(anthropic.text) as { type: string; error: { type: string; message: string } };
  assert.equal(body.type, 'error');
  assert.equal(typeof body.error.message, 'string');
  const gemini = await post(GEMINI, '/v1beta/models/gemini-2.5-pro:generateContent', {
    contents: [{ role: 'user', parts: [{ text: 'hi' }] }],
  });
  weir.standIn.use(providerAnswers());
  assert.equal(gemini.status, 502);
  assert.equal(errorOf(gemini)['code'], 502);
});

test('an upstream whose certificate no trusted authority signed is a 502, and nothing is sent to it', async () => {
  const other = await startUnderTest({ config: { proxy: { resolve: { [`${OPENAI}:443`]: untrusted.address } } } });
  try {
    const wire = await connectThrough(other.port, OPENAI, other.ca);
    wire.write(jsonRequest('POST', '/v1/chat/completions', OPENAI, CHAT));
    const answer = await wire.answer('POST');
    wire.destroy();
    assert.equal(answer.status, 502);
    assert.equal(errorOf(answer)['code'], 'upstream_untrusted');
    assert.equal(untrusted.requests.length, 0);
    assert.match((await other.event(answer.header('x-weir-event'))).reason ?? '', /^502 .*certificate/);
  } finally {
    await other.close();
  }
});

test('private addresses are not reached unless they are named', async () => {
  const wire = await connectThrough(weir.port, 'localhost', weir.ca, { targetPort: weir.standIn.port });
  wire.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const before = weir.standIn.requests.length;
  const answer = await wire.answer();
  wire.destroy();
  assert.ok(answer.status === 403 || answer.status === 502, `status ${answer.status}`);
  assert.match(answer.text, /address_forbidden|does not reach/);
  assert.equal(weir.standIn.requests.length, before);
});

test('the proxy does not call itself', async () => {
  const wire = await connectPlain(weir.port);
  wire.write(`GET http://127.0.0.1:${weir.port}/x HTTP/1.1\r\nHost: 127.0.0.1:${weir.port}\r\n\r\n`);
  const answer = await wire.answer();
  wire.destroy();
  assert.ok(answer.status >= 400, `status ${answer.status}`);
});
