/**
 * The console's listener: the pages, their API, and what an operator's machinery asks a running Weir (/livez, /readyz,
 * /metrics), without a token and without a value in any answer. A page that has bent a name of its own to this address is
 * refused by its Host, and no answer may be read across origins.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { WeirError } from '../flow/errors.ts';
import { send, sendJson } from './answers.ts';
import type { Api } from './api/server.ts';
import { type Part, readinessOf } from './health.ts';
import type { Metrics } from './metrics.ts';
import type { Pages } from './pages.ts';

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
  /** Null: none are served. */
  readonly pages: Pages | null;
  /** Null: nobody is let in. */
  readonly api: Api | null;
}

export interface RunningConsole {
  /** `http://127.0.0.1:8788`. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** A search with all its filters stands in a head. */
const HEAD_BYTES = 16 * 1024;
const HEAD_MS = 5000;
/** Of a whole request: the text of a policy is all that is long. */
const REQUEST_MS = 20_000;
const MAX_CONNECTIONS = 200;

/** Starts listening. Throws WeirError `port_taken`. */
export async function startConsole(options: ConsoleOptions): Promise<RunningConsole> {
  const { listen } = options;
  const server = createServer(
    {
      maxHeaderSize: HEAD_BYTES,
      headersTimeout: HEAD_MS,
      requestTimeout: REQUEST_MS,
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
  if (!isOwnHost(request.headers.host, options)) {
    return send(response, 421, 'text/plain', 'This is not a name of this listener.\n');
  }
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  if (path === '/api/v1' || path.startsWith('/api/v1/')) {
    if (options.api !== null) return options.api.answer(request, response);
    response.setHeader('WWW-Authenticate', 'Bearer');
    return sendJson(response, 401, { error: 'a token is needed', code: 'unauthenticated' });
  }
  // From here on a body has no business, and is not read.
  const isProbe = path === '/livez' || path === '/readyz' || path === '/metrics';
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (!isProbe) {
    if (isRead && options.pages?.answer(request, response, path)) return;
    return send(response, 404, 'text/plain', 'Nothing here.\n');
  }
  if (!isRead) {
    response.setHeader('Allow', 'GET, HEAD');
    return send(response, 405, 'text/plain', 'GET or HEAD.\n');
  }
  if (path === '/livez') return sendJson(response, 200, { live: true });
  if (path === '/readyz') {
    const { status, body } = readinessOf(options.parts());
    return sendJson(response, status, body);
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
