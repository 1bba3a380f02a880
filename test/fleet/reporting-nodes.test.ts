/** Commands that run no proxy as nodes of a fleet: each says who it is and what it runs, and takes up what is published. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { FleetPolicies } from '../../console/api/shapes.ts';
import type { HeardReport } from '../../flow/node-report.ts';
import { kernelSkipWithout, makeCgroup } from '../kernel/host.ts';
import { afterwards, temporaryFolder } from '../store/samples.ts';
import { missingNats, type NatsServer, startNatsServer } from '../support/nats-server.ts';
import { type RunningCommand, startWeirCommand, weir } from '../support/weir-command.ts';

/** Another one with each version. */
const policyOf = (version: number): string => `apiVersion: weir/v1
kind: Policy
name: cards
description: No cards.
severity: high
mode: enforce
rules:
  - {name: pan-${version}, detect: {entities: [CREDIT_CARD]}, action: block}
`;

interface Place {
  readonly folder: string;
  readonly server: NatsServer;
  publish(version: number): Promise<void>;
  /** A command with a home of its own, with the bus and its bundles. */
  start(name: string, settings: object): RunningCommand;
  /** Until the node that this command is has said so of itself. */
  reported(part: string, holds: (report: HeardReport) => boolean): Promise<HeardReport>;
}

async function startPlace(t: TestContext): Promise<Place> {
  const server = await startNatsServer();
  afterwards(t, () => server.stop());
  const folder = temporaryFolder(t);
  const bundle = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await weir(['policy', 'bundle', ...args], {
      cwd: folder,
      env: { WEIR_HOME: join(folder, 'desk') },
    });
    assert.equal(code, 0, stderr);
    return stdout;
  };
  await bundle('key', '--out', 'policy.key');
  return {
    ...{ folder, server },
    publish: async (version) => {
      writeFileSync(join(folder, 'cards.yaml'), policyOf(version));
      await bundle('build', 'cards.yaml', '--name', 'prod', '--version', String(version), '--out', 'draft.bundle');
      await bundle('sign', 'draft.bundle', '--key', 'policy.key');
      await bundle('publish', 'draft.bundle', '--to', server.url, '--key', 'policy.key.pub');
    },
    start: (name, settings) => {
      const file = join(folder, `${name}.yaml`);
      const followed = { from: 'bus', keys: [join(folder, 'policy.key.pub')], labels: [name] };
      const whole = { home: join(folder, name), bus: server.url, bundle: followed, ...settings };
      writeFileSync(file, JSON.stringify(whole), { mode: 0o600 });
      const running = startWeirCommand([name, '--config', file]);
      afterwards(t, async () => {
        running.signal('SIGTERM');
        await running.ended;
      });
      return running;
    },
    reported: async (part, holds) => {
      const limit = Date.now() + 120_000;
      for (;;) {
        const { nodes } = JSON.parse(await bundle('status', '--bus', server.url, '--json'));
        const found: HeardReport | undefined = nodes.find(({ parts }: HeardReport) =>
          parts.some((one) => one === part),
        );
        if (found !== undefined && holds(found)) return found;
        assert.ok(Date.now() < limit, JSON.stringify(nodes));
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    },
  };
}

const SKIP = missingNats();

test('the console alone is a node, follows the bundle, and shows the fleet', { skip: SKIP }, async (t) => {
  const place = await startPlace(t);
  await place.publish(1);
  const running = place.start('console', { console: { listen: '127.0.0.1:0' } });
  const [, url = ''] = await running.shows(/the console listens on (http:\/\/127\.0\.0\.1:\d+)/);
  const report = await place.reported('console', ({ bundle }) => bundle?.version === 1);
  assert.deepEqual([report.labels, report.parts, report.bundle?.name], [['console'], ['console'], 'prod']);
  assert.match(report.weir, /^\d+\.\d+\.\d+/);
  const made = await weir(['token', 'create', '--name', 'probe', '--config', join(place.folder, 'console.yaml')]);
  const authorization = `Bearer ${/weir_\S+/.exec(made.stdout)?.[0] ?? assert.fail(made.stderr)}`;
  const answer = await fetch(`${url}/api/v1/fleet/policies`, { headers: { authorization } });
  const shown: FleetPolicies = Object(await answer.json());
  assert.deepEqual([shown.hasBus, shown.published?.version, shown.nodes.length], [true, 1, 1]);
  assert.deepEqual([shown.nodes[0]?.node, shown.nodes[0]?.parts], [report.node, ['console']]);
  // What is published while it runs is what its pages show from then on.
  await place.publish(2);
  await place.reported('console', ({ bundle }) => bundle?.version === 2);
  await running.shows(/taken up: .*cards/);
});

const KERNEL_SKIP = SKIP || kernelSkipWithout();

test('the sensor alone is a node, and judges by the bundle of the fleet', { skip: KERNEL_SKIP }, async (t) => {
  const cgroup = makeCgroup();
  afterwards(t, () => cgroup.remove());
  const place = await startPlace(t);
  const running = place.start('sensor', { sensor: { cgroup: cgroup.path } });
  const before = await place.reported('sensor', () => true);
  assert.deepEqual([before.parts, before.bundle], [['sensor'], null]);
  await place.publish(7);
  const after = await place.reported('sensor', ({ bundle }) => bundle?.version === 7);
  assert.equal(after.node, before.node);
  await running.shows(/taken up: .*cards/);
});
