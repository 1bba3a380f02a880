/** mitmproxy as a further measure, where it is installed: `mitmdump` without scripts but for the address of the upstream. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import type { Child } from './child.ts';

export async function startMitmproxy(
  folder: string,
  upstreamPort: number,
  caFile: string,
): Promise<Pick<Child, 'pid' | 'ready' | 'stop'>> {
  mkdirSync(folder, { mode: 0o700 });
  const script = join(folder, 'address.py');
  writeFileSync(script, `def server_connect(data):\n    data.server.address = ("127.0.0.1", ${upstreamPort})\n`);
  const port = await freePort();
  const options = ['--listen-host', '127.0.0.1', '--listen-port', String(port), '--quiet', '-s', script];
  const settings = [
    `confdir=${folder}`,
    `ssl_verify_upstream_trusted_ca=${caFile}`,
    'flow_detail=0',
    'stream_large_bodies=1m',
    'connection_strategy=lazy',
  ];
  const child = spawn('mitmdump', [...options, ...settings.flatMap((setting) => ['--set', setting])], {
    stdio: 'ignore',
  });
  await Promise.race([once(child, 'spawn'), once(child, 'error').then(([error]) => Promise.reject(error))]);
  await accepts(port, performance.now() + 20_000);
  return {
    pid: child.pid ?? 0,
    ready: { port, ca: readFileSync(join(folder, 'mitmproxy-ca-cert.pem'), 'utf8') },
    async stop() {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** mitmdump says nothing when it is ready: its port is tried until it takes a connection. */
async function accepts(port: number, until: number): Promise<void> {
  const taken = await new Promise<boolean>((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
  if (taken) return;
  if (performance.now() > until) throw new Error('mitmdump did not start listening within 20 s');
  await new Promise((resolve) => setTimeout(resolve, 100));
  return accepts(port, until);
}
