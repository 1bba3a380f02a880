/**
 * A place for real programs: a network namespace with nothing but loopback, so that any port is free, a mount namespace
 * with an /etc/hosts of its own, so that any name resolves, and a cgroup that is watched. No file of the host is touched,
 * and all of it goes with the process that holds it.
 */
import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { TestCgroup } from './host.ts';

export interface SandboxOptions {
  /** Name to address, for /etc/hosts. `localhost` is always there. */
  readonly hosts?: Readonly<Record<string, string>>;
  /** Shell commands at the end of the set-up, in its folder, as root in the namespaces (`ip addr add …`, `mount --bind …`). */
  readonly setup?: string;
}

export interface RunOptions {
  /** The cgroup that the command runs in; none for a server that is not to be seen. */
  readonly cgroup?: TestCgroup;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string;
}

export interface Finished {
  readonly pid: number;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  /** Of the command itself: it takes the place of the shell that has put it into its cgroup. */
  readonly pid: number;
  readonly stdin: Writable;
  /** Resolves with all standard output, or standard error, so far once that contains `text`. */
  says(text: string): Promise<string>;
  /** The same once it stands there so many times. */
  saysTimes(text: string, times: number): Promise<string>;
  finished(): Promise<Finished>;
  /** SIGKILL, and waits. */
  kill(): Promise<void>;
}

export interface Sandbox {
  /** Of the process that holds the namespaces: /proc/PID/ns/…, /proc/PID/root. */
  readonly pid: number;
  /** A folder of its own, taken away with it. */
  readonly folder: string;
  run(command: string, args: readonly string[], options?: RunOptions): Promise<Finished>;
  start(command: string, args: readonly string[], options?: RunOptions): Started;
  close(): Promise<void>;
}

const LIMIT_MS = 120_000;
/** No -- fork: the command that is run is the process whose number is known. */
const INTO_CGROUP = 'if [ -n "$0" ]; then echo 0 > "$0/cgroup.procs" || exit 126; fi; exec "$@"';

export async function openSandbox({ hosts = {}, setup = ':' }: SandboxOptions = {}): Promise<Sandbox> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-sandbox-'));
  const names = Object.entries(hosts).map(([name, address]) => `${address} ${name}\n`);
  const hostsFile = join(folder, 'hosts');
  writeFileSync(hostsFile, ['127.0.0.1 localhost\n', '::1 localhost\n', ...names].join(''));
  const script = `set -e
mount --make-rprivate /
mount --bind '${hostsFile}' /etc/hosts
ip link set lo up
${setup}
echo ready
exec cat >/dev/null`;
  const holder = spawn('unshare', ['--net', '--mount', 'sh', '-c', script], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const { pid } = holder;
  assert.ok(pid !== undefined, 'unshare cannot be run');
  const started: Started[] = [];
  const ended = once(holder, 'close');
  await Promise.race([
    once(holder.stdout, 'data'),
    ended.then(([code]) => assert.fail(`the sandbox could not be set up (code ${String(code)})`)),
  ]);

  const start = (command: string, args: readonly string[], options: RunOptions = {}): Started => {
    const enter = ['--target', String(pid), '--net', '--mount', `--wd=${options.cwd ?? folder}`, '--'];
    const child = spawn('nsenter', [...enter, 'sh', '-c', INTO_CGROUP, options.cgroup?.path ?? '', command, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
    });
    const process_ = watch(child, `${command} ${args.join(' ')}`);
    started.push(process_);
    return process_;
  };
  return {
    pid,
    folder,
    start,
    run: (command, args, options = {}) => {
      const child = start(command, args, options);
      child.stdin.end(options.input ?? '');
      return child.finished();
    },
    close: async () => {
      for (const each of started) await each.kill();
      holder.stdin.end();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function watch(child: ChildProcessByStdio<Writable, Readable, Readable>, what: string): Started {
  const { pid } = child;
  assert.ok(pid !== undefined, `${what} cannot be run`);
  let stdout = '';
  let stderr = '';
  let hasEnded = false;
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const each of [...waiting]) each();
  };
  child.stdin.on('error', () => undefined);
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    wake();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    wake();
  });
  const closed = new Promise<readonly [number | null, NodeJS.Signals | null]>((resolve) => {
    child.on('close', (code, signal) => resolve([code, signal]));
  });
  const ended = closed.then(([code, signal]): Finished => {
    hasEnded = true;
    wake();
    return { pid, code, signal, stdout, stderr };
  });
  const says = (text: string, times: number): Promise<string> =>
    new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        waiting.delete(look);
        clearTimeout(timer);
        act();
      };
      const look = (): void => {
        if (stdout.split(text).length > times) settle(() => resolve(stdout));
        else if (stderr.split(text).length > times) settle(() => resolve(stderr));
        else if (hasEnded) settle(() => reject(new Error(`${what} ended without saying ${text}: ${stderr}`)));
      };
      const timer = setTimeout(
        () => settle(() => reject(new Error(`${what} did not say ${text}: ${stderr}`))),
        LIMIT_MS,
      );
      waiting.add(look);
      look();
    });
  return {
    pid,
    stdin: child.stdin,
    finished: async () => {
      const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
      const finished = await ended;
      clearTimeout(timer);
      return finished;
    },
    says: (text) => says(text, 1),
    saysTimes: says,
    kill: async () => {
      if (!hasEnded) child.kill('SIGKILL');
      await ended;
    },
  };
}
