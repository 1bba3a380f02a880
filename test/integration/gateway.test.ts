import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { WeirError } from '../../flow/errors.ts';
import { OPENAI, startUnderTest, type UnderTest } from '../support/weir-under-test.ts';
import { connectPlain, connectThrough, jsonRequest, type WireAnswer } from '../support/wire.ts';

const TOKEN = 'a-token-for-this-test';
const CHAT = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Name three rivers.' }] };
const PATH = '/openai/v1/chat/completions';

let weir: UnderTest;
before(async () => {
  weir = await startUnderTest({
    config: {
      proxy: { names: ['weir.internal'], origins: ['https://app.example'] },
      apps: [{ name: 'billing', token: `sha256:${createHash('sha256').update(TOKEN).digest('hex')}` }],
    },
  });
});
after(() => weir.close());

async function ask(bytes: string | Buffer): Promise<WireAnswer> {
  const wire = await connectPlain(weir.port);
  wire.write(bytes);
  const answer = await wire.answer('POST');
  wire.destroy();
  return answer;
}

for (const host of ['127.0.0.1:PORT', 'localhost:PORT', '[::1]:PORT', 'weir.internal', 'WEIR.internal:PORT']) {
  test(`a Host that is the listener's own is answered: ${host}`, async () => {
    const answer = await ask(jsonRequest('POST', PATH, host.replace('PORT', String(weir.port)), CHAT));
    assert.equal(answer.status, 200);
  });
}

for (const host of [
  'evil.example',
  `evil.example:80`,
  '169.254.169.254',
  'weir.internal.evil.example',
  '127.0.0.1.evil.example',
]) {
  test(`any other Host is 421, so that no name can be rebound to this listener: ${host}`, async () => {
    const before = weir.standIn.requests.length;
    const answer = await ask(jsonRequest('POST', PATH, host, CHAT));
    assert.equal(answer.status, 421);
    assert.equal(weir.standIn.requests.length, before);
  });
}

test("a browser's Origin is refused unless it is listed", async () => {
  const host = `127.0.0.1:${weir.port}`;
  const before = weir.standIn.requests.length;
  for (const origin of ['https://evil.example', 'null', 'http://app.example']) {
    const answer = await ask(jsonRequest('POST', PATH, host, CHAT, `Origin: ${origin}\r\n`));
    assert.equal(answer.status, 403, origin);
  }
  assert.equal(weir.standIn.requests.length, before);
  assert.equal((await ask(jsonRequest('POST', PATH, host, CHAT, 'Origin: https://app.example\r\n'))).status, 200);
});

test('a path that is no provider is 404 with a sentence that says how paths look', async () => {
  const answer = await ask(jsonRequest('POST', '/nowhere/v1/x', `127.0.0.1:${weir.port}`, CHAT));
  assert.equal(answer.status, 404);
  assert.match(answer.text, /openai/);
});

test('an app is known by its token, and a wrong token is 401 on the gateway and 407 on the forward proxy', async () => {
  const host = `127.0.0.1:${weir.port}`;
  const known = await ask(jsonRequest('POST', PATH, host, CHAT, `x-weir-app: billing:${TOKEN}\r\n`));
  assert.equal(known.status, 200);
  const event = await weir.event(known.header('x-weir-event'));
  assert.equal(event.source.app, 'billing');
  assert.equal(event.source.verified, true);
  assert.equal((await ask(jsonRequest('POST', PATH, host, CHAT, 'x-weir-app: billing:wrong\r\n'))).status, 401);
  const wrong = Buffer.from('billing:wrong').toString('base64');
  await assert.rejects(
    connectThrough(weir.port, OPENAI, weir.ca, { headers: `Proxy-Authorization: Basic ${wrong}\r\n` }),
    /CONNECT was answered 407/,
  );
});

test('a label without a token is recorded as unverified', async () => {
  const label = Buffer.from('reports:').toString('base64');
  const wire = await connectThrough(weir.port, OPENAI, weir.ca, { headers: `Proxy-Authorization: Basic ${label}\r\n` });
  wire.write(jsonRequest('POST', '/v1/chat/completions', OPENAI, CHAT));
  const answer = await wire.answer('POST');
  wire.destroy();
  const event = await weir.event(answer.header('x-weir-event'));
  assert.equal(event.source.app, 'reports');
  assert.equal(event.source.verified, false);
  assert.ok(!weir.standIn.requests.at(-1)?.headers.some((name) => /^proxy-authorization$/i.test(name)));
});

test('a listener off loopback does not start without app tokens or proxy.open', async () => {
  const failed = await startUnderTest({ config: { proxy: { listen: '0.0.0.0:0' } } }).then(
    async (started) => started.close().then(() => null),
    (error: unknown) => error,
  );
  assert.ok(failed instanceof WeirError);
  assert.equal(failed.code, 'listener_open');
});

test('off loopback a call without a valid token is 407 on the forward proxy and 401 on the gateway', async () => {
  const apps = [{ name: 'billing', token: `sha256:${createHash('sha256').update(TOKEN).digest('hex')}` }];
  const off = await startUnderTest({ config: { proxy: { listen: '0.0.0.0:0' }, apps } });
  try {
    await assert.rejects(connectThrough(off.port, OPENAI, off.ca), /CONNECT was answered 407/);
    const wire = await connectPlain(off.port);
    wire.write(jsonRequest('POST', PATH, `127.0.0.1:${off.port}`, CHAT));
    assert.equal((await wire.answer('POST')).status, 401);
    wire.write(jsonRequest('POST', PATH, `127.0.0.1:${off.port}`, CHAT, `x-weir-app: billing:${TOKEN}\r\n`));
    const status = (await wire.answer('POST').catch(() => null))?.status ?? 'closed';
    assert.ok(status === 200 || status === 'closed');
    wire.destroy();
    const token = Buffer.from(`billing:${TOKEN}`).toString('base64');
    const known = await connectThrough(off.port, OPENAI, off.ca, {
      headers: `Proxy-Authorization: Basic ${token}\r\n`,
    });
    known.write(jsonRequest('POST', '/v1/chat/completions', OPENAI, CHAT));
    assert.equal((await known.answer('POST')).status, 200);
    known.destroy();
  } finally {
    await off.close();
  }
});
