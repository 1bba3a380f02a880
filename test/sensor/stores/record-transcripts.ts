/**
 * Records the transcripts in test/corpus/stores anew, from real clients and servers:
 * `./scripts/node test/sensor/stores/record-transcripts.ts [postgresql|mariadb|redis]`. Tests read the files only.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../config/package-root.ts';
import { type DataStore, startPostgres } from '../../support/data-stores.ts';
import { PostgresClient } from '../../support/postgres-client.ts';
import { recordingRelay, writeTranscript } from '../../support/transcripts.ts';

/** Runs a client against a relay, and keeps what was said on its last connection. */
async function record(name: string, about: string, store: DataStore, run: (port: number) => Promise<void> | void) {
  const relay = await recordingRelay(store.port);
  await run(relay.port);
  const said = relay.connections.at(-1);
  if (said === undefined) throw new Error(`${name}: nothing was said`);
  writeTranscript(name, about, said);
  await relay.stop();
  console.log(`${name}: ${said.length} pieces`);
}

/** In a child, so that the relay goes on meanwhile. */
async function client(command: string, args: readonly string[], input: string): Promise<void> {
  const { spawn } = await import('node:child_process');
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

const RECORDERS: Readonly<Record<string, () => Promise<void>>> = { postgresql };

mkdirSync(join(packageRoot, 'test/corpus/stores'), { recursive: true });
const asked = process.argv.slice(2);
for (const name of asked.length === 0 ? Object.keys(RECORDERS) : asked) await RECORDERS[name]?.();
