/**
 * CONNECT and SOCKS5: the client's TLS is terminated with a leaf for the name that it asks for, and what is inside goes back to
 * the listener as requests. Bypassed hosts are tunnelled untouched, with an event and an edge. What is neither TLS nor
 * HTTP is refused where a rule could hold it, else tunnelled and recorded as unseen.
 */
import { isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { HostPort } from '../catalog/host.ts';
import { failure } from '../engine/transform/refuse.ts';
import { opaque } from '../flow/coverage.ts';
import { actionRank } from '../flow/decision.ts';
import type { Via } from '../flow/edge.ts';
import { WeirError } from '../flow/errors.ts';
import type { Outcome } from '../flow/event.ts';
import type { Source } from '../flow/parties.ts';
import { Account } from './account.ts';
import { closeRecord, openOrStop, reasonOf } from './answer.ts';
import type { Arrivals } from './arrivals.ts';
import { parseAuthority, type Target } from './authority.ts';
import type { ExchangeContext } from './context.ts';
import type { Dialer } from './dialer.ts';
import { classify, classifyHello, type First, firstBytes } from './first-bytes.ts';
import { leaveSoon } from './leave-soon.ts';
import type { HandOver } from './listener.ts';
import { terminate } from './terminate.ts';
import type { Leaves } from './tls/leaves.ts';
import type { Rejections } from './trust.ts';

export interface TunnelContext extends ExchangeContext {
  readonly dialer: Dialer;
  readonly leaves: Leaves;
  readonly arrivals: Arrivals;
  readonly rejections: Rejections;
  readonly isIntercepted: (host: string) => boolean;
  readonly isOwn: (place: HostPort) => boolean;
  readonly track: (work: Promise<void>) => void;
}

/** Where a tunnel leads, as far as it is known yet. */
export type Place = Omit<Target, 'scheme'>;

interface TunnelClient {
  readonly socket: Socket;
  readonly source: Source;
  /** What it says it is; null where it says nothing. */
  readonly userAgent: string | null;
  readonly handOver: HandOver;
}

export interface TunnelRequest extends TunnelClient {
  /** `host:port`, as the client has it. */
  readonly authority: string;
  /** What it sent behind its request. */
  readonly head: Buffer;
  readonly replies: TunnelReplies;
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

/** A client that waits for the server to speak first is not waited for, where no rule could hold what it sends. */
const SILENCE_MS = 300;

export function acceptTunnel(connect: TunnelRequest, context: TunnelContext): void {
  const { socket, source } = connect;
  socket.on('error', () => socket.destroy());
  whenIdentified(source, context, (known) => openTunnel({ ...connect, source: known }, context));
}

/** Where a rule wants to know the process, `work` begins once it is looked up, or has been waited for; else at once. */
export function whenIdentified(source: Source, context: ExchangeContext, work: (source: Source) => void): void {
  const { peers, waitsForPeers } = context;
  if (!waitsForPeers || peers === null) return work(source);
  void peers.identified(source).then(work);
}

function openTunnel(connect: TunnelRequest, context: TunnelContext): void {
  const { authority, socket, head, replies } = connect;
  if (socket.destroyed) return;
  const place = parseAuthority(authority, 443);
  if (place === null) {
    return refuseTunnel(connect, null, 400, 'authority_malformed', 'a tunnel needs HOST:PORT', 'malformed', context);
  }
  if (context.isOwn(place)) {
    return refuseTunnel(connect, place, 403, 'address_forbidden', 'that is this proxy itself', 'refused', context);
  }
  const behind = context.config.upstream.proxy;
  if (behind !== null && place.port === behind.port && place.host === behind.host) {
    const text = 'through the proxy behind this one a tunnel would get round it';
    return refuseTunnel(connect, place, 403, 'address_forbidden', text, 'refused', context);
  }
  // Behind an address that is not intercepted may stand a name that is: then the first bytes tell.
  const isAddress = isIP(place.host) !== 0;
  if (context.isBypassed(place.host) || (!isAddress && !context.isIntercepted(place.host))) {
    context.track(passThrough(connect, place, head, 'tunnel', replies, context));
    return;
  }
  replies.opened(socket);
  const { clientHelloMs } = context.config.limits;
  const isHeld = mayHold(connect.source, place, context);
  const silenceMs = isHeld ? clientHelloMs : Math.min(SILENCE_MS, clientHelloMs);
  firstBytes(socket, head, { silenceMs, helloMs: clientHelloMs }, (first, bytes) => {
    switch (first.kind) {
      case 'tls':
      case 'http':
        return inspected(connect, place, first, bytes, context);
      case 'closed':
        return void socket.destroy();
      case 'broken':
        return end(connect, place, 'a beginning of TLS or HTTP that did not go on as it must', context);
      case 'silent':
        if (isHeld) return end(connect, place, 'the client sent nothing within limits.clientHelloMs', context);
        return context.track(openSilent(connect, place, context));
      case 'other':
        if (isHeld) return end(connect, place, 'neither TLS nor HTTP', context);
        return context.track(passThrough(connect, place, bytes, 'unknown', null, context));
    }
  });
}

export interface NamedConnection {
  readonly socket: Socket;
  /** Asked for by SNI; the hello is still to be read. */
  readonly name: string;
  /** Null where nobody says it: then it is that of HTTPS. */
  readonly port: number | null;
  readonly source: Source;
  readonly handOver: HandOver;
}

/** TLS without a CONNECT before it: its SNI says where it leads. */
export function acceptNamed(connection: NamedConnection, context: TunnelContext): void {
  whenIdentified(connection.source, context, (source) => openNamed({ ...connection, source }, context));
}

function openNamed({ name, port, socket, source, handOver }: NamedConnection, context: TunnelContext): void {
  if (socket.destroyed) return;
  const client = { socket, source, userAgent: null, handOver };
  const place: Place = { host: name, port: port ?? 443, via: 'sni' };
  if (context.isOwn(place)) return end(client, place, 'that is this proxy itself', context);
  if (context.isBypassed(name) || !context.isIntercepted(name)) {
    context.track(passThrough(client, place, Buffer.alloc(0), 'tunnel', null, context));
    return;
  }
  const transparent = { port };
  terminate({ ...client, target: { scheme: 'https', ...place }, serverName: name, transparent }, context);
}

/** What begins as TLS or HTTP. `bytes` are what was looked at of it. */
function inspected(
  client: TunnelClient,
  place: Place,
  first: First & { readonly kind: 'tls' | 'http' },
  bytes: Buffer,
  context: TunnelContext,
): void {
  const { socket, source, handOver } = client;
  if (first.kind === 'http') {
    return handOver(socket, { tunnel: { scheme: 'http', ...place }, serverName: null, source }, bytes);
  }
  const { serverName } = first;
  const named =
    isIP(place.host) === 0 || serverName === null ? place : { ...place, host: serverName, address: place.host };
  // Only an address comes here that is not intercepted: it is what its name is.
  if (context.isBypassed(named.host) || !context.isIntercepted(named.host)) {
    context.track(passThrough(client, named, bytes, 'tunnel', null, context));
    return;
  }
  socket.unshift(bytes);
  terminate({ ...client, target: { scheme: 'https', ...named }, serverName, transparent: null }, context);
}

function mayHold(source: Source, place: Place, context: TunnelContext): boolean {
  const destination = context.catalog.lookup(place.host, place.port);
  return (['request', 'response'] as const).some(
    (direction) =>
      actionRank(context.engine.policies.strongest({ source, destination, direction })) > actionRank('alert'),
  );
}

/**
 * The client has been told that the tunnel is open and says nothing: the server may be the one to begin. What the client
 * begins with is looked at all the same: TLS and HTTP are inspected, over a connection of their own to the upstream. That
 * only works while the server has not spoken to this client; else the connection is ended.
 */
async function openSilent(client: TunnelClient, place: Place, context: TunnelContext): Promise<void> {
  const { socket } = client;
  const account = tunnelAccount(client.source, place, 'unknown', context);
  account.lessen(opaque('protocol'));
  const upstream = await dialled(client, place, account, null, context);
  if (upstream === null) return;
  const { first, bytes } = await firstOf(client, upstream, Buffer.alloc(0), account, classify, context);
  if (first.kind === 'other') {
    await joinSockets(socket, upstream, bytes, account);
    closeRecord(account, 'completed', null, null, context);
    return;
  }
  upstream.destroy();
  if ((first.kind === 'tls' || first.kind === 'http') && account.bytesIn === 0) {
    closeRecord(account, 'completed', null, 'the client began at last, and is inspected from there on', context);
    return inspected(client, place, first, bytes, context);
  }
  socket.destroy();
  if (first.kind === 'closed' || first.kind === 'silent') {
    closeRecord(account, 'completed', null, null, context);
    return;
  }
  const reason = 'TLS or HTTP after the server had spoken, or a beginning of them that did not go on as it must';
  closeRecord(account, 'refused', null, reason, context);
}

/**
 * Bytes both ways, unlooked at but for the name of a hello, which has to be that of the tunnel. `replies`: the client is
 * told once the upstream is there; null where it has been. `head` is what it has sent so far.
 */
async function passThrough(
  client: TunnelClient,
  place: Place,
  head: Buffer,
  protocol: 'tunnel' | 'unknown',
  replies: TunnelReplies | null,
  context: TunnelContext,
): Promise<void> {
  const { socket } = client;
  const account = tunnelAccount(client.source, place, protocol, context);
  account.lessen(opaque(protocol === 'tunnel' ? 'tunnelled' : 'protocol'));
  const upstream = await dialled(client, place, account, replies, context);
  if (upstream === null) return;
  replies?.opened(socket);
  const status = replies === null ? null : 200;
  const isNamed = protocol === 'tunnel' && isIP(place.host) === 0;
  if (!isNamed) {
    await joinSockets(socket, upstream, head, account);
    closeRecord(account, 'completed', status, null, context);
    return;
  }
  const { first, bytes } = await firstOf(client, upstream, head, account, classifyHello, context);
  const isFront = first.kind === 'tls' && first.serverName !== null && first.serverName !== place.host;
  if (isFront || first.kind === 'broken' || first.kind === 'closed') {
    upstream.destroy();
    socket.destroy();
    const reason = isFront ? `421 the TLS server name is not ${place.host}` : 'a hello that cannot be read';
    const isOver = first.kind === 'closed';
    closeRecord(account, isOver ? 'completed' : 'refused', status, isOver ? null : reason, context);
    return;
  }
  await joinSockets(socket, upstream, bytes, account);
  closeRecord(account, 'completed', status, null, context);
}

/** The upstream's socket; null where there is none, which the client has been told and the record says. */
async function dialled(
  client: TunnelClient,
  place: Place,
  account: Account,
  replies: TunnelReplies | null,
  context: TunnelContext,
): Promise<Socket | null> {
  try {
    openOrStop(account, context);
    const upstream = await context.dialer.dial(place, false);
    upstream.on('error', () => upstream.destroy());
    return upstream;
  } catch (error) {
    const isRefused = error instanceof WeirError && error.code === 'address_forbidden';
    const status = isRefused ? 403 : error instanceof WeirError && error.code === 'store_unwritable' ? 503 : 502;
    const outcome = isRefused ? 'refused' : status === 503 ? 'failed' : 'upstream_failed';
    closeRecord(account, outcome, replies === null ? null : status, reasonOf(error), context);
    const code = error instanceof WeirError ? error.code : 'weir_failed';
    if (replies === null) client.socket.destroy();
    else replies.refused(client.socket, { status, code, message: reasonOf(error), eventId: account.id });
    return null;
  }
}

const DAY_MS = 86_400_000;

/** What the client begins with, however long it waits; what the server says until then reaches it. */
function firstOf(
  { socket }: TunnelClient,
  upstream: Socket,
  head: Buffer,
  account: Account,
  look: typeof classify,
  context: TunnelContext,
): Promise<{ readonly first: First; readonly bytes: Buffer }> {
  return new Promise((resolve) => {
    const onData = (chunk: Buffer): void => {
      account.bytesIn += chunk.length;
      if (!socket.write(chunk)) upstream.pause();
    };
    const onDrain = (): void => void upstream.resume();
    const onClose = (): void => void socket.destroySoon();
    upstream.on('data', onData).on('close', onClose);
    socket.on('drain', onDrain);
    const patience = { silenceMs: DAY_MS, helloMs: context.config.limits.clientHelloMs };
    firstBytes(
      socket,
      head,
      patience,
      (first, bytes) => {
        upstream.off('data', onData).off('close', onClose).pause();
        socket.off('drain', onDrain);
        resolve({ first, bytes });
      },
      look,
    );
  });
}

/** Pipes two sockets into each other until both are closed, counting bytes into the account. */
export function joinSockets(client: Duplex, upstream: Duplex, head: Buffer, account: Account): Promise<void> {
  return new Promise((resolve) => {
    let open = 2;
    const closed = (): void => {
      if (--open === 0) resolve();
    };
    const clientClosed = (): void => {
      upstream.destroy();
      closed();
    };
    const upstreamClosed = (): void => {
      leaveSoon(client);
      closed();
    };
    client.on('data', (chunk: Buffer) => {
      account.bytesOut += chunk.length;
    });
    upstream.on('data', (chunk: Buffer) => {
      account.bytesIn += chunk.length;
    });
    client.on('error', () => client.destroy());
    upstream.on('error', () => upstream.destroy());
    if (client.closed) clientClosed();
    else client.on('close', clientClosed);
    if (upstream.closed) upstreamClosed();
    else upstream.on('close', upstreamClosed);
    if (head.length > 0) {
      account.bytesOut += head.length;
      upstream.write(head);
    }
    client.pipe(upstream);
    upstream.pipe(client);
    if (client.destroyed) upstream.destroy();
  });
}

/** The account of a tunnel, which is a span of its own where traces are on. */
export function tunnelAccount(
  source: Source,
  place: HostPort & { readonly via?: Via },
  protocol: string,
  context: ExchangeContext,
): Account {
  const account = accountOf(source, place, protocol, context);
  context.traces?.begin(account.id, [], context.now(), 'tunnel');
  return account;
}

export function accountOf(
  source: Source,
  place: HostPort & { readonly via?: Via },
  protocol: string,
  context: ExchangeContext,
): Account {
  const destination = context.catalog.lookup(place.host, place.port);
  const { via } = place;
  const start = { id: context.newId(), startedAt: context.now(), source, destination, protocol, provider: null, via };
  return new Account(start, context.recorder, context.now);
}

/** Ends a connection that the client believes to be open: nothing can be said to it. */
function end({ socket, source }: TunnelClient, place: Place, reason: string, context: TunnelContext): void {
  const account = tunnelAccount(source, place, 'unknown', context);
  account.lessen(opaque('protocol'));
  closeRecord(account, 'refused', null, reason, context);
  socket.destroy();
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
  context.traces?.begin(account.id, [], context.now(), 'tunnel');
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
