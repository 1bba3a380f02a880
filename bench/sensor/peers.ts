/**
 * Other tools that read TLS by uprobes, beside the sensor: bpftrace with a program that copies 1 KB of each SSL_write, and
 * bcc's sslsniff. Both need more of a host than the sensor does (tracefs, headers of the kernel): where one cannot run, its
 * own words say why. They are pointed at a copy of node that nobody else runs.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface RunningPeer {
  readonly pid: number;
  stop(): Promise<void>;
}

const COMMANDS: Readonly<Record<'bpftrace' | 'sslsniff', (program: string) => readonly string[]>> = {
  bpftrace: (program) => [
    'bpftrace',
    '-e',
    `uprobe:${program}:SSL_write { printf("%d %r\\n", arg2, buf(arg1, arg2 > 1024 ? 1024 : arg2)); }`,
  ],
  sslsniff: (program) => ['sslsniff-bpfcc', '--no-gnutls', '--no-nss', '--extra-lib', `openssl:${program}`],
};
/** tracefs where it is not mounted, seen by this command alone. */
const WITH_TRACEFS =
  '[ -e /sys/kernel/tracing/uprobe_events ] || mount -t tracefs tracefs /sys/kernel/tracing; exec "$@"';
/** Time to attach, or to fail at it. */
const ATTACH_MS = 8000;
/** Lines that say what is missing, before those that only say that something went wrong. */
const TELLING = [/^Unable to /, /No such file|not installed|not permitted/i, /error|fail/i];

export async function startPeer(
  name: keyof typeof COMMANDS,
  program: string,
  processors: string,
): Promise<RunningPeer | { readonly reason: string }> {
  const [command = '', ...args] = COMMANDS[name](program);
  const inside = ['sh', '-c', WITH_TRACEFS, 'sh', 'taskset', '-c', processors, command, ...args];
  const child = spawn('unshare', ['--mount', ...inside], { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4000);
  });
  const failed = new Promise<string>((resolve) => {
    child.on('error', () => resolve('unshare is not installed'));
    child.on('close', () => resolve(reasonOf(command, errors)));
  });
  const stood = new Promise<null>((resolve) => setTimeout(() => resolve(null), ATTACH_MS));
  const reason = await Promise.race([failed, stood]);
  if (reason !== null) return { reason };
  return {
    pid: child.pid ?? 0,
    stop: async () => {
      const ended = once(child, 'close');
      child.kill('SIGINT');
      await ended;
    },
  };
}

function reasonOf(command: string, errors: string): string {
  const lines = errors.trim().split('\n');
  if (lines.some((line) => line.includes(`failed to execute ${command}`))) return `${command} is not installed`;
  for (const telling of TELLING) {
    const found = lines.find((line) => telling.test(line));
    if (found !== undefined) return found.trim();
  }
  return lines.at(-1) || 'it ended';
}
