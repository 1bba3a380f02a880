/** Starts a proxy that is a program of its own, and waits until its port takes connections. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import type { Child } from '../child.ts';

export type Peer = Pick<Child, 'pid' | 'ready' | 'stop'>;

/** True where the program is installed. */
export function isInstalled(program: string, versionFlag: string): boolean {
  return spawnSync(program, [versionFlag], { stdio: 'ignore' }).status === 0;
}

/** `ca`: the certificate (PEM) that its clients trust; read once it listens. */
export async function startProgram(
  command: readonly string[],
  port: number,
  ca: () => string,
  env: NodeJS.ProcessEnv = {},
): Promise<Peer> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { stdio: 'ignore', env: { ...process.env, ...env } });
  await Promise.race([once(child, 'spawn'), once(child, 'error').then(([error]) => Promise.reject(error))]);
  await accepts(program, port, performance.now() + 20_000);
  return {
    pid: child.pid ?? 0,
    ready: { port, ca: ca() },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Such programs say nothing when they are ready: the port is tried until it takes a connection. */
async function accepts(program: string, port: number, until: number): Promise<void> {
  const taken = await new Promise<boolean>((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
  if (taken) return;
  if (performance.now() > until) throw new Error(`${program} did not start listening within 20 s`);
  await new Promise((resolve) => setTimeout(resolve, 100));
  return accepts(program, port, until);
}
