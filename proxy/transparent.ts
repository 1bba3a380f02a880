/**
 * The transparent listener: connections that the kernel redirects, of clients that know nothing of a proxy. The name is
 * taken from SNI or Host and resolved here; where the client believed to connect to is not asked for (Node cannot know
 * it, and it would be the client's word against the name's). What has no name goes nowhere.
 */
import type { Socket } from 'node:net';
import type { Source } from '../flow/parties.ts';
import { type AdmissionContext, hostOf, recordDenied } from './admission.ts';
import type { Outgoing } from './dialer.ts';
import { firstBytes } from './first-bytes.ts';
import { sourceOf } from './identity.ts';
import type { HandOver } from './listener.ts';
import { acceptNamed, type TunnelContext } from './tunnel.ts';

export interface TransparentContext extends AdmissionContext, TunnelContext {
  readonly outgoing: Outgoing;
}

export interface TransparentConnection {
  readonly socket: Socket;
  readonly handOver: HandOver;
}

export function acceptTransparent({ socket, handOver }: TransparentConnection, context: TransparentContext): void {
  const { clientHelloMs } = context.config.limits;
  const peer = context.arrivals.peerOf(socket);
  const port = context.arrivals.portOf(socket);
  const source: Source = sourceOf({ kind: 'anonymous' }, hostOf(peer, context));
  const refuse = (message: string): void => {
    recordDenied({ status: 421, code: 'name_missing', message }, peer, 'refused', context, 'unknown');
    socket.destroy();
  };
  socket.on('error', () => socket.destroy());
  firstBytes(socket, Buffer.alloc(0), { silenceMs: clientHelloMs, helloMs: clientHelloMs }, (first, bytes) => {
    if (context.outgoing.has(socket)) {
      return refuse("a connection of this proxy's own: the redirection has to leave out the user that it runs as");
    }
    switch (first.kind) {
      case 'closed':
        return void socket.destroy();
      case 'tls':
        if (first.serverName === null) return refuse('the client asks for no name (SNI), so nobody knows where to');
        socket.unshift(bytes);
        return acceptNamed({ socket, name: first.serverName, port, source, handOver }, context);
      case 'http':
        return handOver(socket, { tunnel: null, serverName: null, source, transparent: { port } }, bytes);
      case 'silent':
        return refuse('the client sent nothing within limits.clientHelloMs');
      case 'broken':
        return refuse('the client began TLS or HTTP and did not go on, or its hello cannot be read');
      case 'other':
        return refuse('neither TLS nor HTTP: there is no name in it');
    }
  });
}
