/**
 * A stand-in for a provider: a TLS server on loopback that keeps the raw bytes of what it received and answers as its
 * script says. It terminates TLS for whatever name it is called by, with leaves of an authority of its own, and speaks
 * HTTP/1.1, and HTTP/2 where that is asked for. It is for the demo and for tests; it forwards nothing and never leaves loopback.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import type { Authority } from '../../proxy/tls/authority.ts';
import { createLeaves } from '../../proxy/tls/leaves.ts';

/** One request as it arrived. */
export interface Received {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** Names and values in turn, as received. */
  readonly headers: readonly string[];
  readonly trailers: readonly string[];
  readonly body: Buffer;
  /** SHA-256 of `body`, hex. */
  readonly sha256: string;
}

/** What a script gets to answer with, of HTTP/2 the objects of its compatibility API; `received` settles once the whole body is there, and fails when the client goes away. */
export interface StandInExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly received: Promise<Received>;
}

/** Answers one exchange. It may answer before the body is there, slowly, in part, or destroy the socket. */
export type Script = (exchange: StandInExchange) => void | Promise<void>;

export interface StandIn {
  readonly port: number;
  /** `127.0.0.1:PORT`, as `proxy.resolve` takes it. */
  readonly address: string;
  /** Whole requests, in the order in which their bodies ended; whoever has seen them may take them out. */
  readonly requests: Received[];
  /** How many TLS connections were made so far. */
  readonly connections: number;
  /** Replaces the script from the next request on. */
  use(script: Script): void;
  close(): Promise<void>;
}

/** Listens on a free port of 127.0.0.1. `alpn`: what it speaks, the best first. */
export async function startStandIn(
  authority: Authority,
  script: Script,
  alpn: readonly string[] = ['http/1.1'],
): Promise<StandIn> {
  const leaves = createLeaves(authority);
  const requests: Received[] = [];
  const sockets = new Set<Duplex>();
  let current = script;
  let connections = 0;
  const options: https.ServerOptions = {
    ALPNProtocols: [...alpn],
    SNICallback: (name, done) => done(null, leaves.contextFor(name)),
  };
  const server = alpn.includes('h2') ? speaksBoth(options, alpn) : https.createServer(options);
  server.on('secureConnection', () => {
    connections += 1;
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => {
    // A client that does not trust us is part of what is tested; it has been told by the alert.
  });
  server.on('request', (request, response) => {
    const received = receive(request, requests);
    // A script that answers early need not wait for the body; its failure is then of no interest.
    received.catch(() => {});
    void Promise.resolve(current({ request, response, received })).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    port,
    address: `127.0.0.1:${port}`,
    requests,
    get connections() {
      return connections;
    },
    use(next) {
      current = next;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function speaksBoth(options: https.ServerOptions, alpn: readonly string[]): https.Server {
  const server = http2.createSecureServer({ ...options, allowHTTP1: alpn.includes('http/1.1') });
  // Its requests and answers are made to be used as those of node:http.
  return server as unknown as https.Server;
}

async function receive(request: IncomingMessage, requests: Received[]): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const received: Received = {
    method: request.method ?? '',
    target: request.url ?? '',
    headers: request.rawHeaders,
    trailers: request.rawTrailers,
    body,
    sha256: createHash('sha256').update(body).digest('hex'),
  };
  requests.push(received);
  return received;
}
