/** What worker processes know together: limits, overrides' sources, and the figures that the console shows. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { OPENAI, startUnderTest, type UnderTest } from '../support/weir-under-test.ts';
import { connectThrough, jsonRequest } from '../support/wire.ts';

const POLICY = `apiVersion: weir/v1
kind: Policy
name: pace
match: {destinations: {hosts: ["${OPENAI}"]}, directions: [request]}
rules:
  - {name: calls, limit: {requests: 4, per: 1h}, action: block}
`;

const folder = mkdtempSync(join(tmpdir(), 'weir-share-'));
let weir: UnderTest;
before(async () => {
  const policies = join(folder, 'policies.yaml');
  writeFileSync(policies, POLICY);
  weir = await startUnderTest({ workers: 2, console: true, config: { policies: [policies] } });
});
after(async () => {
  await weir.close();
  rmSync(folder, { recursive: true });
});

async function call(): Promise<number> {
  const wire = await connectThrough(weir.port, OPENAI, weir.ca);
  const messages = [{ role: 'user', content: 'hello' }];
  wire.write(jsonRequest('POST', '/v1/chat/completions', OPENAI, { model: 'm', messages }));
  const { status } = await wire.answer('POST');
  wire.destroy();
  return status;
}

test('a source meets one limit, whichever worker its connections come to', async () => {
  let passed = 0;
  while ((await call()) === 200) passed++;
  // One more may pass on the other worker before it has heard of the last.
  assert.ok(passed === 4 || passed === 5, String(passed));
  for (let i = 0; i < 12; i++) assert.equal(await call(), 400, `connection ${i}`);
});

test('the console shows each worker, and what they have done together', async () => {
  assert.equal(weir.weir.workers.length, 2);
  const until = performance.now() + 15_000;
  for (;;) {
    const text = await (await fetch(`${weir.weir.consoleUrl}/metrics`)).text();
    const blocked = /^weir_exchanges_total\{[^}]*outcome="blocked"[^}]*\} (\d+)$/m.exec(text)?.[1];
    const workers = new Set([...text.matchAll(/^weir_open_connections\{worker="(w\d)"\}/gm)].map(([, name]) => name));
    if (Number(blocked) >= 13 && workers.size === 2) {
      assert.match(text, /^weir_stage_seconds_count\{stage="hold"\} \d\d$/m);
      return;
    }
    assert.ok(performance.now() < until, text);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});
