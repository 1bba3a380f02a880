/**
 * Other tools that read TLS by uprobes, beside the sensor: bpftrace with a program that copies 1 KB of each SSL_write, and
 * bcc's sslsniff. Both need tracefs or kprobes, which not every host has: where one cannot run, its own last words say so.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface RunningPeer {
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
/** Time to attach, or to fail at it. */
const ATTACH_MS = 8000;

export async function startPeer(
  name: keyof typeof COMMANDS,
  program: string,
): Promise<RunningPeer | { readonly reason: string }> {
  const [command = '', ...args] = COMMANDS[name](program);
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-2000);
  });
  const failed = new Promise<string>((resolve) => {
    child.on('error', () => resolve(`${command} is not installed`));
    child.on('close', () => {
      const lines = errors.trim().split('\n');
      resolve(lines.find((line) => /error|not|no /i.test(line)) ?? lines.at(-1) ?? 'it ended');
    });
  });
  const stood = new Promise<null>((resolve) => setTimeout(() => resolve(null), ATTACH_MS));
  const reason = await Promise.race([failed, stood]);
  if (reason !== null) return { reason };
  return {
    stop: async () => {
      const ended = once(child, 'close');
      child.kill('SIGINT');
      await ended;
    },
  };
}
