/**
 * Plays the demo: a home that is removed again, a stand-in for api.openai.com, Weir, and an app that knows nothing of
 * either but its environment. It opens nothing but loopback sockets and reads nothing of the user's own home.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '../../config/load.ts';
import type { WeirEvent } from '../../flow/event.ts';
import { loadOrCreateAuthority } from '../../proxy/tls/authority.ts';
import { openReader, type Reader } from '../../store/reader.ts';
import { startWeir } from '../start.ts';
import type { AppCall } from './app.ts';
import { demoModel } from './script.ts';
import { type Received, startStandIn } from './stand-in.ts';
import { SECRETS } from './values.ts';

/** One call, seen from the three sides. */
export interface PlayedCall {
  readonly app: AppCall;
  /** What the provider received for it; null where nothing reached it. */
  readonly provider: Received | null;
  readonly event: WeirEvent | null;
}

export interface Played {
  readonly calls: readonly PlayedCall[];
  /** All that reached the provider, in order. */
  readonly received: readonly Received[];
  /** Whether the chain of the log verifies. */
  readonly isChainWhole: boolean;
  /** Files of home, by name, that hold one of the made-up values in clear. */
  readonly filesInClear: readonly string[];
}

const PROVIDER = 'api.openai.com';

/** Runs everything once. `env` is what the app gets beside its route. */
export async function play(env: NodeJS.ProcessEnv): Promise<Played> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-demo-'));
  try {
    const authority = loadOrCreateAuthority(join(folder, 'provider'));
    const standIn = await startStandIn(authority, demoModel);
    try {
      return await playAgainst(standIn, authority.certPem, folder, env);
    } finally {
      await standIn.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function playAgainst(
  standIn: Awaited<ReturnType<typeof startStandIn>>,
  providerCa: string,
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<Played> {
  const home = join(folder, 'home');
  const caFile = join(folder, 'provider.pem');
  writeFileSync(caFile, providerCa);
  const configFile = join(folder, 'weir.yaml');
  const config = {
    home,
    proxy: {
      listen: '127.0.0.1:0',
      resolve: { [`${PROVIDER}:443`]: standIn.address },
      upstream: { ca: [caFile] },
    },
    sensor: { enabled: false },
  };
  // JSON is YAML. The user's own environment must not lead to the user's own home: none is handed on.
  writeFileSync(configFile, JSON.stringify(config, null, 2));
  const weir = await startWeir(loadConfig({ file: configFile, env: {}, cwd: folder }), { port: 0, eventLog: null });
  const seen: { app: AppCall; provider: Received | null }[] = [];
  try {
    let taken = 0;
    await runApp({ ...env, ...routed(weir.url, weir.caPath) }, (app) => {
      const provider = standIn.requests.length > taken ? (standIn.requests.at(-1) ?? null) : null;
      taken = standIn.requests.length;
      seen.push({ app, provider });
    });
  } finally {
    await weir.close();
  }
  // Weir is closed: everything is on disk, nothing has to be waited for.
  const reader = openReader(home);
  try {
    const calls = seen.map(({ app, provider }) => ({
      app,
      provider,
      event: app.eventId === null ? null : eventOf(reader, app.eventId),
    }));
    return {
      calls,
      received: standIn.requests,
      isChainWhole: reader.verify().isIntact,
      filesInClear: filesInClear(home),
    };
  } finally {
    reader.close();
  }
}

function eventOf(reader: Reader, id: string): WeirEvent | null {
  const found = reader.event(id);
  return found.kind === 'found' ? found.event : null;
}

/** What an app needs to send through Weir; Node reads HTTPS_PROXY only when it is told to. */
function routed(url: string, caPath: string): NodeJS.ProcessEnv {
  return {
    HTTPS_PROXY: url,
    https_proxy: url,
    NO_PROXY: '',
    no_proxy: '',
    NODE_USE_ENV_PROXY: '1',
    NODE_EXTRA_CA_CERTS: caPath,
    OPENAI_BASE_URL: `https://${PROVIDER}/v1`,
    NODE_OPTIONS: '',
  };
}

async function runApp(env: NodeJS.ProcessEnv, onCall: (call: AppCall) => void): Promise<void> {
  // From a checkout the sources run as they are, from a published package they are compiled.
  const file = new URL(import.meta.url.endsWith('.ts') ? './app.ts' : './app.js', import.meta.url);
  const child = spawn(process.execPath, [fileURLToPath(file)], { env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.on('message', (message) => onCall(message as AppCall));
  const [code] = await once(child, 'close');
  if (code !== 0)
    throw new Error(`the app of the demo ended with code ${String(code)}: ${stderr.split('\n')[0] ?? ''}`);
}

function filesInClear(home: string): string[] {
  return readdirSync(home, { recursive: true, encoding: 'utf8' }).filter((name) => {
    const path = join(home, name);
    if (!statSync(path).isFile()) return false;
    const bytes = readFileSync(path);
    return SECRETS.some((value) => bytes.includes(value));
  });
}
