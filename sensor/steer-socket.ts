/**
 * The Unix socket by which the proxy keeps steering alive and asks where a steered connection was going. Only its owner can
 * connect. Lines of JSON: `{"renew": true}` holds the lease, `{"id", "address", "port"}` asks, answered by
 * `{"id", "origin": {"address", "port"} or null}`. Whoever says anything else is hung up on. When the last proxy that held
 * the lease is gone, so is the lease.
 */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, isIP, type Socket } from 'node:net';
import type { Steering } from './steer.ts';

const MAX_LINE = 1024;

export interface SteerSocket {
  readonly path: string;
  close(): Promise<void>;
}

/** Listens; `path` is taken over from a run that was killed. */
export function openSteerSocket(
  path: string,
  steering: Pick<Steering, 'renew' | 'letGo' | 'originOf'>,
): Promise<SteerSocket> {
  const holders = new Set<Socket>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let unread = '';
    socket.setEncoding('utf8');
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      if (holders.delete(socket) && holders.size === 0) steering.letGo();
    });
    socket.on('data', (text: string) => {
      const lines = (unread + text).split('\n');
      unread = lines.pop() ?? '';
      if (unread.length > MAX_LINE) return void socket.destroy();
      for (const line of lines) {
        const asked = readLine(line);
        if (asked === null) return void socket.destroy();
        if (asked.kind === 'renew') {
          holders.add(socket);
          steering.renew();
          continue;
        }
        void steering.originOf(asked.address, asked.port).then((origin) => {
          const told = origin === null ? null : { address: origin.address, port: origin.port };
          if (socket.writable) socket.write(`${JSON.stringify({ id: asked.id, origin: told })}\n`);
        });
      }
    });
  });
  rmSync(path, { force: true });
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(path, () => {
      chmodSync(path, 0o600);
      resolve({
        path,
        close: () =>
          new Promise((closed) => {
            for (const socket of sockets) socket.destroy();
            server.close(() => closed());
          }),
      });
    });
  });
}

type Asked =
  | { readonly kind: 'renew' }
  | { readonly kind: 'origin'; readonly id: number; readonly address: string; readonly port: number };

function readLine(line: string): Asked | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null) return null;
  if ('renew' in parsed) return parsed.renew === true ? { kind: 'renew' } : null;
  if (!('id' in parsed) || !('address' in parsed) || !('port' in parsed)) return null;
  const { id, address, port } = parsed;
  if (typeof id !== 'number' || typeof address !== 'string' || isIP(address) === 0) return null;
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) return null;
  return { kind: 'origin', id, address, port };
}
