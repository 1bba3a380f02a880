/** Real clients of real data stores, and calls to GenAI on three ways, over a real kernel: what is recorded of them. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { watchBypass } from '../../sensor/bypass.ts';
import { watchStores } from '../../sensor/stores/watch-stores.ts';
import { type DataStore, missing, startMariadb, startRedis } from '../support/data-stores.ts';
import { type Observing, observing } from '../support/observing.ts';
import { startPostgres } from '../support/postgres-server.ts';
import { sumOf } from '../support/store-observations.ts';
import { kernelSkip, kernelSkipWithout, makeCgroup, type TestCgroup } from './host.ts';
import { startLoader, type TestLoader } from './loader.ts';
import { openSandbox, type Sandbox } from './sandbox.ts';
import { makeCertificate, startServer } from './tls.ts';

interface Watching extends Observing {
  /** Resolves when everything that the kernel has seen so far is recorded. */
  settle(): Promise<void>;
}

/** The loader's frames go to the observer as they come, and its commands back. */
function watchedBy(loader: TestLoader, isOwnListener: (address: string, port: number) => boolean): Watching {
  const on = observing({
    watchers: [watchStores({ stores: () => [], messagesPerMinute: () => 100 }), watchBypass],
    isOwnListener,
  });
  let read = 0;
  let sent = 0;
  const pump = (): void => {
    const fresh = loader.frames.slice(read);
    read = loader.frames.length;
    on.frames(...fresh.map(({ bytes }) => bytes));
    for (; sent < on.commands.length; sent++) loader.write(on.commands[sent] as Buffer);
  };
  loader.process.stdout?.on('data', pump);
  pump();
  return {
    ...on,
    settle: async () => {
      await loader.settle();
      pump();
      on.tick();
    },
  };
}

describe('a client of a data store that nobody lists', { skip: kernelSkip() }, () => {
  let cgroup: TestCgroup;
  let loader: TestLoader;
  let on: Watching;

  before(async () => {
    cgroup = makeCgroup();
    loader = await startLoader({ cgroup });
    on = watchedBy(loader, () => false);
  });
  after(async () => {
    await loader.stop();
    await cgroup.remove();
  });

  async function run(command: string, args: readonly string[], input: string): Promise<void> {
    const script = 'echo 0 > "$0/cgroup.procs" && exec "$@"';
    const child = spawn('sh', ['-c', script, cgroup.path, command, ...args], { stdio: ['pipe', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (text: Buffer) => {
      said += text.toString();
    });
    child.stdin.end(input);
    const [code] = await once(child, 'exit');
    assert.equal(code, 0, said);
  }

  /** Edges each way with what went over, and one alert. */
  async function assertSeen(store: DataStore, protocol: string, process: string): Promise<void> {
    await on.settle();
    const isHere = (port: number | null): boolean => port === store.port;
    const edges = [...on.edges, ...on.closings.flatMap((closing) => closing.edges)].filter(({ destination }) =>
      isHere(destination.port),
    );
    assert.deepEqual(
      [...new Set(edges.map((edge) => `${edge.protocol} ${edge.source.process}`))],
      [`${protocol} ${process}`],
    );
    assert.match(sumOf(edges, 'out'), /CREDIT_CARD [1-9].*EMAIL_ADDRESS [1-9]/);
    assert.match(sumOf(edges, 'in'), /CREDIT_CARD [1-9].*EMAIL_ADDRESS [1-9]/);
    const alerts = on.closings.filter(({ event }) => event.kind === 'drift' && isHere(event.destination.port));
    assert.deepEqual(
      alerts.map(({ event }) => [event.action, event.rule, event.destination.category, event.source.process]),
      [['alert', 'shadow-store', 'datastore', process]],
    );
  }

  const TABLE = 'CREATE TABLE people (id int PRIMARY KEY, email varchar(80), card bigint);\n';
  const ROW = "INSERT INTO people (id, email, card) VALUES (1, 'ann@mail.example', 4111111111111111);\n";
  const READ = "SELECT email, card FROM people WHERE email = 'ann@mail.example';\n";

  test('psql', { skip: missing('postgresql') }, async () => {
    const store = await startPostgres();
    try {
      const args = ['-X', '-q', '-h', '127.0.0.1', '-p', String(store.port), '-U', 'postgres', 'postgres'];
      await run('psql', args, TABLE + ROW + READ);
      await assertSeen(store, 'postgresql', 'psql');
    } finally {
      await store.stop();
    }
  });

  test('mariadb', { skip: missing('mariadb') }, async () => {
    const store = await startMariadb();
    try {
      const args = ['-h', '127.0.0.1', '-P', String(store.port), '-u', 'root', '--skip-ssl', 'test'];
      await run('mariadb', args, TABLE + ROW + READ);
      await assertSeen(store, 'mysql', 'mariadb');
    } finally {
      await store.stop();
    }
  });

  test('redis-cli', { skip: missing('redis') }, async () => {
    const store = await startRedis();
    try {
      // With a command on its command line it does not ask for the documentation of all commands first.
      const args = ['-p', String(store.port)];
      await run('redis-cli', [...args, 'HSET', 'user:1', 'email', 'ann@mail.example', 'card', '4111111111111111'], '');
      await run('redis-cli', [...args, 'HGETALL', 'user:1'], '');
      await assertSeen(store, 'redis', 'redis-cli');
    } finally {
      await store.stop();
    }
  });
});

/** Stands where Weir's listener would: CONNECT, and a gateway that answers by itself. */
const PROXY = `
import { createServer } from 'node:http';
import { connect } from 'node:net';
const server = createServer((request, response) => { request.resume(); response.end('{}'); });
server.on('connect', (request, socket, head) => {
  const upstream = connect(443, '127.0.0.1', () => {
    socket.write('HTTP/1.1 200 OK\\r\\n\\r\\n');
    if (head.length > 0) upstream.write(head);
    socket.pipe(upstream).pipe(socket);
  });
  for (const each of [socket, upstream]) each.on('error', () => {});
});
server.listen(8787, '127.0.0.1', () => console.log('listening'));
`;

describe('a call to GenAI', { skip: kernelSkipWithout('curl', 'openssl') }, () => {
  const HOST = 'api.openai.com';
  let cgroup: TestCgroup;
  let sandbox: Sandbox;
  let loader: TestLoader;
  let on: Watching;
  let pem = '';

  before(async () => {
    cgroup = makeCgroup();
    sandbox = await openSandbox({ hosts: { [HOST]: '127.0.0.1' } });
    const certificate = makeCertificate(sandbox.folder, [HOST]);
    pem = certificate.cert;
    await startServer(sandbox, certificate);
    const file = join(sandbox.folder, 'proxy.mjs');
    writeFileSync(file, PROXY);
    await sandbox.start(process.execPath, [file]).says('listening');
    loader = await startLoader({ cgroup });
    on = watchedBy(loader, (address, port) => address === '127.0.0.1' && port === 8787);
  });
  after(async () => {
    await sandbox.close();
    await loader.stop();
    await cgroup.remove();
  });

  async function bypassesOf(...args: readonly string[]): Promise<number> {
    const before = on.closings.length;
    const ran = await sandbox.run('curl', ['-sS', '--cacert', pem, '-o', '/dev/null', '-d', '{}', ...args], { cgroup });
    assert.equal(ran.code, 0, ran.stderr);
    await on.settle();
    return on.closings.slice(before).filter(({ event }) => event.kind === 'bypass').length;
  }

  test('through CONNECT, through the gateway and direct is 0, 0 and 1 bypass', async () => {
    const url = `https://${HOST}/v1/chat/completions`;
    assert.equal(await bypassesOf('--proxy', 'http://127.0.0.1:8787', url), 0);
    assert.equal(await bypassesOf('http://127.0.0.1:8787/openai/v1/chat/completions'), 0);
    assert.equal(await bypassesOf(url), 1);
    const event = on.closings.find((closing) => closing.event.kind === 'bypass')?.event;
    assert.deepEqual([event?.source.process, event?.destination.host, event?.action], ['curl', HOST, 'alert']);
  });
});
