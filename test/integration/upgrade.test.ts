/**
 * A home over time: a version with an older schema is followed by this one while calls go on, a newer schema is refused, and a backup
 * as docs/operations.md takes it stands in for all that was lost.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import http from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import { packageRoot } from '../../config/package-root.ts';
import type { WeirEvent } from '../../flow/event.ts';
import { openReader } from '../../store/reader.ts';
import { SCHEMA_VERSION } from '../../store/schema.ts';
import { type RunningCommand, startProgram, startWeirCommand, weir } from '../support/weir-command.ts';
import { makePlace, type Place } from '../support/weir-under-test.ts';

/** The last commit whose databases have schema 5. */
const PREVIOUS = 'c086e9dd1fb512752aca11cf875b646d8c3ce279';
const PREVIOUS_SCHEMA = 5;
const CARD = ['4111', '1111', '1111', '1111'].join(' ');

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}

interface Answer {
  readonly status: number;
  readonly event: string;
  readonly hasCard: boolean;
}

/** One call by the gateway; null where nobody took it. Fails where it was taken and not answered whole. */
function call(port: number, hasCard: boolean): Promise<Answer | null> {
  return new Promise((resolve, reject) => {
    const content = hasCard ? `check ${CARD}` : 'say hello';
    const request = http.request(
      {
        port,
        method: 'POST',
        path: '/openai/v1/chat/completions',
        headers: { 'content-type': 'application/json', authorization: 'Bearer none' },
        agent: false,
      },
      (response) => {
        response.resume();
        response.once('error', reject);
        response.once('end', () => {
          const event = response.headers['x-weir-event'];
          if (!response.complete || typeof event !== 'string') reject(new Error(`cut: ${response.statusCode}`));
          else resolve({ status: response.statusCode ?? 0, event, hasCard });
        });
      },
    );
    // Before the head of an answer nobody has taken the call: a client tries it again.
    request.once('error', () => resolve(null));
    request.end(JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content }] }));
  });
}

/** Calls that go on until they are ended; every fifth has a card. */
class Load {
  readonly answers: Answer[] = [];
  notTaken = 0;
  readonly #port: number;
  readonly #clients: readonly Promise<void>[];
  #isEnding = false;
  #waiting: { readonly count: number; readonly resolve: () => void } | null = null;

  constructor(port: number, clients = 4) {
    this.#port = port;
    this.#clients = Array.from({ length: clients }, (_, index) => this.#go(index));
  }

  async #go(index: number): Promise<void> {
    for (let turn = index; !this.#isEnding; turn += 1) {
      const answer = await call(this.#port, turn % 5 === 0);
      if (answer === null) {
        this.notTaken += 1;
        await new Promise((resolve) => setTimeout(resolve, 20));
      } else this.answers.push(answer);
      if (this.#waiting !== null && this.answers.length >= this.#waiting.count) this.#waiting.resolve();
    }
  }

  /** Settles once there are so many more answers than now. */
  async more(count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting = { count: this.answers.length + count, resolve };
    await promise;
    this.#waiting = null;
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    await Promise.all(this.#clients);
  }
}

/** What was answered was judged rightly, and is on record once each. */
function assertRecorded(home: string, answers: readonly Answer[]): void {
  const events = eventsIn(home);
  const times = new Map<string, number>();
  for (const { id } of events) times.set(id, (times.get(id) ?? 0) + 1);
  for (const { event, status, hasCard } of answers) {
    assert.equal(status, hasCard ? 400 : 200, event);
    assert.equal(times.get(event), 1, `${event} is on record ${times.get(event) ?? 0} times`);
  }
  for (const event of events) if (event.kind === 'exchange') assert.notEqual(event.outcome, 'worker_lost');
}

function eventsIn(home: string): readonly WeirEvent[] {
  const reader = openReader(home);
  try {
    return [...reader.events({})];
  } finally {
    reader.close();
  }
}

function schemaOf(home: string): number {
  const database = new DatabaseSync(join(home, 'weir.db'), { readOnly: true });
  try {
    return Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  } finally {
    database.close();
  }
}

async function verified(place: Place, home = place.home): Promise<void> {
  const env = { WEIR_HOME: home };
  const { code, stdout, stderr } = await weir(['log', 'verify', '--config', place.configFile], {
    cwd: place.folder,
    env,
  });
  assert.equal(code, 0, stdout + stderr);
}

/** How many rows each table has, beside the schema's version. */
function contentOf(home: string): unknown {
  const database = new DatabaseSync(join(home, 'weir.db'), { readOnly: true });
  try {
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
    const counts = tables.map(({ name }) => [
      name,
      database.prepare(`SELECT count(*) AS rows FROM "${name}"`).get()?.['rows'],
    ]);
    return [database.prepare('PRAGMA user_version').get()?.['user_version'], counts];
  } finally {
    database.close();
  }
}

/** Settles once it carries calls. */
async function started(command: RunningCommand): Promise<RunningCommand> {
  await command.shows(/the proxy listens on/);
  return command;
}

async function stopped(command: RunningCommand): Promise<void> {
  command.signal('SIGTERM');
  const { code, stderr } = await command.ended;
  assert.equal(code, 0, stderr);
}

const hasPrevious = spawnSync('git', ['cat-file', '-e', PREVIOUS], { cwd: packageRoot }).status === 0;

describe('a newer version', { skip: hasPrevious ? false : 'this clone is without the older commits' }, () => {
  const older = mkdtempSync(join(tmpdir(), 'weir-older-'));
  after(() => rmSync(older, { recursive: true, force: true }));
  before(() => {
    const folders = ['bpf', 'catalog', 'cli', 'config', 'console', 'documents', 'engine', 'flow', 'map', 'model'];
    const paths = [...folders, 'policies', 'proxy', 'sensor', 'store', 'wire', 'package.json'];
    const archive = spawnSync('git', ['archive', PREVIOUS, ...paths], { cwd: packageRoot, maxBuffer: 2 ** 28 });
    assert.equal(archive.status, 0, String(archive.stderr));
    assert.equal(spawnSync('tar', ['-x', '-C', older], { input: archive.stdout }).status, 0);
    symlinkSync(join(packageRoot, 'node_modules'), join(older, 'node_modules'));
  });

  test('follows an older one on its home while calls go on: none is lost, judged otherwise or on record twice; the way back is refused', async () => {
    const port = await freePort();
    const place = await makePlace({ config: { proxy: { listen: `127.0.0.1:${port}`, workers: 1 } } });
    const olderWeir = (): RunningCommand =>
      startProgram(process.execPath, [join(older, 'cli/main.ts'), 'up', '--config', place.configFile], {
        cwd: place.folder,
        env: { PATH: process.env['PATH'], HOME: place.folder, NO_COLOR: '1' },
      });
    const running: RunningCommand[] = [];
    let load: Load | null = null;
    try {
      running.push(await started(olderWeir()));
      assert.equal(schemaOf(place.home), PREVIOUS_SCHEMA);
      load = new Load(port);
      await load.more(60);
      await stopped(running.pop() ?? assert.fail());
      running.push(await started(startWeirCommand(['up', '--config', place.configFile], { cwd: place.folder })));
      await load.more(60);
      await load.end();
      await stopped(running.pop() ?? assert.fail());
      assert.equal(schemaOf(place.home), SCHEMA_VERSION);
      assert.ok(load.answers.filter(({ hasCard }) => hasCard).length >= 10);
      assertRecorded(place.home, load.answers);
      await verified(place);

      const content = contentOf(place.home);
      const refused = await olderWeir().ended;
      assert.equal(refused.code, 1);
      const reason = `has schema ${SCHEMA_VERSION}, this weir knows up to ${PREVIOUS_SCHEMA}: run the newer weir that wrote it`;
      assert.ok(refused.stderr.includes(reason), refused.stderr);
      assert.deepEqual(contentOf(place.home), content);
    } finally {
      await load?.end();
      for (const one of running) one.signal('SIGKILL');
      await place.remove();
    }
  });
});

test('this version refuses a schema that it does not know, with the reason, and changes nothing', async () => {
  const place = await makePlace();
  try {
    const up = await started(startWeirCommand(['up', '--config', place.configFile], { cwd: place.folder }));
    await stopped(up);
    const database = new DatabaseSync(join(place.home, 'weir.db'));
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    database.close();
    const content = contentOf(place.home);
    for (const args of [['up'], ['log', 'list'], ['log', 'verify']]) {
      const { code, stderr } = await weir([...args, '--config', place.configFile], { cwd: place.folder });
      assert.equal(code, 1, args.join(' '));
      assert.match(
        stderr,
        new RegExp(`store_newer: .* has schema ${SCHEMA_VERSION + 1}, this weir knows up to ${SCHEMA_VERSION}`),
      );
      assert.deepEqual(contentOf(place.home), content, args.join(' '));
    }
  } finally {
    await place.remove();
  }
});

/** The commands of a block of docs/operations.md, by the comment that it begins with. */
function documented(first: string): string {
  const page = readFileSync(join(packageRoot, 'docs/operations.md'), 'utf8');
  for (const [, block = ''] of page.matchAll(/^```sh\n(.*?)^```/gms)) if (block.startsWith(`# ${first}`)) return block;
  return assert.fail(`docs/operations.md has no block that begins with "# ${first}"`);
}

function shell(commands: string, env: NodeJS.ProcessEnv): void {
  const { status, stdout, stderr } = spawnSync('sh', ['-euc', commands], {
    env: { PATH: process.env['PATH'], ...env },
    encoding: 'utf8',
  });
  assert.equal(status, 0, stdout + stderr);
}

const hasSqlite = spawnSync('sqlite3', ['--version']).status === 0 || process.env['WEIR_TEST_INSTALL'] === '1';

test('a backup taken while calls go on brings back a home that was lost: all records until then, keys, authority, and a chain that goes on', {
  skip: hasSqlite ? false : 'sqlite3 is not on this host',
}, async () => {
  const port = await freePort();
  const place = await makePlace({ config: { proxy: { listen: `127.0.0.1:${port}`, workers: 1 } } });
  const backup = join(place.folder, 'backup');
  let load: Load | null = null;
  const running: RunningCommand[] = [];
  try {
    running.push(await started(startWeirCommand(['up', '--config', place.configFile], { cwd: place.folder })));
    load = new Load(port, 2);
    await load.more(30);
    const until = [...load.answers];
    // What a client has been answered is in the database within a second or so.
    const written = (): boolean => {
      const ids = new Set(eventsIn(place.home).map(({ id }) => id));
      return until.every(({ event }) => ids.has(event));
    };
    while (!written()) await new Promise((resolve) => setTimeout(resolve, 50));
    shell(documented('Backup'), { WEIR_HOME: place.home, BACKUP: backup });
    await load.more(10);
    await load.end();
    await stopped(running.pop() ?? assert.fail());
    const authority = readFileSync(join(place.home, 'ca/ca.pem'), 'utf8');

    rmSync(place.home, { recursive: true });
    shell(documented('Restore'), { WEIR_HOME: place.home, BACKUP: backup });
    await verified(place);
    assertRecorded(place.home, until);
    assert.equal(readFileSync(join(place.home, 'ca/ca.pem'), 'utf8'), authority);

    running.push(await started(startWeirCommand(['up', '--config', place.configFile], { cwd: place.folder })));
    const again = await call(port, true);
    await stopped(running.pop() ?? assert.fail());
    assertRecorded(place.home, [...until, again ?? assert.fail('not taken')]);
    await verified(place);
  } finally {
    await load?.end();
    for (const one of running) one.signal('SIGKILL');
    await place.remove();
  }
});

test('without its keys a restored database is refused, and nothing is made in their place', async () => {
  const place = await makePlace();
  try {
    await stopped(await started(startWeirCommand(['up', '--config', place.configFile], { cwd: place.folder })));
    const other = join(place.folder, 'other');
    mkdirSync(other, { mode: 0o700 });
    copyFileSync(join(place.home, 'weir.db'), join(other, 'weir.db'));
    const env = { WEIR_HOME: other };
    const { code, stderr } = await weir(['up', '--config', place.configFile], { cwd: place.folder, env });
    assert.equal(code, 1);
    assert.match(stderr, /home_unusable: .*is missing, and .* was written with it: restore the key/);
    assert.equal(existsSync(join(other, 'keys/chain.key')), false);
  } finally {
    await place.remove();
  }
});
