/**
 * The proxy's one port: forward proxy (absolute-form and CONNECT), SOCKS5 and gateway. It finds out who asks for what,
 * refuses what is not to be done, and hands the rest to an exchange, a tunnel or an upgrade. It inspects no body.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { HostPort } from '../catalog/host.ts';
import type { GatewayProvider } from '../catalog/providers.ts';
import type { ProxyLimits } from '../config/config.ts';
import { failure, type Refusal } from '../engine/transform/refuse.ts';
import { headerOf } from '../flow/message.ts';
import type { Source } from '../flow/parties.ts';
import { isLoopback } from './addresses.ts';
import { type AdmissionContext, admit, type Denied, type Known, recordDenied } from './admission.ts';
import { closeRecord } from './answer.ts';
import type { Target } from './authority.ts';
import { type ClientRequest, type ClientResponse, framingOf } from './client-message.ts';
import type { Incoming } from './context.ts';
import type { Outgoing } from './dialer.ts';
import { exchange } from './exchange.ts';
import { createClientConnections } from './http1/client-connections.ts';
import { createClientSessions, isHttp2Preface, type StreamAsked } from './http2/client-sessions.ts';
import { basicCredential } from './identity.ts';
import { type OwnFacts, ownPage } from './own/own-pages.ts';
import { Pipelined } from './pipelined.ts';
import { type RequestLine, refusalOfHead } from './request-gate.ts';
import { type Route, routeOf } from './request-route.ts';
import { isTlsRecord, type SecureArrivals } from './secure-arrivals.ts';
import { acceptSocks, isSocks } from './socks.ts';
import { acceptTransparent, type OriginOf } from './transparent.ts';
import { acceptTunnel, HTTP_REPLIES, type TunnelContext } from './tunnel.ts';
import { ConnectionClient, type OpeningClient, StreamClient } from './websocket/opening-client.ts';
import { acceptUpgrade } from './websocket/upgrade.ts';

export interface ListenerContext extends AdmissionContext, TunnelContext {
  readonly providers: ReadonlyMap<string, GatewayProvider>;
  readonly isOwn: (place: HostPort) => boolean;
  readonly listenPort: () => number;
  readonly ownFacts: OwnFacts;
  readonly outgoing: Outgoing;
  /** Null where TLS is not spoken at the listener. */
  readonly secure: SecureArrivals | null;
  readonly originOf: OriginOf | null;
  /** Told of each exchange that is under way, so that a stop can wait for it. */
  readonly track: (work: Promise<void>) => void;
}

/** What is known of a client connection beyond its socket. */
export interface Connection {
  readonly tunnel: Target | null;
  readonly serverName: string | null;
  /** Who opened the tunnel; null outside of one, where each request says it. */
  readonly source: Source | null;
  /** Of the transparent listener; absent or null everywhere else. */
  readonly transparent?: Transparent | null;
  /** Whom the client's certificate names, where the listener checked one. */
  readonly subject?: string | null;
}

/** A connection that the kernel redirected here. */
export interface Transparent {
  /** The port that the client connected to, where a PROXY header says it: Host may then name no other. */
  readonly port: number | null;
}

/**
 * Gives a connection to the listener, which reads requests from it. `first` was taken off it already, and it stands
 * paused; null where nothing was.
 */
export type HandOver = (socket: Socket, connection: Connection, first: Buffer | null) => void;

const TLS_NEEDED: Denied = {
  status: 426,
  code: 'tls_needed',
  message: 'this listener is spoken to over TLS (proxy.tls): use https:// for the proxy',
};

const OPEN_AIR: Connection = { tunnel: null, serverName: null, source: null };

/** `current`: what holds for connections and requests that begin now; each keeps to what it began with. */
export function createListener(current: () => ListenerContext): Server {
  const connections = new WeakMap<Duplex, Connection>();
  const spoiled = new WeakSet<Duplex>();
  const { limits } = current().config;
  const server = createServer({
    maxHeaderSize: limits.headerBytes,
    // A body is bounded by its least rate, not by total time: uploads may be long.
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(limits.clientHeadMs, 5000),
    requireHostHeader: false,
    // An upgrade to anything but WebSocket is an ordinary request whose Upgrade is not passed on (`h2c`).
    shouldUpgradeCallback: (request) => request.headers.upgrade?.toLowerCase() === 'websocket',
  });
  setLimits(server, limits);
  const connectionOf = (socket: Duplex): Connection => connections.get(socket) ?? OPEN_AIR;
  // What Node's server does with a connection, once it is known that HTTP is spoken on it.
  const speakHttp = server.listeners('connection');
  const handOver: HandOver = (socket, connection, first) => {
    const isHttp2 =
      first === null ? socket instanceof TLSSocket && socket.alpnProtocol === 'h2' : isHttp2Preface(first);
    if (!isHttp2) return calls.serve(socket, connection, first);
    if (connection !== OPEN_AIR) connections.set(socket, connection);
    if (first !== null) socket.unshift(first);
    sessions.serve(socket);
  };
  const calls = createClientConnections<Connection>({
    limits: () => current().config.limits,
    stopping: current().stopping,
    onCall: ({ request, response, hasBody, declaredLength }, connection) =>
      serve({ request, response, hasBody, declaredLength, expectsContinue: false }, connection, current()),
    onConnect: ({ target, headers }, socket, behind, connection) =>
      onConnect({ method: 'CONNECT', url: target, rawHeaders: headers, socket }, socket, behind, connection),
    onOther: (socket, bytes, connection) => {
      if (connection !== OPEN_AIR) connections.set(socket, connection);
      socket.unshift(bytes);
      for (const listener of speakHttp) listener.call(server, socket);
      // It was paused by hand, and stays so until told.
      socket.resume();
    },
  });
  server.removeAllListeners('connection');
  server.on('connection', (socket) => {
    const context = current();
    context.arrivals.take(socket, () => {
      if (context.arrivals.isTransparent(socket)) return acceptTransparent({ socket, handOver }, context);
      firstBytes(socket, context.config.limits.clientHeadMs, (bytes) => {
        if (context.secure !== null) {
          if (isTlsRecord(bytes)) return acceptSecure(socket, bytes, context.secure, context);
          // Its own host has nobody on the way who could read along.
          if (!isLoopback(context.arrivals.peerOf(socket) ?? '')) return refuseRaw(socket, TLS_NEEDED, context);
        }
        if (isSocks(bytes)) return acceptSocks({ socket, bytes, handOver }, context);
        handOver(socket, OPEN_AIR, bytes);
      });
    });
  });
  const acceptSecure = (socket: Socket, bytes: Buffer, secure: SecureArrivals, context: ListenerContext): void => {
    secure.accept(socket, bytes, (secured, client) => {
      firstBytes(secured, context.config.limits.clientHeadMs, (inner) => {
        if (client !== null && typeof client !== 'string') return refuseRaw(secured, client, context);
        handOver(secured, client === null ? OPEN_AIR : { ...OPEN_AIR, subject: client }, inner);
      });
    });
  };
  const pipelined = new Pipelined();
  const onRequest = (request: IncomingMessage, response: ClientResponse, expectsContinue: boolean): void => {
    const context = current();
    // What stands behind a request that could not be framed is nobody's request.
    if (spoiled.has(request.socket)) return;
    const malformed = refusalOfHead(lineOf(request), request.rawHeaders);
    if (malformed !== null) {
      spoiled.add(request.socket);
      return refuseRequest(request, response, malformed, context);
    }
    pipelined.inTurn(request.socket, response, () =>
      serve({ request, response, ...framingOf(request), expectsContinue }, connectionOf(request.socket), context),
    );
  };
  const onConnect = (request: Asking, socket: Socket, head: Buffer, connection: Connection): void => {
    const context = current();
    const admitted = sourceOfRequest(request, { kind: 'own', target: '', isRouted: false }, connection, context);
    if ('status' in admitted) return refuseRaw(socket, admitted, context);
    const authority = request.url ?? '';
    const userAgent = headerOf(request.rawHeaders, 'user-agent');
    acceptTunnel({ authority, socket, head, source: admitted, userAgent, handOver, replies: HTTP_REPLIES }, context);
  };
  const sessions = createClientSessions({
    limits: () => current().config.limits,
    stopping: current().stopping,
    onStream: (asked, socket) => serveStream(asked, connectionOf(socket), current),
    onAbuse: (message, socket) => {
      const abuse = { status: 400, code: 'malformed', message };
      recordDenied(abuse, current().arrivals.peerOf(socket), 'malformed', current());
    },
  });
  server.on('request', (request, response) => onRequest(request, response, false));
  server.on('checkContinue', (request, response) => onRequest(request, response, true));
  server.on('checkExpectation', (request, response) => {
    const denied = { status: 417, code: 'expectation_unknown', message: 'of Expect only 100-continue is known' };
    refuseRequest(request, response, denied, current());
  });
  server.on('connect', (request, socket, head) => {
    const context = current();
    if (spoiled.has(socket)) return;
    const malformed = refusalOfHead(lineOf(request), request.rawHeaders);
    if (malformed !== null) return refuseRaw(socket, malformed, context);
    if (socket instanceof Socket) onConnect(request, socket, head, connectionOf(socket));
  });
  server.on('upgrade', (request, socket, head) => {
    const context = current();
    if (spoiled.has(socket)) return;
    const malformed = refusalOfHead(lineOf(request), request.rawHeaders);
    if (malformed !== null) return refuseRaw(socket, malformed, context);
    const connection = connectionOf(socket);
    if (!(socket instanceof Socket)) return void socket.destroy();
    const { method = '', httpVersion: version, rawHeaders: headers } = request;
    const refuse: RefuseUpgrade = (denied, outcome = outcomeOf(denied), known = OPEN_AIR) =>
      refuseRaw(socket, denied, context, outcome, known);
    const client = new ConnectionClient(socket, { method, version, headers });
    upgrade({ request, client, first: head, refuse }, connection, current);
  });
  server.on('clientError', (error, socket) => {
    const context = current();
    const code = 'code' in error ? String(error.code) : error.name;
    // A connection that ends without a byte of a request is not an exchange.
    if (code === 'ECONNRESET' || !socket.writable || (code === 'ERR_HTTP_REQUEST_TIMEOUT' && isSilent(error))) {
      socket.destroy();
      return;
    }
    const status = code === 'HPE_HEADER_OVERFLOW' ? 431 : code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
    const given = { status, code: 'malformed', message: `the request could not be read (${code})` };
    const busy = context.underWay.get(socket);
    if (busy !== undefined && !busy.account.isClosed && code === 'HPE_INVALID_EOF_STATE') {
      // The client went away in the middle of its body: the exchange sees it and says so.
      socket.destroy();
      return;
    }
    if (busy?.response.headersSent && !busy.response.writableFinished) {
      // An answer is on its way: a second head in the middle of it would pass for its body.
      socket.destroy();
      return;
    }
    if (busy === undefined || busy.account.isClosed) refuseRaw(socket, given, context, 'malformed');
    else {
      // Its body broke off in the middle: that is how this exchange ends, and it is recorded once.
      closeRecord(busy.account, 'malformed', status, `${status} ${given.message}`, context);
      writeRaw(socket, given, busy.account.id);
    }
  });
  return server;
}

/** The limits that a running listener can be given; that of the head's size needs a new one. */
export function setLimits(server: Server, limits: ProxyLimits): void {
  server.headersTimeout = limits.clientHeadMs;
  server.keepAliveTimeout = limits.idleMs;
  server.maxConnections = limits.maxConnections;
}

/** A head that never began: the client opened a connection and said nothing. */
function isSilent(error: Error): boolean {
  return !('rawPacket' in error) || !Buffer.isBuffer(error.rawPacket) || error.rawPacket.length === 0;
}

/** Waits for what a client sends first, and leaves the connection paused; one that says nothing is ended without a word. */
function firstBytes(socket: Socket, limitMs: number, done: (bytes: Buffer) => void): void {
  const end = (): void => void socket.destroy();
  const timer = setTimeout(end, limitMs);
  const onClose = (): void => clearTimeout(timer);
  socket.on('error', end).on('end', end).on('close', onClose);
  socket.once('data', (bytes: Buffer) => {
    clearTimeout(timer);
    socket.off('error', end).off('end', end).off('close', onClose).pause();
    done(bytes);
  });
}

/** A request as it came, before it is known what it asks for. */
type Asked = Pick<Incoming, 'request' | 'response' | 'hasBody' | 'declaredLength' | 'expectsContinue'>;

/** A stream of HTTP/2: once its fields are in order it is a request like any other, or one for a WebSocket. */
function serveStream(asked: StreamAsked, connection: Connection, present: () => ListenerContext): void {
  const { request, response, fields, hasBody, stream } = asked;
  const context = present();
  if ('status' in fields) return refuseRequest(request, response, fields, context);
  const spoken = connection.tunnel?.scheme ?? 'http';
  if (fields.scheme !== spoken) {
    const message = `:scheme is not ${spoken}, which is spoken here (RFC 9113 §8.3.1)`;
    return refuseRequest(request, response, { status: 421, code: 'misdirected', message }, context);
  }
  if (fields.protocol !== null) {
    const refuse: RefuseUpgrade = (denied, _outcome, known) => refuseRequest(request, response, denied, context, known);
    const client = new StreamClient(stream, response, fields.headers);
    return upgrade({ request, client, first: Buffer.alloc(0), refuse }, connection, present);
  }
  const length = headerOf(fields.headers, 'content-length');
  const expectsContinue = headerOf(fields.headers, 'expect')?.toLowerCase() === '100-continue';
  const declaredLength = length === null ? null : Number(length);
  serve({ request, response, hasBody, declaredLength, expectsContinue }, connection, context);
}

type RefuseUpgrade = (denied: Denied, outcome?: 'refused' | 'malformed', known?: Known) => void;

interface UpgradeAsked {
  readonly request: ClientRequest;
  readonly client: OpeningClient;
  /** What the client sent behind its head. */
  readonly first: Buffer;
  readonly refuse: RefuseUpgrade;
}

/** A request for a WebSocket, in either version. */
function upgrade(asked: UpgradeAsked, connection: Connection, present: () => ListenerContext): void {
  const { request, client, first, refuse } = asked;
  const context = present();
  const route = routed(request, connection, context);
  const admitted = sourceOfRequest(request, route, connection, context);
  if ('status' in admitted) return refuse(admitted);
  if (route.kind === 'refused') return refuse(route, outcomeOf(route), connection);
  if (route.kind === 'own') return refuse({ status: 404, code: 'not_found', message: 'no WebSocket here' });
  const { origin, target } = route;
  const provider = route.kind === 'gateway' ? route.provider : null;
  const source = authenticated(admitted, request, route, context);
  const { method = 'GET', rawHeaders: headers } = request;
  acceptUpgrade({ client, method, headers, first, source, origin, target, provider }, present);
}

function serve(asked: Asked, connection: Connection, context: ListenerContext): void {
  const { request, response, hasBody, declaredLength, expectsContinue } = asked;
  const route = routed(request, connection, context);
  const admitted = sourceOfRequest(request, route, connection, context);
  if ('status' in admitted) return refuseRequest(request, response, admitted, context);
  switch (route.kind) {
    case 'refused':
      return refuseRequest(request, response, route, context, connection);
    case 'own':
      return ownPage(request, response, route, context.ownFacts);
    case 'forward':
    case 'gateway': {
      const { origin, target } = route;
      const provider = route.kind === 'gateway' ? route.provider : null;
      const source = authenticated(admitted, request, route, context);
      const incoming = {
        request,
        response,
        hasBody,
        declaredLength,
        origin,
        target,
        source,
        provider,
        expectsContinue,
      };
      context.track(exchange(incoming, context));
    }
  }
}

function lineOf({ method = '', httpVersion, url = '' }: IncomingMessage): RequestLine {
  return { method, version: httpVersion, target: url };
}

function routed(request: ClientRequest, connection: Connection, context: ListenerContext): Route {
  return routeOf(request.url ?? '', request.rawHeaders, {
    tunnel: connection.tunnel,
    serverName: connection.serverName,
    transparent: connection.transparent ?? null,
    isOwn: (place) =>
      context.isOwn(place) ||
      (place.port === context.listenPort() && place.host === request.socket.localAddress?.replace(/^::ffff:/, '')),
    listenPort: context.listenPort(),
    providers: context.providers,
    origins: context.config.origins,
  });
}

/** What of a request says who asks. */
type Asking = Pick<ClientRequest, 'method' | 'url' | 'rawHeaders' | 'socket'>;

/** Who asks, or why not: 407 on the way through the forward proxy, 401 on the gateway. */
function sourceOfRequest(
  request: Asking,
  route: Route,
  connection: Connection,
  context: ListenerContext,
): Source | Denied {
  if (connection.source !== null) return connection.source;
  const isGateway = route.kind === 'gateway';
  const credential = isGateway
    ? headerOf(request.rawHeaders, 'x-weir-app')
    : basicCredential(headerOf(request.rawHeaders, 'proxy-authorization'));
  const asking = {
    status: isGateway ? 401 : 407,
    how: isGateway ? 'send x-weir-app: APP:TOKEN' : 'use http://APP:TOKEN@… as the proxy',
    isForAll: route.kind === 'own' && request.method !== 'CONNECT',
  };
  const { socket } = request;
  return admit(credential, context.arrivals.peerOf(socket), asking, context, socket, connection.subject ?? null);
}

/** Whoever asks, with what the request authenticates with where it goes. */
function authenticated(
  source: Source,
  { method = 'GET', rawHeaders: headers }: ClientRequest,
  { origin, target }: { readonly origin: Target; readonly target: string },
  context: ListenerContext,
): Source {
  const call = { host: origin.host, method, target, headers };
  const named = context.credentials.sourceOf(source, call, context.isBypassed);
  if (named !== source) context.peers?.beginAs(named, source);
  return named;
}

function refuseRequest(
  request: ClientRequest,
  response: ClientResponse,
  denied: Denied,
  context: ListenerContext,
  known: Known = OPEN_AIR,
): void {
  const peer = context.arrivals.peerOf(request.socket);
  const refusal = refusalOf(denied, recordDenied(denied, peer, outcomeOf(denied), context, 'http', known));
  response.writeHead(refusal.status, [
    ...refusal.headers,
    'Content-Length',
    String(refusal.body.length),
    'Connection',
    'close',
  ]);
  response.end(refusal.body);
  request.resume();
}

function outcomeOf({ status }: Denied): 'refused' | 'malformed' {
  return status === 400 || status === 505 ? 'malformed' : 'refused';
}

/** The same where there is only a socket: CONNECT, upgrades and what is not HTTP. */
function refuseRaw(
  socket: Duplex,
  denied: Denied,
  context: ListenerContext,
  outcome = outcomeOf(denied),
  known: Known = OPEN_AIR,
): void {
  const peer = context.arrivals.peerOf(socket);
  writeRaw(socket, denied, recordDenied(denied, peer, outcome, context, 'http', known));
}

function writeRaw(socket: Duplex, denied: Denied, eventId: string): void {
  const refusal = refusalOf(denied, eventId);
  const lines = [`HTTP/1.1 ${refusal.status} ${denied.code}`];
  const headers = [...refusal.headers, 'Content-Length', String(refusal.body.length), 'Connection', 'close'];
  for (let i = 0; i + 1 < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`);
  socket.on('error', () => socket.destroy());
  socket.resume();
  socket.end(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), refusal.body]));
}

function refusalOf(denied: Denied, eventId: string): Refusal {
  const refusal = failure({ shape: null, destinationHost: '', ...denied, eventId });
  if (denied.status !== 407) return refusal;
  return { ...refusal, headers: [...refusal.headers, 'Proxy-Authenticate', 'Basic realm="weir"'] };
}
