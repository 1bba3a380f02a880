/**
 * CONNECT and SOCKS5: the client's TLS is terminated with a leaf for the name that it asks for, and what is inside goes back to
 * the listener as requests. Bypassed hosts are tunnelled untouched, with an event and an edge. What is neither TLS nor
 * HTTP is refused where a rule could hold it, else tunnelled and recorded as unseen.
 */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { HostPort } from '../catalog/host.ts';
import { failure } from '../engine/transform/refuse.ts';
import { type Coverage, opaque } from '../flow/coverage.ts';
import { actionRank } from '../flow/decision.ts';
import { WeirError } from '../flow/errors.ts';
import type { Outcome } from '../flow/event.ts';
import type { Source } from '../flow/parties.ts';
import { Account } from './account.ts';
import { closeRecord, reasonOf } from './answer.ts';
import { parseAuthority } from './authority.ts';
import type { ExchangeContext } from './context.ts';
import type { Dialer } from './dialer.ts';
import type { HandOver } from './listener.ts';
import { type Peek, peekClientHello } from './tls/client-hello.ts';
import type { Leaves } from './tls/leaves.ts';

export interface TunnelContext extends ExchangeContext {
  readonly dialer: Dialer;
  readonly leaves: Leaves;
  readonly isIntercepted: (host: string) => boolean;
  readonly isOwn: (place: HostPort) => boolean;
  readonly track: (work: Promise<void>) => void;
}

export interface TunnelRequest {
  /** `host:port`, as the client has it. */
  readonly authority: string;
  readonly socket: Socket;
  /** What it sent behind its request. */
  readonly head: Buffer;
  readonly source: Source;
  readonly replies: TunnelReplies;
  readonly handOver: HandOver;
}

/** What the client is told in the protocol by which it asked. */
export interface TunnelReplies {
  opened(socket: Socket): void;
  /** Says why not, and ends the connection. */
  refused(socket: Socket, refusal: TunnelRefusal): void;
}

export interface TunnelRefusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly eventId: string;
}

/** CONNECT (RFC 9110 §9.3.6). */
export const HTTP_REPLIES: TunnelReplies = {
  opened: (socket) => void socket.write('HTTP/1.1 200 Connection Established\r\n\r\n'),
  refused: (socket, { status, code, message, eventId }) => writeRefusal(socket, status, code, message, eventId),
};

export function acceptTunnel(connect: TunnelRequest, context: TunnelContext): void {
  const { authority, socket, head, source, handOver, replies } = connect;
  socket.on('error', () => socket.destroy());
  const place = parseAuthority(authority, 443);
  if (place === null) {
    return refuseTunnel(connect, null, 400, 'authority_malformed', 'a tunnel needs HOST:PORT', 'malformed', context);
  }
  if (context.isOwn(place)) {
    return refuseTunnel(connect, place, 403, 'address_forbidden', 'that is this proxy itself', 'refused', context);
  }
  if (context.isBypassed(place.host) || !context.isIntercepted(place.host)) {
    context.track(passThrough(socket, head, place, source, opaque('tunnelled'), 'tunnel', replies, context));
    return;
  }
  replies.opened(socket);
  firstBytes(socket, head, context.config.limits.clientHelloMs, (first, bytes) => {
    switch (first.kind) {
      case 'tls':
        socket.unshift(bytes);
        return terminate(socket, place, first.serverName, source, handOver, context);
      case 'http':
        return handOver(socket, { tunnel: { scheme: 'http', ...place }, serverName: null, source }, bytes);
      case 'closed':
        return socket.destroy();
      case 'silent':
      case 'other':
        return unknownProtocol(connect, place, bytes, first.kind, context);
    }
  });
}

type First =
  | { readonly kind: 'tls'; readonly serverName: string | null }
  | { readonly kind: 'http' }
  | { readonly kind: 'other' }
  | { readonly kind: 'silent' }
  | { readonly kind: 'closed' };

/** Methods are tokens of upper-case letters in practice; more than this many are not waited for. */
const MAX_METHOD = 20;

/** Gathers what the client sends first until it is known what it speaks. */
function firstBytes(socket: Socket, head: Buffer, limitMs: number, done: (first: First, bytes: Buffer) => void): void {
  let bytes = head;
  const settle = (first: First): void => {
    clearTimeout(timer);
    socket.off('data', onData).off('close', onClose);
    socket.pause();
    done(first, bytes);
  };
  const look = (): void => {
    const first = classify(bytes);
    if (first !== null) settle(first);
  };
  const onData = (chunk: Buffer): void => {
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    look();
  };
  const onClose = (): void => settle({ kind: 'closed' });
  const timer = setTimeout(() => settle({ kind: bytes.length === 0 ? 'silent' : 'other' }), limitMs);
  socket.on('data', onData).on('close', onClose).resume();
  if (bytes.length > 0) look();
}

function classify(bytes: Buffer): First | null {
  const peek: Peek = peekClientHello(bytes);
  if (peek.kind === 'hello') return { kind: 'tls', serverName: peek.serverName };
  if (peek.kind === 'need-more' && bytes[0] === 0x16) return null;
  const text = bytes.toString('latin1', 0, MAX_METHOD);
  if (/^[A-Z]+(?:-[A-Z]+)? /.test(text)) return { kind: 'http' };
  return text.length < MAX_METHOD && /^[A-Z]*(?:-[A-Z]*)?$/.test(text) ? null : { kind: 'other' };
}

function terminate(
  socket: Socket,
  place: HostPort,
  serverName: string | null,
  source: Source,
  handOver: HandOver,
  context: TunnelContext,
): void {
  const secured = new TLSSocket(socket, {
    isServer: true,
    secureContext: context.leaves.contextFor(serverName ?? place.host),
    ALPNProtocols: ['http/1.1'],
  });
  const fail = (error: Error | null): void => {
    clearTimeout(timer);
    secured.off('secure', onSecure).off('close', onClose).off('error', fail);
    secured.on('error', () => secured.destroy());
    secured.destroy();
    const code = error === null ? 'closed' : 'code' in error ? String(error.code) : error.name;
    const reason = `the client did not complete TLS (${code}); does it trust the certificate that \`weir ca path\` names?`;
    recordEnd(source, place, 'tunnel', 'client_aborted', null, reason, opaque('tls'), context);
  };
  const onClose = (): void => fail(null);
  const onSecure = (): void => {
    clearTimeout(timer);
    secured.off('close', onClose).off('error', fail);
    handOver(secured, { tunnel: { scheme: 'https', ...place }, serverName, source }, null);
  };
  const timer = setTimeout(() => fail(new Error('timeout')), context.config.limits.tlsMs);
  secured.once('secure', onSecure).once('close', onClose).once('error', fail);
}

/** Neither TLS nor HTTP, or nothing at all: where a rule could hold what it carries it does not pass. */
function unknownProtocol(
  connect: TunnelRequest,
  place: HostPort,
  bytes: Buffer,
  kind: 'silent' | 'other',
  context: TunnelContext,
): void {
  const destination = context.catalog.lookup(place.host, place.port);
  const { policies } = context.engine;
  const mayHold = (['request', 'response'] as const).some((direction) => {
    const action = policies.strongest({ source: connect.source, destination, direction });
    return actionRank(action) > actionRank('alert');
  });
  if (mayHold) {
    const reason = kind === 'silent' ? 'the client sent nothing within limits.clientHelloMs' : 'neither TLS nor HTTP';
    recordEnd(connect.source, place, 'unknown', 'refused', null, reason, opaque('protocol'), context);
    connect.socket.destroy();
    return;
  }
  const work = passThrough(connect.socket, bytes, place, connect.source, opaque('protocol'), 'unknown', null, context);
  context.track(work);
}

/** Bytes both ways, unlooked at. `replies`: the client is told once the upstream is there; null where it has been. */
async function passThrough(
  socket: Socket,
  head: Buffer,
  place: HostPort,
  source: Source,
  coverage: Coverage,
  protocol: string,
  replies: TunnelReplies | null,
  context: TunnelContext,
): Promise<void> {
  const account = accountOf(source, place, protocol, context);
  account.lessen(coverage);
  let upstream: Socket;
  try {
    account.open();
    upstream = await context.dialer.dial(place, false);
  } catch (error) {
    const isRefused = error instanceof WeirError && error.code === 'address_forbidden';
    const status = isRefused ? 403 : error instanceof WeirError && error.code === 'store_unwritable' ? 503 : 502;
    const outcome = isRefused ? 'refused' : status === 503 ? 'failed' : 'upstream_failed';
    closeRecord(account, outcome, replies === null ? null : status, reasonOf(error), context);
    const code = error instanceof WeirError ? error.code : 'weir_failed';
    if (replies === null) socket.destroy();
    else replies.refused(socket, { status, code, message: reasonOf(error), eventId: account.id });
    return;
  }
  replies?.opened(socket);
  await joinSockets(socket, upstream, head, account);
  closeRecord(account, 'completed', replies === null ? null : 200, null, context);
}

/** Pipes two sockets into each other until both are closed, counting bytes into the account. */
export function joinSockets(client: Socket, upstream: Socket, head: Buffer, account: Account): Promise<void> {
  return new Promise((resolve) => {
    let open = 2;
    const closed = (): void => {
      if (--open === 0) resolve();
    };
    client.on('data', (chunk: Buffer) => {
      account.bytesOut += chunk.length;
    });
    upstream.on('data', (chunk: Buffer) => {
      account.bytesIn += chunk.length;
    });
    client.on('close', () => {
      upstream.destroy();
      closed();
    });
    upstream.on('close', () => {
      client.destroySoon();
      closed();
    });
    client.on('error', () => client.destroy());
    upstream.on('error', () => upstream.destroy());
    if (head.length > 0) {
      account.bytesOut += head.length;
      upstream.write(head);
    }
    client.pipe(upstream);
    upstream.pipe(client);
    if (client.destroyed) upstream.destroy();
  });
}

export function accountOf(source: Source, place: HostPort, protocol: string, context: ExchangeContext): Account {
  const destination = context.catalog.lookup(place.host, place.port);
  const start = { id: context.newId(), startedAt: context.now(), source, destination, protocol, provider: null };
  return new Account(start, context.recorder, context.now);
}

function recordEnd(
  source: Source,
  place: HostPort,
  protocol: string,
  outcome: Outcome,
  status: number | null,
  reason: string,
  coverage: Coverage,
  context: TunnelContext,
): string {
  const account = accountOf(source, place, protocol, context);
  account.lessen(coverage);
  closeRecord(account, outcome, status, reason, context);
  return account.id;
}

function refuseTunnel(
  connect: TunnelRequest,
  place: HostPort | null,
  status: number,
  code: string,
  message: string,
  outcome: Outcome,
  context: TunnelContext,
): void {
  const start = {
    id: context.newId(),
    startedAt: context.now(),
    source: connect.source,
    destination: place === null ? null : context.catalog.lookup(place.host, place.port),
    protocol: 'tunnel',
    provider: null,
  };
  const account = new Account(start, context.recorder, context.now);
  closeRecord(account, outcome, status, `${status} ${message}`, context);
  connect.replies.refused(connect.socket, { status, code, message, eventId: account.id });
}

/** An HTTP answer on a bare socket, then its end. */
export function writeRefusal(socket: Socket, status: number, code: string, message: string, eventId: string): void {
  const { headers, body } = failure({ shape: null, destinationHost: '', status, code, message, eventId });
  const all = [...headers, 'Content-Length', String(body.length), 'Connection', 'close'];
  let head = `HTTP/1.1 ${status} ${code}\r\n`;
  for (let i = 0; i + 1 < all.length; i += 2) head += `${all[i]}: ${all[i + 1]}\r\n`;
  socket.on('error', () => socket.destroy());
  socket.end(Buffer.concat([Buffer.from(`${head}\r\n`, 'latin1'), body]));
}
