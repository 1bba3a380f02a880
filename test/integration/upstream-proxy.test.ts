/** Weir behind another proxy: how it asks, what it lets that one resolve, what it does without it, and how it fails. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { loadOrCreateAuthority } from '../../proxy/tls/authority.ts';
import { type CorpProxy, freePort, portOf, startCorpProxy } from '../support/corp-proxy.ts';
import { OPENAI, startUnderTest, type UnderTest } from '../support/weir-under-test.ts';
import { connectPlain, connectThrough, jsonRequest, type WireAnswer } from '../support/wire.ts';

const MISTRAL = 'api.mistral.ai';
const PLAIN = 'plain.weir-test.example';
const PRIVATE = 'private.weir-test.example';
const CREDENTIAL = ['corp', 'pa ss@word'] as const;
const CHAT = { model: 'mistral-small', messages: [{ role: 'user', content: 'Name three rivers.' }] };

const origin = http.createServer((request, response) => {
  request.resume();
  const text = JSON.stringify({ url: request.url, host: request.headers.host, names: request.rawHeaders });
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length }).end(text);
});
let standInPort = 0;
const leads = (place: string): number | null => {
  if (place.endsWith(':443')) return place.startsWith('blocked.') ? null : standInPort;
  return place.startsWith(PLAIN) || place.startsWith(PRIVATE) ? portOf(origin) : null;
};

before(async () => {
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
});
after(() => {
  origin.close();
  origin.closeAllConnections();
});

async function behind(
  scheme: 'http' | 'https' | 'socks5',
  password: string,
): Promise<{ corp: CorpProxy; weir: UnderTest }> {
  const [user] = CREDENTIAL;
  const port = await freePort();
  // The stand-in's authority lies in the place of the test, so that the proxy behind can be made after it.
  const url = `${scheme}://${user}:${encodeURIComponent(password)}@localhost:${port}`;
  const weir = await startUnderTest({
    config: {
      proxy: { upstream: { ca: ['provider-ca.pem'], proxy: url } },
      destinations: [{ hosts: [`${PRIVATE}:80`], private: true }],
    },
  });
  standInPort = weir.standIn.port;
  const authority = loadOrCreateAuthority(join(weir.folder, 'provider-ca'));
  const secured = scheme === 'https' ? { tls: { authority, name: 'localhost' } } : {};
  const corp = await startCorpProxy({ leads, credential: CREDENTIAL.join(':'), port, ...secured });
  return { corp, weir };
}

async function chat(weir: UnderTest, host: string): Promise<WireAnswer> {
  const wire = await connectThrough(weir.port, host, weir.ca);
  wire.write(jsonRequest('POST', '/v1/chat/completions', host, CHAT));
  const answer = await wire.answer('POST');
  wire.destroy();
  return answer;
}

async function plain(weir: UnderTest, url: string): Promise<WireAnswer> {
  const wire = await connectPlain(weir.port);
  wire.write(`GET ${url} HTTP/1.1\r\nHost: ${new URL(url).host}\r\nConnection: close\r\n\r\n`);
  const answer = await wire.answer();
  wire.destroy();
  return answer;
}

for (const scheme of ['http', 'https', 'socks5'] as const) {
  describe(`behind a proxy by ${scheme}`, () => {
    let corp: CorpProxy;
    let weir: UnderTest;
    before(async () => {
      ({ corp, weir } = await behind(scheme, CREDENTIAL[1]));
    });
    after(async () => {
      await weir.close();
      await corp.close();
    });

    test('a call by TLS goes through a tunnel to the name, which is not resolved here', async () => {
      corp.asked.length = 0;
      const answer = await chat(weir, MISTRAL);
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(corp.asked, [`${scheme === 'socks5' ? 'SOCKS' : 'CONNECT'} ${MISTRAL}:443`]);
      assert.equal(weir.standIn.requests.at(-1)?.target, '/v1/chat/completions');
      const event = await weir.event(answer.header('x-weir-event'));
      assert.equal(event.destination.host, MISTRAL);
    });

    test('plain HTTP goes in absolute form through HTTP, and as it is through SOCKS5', async () => {
      corp.asked.length = 0;
      const answer = await plain(weir, `http://${PLAIN}/a?b`);
      assert.equal(answer.status, 200, answer.text);
      const got = JSON.parse(answer.text) as { host: string; names: string[] };
      assert.equal(got.host, PLAIN);
      assert.ok(!got.names.some((name) => name.toLowerCase() === 'proxy-authorization'));
      assert.deepEqual(corp.asked, [scheme === 'socks5' ? `SOCKS ${PLAIN}:80` : `GET http://${PLAIN}/a?b`]);
    });

    test('what the configuration places on this side goes without it', async () => {
      corp.asked.length = 0;
      assert.equal((await chat(weir, OPENAI)).status, 200);
      assert.deepEqual(corp.asked, []);
      // Its name does not resolve here: that is what fails, and the proxy is not asked.
      const answer = await plain(weir, `http://${PRIVATE}/`);
      assert.equal(answer.status, 502);
      assert.match(answer.text, /could not be resolved/);
      assert.deepEqual(corp.asked, []);
    });

    test('a refusal of it is an error that names it', async () => {
      const answer = await chat(weir, 'blocked.weir-test.example');
      assert.equal(answer.status, 502);
      assert.match(
        answer.text,
        /the proxy localhost:\d+ \(proxy\.upstream\.proxy\) made no tunnel to blocked\.weir-test\.example:443/,
      );
    });

    test('addresses and names of this host are not asked of it', async () => {
      corp.asked.length = 0;
      for (const url of [
        'http://127.0.0.1:9/',
        'http://169.254.169.254/',
        'http://localhost:9/',
        'http://a.localhost/',
        'http://[::1]:9/',
      ]) {
        const answer = await plain(weir, url);
        assert.equal(answer.status, 403, `${url} ${answer.text}`);
      }
      assert.deepEqual(corp.asked, []);
    });

    test('no tunnel of a client leads to it', async () => {
      const wire = await connectPlain(weir.port);
      wire.write(`CONNECT localhost:${corp.port} HTTP/1.1\r\nHost: localhost:${corp.port}\r\n\r\n`);
      assert.equal((await wire.answer()).status, 403);
      wire.destroy();
    });
  });

  test(`a proxy by ${scheme} that does not accept the password is named, and its 407 reaches no client`, async () => {
    const { corp, weir } = await behind(scheme, 'wrong');
    try {
      const answer = await chat(weir, MISTRAL);
      assert.equal(answer.status, 502);
      assert.match(
        answer.text,
        /the proxy localhost:\d+ \(proxy\.upstream\.proxy\) does not accept the user and password/,
      );
      assert.doesNotMatch(answer.text, /wrong/);
      const other = await plain(weir, `http://${PLAIN}/`);
      assert.equal(other.status, 502, other.text);
      assert.match(other.text, /does not accept the user and password/);
      const event = await weir.event(other.header('x-weir-event'));
      assert.equal(event.outcome, 'upstream_failed');
    } finally {
      await weir.close();
      await corp.close();
    }
  });
}
