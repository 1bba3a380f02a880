/** Limits, rollouts and overrides as clients of a running proxy meet them. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { COMMANDS, main } from '../../cli/main.ts';
import { CARD, MAIL } from '../support/planted.ts';
import { ANTHROPIC, OPENAI, startUnderTest, UNNAMED, type UnderTest } from '../support/weir-under-test.ts';
import { connectThrough, jsonRequest, type WireAnswer } from '../support/wire.ts';

const POLICIES = `apiVersion: weir/v1
kind: Policy
name: cards
match: {destinations: {hosts: ["${OPENAI}"]}, directions: [request]}
rules:
  - {name: pan, detect: {entities: [CREDIT_CARD]}, action: block, override: {for: 15m}}
---
apiVersion: weir/v1
kind: Policy
name: pace
match: {destinations: {hosts: ["${ANTHROPIC}"]}}
rules:
  - {name: calls, limit: {requests: 3, per: 1h}, action: block, message: Three an hour.}
---
apiVersion: weir/v1
kind: Policy
name: volume
match: {destinations: {hosts: ["${UNNAMED}"]}, directions: [request]}
rules:
  - {name: bytes, limit: {bytes: 3000, per: 1h}, action: alert}
---
apiVersion: weir/v1
kind: Policy
name: asks
match: {destinations: {hosts: ["${UNNAMED}"]}, directions: [request]}
rules:
  - {name: calls, limit: {requests: 5, per: 1h}, action: alert}
---
apiVersion: weir/v1
kind: Policy
name: later
rollout: 0%
match: {destinations: {hosts: ["${OPENAI}"]}, directions: [request]}
rules:
  - {name: mail, detect: {entities: [EMAIL_ADDRESS]}, action: block}
`;

const folder = mkdtempSync(join(tmpdir(), 'weir-limits-'));
let weir: UnderTest;
before(async () => {
  const policies = join(folder, 'policies.yaml');
  writeFileSync(policies, POLICIES);
  weir = await startUnderTest({ config: { policies: [policies] } });
});
after(async () => {
  await weir.close();
  rmSync(folder, { recursive: true });
});

async function post(host: string, content: string): Promise<WireAnswer> {
  const wire = await connectThrough(weir.port, host, weir.ca);
  const target = host === ANTHROPIC ? '/v1/messages' : '/v1/chat/completions';
  const body = host === UNNAMED ? { note: content } : { model: 'm', messages: [{ role: 'user', content }] };
  wire.write(jsonRequest('POST', target, host, body));
  const answer = await wire.answer('POST');
  wire.destroy();
  return answer;
}

async function command(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const printed = { out: '', err: '' };
  const context = {
    env: {},
    cwd: weir.folder,
    stdin: Readable.from([]),
    isTerminal: false,
    out: (text: string) => {
      printed.out += text;
    },
    err: (text: string) => {
      printed.err += text;
    },
  };
  const code = await main([...args, '--config', weir.configFile], context, COMMANDS);
  return { code, ...printed };
}

test('the fourth call within the hour is blocked, two at once included, and what was blocked does not count', async () => {
  const answers = await Promise.all([1, 2, 3, 4, 5].map(() => post(ANTHROPIC, 'hello')));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 200, 400, 400]);
  const refused = answers.find(({ status }) => status === 400);
  assert.match(refused?.text ?? '', /pace\/calls.*Three an hour\./);
  const { explanation, action } = await weir.event(refused?.header('x-weir-event') ?? null);
  assert.equal(action, 'block');
  assert.deepEqual(explanation, ['pace/calls: 4 requests in 1h, limit 3']);
});

test('bytes are counted of bodies that stream, and an alert holds nothing up', async () => {
  for (const _ of [1, 2]) assert.equal((await post(UNNAMED, 'x'.repeat(1000))).status, 200);
  const third = await post(UNNAMED, 'x'.repeat(1000));
  assert.equal(third.status, 200);
  const { action, explanation } = await weir.event(third.header('x-weir-event'));
  assert.equal(action, 'alert');
  assert.match(explanation.join(), /^volume\/bytes: 3\d\d\d bytes in 1h, limit 3000$/);
});

test('a request without a body counts once', async () => {
  const wire = await connectThrough(weir.port, UNNAMED, weir.ca);
  let text = '';
  // Three have been there before.
  for (const path of ['/4', '/5', '/6']) {
    wire.write(`GET ${path} HTTP/1.1\r\nHost: ${UNNAMED}\r\n\r\n`);
    const answer = await wire.answer();
    const { explanation } = await weir.event(answer.header('x-weir-event'));
    text += explanation.filter((line) => line.startsWith('asks/')).join();
  }
  wire.destroy();
  assert.equal(text, 'asks/calls: 6 requests in 1h, limit 5');
});

test('outside a rollout a policy watches', async () => {
  const answer = await post(OPENAI, `write to ${MAIL}`);
  assert.equal(answer.status, 200);
  const event = await weir.event(answer.header('x-weir-event'));
  assert.deepEqual([event.action, event.enforced, event.policy], ['block', false, 'later']);
  assert.match(event.explanation.join(), /outside the rollout of 0%/);
});

test('what was stopped may be let through for a while, on record, and nothing else with it', async () => {
  const blocked = await post(OPENAI, `card ${CARD}`);
  assert.equal(blocked.status, 400);
  assert.match(blocked.text, /weir log allow EVENT --reason WHY/);
  const id = blocked.header('x-weir-event') ?? '';
  await weir.event(id);

  const without = await command('log', 'allow', id);
  assert.deepEqual([without.code, without.out], [2, '']);
  assert.match(without.err, /needs --reason/);
  const given = await command('log', 'allow', id, '--reason', `test card ${CARD}`, '--by', 'jane', '--json');
  assert.equal(given.code, 0, given.err);
  const { event, policy, rule, from, until } = JSON.parse(given.out);
  assert.deepEqual([event, policy, rule], [id, 'cards', 'pan']);
  assert.equal(Date.parse(until) - Date.parse(from), 15 * 60_000);

  // Within a second.
  const limit = performance.now() + 5000;
  let answer = await post(OPENAI, `once more ${CARD}`);
  while (answer.status === 400 && performance.now() < limit) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    answer = await post(OPENAI, `once more ${CARD}`);
  }
  assert.equal(answer.status, 200);
  assert.ok(weir.standIn.requests.at(-1)?.body.toString().includes(CARD));
  const passed = await weir.event(answer.header('x-weir-event'));
  assert.deepEqual([passed.action, passed.policy, passed.rule], ['alert', 'cards', 'pan']);
  assert.ok(passed.explanation.some((text) => text.includes(`by the override of event ${id}`)));

  const reviewed = await weir.eventWhere('the reviewed event', (one) => one.id === id && one.review !== null);
  assert.equal(reviewed.review?.state, 'accepted_risk');
  assert.equal(reviewed.review?.by, 'jane');
  assert.match(reviewed.review?.note ?? '', /^allowed until .*: test card \[CREDIT_CARD\]$/);
  assert.equal((await command('log', 'verify')).code, 0);
  assert.equal((await post(OPENAI, 'card 5500 0000 0000 0004')).status, 400);
});

test('what was not stopped by a rule that grants it is not let through', async () => {
  const clean = await post(OPENAI, 'hello');
  const id = clean.header('x-weir-event') ?? '';
  await weir.event(id);
  const nothing = await command('log', 'allow', id, '--reason', 'x');
  assert.equal(nothing.code, 1);
  assert.match(nothing.err, /nothing was stopped or changed/);
  const paced = await post(ANTHROPIC, 'hello');
  const other = paced.header('x-weir-event') ?? '';
  await weir.event(other);
  const refused = await command('log', 'allow', other, '--reason', 'x');
  assert.equal(refused.code, 1);
  assert.match(refused.err, /pace\/calls grants no override/);
  assert.equal((await command('log', 'allow', '01ZZZZZZZZZZZZZZZZZZZZZZZZ', '--reason', 'x')).code, 1);
});
