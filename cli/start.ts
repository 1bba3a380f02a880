/**
 * Puts a running Weir together: configuration, home, records, engine, catalog and proxy. The only place that knows
 * them all. It prints nothing on stdout but the event log that it is asked for.
 */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { createCatalog } from '../catalog/catalog.ts';
import { type HostPort, hostPortText } from '../catalog/host.ts';
import type { Config } from '../config/config.ts';
import { checkListener } from '../config/load.ts';
import { packageVersion } from '../config/package-root.ts';
import { loadPolicies } from '../config/policies.ts';
import type { RunningConsole } from '../console/console.ts';
import { Metrics } from '../console/metrics.ts';
import { compilePolicies } from '../engine/decide/policy-set.ts';
import type { Engine, Fingerprint } from '../engine/inspect.ts';
import { remembering } from '../engine/scan/memory.ts';
import { normalise } from '../engine/scan/normalise.ts';
import { createScanner } from '../engine/scan/scanner.ts';
import { WeirError } from '../flow/errors.ts';
import { KEPT } from '../flow/finding.ts';
import { ConversationMap } from '../proxy/conversation-map.ts';
import { startProxy } from '../proxy/proxy.ts';
import { expiryNotice, loadOrCreateAuthority } from '../proxy/tls/authority.ts';
import { undoBrotli } from '../proxy/undo-brotli.ts';
import { type Home, openHome } from '../store/home.ts';
import { fingerprint } from '../store/keyed.ts';
import { createRecorder } from '../store/recorder.ts';
import { newUlid } from '../store/ulid.ts';
import { type ConfiguredModel, openConfiguredModel } from './configured-model.ts';
import { startConfiguredConsole } from './start-console.ts';
import { whoListens } from './who-listens.ts';

export interface StartOptions {
  /** Instead of the configured one; 0 takes any free port. */
  readonly port?: number;
  /** Where each event goes as a line of NDJSON. */
  readonly eventLog?: 'stdout' | null;
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
  /** Gives open exchanges ten seconds, commits what was recorded and lets the home go. */
  close(): Promise<void>;
}

/** Starts everything that the configuration asks for. Throws WeirError; nothing is left running then. */
export async function startWeir(config: Config, options: StartOptions = {}): Promise<RunningWeir> {
  const log = options.log ?? ((line: string) => process.stderr.write(`${line}\n`));
  const effective = options.port === undefined ? config : withPort(config, options.port);
  checkListener(effective);
  const home = openHome(config.home);
  const keyed = fingerprinter(home);
  const engine = createEngine(effective, keyed);
  const lock = home.lock();
  let model: ConfiguredModel | null = null;
  try {
    model = await openConfiguredModel(effective, effective.proxy.limits.modelMs, log);
    const authority = loadOrCreateAuthority(home.caFolder, new Date(), effective.proxy.intercept);
    const notice = expiryNotice(authority);
    if (notice !== null) log(`weir: ${notice}`);
    const metrics = options.console === true ? new Metrics(packageVersion()) : null;
    const recorder = createRecorder(home, {
      encryptExcerpts: config.excerpts.encrypt,
      eventLog: options.eventLog ?? null,
      onProblem: (message) => log(`weir: ${message}`),
      ...(metrics === null ? {} : { onCounted: (figures) => metrics.add(figures) }),
    });
    try {
      const proxy = await startProxy({
        config: effective,
        catalog: createCatalog(config.destinations),
        engine,
        readNames: model?.read ?? null,
        recorder,
        conversations: new ConversationMap({ now: Date.now, newId: newUlid }),
        authority,
        fingerprint: keyed,
        log,
        newId: () => newUlid(),
        now: Date.now,
        hostname: hostname(),
        version: packageVersion(),
      }).catch((error: unknown) => {
        throw namingHolder(error, effective.proxy.listen);
      });
      let isStopping = false;
      let console: RunningConsole | null = null;
      if (metrics !== null) {
        const observed = {
          proxyProblem: () => (isStopping ? 'stopping: open exchanges are finished, no new ones are taken' : null),
          storeProblem: () => recorder.probe(),
          figures: async () => {
            const spool = { name: 'weir_spool_bytes', labels: [], value: recorder.spoolBytes };
            const { values, spreads } = proxy.figures();
            return [['main', { values: [...values, spool], spreads }] as const];
          },
        };
        try {
          console = await startConfiguredConsole(effective, metrics, observed, log);
        } catch (error) {
          await proxy.close(0);
          throw namingHolder(error, config.console.listen);
        }
      }
      return {
        url: proxy.url,
        port: proxy.port,
        caPath: authority.certPath,
        home: home.path,
        policies: engine.policies.names,
        consoleUrl: console?.url ?? null,
        close: async () => {
          isStopping = true;
          await proxy.close();
          await recorder.close();
          await console?.close();
          await model?.close();
          lock.release();
        },
      };
    } catch (error) {
      await recorder.close();
      throw error;
    }
  } catch (error) {
    await model?.close();
    lock.release();
    throw error;
  }
}

/** Recognizers and policies, as the configuration names them. Throws WeirError `policy_invalid`. */
export function createEngine(config: Config, keyed: Fingerprint): Engine {
  const policies = compilePolicies(loadPolicies(config));
  return {
    scanner: remembering(createScanner({ custom: policies.recognizers, least: KEPT, ...config.detection }), {
      key: randomBytes(32),
    }),
    policies,
    fingerprint: keyed,
    onOpaque: config.proxy.onOpaque,
    maxDecodedBytes: config.proxy.limits.inspectBytes,
    undoBrotli,
  };
}

export function fingerprinter(home: Home): Fingerprint {
  return (entity, value) => fingerprint(home.keys.fingerprint, entity, value, normalise);
}

function withPort(config: Config, port: number): Config {
  return { ...config, proxy: { ...config.proxy, listen: { ...config.proxy.listen, port } } };
}

/** A port that is taken is taken by something that can be named. */
function namingHolder(error: unknown, listen: HostPort): unknown {
  if (!(error instanceof WeirError) || error.code !== 'port_taken') return error;
  const holder = whoListens(listen.port);
  if (holder === null) return error;
  const text = `${hostPortText(listen)} is taken by ${holder.process} (pid ${holder.pid})`;
  return new WeirError('port_taken', text, { cause: error.cause });
}
