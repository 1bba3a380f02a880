/** Two nodes with a bus, a collector of its own, a real NATS and a real PostgreSQL: calls through the proxies become records of one store. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { afterwards, temporaryFolder } from '../store/samples.ts';
import { arrivedInPostgres } from '../support/arrived-in-postgres.ts';
import { missing } from '../support/data-stores.ts';
import { missingNats, startNatsServer } from '../support/nats-server.ts';
import { startPostgres } from '../support/postgres-server.ts';
import { weir as runWeir, startWeirCommand } from '../support/weir-command.ts';
import { OPENAI, startUnderTest, type UnderTest } from '../support/weir-under-test.ts';
import { connectThrough, jsonRequest } from '../support/wire.ts';

async function call({ port, ca }: UnderTest, content: string): Promise<string> {
  const wire = await connectThrough(port, OPENAI, ca);
  wire.write(
    jsonRequest('POST', '/v1/chat/completions', OPENAI, { model: 'gpt-4o', messages: [{ role: 'user', content }] }),
  );
  const answer = await wire.answer('POST');
  wire.destroy();
  return answer.header('x-weir-event') ?? '';
}

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  const limit = Date.now() + 60_000;
  while (!(await holds())) {
    assert.ok(Date.now() < limit, what);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** `weir collect` with a home of its own; its probes' URL. */
async function collect(t: TestContext, bus: string, store: string) {
  const folder = temporaryFolder(t);
  const file = join(folder, 'collect.yaml');
  writeFileSync(file, JSON.stringify({ home: join(folder, 'home'), bus, store, collect: { listen: '127.0.0.1:0' } }), {
    mode: 0o600,
  });
  const running = startWeirCommand(['collect', '--config', file]);
  afterwards(t, async () => {
    running.signal('SIGTERM');
    await running.ended;
  });
  const [, url = ''] = await running.shows(/(http:\/\/127\.0\.0\.1:\d+)\/readyz/);
  return { running, url };
}

const skip = missingNats() || missing('postgresql');

test('what goes through two proxies is one log, each record once and in its chain; a collector says how it stands', {
  skip,
}, async (t) => {
  const password = 'p'.repeat(9);
  const nats = await startNatsServer({ user: 'weir', password });
  afterwards(t, () => nats.stop());
  const database = await startPostgres();
  afterwards(t, () => database.stop());
  const arrived = await arrivedInPostgres(database.url());
  afterwards(t, () => arrived.close());
  const nodes: UnderTest[] = [];
  for (let i = 0; i < 2; i++) {
    const node = await startUnderTest({ config: { bus: nats.url }, console: true });
    afterwards(t, () => node.close());
    nodes.push(node);
  }
  const ids: string[] = [];
  for (const node of nodes) for (let i = 0; i < 3; i++) ids.push(await call(node, `a question, number ${i}`));
  const { running, url } = await collect(t, nats.url, database.url());
  const hasAll = async (): Promise<boolean> => {
    const there = await arrived.ids();
    return ids.every((id) => there.has(id));
  };
  await until(hasAll, 'all calls are stored');
  assert.deepEqual((await fetch(`${url}/readyz`)).status, 200);
  assert.deepEqual(await (await fetch(`${url}/livez`)).json(), { live: true });
  // The store shows a batch a moment before the collector has counted it.
  const metrics = async (): Promise<string> => (await fetch(`${url}/metrics`)).text();
  await until(async () => /weir_collect_added_total [1-9]/.test(await metrics()), 'what was stored is counted');
  assert.equal((await fetch(`${url}/api/v1/events`)).status, 404);
  // Collector and proxies are nodes: each says what it is.
  const asked = async (): Promise<string> => {
    const status = await runWeir(['policy', 'bundle', 'status', '--json', '--config', nodes[0]?.configFile ?? '']);
    const { nodes: heard } = JSON.parse(status.stdout);
    return heard
      .map(({ parts }: { readonly parts: readonly string[] }) => parts.join('+'))
      .sort()
      .join();
  };
  await until(async () => (await asked()) === 'collector,proxy+console,proxy+console', 'all three are nodes');

  // The bus goes; the nodes go on. The collector says that it does not work, in words without the password.
  await nats.kill();
  for (const node of nodes) ids.push(await call(node, 'the bus is away'));
  await until(async () => (await fetch(`${url}/readyz`)).status === 503, 'the collector is not ready');
  assert.match(await (await fetch(`${url}/readyz`)).text(), /the bus at nats:\/\/127\.0\.0\.1/);
  await nats.restart();
  await until(hasAll, 'what was recorded meanwhile is stored');

  // What an administrator does beside a running node is in its chain too.
  const made = await runWeir(['token', 'create', '--name', 'probe', '--config', nodes[0]?.configFile ?? '']);
  assert.equal(made.code, 0, made.stderr);
  await until(async () => {
    const chains = await arrived.chains();
    return chains.some(({ count }) => count >= 5) && chains.every(({ count, from, to }) => from === 1 && count === to);
  }, 'the chains are whole');
  assert.equal(await arrived.missing(), 0);
  assert.ok(!running.output().includes(password), running.output());
});

test('a collector without a store, and one whose bus refuses it, say what to mend', { skip }, async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, 'weir.yaml');
  writeFileSync(file, JSON.stringify({ home: join(folder, 'home'), bus: 'nats://127.0.0.1:1' }), { mode: 0o600 });
  const { code, stderr } = await runWeir(['collect', '--config', file]);
  assert.equal(code, 2);
  assert.match(stderr, /needs `bus: nats:\/\/…` and `store: postgres:\/\/…`/);
});
