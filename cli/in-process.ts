/** The traffic carried in this process: the proxy, its engine and the model, without workers. */
import { hostname } from 'node:os';
import { createCatalog } from '../catalog/catalog.ts';
import { packageVersion } from '../config/package-root.ts';
import { openDocumentReader } from '../documents/document-reader.ts';
import type { ConversationHolder } from '../proxy/conversation-map.ts';
import { type ProxySettings, startProxy } from '../proxy/proxy.ts';
import type { Authority } from '../proxy/tls/authority.ts';
import type { SharedUsage } from '../proxy/usage-ledger.ts';
import type { Home } from '../store/home.ts';
import { learnedIn } from '../store/learned.ts';
import { overridesIn } from '../store/overrides.ts';
import type { StoreRecorder } from '../store/recorder.ts';
import { newUlid } from '../store/ulid.ts';
import type { Carrier } from './carrier.ts';
import { EngineMaker, fingerprinter } from './configured-engine.ts';
import { openConfiguredModel } from './configured-model.ts';
import { ExamineElsewhere } from './examining/examine-elsewhere.ts';
import type { Snapshot } from './snapshot.ts';
import { steeringClient } from './steering-client.ts';
import { openTraces } from './traces/otlp.ts';

export interface InProcessParts {
  readonly home: Home;
  readonly recorder: StoreRecorder;
  readonly conversations: ConversationHolder;
  readonly usage: SharedUsage;
  readonly authority: Authority;
  readonly log: (line: string) => void;
}

/** Throws WeirError: `port_taken`, `policy_invalid`, `model_unusable`. */
export async function startInProcess(snapshot: Snapshot, parts: InProcessParts): Promise<Carrier> {
  const { home, recorder, conversations, usage, authority, log } = parts;
  const keyed = fingerprinter(home);
  const engines = new EngineMaker(keyed);
  const spans = await openTraces(process.env, packageVersion(), log);
  const model = await openConfiguredModel(snapshot.config, snapshot.config.proxy.limits.modelMs, log);
  const documentReader = openDocumentReader({ withinMs: snapshot.config.proxy.limits.documentMs, log });
  let examining: ExamineElsewhere | null = null;
  const settingsOf = (next: Snapshot): ProxySettings => {
    const { config, documents } = next;
    const engine = engines.make(config, documents);
    // What it is looking at now is looked at here instead.
    void examining?.close();
    const elsewhere = new ExamineElsewhere(home.path, next, log);
    examining = elsewhere;
    return {
      config,
      catalog: createCatalog(config.destinations),
      engine,
      readNames: model?.read ?? null,
      readDocuments: documentReader.read,
      elsewhere,
    };
  };
  const steering = steeringClient(snapshot.config, home);
  try {
    const proxy = await startProxy({
      ...settingsOf(snapshot),
      originOf: steering?.originOf ?? null,
      recorder,
      conversations,
      usage,
      overrides: overridesIn(home, Date.now),
      learned: learnedIn(home, Date.now),
      spans,
      authority,
      fingerprint: keyed.standing,
      log,
      newId: () => newUlid(),
      now: Date.now,
      hostname: hostname(),
      version: packageVersion(),
    });
    steering?.begin();
    return {
      url: proxy.url,
      port: proxy.port,
      problem: null,
      take: async (next) => {
        proxy.take(settingsOf(next));
      },
      figures: async () => [['main', proxy.figures()]],
      close: async () => {
        steering?.close();
        await proxy.close();
        await spans?.close();
        await model?.close();
        await documentReader.close();
        await examining?.close();
      },
    };
  } catch (error) {
    steering?.close();
    await spans?.close();
    await model?.close();
    await documentReader.close();
    throw error;
  }
}
