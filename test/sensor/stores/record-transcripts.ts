/**
 * Records the transcripts in test/corpus/stores anew, from real clients and servers:
 * `./scripts/node test/sensor/stores/record-transcripts.ts [postgresql|mariadb|redis]`. Tests read the files only.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../../config/package-root.ts';
import { type DataStore, startMariadb, startRedis } from '../../support/data-stores.ts';
import { MysqlClient } from '../../support/mysql-client.ts';
import { PostgresClient } from '../../support/postgres-client.ts';
import { startPostgres } from '../../support/postgres-server.ts';
import { recordingRelay, type Spoken, writeTranscript } from '../../support/transcripts.ts';

/** Runs a client against a relay, and keeps what was said on its last connection. */
async function record(name: string, about: string, store: DataStore, run: (port: number) => Promise<void> | void) {
  const relay = await recordingRelay(store.port);
  await run(relay.port);
  const said = relay.connections.at(-1);
  if (said === undefined) throw new Error(`${name}: nothing was said`);
  writeTranscript(name, about, withoutHelp(said));
  await relay.stop();
  console.log(`${name}: ${said.length} pieces`);
}

/** What redis-cli asks for at its start, the documentation of every command, is long. */
function withoutHelp(said: readonly Spoken[]): readonly Spoken[] {
  let isHelp = false;
  return said.filter(({ way, bytes }) => {
    if (way === 'out') isHelp = bytes.includes('COMMAND\r\n');
    return !isHelp;
  });
}

/** In a child, so that the relay goes on meanwhile. */
async function client(command: string, args: readonly string[], input: string): Promise<void> {
  const child = spawn(command, args, { stdio: ['pipe', 'inherit', 'inherit'] });
  child.stdin.end(input);
  await new Promise((resolve) => child.on('exit', resolve));
}

const TABLE = 'CREATE TABLE people (id int PRIMARY KEY, email text, card bigint, note jsonb, born date);\n';
const INSERT = `INSERT INTO people (id, email, card, note) VALUES (1, 'ann@mail.example', 4111111111111111, '{"iban":"DE89370400440532013000"}'), (2, 'bob@mail.example', NULL, NULL);\n`;

async function postgresql(): Promise<void> {
  const store = await startPostgres();
  const psql = (port: number, sql: string, ...more: string[]) =>
    client('psql', ['-X', '-q', '-h', '127.0.0.1', '-p', String(port), '-U', 'postgres', ...more, 'postgres'], sql);
  try {
    const version = execFileSync('psql', ['--version'], { encoding: 'utf8' }).trim();
    const copy = 'COPY people (id, email) FROM STDIN;\n3\tcyd@mail.example\n4\tdan\\tdan@mail.example\n\\.\n';
    const script = `${TABLE}${INSERT}SELECT id, email, card FROM people WHERE email = 'ann@mail.example';\n${copy}COPY people (email, note) TO STDOUT WITH (FORMAT csv);\nINSERT INTO people (id, email) VALUES (1, 'eve@mail.example');\nNOTIFY news, 'fay@mail.example';\nLISTEN news;\nNOTIFY news, 'fay@mail.example';\n`;
    await record('postgresql-psql', `${version} and its server, without TLS`, store, (port) => psql(port, script));
    await record('postgresql-tls', `${version}: TLS is asked for and refused, as psql does by default`, store, (port) =>
      psql(port, 'SELECT 1;\n', '-c', "SELECT 'gus@mail.example' AS email"),
    );
    await record(
      'postgresql-extended',
      'a raw client of the extended protocol, text and binary',
      store,
      async (port) => {
        const raw = await PostgresClient.open(port);
        const card = Buffer.alloc(8);
        card.writeBigInt64BE(5_555_555_555_554_444n);
        await raw.execute(
          '',
          'INSERT INTO people (id, email, card) VALUES ($1, $2, $3)',
          ['7', 'hal@mail.example', card],
          {
            oids: [23, 25, 20],
          },
        );
        await raw.execute('', 'SELECT id, email, card, note FROM people WHERE email = $1', ['hal@mail.example'], {
          isBinary: true,
        });
        await raw.describe('by_card', 'SELECT email, card FROM people WHERE card = $1');
        await raw.execute('by_card', null, ['4111111111111111'], { describes: false });
        await raw.query("SELECT email FROM people WHERE id = 1; SELECT repeat('x', 100) || email AS email FROM people");
        await raw.close();
      },
    );
  } finally {
    await store.stop();
  }
}

const PEOPLE =
  'CREATE TABLE people (id int PRIMARY KEY, email varchar(80), card bigint unsigned, note text, born date);\n';
const PAIR = `INSERT INTO people (id, email, card, note) VALUES (1, "ann@mail.example", 4111111111111111, '{"iban":"DE89370400440532013000"}'), (2, 'bob@mail.example', NULL, NULL);\n`;

async function mariadb(): Promise<void> {
  const store = await startMariadb();
  const folder = mkdtempSync(join(tmpdir(), 'weir-rows-'));
  const shell = (port: number, sql: string, ...more: string[]) =>
    client(
      'mariadb',
      ['-h', '127.0.0.1', '-P', String(port), '-u', 'root', '--skip-ssl', '--force', ...more, 'test'],
      sql,
    );
  try {
    const version = execFileSync('mariadb', ['--version'], { encoding: 'utf8' }).trim();
    const rows = join(folder, 'rows.tsv');
    writeFileSync(rows, '3\tcyd@mail.example\n4\tdan@mail.example\n');
    const script = `${PEOPLE}${PAIR}SELECT id, email, card FROM people WHERE email = 'ann@mail.example';\nLOAD DATA LOCAL INFILE '${rows}' INTO TABLE people (id, email);\nINSERT INTO people (id, email) VALUES (1, 'eve@mail.example');\nPREPARE s FROM 'SELECT email FROM people WHERE id = ?';\nSET @id = 3;\nEXECUTE s USING @id;\nUSE mysql;\n`;
    await record('mysql-mariadb', `${version} and its server, without TLS`, store, (port) =>
      shell(port, script, '--local-infile=1'),
    );
    for (const hasEof of [true, false]) {
      const name = hasEof ? 'mysql-prepared' : 'mysql-prepared-without-eof';
      await record(name, 'a raw client with prepared statements, in the binary form', store, async (port) => {
        const raw = await MysqlClient.open(port, { hasEof });
        const insert = await raw.prepare('INSERT INTO people (id, email, card, note) VALUES (?, ?, ?, ?)');
        await raw.execute(insert, [hasEof ? 10n : 11n, 'hal@mail.example', 5_555_555_555_554_444n, null]);
        const select = await raw.prepare('SELECT id, email, card, note, born FROM people WHERE email = ? LIMIT 1');
        await raw.execute(select, ['hal@mail.example']);
        await raw.execute(select, ['nobody@mail.example']);
        await raw.query('SELECT email FROM people WHERE card = 4111111111111111');
        await raw.query('SELECT nonsense FROM nowhere');
        await raw.close();
      });
    }
  } finally {
    rmSync(folder, { recursive: true });
    await store.stop();
  }
}

async function redis(): Promise<void> {
  const store = await startRedis();
  const shell = (port: number, input: string, ...more: string[]) =>
    client('redis-cli', ['-p', String(port), ...more], input);
  try {
    const version = execFileSync('redis-cli', ['--version'], { encoding: 'utf8' }).trim();
    const script = [
      'SET user:1:email ann@mail.example EX 60',
      'HSET user:1 email ann@mail.example card 4111111111111111',
      'GET user:1:email',
      'HGETALL user:1',
      'HGET user:1 card',
      'HMGET user:1 email card',
      'MSET a bob@mail.example b 2',
      'MGET a b none',
      'LPUSH queue "{\\"email\\":\\"cyd@mail.example\\"}"',
      'LRANGE queue 0 -1',
      'XADD log * email dan@mail.example',
      'XRANGE log - +',
      'PUBLISH news eve@mail.example',
      'EVAL "return ARGV[1]" 0 fay@mail.example',
      'INCR nothing a b',
      'SELECT 3',
      'SET x gus@mail.example',
      '',
    ].join('\n');
    await record('redis-cli', `${version} and its server, RESP2`, store, (port) => shell(port, script));
    await record('redis-cli-3', `${version} and its server, RESP3`, store, (port) => shell(port, script, '-3'));
  } finally {
    await store.stop();
  }
}

const RECORDERS: Readonly<Record<string, () => Promise<void>>> = { postgresql, mariadb, redis };

mkdirSync(join(packageRoot, 'test/corpus/stores'), { recursive: true });
const asked = process.argv.slice(2);
for (const name of asked.length === 0 ? Object.keys(RECORDERS) : asked) await RECORDERS[name]?.();
