/**
 * What a proxy costs before it looks at anything: CONNECT, TLS terminated with a leaf minted for the name, Node's HTTP
 * server, undici with kept connections, and the bytes passed through. It inspects nothing, records nothing and defends
 * itself against nothing; it is the measure beside Weir and has no other use.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { Agent, buildConnector } from 'undici';
import { loadOrCreateAuthority } from '../proxy/tls/authority.ts';
import { createLeaves } from '../proxy/tls/leaves.ts';
import { readyToStop, tell } from './child.ts';

/** Smaller bodies are gathered first: one write upstream costs less than a stream. */
const GATHERED_BYTES = 64 * 1024;
const HOP_BY_HOP = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'transfer-encoding',
  'te',
  'upgrade',
  'expect',
]);

const [folder = '', upstreamPort = '0', upstreamCa = '', workers = '1', sharedPort = '0'] = process.argv.slice(2);
const authority = loadOrCreateAuthority(folder);
const leaves = createLeaves(authority);
const connector = buildConnector({ ca: upstreamCa, allowH2: false });
const agent = new Agent({
  connect: (options, done) =>
    connector({ ...options, hostname: '127.0.0.1', port: upstreamPort, servername: options.hostname }, done),
  allowH2: false,
  keepAliveTimeout: 60_000,
});

const inner = https.createServer(
  { ALPNProtocols: ['http/1.1'], SNICallback: (name, done) => done(null, leaves.contextFor(name)) },
  forward,
);
inner.keepAliveTimeout = 75_000;
const outer = http.createServer((_request, response) => response.writeHead(501).end());
outer.on('connect', (_request, socket) => {
  socket.on('error', () => socket.destroy());
  socket.write('HTTP/1.1 200 OK\r\n\r\n');
  inner.emit('connection', socket);
});
const isShared = workers !== '1' || sharedPort !== '0';
outer.listen({ port: Number(sharedPort), host: '127.0.0.1', reusePort: isShared }, () => {
  const address = outer.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  void startOthers(port).then(() => tell({ port, ca: authority.certPem }));
});
readyToStop(() => process.exit(0));

/** This process is the first worker; the others take the same port. */
async function startOthers(port: number): Promise<void> {
  const others = Array.from({ length: Number(workers) - 1 }, async () => {
    const args = [import.meta.filename, folder, upstreamPort, upstreamCa, '1', String(port)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    await once(child, 'message');
  });
  await Promise.all(others);
}

function forward(request: http.IncomingMessage, response: http.ServerResponse): void {
  const length = Number(request.headers['content-length'] ?? (request.headers['transfer-encoding'] ? Infinity : 0));
  if (length === 0 || length > GATHERED_BYTES) {
    dispatch(request, response, length === 0 ? null : request);
    return;
  }
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () =>
    dispatch(request, response, chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)),
  );
}

function dispatch(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  body: Buffer | http.IncomingMessage | null,
): void {
  agent.dispatch(
    {
      origin: `https://${request.headers.host ?? ''}`,
      path: request.url ?? '/',
      method: request.method ?? 'GET',
      headers: withoutHopByHop(request.rawHeaders),
      body,
      headersTimeout: 0,
      bodyTimeout: 0,
    },
    {
      onRequestStart() {},
      onResponseStart(controller, status) {
        const raw = (Array.isArray(controller.rawHeaders) ? controller.rawHeaders : []).map((part) =>
          part.toString('latin1'),
        );
        response.writeHead(status, withoutHopByHop(raw));
      },
      onResponseData(controller, chunk) {
        if (response.write(chunk)) return;
        controller.pause();
        response.once('drain', () => controller.resume());
      },
      onResponseEnd() {
        response.end();
      },
      onResponseError() {
        if (response.headersSent) response.destroy();
        else response.writeHead(502).end();
      },
    },
  );
}

function withoutHopByHop(raw: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    if (!HOP_BY_HOP.has(name.toLowerCase())) kept.push(name, raw[i + 1] ?? '');
  }
  return kept;
}
