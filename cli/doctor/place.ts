/** Checks of where Weir lives: its home, the certificate authority in it, its port, the environment round it. */
import { X509Certificate } from 'node:crypto';
import { accessSync, constants, readFileSync, statfsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { type HostPort, hostPortText } from '../../catalog/host.ts';
import { whoListens } from '../who-listens.ts';
import { broken, type Check, codeOf, off, ok, warning } from './check.ts';

const LEAST_FREE_BYTES = 256 * 2 ** 20;
const DAY_MS = 86_400_000;

export function checkHome(home: string): Check {
  const found = statSync(home, { throwIfNoEntry: false });
  if (found === undefined) {
    const above = nearestFolder(home);
    if (isWritable(above)) return ok('home', `${home} will be made at the first start`);
    return broken(
      'home',
      `${home} cannot be made: ${above} cannot be written`,
      'Set `home` or WEIR_HOME to a folder of yours.',
    );
  }
  if (!found.isDirectory()) return broken('home', `${home} is not a folder`, 'Move it away, or set `home` elsewhere.');
  if (!isWritable(home))
    return broken('home', `${home} cannot be written`, `Give it to this user: chown -R $USER ${home}`);
  if ((found.mode & 0o077) !== 0) {
    return warning('home', `${home} is open to others (${modeText(found.mode)})`, `chmod 700 ${home}`);
  }
  const space = statfsSync(home);
  const free = space.bavail * space.bsize;
  if (free < LEAST_FREE_BYTES) {
    return warning(
      'home',
      `${Math.floor(free / 2 ** 20)} MiB are free on the disk of ${home}`,
      'Free space: a full disk stops records.',
    );
  }
  return ok('home', home);
}

function nearestFolder(path: string): string {
  let folder = dirname(path);
  while (folder !== dirname(folder) && statSync(folder, { throwIfNoEntry: false }) === undefined)
    folder = dirname(folder);
  return folder;
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false; // the answer is the question's
  }
}

function modeText(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, '0');
}

/** The CA that clients trust, `ca/ca.pem` and `ca/ca.key` in home. */
export function checkAuthority(home: string, now: number): Check {
  const certificateFile = join(home, 'ca', 'ca.pem');
  const keyFile = join(home, 'ca', 'ca.key');
  const certificate = statSync(certificateFile, { throwIfNoEntry: false });
  const key = statSync(keyFile, { throwIfNoEntry: false });
  if (certificate === undefined && key === undefined) return off('ca', 'will be made at the first start');
  if (certificate === undefined || key === undefined) {
    const missing = certificate === undefined ? certificateFile : keyFile;
    return broken(
      'ca',
      `${missing} is missing`,
      'Restore it, or move the ca folder away: clients then need the new CA.',
    );
  }
  if ((key.mode & 0o077) !== 0) {
    const what = `others can read the CA's key (${modeText(key.mode)})`;
    return broken(
      'ca',
      what,
      `chmod 600 ${keyFile}; if others may have read it, move the ca folder away and start anew.`,
    );
  }
  try {
    const read = new X509Certificate(readFileSync(certificateFile));
    const until = read.validToDate.getTime();
    const day = read.validToDate.toISOString().slice(0, 10);
    const fix = 'Move the ca folder away, start weir, and let clients trust the new CA (weir ca trust).';
    if (until <= now) return broken('ca', `the CA ran out on ${day}`, fix);
    if (until - now < 30 * DAY_MS) return warning('ca', `the CA runs out on ${day}`, fix);
    return ok('ca', `${certificateFile}, valid until ${day}`);
  } catch (error) {
    return broken(
      'ca',
      `${certificateFile} cannot be read as a certificate (${codeOf(error)})`,
      'Restore it from a copy.',
    );
  }
}

/** The newest time that the home has seen, ms since the epoch; 0 where there is none. */
export function latestSeen(home: string): number {
  const files = ['weir.db', 'weir.db-wal', 'ca/ca.pem', 'lock.pid'].map((name) => join(home, name));
  return Math.max(0, ...files.map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0));
}

/** Binds for a moment: the only test that knows every reason for which it may fail. */
export async function checkPort(listen: HostPort, home: string, name: 'port' | 'console' = 'port'): Promise<Check> {
  const where = hostPortText(listen);
  const failure = await bindOnce(listen);
  const key = name === 'port' ? 'proxy.listen' : 'console.listen';
  if (failure === null) return ok(name, listen.port === 0 ? `${where} takes any free port` : `${where} is free`);
  if (failure === 'EADDRINUSE') {
    const holder = whoListens(listen.port);
    if (holder !== null && String(holder.pid) === pidOfHome(home)) {
      return ok(name, `${where} is weir's own (pid ${holder.pid})`);
    }
    const by = holder === null ? 'a process of another user or container' : `${holder.process} (pid ${holder.pid})`;
    return broken(name, `${where} is taken by ${by}`, `Stop it, or set \`${key}\`.`);
  }
  const reason = failure === 'EACCES' ? 'needs rights that this user has not' : 'is no address of this host';
  const example = name === 'port' ? '127.0.0.1:8787' : '127.0.0.1:8788';
  return broken(name, `${where} ${reason} (${failure})`, `Set \`${key}\`, such as ${example}.`);
}

function bindOnce(listen: HostPort): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(codeOf(error)));
    server.listen({ host: listen.host, port: listen.port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

/** The pid that a running weir wrote beside its lock. */
function pidOfHome(home: string): string | null {
  try {
    return readFileSync(join(home, 'lock.pid'), 'utf8').trim();
  } catch {
    return null; // none runs on this home
  }
}

const PROXY_VARIABLES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'];

/** Proxy variables of this shell: apps started from it go where these say. Values may hold a password and are not shown. */
export function checkEnvironment(env: NodeJS.ProcessEnv, listen: HostPort): Check {
  if (env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
    const what = 'NODE_TLS_REJECT_UNAUTHORIZED=0 turns off certificate checks in Node';
    return warning('environment', what, 'unset NODE_TLS_REJECT_UNAUTHORIZED; `weir run` hands the CA to the app.');
  }
  const set = PROXY_VARIABLES.filter((name) => env[name]);
  const elsewhere = set.filter((name) => !pointsTo(env[name] ?? '', listen));
  if (elsewhere.length > 0) {
    const fix = 'Start apps with `weir run -- CMD`, or set the variables as `weir env` prints them.';
    return warning('environment', `${elsewhere.join(', ')} point to another proxy than this one`, fix);
  }
  const exempt = env['NO_PROXY'] ?? env['no_proxy'] ?? '';
  if (set.length > 0 && exempt.split(',').some((one) => one.trim() === '*')) {
    return warning(
      'environment',
      'NO_PROXY=* exempts every host from the proxy',
      'unset NO_PROXY, or name single hosts.',
    );
  }
  return ok('environment', set.length > 0 ? `${set.join(', ')} point to this proxy` : 'no proxy variables are set');
}

function pointsTo(value: string, listen: HostPort): boolean {
  const url = URL.parse(value.includes('://') ? value : `http://${value}`);
  if (url === null) return false;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isHere = host === listen.host || ['127.0.0.1', 'localhost', '::1'].includes(host);
  return isHere && Number(url.port || '80') === listen.port;
}
