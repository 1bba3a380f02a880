/**
 * `weir demo --scenario bank`: a company of twelve services, four stores and nine vendors, whose calls go through Weir for
 * real. Everything listens on loopback; nothing is written to the records but by proxy, sensor and imports.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '../../../config/load.ts';
import { loadOrCreateAuthority } from '../../../proxy/tls/authority.ts';
import type { CommandContext } from '../../command.ts';
import { command as importLogs } from '../../flows/import.ts';
import { chatCompletion, readChatRequest } from '../chat-answers.ts';
import { type Received, type Script, startStandIn } from '../stand-in.ts';
import { type AppCgroups, makeAppCgroups } from './app-cgroups.ts';
import type { ServiceTask, StepReport } from './bank-app.ts';
import { SANCTIONED, SERVICES, STORES, type StoreName, VENDOR_HOSTS } from './company.ts';
import { cloudTrailLines, flowLogLines, roleOf } from './logs.ts';
import { makeCustomers } from './people.ts';
import { rowsOf, type StoreServer, startPostgres, startRedis } from './store-servers.ts';
import { freePort, startWeirProcess, type WeirProcess } from './weir-process.ts';

export interface Bank {
  /** The configuration that all of it ran under: further commands read the same home with it. */
  readonly configFile: string;
  readonly weir: WeirProcess;
  readonly home: string;
  /** How each service's steps went. */
  readonly reports: ReadonlyMap<string, readonly StepReport[]>;
  /** Names of the stores, by the port of each on loopback. */
  readonly stores: ReadonlyMap<number, string>;
  /** All that reached the vendors, by host. */
  readonly received: ReadonlyMap<string, readonly Received[]>;
  close(): Promise<void>;
}

export interface BankOptions {
  /** An empty folder for home, configuration and logs. */
  readonly folder: string;
  readonly context: CommandContext;
  /** Whether the sensor watches the services, where the host allows it. */
  readonly hasSensor: boolean;
  /** What the user is told while it goes on. */
  readonly say: (line: string) => void;
}

/** How long what the sensor has heard may take to the records. */
const SETTLE_MS = 3000;
/** Services that run at once: each is a process of Node. */
const AT_ONCE = 3;

/** Plays the bank's day. Weir runs on until `close`. */
export async function playBank({ folder, context, hasSensor, say }: BankOptions): Promise<Bank> {
  const opened: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of opened.splice(0).reverse()) await end();
  };
  try {
    const authority = loadOrCreateAuthority(join(folder, 'vendors'));
    const received = new Map<string, Received[]>();
    const vendors = await startStandIn(authority, answerAs(received));
    opened.push(() => vendors.close());
    const stores = await startStores();
    for (const server of stores.values()) opened.push(() => server.close());
    const cgroups = hasSensor ? makeAppCgroups() : null;
    opened.push(async () => await cgroups?.remove());
    const ports = { proxy: await freePort(), console: await freePort() };
    const configFile = writeConfig({
      folder,
      vendors: vendors.address,
      vendorCa: authority.certPem,
      stores,
      cgroups,
      ports,
    });
    say(`started ${STORES.length} stores and stand-ins for ${VENDOR_HOSTS.length} hosts of vendors on loopback`);
    const weir = await startWeirProcess(configFile, context.env, say);
    opened.push(() => weir.close());
    const reports = await runServices({ weir, stores, cgroups, env: context.env, say });
    // What it has heard last is on its way.
    if (weir.isSensorRunning) await sleep(SETTLE_MS);
    await importAll(folder, configFile, context, say);
    const named = new Map([...stores].map(([name, { port }]) => [port, name]));
    return { configFile, weir, home: join(folder, 'home'), reports, stores: named, received, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startStores(): Promise<ReadonlyMap<StoreName, StoreServer>> {
  const customers = makeCustomers(40);
  const servers = new Map<StoreName, StoreServer>();
  for (const { name, kind } of STORES) {
    const server =
      kind === 'redis'
        ? await startRedis(JSON.stringify({ user: 1000, email: customers[0]?.email }))
        : await startPostgres((query) => rowsOf(query, customers));
    servers.set(name, server);
  }
  return servers;
}

/** Each vendor in its own way, as far as an app can tell. */
function answerAs(received: Map<string, Received[]>): Script {
  return async ({ request, response, received: arriving }) => {
    const arrived = await arriving;
    const host = request.headers.host ?? '';
    received.set(host, [...(received.get(host) ?? []), arrived]);
    const body = JSON.stringify(answerOf(host, arrived));
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
    response.end(body);
  };
}

function answerOf(host: string, { target, body }: Received): object {
  if (target === '/v1/chat/completions') {
    const asked = readChatRequest(body);
    const last = asked.messages.at(-1)?.text ?? '';
    return chatCompletion({ kind: 'text', text: `I have read ${last.length} characters.` }, asked.model);
  }
  if (target === '/v1/messages') {
    const content = [{ type: 'text', text: 'I have read it.' }];
    const usage = { input_tokens: 1, output_tokens: 1 };
    const head = { id: 'msg_standin', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5' };
    return { ...head, content, stop_reason: 'end_turn', stop_sequence: null, usage };
  }
  return { ok: true, at: host };
}

interface ConfigParts {
  readonly folder: string;
  readonly vendors: string;
  readonly vendorCa: string;
  readonly stores: ReadonlyMap<StoreName, StoreServer>;
  readonly cgroups: AppCgroups | null;
  readonly ports: { readonly proxy: number; readonly console: number };
}

function writeConfig({ folder, vendors, vendorCa, stores, cgroups, ports }: ConfigParts): string {
  const caFile = join(folder, 'vendors.pem');
  writeFileSync(caFile, vendorCa);
  const listed = STORES.filter(({ isListed }) => isListed).map(({ name, owner, address, port }) => ({
    ...{ name, owner },
    hosts: [`127.0.0.1:${stores.get(name)?.port ?? 0}`, `${address}:${port}`],
  }));
  const config = {
    home: join(folder, 'home'),
    proxy: {
      listen: `127.0.0.1:${ports.proxy}`,
      workers: 1,
      resolve: Object.fromEntries(VENDOR_HOSTS.map((host) => [`${host}:443`, vendors])),
      upstream: { ca: [caFile] },
    },
    console: { listen: `127.0.0.1:${ports.console}` },
    apps: SERVICES.map(({ name, owner }) => ({
      ...{ name, owner, token: `sha256:${sha256(tokenOf(name))}` },
      match: { iam: roleOf(name), ...(cgroups === null ? {} : { cgroup: `*/${basename(cgroups.of(name))}` }) },
    })),
    destinations: SANCTIONED.map((entry) => ({ ...entry, sanctioned: true })),
    stores: listed,
    environments: { pci: { apps: ['payments'], stores: ['core-banking'], vendors: ['Stripe'] } },
    sensor: cgroups === null ? { enabled: false } : { enabled: 'auto', cgroup: cgroups.path },
  };
  const file = join(folder, 'weir.yaml');
  // JSON is YAML.
  writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`);
  return file;
}

/** Not a secret: it opens a proxy that is gone with the demo, to whoever could read this file anyway. */
function tokenOf(name: string): string {
  return `bank-${name}`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

interface Running {
  readonly weir: WeirProcess;
  readonly stores: ReadonlyMap<StoreName, StoreServer>;
  readonly cgroups: AppCgroups | null;
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
}

async function runServices({
  weir,
  stores,
  cgroups,
  env,
  say,
}: Running): Promise<ReadonlyMap<string, readonly StepReport[]>> {
  const ports = Object.fromEntries([...stores].map(([name, { port }]) => [name, port]));
  const reports = new Map<string, readonly StepReport[]>();
  const waiting = [...SERVICES];
  const work = async (): Promise<void> => {
    for (let service = waiting.shift(); service !== undefined; service = waiting.shift()) {
      const { name, rounds, steps } = service;
      const seen = await runService({ name, rounds, steps, ports }, weir, cgroups?.of(name) ?? null, env);
      reports.set(name, seen);
      const refused = seen.filter(({ status }) => status === 400).length;
      say(`${name}: ${seen.length} steps${refused === 0 ? '' : `, ${refused} blocked`}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return reports;
}

async function runService(
  task: ServiceTask,
  weir: WeirProcess,
  cgroup: string | null,
  env: NodeJS.ProcessEnv,
): Promise<readonly StepReport[]> {
  const file = new URL(import.meta.url.endsWith('.ts') ? './bank-app.ts' : './bank-app.js', import.meta.url);
  const proxy = weir.url.replace('//', `//${task.name}:${tokenOf(task.name)}@`);
  const routed = {
    ...{ HTTPS_PROXY: proxy, https_proxy: proxy, NO_PROXY: '', no_proxy: '', NODE_USE_ENV_PROXY: '1' },
    ...{ NODE_EXTRA_CA_CERTS: weir.caPath, NODE_OPTIONS: '', BANK_TASK: JSON.stringify(task) },
  };
  const program = [process.execPath, fileURLToPath(file)];
  // In its cgroup before it is Node: what connects first is seen already.
  const script = 'echo $$ > "$0/cgroup.procs" && exec "$@"';
  const [command = '', ...args] = cgroup === null ? program : ['/bin/sh', '-c', script, cgroup, ...program];
  const child = spawn(command, args, {
    env: { ...env, ...routed },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-2000);
  });
  const seen: StepReport[] = [];
  child.on('message', (message) => void seen.push(message as StepReport));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${task.name} of the demo ended with code ${String(code)}: ${stderr.split('\n')[0]}`);
  return seen;
}

/** As a user would: `weir flows import`, with the same configuration. */
async function importAll(
  folder: string,
  configFile: string,
  context: CommandContext,
  say: (line: string) => void,
): Promise<void> {
  const logs = join(folder, 'logs');
  mkdirSync(logs);
  const now = new Date();
  const files = { cloudtrail: cloudTrailLines(now), vpc: flowLogLines(now) };
  for (const [format, lines] of Object.entries(files)) {
    const file = join(logs, `${format}.log`);
    writeFileSync(file, `${lines.join('\n')}\n`);
    const config = loadConfig({ file: configFile, env: {}, cwd: folder });
    const out = (text: string): void => say(`flows import --format ${format}: ${text.trimEnd()}`);
    const code = await importLogs.run({
      ...context,
      values: { format },
      positionals: [file],
      configFile,
      config: () => config,
      out,
      err: (text) => say(text.trimEnd()),
    });
    if (code !== 0) throw new Error(`the import of ${format} ended with code ${code}`);
  }
}
