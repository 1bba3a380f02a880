/** Sets up what a run of the benchmark needs: upstream, load generator and the proxies, a process each, in a folder that is removed again. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadOrCreateAuthority } from '../proxy/tls/authority.ts';
import { type Child, startChild } from './child.ts';
import type { Target } from './connection.ts';
import { startMitmproxy } from './peers/mitmproxy.ts';
import { startMockttp } from './peers/mockttp.ts';
import { startNginx } from './peers/nginx.ts';
import { startSquid } from './peers/squid.ts';

/** A GenAI provider, so that the default policy applies to it. */
export const GENAI_HOST = 'api.openai.com';
/** A host that no rule and no catalog entry names. */
export const UNNAMED_HOST = 'files.bench.example';

/**
 * `weir` is as shipped; `weir-unnamed` looks for no names of people and places in running text. `nginx` is no forward proxy:
 * it terminates TLS for the one host, and is the limit of what can be had.
 */
export const CONTENDERS = [
  'direct',
  'naive',
  'weir',
  'weir-unnamed',
  'mitmproxy',
  'mitmproxy-regexes',
  'mockttp',
  'squid',
  'nginx',
] as const;
export type Contender = (typeof CONTENDERS)[number];

/** One way to the upstream; `pid` is the process in between, null for none. */
export interface Way {
  readonly name: Contender;
  /** Asks the process in between something; null where it answers nothing. */
  readonly ask: Child['ask'] | null;
  readonly target: Target;
  readonly pid: number | null;
}

export interface Rig {
  readonly load: Child;
  readonly ways: readonly Way[];
  /** Where the profile of Weir's process lies after `close`, when one was asked for. */
  readonly folder: string;
  close(): Promise<void>;
}

/** Starts what is asked for. `weirFlags` go to Node before Weir's own file: `--cpu-prof`, `--prof`. */
export async function setUp(contenders: readonly Contender[], weirFlags: readonly string[], workers = 1): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'));
  chmodSync(folder, 0o700);
  const started: { stop(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    for (const child of started.reverse()) await child.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const upstreamFolder = join(folder, 'upstream');
    const { certPem } = loadOrCreateAuthority(upstreamFolder);
    const caFile = join(folder, 'upstream-ca.pem');
    writeFileSync(caFile, certPem);
    const upstream = await startChild('upstream.ts', [upstreamFolder]);
    started.push(upstream);
    const load = await startChild('load.ts', []);
    started.push(load);
    const upstreamPort = Number(upstream.ready['port']);
    const ways: Way[] = [];
    for (const name of contenders) {
      if (name === 'direct') {
        ways.push({ name, target: { port: upstreamPort, isProxy: false, ca: certPem }, pid: null, ask: null });
        continue;
      }
      const proxy = await startProxy(name, { folder, upstreamPort, certPem, caFile, weirFlags, workers });
      started.push(proxy);
      const target = { port: Number(proxy.ready['port']), isProxy: name !== 'nginx', ca: String(proxy.ready['ca']) };
      ways.push({ name, target, pid: proxy.pid, ask: proxy.ask ?? null });
    }
    return { load, ways, folder, close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface ProxyPlace {
  readonly folder: string;
  readonly upstreamPort: number;
  readonly certPem: string;
  readonly caFile: string;
  readonly weirFlags: readonly string[];
  readonly workers: number;
}

function startProxy(
  name: Exclude<Contender, 'direct'>,
  place: ProxyPlace,
): Promise<Pick<Child, 'pid' | 'ready' | 'stop'> & Partial<Pick<Child, 'ask'>>> {
  const { folder, upstreamPort, certPem, caFile, weirFlags, workers } = place;
  switch (name) {
    case 'naive':
      return startChild('naive-proxy.ts', [join(folder, 'naive'), String(upstreamPort), certPem, String(workers)]);
    case 'mitmproxy':
    case 'mitmproxy-regexes':
      return startMitmproxy(join(folder, name), upstreamPort, caFile, name === 'mitmproxy-regexes');
    case 'mockttp':
      return startMockttp(join(folder, name), upstreamPort, certPem);
    case 'squid':
      return startSquid(upstreamPort, certPem, workers);
    case 'nginx':
      return startNginx(join(folder, name), upstreamPort, caFile, GENAI_HOST, workers);
  }
  const home = join(folder, `${name}-home`);
  mkdirSync(home, { mode: 0o700 });
  const address = `127.0.0.1:${upstreamPort}`;
  const config = {
    home,
    proxy: {
      resolve: { [`${GENAI_HOST}:443`]: address, [`${UNNAMED_HOST}:443`]: address },
      upstream: { ca: [caFile] },
    },
    ...(name === 'weir-unnamed' ? { detection: { names: 'off' } } : {}),
    sensor: { enabled: false },
  };
  const configFile = join(folder, `${name}.yaml`);
  // JSON is YAML: nothing needs quoting.
  writeFileSync(configFile, JSON.stringify(config, null, 2));
  return startChild('weir-proxy.ts', [configFile, String(workers)], {
    nodeFlags: weirFlags,
    stdoutFile: join(folder, `${name}-events.ndjson`),
  });
}
