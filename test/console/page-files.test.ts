import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Pages } from '../../console/pages.ts';
import { afterwards, temporaryFolder } from '../store/samples.ts';

async function served(t: TestContext, folder: string) {
  const pages = new Pages(folder);
  const server = createServer((asked, response) => {
    const path = (asked.url ?? '').split('?', 1)[0] ?? '';
    if (pages.answer(asked, response, path)) return;
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterwards(t, () => server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return (path: string, headers: Record<string, string> = {}) =>
    new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
      const asking = request({ port, host: '127.0.0.1', path, headers, agent: false }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
      });
      asking.on('error', reject).end();
    });
}

function built(t: TestContext): string {
  const folder = join(temporaryFolder(t), 'dist');
  mkdirSync(join(folder, 'assets'), { recursive: true });
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Weir</title>');
  writeFileSync(join(folder, 'assets', 'index-BZnlMcRY.js'), 'export {};');
  writeFileSync(join(folder, '.built-from'), 'x');
  writeFileSync(join(folder, '..', 'secret.json'), '{}');
  return folder;
}

test('a page by any name is the document, and nothing may run on it but files of its own', async (t) => {
  const ask = await served(t, built(t));
  for (const path of ['/', '/map', '/blocked?action=block', '/signin']) {
    const got = await ask(path);
    assert.equal(got.status, 200, path);
    assert.equal(got.headers['content-type'], 'text/html; charset=utf-8');
    assert.equal(got.headers['cache-control'], 'no-cache');
    const policy = String(got.headers['content-security-policy']);
    assert.match(policy, /default-src 'none'; script-src 'self';/);
    assert.doesNotMatch(policy, /unsafe|data:|\*/);
  }
});

test('files that carry a digest are kept for ever, and asked for again only when they changed', async (t) => {
  const ask = await served(t, built(t));
  const got = await ask('/assets/index-BZnlMcRY.js');
  assert.equal(got.headers['cache-control'], 'public, max-age=31536000, immutable');
  assert.equal(got.headers['content-type'], 'text/javascript; charset=utf-8');
  const again = await ask('/assets/index-BZnlMcRY.js', { 'If-None-Match': String(got.headers['etag']) });
  assert.deepEqual([again.status, again.text], [304, '']);
});

test('no path leads out of the folder, or to a file that is not of the pages', async (t) => {
  const ask = await served(t, built(t));
  const paths = [
    '/../secret.json',
    '/assets/../../secret.json',
    '/%2e%2e/secret.json',
    '/..%2fsecret.json',
    '/.built-from',
    '/secret.json',
    '/assets/',
    '/index.html/..',
    '//etc/passwd',
    '/assets/index-BZnlMcRY.js%00',
    '/Map',
    '/a/b',
  ];
  for (const path of paths) assert.equal((await ask(path)).status, 404, path);
});

test('where the pages are not built it is said, and they are found once they are', async (t) => {
  const folder = join(temporaryFolder(t), 'dist');
  const ask = await served(t, folder);
  const none = await ask('/');
  assert.equal(none.status, 503);
  assert.match(none.text, /not built/);
  mkdirSync(folder);
  writeFileSync(join(folder, 'index.html'), 'built');
  assert.equal((await ask('/map')).text, 'built');
});
