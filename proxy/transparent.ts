/**
 * The transparent listener: connections of clients that know nothing of a proxy. Two ways lead here, and a proxy knows one.
 *
 * Redirected by the kernel's packet filter: the name is taken from SNI or Host and resolved here; where the client believed
 * to connect to is not asked for (Node cannot know it, and it would be the client's word against the name's). What has no
 * name goes nowhere.
 *
 * Steered by the sensor, which knows where each connection was going and is asked (`originOf`): steering goes by addresses,
 * and others than GenAI stand behind those. So what asks for a name that is not GenAI, or for none, is passed on to where
 * it was going, untouched. A connection of which nobody knows that is closed.
 */
import type { Socket } from 'node:net';
import { opaque } from '../flow/coverage.ts';
import type { Source } from '../flow/parties.ts';
import { type AdmissionContext, hostOf, recordDenied } from './admission.ts';
import { closeRecord, openOrStop, reasonOf } from './answer.ts';
import type { Outgoing } from './dialer.ts';
import { firstBytes } from './first-bytes.ts';
import { sourceOf } from './identity.ts';
import type { HandOver } from './listener.ts';
import { acceptNamed, joinSockets, type TunnelContext, tunnelAccount } from './tunnel.ts';

/** Where a steered connection was going. */
export interface Origin {
  readonly address: string;
  readonly port: number;
}

/** Asks by the address and port that a steered connection comes from; null where nobody knows. An answer is given once. */
export type OriginOf = (address: string, port: number) => Promise<Origin | null>;

export interface TransparentContext extends AdmissionContext, TunnelContext {
  readonly outgoing: Outgoing;
  /** Null where connections are not steered here. */
  readonly originOf: OriginOf | null;
}

export interface TransparentConnection {
  readonly socket: Socket;
  readonly handOver: HandOver;
}

/** A server may be the one to speak first; what is steered by mistake is not to wait for long. */
const STEERED_SILENCE_MS = 300;

export function acceptTransparent(connection: TransparentConnection, context: TransparentContext): void {
  const { socket } = connection;
  socket.on('error', () => socket.destroy());
  if (context.originOf === null) return acceptRedirected(connection, context);
  context.track(acceptSteered(connection, context, context.originOf));
}

function acceptRedirected({ socket, handOver }: TransparentConnection, context: TransparentContext): void {
  const { clientHelloMs } = context.config.limits;
  const peer = context.arrivals.peerOf(socket);
  const port = context.arrivals.portOf(socket);
  const source = redirectedSource(socket, peer, context);
  const refuse = (message: string): void => refused(socket, peer, message, context);
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

async function acceptSteered(
  { socket, handOver }: TransparentConnection,
  context: TransparentContext,
  originOf: OriginOf,
): Promise<void> {
  const peer = plainAddress(socket);
  const origin = peer === null ? null : await originOf(peer, socket.remotePort ?? 0);
  if (origin === null) return refused(socket, peer, 'nobody knows where this connection was going', context);
  const source = redirectedSource(socket, peer, context);
  const { clientHelloMs } = context.config.limits;
  firstBytes(socket, Buffer.alloc(0), { silenceMs: STEERED_SILENCE_MS, helloMs: clientHelloMs }, (first, bytes) => {
    if (first.kind === 'closed') return void socket.destroy();
    const name = first.kind === 'tls' ? first.serverName : null;
    if (name !== null && context.catalog.lookup(name, origin.port).category === 'genai') {
      socket.unshift(bytes);
      return acceptNamed({ socket, name, port: origin.port, source, handOver }, context);
    }
    context.track(passOn(socket, bytes, { origin, name, source }, context));
  });
}

/** Who connects says nothing of itself; its process is looked up by its own end of the connection. */
function redirectedSource(socket: Socket, peer: string | null, context: TransparentContext): Source {
  const source = sourceOf({ kind: 'anonymous' }, hostOf(peer, context));
  // Whom a load balancer speaks for is not who has its socket open.
  if (peer !== null && plain(peer) === plainAddress(socket)) context.peers?.begin(source, socket, true);
  return source;
}

function plainAddress({ remoteAddress }: Socket): string | null {
  return remoteAddress === undefined ? null : plain(remoteAddress);
}

function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, '');
}

interface Passing {
  readonly origin: Origin;
  readonly name: string | null;
  readonly source: Source;
}

/** To where it was going, byte for byte, with an edge that says that nobody looked. */
async function passOn(
  socket: Socket,
  head: Buffer,
  { origin, name, source }: Passing,
  context: TransparentContext,
): Promise<void> {
  const place = { host: name ?? origin.address, port: origin.port, via: name === null ? 'none' : 'sni' } as const;
  const account = tunnelAccount(source, place, 'tunnel', context);
  account.lessen(opaque('tunnelled'));
  try {
    openOrStop(account, context);
    const upstream = await context.dialer.dial({ host: origin.address, port: origin.port }, false);
    await joinSockets(socket, upstream, head, account);
    closeRecord(account, 'completed', null, null, context);
  } catch (error) {
    closeRecord(account, 'upstream_failed', null, reasonOf(error), context);
    socket.destroy();
  }
}

function refused(socket: Socket, peer: string | null, message: string, context: TransparentContext): void {
  recordDenied({ status: 421, code: 'name_missing', message }, peer, 'refused', context, 'unknown');
  socket.destroy();
}
