/** What an operator's machinery asks a collector: whether it lives, whether it works, and its numbers. Nothing else. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type HostPort, hostPortText } from '../../catalog/host.ts';
import { packageVersion } from '../../config/package-root.ts';
import { readinessOf } from '../../console/health.ts';
import { Metrics } from '../../console/metrics.ts';
import { WeirError } from '../../flow/errors.ts';
import type { Figure } from '../../flow/figures.ts';
import type { Collecting } from './collecting.ts';

export interface Probes {
  readonly url: string;
  close(): Promise<void>;
}

/** Throws WeirError `port_taken`. */
export async function listenForProbes(
  listen: HostPort,
  collecting: Collecting,
  /** Of its membership in a fleet. */
  membership: () => readonly Figure[],
): Promise<Probes> {
  const metrics = new Metrics(packageVersion());
  const server = createServer((request, response) => {
    const [path] = (request.url ?? '').split('?', 1);
    if (request.method !== 'GET' && request.method !== 'HEAD') return send(response, 405, 'text/plain', '');
    const parts = [
      { name: 'bus' as const, problem: collecting.busProblem },
      { name: 'store' as const, problem: collecting.storeProblem },
    ];
    if (path === '/livez') return sendJson(response, 200, { live: true });
    if (path === '/readyz') {
      const { status, body } = readinessOf(parts);
      return sendJson(response, status, body);
    }
    if (path !== '/metrics') return send(response, 404, 'text/plain', '');
    const cpu = process.cpuUsage();
    const own = [
      { name: 'weir_resident_bytes', labels: [], value: process.memoryUsage.rss() },
      { name: 'weir_cpu_seconds_total', labels: [], value: (cpu.user + cpu.system) / 1e6 },
    ];
    metrics.report('collect', { values: [...own, ...collecting.figures(), ...membership()], spreads: [] });
    const working = parts.map(({ name, problem }) => ({ name, isWorking: problem === null }));
    metrics.text(working).then(
      (text) => send(response, 200, 'text/plain; version=0.0.4; charset=utf-8', text),
      () => send(response, 500, 'text/plain', ''),
    );
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(listen.port, listen.host, resolve);
  try {
    await promise;
  } catch (cause) {
    throw new WeirError('port_taken', `${hostPortText(listen)} cannot be listened on; collect.listen sets another`, {
      cause,
    });
  }
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${hostPortText({ host: listen.host, port })}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, 'application/json', `${JSON.stringify(body)}\n`);
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
