/**
 * A real nats-server with JetStream for tests: on a port of its own, its data in a folder of its own, gone with the test. It
 * can be killed and started again on the same port and folder, stopped by SIGSTOP, asked for credentials, and speak TLS.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface NatsServerOptions {
  readonly user?: string;
  readonly password?: string;
  /** Files in PEM. With `ca`, clients have to show a certificate that it signed. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string };
  /** Most bytes that JetStream keeps on disk; 1 GiB. */
  readonly maxStoreBytes?: number;
  /** Further lines of its configuration. */
  readonly more?: string;
  /** Where its data lies; a temporary folder that goes with it unless given. */
  readonly folder?: string;
}

export interface NatsServer {
  /** `nats://127.0.0.1:PORT` or `tls://…`, with user and password where it asks for them. */
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  readonly pid: number;
  /** Ends it by this signal, SIGKILL unless given; resolves when it is gone. Its data stays. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port and folder. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

const START_MS = 60_000;
const GIB = 2 ** 30;

/** Why a test with NATS has to be skipped; false where it need not. */
export function missingNats(): string | false {
  const is = spawnSync('sh', ['-c', 'command -v nats-server'], { env: withSbin() }).status === 0;
  return is ? false : 'nats-server is not installed (WEIR_TEST_INSTALL=1 installs it as root on Debian)';
}

export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const { user, password, tls } = options;
  const port = await freePort();
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'weir-nats-'));
  const configFile = join(folder, 'nats.conf');
  writeFileSync(configFile, configText(port, folder, options), { mode: 0o600 });
  let child = await start(configFile, port);
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  const kill = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    if (!isRunning()) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  };
  const credential = user === undefined ? '' : `${encodeURIComponent(user)}:${encodeURIComponent(password ?? '')}@`;
  return {
    url: `${tls === undefined ? 'nats' : 'tls'}://${credential}127.0.0.1:${port}`,
    port,
    folder,
    get pid() {
      return child.pid ?? 0;
    },
    kill,
    restart: async () => {
      await kill();
      child = await start(configFile, port);
    },
    stop: async () => {
      // One that is stopped by SIGSTOP hears nothing but this.
      await kill('SIGKILL');
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configText(port: number, folder: string, options: NatsServerOptions): string {
  const { user, password = '', tls, maxStoreBytes = GIB, more = '' } = options;
  const quoted = JSON.stringify;
  const lines = [
    'host: 127.0.0.1',
    `port: ${port}`,
    `jetstream { store_dir: ${quoted(join(folder, 'jetstream'))}, max_file_store: ${maxStoreBytes} }`,
  ];
  if (user !== undefined) lines.push(`authorization { user: ${quoted(user)}, password: ${quoted(password)} }`);
  if (tls !== undefined) {
    const ca = tls.ca === undefined ? '' : `, ca_file: ${quoted(tls.ca)}, verify: true`;
    lines.push(`tls { cert_file: ${quoted(tls.cert)}, key_file: ${quoted(tls.key)}${ca} }`);
  }
  return `${lines.join('\n')}\n${more}\n`;
}

async function start(configFile: string, port: number): Promise<ChildProcess> {
  const child = spawn('nats-server', ['-c', configFile], { stdio: ['ignore', 'ignore', 'pipe'], env: withSbin() });
  let said = '';
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (): void => reject(new Error(`nats-server did not start on port ${port}: ${said.slice(-2000)}`));
  const timer = setTimeout(fail, START_MS);
  child.on('error', fail);
  child.on('exit', fail);
  child.stderr.on('data', (text: Buffer) => {
    said = (said + text.toString()).slice(-8000);
    if (said.includes('Server is ready')) resolve();
  });
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    child.off('exit', fail);
  }
  return child;
}

/** Debian puts it where only root's PATH leads. */
function withSbin(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin` };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
