/** Configuration and policies taken up by two workers while they carry calls. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type RunningWeir, startWeir } from '../../cli/start.ts';
import { loadConfig } from '../../config/load.ts';
import { MAIL } from '../support/planted.ts';
import { eventsOf, makePlace, OPENAI, type Place } from '../support/weir-under-test.ts';
import { connectThrough, jsonRequest, type Wire } from '../support/wire.ts';

let place: Place;
let weir: RunningWeir;
let policies: string;
const lines: string[] = [];
let wake = (): void => {};

function mailRule(action: string, more = ''): string {
  return `apiVersion: weir/v1
kind: Policy
name: mail
rules:
  - name: address
    detect: {entities: [EMAIL_ADDRESS]}
    action: ${action}
${more}`;
}

/** As editors do it: a new file in the place of the old one. */
function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

/** Changes the configuration's own file. */
function configure(proxy: object): void {
  const config: unknown = JSON.parse(readFileSync(place.configFile, 'utf8'));
  assert.ok(typeof config === 'object' && config !== null && 'proxy' in config && typeof config.proxy === 'object');
  replace(place.configFile, JSON.stringify({ ...config, proxy: { ...config.proxy, ...proxy } }));
}

before(async () => {
  place = await makePlace();
  policies = join(place.folder, 'policies');
  mkdirSync(policies);
  writeFileSync(join(policies, 'mail.yaml'), mailRule('block'));
  const written: unknown = JSON.parse(readFileSync(place.configFile, 'utf8'));
  assert.ok(typeof written === 'object' && written !== null);
  writeFileSync(place.configFile, JSON.stringify({ ...written, policies: [policies] }));
  const read = () => loadConfig({ file: place.configFile, env: {}, cwd: place.folder });
  const log = (line: string): void => {
    lines.push(line);
    wake();
  };
  weir = await startWeir(read(), { port: 0, workers: 2, read, log });
});
after(async () => {
  await weir.close();
  await place.remove();
});

/** The next line of the log that says so; what was logged before does not count. */
async function logged(pattern: RegExp): Promise<string> {
  for (;;) {
    const at = lines.findIndex((line) => pattern.test(line));
    if (at >= 0) return lines.splice(0, at + 1)[at] ?? '';
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
}

function connect(): Promise<Wire> {
  return connectThrough(weir.port, OPENAI, readFileSync(weir.caPath, 'utf8'));
}

async function ask(wire: Wire, content: string): Promise<{ status: number; id: string }> {
  wire.write(
    jsonRequest('POST', '/v1/chat/completions', OPENAI, { model: 'gpt-4o', messages: [{ role: 'user', content }] }),
  );
  const answer = await wire.answer('POST');
  return { status: answer.status, id: answer.header('x-weir-event') ?? '' };
}

test('under load each call is judged by one writing of a policy, none is dropped, and soon all have the new one', async () => {
  const wires = await Promise.all(Array.from({ length: 16 }, connect));
  let isTaken = false;
  const answers: { status: number; id: string }[] = [];
  const last = await Promise.all(
    wires.map(async (wire) => {
      for (;;) {
        // Asked before the call: it may have begun before the change.
        const isLast = isTaken;
        const answer = await ask(wire, `write to ${MAIL}`);
        answers.push(answer);
        if (answers.length === 64) replace(join(policies, 'mail.yaml'), mailRule('alert'));
        if (answers.length === 64) void logged(/taken up: policy mail changed/).then(() => (isTaken = true));
        if (isLast) return answer;
      }
    }),
  );
  assert.deepEqual(
    last.map(({ status }) => status),
    last.map(() => 200),
  );
  const events = await eventsOf(place.home, answers.length + 1);
  const admin = events.filter(({ kind }) => kind === 'admin');
  assert.equal(admin.length, 1);
  assert.equal(admin[0]?.policy, 'mail');
  const byId = new Map(events.filter(({ kind }) => kind === 'exchange').map((event) => [event.id, event]));
  assert.equal(byId.size, answers.length);
  const seen = new Set<string>();
  for (const { status, id } of answers) {
    const { action, policyVersion } = byId.get(id) ?? assert.fail('an answer without its event');
    seen.add(`${status} ${action} ${policyVersion === admin[0]?.policyVersion}`);
  }
  assert.deepEqual([...seen].sort(), ['200 alert true', '400 block false']);
  for (const wire of wires) wire.destroy();
});

test('a policy with an error is named with its place, and what runs goes on', async () => {
  replace(join(policies, 'mail.yaml'), mailRule('block').replace('detect', 'detekt'));
  assert.match(await logged(/policy_invalid/), /mail\.yaml:6:5: .*detekt.*did you mean "detect"/);
  const wire = await connect();
  assert.equal((await ask(wire, `write to ${MAIL}`)).status, 200);
  replace(join(policies, 'mail.yaml'), mailRule('block'));
  await logged(/taken up: policy mail changed/);
  assert.equal((await ask(wire, `write to ${MAIL}`)).status, 400);
  wire.destroy();
});

test('a configuration with an error changes nothing; a good one is taken up but for what needs a restart', async () => {
  configure({ onError: 'perhaps' });
  assert.match(await logged(/config_invalid/), /weir\.yaml:[0-9]+:[0-9]+: .*closed.*open/);
  configure({ onError: 'closed', block: { status: 422 }, listen: '127.0.0.1:1', limits: { drainMs: 1234 } });
  assert.match(await logged(/next start/), /: proxy\.listen: /);
  assert.match(await logged(/taken up/), /proxy\.block/);
  const wires = await Promise.all(Array.from({ length: 8 }, connect));
  for (const wire of wires) {
    assert.equal((await ask(wire, `write to ${MAIL}`)).status, 422);
    wire.destroy();
  }
});

test("a policy's own recognizer is taken up by both", async () => {
  const recognizers =
    'recognizers:\n  - {entity: STAFF_ID, category: custom, patterns: ["\\\\bE-[0-9]{6}\\\\b"], score: 0.6, hits: ["E-123456"]}\n';
  const wires = await Promise.all(Array.from({ length: 8 }, connect));
  for (const wire of wires) assert.equal((await ask(wire, 'I am E-123456')).status, 200);
  replace(
    join(policies, 'staff.yaml'),
    mailRule('block', recognizers).replace('name: mail', 'name: staff').replace('EMAIL_ADDRESS', 'STAFF_ID'),
  );
  await logged(/taken up: policy staff added/);
  assert.deepEqual(weir.policies, ['mail', 'staff']);
  for (const wire of wires) {
    assert.equal((await ask(wire, 'I am E-123456')).status, 422);
    wire.destroy();
  }
});

test('a worker that takes the place of another judges by what was taken up meanwhile', async () => {
  const lost = weir.workers[0] ?? assert.fail('no worker');
  process.kill(lost, 'SIGKILL');
  await logged(/it is replaced/);
  replace(join(policies, 'mail.yaml'), mailRule('alert'));
  await logged(/taken up: policy mail changed/);
  const { problem } = await takingCalls();
  assert.equal(problem, null);
});

/** Calls on new connections until both workers of now have had some, which the count of connections makes sure. */
async function takingCalls(): Promise<{ problem: string | null }> {
  const until = performance.now() + 60_000;
  while (weir.workers.length < 2 || !lines.some((line) => /listens again/.test(line))) {
    if (performance.now() > until) return { problem: 'no second worker within a minute' };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const wires = await Promise.all(Array.from({ length: 24 }, connect));
  for (const wire of wires) {
    const { status } = await ask(wire, `write to ${MAIL}`);
    wire.destroy();
    if (status !== 200) return { problem: `a call was judged by what held before: ${status}` };
  }
  return { problem: null };
}

test('asked for without a change, it says so', async () => {
  await weir.reload();
  await logged(/nothing has changed/);
});
