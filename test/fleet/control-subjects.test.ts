/** A node's user that may do no more than it has to: policies, reports and conversations work, publishing policies does not. */
import assert from 'node:assert/strict';
import { createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { Bus } from '../../fleet/bus.ts';
import { busSettings } from '../../fleet/bus-settings.ts';
import { CONTROL_SUBJECTS } from '../../fleet/control-subjects.ts';
import { ConversationBucket } from '../../fleet/conversation-bucket.ts';
import { conversationSeal } from '../../fleet/conversation-seal.ts';
import { NodeReporting, readNodeReports } from '../../fleet/node-reports.ts';
import { PolicyShelf, publishOnBus } from '../../fleet/policy-shelf.ts';
import { NO_COUNTS } from '../../flow/node-report.ts';
import { afterwards } from '../store/samples.ts';
import { missingNats, startNatsServer } from '../support/nats-server.ts';

test('a node does what it has to with these rights, and cannot publish policies', {
  skip: missingNats(),
}, async (t) => {
  const [operator, node] = [randomUUID(), randomUUID()];
  const server = await startNatsServer({
    more: `authorization { users = [
      { user: operator, password: "${operator}" }
      { user: node, password: "${node}", permissions: {
        publish: ${JSON.stringify(CONTROL_SUBJECTS)}, subscribe: ["_INBOX.>"] } }
    ] }`,
  });
  afterwards(t, () => server.stop());
  const open = async (user: string, password: string): Promise<Bus> => {
    const bus = new Bus(busSettings(`nats://${user}:${password}@127.0.0.1:${server.port}`), { name: user });
    afterwards(t, () => bus.close());
    await bus.ready();
    return bus;
  };
  const [ours, theirs] = [await open('node', node), await open('operator', operator)];

  const changed = Promise.withResolvers<void>();
  const shelf = new PolicyShelf(ours, { name: () => null, maxBytes: 1e7, onChange: () => void look() });
  afterwards(t, () => shelf.close());
  const seen: string[] = [];
  const look = async (): Promise<void> => {
    const got = await shelf.get(null);
    if (got.kind !== 'fetched') return void seen.push(JSON.stringify(got));
    seen.push(`${got.bytes.length} bytes`);
    if (got.bytes.length > 1_000_000) changed.resolve();
  };
  const connection = await theirs.ready();
  await publishOnBus(connection, { name: 'prod', version: 1, bytes: Buffer.alloc(1000, 0x61) }, false);
  // By the object store's own way, in several messages.
  await publishOnBus(connection, { name: 'prod', version: 2, bytes: randomBytes(1_500_000) }, false);
  const timer = setTimeout(() => changed.reject(new Error(seen.join('\n'))), 120_000);
  await changed.promise;
  clearTimeout(timer);

  const shared = new ConversationBucket({
    connection: () => ours.connection,
    seal: conversationSeal(() => [createSecretKey(Buffer.alloc(32, 1))]),
    ...{ waitMs: 60_000, maxBytes: 16 * 1024 * 1024, now: Date.now },
  });
  await shared.begin('id:one', 'conversation-1');
  const content = { tokens: new Map([['<PERSON_1>', 'Alice']]), reserved: new Set<string>() };
  assert.equal(typeof (await shared.save('conversation-1', content, 0)), 'number');
  assert.deepEqual((await shared.find('id:one'))?.content, content);

  const at = new Date().toISOString();
  const reporting = new NodeReporting(ours, () => ({
    ...{
      node: 'node-1',
      host: 'host',
      labels: [],
      parts: ['proxy'],
      weir: '0.1.0',
      startedAt: at,
      bundle: null,
      refused: null,
    },
    ...{ held: null, writers: [], dropped: 0, counts: NO_COUNTS },
  }));
  afterwards(t, () => reporting.close());
  const deadline = Date.now() + 120_000;
  while ((await readNodeReports(connection, new Date())).length === 0) {
    assert.ok(Date.now() < deadline, 'it does not report');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  assert.equal((await readNodeReports(await ours.ready(), new Date()))[0]?.node, 'node-1');

  await assert.rejects(publishOnBus(await ours.ready(), { name: 'prod', version: 3, bytes: Buffer.from('x') }, false));
});
