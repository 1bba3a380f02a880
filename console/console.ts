/**
 * The console's listener: what an operator's machinery asks a running Weir (/livez, /readyz, /metrics), without a
 * token and without a value in any answer. A page that has bent a name of its own to this address is refused by its Host,
 * no answer may be read across origins, and nothing here changes anything.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { WeirError } from '../flow/errors.ts';
import { type Part, readinessOf } from './health.ts';
import type { Metrics } from './metrics.ts';

export interface ConsoleOptions {
  /** Port 0 takes any free one. */
  readonly listen: { readonly host: string; readonly port: number };
  /** Further host names by which this listener is asked for, canonical. */
  readonly names: readonly string[];
  /** Each part that is to work, and whether it does. */
  readonly parts: () => readonly Part[];
  readonly metrics: Metrics;
  /** Has every process report itself to `metrics`; resolves when they have, or have had their time. */
  readonly gather: () => Promise<void>;
}

export interface RunningConsole {
  /** `http://127.0.0.1:8788`. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Nobody who asks here sends more than a head. */
const HEAD_BYTES = 8 * 1024;
const HEAD_MS = 5000;
const MAX_CONNECTIONS = 100;

/** Starts listening. Throws WeirError `port_taken`. */
export async function startConsole(options: ConsoleOptions): Promise<RunningConsole> {
  const { listen } = options;
  const server = createServer(
    {
      maxHeaderSize: HEAD_BYTES,
      headersTimeout: HEAD_MS,
      requestTimeout: HEAD_MS,
      keepAliveTimeout: HEAD_MS,
      requireHostHeader: false,
    },
    (request, response) => {
      answer(request, response, options).catch(() => response.destroy());
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  await listening(server, listen);
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : listen.port;
  const isAny = listen.host === '0.0.0.0' || listen.host === '::';
  const host = isAny ? '127.0.0.1' : listen.host;
  return {
    url: `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listening(server: Server, { host, port }: ConsoleOptions['listen']): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const code = 'code' in error ? String(error.code) : error.name;
      const text = `console.listen: ${host}:${port} cannot be listened on (${code})`;
      reject(new WeirError('port_taken', text, { cause: error }));
    });
    server.listen({ host, port }, () => resolve());
  });
}

async function answer(request: IncomingMessage, response: ServerResponse, options: ConsoleOptions): Promise<void> {
  // A body has no business here; it is not read.
  if (!isOwnHost(request.headers.host, options)) {
    return send(response, 421, 'text/plain', 'This is not a name of this listener.\n');
  }
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  if (path === '/api/v1' || path.startsWith('/api/v1/')) {
    response.setHeader('WWW-Authenticate', 'Bearer');
    return json(response, 401, { error: 'a token is needed' });
  }
  if (path !== '/livez' && path !== '/readyz' && path !== '/metrics') {
    return send(response, 404, 'text/plain', 'Nothing here. There are /livez, /readyz and /metrics.\n');
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return send(response, 405, 'text/plain', 'GET or HEAD.\n');
  }
  if (path === '/livez') return json(response, 200, { live: true });
  if (path === '/readyz') {
    const { status, body } = readinessOf(options.parts());
    return json(response, status, body);
  }
  await options.gather();
  const parts = options.parts().map(({ name, problem }) => ({ name, isWorking: problem === null }));
  send(response, 200, 'text/plain; version=0.0.4', await options.metrics.text(parts));
}

/**
 * A name that a page brought along resolves here as well (DNS rebinding), and its Host gives it away. An address cannot be
 * rebound: probes of a cluster ask by it.
 */
function isOwnHost(header: string | undefined, { listen, names }: ConsoleOptions): boolean {
  if (header === undefined) return false;
  const name = header
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase();
  return isIP(name) !== 0 || name === 'localhost' || name === listen.host || names.includes(name);
}

function json(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, 'application/json', `${JSON.stringify(body)}\n`);
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  const isText = contentType.startsWith('text/');
  response.writeHead(status, {
    'Content-Type': isText ? `${contentType}; charset=utf-8` : contentType,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(body);
}
