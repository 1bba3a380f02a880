/** The key that a call authenticates with is in its record by a fingerprint, the same after a restart, and nowhere in clear. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { startWeir } from '../../cli/start.ts';
import { loadConfig } from '../../config/load.ts';
import type { WeirEvent } from '../../flow/event.ts';
import { openReader, type Reader } from '../../store/reader.ts';
import { filesHolding } from '../support/planted.ts';
import { weir as runWeir } from '../support/weir-command.ts';
import { ANTHROPIC, GEMINI, makePlace, OPENAI, type Place, UNNAMED } from '../support/weir-under-test.ts';
import { connectPlain, connectThrough, jsonRequest } from '../support/wire.ts';

// Without the marks of any issuer: what is found in a request is not the question here.
const [ALICE, BOB] = [
  ['northmill', 'key', 'of', 'alice', '7f3a'].join('-'),
  ['northmill', 'key', 'of', 'bob', '91cd'].join('-'),
];
const CHAT = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Name three rivers.' }] };
const CHAT_PATH = '/v1/chat/completions';

let place: Place;
let weir: Awaited<ReturnType<typeof startWeir>>;
let written = '';
before(async () => {
  place = await makePlace({
    config: { proxy: { bypass: [UNNAMED], providers: { own: { url: `https://${UNNAMED}` } } } },
  });
  await start();
});
after(async () => {
  await weir.close();
  await place.remove();
});

async function start(): Promise<void> {
  const config = loadConfig({ file: place.configFile, env: {}, cwd: place.folder });
  const log = (line: string): void => {
    written += line;
  };
  weir = await startWeir(config, { workers: 1, port: 0, log });
}

/** The event of a call through the tunnel, or on the gateway where `path` is one of it. */
async function send(headers: string, host = OPENAI, path = CHAT_PATH): Promise<WeirEvent> {
  const isGateway = host === 'gateway';
  const wire = isGateway
    ? await connectPlain(weir.port)
    : await connectThrough(weir.port, host, readFileSync(weir.caPath, 'utf8'));
  wire.write(jsonRequest('POST', path, isGateway ? `127.0.0.1:${weir.port}` : host, CHAT, headers));
  const answer = await wire.answer('POST');
  wire.destroy();
  const id = answer.header('x-weir-event') ?? assert.fail(`no event for ${path}: ${answer.status}`);
  for (let tries = 0; tries < 100; tries++) {
    const found = reading((reader) => reader.event(id));
    if (found.kind === 'found') return found.event;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  return assert.fail(`no record of ${id}`);
}

function reading<T>(ask: (reader: Reader) => T): T {
  const reader = openReader(place.home);
  try {
    return ask(reader);
  } finally {
    reader.close();
  }
}

test('two keys have two fingerprints, one key one by every way, and after a restart', async () => {
  const alice = (await send(`Authorization: Bearer ${ALICE}\r\n`)).source.credential;
  const bob = (await send(`Authorization: Bearer ${BOB}\r\n`)).source.credential;
  assert.match(alice ?? '', /^[\w-]{22}$/);
  assert.match(bob ?? '', /^[\w-]{22}$/);
  assert.notEqual(alice, bob);
  const ways = async (): Promise<(string | null)[]> => [
    (await send(`x-api-key: ${ALICE}\r\n`, ANTHROPIC, '/v1/messages')).source.credential,
    (await send('', GEMINI, `/v1beta/models/gemini:generateContent?key=${ALICE}`)).source.credential,
    (await send(`Authorization: Bearer ${ALICE}\r\n`, 'gateway', `/openai${CHAT_PATH}`)).source.credential,
  ];
  assert.deepEqual(await ways(), [alice, alice, alice]);
  await weir.close();
  await start();
  assert.deepEqual(await ways(), [alice, alice, alice]);

  const args = ['log', 'list', '--json', '--config', place.configFile, `--credential=${bob}`];
  const { stdout, stderr } = await runWeir(args);
  const listed = stdout.trimEnd().split('\n');
  assert.equal(listed.length, 1, stderr);
  assert.equal(JSON.parse(listed[0] ?? '').source.credential, bob);
  // Edges have none: the keys of one workload are not as many edges.
  const edges = reading((reader) => [...reader.edges({ destinations: [OPENAI] })]);
  assert.deepEqual([...new Set(edges.map(({ source }) => source.credential))], [null]);
  assert.equal(edges.filter(({ direction }) => direction === 'out').length, 1);
  assert.ok(reading((reader) => reader.verify()).isIntact);
});

test('a call without a key has none, nor has one to a host under bypass', async () => {
  assert.equal((await send('')).source.credential, null);
  const bypassed = await send(`Authorization: Bearer ${ALICE}\r\n`, 'gateway', `/own${CHAT_PATH}`);
  assert.equal(bypassed.coverage.reason, 'tunnelled');
  assert.equal(bypassed.source.credential, null);
});

test('no key is in clear below home, nor in what was said', () => {
  assert.deepEqual(filesHolding(place.home, [ALICE, BOB]), []);
  assert.ok(!written.includes(ALICE) && !written.includes(BOB));
});

test('a key given in place of its fingerprint is refused and not repeated', async () => {
  const { code, stdout, stderr } = await runWeir(['log', 'list', '--config', place.configFile, '--credential', ALICE]);
  assert.equal(code, 2);
  assert.match(stderr, /--credential must be a fingerprint/);
  assert.ok(!`${stdout}${stderr}`.includes(ALICE));
});
