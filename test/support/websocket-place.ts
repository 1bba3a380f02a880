/**
 * Weir with a stand-in behind it that speaks WebSocket by the real `ws` package, and clients of the same package that reach it
 * through the proxy. What the stand-in does with a connection is the test's own.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import http2, { type ClientHttp2Stream, type ServerHttp2Stream } from 'node:http2';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { type ClientOptions, type ServerOptions, WebSocket, WebSocketServer } from 'ws';
import { loadOrCreateAuthority } from '../../proxy/tls/authority.ts';
import { createLeaves } from '../../proxy/tls/leaves.ts';
import { type Settings, startUnderTest, type UnderTest } from './weir-under-test.ts';
import { connectPlain } from './wire.ts';

export type OnSocket = (socket: WebSocket, request: IncomingMessage) => void;

export interface WebSocketPlace {
  readonly weir: UnderTest;
  /** Replaces what is done with the next connection, and how it is negotiated. */
  serve(onSocket: OnSocket, options?: ServerOptions): void;
  /** The raw handling of an upgrade instead. */
  serveRaw(onUpgrade: (request: IncomingMessage, socket: tls.TLSSocket) => void): void;
  /** Requests for a WebSocket that have reached the stand-in over HTTP/1.1. */
  readonly requests: IncomingMessage[];
  /** Its connections of HTTP/2, and what is done with the next stream of one. */
  readonly sessions: http2.ServerHttp2Session[];
  serveStreams(onStream: (stream: ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => void): void;
  /** Through a CONNECT tunnel; resolves once it is open. */
  open(url: string, options?: ClientOptions & { readonly protocols?: string[] }): Promise<Client>;
  /** What `ws` needs to connect through the proxy. */
  through(host: string): Promise<ClientOptions>;
  close(): Promise<void>;
}

/** A client with what it has heard, in order. */
export interface Client {
  readonly socket: WebSocket;
  /** The next message as text; rejects where the connection closes before. */
  next(): Promise<string>;
  /** Code and reason of its end. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

/** Hosts that lead to the stand-in. */
export const HOSTS = [
  'api.openai.com:443',
  'generativelanguage.googleapis.com:443',
  'files.weir-test.example:443',
  'llm.weir-test.example:443',
];

/** `http2`: the stand-in speaks it too, and takes WebSockets as its streams where it says so (RFC 8441). */
export async function startWebSocketPlace(
  settings: Settings & { readonly http2?: 'announced' | 'unannounced' } = {},
): Promise<WebSocketPlace> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-ws-'));
  const authority = loadOrCreateAuthority(join(folder, 'provider-ca'));
  const leaves = createLeaves(authority);
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, authority.certPem);
  const secure: tls.TlsOptions = { SNICallback: (name, done) => done(null, leaves.contextFor(name)) };
  const server =
    settings.http2 === undefined
      ? https.createServer(secure)
      : http2.createSecureServer({
          ...secure,
          allowHTTP1: true,
          settings: { enableConnectProtocol: settings.http2 === 'announced' },
        });
  const sessions: http2.ServerHttp2Session[] = [];
  let handleStream: (stream: ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => void = (stream) =>
    stream.respond({ ':status': 200 }, { endStream: true });
  server.on('session', (session: http2.ServerHttp2Session) => {
    sessions.push(session);
    session.on('error', () => session.destroy());
  });
  server.on('stream', (stream: ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => {
    stream.on('error', () => stream.destroy());
    handleStream(stream, headers);
  });
  const requests: IncomingMessage[] = [];
  const sockets = new Set<tls.TLSSocket>();
  let handle: (request: IncomingMessage, socket: tls.TLSSocket, head: Buffer) => void = () => {};
  server.on('secureConnection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
  });
  server.on('upgrade', (request, socket, head) => {
    requests.push(request);
    if (socket instanceof tls.TLSSocket) handle(request, socket, head);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const to = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  const { proxy, ...rest } = settings.config ?? {};
  const own = typeof proxy === 'object' && proxy !== null ? proxy : {};
  const resolve = Object.fromEntries(HOSTS.map((host) => [host, to]));
  const config = { proxy: { upstream: { ca: [caFile] }, ...own, resolve }, ...rest };
  const weir = await startUnderTest({ ...settings, config });

  const through = async (host: string): Promise<ClientOptions> => {
    const socket = await secureThrough(weir, host);
    return { createConnection: () => socket, perMessageDeflate: false };
  };
  return {
    weir,
    requests,
    sessions,
    serveStreams(onStream) {
      handleStream = onStream;
    },
    serve(onSocket, options = {}) {
      const wss = new WebSocketServer({ noServer: true, ...options });
      handle = (request, socket, head) => wss.handleUpgrade(request, socket, head, (one) => onSocket(one, request));
    },
    serveRaw(onUpgrade) {
      handle = onUpgrade;
    },
    through,
    async open(url, { protocols = [], ...options } = {}) {
      const socket = new WebSocket(url, protocols, { ...(await through(new URL(url).hostname)), ...options });
      const client = clientOf(socket);
      await Promise.race([once(socket, 'open'), once(socket, 'error').then(([error]) => Promise.reject(error))]);
      return client;
    },
    async close() {
      await weir.close();
      for (const socket of sockets) socket.destroy();
      server.close();
      for (const session of sessions) session.destroy();
      if (server instanceof https.Server) server.closeAllConnections();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function secureThrough(weir: UnderTest, host: string): Promise<tls.TLSSocket> {
  const plain = await connectPlain(weir.port);
  plain.write(`CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n\r\n`);
  const answer = await plain.answer('CONNECT');
  if (answer.status !== 200) throw new Error(`CONNECT was answered ${answer.status}`);
  plain.socket.removeAllListeners('data');
  const secure = tls.connect({ socket: plain.socket, servername: host, ca: weir.ca, ALPNProtocols: ['http/1.1'] });
  await once(secure, 'secureConnect');
  return secure;
}

/** What `ws` is told of a connection that it has not opened itself; no part of its types. */
interface Adopting {
  _isServer: boolean;
  setSocket(socket: Duplex, head: Buffer, options: { readonly maxPayload: number }): void;
}

const Unopened = WebSocket as unknown as new (
  address: null,
  protocols: undefined,
  options: { readonly autoPong: boolean; readonly closeTimeout: number },
) => WebSocket;

/** The frames of `ws` over a stream of HTTP/2 on which the WebSocket is open. */
export function overStream(stream: ClientHttp2Stream | ServerHttp2Stream, role: 'client' | 'server'): WebSocket {
  const socket = new Unopened(null, undefined, { autoPong: true, closeTimeout: 30_000 });
  const adopting = socket as unknown as Adopting;
  adopting._isServer = role === 'server';
  adopting.setSocket(stream, Buffer.alloc(0), { maxPayload: 16 * 1024 * 1024 });
  return socket;
}

export function clientOf(socket: WebSocket): Client {
  const heard: string[] = [];
  const waiting: { resolve(text: string): void; reject(error: Error): void }[] = [];
  let end: { code: number; reason: string } | null = null;
  socket.on('message', (data) => {
    const text = data.toString();
    const one = waiting.shift();
    if (one === undefined) heard.push(text);
    else one.resolve(text);
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => {
      end = { code, reason: reason.toString() };
      for (const one of waiting.splice(0)) one.reject(new Error(`closed with ${code} before a message came`));
      resolve(end);
    });
  });
  return {
    socket,
    closed,
    next: () => {
      const text = heard.shift();
      if (text !== undefined) return Promise.resolve(text);
      if (end !== null) return Promise.reject(new Error(`closed with ${end.code} before a message came`));
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
  };
}
