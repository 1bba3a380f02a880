/** The service on a free port of this process, and a client that sends JSON and reads JSON. */
import { type AnalyzerOptions, createAnalyzer } from '../../cli/serve/analyze.ts';
import { routesOf } from '../../cli/serve/routes.ts';
import { type ServedRequest, type ServeLimits, startServer } from '../../cli/serve/server.ts';
import { createScanner } from '../../engine/scan/scanner.ts';

export interface Served {
  readonly url: string;
  readonly log: readonly ServedRequest[];
  readonly failures: readonly unknown[];
  post(path: string, body: unknown): Promise<{ readonly status: number; readonly body: unknown }>;
  get(path: string): Promise<{ readonly status: number; readonly body: unknown }>;
  close(): Promise<void>;
}

const LIMITS: ServeLimits = {
  maxBodyBytes: 1024 * 1024,
  heldBytes: 4 * 1024 * 1024,
  requestMs: 10_000,
  drainMs: 2000,
  maxConnections: 100,
};

export async function serveHere(
  options: Partial<AnalyzerOptions> = {},
  limits: Partial<ServeLimits> = {},
): Promise<Served> {
  const log: ServedRequest[] = [];
  const failures: unknown[] = [];
  const server = await startServer(routesOf(createAnalyzer({ scanner: createScanner(), ...options })), {
    listen: { host: '127.0.0.1', port: 0 },
    limits: { ...LIMITS, ...limits },
    onRequest: (request) => void log.push(request),
    onFailure: (error) => void failures.push(error),
  });
  return {
    url: server.url,
    log,
    failures,
    post: (path, body) => call(`${server.url}${path}`, { method: 'POST', body: JSON.stringify(body) }),
    get: (path) => call(`${server.url}${path}`, {}),
    close: server.close,
  };
}

async function call(url: string, init: RequestInit): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url, {
    ...init,
    // As aiohttp sends it for `json=`.
    headers: { accept: 'application/json', 'content-type': 'application/json' },
  });
  const body: unknown = await response.json();
  return { status: response.status, body };
}
