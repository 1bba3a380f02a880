/** What the proxy's own address shows, directly and through the proxy, and how a refusal reaches a browser. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { runInNewContext } from 'node:vm';
import { CARD } from '../support/planted.ts';
import { OPENAI, startUnderTest, type UnderTest } from '../support/weir-under-test.ts';
import { connectPlain, connectThrough, jsonRequest, type WireAnswer } from '../support/wire.ts';

let weir: UnderTest;
before(async () => {
  weir = await startUnderTest();
});
after(() => weir.close());

async function direct(target: string, headers = '', method = 'GET'): Promise<WireAnswer> {
  const wire = await connectPlain(weir.port);
  wire.write(`${method} ${target} HTTP/1.1\r\nHost: 127.0.0.1:${weir.port}\r\n${headers}\r\n`);
  const answer = await wire.answer(method);
  wire.destroy();
  return answer;
}

async function through(url: string): Promise<WireAnswer> {
  const { host, pathname, search, protocol } = new URL(url);
  const isTls = protocol === 'https:';
  const wire = isTls ? await connectThrough(weir.port, host, weir.ca) : await connectPlain(weir.port);
  wire.write(`GET ${isTls ? pathname + search : url} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  const answer = await wire.answer();
  wire.destroy();
  return answer;
}

describe('the own pages', () => {
  it('say in text how to route, and in a page without a script when a browser asks', async () => {
    const text = await direct('/');
    assert.match(text.text, new RegExp(`HTTPS_PROXY=http://127\\.0\\.0\\.1:${weir.port}`));
    const page = await direct('/', 'Accept: text/html,*/*;q=0.8\r\n');
    assert.equal(page.header('content-type'), 'text/html; charset=utf-8');
    assert.match(page.text, /<h1>Weir<\/h1>/);
    assert.doesNotMatch(page.text, /<script/);
    assert.match(page.header('content-security-policy') ?? '', /^default-src 'none'; style-src 'sha256-/);
  });

  it('serve the public certificate in three forms, and never the key', async () => {
    const certificate = new X509Certificate(weir.ca);
    const pem = await direct('/ca.pem');
    assert.equal(new X509Certificate(pem.body).fingerprint256, certificate.fingerprint256);
    const der = await direct('/ca.crt');
    assert.equal(der.header('content-type'), 'application/x-x509-ca-cert');
    assert.ok(der.body.equals(certificate.raw));
    const profile = await direct('/ca.mobileconfig');
    assert.equal(profile.header('content-type'), 'application/x-apple-aspen-config');
    const data = /<data>([^<]+)<\/data>/.exec(profile.text)?.[1] ?? '';
    assert.ok(Buffer.from(data, 'base64').equals(certificate.raw));
    assert.match(profile.text, /com\.apple\.security\.root/);
    for (const answer of [pem, der, profile]) assert.doesNotMatch(answer.body.toString('latin1'), /PRIVATE KEY/);
    for (const path of ['/ca.key', '/ca/ca.key', '/../ca.key', '/%2e%2e/ca.key']) {
      assert.equal((await direct(path)).status, 404, path);
    }
  });

  it('are read only', async () => {
    const answer = await direct('/ca.pem', 'Content-Length: 0\r\n', 'POST');
    assert.deepEqual([answer.status, answer.header('allow')], [405, 'GET, HEAD']);
    const head = await direct('/ca.pem', '', 'HEAD');
    assert.deepEqual([head.status, head.body.length], [200, 0]);
    assert.ok(Number(head.header('content-length')) > 400);
  });

  it('have images that only a routed browser loads, the second one only where it trusts the authority', async () => {
    for (const name of ['routed', 'trusted']) assert.equal((await direct(`/${name}.svg`)).status, 404);
    const routed = await through('http://weir.local/routed.svg');
    assert.deepEqual([routed.status, routed.header('content-type')], [200, 'image/svg+xml']);
    assert.equal((await through('https://weir.local/trusted.svg')).status, 200);
    assert.match((await through('http://weir.local/ca.pem')).text, /^-----BEGIN CERTIFICATE-----/);
  });

  it('have a proxy.pac for the hosts of GenAI providers, and one for all', async () => {
    const proxyFor = async (target: string, url: string): Promise<unknown> => {
      const { text } = await direct(target);
      const shExpMatch = (host: string, glob: string) =>
        new RegExp(`^${glob.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`).test(host);
      const isPlainHostName = (host: string) => !host.includes('.');
      const code = `${text};FindProxyForURL(${JSON.stringify(url)}, ${JSON.stringify(new URL(url).hostname)})`;
      return runInNewContext(code, { shExpMatch, isPlainHostName });
    };
    const proxy = `PROXY 127.0.0.1:${weir.port}`;
    for (const url of ['https://api.openai.com/v1', 'https://API.Anthropic.com/', 'http://weir.local/']) {
      assert.equal(await proxyFor('/proxy.pac', url), proxy, url);
    }
    for (const url of ['https://example.com/', 'http://localhost:11434/', 'http://127.0.0.1/', 'http://intranet/']) {
      assert.equal(await proxyFor('/proxy.pac', url), 'DIRECT', url);
    }
    assert.equal(await proxyFor('/proxy.pac?all', 'https://example.com/'), proxy);
    assert.equal(await proxyFor('/proxy.pac?all', 'http://169.254.169.254/'), 'DIRECT');
    const { text } = await through('http://weir.local/proxy.pac');
    assert.match(text, new RegExp(`PROXY 127\\.0\\.0\\.1:${weir.port}`));
  });
});

describe('a refusal', () => {
  const ask = async (head: string): Promise<WireAnswer> => {
    const wire = await connectThrough(weir.port, OPENAI, weir.ca);
    const body = { model: 'gpt-4o', messages: [{ role: 'user', content: `card ${CARD}` }] };
    wire.write(jsonRequest('POST', '/v1/chat/completions', OPENAI, body, head));
    const answer = await wire.answer('POST');
    wire.destroy();
    return answer;
  };

  it('carries the headers by which a page of another origin may read it', async () => {
    const answer = await ask('Origin: https://app.example\r\nSec-Fetch-Mode: cors\r\n');
    assert.equal(answer.status, 400);
    assert.equal(answer.header('access-control-allow-origin'), 'https://app.example');
    assert.equal(answer.header('access-control-allow-credentials'), 'true');
    assert.match(answer.header('access-control-expose-headers') ?? '', /x-weir-event/);
    assert.equal(answer.header('vary'), 'Origin');
    assert.equal(JSON.parse(answer.text).error.code, 'weir_blocked');
  });

  it('does not repeat what is no origin, and says nothing of origins to programs', async () => {
    assert.equal((await ask('Origin: https://a.example evil\r\n')).header('access-control-allow-origin'), null);
    assert.equal((await ask('')).header('access-control-allow-origin'), null);
  });

  it('is a page for a person who navigated', async () => {
    const answer = await ask('Sec-Fetch-Mode: navigate\r\nAccept: text/html\r\n');
    assert.deepEqual([answer.status, answer.header('content-type')], [400, 'text/html; charset=utf-8']);
    assert.match(answer.text, /Stopped by Weir.*Blocked by policy .*CREDIT_CARD.*event [0-9A-Z]{26}/s);
    assert.equal(answer.headers.filter((name) => name.toLowerCase() === 'content-type').length, 1);
    assert.doesNotMatch(answer.text, /4111/);
  });
});

const noBrowser =
  spawnSync('chromium', ['--version']).status === 0 && spawnSync('certutil').error === undefined
    ? false
    : 'no chromium with certutil on this host';

describe('in Chromium', { skip: noBrowser }, () => {
  it('the page shows that it is routed, and that it trusts only once it does', { timeout: 120_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'weir-page-'));
    try {
      const caFile = join(folder, 'ca.pem');
      writeFileSync(caFile, weir.ca);
      const database = join(folder, '.pki/nssdb');
      mkdirSync(database, { recursive: true });
      const at = ['-d', `sql:${database}`];
      spawnSync('certutil', [...at, '-N', '--empty-password']);
      const loads = async (): Promise<string> => {
        const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--dump-dom'];
        const proxy = `--proxy-server=http://127.0.0.1:${weir.port}`;
        const profile = `--user-data-dir=${mkdtempSync(join(folder, 'profile-'))}`;
        const { stdout } = await promisify(execFile)('chromium', [...args, proxy, profile, 'https://weir.local/'], {
          env: { PATH: process.env['PATH'], HOME: folder },
        });
        return stdout;
      };
      assert.doesNotMatch(await loads(), /<h1>Weir<\/h1>/);
      spawnSync('certutil', [...at, '-A', '-t', 'C,,', '-n', 'weir', '-i', caFile]);
      assert.match(await loads(), /<h1>Weir<\/h1>/);
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  });
});
