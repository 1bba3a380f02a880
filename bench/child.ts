/** How the processes of the benchmark speak with each other: started by `startChild`, one line of JSON at a time over Node's IPC. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';

export interface Child {
  readonly pid: number;
  /** The first message that the process told: its port and what else it says. */
  readonly ready: Readonly<Record<string, unknown>>;
  /** Sends a message and waits for the one answer to it. */
  ask(message: object): Promise<Readonly<Record<string, unknown>>>;
  stop(): Promise<void>;
}

/** Starts a file of this folder as a process of its own; its stdout goes to `stdoutFile`, or nowhere. */
export async function startChild(
  file: string,
  args: readonly string[],
  options: { readonly nodeFlags?: readonly string[]; readonly stdoutFile?: string } = {},
): Promise<Child> {
  const path = new URL(file, import.meta.url).pathname;
  const stdout = options.stdoutFile === undefined ? 'ignore' : openSync(options.stdoutFile, 'a', 0o600);
  const child = spawn(process.execPath, [...(options.nodeFlags ?? []), path, ...args], {
    stdio: ['ignore', stdout, 'inherit', 'ipc'],
  });
  const ready = await nextMessage(child, file);
  return {
    pid: child.pid ?? 0,
    ready,
    ask(message) {
      child.send(message);
      return nextMessage(child, file);
    },
    async stop() {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.send({ kind: 'stop' });
      await ended;
    },
  };
}

async function nextMessage(child: ChildProcess, name: string): Promise<Readonly<Record<string, unknown>>> {
  return new Promise((resolve, reject) => {
    const gone = (code: number | null): void => reject(new Error(`${name} ended with code ${code}`));
    child.once('exit', gone);
    child.once('message', (message: unknown) => {
      child.off('exit', gone);
      resolve(typeof message === 'object' && message !== null ? { ...message } : {});
    });
  });
}

/** In the started process: sends one message to the one that started it. */
export function tell(message: object): void {
  process.send?.(message);
}

/** In the started process: what to do when told to stop, or when the one that started it is gone. */
export function readyToStop(stop: () => void): void {
  process.on('disconnect', stop);
  process.on('message', (message: unknown) => {
    if (typeof message === 'object' && message !== null && 'kind' in message && message.kind === 'stop') stop();
  });
}
