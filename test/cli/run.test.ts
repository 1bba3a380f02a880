import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { labelOf } from '../../cli/app-label.ts';
import type { CommandContext } from '../../cli/command.ts';
import { runRouted } from '../../cli/run.ts';
import { findProxy } from '../../cli/running-proxy.ts';
import type { Config } from '../../config/config.ts';
import { loadConfig } from '../../config/load.ts';
import { WeirError } from '../../flow/errors.ts';
import { loadOrCreateAuthority } from '../../proxy/tls/authority.ts';
import { makePlace, type Place } from './run-context.ts';

interface Answer {
  readonly header?: string;
  readonly body: string;
}

/** Something that listens and answers every request alike. */
async function listening(answer: Answer): Promise<{ server: Server; port: number }> {
  const server = createServer((_, response) => {
    if (answer.header !== undefined) response.setHeader('x-weir', answer.header);
    response.end(answer.body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

const weirAnswer = (home: string): Answer => ({
  header: '1',
  body: JSON.stringify({ name: 'weir', version: '0', home }),
});
const PRINT = ['-e', 'require("fs").writeFileSync(process.argv[1], JSON.stringify(process.env))'];

const NOBODY = { trusted: [] };

describe('weir run', () => {
  let place: Place;
  const servers: Server[] = [];
  beforeEach(() => {
    place = makePlace();
  });
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
    place.remove();
  });

  interface Ran {
    readonly code: number;
    readonly err: string;
    readonly started: readonly Config[];
    readonly closed: number;
    /** What the command found in its environment. */
    readonly env: Readonly<Record<string, string>>;
  }

  async function ran(settings: {
    port: number;
    command?: string[];
    env?: NodeJS.ProcessEnv;
    app?: string;
    fails?: Error;
  }): Promise<Ran> {
    const file = join(place.folder, 'env.json');
    const env = { PATH: process.env['PATH'], WEIR_HOME: place.home, ...settings.env };
    const config = loadConfig({ file: null, env, cwd: place.folder });
    const started: Config[] = [];
    let closed = 0;
    let err = '';
    const context: CommandContext = {
      values: settings.app === undefined ? {} : { app: settings.app },
      positionals: settings.command ?? [process.execPath, ...PRINT, file],
      env,
      cwd: place.folder,
      configFile: null,
      config: () => ({ ...config, proxy: { ...config.proxy, listen: { host: '127.0.0.1', port: settings.port } } }),
      out: () => assert.fail('nothing of ours goes to stdout'),
      err: (text) => {
        err += text;
      },
      color: false,
      stdin: Readable.from([]),
    };
    const code = await runRouted(context, async (own) => {
      if (settings.fails !== undefined) throw settings.fails;
      started.push(own);
      return {
        url: 'http://127.0.0.1:4321',
        close: async () => {
          closed += 1;
        },
      };
    });
    return { code, err, started, closed, env: existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {} };
  }

  it('uses the proxy that is up for the same home, and starts none', async () => {
    const { digest } = loadOrCreateAuthority(place.caFolder);
    const { server, port } = await listening(weirAnswer(digest));
    servers.push(server);
    const { code, err, started, env } = await ran({ port });
    assert.deepEqual([code, err, started], [0, '', []]);
    assert.equal(env['HTTPS_PROXY'], `http://node:@127.0.0.1:${port}`);
    assert.equal(env['NODE_EXTRA_CA_CERTS'], join(place.caFolder, 'ca.pem'));
  });

  it('starts a proxy of its own on loopback when none is up, and closes it afterwards', async () => {
    const { code, err, started, closed, env } = await ran({ port: 0, app: 'billing' });
    assert.deepEqual([code, err, closed], [0, '', 1]);
    assert.deepEqual(started[0]?.proxy.listen, { host: '127.0.0.1', port: 0 });
    assert.equal(env['https_proxy'], 'http://billing:@127.0.0.1:4321');
  });

  it('uses the proxy of the run that it is inside', async () => {
    const { digest } = loadOrCreateAuthority(place.caFolder);
    const { server, port } = await listening(weirAnswer(digest));
    servers.push(server);
    const { started, env } = await ran({ port: 0, env: { HTTPS_PROXY: `http://outer:@127.0.0.1:${port}` } });
    assert.deepEqual(started, []);
    assert.equal(env['HTTPS_PROXY'], `http://node:@127.0.0.1:${port}`);
  });

  it('does not take another weir, or another program, for its own, and says so', async () => {
    const cases: readonly [Answer, RegExp][] = [
      [weirAnswer('0123456789abcdef'), /has another home; starting one for this run/],
      [{ body: JSON.stringify({ name: 'weir', home: '' }) }, /is not a weir; starting one for this run/],
      [{ header: '1', body: '<html>' }, /is not a weir/],
      [{ header: '1', body: `"${'x'.repeat(10_000)}"` }, /is not a weir/],
    ];
    for (const [answer, expected] of cases) {
      const { server, port } = await listening(answer);
      servers.push(server);
      const { err, started } = await ran({ port });
      assert.match(err, expected);
      assert.equal(started.length, 1);
    }
  });

  it('says what to do when another weir has the home and listens elsewhere', async () => {
    const fails = new WeirError('home_locked', `${place.home} is in use by process 1`);
    await assert.rejects(ran({ port: 0, fails }), (error: unknown) => {
      assert.ok(error instanceof WeirError);
      assert.equal(error.code, 'home_locked');
      assert.match(error.message, /in use by process 1; it does not listen at .*; run "weir up" there/);
      return true;
    });
  });

  it('hands the token of the app over in the address alone', async () => {
    const { env } = await ran({ port: 0, app: 'billing', env: { WEIR_APP_TOKEN: 'to-ken' } });
    assert.equal(env['HTTPS_PROXY'], 'http://billing:to-ken@127.0.0.1:4321');
    assert.equal('WEIR_APP_TOKEN' in env, false);
  });

  it("ends with the command's code, 127 without one, 126 for what is no program", async () => {
    assert.equal((await ran({ port: 0, command: ['sh', '-c', 'exit 7'] })).code, 7);
    assert.equal((await ran({ port: 0, command: ['sh', '-c', 'kill -TERM $$'] })).code, 143);
    const missing = await ran({ port: 0, command: ['no-such-command-here'] });
    assert.equal(missing.code, 127);
    assert.equal(missing.err, 'weir run: no-such-command-here: command not found\n');
    assert.equal(missing.closed, 1);
    assert.equal((await ran({ port: 0, command: [place.folder] })).code, 126);
  });

  it('leaves stdin, stdout and stderr to the command', async () => {
    const child = startChild(place, ['sh', '-c', 'cat; echo told >&2']);
    child.stdin.end('through');
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    assert.equal(out, 'through');
    assert.equal(err, 'told\nclosed\n');
  });

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`passes ${signal} on, waits for the command and closes its proxy`, async () => {
      // The command ends by itself, with a code that only its own handler gives.
      const script = `process.on('${signal}', () => { console.log('got it'); process.exit(5); }); console.log('ready'); setInterval(() => {}, 1000);`;
      const child = startChild(place, [process.execPath, '-e', script]);
      const all = text(child.stdout);
      const err = text(child.stderr);
      await once(child.stdout, 'data');
      child.kill(signal);
      const [code] = await once(child, 'close');
      assert.equal(code, 5);
      assert.equal(await all, 'ready\ngot it\n');
      assert.equal(await err, 'closed\n');
    });
  }

  it('is bad usage without a command', async () => {
    const { code, err } = await place.call(['run']);
    assert.equal(code, 2);
    assert.match(err, /needs a command: weir run -- CMD/);
  });

  it('names the app after the file of the command', () => {
    assert.equal(labelOf('/usr/local/bin/claude'), 'claude');
    assert.equal(labelOf('tool.exe'), 'tool');
    assert.equal(labelOf('a:b'), 'a_b');
    assert.equal(labelOf('/'), 'app');
  });
});

describe('findProxy', () => {
  it('takes silence for a stranger, within its time', async () => {
    const server = createServer(() => {}).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    assert.equal(await findProxy({ host: '127.0.0.1', port }, NOBODY, 100), 'stranger');
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    assert.equal(await findProxy({ host: '127.0.0.1', port }, NOBODY, 1000), 'nothing');
    assert.equal(await findProxy({ host: '127.0.0.1', port: 0 }, NOBODY), 'nothing');
  });
});

function startChild(place: Place, command: readonly string[]) {
  const script = join(import.meta.dirname, 'run-as-child.ts');
  const env = { PATH: process.env['PATH'], WEIR_HOME: place.home };
  // In a session of its own: with a terminal in front, its signals would not be passed on.
  return spawn(process.execPath, [script, ...command], { env, cwd: place.folder, stdio: 'pipe', detached: true });
}

async function text(stream: Readable): Promise<string> {
  let all = '';
  for await (const part of stream.setEncoding('utf8')) all += part;
  return all;
}
