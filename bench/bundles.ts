/**
 * How long a bundle of policies takes from its publication to the nodes that watch the bus: real nats-server, a connection and
 * a watch for each node, all nodes in this process. Taken up means judged, written to the node's home and told to be loaded.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BundleFollower } from '../cli/bundle/bundle-follower.ts';
import { bundleText, MAX_BUNDLE_BYTES, signBundle } from '../engine/decide/policy-bundle.ts';
import { Bus } from '../fleet/bus.ts';
import { busSettings } from '../fleet/bus-settings.ts';
import { PolicyShelf, publishOnBus } from '../fleet/policy-shelf.ts';
import { missingNats, startNatsServer } from '../test/support/nats-server.ts';

export interface BundleRun {
  readonly nodes: number;
  readonly rounds: number;
  /** About so many bytes of policies. */
  readonly bytes: number;
}

export interface BundleFigures extends BundleRun {
  readonly rows: readonly BundleRound[];
}

/** Ms from the call that publishes until the first node, half of them and the last run it; and CPU of all nodes together. */
export interface BundleRound {
  readonly first: number;
  readonly half: number;
  readonly last: number;
  readonly cpu: number;
}

export const FULL_BUNDLES: BundleRun = { nodes: 200, rounds: 5, bytes: 16 * 1024 };
export const QUICK_BUNDLES: BundleRun = { nodes: 50, rounds: 2, bytes: 16 * 1024 };
const TARGET_MS = 2000;
const TARGET_NODES = 200;
const LIMIT_MS = 120_000;
/** Every node has a disk of its own; two hundred that wait for this one's fsync in turn would measure the disk. */
const MEMORY = '/dev/shm';

/** Throws where there is no nats-server, or a node does not take a bundle up within two minutes. */
export async function measureBundles(run: BundleRun, say: (line: string) => void): Promise<BundleFigures> {
  const missing = missingNats();
  if (missing !== false) throw new Error(missing);
  const server = await startNatsServer();
  const folder = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'weir-bench-'));
  const keys = generateKeyPairSync('ed25519');
  const pem = String(keys.publicKey.export({ type: 'spki', format: 'pem' }));
  const closing: (() => Promise<void> | void)[] = [];
  let onTaken = (): void => {};
  try {
    say(`bundles: ${run.nodes} nodes connect`);
    const open = async (name: string): Promise<Bus> => {
      const bus = new Bus(busSettings(server.url), { name });
      closing.push(() => bus.close());
      await bus.ready();
      return bus;
    };
    for (let at = 0; at < run.nodes; at++) {
      const bus = await open(`node ${at}`);
      const shelf = new PolicyShelf(bus, {
        name: () => null,
        maxBytes: MAX_BUNDLE_BYTES,
        onChange: () => void follower.look(),
      });
      const follower: BundleFollower = new BundleFollower({
        config: {
          ...{ from: { kind: 'bus', url: server.url }, name: null, keys: [pem], every: 3_600_000, labels: [], ca: [] },
        },
        ...{ home: join(folder, `node-${at}`), nodeId: `node-${at}`, engine: '0.1.0', now: () => new Date() },
        ...{ fetch: (tag) => shelf.get(tag), onTold: () => {}, onTaken: () => onTaken(), log: () => {} },
      });
      closing.push(() => {
        follower.close();
        shelf.close();
      });
    }
    const connection = await (await open('publisher')).ready();
    const rows: BundleRound[] = [];
    for (let round = 0; round <= run.rounds; round++) {
      const bytes = signedBundle(round + 1, run.bytes, keys.privateKey);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const timer = setTimeout(() => reject(new Error('a node does not take the bundle up')), LIMIT_MS);
      const times: number[] = [];
      const since = performance.now();
      const cpuBefore = process.cpuUsage();
      onTaken = () => {
        times.push(performance.now() - since);
        if (times.length === run.nodes) resolve();
      };
      await publishOnBus(connection, { name: 'bench', version: round + 1, bytes }, false);
      await promise;
      clearTimeout(timer);
      const { user, system } = process.cpuUsage(cpuBefore);
      const [first = 0, half = 0, last = 0] = [times[0], times[Math.floor(times.length / 2)], times.at(-1)];
      say(`bundles: round ${round}: the last of ${run.nodes} nodes after ${Math.round(last)} ms`);
      // The first one finds nodes that have never run anything, and code that is not compiled yet.
      if (round > 0) rows.push({ first, half, last, cpu: (user + system) / 1000 });
    }
    return { ...run, rows };
  } finally {
    for (const close of closing.reverse()) await close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** For docs/benchmarks.md. */
export function bundleLines(figures: BundleFigures): readonly string[] {
  const { nodes, rounds, bytes } = figures;
  return [
    `A bundle of ${Math.round(bytes / 1024)} KiB to ${nodes} nodes that watch a real nats-server, each with a connection and a watch of its own, all of them in one process; ` +
      `medians of ${rounds} rounds, in ms from the call that publishes. It runs on a node when that has judged it, written it to its home and told it to be loaded.`,
    '',
    '| first node | half of them | the last | CPU of all nodes together |',
    '| ---: | ---: | ---: | ---: |',
    `| ${median(figures, 'first')} | ${median(figures, 'half')} | ${median(figures, 'last')} | ${median(figures, 'cpu')} |`,
    '',
  ];
}

export function bundleVerdicts(figures: BundleFigures): readonly string[] {
  const last = median(figures, 'last');
  const met = figures.nodes >= TARGET_NODES && last <= TARGET_MS ? 'met' : 'NOT met';
  return [
    `fleet, a policy on the last of ${figures.nodes} nodes: ${last} ms, target ${TARGET_MS} ms or less at ${TARGET_NODES}: ${met}`,
  ];
}

function median({ rows }: BundleFigures, of: keyof BundleRound): number {
  return Math.round(rows.map((row) => row[of]).toSorted((a, b) => a - b)[Math.floor(rows.length / 2)] ?? 0);
}

function signedBundle(version: number, bytes: number, key: Parameters<typeof signBundle>[1]): Buffer {
  const filler = `# ${randomBytes(Math.floor(bytes / 2)).toString('hex')}\n`;
  const text = `apiVersion: weir/v1
kind: Policy
name: cards
description: No cards.
severity: high
mode: enforce
rules:
  - {name: pan, detect: {entities: [CREDIT_CARD]}, action: block}
${filler}`;
  const bundle = {
    ...{ name: 'bench', version, created: new Date().toISOString(), notBefore: null, leastEngine: null },
    ...{ labels: null, rollout: 100, files: [{ path: 'cards.yaml', text }] },
  };
  return Buffer.from(bundleText(signBundle({ bundle, signatures: [] }, key)), 'utf8');
}
