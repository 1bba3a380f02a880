/** The `weir` program as a process of its own, with its output gathered: for what only a process shows (signals, exit codes, stdout). */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

/** On a slow machine, too. */
const SHOWN_WITHIN_MS = 120_000;

export interface Outcome {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCommand {
  readonly pid: number;
  /** Everything written so far, stdout and stderr. */
  output(): string;
  /** Settles once the output (both streams) matches; fails when the process ends before, or shows nothing of it for two minutes. */
  shows(pattern: RegExp): Promise<RegExpExecArray>;
  signal(name: NodeJS.Signals): void;
  readonly ended: Promise<Outcome>;
}

/** Runs `weir ARGS` to its end. */
export function weir(
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Outcome> {
  return startWeirCommand(args, options).ended;
}

/** Starts `weir ARGS`. The environment is the test's own without proxy variables and without WEIR_*. */
export function startWeirCommand(
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): RunningCommand {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(weir_|node_options|node_test|.*_proxy$)/i.test(name),
  );
  const child = spawn(process.execPath, [join(ROOT, 'cli/main.ts'), ...args], {
    cwd: options.cwd ?? ROOT,
    env: { ...Object.fromEntries(inherited), NO_COLOR: '1', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return gather(child);
}

/** Starts another program, such as an installed `weir`, with no environment but the given. */
export function startProgram(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): RunningCommand {
  return gather(spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] }));
}

function gather(child: ChildProcess): RunningCommand {
  let stdout = '';
  let stderr = '';
  let isOver = false;
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const look of [...waiting]) look();
  };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    wake();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    wake();
  });
  const ended = once(child, 'close').then(([code]) => {
    isOver = true;
    wake();
    return { code: typeof code === 'number' ? code : null, stdout, stderr };
  });
  return {
    pid: child.pid ?? 0,
    output: () => stdout + stderr,
    shows: (pattern) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => settle(null, 'shows nothing of'), SHOWN_WITHIN_MS);
        const settle = (found: RegExpExecArray | null, how: string): void => {
          clearTimeout(timer);
          waiting.delete(look);
          if (found !== null) resolve(found);
          else reject(new Error(`${how} ${pattern}; it wrote:\n${stdout}${stderr}`));
        };
        const look = (): void => {
          const found = pattern.exec(stdout) ?? pattern.exec(stderr);
          if (found !== null || isOver) settle(found, 'ended without showing');
        };
        waiting.add(look);
        look();
      }),
    signal: (name) => void child.kill(name),
    ended,
  };
}
