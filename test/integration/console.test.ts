/** A running Weir as an operator's machinery sees it. */
import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CARD } from '../support/planted.ts';
import { OPENAI, startUnderTest, UNNAMED, type UnderTest } from '../support/weir-under-test.ts';
import { connectPlain, connectThrough, jsonRequest } from '../support/wire.ts';

let weir: UnderTest;
before(async () => {
  weir = await startUnderTest({ console: true });
});
after(() => weir.close());

async function chat(content: string): Promise<number> {
  const wire = await connectThrough(weir.port, OPENAI, weir.ca, {
    headers: 'Proxy-Authorization: Basic c2VjcmV0LWFwcDo=\r\n',
  });
  wire.write(
    jsonRequest('POST', '/v1/chat/completions', OPENAI, { model: 'm-secret', messages: [{ role: 'user', content }] }),
  );
  const { status } = await wire.answer('POST');
  wire.destroy();
  return status;
}

function consoleUrl(path: string): string {
  return `${weir.weir.consoleUrl ?? ''}${path}`;
}

/** The metrics once `is` holds of them: what is committed is counted within a moment. */
async function metricsWith(is: RegExp): Promise<string> {
  const until = performance.now() + 10_000;
  for (;;) {
    const text = await (await fetch(consoleUrl('/metrics'))).text();
    if (is.test(text)) return text;
    assert.ok(performance.now() < until, `not shown: ${is}\n${text}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('what was committed is counted, by words that no client chose', async () => {
  assert.equal(await chat('hello'), 200);
  assert.equal(await chat(`my card is ${CARD}`), 400);
  const unnamed = await connectThrough(weir.port, UNNAMED, weir.ca);
  unnamed.write(jsonRequest('POST', '/secret-path', UNNAMED, { note: 'x' }));
  await unnamed.answer('POST');
  unnamed.destroy();
  await weir.events(3);
  const text = await metricsWith(/weir_events_total\{kind="exchange"\} 3$/m);
  for (const line of [
    'weir_exchanges_total{vendor="OpenAI",category="genai",outcome="completed",action="allow",status="2xx"} 1',
    'weir_exchanges_total{vendor="OpenAI",category="genai",outcome="blocked",action="block",status="4xx"} 1',
    'weir_decisions_total{direction="request",action="block",mode="enforce"} 1',
    'weir_findings_total{entity="CREDIT_CARD",direction="request"} 1',
    'weir_exchange_seconds_count{category="genai"} 2',
    'weir_stage_seconds_count{stage="hold"} 2',
    'weir_stage_seconds_count{stage="forward"} 2',
    'weir_held_bytes{worker="main"} 0',
    'weir_part_ready{part="store",worker="main"} 1',
  ]) {
    assert.ok(text.split('\n').includes(line), `${line}\n${text}`);
  }
  assert.match(text, /^weir_exchanges_total\{vendor="unknown",category="unknown",outcome="completed"/m);
  assert.doesNotMatch(text, /secret|weir-test\.example|4111|api\.openai/);
});

test('a connection that fails is counted by its code', async () => {
  const wire = await connectPlain(weir.port);
  wire.write('GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n');
  assert.equal((await wire.answer()).status, 403);
  wire.destroy();
  await metricsWith(/^weir_upstream_failures_total\{code="address_forbidden"\} 1$/m);
});

test('a spool that cannot be written shows before a call meets it, and heals without one', async () => {
  const spool = join(weir.home, 'spool');
  const aside = join(weir.home, 'aside');
  const until = async (status: number, is: RegExp): Promise<void> => {
    const limit = performance.now() + 10_000;
    for (;;) {
      const answer = await fetch(consoleUrl('/readyz'));
      const text = await answer.text();
      if (answer.status === status && is.test(text)) return;
      assert.ok(performance.now() < limit, `/readyz did not become ${status} ${is}: ${text}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  await until(200, /"ready":true/);
  // A file where the folder was: nobody can write there, root neither.
  renameSync(spool, aside);
  writeFileSync(spool, '');
  await until(503, /"store":\{"ready":false,"reason":"the spool cannot be written \(E[A-Z]+\)"\}/);
  assert.equal((await fetch(consoleUrl('/livez'))).status, 200);
  renameSync(spool, join(weir.home, 'nothing'));
  renameSync(aside, spool);
  await until(200, /"ready":true/);
});

test('the proxy leads nobody to its own console', async () => {
  const { host } = new URL(consoleUrl('/'));
  const wire = await connectPlain(weir.port);
  wire.write(`GET http://${host}/metrics HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  assert.equal((await wire.answer()).status, 403);
  wire.destroy();
});
