/** Who connects from this host, in the log and to rules that ask for it. */
import assert from 'node:assert/strict';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { CARD } from '../support/planted.ts';
import { ANTHROPIC, OPENAI, startUnderTest, type UnderTest } from '../support/weir-under-test.ts';
import { connectThrough, jsonRequest, type WireAnswer } from '../support/wire.ts';

const EXE = realpathSync(process.execPath);
const POLICIES = `apiVersion: weir/v1
kind: Policy
name: by-process
match: {destinations: {hosts: ["${OPENAI}"]}, directions: [request]}
rules:
  - {name: node, match: {sources: {processes: ["${EXE}"]}, models: ["no-node"]}, action: block}
  - {name: card, detect: {entities: [CREDIT_CARD]}, action: block, except: {sources: {users: ["${userInfo().username}"]}}}
---
apiVersion: weir/v1
kind: Policy
name: by-app
match: {destinations: {hosts: ["${ANTHROPIC}"]}, directions: [request], not: {sources: {apps: [tests]}}}
rules:
  - {name: others, action: block}
`;

describe('processes', { skip: process.platform === 'linux' ? false : 'reads /proc' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-peers-'));
  let weir: UnderTest;
  before(async () => {
    const policies = join(folder, 'policies.yaml');
    writeFileSync(policies, POLICIES);
    weir = await startUnderTest({ config: { policies: [policies], apps: [{ name: 'tests', match: { exe: EXE } }] } });
  });
  after(async () => {
    await weir.close();
    rmSync(folder, { recursive: true });
  });

  /** The answer once it is as wanted, on one connection: under load a look-up takes longer than a call waits for it. */
  async function eventually(status: number, host: string, content: string, model = 'm'): Promise<WireAnswer> {
    const wire = await connectThrough(weir.port, host, weir.ca);
    const target = host === ANTHROPIC ? '/v1/messages' : '/v1/chat/completions';
    const until = performance.now() + 20_000;
    for (;;) {
      wire.write(jsonRequest('POST', target, host, { model, messages: [{ role: 'user', content }] }));
      const answer = await wire.answer('POST');
      if (answer.status === status) {
        wire.destroy();
        return answer;
      }
      assert.ok(performance.now() < until, `never ${status}: ${answer.text}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  test('a rule on processes holds, an exception for a user relaxes, and an app that is known by its program is let on', async () => {
    assert.match((await eventually(400, OPENAI, 'hello', 'no-node')).text, /by-process\/node/);
    await eventually(200, OPENAI, `card ${CARD}`);
    await eventually(200, ANTHROPIC, 'hello');
  });

  test('the event says which process it was, and the app that it is by that', async () => {
    const answer = await eventually(400, OPENAI, 'hello', 'no-node');
    const { source } = await weir.event(answer.header('x-weir-event'));
    assert.deepEqual(
      [source.pid, source.exe, source.user, source.app, source.verified],
      [process.pid, EXE, userInfo().username, 'tests', true],
    );
    const edges = await weir.edges();
    assert.ok(edges.some((edge) => edge.source.exe === EXE && edge.source.app === 'tests'));
  });

  test('a WebSocket waits for the look-up as a call does', async () => {
    const until = performance.now() + 20_000;
    for (;;) {
      const wire = await connectThrough(weir.port, OPENAI, weir.ca);
      const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13';
      wire.write(
        `GET /v1/realtime?model=no-node HTTP/1.1\r\nHost: ${OPENAI}\r\n${upgrade}\r\nSec-WebSocket-Key: ${'A'.repeat(22)}==\r\n\r\n`,
      );
      const answer = await wire.answer();
      wire.destroy();
      if (answer.status === 426) {
        assert.match(answer.text, /by-process\/node/);
        assert.equal((await weir.event(answer.header('x-weir-event'))).source.exe, EXE);
        return;
      }
      assert.ok(performance.now() < until, `never 426: ${answer.status} ${answer.text}`);
    }
  });

  test('an unknown process relaxes nothing: what asks for an app is stopped where the app is not known', async () => {
    const other = await startUnderTest({ config: { policies: [join(folder, 'policies.yaml')] } });
    try {
      const wire = await connectThrough(other.port, ANTHROPIC, other.ca);
      wire.write(jsonRequest('POST', '/v1/messages', ANTHROPIC, { model: 'm', messages: [] }));
      assert.equal((await wire.answer('POST')).status, 400);
      wire.destroy();
    } finally {
      await other.close();
    }
  });
});
