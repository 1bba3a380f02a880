import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { proxyUrl, routingOf } from '../../cli/routing.ts';
import { startTerminatingProxy, type TerminatingProxy } from './run-terminating-proxy.ts';

const ROOT = join(import.meta.dirname, '../..');
const OPENAI = pathToFileURL(join(ROOT, 'node_modules/openai/index.mjs')).href;

/** A Node of this host that does not read NODE_USE_ENV_PROXY for all it does: older than 22.21 and 24.5. */
function olderNode(): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/bin', '/usr/bin'];
  for (const folder of new Set(folders)) {
    const file = join(folder, 'node');
    if (!existsSync(file)) continue;
    const version = spawnSync(file, ['--version'], { env: {}, encoding: 'utf8' })
      .stdout.slice(1)
      .split('.')
      .map(Number);
    const [major = 0, minor = 0] = version;
    // From 18 on there is fetch, and the openai package runs.
    if (major >= 18 && (major < 22 || (major === 22 && minor < 21) || major === 23)) return file;
  }
  return null;
}

const HELPERS = `
  const https = require('https');
  const http = require('http');
  const ask = (module, url, options = {}) => new Promise((resolve) => {
    module.get(url, options, (response) => {
      let text = '';
      response.on('data', (part) => { text += part; }).on('end', () => resolve(response.statusCode));
    }).on('error', (error) => resolve(error.code));
  });
  const ended = () => process.exit(0);
`;

let proxy: TerminatingProxy;
let local: Server;
let localPort: number;
let localRequests = 0;
before(async () => {
  proxy = await startTerminatingProxy();
  local = createServer((_, response) => {
    localRequests += 1;
    response.end('local');
  }).listen(0, '127.0.0.1');
  await once(local, 'listening');
  localPort = (local.address() as AddressInfo).port;
});
after(async () => {
  local.close();
  await proxy.close();
});
beforeEach(() => {
  proxy.asked.length = 0;
  proxy.received.length = 0;
  proxy.answer = 200;
  localRequests = 0;
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program with what `weir run` sets, and nothing of what this test runs with. */
async function routed(node: string, args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const env = { PATH: process.env['PATH'], ...more };
  const url = proxyUrl({ host: '127.0.0.1', port: proxy.port }, 'agent', null);
  const caFolder = join(proxy.folder, 'home', 'ca');
  const { variables } = routingOf({ proxy: url, caFolder, caPath: proxy.caPath, env });
  const child = spawn(node, args, { env: { ...env, ...variables }, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

const older = olderNode();
const nodes = [
  { name: 'this Node', file: process.execPath, skip: false },
  { name: 'an older Node', file: older ?? '', skip: older === null ? 'no Node before 22.21 on this host' : false },
];

for (const { name, file, skip } of nodes) {
  describe(`the preload in ${name}`, { skip }, () => {
    const script = (body: string, more?: NodeJS.ProcessEnv) =>
      routed(file, ['-e', `${HELPERS}(async () => {${body}})().then(ended)`], more);

    it('routes fetch, with the label, the certificate verified', async () => {
      const { stdout, stderr } = await script(`
        const answer = await fetch('https://api.example/v1/x', { method: 'POST', body: 'z'.repeat(70000) });
        const json = await answer.json();
        console.log(json.choices[0].message.content);
      `);
      assert.equal(stdout, 'hello from upstream\n', stderr);
      assert.deepEqual(proxy.asked, ['CONNECT api.example:443 agent:']);
      assert.deepEqual(proxy.received, [`POST api.example /v1/x ${'z'.repeat(70_000)}`]);
    });

    it('routes https.get, and http.get of plain hosts', async () => {
      const { stdout } = await script(`
        console.log(await ask(https, 'https://api.example/a?b=c'), await ask(http, 'http://plain.example/d'));
      `);
      assert.equal(stdout, '200 200\n');
      assert.equal(proxy.asked[0], 'CONNECT api.example:443 agent:');
      // Tunnelled by the preload, in absolute form by a Node that does it itself.
      assert.match(proxy.asked[1] ?? '', /^(?:CONNECT plain\.example:80|GET http:\/\/plain\.example\/d) agent:$/);
      assert.equal(proxy.received[0], 'GET api.example /a?b=c ');
    });

    it('routes agents that a library makes for itself, kept-alive sockets and agent: false included', async () => {
      const { stdout } = await script(`
        const agent = new https.Agent({ keepAlive: true });
        console.log(await ask(https, 'https://one.example/', { agent }), await ask(https, 'https://one.example/', { agent }));
        console.log(await ask(https, 'https://two.example/', { agent: false }));
        console.log(await ask(http, 'http://three.example/', { agent: new http.Agent() }));
      `);
      assert.equal(stdout, '200 200\n200\n200\n');
      assert.deepEqual(proxy.asked, [
        'CONNECT one.example:443 agent:',
        'CONNECT two.example:443 agent:',
        'CONNECT three.example:80 agent:',
      ]);
      assert.equal(proxy.received.length, 4);
    });

    it('routes agents that want their socket in the same call, as agentkeepalive does', async () => {
      const { stdout, stderr } = await script(`
        class Own extends https.Agent {
          createConnection(options, callback) {
            const socket = super.createConnection(options, callback);
            socket.setNoDelay(true).setKeepAlive(true).setTimeout(60000);
            return socket;
          }
        }
        const agent = new Own({ keepAlive: true });
        console.log(await ask(https, 'https://one.example/', { agent }), await ask(https, 'https://one.example/', { agent }));
      `);
      assert.equal(stdout, '200 200\n', stderr);
      assert.deepEqual(proxy.asked, ['CONNECT one.example:443 agent:']);
      assert.equal(proxy.received.length, 2);
    });

    it('reaches an address with a certificate for the address', async () => {
      const { stdout } = await script(`
        console.log((await fetch('https://192.0.2.7/')).status, await ask(https, 'https://[2001:db8::7]/'));
      `);
      assert.equal(stdout, '200 200\n');
      assert.deepEqual(proxy.asked, ['CONNECT 192.0.2.7:443 agent:', 'CONNECT [2001:db8::7]:443 agent:']);
    });

    it('leaves this host and the hosts of NO_PROXY alone', async () => {
      const { stdout } = await script(
        `
        const base = 'http://127.0.0.1:${localPort}/';
        console.log((await fetch(base)).status, await ask(http, base), await ask(http, base, { agent: new http.Agent() }));
        const kept = await ask(https, 'https://kept.invalid/', { agent: new https.Agent() });
        const below = await ask(https, 'https://a.below.invalid/', { agent: new https.Agent() });
        console.log([kept, below].every((code) => code === 'ENOTFOUND' || code === 'EAI_AGAIN'));
      `,
        { NO_PROXY: 'kept.invalid,.below.invalid' },
      );
      assert.equal(stdout, '200 200 200\ntrue\n');
      assert.equal(localRequests, 3);
      assert.deepEqual(proxy.asked, []);
    });

    it('fails a call, and never goes round, when the proxy refuses the tunnel', async () => {
      proxy.answer = 407;
      const { stdout } = await script(`
        const failed = await fetch('https://api.example/').then(() => 'passed', () => 'failed');
        const own = await ask(https, 'https://api.example/', { agent: new https.Agent() });
        console.log(failed, own);
      `);
      assert.equal(stdout, 'failed ERR_WEIR_TUNNEL\n');
      assert.deepEqual(proxy.received, []);
    });

    it('lets the real openai package through', async () => {
      const code = `
        import OpenAI from ${JSON.stringify(OPENAI)};
        const client = new OpenAI({ apiKey: 'test-key', maxRetries: 0 });
        const answer = await client.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'hi' }] });
        console.log(answer.choices[0].message.content);
        process.exit(0);
      `;
      const { stdout, stderr } = await routed(file, ['--input-type=module', '-e', code]);
      assert.equal(stdout, 'hello from upstream\n', stderr);
      assert.deepEqual(proxy.asked, ['CONNECT api.openai.com:443 agent:']);
      assert.match(proxy.received[0] ?? '', /^POST api\.openai\.com \/v1\/chat\/completions \{"model":"gpt-4o"/);
    });

    it('routes worker threads as well', async () => {
      const { stdout } = await script(`
        const { Worker } = require('worker_threads');
        const worker = new Worker("fetch('https://worker.example/').then((a) => require('worker_threads').parentPort.postMessage(a.status))", { eval: true });
        console.log(await new Promise((resolve) => worker.on('message', resolve)));
      `);
      assert.equal(stdout, '200\n');
      assert.match(proxy.asked[0] ?? '', /^CONNECT worker\.example:443/);
    });

    it('keeps the options of Node that the user has set, and changes nothing that a program can see', async () => {
      const { stdout } = await script(
        `console.log(process.title, fetch.name, Object.keys(globalThis).some((key) => /weir/i.test(key)));`,
        { NODE_OPTIONS: '--title="a title"' },
      );
      assert.equal(stdout, 'a title fetch false\n');
    });
  });
}

describe('the preload', () => {
  it('does nothing where no proxy is set, and says nothing', () => {
    const args = [
      '--require',
      join(ROOT, 'cli/preload/route.cjs'),
      '-e',
      `console.log(Symbol.for('undici.globalDispatcher.1') in globalThis)`,
    ];
    const { stdout, stderr } = spawnSync(process.execPath, args, { env: {}, encoding: 'utf8' });
    assert.equal(stdout, 'false\n');
    assert.equal(stderr, '');
  });

  it('says in one line that it cannot work, and lets the program run', () => {
    const args = ['--require', join(ROOT, 'cli/preload/route.cjs'), '-e', 'console.log(1)'];
    const env = { HTTPS_PROXY: 'http://[broken' };
    const { stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
    assert.equal(stdout, '1\n');
    assert.match(stderr, /^weir: this Node is not routed through the proxy: .*\n$/);
  });
});
