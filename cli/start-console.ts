/**
 * Puts the console's listener beside a running proxy: what each part says of itself becomes /readyz, what is committed
 * and what the processes report becomes /metrics.
 */
import { hostname } from 'node:os';
import { canonicalHost } from '../catalog/host.ts';
import type { Config } from '../config/config.ts';
import { isLoopback } from '../config/load.ts';
import { type RunningConsole, startConsole } from '../console/console.ts';
import type { Metrics } from '../console/metrics.ts';
import type { Figures } from '../flow/figures.ts';

/** What the console asks of the rest of Weir. */
export interface Observed {
  /** Why the proxy takes no calls now; null while it does. */
  readonly proxyProblem: () => string | null;
  /** Why no record can be kept now; null while they can. */
  readonly storeProblem: () => string | null;
  /** What each process that carries traffic has counted, by its name. Bounded in time. */
  readonly figures: () => Promise<readonly (readonly [worker: string, figures: Figures])[]>;
}

/** Starts it. Throws WeirError `port_taken`. */
export async function startConfiguredConsole(
  config: Config,
  metrics: Metrics,
  observed: Observed,
  log: (line: string) => void,
): Promise<RunningConsole> {
  const { listen } = config.console;
  const own = canonicalHost(hostname());
  const running = await startConsole({
    listen,
    names: [...config.proxy.names, 'weir.local', ...(own === null ? [] : [own])],
    // The sensor is none of them: none is built, and `enabled: true` is refused.
    parts: () => [
      { name: 'proxy', problem: observed.proxyProblem() },
      { name: 'store', problem: observed.storeProblem() },
    ],
    metrics,
    gather: async () => {
      for (const [worker, figures] of await observed.figures()) metrics.report(worker, figures);
    },
  });
  if (!isLoopback(listen.host)) {
    log(`weir: ${running.url} answers other hosts, without a token: /livez, /readyz and /metrics, which hold no value`);
  }
  return running;
}
