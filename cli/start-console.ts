/**
 * Puts the console beside a running proxy: what each part says of itself becomes /readyz, what is committed and what the
 * processes report becomes /metrics, and questions to the API go to threads, so that none of them holds up traffic.
 */
import { hostname, userInfo } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { canonicalHost } from '../catalog/host.ts';
import { isLoopback } from '../config/load.ts';
import { packageVersion } from '../config/package-root.ts';
import { type Answered, type Asked, answerWith } from '../console/api/desk.ts';
import { fleetPolicyRoutes, type ReadFleet } from '../console/api/fleet-routes.ts';
import { CALLBACK_PATH, ProviderSignIn } from '../console/api/provider-sign-in.ts';
import type { RouteId } from '../console/api/routes.ts';
import { createApi } from '../console/api/server.ts';
import { OneTimeCode } from '../console/api/sign-in.ts';
import type { Situation } from '../console/api/situation.ts';
import { LiveStream } from '../console/api/stream.ts';
import { startConsole } from '../console/console.ts';
import type { Part } from '../console/health.ts';
import type { Metrics } from '../console/metrics.ts';
import { Pages } from '../console/pages.ts';
import type { EventBody } from '../flow/event.ts';
import type { Figures } from '../flow/figures.ts';
import type { HomePaths } from '../store/home.ts';
import { ownEvent } from '../store/own-events.ts';
import { sessionHolds } from '../store/sessions.ts';
import { policiesInForce } from './console/policies-in-force.ts';
import { ThreadDesk } from './console/thread-desk.ts';
import type { SensorStanding } from './sensor/sensor-child.ts';
import { sensorPart, sensorSituation } from './sensor/situation.ts';
import type { Snapshot } from './snapshot.ts';

/** What the console asks of the rest of Weir. */
export interface Observed {
  readonly home: HomePaths;
  /** Why the proxy takes no calls now; null while it does. Null in place of it where the console runs without one. */
  readonly proxyProblem: (() => string | null) | null;
  /** Why no record can be kept now; null while they can. */
  readonly storeProblem: () => string | null;
  /** What each process that carries traffic has counted, by its name. Bounded in time. */
  readonly figures: () => Promise<readonly (readonly [worker: string, figures: Figures])[]>;
  /** How the sensor stands; null where it was not asked for. */
  readonly sensor: () => SensorStanding | null;
  readonly proxyUrl: string;
  readonly certificate: string;
  readonly workers: () => number;
  /** Whom live alerts are told to, and how that goes. */
  readonly notify: () => Situation['notify'];
  /** Keeps an event; throws where it cannot. */
  readonly record: (event: EventBody) => void;
  /** Which node of the fleet runs which policies; null or absent for a Weir without a bus. */
  readonly readFleet?: ReadFleet | null;
}

export interface ConfiguredConsole {
  /** `http://127.0.0.1:8788`. */
  readonly url: string;
  /** With the one-time code. */
  readonly link: string;
  /** Configuration and policies from now on. */
  take(snapshot: Snapshot): void;
  /** There are new records. */
  committed(): void;
  close(): Promise<void>;
}

const RECORDS_MS = 20_000;
/** A backtest looks at many events. */
const JUDGING_MS = 120_000;
const JUDGING_IDLE_MS = 600_000;
const JUDGED: ReadonlySet<RouteId> = new Set([
  ...(['review', 'allow', 'exception', 'eventSuggestion', 'edgeSuggestion'] as const),
  ...(['policies', 'policySchema', 'policyFile', 'checkPolicy', 'testPolicy', 'tryPolicy', 'backtestPolicy'] as const),
  ...(['diffPolicy', 'undoPolicy', 'draft', 'saveDraft', 'dropDraft', 'activateDraft'] as const),
]);
const TOLD_MS = 500;

/** Starts it. Throws WeirError `port_taken`. */
export async function startConfiguredConsole(
  snapshot: Snapshot,
  metrics: Metrics,
  observed: Observed,
  log: (line: string) => void,
): Promise<ConfiguredConsole> {
  const { config } = snapshot;
  const { listen } = config.console;
  const own = canonicalHost(hostname());
  const outside = config.console.url === null ? [] : [new URL(config.console.url).hostname];
  const names = [...config.proxy.names, 'weir.local', ...(own === null ? [] : [own]), ...outside];
  const version = packageVersion();
  let policies = policiesInForce(snapshot);
  let isSensorNeeded = config.sensor.enabled === true;
  const parts = (): readonly Part[] => [
    ...(observed.proxyProblem === null ? [] : [{ name: 'proxy' as const, problem: observed.proxyProblem() }]),
    { name: 'store', problem: observed.storeProblem() },
    ...sensorPart(observed.sensor(), isSensorNeeded),
  ];
  const situation = (): Situation => ({
    parts: parts(),
    version,
    host: hostname(),
    proxyUrl: observed.proxyUrl,
    certificate: observed.certificate,
    workers: observed.workers(),
    openConnections: null,
    sensor: sensorSituation(observed.sensor()),
    notify: observed.notify(),
    policies,
  });
  const isSource = import.meta.url.endsWith('.ts');
  const threadDesk = (file: string, timeoutMs: number, idleMs: number | null): ThreadDesk =>
    new ThreadDesk({
      module: new URL(file, import.meta.url),
      home: observed.home.path,
      snapshot,
      situation,
      timeoutMs,
      idleMs,
      onUpdate: (update) => stream.publish(update),
      log,
    });
  const records = threadDesk(
    isSource ? './console/records-thread.ts' : './console/records-thread.js',
    RECORDS_MS,
    null,
  );
  // With an engine of its own, which takes memory.
  const judging = threadDesk(
    isSource ? './console/judging-thread.ts' : './console/judging-thread.js',
    JUDGING_MS,
    JUDGING_IDLE_MS,
  );
  const stream = new LiveStream({
    snapshot: () => records.snapshot(),
    isStillIn: (visitor) => sessionHolds(observed.home, visitor, new Date()),
    onHeard: () => records.tell('heard'),
  });
  const code = new OneTimeCode(whoRunsThis());
  const here = fleetPolicyRoutes(observed.readFleet ?? null);
  const ask = async (asked: Asked): Promise<Answered> =>
    (await answerWith(here, asked, () => log('weir: a question about the fleet failed'))) ??
    (await (JUDGED.has(asked.route) ? judging : records).ask(asked));
  const record = (by: string | null, reason: string): void => {
    try {
      observed.record(ownEvent('admin', by, { reason }));
    } catch {
      log('weir: that somebody came to the console, or went, could not be recorded');
    }
  };
  let provider: ProviderSignIn | null = null;
  const api = createApi({
    home: observed.home,
    desk: { ask },
    code,
    version,
    host: hostname(),
    names,
    stream: (request, response, visitor) => stream.open(request, response, visitor),
    provider: () => provider,
    record,
  });
  const running = await startConsole({
    listen,
    names,
    parts,
    metrics,
    gather: async () => {
      for (const [worker, figures] of await observed.figures()) metrics.report(worker, figures);
    },
    pages: new Pages(),
    api,
  });
  if (!isLoopback(listen.host)) {
    log(`weir: ${running.url} answers other hosts: the API with a token, /livez, /readyz and /metrics without one`);
  }
  /** Nothing of the provider is asked before somebody signs in. */
  const takeProvider = ({ oidc, url }: Snapshot['config']['console']): void => {
    if (oidc === null) provider = null;
    else if (!isDeepStrictEqual(provider?.settings, oidc)) {
      const origin = url ?? running.url;
      provider = new ProviderSignIn({ home: observed.home, settings: oidc, origin, record, log });
      log(`weir: people sign in to the console at ${oidc.name}; its redirect URI is ${origin}${CALLBACK_PATH}`);
    }
  };
  takeProvider(config.console);
  let telling: NodeJS.Timeout | null = null;
  return {
    url: running.url,
    link: `${running.url}/signin#code=${code.text}`,
    take: (next) => {
      policies = policiesInForce(next);
      isSensorNeeded = next.config.sensor.enabled === true;
      takeProvider(next.config.console);
      records.take(next);
      judging.take(next);
    },
    committed: () => {
      if (!stream.isHeard) return;
      // However many batches there are: twice a second is often enough.
      telling ??= setTimeout(() => {
        telling = null;
        records.tell('committed');
      }, TOLD_MS).unref();
    },
    close: async () => {
      if (telling !== null) clearTimeout(telling);
      stream.close();
      await running.close();
      await Promise.all([records.close(), judging.close()]);
    },
  };
}

/** Whom a session that began with the link is signed with. */
function whoRunsThis(): string {
  try {
    return userInfo().username;
  } catch {
    return 'operator'; // a user id without a name, as in a container
  }
}
