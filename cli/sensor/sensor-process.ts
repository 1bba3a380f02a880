/**
 * The sensor's process: it inspects what was observed, beside the traffic and not in its way, with a spool of its own. Started by
 * sensor-child.ts, which owns the database; it ends with that process, however that one ends.
 */
import { hostname, networkInterfaces } from 'node:os';
import { openDocumentReader } from '../../documents/document-reader.ts';
import { appMatcher } from '../../engine/decide/app-match.ts';
import { WeirError } from '../../flow/errors.ts';
import { SharedUsage } from '../../proxy/usage-ledger.ts';
import type { ContainerLists } from '../../sensor/attribution/container-lists.ts';
import { watchBypass } from '../../sensor/bypass.ts';
import { type RunningSensor, startSensor } from '../../sensor/sensor.ts';
import { watchStores } from '../../sensor/stores/watch-stores.ts';
import { openHome } from '../../store/home.ts';
import { learnedIn } from '../../store/learned.ts';
import { overridesIn } from '../../store/overrides.ts';
import { seldom } from '../../store/recorder.ts';
import { SpoolRecorder } from '../../store/spool-recorder.ts';
import { newUlid } from '../../store/ulid.ts';
import { runAsChild } from '../child.ts';
import { EngineMaker, fingerprinter } from '../configured-engine.ts';
import { openConfiguredModel } from '../configured-model.ts';
import type { Snapshot } from '../snapshot.ts';
import { configuredContainers } from './containers.ts';
import type { FromSensor, Loss, ProbedFile, ToSensor } from './messages.ts';
import { observedSettings, ownListener } from './observed-settings.ts';
import { type ConfiguredSteering, configuredSteering } from './steering.ts';

type Start = Extract<ToSensor, { readonly kind: 'start' }>;

/** The least time between two reports of what is attached. */
const STATE_MS = 2000;

class SensorProcess {
  readonly #say: (message: FromSensor) => void;
  readonly #sensor: RunningSensor;
  readonly #steering: ConfiguredSteering | null;
  readonly #containers: ContainerLists;
  readonly #recorder: SpoolRecorder;
  readonly #settingsOf: (snapshot: Snapshot) => ReturnType<typeof observedSettings>;
  readonly #excerptKey: ReturnType<typeof openHome>['keys']['excerpt'];
  readonly #close: () => Promise<void>;
  readonly #timer: NodeJS.Timeout;
  #snapshot: Snapshot;
  #told = '';

  static async start(start: Start, say: (message: FromSensor) => void): Promise<SensorProcess> {
    const { config } = start.snapshot;
    const log = (line: string): void => say({ kind: 'log', line });
    const model = await openConfiguredModel(config, config.proxy.limits.modelMs, log);
    return new SensorProcess(start, say, log, model);
  }

  private constructor(
    start: Start,
    say: (message: FromSensor) => void,
    log: (line: string) => void,
    model: Awaited<ReturnType<typeof openConfiguredModel>>,
  ) {
    const { snapshot, owner, program, noProgram, cgroup, cgroupRoot, ownPids, port } = start;
    this.#say = say;
    this.#snapshot = snapshot;
    const home = openHome(start.home);
    this.#excerptKey = home.keys.excerpt;
    const keyed = fingerprinter(home);
    const engines = new EngineMaker(keyed);
    const documents = openDocumentReader({ withinMs: snapshot.config.proxy.limits.documentMs, log });
    const usage = new SharedUsage(Date.now);
    const overrides = overridesIn(home, Date.now);
    const learned = learnedIn(home, Date.now);
    this.#settingsOf = (next) =>
      observedSettings(next, {
        engine: engines.make(next.config, next.documents),
        usage,
        overrides,
        learned,
        readers: { readNames: model?.read ?? null, readDocuments: documents.read },
      });
    this.#close = async () => {
      await model?.close();
      await documents.close();
    };
    const report = seldom((message) => log(`weir: ${message}`));
    this.#recorder = new SpoolRecorder({
      spoolFolder: home.spoolFolder,
      owner,
      excerptKey: snapshot.config.excerpts.encrypt ? this.#excerptKey : null,
      onGrown: (file) => say({ kind: 'grown', file }),
      onProblem: (message) => {
        if (message !== null) report(message);
      },
    });
    const containers = configuredContainers(snapshot.config.sensor, () => this.#sensor.learned(), log);
    this.#containers = containers;
    const { transparent, listen } = snapshot.config.proxy;
    const listeners = [{ ...listen, port }, ...(transparent === null ? [] : [transparent])];
    this.#steering = configuredSteering(snapshot.config, home, cgroupRoot, log);
    this.#sensor = startSensor({
      steering: this.#steering?.make ?? null,
      program,
      noProgram,
      hasSockets: snapshot.config.sensor.sockets,
      cgroup,
      cgroupRoot,
      settings: this.#settingsOf(snapshot),
      recorder: this.#recorder,
      fingerprint: keyed.standing,
      hostname: hostname(),
      ownPids: () => [process.pid, ...ownPids],
      isOwnListener: ownListener(listeners, localAddresses),
      label: appMatcher(() => this.#snapshot.config.apps),
      container: (id, place) => containers.factsOf(id, place),
      watchers: [
        watchStores({
          stores: () => this.#snapshot.config.stores,
          messagesPerMinute: () => this.#snapshot.config.sensor.sample.messages,
          messageBytes: snapshot.config.sensor.sample.bytes,
        }),
        watchBypass,
      ],
      hearsAnswers: snapshot.config.sensor.responses,
      newId: () => newUlid(),
      log,
      onState: () => this.#tell(),
    });
    this.#timer = setInterval(() => this.#tell(), STATE_MS);
    this.#tell();
  }

  async hear(message: Exclude<ToSensor, Start>): Promise<void> {
    switch (message.kind) {
      case 'take':
        this.#snapshot = message.snapshot;
        this.#recorder.excerptKey = message.snapshot.config.excerpts.encrypt ? this.#excerptKey : null;
        return this.#sensor.take(this.#settingsOf(message.snapshot));
      case 'own':
        return this.#sensor.own(message.pid);
      case 'removed':
        return this.#recorder.leave(message.name);
      case 'figures':
        return this.#say({ kind: 'figures', id: message.id, figures: this.#sensor.figures() });
      case 'stop':
        return await this.#stop();
    }
  }

  async #stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#containers.close();
    await this.#steering?.close();
    await this.#sensor.stop();
    this.#recorder.end();
    await this.#close();
    // Behind all that was said before: the process above has it when this one is gone.
    process.send?.({ kind: 'stopped' } satisfies FromSensor, () => process.exit(0));
  }

  /** Only what has changed since it was told last. */
  #tell(): void {
    const state = this.#sensor?.state;
    if (state === undefined) return;
    const { kernel } = this.#sensor;
    const message = {
      kind: 'state',
      state,
      kernel,
      probes: filesOf(this.#sensor),
      losses: lossesOf(this.#sensor),
    } as const;
    const text = JSON.stringify(message);
    if (text === this.#told) return;
    this.#told = text;
    this.#say(message);
  }
}

function filesOf({ probes }: RunningSensor): readonly ProbedFile[] {
  const files = new Map<string, { path: string; library: string; probes: number; stepped: number }>();
  for (const { path, library, isStepped } of probes) {
    const file = files.get(path) ?? { path, library, probes: 0, stepped: 0 };
    file.probes++;
    if (isStepped) file.stepped++;
    files.set(path, file);
  }
  return [...files.values()].slice(0, 200);
}

/** Of the kernel's counters those that say that something was not seen. */
function lossesOf(sensor: RunningSensor): readonly Loss[] {
  return sensor.figures().values.flatMap(({ name, labels, value }) => {
    const [kind = '', what = ''] = labels;
    const isLoss = name === 'weir_sensor_records_total' && what !== 'submitted' && what !== 'filtered' && value > 0;
    return isLoss ? [{ what: `${kind} ${what}`, count: value }] : [];
  });
}

function localAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
}

function textOf(error: unknown): string {
  if (error instanceof WeirError) return error.message;
  return error instanceof Error ? error.name : 'unknown error';
}

if (import.meta.main) {
  runAsChild<Start, Exclude<ToSensor, Start>, FromSensor>({
    start: (message, say) => SensorProcess.start(message, say),
    failed: (error) => ({ kind: 'failed', message: textOf(error) }),
  });
}
