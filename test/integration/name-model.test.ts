/**
 * A model for names behind `detection.model`, made here and run by the stand-in runtime: in the proxy on the way of
 * requests and answers, in `weir scan` and in `weir serve`; and what is told when it has not read everything.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createScanner } from '../../engine/scan/scanner.ts';
import { serveHere } from '../cli/serve-client.ts';
import { addStandInRuntime, setRunTime, writeTinyModel } from '../support/tiny-model.ts';
import { startWeirCommand, weir as weirCommand } from '../support/weir-command.ts';
import { OPENAI, startUnderTest, UNNAMED, type UnderTest } from '../support/weir-under-test.ts';
import { connectThrough, jsonRequest, type WireAnswer } from '../support/wire.ts';

const CHAT = '/v1/chat/completions';
/** Nothing but the model takes these for names. */
const NAME = 'kettle xqz';
const SENTENCE = `the parcel for ${NAME} is late`;
const LATE = `another parcel for ${NAME}`;

const root = mkdtempSync(join(tmpdir(), 'weir-names-'));
const folder = join(root, 'model');
const policy = join(root, 'policy.yaml');
const configFile = join(root, 'weir.yaml');

let weir: UnderTest;
before(async () => {
  writeTinyModel(folder, { words: { kettle: 'B-PER', xqz: 'I-PER', plinthq: 'B-LOC' } });
  addStandInRuntime(folder);
  writeFileSync(
    policy,
    `apiVersion: weir/v1
kind: Policy
name: names
mode: enforce
match: {destinations: {categories: [genai]}}
rules:
  - {name: person-out, match: {directions: [request]}, detect: {entities: [PERSON]}, action: tokenize}
  - {name: place-in, match: {directions: [response]}, detect: {entities: [LOCATION]}, action: redact}
`,
  );
  writeFileSync(configFile, JSON.stringify({ home: join(root, 'home'), detection: { model: folder } }));
  weir = await startUnderTest({
    config: { policies: [policy], detection: { model: folder }, proxy: { limits: { modelMs: 1500 } } },
  });
});
after(async () => {
  await weir.close();
  rmSync(root, { recursive: true, force: true });
});

async function post(host: string, target: string, body: unknown): Promise<WireAnswer> {
  const wire = await connectThrough(weir.port, host, weir.ca);
  wire.write(jsonRequest('POST', target, host, body));
  const answer = await wire.answer('POST');
  wire.destroy();
  return answer;
}

function chat(content: string): object {
  return { model: 'gpt-4o', messages: [{ role: 'user', content }] };
}

function lastBody(): string {
  return weir.standIn.requests.at(-1)?.body.toString() ?? '';
}

test('without the model nothing is found in these texts', () => {
  const scanner = createScanner();
  for (const text of [SENTENCE, LATE, 'put plinthq on it'])
    assert.deepEqual(scanner.scan(Buffer.from(text), { label: null, role: 'user' }), [], text);
});

test('a name that only the model knows becomes a pseudonym upstream, and comes back in the answer', async () => {
  const answer = await post(OPENAI, CHAT, chat(SENTENCE));
  assert.equal(answer.status, 200, answer.text);
  assert.ok(!lastBody().includes('xqz'));
  assert.match(lastBody(), /the parcel for <PERSON_1> is late/);
  assert.ok(answer.text.includes(`You wrote: ${SENTENCE}`), answer.text);
  const event = await weir.event(answer.header('x-weir-event'));
  const person = event.findings.find(({ entity, direction }) => entity === 'PERSON' && direction === 'request');
  assert.equal(person?.maxScore, 0.6);
  assert.equal(event.coverage.level, 'full');
});

test('an answer that is held is read by it, too', async () => {
  const answer = await post(OPENAI, CHAT, chat('put plinthq on it'));
  assert.ok(answer.text.includes('You wrote: put [LOCATION] on it'), answer.text);
  assert.ok(lastBody().includes('put plinthq on it'));
});

test('what streams by is read beside, for the record', async () => {
  const answer = await post(UNNAMED, '/anywhere', { note: SENTENCE, more: 'x'.repeat(50) });
  const event = await weir.event(answer.header('x-weir-event'));
  assert.deepEqual(
    event.findings.map(({ entity, direction }) => `${entity} ${direction}`),
    ['PERSON request'],
  );
  assert.equal(event.coverage.level, 'full');
});

test('where the model is not done in time the call goes on without it, and the record says so', async () => {
  setRunTime(folder, 12_000);
  try {
    const from = performance.now();
    const answer = await post(OPENAI, CHAT, chat(`${LATE}, and write to jane@example.com`));
    assert.ok(performance.now() - from < 10_000, 'the exchange did not wait for the model');
    assert.equal(answer.status, 200, answer.text);
    assert.ok(lastBody().includes(LATE));
    const event = await weir.event(answer.header('x-weir-event'));
    assert.deepEqual(event.coverage, { level: 'truncated', reason: 'model' });
    assert.ok(event.findings.some(({ entity }) => entity === 'EMAIL_ADDRESS'));
  } finally {
    setRunTime(folder, 0);
  }
});

test('weir scan finds, redacts and prints lines with it', async () => {
  const file = join(root, 'letter.txt');
  writeFileSync(file, `Hello,\n${SENTENCE}\n`);
  const found = await weirCommand(['scan', '--config', configFile, file]);
  assert.equal(found.code, 1, found.stderr);
  assert.match(found.stdout, /letter\.txt:2:16: PERSON 0\.60/);
  const redacted = await weirCommand(['scan', '--config', configFile, '--redact', file]);
  assert.ok(redacted.stdout.includes('the parcel for [PERSON] is late'), redacted.stdout);
  const lines = join(root, 'lines.jsonl');
  writeFileSync(lines, `${JSON.stringify({ id: 1, text: `für ${NAME}` })}\n`);
  const printed = await weirCommand(['scan', '--config', configFile, '--jsonl', lines]);
  const { findings, coverage } = JSON.parse(printed.stdout);
  assert.deepEqual(
    findings.map(({ entity, start, end }: Record<string, unknown>) => [entity, start, end]),
    [['PERSON', 4, 14]],
  );
  assert.deepEqual(coverage, { level: 'full', reason: null });
  assert.equal((await weirCommand(['scan', file])).code, 0, 'without a configuration there is no model');
});

test('weir scan says where the model failed', async () => {
  writeFileSync(join(folder, 'run-throws'), '');
  try {
    // The first run is the check at the start.
    const { code, stderr } = await weirCommand(['scan', '--config', configFile, policy]);
    assert.equal(code, 2);
    assert.match(stderr, /model_unusable: .*the model fails on a first text/);
  } finally {
    rmSync(join(folder, 'run-throws'));
  }
});

test('weir doctor opens it', async () => {
  const healthy = await weirCommand(['doctor', '--config', configFile]);
  assert.match(healthy.stdout, /ok +model +\S+model\n/);
  writeFileSync(join(folder, 'run-throws'), '');
  try {
    const broken = await weirCommand(['doctor', '--config', configFile]);
    assert.equal(broken.code, 1);
    assert.match(broken.stdout, /broken +model +.*the model fails on a first text/);
  } finally {
    rmSync(join(folder, 'run-throws'));
  }
});

test('weir serve answers with it', async () => {
  const served = startWeirCommand(['serve', '--config', configFile, '--listen', '127.0.0.1:0']);
  const [, url] = await served.shows(/listens on (http:\S+)/);
  const response = await fetch(`${url}/analyze`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text: `😀 ${SENTENCE}`, language: 'en' }),
  });
  const results: unknown = await response.json();
  assert.ok(Array.isArray(results));
  assert.deepEqual(
    results.map(({ entity_type, start, end }) => [entity_type, start, end]),
    [['PERSON', 17, 27]],
  );
  assert.equal(response.headers.get('x-weir-coverage'), null);
  served.signal('SIGTERM');
  assert.equal((await served.ended).code, 0);
});

test('an answer of the service says when the model has not read the text', async () => {
  const served = await serveHere({ readNames: async (texts) => ({ names: texts.map(() => []), isWhole: false }) });
  try {
    const response = await fetch(`${served.url}/analyze`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: SENTENCE, language: 'en' }),
    });
    assert.equal(response.headers.get('x-weir-coverage'), 'truncated: model');
  } finally {
    await served.close();
  }
});

test('a model beside `names: off`, and one that is not there, stop the start', async () => {
  const off = join(root, 'off.yaml');
  writeFileSync(off, `detection:\n  names: "off"\n  model: ${JSON.stringify(folder)}\n`);
  const refused = await weirCommand(['scan', '--config', off, policy]);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /off\.yaml:3:10: expected no model beside names: off/);
  const missing = join(root, 'missing.yaml');
  writeFileSync(missing, 'detection: {model: nowhere}\n');
  assert.match((await weirCommand(['scan', '--config', missing, policy])).stderr, /no such file or folder/);
});
