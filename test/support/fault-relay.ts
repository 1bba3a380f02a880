/** A relay of loopback that does to a connection what networks do: late, in pieces, cut off, reset, closed by halves. */
import { once } from 'node:events';
import net from 'node:net';
import { portOf } from './corp-proxy.ts';

export type Fault =
  | { readonly kind: 'none' }
  /** Each piece so much later. */
  | { readonly kind: 'late'; readonly ms: number }
  /** In pieces of so many bytes. */
  | { readonly kind: 'sliced'; readonly bytes: number }
  /** A reset to both sides after so many bytes. */
  | { readonly kind: 'reset'; readonly after: number }
  /** A regular end after so many bytes, and none of the rest. */
  | { readonly kind: 'truncated'; readonly after: number }
  /** The end of one side comes so much later to the other. */
  | { readonly kind: 'slow-close'; readonly ms: number };

export interface FaultRelay {
  readonly port: number;
  /** What is done to what goes to the server, and to what comes from it, of connections from now on. */
  use(faults: { readonly out: Fault; readonly back: Fault }): void;
  readonly open: number;
  close(): Promise<void>;
}

/** Relays connections to a port of loopback. */
export async function startFaultRelay(to: () => number): Promise<FaultRelay> {
  let faults: { readonly out: Fault; readonly back: Fault } = { out: { kind: 'none' }, back: { kind: 'none' } };
  const sockets = new Set<net.Socket>();
  const server = net.createServer({ allowHalfOpen: true }, (client) => {
    const upstream = net.connect({ port: to(), host: '127.0.0.1', allowHalfOpen: true });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('close', () => sockets.delete(socket));
    }
    client.on('error', () => client.destroy()).on('close', () => upstream.destroy());
    upstream.on('error', () => upstream.destroy()).on('close', () => client.destroy());
    pass(client, upstream, faults.out);
    pass(upstream, client, faults.back);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: portOf(server),
    use(next) {
      faults = next;
    },
    get open() {
      return sockets.size;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function pass(from: net.Socket, to: net.Socket, fault: Fault): void {
  let passed = 0;
  const write = (chunk: Buffer): void => {
    if (!to.destroyed && !to.writableEnded) to.write(chunk);
  };
  const end = (): void => {
    if (!to.destroyed) to.end();
  };
  const lateMs = fault.kind === 'late' ? fault.ms : 0;
  const closeMs = fault.kind === 'slow-close' ? fault.ms : lateMs;
  from.on('end', () => (closeMs === 0 ? end() : void setTimeout(end, closeMs)));
  from.on('data', (chunk: Buffer) => {
    const before = passed;
    passed += chunk.length;
    switch (fault.kind) {
      case 'none':
      case 'slow-close':
        return write(chunk);
      case 'late':
        return void setTimeout(write, fault.ms, chunk);
      case 'sliced':
        for (let at = 0; at < chunk.length; at += fault.bytes) write(chunk.subarray(at, at + fault.bytes));
        return;
      case 'reset':
        if (passed < fault.after) return write(chunk);
        from.resetAndDestroy();
        to.resetAndDestroy();
        return;
      case 'truncated':
        if (before < fault.after) write(chunk.subarray(0, fault.after - before));
        if (passed >= fault.after) {
          to.end();
          from.destroySoon();
        }
    }
  });
}
