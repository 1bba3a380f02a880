/**
 * One worker process of `weir up`: a proxy on the port that all workers share, with a spool of its own. Started by
 * workers.ts, which owns database, chain and conversations; it ends with that process, however that one ends.
 */
import { hostname } from 'node:os';
import { createCatalog } from '../../catalog/catalog.ts';
import { packageVersion } from '../../config/package-root.ts';
import { type OpenDocumentReader, openDocumentReader } from '../../documents/document-reader.ts';
import { WeirError } from '../../flow/errors.ts';
import { type ProxySettings, type RunningProxy, startProxy } from '../../proxy/proxy.ts';
import { loadOrCreateAuthority } from '../../proxy/tls/authority.ts';
import { Rejections } from '../../proxy/trust.ts';
import { SharedUsage } from '../../proxy/usage-ledger.ts';
import { openHome } from '../../store/home.ts';
import { learnedIn } from '../../store/learned.ts';
import { overridesIn } from '../../store/overrides.ts';
import { seldom } from '../../store/recorder.ts';
import { SpoolRecorder } from '../../store/spool-recorder.ts';
import { newUlid } from '../../store/ulid.ts';
import { runAsChild } from '../child.ts';
import { EngineMaker, fingerprinter } from '../configured-engine.ts';
import { type ConfiguredModel, openConfiguredModel } from '../configured-model.ts';
import { ExamineElsewhere } from '../examining/examine-elsewhere.ts';
import { usageDigests } from '../kept-usage.ts';
import type { Snapshot } from '../snapshot.ts';
import { type SteeringClient, steeringClient } from '../steering-client.ts';
import { openTraces, type RunningTraces } from '../traces/otlp.ts';
import type { Failure, FromWorker, Ports, ToWorker } from './messages.ts';
import { RemoteConversations } from './remote-conversations.ts';

type Message<K extends ToWorker['kind']> = Extract<ToWorker, { readonly kind: K }>;

class WorkerProcess {
  readonly #say: (message: FromWorker) => void;
  readonly #conversations: RemoteConversations;
  readonly #usage: SharedUsage;
  readonly #rejections: Rejections;
  readonly #recorder: SpoolRecorder;
  readonly #model: ConfiguredModel | null;
  readonly #documents: OpenDocumentReader;
  readonly #home: string;
  readonly #log: (line: string) => void;
  readonly #spans: RunningTraces | null;
  readonly #steering: SteeringClient | null;
  readonly #engines: EngineMaker;
  readonly #options: Omit<Parameters<typeof startProxy>[0], keyof ProxySettings>;
  readonly #excerptKey: ReturnType<typeof openHome>['keys']['excerpt'];
  #settings: ProxySettings;
  readonly #prepared = new Map<number, ProxySettings>();
  /** Who looks at large messages under each settings. */
  readonly #threads = new WeakMap<ProxySettings, ExamineElsewhere>();
  #proxy: RunningProxy | null = null;

  static async start(start: Message<'start'>, say: (message: FromWorker) => void): Promise<WorkerProcess> {
    const log = (line: string): void => say({ kind: 'log', line });
    const { config } = start.snapshot;
    const spans = await openTraces(process.env, packageVersion(), log);
    const model = await openConfiguredModel(config, config.proxy.limits.modelMs, log);
    return new WorkerProcess(start, say, log, model, spans);
  }

  private constructor(
    { home: homePath, owner, snapshot, keys, areShared, usage }: Message<'start'>,
    say: (message: FromWorker) => void,
    log: (line: string) => void,
    model: ConfiguredModel | null,
    spans: RunningTraces | null,
  ) {
    this.#say = say;
    this.#model = model;
    this.#documents = openDocumentReader({ withinMs: snapshot.config.proxy.limits.documentMs, log });
    this.#spans = spans;
    const home = openHome(homePath);
    this.#home = homePath;
    this.#log = log;
    this.#excerptKey = home.keys.excerpt;
    const keyed = fingerprinter(home);
    this.#engines = new EngineMaker(keyed);
    this.#settings = this.#settingsOf(snapshot);
    this.#conversations = new RemoteConversations(areShared ? null : keys, (id, question) =>
      say({ kind: 'ask', id, question }),
    );
    const report = seldom((message) => log(`weir: ${message}`));
    this.#rejections = new Rejections(Date.now, (key, at) => say({ kind: 'rejected', key, at }));
    this.#usage = new SharedUsage(Date.now, (uses) => say({ kind: 'used', uses }), usage, {
      digestOf: usageDigests(home),
    });
    this.#recorder = new SpoolRecorder({
      spoolFolder: home.spoolFolder,
      owner,
      excerptKey: snapshot.config.excerpts.encrypt ? this.#excerptKey : null,
      onGrown: (file) => say({ kind: 'grown', file }),
      onProblem: (message) => {
        if (message !== null) report(message);
      },
    });
    this.#steering = steeringClient(snapshot.config, home);
    this.#options = {
      originOf: this.#steering?.originOf ?? null,
      recorder: this.#recorder,
      conversations: this.#conversations,
      usage: this.#usage,
      rejections: this.#rejections,
      overrides: overridesIn(home, Date.now),
      learned: learnedIn(home, Date.now),
      spans,
      authority: loadOrCreateAuthority(home.caFolder),
      fingerprint: keyed.standing,
      log,
      newId: () => newUlid(),
      now: Date.now,
      hostname: hostname(),
      version: packageVersion(),
      reusePort: true,
    };
    say({ kind: 'prepared' });
  }

  async hear(message: Exclude<ToWorker, Message<'start'>>): Promise<void> {
    switch (message.kind) {
      case 'listen':
        return await this.#listen(message.ports);
      case 'prepare':
        return this.#prepare(message);
      case 'take':
        return this.#take(message.version);
      case 'answer':
        return this.#conversations.answered(message.id, message.tokens);
      case 'keys':
        return this.#conversations.keysChanged(message.added, message.removed);
      case 'used':
        return this.#usage.learn(message.uses);
      case 'rejected':
        return this.#rejections.learn(message.key, message.at);
      case 'removed':
        return this.#recorder.leave(message.name);
      case 'figures':
        if (this.#proxy !== null) this.#say({ kind: 'figures', id: message.id, figures: this.#proxy.figures() });
        return;
      case 'stop':
        return await this.#stop();
    }
  }

  async #listen(ports: Ports): Promise<void> {
    const { config } = this.#settings;
    const listen = { ...config.proxy.listen, port: ports.port };
    const transparent =
      config.proxy.transparent === null || ports.transparent === null
        ? null
        : { ...config.proxy.transparent, port: ports.transparent };
    const settings = { ...this.#settings, config: { ...config, proxy: { ...config.proxy, listen, transparent } } };
    this.#proxy = await startProxy({ ...this.#options, ...settings });
    this.#steering?.begin();
    this.#say({ kind: 'listening', ports: { port: this.#proxy.port, transparent: this.#proxy.transparentPort } });
  }

  #prepare({ version, snapshot }: Message<'prepare'>): void {
    try {
      this.#prepared.set(version, this.#settingsOf(snapshot));
      this.#say({ kind: 'ready', version });
    } catch (error) {
      this.#say({ kind: 'refused', version, error: failureOf(error) });
    }
  }

  #take(version: number): void {
    const settings = this.#prepared.get(version);
    if (settings === undefined) return;
    // What its thread is looking at now is looked at here instead.
    void this.#threads.get(this.#settings)?.close();
    this.#settings = settings;
    for (const older of this.#prepared.keys()) if (older <= version) this.#prepared.delete(older);
    this.#recorder.excerptKey = this.#settings.config.excerpts.encrypt ? this.#excerptKey : null;
    this.#proxy?.take(this.#settings);
    this.#say({ kind: 'ready', version });
  }

  async #stop(): Promise<void> {
    this.#steering?.close();
    await this.#proxy?.close();
    this.#recorder.end();
    await this.#spans?.close();
    await this.#model?.close();
    await this.#documents.close();
    // Behind all that was said before: the process above has it when this one is gone.
    process.send?.({ kind: 'stopped' } satisfies FromWorker, () => process.exit(0));
  }

  #settingsOf(snapshot: Snapshot): ProxySettings {
    const { config, documents } = snapshot;
    const elsewhere = new ExamineElsewhere(this.#home, snapshot, this.#log);
    const settings: ProxySettings = {
      config,
      catalog: createCatalog(config.destinations),
      engine: this.#engines.make(config, documents),
      readNames: this.#model?.read ?? null,
      readDocuments: this.#documents.read,
      elsewhere,
    };
    this.#threads.set(settings, elsewhere);
    return settings;
  }
}

/** Message texts of our own errors alone: another's may quote what it failed on. */
function failureOf(error: unknown): Failure {
  if (error instanceof WeirError) return { code: error.code, message: error.message };
  return { code: null, message: error instanceof Error ? error.name : 'unknown error' };
}

if (import.meta.main) {
  runAsChild<Message<'start'>, Exclude<ToWorker, Message<'start'>>, FromWorker>({
    start: (message, say) => WorkerProcess.start(message, say),
    failed: (error) => ({ kind: 'failed', error: failureOf(error) }),
  });
}
