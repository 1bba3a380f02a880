/**
 * The HTTP side of `weir serve`: reads a body within its limits, finds the path, writes the answer. It logs no text, no
 * key and no value, and opens no connection of its own.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type HostPort, hostPortText } from '../../catalog/host.ts';
import { coverageText } from '../../flow/coverage.ts';
import { WeirError } from '../../flow/errors.ts';
import { Refusal } from './refusal.ts';
import { type Answer, json, type Route, refusalAnswer } from './routes.ts';

export interface ServeLimits {
  readonly maxBodyBytes: number;
  /** All bodies that are being received or worked on. */
  readonly heldBytes: number;
  /** From the first byte of a request to its last. */
  readonly requestMs: number;
  /** What open requests get at the end. */
  readonly drainMs: number;
  readonly maxConnections: number;
}

/** What may be logged of a request: the path only where it is one of ours, and the id that it is known by. */
export interface ServedRequest {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly milliseconds: number;
  readonly bytes: number;
  readonly correlation: string | null;
}

export interface ServerOptions {
  readonly listen: HostPort;
  readonly limits: ServeLimits;
  readonly onRequest?: (request: ServedRequest) => void;
  /** A failure that is nobody's fault but ours; the client gets 500. */
  readonly onFailure: (error: unknown) => void;
}

export interface RunningServer {
  /** `http://127.0.0.1:8790`. */
  readonly url: string;
  readonly port: number;
  /** Takes no new requests, lets open ones end, and cuts what is left after `drainMs`. */
  close(): Promise<void>;
}

const HEAD_MS = 10_000;
const IDLE_MS = 75_000;

/** Throws WeirError `port_taken`. */
export async function startServer(routes: ReadonlyMap<string, Route>, options: ServerOptions): Promise<RunningServer> {
  const { limits, listen } = options;
  const held = { bytes: 0 };
  let isClosing = false;
  const server = createServer(
    {
      headersTimeout: Math.min(HEAD_MS, limits.requestMs),
      requestTimeout: limits.requestMs,
      keepAliveTimeout: IDLE_MS,
      connectionsCheckingInterval: 1000,
      maxHeaderSize: 16 * 1024,
    },
    (request, response) => {
      if (isClosing) response.setHeader('connection', 'close');
      void serve(request, response, routes, options, held);
    },
  );
  server.maxConnections = limits.maxConnections;
  await listening(server, listen);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : listen.port;
  return {
    url: `http://${hostPortText({ host: listen.host, port })}`,
    port,
    async close() {
      isClosing = true;
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      const cut = setTimeout(() => server.closeAllConnections(), limits.drainMs);
      await closed;
      clearTimeout(cut);
    },
  };
}

async function listening(server: Server, listen: HostPort): Promise<void> {
  server.listen(listen.port, listen.host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    if (code !== 'EADDRINUSE' && code !== 'EACCES' && code !== 'EADDRNOTAVAIL') throw cause;
    const why =
      code === 'EADDRINUSE' ? 'is taken' : code === 'EACCES' ? 'may not be used' : 'is no address of this host';
    throw new WeirError('port_taken', `${hostPortText(listen)} ${why}; choose another with --listen`, { cause });
  }
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  routes: ReadonlyMap<string, Route>,
  options: ServerOptions,
  held: { bytes: number },
): Promise<void> {
  const began = performance.now();
  const url = new URL(`http://weir${request.url?.startsWith('/') === true ? request.url : '/'}`);
  const route = routes.get(url.pathname);
  let own = 0;
  const reserve = (bytes: number): void => {
    own += bytes;
    held.bytes += bytes;
  };
  let answer: Answer;
  try {
    const found = chosen(route, request);
    const body = found.method === 'POST' ? await bodyOf(request, options.limits, held, reserve) : null;
    answer = await found.answer(body, url.searchParams);
  } catch (error) {
    // The client has gone: there is nobody to answer.
    if (response.destroyed) return;
    if (!(error instanceof Refusal)) options.onFailure(error);
    answer = error instanceof Refusal ? refusalAnswer(error) : json({ error: 'Internal server error' }, 500);
  } finally {
    held.bytes -= own;
  }
  send(request, response, answer, route);
  options.onRequest?.({
    method: route === undefined ? 'other' : route.method,
    path: route === undefined ? 'other' : url.pathname,
    status: answer.status,
    milliseconds: Math.round((performance.now() - began) * 10) / 10,
    bytes: own,
    correlation: answer.correlation ?? null,
  });
}

function chosen(route: Route | undefined, request: IncomingMessage): Route {
  if (route === undefined) throw new Refusal(404, 'Not found');
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  if (method !== route.method) throw new Refusal(405, 'The method is not allowed for the requested URL.');
  return route;
}

function send(request: IncomingMessage, response: ServerResponse, answer: Answer, route: Route | undefined): void {
  const bytes = Buffer.from(answer.body, 'utf8');
  if (answer.status === 405 && route !== undefined) response.setHeader('allow', route.method);
  if (answer.missing != null) response.setHeader('x-weir-coverage', coverageText(answer.missing));
  response.writeHead(answer.status, {
    'content-type': answer.type,
    'content-length': bytes.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

/** Only JSON that says so is taken: a page in a browser cannot send that to another origin without asking first. */
async function bodyOf(
  request: IncomingMessage,
  limits: ServeLimits,
  held: { readonly bytes: number },
  reserve: (bytes: number) => void,
): Promise<unknown> {
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type !== 'application/json' && !/^application\/[\w.-]+\+json$/.test(type)) {
    throw new Refusal(
      415,
      "Did not attempt to load JSON data because the request Content-Type was not 'application/json'.",
    );
  }
  if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw new Refusal(415, 'The body must not be compressed.');
  }
  const tooLarge = () => new Refusal(413, `The body is larger than ${limits.maxBodyBytes} bytes.`);
  if (Number(request.headers['content-length'] ?? 0) > limits.maxBodyBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let length = 0;
  // Of a body that is refused the rest is read and dropped, as long as a request may take: only so the client reads why.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(chunk)) continue;
    length += chunk.length;
    if (length > limits.maxBodyBytes) throw tooLarge();
    if (held.bytes + chunk.length > limits.heldBytes) throw new Refusal(503, 'Too much is being worked on; try again.');
    reserve(chunk.length);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
  } catch {
    // Its message would quote the body.
    throw new Refusal(400, 'Failed to decode JSON object: the body is not JSON.');
  }
}
