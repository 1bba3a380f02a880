import assert from 'node:assert/strict';
import { type IncomingHttpHeaders, request } from 'node:http';
import { after, before, test } from 'node:test';
import { type RunningConsole, startConsole } from '../../console/console.ts';
import type { Part } from '../../console/health.ts';
import { Metrics } from '../../console/metrics.ts';

let parts: readonly Part[] = [];
let console: RunningConsole;
const metrics = new Metrics('1');
before(async () => {
  console = await startConsole({
    listen: { host: '127.0.0.1', port: 0 },
    names: ['weir.corp.example'],
    parts: () => parts,
    metrics,
    gather: async () =>
      metrics.report('1', { values: [{ name: 'weir_held_bytes', labels: [], value: 5 }], spreads: [] }),
    pages: null,
    api: null,
  });
});
after(() => console.close());

interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Got> {
  return new Promise((resolve, reject) => {
    const asking = request(`${console.url}${path}`, { headers, method, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
    });
    asking.on('error', reject).end();
  });
}

test('it is alive whatever its parts are, and ready when all of them work', async () => {
  parts = [
    { name: 'proxy', problem: null },
    { name: 'store', problem: 'the spool cannot be written' },
  ];
  assert.equal((await ask('/livez')).status, 200);
  const not = await ask('/readyz');
  assert.equal(not.status, 503);
  assert.deepEqual(JSON.parse(not.text), {
    ready: false,
    parts: { proxy: { ready: true, reason: null }, store: { ready: false, reason: 'the spool cannot be written' } },
  });
  parts = [{ name: 'proxy', problem: null }];
  const ready = await ask('/readyz');
  assert.deepEqual(
    [ready.status, JSON.parse(ready.text)],
    [200, { ready: true, parts: { proxy: { ready: true, reason: null } } }],
  );
});

test('a look at the metrics gathers what the processes have first', async () => {
  const got = await ask('/metrics');
  assert.equal(got.status, 200);
  assert.equal(got.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  assert.match(got.text, /^weir_held_bytes\{worker="1"\} 5$/m);
  const head = await ask('/metrics', {}, 'HEAD');
  assert.deepEqual([head.status, head.text], [200, '']);
});

test('the API asks for a token, any other path is not there, and nothing can be sent', async () => {
  for (const path of ['/api/v1', '/api/v1/events', '/api/v1/../v1/x'])
    assert.equal((await ask(path)).status, 401, path);
  for (const path of ['/', '/metrics/', '/API/v1', '/api/v10', '/livez/..', '//livez'])
    assert.equal((await ask(path)).status, 404, path);
  const post = await ask('/metrics', {}, 'POST');
  assert.deepEqual([post.status, post.headers.allow], [405, 'GET, HEAD']);
  assert.equal((await ask('/readyz?verbose=1')).status, 200);
});

test('a name that somebody else bent to this address is refused; its own names and addresses are taken', async () => {
  const { port } = console;
  for (const host of ['evil.example', `evil.example:${port}`, 'localhost.evil.example', '127.0.0.1.nip.example'])
    assert.equal((await ask('/metrics', { Host: host })).status, 421, host);
  for (const host of [
    'localhost',
    `LOCALHOST.:${port}`,
    `127.0.0.1:${port}`,
    '10.1.2.3',
    '[::1]:8788',
    'weir.corp.example',
  ])
    assert.equal((await ask('/livez', { Host: host })).status, 200, host);
});

test('no answer may be read by a page of another origin, or stands in a frame', async () => {
  for (const path of ['/metrics', '/readyz', '/', '/api/v1/events']) {
    const { headers } = await ask(path, { Origin: 'https://evil.example' });
    const cors = Object.keys(headers).filter((name) => name.startsWith('access-control-'));
    assert.deepEqual(cors, [], path);
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'/);
  }
});

test('a port that is taken is said to be', async () => {
  const options = { names: [], parts: () => [], metrics, gather: async () => {}, pages: null, api: null };
  await assert.rejects(startConsole({ ...options, listen: { host: '127.0.0.1', port: console.port } }), {
    code: 'port_taken',
    message: /^console\.listen: 127\.0\.0\.1:\d+ .*EADDRINUSE/,
  });
});
