import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { AWS_KEY, CARD, filesHolding, MAIL, PERSON, SENTENCE } from '../support/planted.ts';
import { weir as runWeir, startWeirCommand } from '../support/weir-command.ts';
import { makePlace, OPENAI, type Place, UNNAMED } from '../support/weir-under-test.ts';
import { connectThrough, jsonRequest } from '../support/wire.ts';

const PLANTED = [AWS_KEY, CARD, MAIL, PERSON];

let place: Place;
let up: ReturnType<typeof startWeirCommand>;
let port: number;
let ca: string;
before(async () => {
  place = await makePlace();
  up = startWeirCommand(['up', '--config', place.configFile]);
  port = Number((await up.shows(/127\.0\.0\.1:(\d+)/))[1]);
  const path = await runWeir(['ca', 'path', '--config', place.configFile]);
  ca = readFileSync(path.stdout.trim(), 'utf8');
});
after(async () => {
  up.signal('SIGTERM');
  await up.ended;
  await place.remove();
});

async function send(host: string, content: string, model = 'gpt-4o'): Promise<{ id: string; action: string | null }> {
  const wire = await connectThrough(port, host, ca);
  wire.write(jsonRequest('POST', '/v1/chat/completions', host, { model, messages: [{ role: 'user', content }] }));
  const answer = await wire.answer('POST');
  wire.destroy();
  return { id: answer.header('x-weir-event') ?? '', action: answer.header('x-weir-action') };
}

function lines(text: string): Readonly<Record<string, unknown>>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function listed(...args: string[]): Promise<Readonly<Record<string, unknown>>[]> {
  const { code, stdout, stderr } = await runWeir(['log', 'list', '--json', '--config', place.configFile, ...args]);
  assert.ok(code === 0 || code === 1, stderr);
  return lines(stdout);
}

test('`log list --action block --json` lists exactly the blocked calls, at once', async () => {
  const blocked: string[] = [];
  const passed: string[] = [];
  for (const content of [
    `card ${CARD}`,
    'Name three rivers.',
    `key ${AWS_KEY}`,
    SENTENCE,
    `again ${CARD}`,
    `card 4111 1111 1111 1112`,
  ]) {
    const { id, action } = await send(OPENAI, content);
    assert.notEqual(id, '');
    (action === 'block' ? blocked : passed).push(id);
  }
  assert.equal(blocked.length, 3);
  assert.equal(passed.length, 3);
  await settled([...blocked, ...passed]);
  assert.deepEqual((await listed('--action', 'block')).map((event) => event['id']).sort(), [...blocked].sort());
  const tokenized = await listed('--action', 'tokenize');
  assert.equal(tokenized.length, 1);
});

test('every host that was called is an edge in `flows list --json`', async () => {
  const sent = await send(UNNAMED, `Hello from ${MAIL}`);
  const ids = sent.id === '' ? [] : [sent.id];
  await settled(ids);
  const { code, stdout, stderr } = await runWeir(['flows', 'list', '--json', '--config', place.configFile]);
  assert.equal(code, 0, stderr);
  const hosts = lines(stdout).map((edge) => (edge['destination'] as { host: string }).host);
  assert.ok(hosts.includes(UNNAMED));
  assert.ok(hosts.includes(OPENAI));
});

test('the chain verifies beside the running proxy', async () => {
  const { code, stdout, stderr } = await runWeir(['log', 'verify', '--config', place.configFile]);
  assert.equal(code, 0, stdout + stderr);
});

test('no planted value is in clear below home, in what `up` wrote, or in an export', async () => {
  const exported = await runWeir(['log', 'export', '--format', 'ndjson', '--config', place.configFile]);
  assert.equal(exported.code, 0, exported.stderr);
  const shown = await runWeir(['log', 'list', '--config', place.configFile]);
  const written = up.output() + exported.stdout + exported.stderr + shown.stdout + shown.stderr;
  for (const value of [...PLANTED, CARD.replaceAll(' ', '')])
    assert.ok(!written.includes(value), 'a planted value was written');
  assert.ok(lines(exported.stdout).length >= 7);
  assert.deepEqual(filesHolding(place.home, PLANTED), []);
});

test('each line of the event log on stdout is an event with a decision and without an excerpt', async () => {
  const events = lines(
    up
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .join('\n'),
  ).filter((line) => line['kind'] === 'exchange');
  assert.ok(events.length >= 7);
  for (const event of events) {
    assert.ok(['allow', 'alert', 'tokenize', 'redact', 'block'].includes(String(event['action'])));
    assert.ok(!('excerpt' in event));
  }
});

/** What a client has been answered is listed within a second: looks until then. */
async function settled(ids: readonly string[]): Promise<void> {
  const until = performance.now() + 20_000;
  for (;;) {
    const known = new Set((await listed()).map((event) => event['id']));
    if (ids.every((id) => known.has(id))) return;
    if (performance.now() > until) assert.fail('a call is not listed');
  }
}
