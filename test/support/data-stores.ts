/**
 * Real data stores for tests, each in a folder of its own, on a port of its own, gone with the test: MariaDB and Redis
 * here, PostgreSQL in postgres-server.ts. Where one is not installed, `missing` says so.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface DataStore {
  readonly port: number;
  readonly pid: number;
  readonly socketFolder: string;
  stop(): Promise<void>;
}

const POSTGRES = '/usr/lib/postgresql';

/** Where PostgreSQL's programs are; null where it is not installed. */
export function postgresFolder(): string | null {
  if (!existsSync(POSTGRES)) return null;
  const newest = readdirSync(POSTGRES).sort().at(-1);
  const folder = newest === undefined ? '' : join(POSTGRES, newest, 'bin');
  return existsSync(join(folder, 'initdb')) ? folder : null;
}

function isInstalled(command: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
}

/** Why a test with this store has to be skipped; false where it need not. */
export function missing(store: 'postgresql' | 'mariadb' | 'redis'): string | false {
  const is =
    store === 'postgresql'
      ? postgresFolder() !== null && isInstalled('psql')
      : store === 'mariadb'
        ? isInstalled('mariadbd') && isInstalled('mariadb')
        : isInstalled('redis-server') && isInstalled('redis-cli');
  return is ? false : `${store} is not installed (WEIR_TEST_INSTALL=1 installs it as root on Debian)`;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export interface Account {
  readonly uid?: number;
  readonly gid?: number;
}

/** Servers refuse to run as root; packages come with an account for each. */
export function accountOf(name: string): Account {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string): number => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

export function folderFor(account: Account): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-store-'));
  chmodSync(folder, 0o755);
  if (account.uid !== undefined && account.gid !== undefined) chownSync(folder, account.uid, account.gid);
  return folder;
}

const START_MS = 60_000;

async function started(
  child: ChildProcess,
  port: number,
  folder: string,
  what: string,
  signal: NodeJS.Signals = 'SIGTERM',
): Promise<DataStore> {
  let said = '';
  const keep = (text: Buffer): void => {
    said = (said + text.toString()).slice(-4000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const until = Date.now() + START_MS;
  while (!(await answers(port))) {
    if (child.exitCode !== null || Date.now() > until) throw new Error(`${what} did not start: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    port,
    pid: child.pid ?? 0,
    socketFolder: folder,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill(signal);
        await once(child, 'exit');
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Root without a password; the database `test` is there. */
export async function startMariadb(): Promise<DataStore> {
  const account = accountOf('mysql');
  const folder = folderFor(account);
  const data = join(folder, 'data');
  mkdirSync(data);
  if (account.uid !== undefined && account.gid !== undefined) chownSync(data, account.uid, account.gid);
  const asUser = account.uid === undefined ? [] : ['--user=mysql'];
  execFileSync(
    'mariadb-install-db',
    ['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal', ...asUser],
    { stdio: 'pipe' },
  );
  const port = await freePort();
  const child = spawn(
    'mariadbd',
    [
      '--no-defaults',
      ...asUser,
      `--datadir=${data}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--socket=${join(folder, 's')}`,
      `--pid-file=${join(folder, 'pid')}`,
      '--skip-networking=0',
      '--local-infile=1',
      '--innodb-flush-log-at-trx-commit=0',
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  return started(child, port, folder, 'MariaDB');
}

export async function startRedis(): Promise<DataStore> {
  const folder = folderFor({});
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  return started(child, port, folder, 'Redis');
}
