/**
 * A real PostgreSQL for tests: in a folder of its own, on a loopback port and a socket of its own, under an account that is
 * not root. It can be killed and started again on what it has written. Where it is not installed, `missing` says so.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { accountOf, answers, type DataStore, folderFor, freePort, postgresFolder } from './data-stores.ts';

export interface PostgresOptions {
  /** Settings as postgresql.conf has them, `fsync=off` among them unless said. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Files in PEM: with them it speaks TLS too. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Lines of pg_hba.conf in place of trust for everybody on loopback. */
  readonly hba?: readonly string[];
}

export interface PostgresServer extends DataStore {
  /** `postgres://user@127.0.0.1:port/database`. */
  url(user?: string, database?: string): string;
  /** Ends it at once, as a crash would (SIGQUIT: its processes end without a word, and what was not on disk is gone). */
  crash(): Promise<void>;
  /** Starts it again on the same port and folder. */
  restart(): Promise<void>;
}

const START_MS = 60_000;

/** Its user and database are `postgres`; it asks for no password. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const bin = postgresFolder();
  if (bin === null) throw new Error('PostgreSQL is not installed');
  const account = accountOf('postgres');
  const folder = folderFor(account);
  const data = join(folder, 'data');
  const port = await freePort();
  const how = { ...account, cwd: folder, stdio: 'pipe' } as const;
  execFileSync(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '-N'], how);
  const own = (file: string, text: string | null, from?: string): string => {
    const path = join(data, file);
    if (from !== undefined) copyFileSync(from, path);
    else writeFileSync(path, text ?? '', { mode: 0o600 });
    if (account.uid !== undefined && account.gid !== undefined) chownSync(path, account.uid, account.gid);
    return path;
  };
  if (options.hba !== undefined) own('pg_hba.conf', `${options.hba.join('\n')}\n`);
  const settings: Record<string, string> = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    fsync: 'off',
    ...options.settings,
  };
  if (options.tls !== undefined) {
    own('server.crt', null, options.tls.cert);
    const key = own('server.key', null, options.tls.key);
    execFileSync('chmod', ['600', key]);
    settings['ssl'] = 'on';
  }
  const args = ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  const start = async (): Promise<ChildProcess> => {
    const child = spawn(join(bin, 'postgres'), args, { ...account, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    await ready(child, join(bin, 'pg_isready'), port);
    return child;
  };
  let child = await start();
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  };
  return {
    port,
    get pid() {
      return child.pid ?? 0;
    },
    socketFolder: folder,
    url: (user = 'postgres', database = 'postgres') => `postgres://${user}@127.0.0.1:${port}/${database}`,
    crash: () => end('SIGQUIT'),
    restart: async () => {
      await end('SIGINT');
      child = await start();
    },
    stop: async () => {
      await end('SIGINT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Takes connections, and not only listens: after a crash it repairs what it has written first. */
async function ready(child: ChildProcess, isReady: string, port: number): Promise<void> {
  let said = '';
  const keep = (text: Buffer): void => {
    said = (said + text.toString()).slice(-4000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const until = Date.now() + START_MS;
  for (;;) {
    if (child.exitCode !== null || Date.now() > until) throw new Error(`PostgreSQL did not start: ${said}`);
    if ((await answers(port)) && (await exitCodeOf(isReady, ['-q', '-h', '127.0.0.1', '-p', String(port)])) === 0)
      return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function exitCodeOf(command: string, args: readonly string[]): Promise<unknown> {
  const [code] = await once(spawn(command, args, { stdio: 'ignore' }), 'exit');
  return code;
}
