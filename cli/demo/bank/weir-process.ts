/**
 * Weir as the bank runs it: `weir up` in a process of its own, so that to the sensor the bank's services are no children of
 * Weir, whose own processes it leaves alone. What it says on stderr is listened to; it is ended by SIGTERM.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface WeirProcess {
  /** `http://127.0.0.1:8787`. */
  readonly url: string;
  readonly caPath: string;
  /** The link that opens the console; null where it printed none. */
  readonly consoleLink: string | null;
  readonly isSensorRunning: boolean;
  close(): Promise<void>;
}

const START_MS = 120_000;
const STOP_MS = 30_000;

/** Starts it with a configuration; `say` hears what a user would read of it. Throws where it does not come up. */
export async function startWeirProcess(
  configFile: string,
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<WeirProcess> {
  // From a checkout the sources run as they are, from a published package they are compiled.
  const main = new URL(import.meta.url.endsWith('.ts') ? '../../main.ts' : '../../main.js', import.meta.url);
  const args = [fileURLToPath(main), 'up', '--config', configFile];
  const { WEIR_HOME: _, ...rest } = env;
  const child = spawn(process.execPath, args, { env: rest, stdio: ['ignore', 'ignore', 'pipe'] });
  const told = { url: '', caPath: '', consoleLink: null as string | null, sensor: null as string | null };
  const ready = Promise.withResolvers<void>();
  const last: string[] = [];
  const { stderr } = child;
  if (stderr === null) throw new Error('weir up has no stderr');
  createInterface({ input: stderr }).on('line', (line) => {
    last.push(line);
    if (last.length > 5) last.shift();
    told.url ||= /the proxy listens on (http:\S+)/.exec(line)?.[1] ?? '';
    told.caPath ||= /^ {2}certificate +(\S.*)$/.exec(line)?.[1] ?? '';
    told.consoleLink ??= /(http:\S+\/signin#code=\S+)/.exec(line)?.[1] ?? null;
    if (/^weir: the sensor /.test(line)) {
      told.sensor = line;
      say(line.replace(/^weir: /, ''));
    }
    if (/^weir: stopping/.test(line) || /^ {2}sensor +off/.test(line)) told.sensor ??= line;
    if (told.url !== '' && told.caPath !== '' && told.sensor !== null) ready.resolve();
  });
  child.once('close', (code) => ready.reject(new Error(`weir up ended with code ${code}: ${last.join(' ')}`)));
  const timer = setTimeout(() => ready.reject(new Error(`weir up did not come up: ${last.join(' ')}`)), START_MS);
  try {
    await ready.promise;
  } catch (error) {
    await stop(child);
    throw error;
  } finally {
    clearTimeout(timer);
  }
  return {
    url: told.url,
    caPath: told.caPath,
    consoleLink: told.consoleLink,
    // Connections alone say nothing of what services read.
    isSensorRunning: /the sensor watches(?!.*connections alone)/.test(told.sensor ?? ''),
    close: () => stop(child),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'close');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(timer);
}

/** A port of loopback that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
