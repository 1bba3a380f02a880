/**
 * Puts a running Weir together: configuration, home, records, conversations, what carries the traffic, and the console.
 * It prints nothing on stdout but the event log that it is asked for.
 */
import { hostname } from 'node:os';
import { type HostPort, hostPortText } from '../catalog/host.ts';
import type { Config } from '../config/config.ts';
import { checkListener } from '../config/load.ts';
import { packageVersion } from '../config/package-root.ts';
import { loadPolicies } from '../config/policies.ts';
import { Metrics } from '../console/metrics.ts';
import { isPolicy } from '../engine/decide/policy-file.ts';
import type { Bus } from '../fleet/bus.ts';
import type { BusSettings } from '../fleet/bus-settings.ts';
import { WeirError } from '../flow/errors.ts';
import type { EventBody } from '../flow/event.ts';
import type { Figures } from '../flow/figures.ts';
import { expiryNotice, loadOrCreateAuthority } from '../proxy/tls/authority.ts';
import { createRecorder } from '../store/recorder.ts';
import { followConfiguredBundle } from './bundle/configured-bundle.ts';
import type { Carrier } from './carrier.ts';
import { openConfiguredHome } from './configured-home.ts';
import { identityWhereJoined, memberWhereJoined } from './fleet/member.ts';
import type { NodeFleet } from './fleet/node-fleet.ts';
import { startInProcess } from './in-process.ts';
import { asNode, LAST_RECORDS_MS, startConfiguredCarrier } from './keeping.ts';
import { keepConversations } from './kept-conversations.ts';
import { keepUsage } from './kept-usage.ts';
import { RunningAlerts } from './notify/start-alerts.ts';
import { startReloading } from './reloading.ts';
import { type SensorChild, type SensorStanding, startSensorChild } from './sensor/sensor-child.ts';
import { startConfiguredSinks } from './siem/configured-sinks.ts';
import type { Snapshot } from './snapshot.ts';
import { type ConfiguredConsole, startConfiguredConsole } from './start-console.ts';
import { whoListens } from './who-listens.ts';
import { checkFree, type RunningWorkers, startWorkers } from './workers/workers.ts';

export interface StartOptions {
  /** Instead of the configured one; 0 takes any free port. */
  readonly port?: number;
  /** Instead of the configured one, for policies, reports and conversations: what is recorded stays where it is configured to. */
  readonly bus?: BusSettings;
  /** Reads the configuration again, as it was read for this start: with it, changes of its files are taken up. */
  readonly read?: () => Config;
  /** How many processes carry the traffic; 1, this one alone, unless given. */
  readonly workers?: number;
  /** Where each event goes as a line of NDJSON. */
  readonly eventLog?: 'stdout' | null;
  /** Whether the sensor watches this host as well, where \`sensor.enabled\` does not say no. */
  readonly sensor?: boolean;
  /** Whether the console listens as well, where `console.listen` says. */
  readonly console?: boolean;
  /** Lines for the operator; stderr unless given. */
  readonly log?: (line: string) => void;
}

export interface RunningWeir {
  /** `http://127.0.0.1:8787`. */
  readonly url: string;
  readonly port: number;
  /** The certificate that clients are told to trust. */
  readonly caPath: string;
  readonly home: string;
  readonly policies: readonly string[];
  /** `http://127.0.0.1:8788`; null where it was not asked for. */
  readonly consoleUrl: string | null;
  /** Signs in to it, once and within ten minutes; null where there is none. */
  readonly consoleLink: string | null;
  /** The ids of the worker processes that run now; empty where this process carries the traffic. */
  readonly workers: readonly number[];
  /** How the sensor stands; null where it was not asked for. */
  readonly sensor: SensorStanding | null;
  /** Resolves once the sensor runs, or is known not to. */
  readonly sensorSettled: Promise<void>;
  /** Reads configuration and policies again and takes up what has changed. Never rejects: what is wrong is logged. */
  reload(): Promise<void>;
  /** Resolves once all that was recorded before is committed. */
  committed(): Promise<void>;
  /** Gives open exchanges `limits.drainMs`, commits what was recorded and lets the home go. */
  close(): Promise<void>;
}

/** Starts everything that the configuration asks for. Throws WeirError; nothing is left running then. */
export async function startWeir(config: Config, options: StartOptions = {}): Promise<RunningWeir> {
  const log = options.log ?? ((line: string) => process.stderr.write(`${line}\n`));
  const effective = options.port === undefined ? config : withPort(config, options.port);
  checkListener(effective);
  const { listen, transparent } = effective.proxy;
  const count = options.workers ?? 1;
  const home = openConfiguredHome(config, log);
  const lock = home.lock();
  const opened: (() => Promise<void> | void)[] = [() => lock.release()];
  /** The last that was opened first. A second call does nothing. */
  const closeAll = async (): Promise<void> => {
    for (const close of opened.splice(0).reverse()) await close();
  };
  try {
    // Before the spool is taken up: workers of a killed run that still listen may still append to theirs.
    if (count > 1) {
      for (const place of transparent === null ? [listen] : [listen, transparent]) {
        await namingHolder(place, checkFree(place));
      }
    }
    const busSettings = options.bus ?? config.bus;
    const identity = await identityWhereJoined(home.path);
    const bus = busSettings === null ? null : await openBus(asNode(busSettings, identity));
    opened.push(() => bus?.close());
    const bundle = await followConfiguredBundle(effective, bus, log);
    opened.push(() => bundle?.close());
    await bundle?.start();
    const snapshot: Snapshot = { config: effective, documents: loadPolicies(effective) };
    const authority = loadOrCreateAuthority(home.caFolder, new Date(), effective.proxy.intercept);
    const notice = expiryNotice(authority);
    if (notice !== null) log(`weir: ${notice}`);
    const metrics = options.console === true ? new Metrics(packageVersion()) : null;
    let workers: RunningWorkers | null = null;
    let console: ConfiguredConsole | null = null;
    let alerts: RunningAlerts | null = null;
    let fleet: NodeFleet | null = null;
    let sensor: SensorChild | null = null;
    const recorder = createRecorder(home, {
      encryptExcerpts: config.excerpts.encrypt,
      retention: config.retention,
      outboxBytes: config.outbox.maxBytes,
      eventLog: options.eventLog ?? null,
      onProblem: (message) => log(`weir: ${message}`),
      onRemoved: (name) => {
        workers?.spoolRemoved(name);
        sensor?.spoolRemoved(name);
      },
      ...(metrics === null && bus === null
        ? {}
        : {
            onCounted: (figures) => {
              metrics?.add(figures);
              console?.committed();
              fleet?.counted(figures);
            },
          }),
    });
    opened.push(() => recorder.close());
    const shipping = await startConfiguredCarrier(config, home, log);
    // Closed behind the writer: what the last exchanges recorded goes too.
    opened.splice(1, 0, () => shipping?.close(LAST_RECORDS_MS));
    fleet =
      bus === null
        ? null
        : (await import('./fleet/node-fleet.ts')).openNodeFleet({
            ...{ bus, config: effective, home, name: identity?.name ?? null },
            parts: () => [
              'proxy',
              ...(sensor?.standing.state === 'running' ? (['sensor'] as const) : []),
              ...(console === null ? [] : (['console'] as const)),
            ],
            standing: () => bundle?.standing ?? { bundle: null, refused: null, held: null },
            conversations: { record: (event) => recorder.close({ event, edges: [], excerpt: null }), log },
          });
    opened.push(() => fleet?.close());
    const sharing = fleet?.sharing ?? null;
    const kept = keepConversations(home, log, (key, isThere) => workers?.keyChanged(key, isThere), sharing);
    opened.push(() => kept.close());
    const conversations = kept.holder;
    const limits = keepUsage(home, log);
    opened.push(() => limits.close());
    const { usage } = limits;
    let carrier: Carrier;
    if (count > 1) {
      const onEnded = (name: string) => metrics?.retire(name);
      const starting = startWorkers({
        ...{ count, snapshot, home, recorder, conversations, usage, log, onEnded },
        ...{ keys: () => kept.keys(), areShared: sharing !== null },
      });
      workers = await namingHolder(listen, starting);
      carrier = workers;
    } else {
      const starting = startInProcess(snapshot, { home, recorder, conversations, usage, authority, log });
      carrier = await namingHolder(listen, starting);
    }
    opened.push(() => carrier.close());
    if (options.sensor === true && effective.sensor.enabled !== false) {
      const ownPids = workers?.pids ?? [];
      const onState = (): void => fleet?.standingChanged();
      sensor = startSensorChild({ snapshot, home, recorder, log, ownPids, port: carrier.port, onState });
      opened.push(() => sensor?.close());
    }
    let isStopping = false;
    const reloading =
      options.read === undefined
        ? null
        : startReloading({
            read: options.read,
            configured: config,
            snapshot,
            // A closed list of hosts may be more than what the authority may sign for.
            check: (next) => {
              checkListener(next);
              loadOrCreateAuthority(home.caFolder, new Date(), next.proxy.intercept);
            },
            take: async (next) => {
              await carrier.take(next);
              recorder.encryptExcerpts(next.config.excerpts.encrypt);
              sensor?.take(next);
              recorder.retain(next.config.retention);
              console?.take(next);
              alerts?.take(next);
            },
            recorder,
            log,
          });
    opened.push(() => reloading?.close());
    const sinks = startConfiguredSinks(config, log);
    // Closed behind the writer: what the last exchanges recorded goes too.
    opened.splice(1, 0, () => sinks?.close());
    const member = await memberWhereJoined(
      effective,
      home,
      (event) => recorder.close({ event, edges: [], excerpt: null }),
      log,
      // A certificate that was renewed is shown to the bus from now on.
      (identity) => {
        if (busSettings !== null) void bus?.take(asNode(busSettings, identity));
        if (config.bus !== null) shipping?.take(asNode(config.bus, identity));
      },
    );
    opened.push(() => member?.close());
    bundle?.attach({
      recorder,
      reload: async () => await reloading?.reload(),
      onStanding: () => fleet?.standingChanged(),
    });
    const observed = {
      home,
      proxyUrl: carrier.url,
      certificate: authority.certPath,
      workers: () => workers?.pids.length ?? 1,
      record: (event: EventBody) => recorder.close({ event, edges: [], excerpt: null }),
      proxyProblem: () =>
        isStopping ? 'stopping: open exchanges are finished, no new ones are taken' : carrier.problem,
      storeProblem: () => recorder.probe(),
      sensor: () => sensor?.standing ?? null,
      readFleet: fleet?.read ?? null,
      figures: async () => {
        const [reports, own] = await Promise.all([carrier.figures(), sensor?.figures() ?? null]);
        const all = own === null ? reports : [...reports, ['sensor', own] as const];
        const others = [
          ...(sinks?.figures ?? []),
          ...(shipping?.figures ?? []),
          ...(member?.membership.figures() ?? []),
        ];
        return withOwn(all, recorder.spoolBytes, others);
      },
    };
    if (metrics !== null) {
      const now = reloading?.snapshot ?? snapshot;
      const running = new RunningAlerts(home.path, now, log);
      alerts = running;
      opened.push(() => running.close());
      const starting = startConfiguredConsole(now, metrics, { ...observed, notify: () => running.state }, log);
      console = await namingHolder(config.console.listen, starting);
    }
    // Behind all but the lock, so that it says until the end what goes on.
    opened.splice(1, 0, () => console?.close());
    return {
      url: carrier.url,
      port: carrier.port,
      caPath: authority.certPath,
      home: home.path,
      get policies() {
        const { documents } = reloading?.snapshot ?? snapshot;
        return documents
          .filter(isPolicy)
          .map(({ name }) => name.value)
          .sort();
      },
      consoleUrl: console?.url ?? null,
      consoleLink: console?.link ?? null,
      get workers() {
        return workers?.pids ?? [];
      },
      get sensor() {
        return sensor?.standing ?? null;
      },
      sensorSettled: sensor?.settled ?? Promise.resolve(),
      reload: async () => await reloading?.reload(),
      committed: () => recorder.flush(),
      close: async () => {
        isStopping = true;
        await closeAll();
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function openBus(settings: BusSettings): Promise<Bus> {
  const { Bus: Connection } = await import('../fleet/bus.ts');
  return new Connection(settings, { name: `weir ${hostname()}` });
}

/** Spool and sinks are this process's to measure, whoever carries the traffic. */
function withOwn(
  reports: readonly (readonly [worker: string, figures: Figures])[],
  spoolBytes: number,
  others: Figures['values'],
): readonly (readonly [worker: string, figures: Figures])[] {
  const own = reports.find(([name]) => name === 'main')?.[1] ?? { values: ownProcess(), spreads: [] };
  const spool = { name: 'weir_spool_bytes', labels: [], value: spoolBytes };
  return [
    ['main', { ...own, values: [...own.values, spool, ...others] }],
    ...reports.filter(([name]) => name !== 'main'),
  ];
}

/** Of the process above the workers, which carries no traffic. */
function ownProcess(): Figures['values'] {
  const cpu = process.cpuUsage();
  return [
    { name: 'weir_resident_bytes', labels: [], value: process.memoryUsage.rss() },
    { name: 'weir_cpu_seconds_total', labels: [], value: (cpu.user + cpu.system) / 1e6 },
  ];
}

function withPort(config: Config, port: number): Config {
  return { ...config, proxy: { ...config.proxy, listen: { ...config.proxy.listen, port } } };
}

/** A port that is taken is taken by something that can be named. */
async function namingHolder<T>(listen: HostPort, starting: Promise<T>): Promise<T> {
  try {
    return await starting;
  } catch (error) {
    if (!(error instanceof WeirError) || error.code !== 'port_taken') throw error;
    const holder = whoListens(listen.port);
    if (holder === null) throw error;
    const text = `${hostPortText(listen)} is taken by ${holder.process} (pid ${holder.pid})`;
    throw new WeirError('port_taken', text, { cause: error.cause });
  }
}
