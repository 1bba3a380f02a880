/** Made-up exchanges for the tests of store, map and the commands that read them. They hold no sensitive values. */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { EdgeObservation } from '../../flow/edge.ts';
import type { EventBody, EventDestination, EventFinding, WeirEvent } from '../../flow/event.ts';
import type { Source } from '../../flow/parties.ts';
import type { Closing, Opening } from '../../flow/recorder.ts';
import type { EventFilter } from '../../store/event-filter.ts';
import { openHome } from '../../store/home.ts';
import { openReader } from '../../store/reader.ts';
import { createRecorder, type RecorderOptions, type StoreRecorder } from '../../store/recorder.ts';
import { newUlid } from '../../store/ulid.ts';

const cleaning = new WeakMap<TestContext, (() => unknown)[]>();

/** Has something done when the test is over, the last asked for first (`t.after` runs the first first). */
export function afterwards(t: TestContext, work: () => unknown): void {
  const stack = cleaning.get(t) ?? [];
  if (!cleaning.has(t)) {
    cleaning.set(t, stack);
    t.after(async () => {
      for (const one of stack.toReversed()) await one();
    });
  }
  stack.push(work);
}

/** A folder that is gone when the test is over. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-store-'));
  afterwards(t, () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const SOURCE: Source = {
  app: 'billing',
  verified: true,
  host: 'build-7',
  pid: 4242,
  process: 'node',
  exe: '/srv/billing/node',
  user: 'svc-billing',
  container: null,
  credential: 'Zx3-0bq_8TnUo1yKc5vW7g',
};

export const OPENAI: EventDestination = {
  host: 'api.openai.com',
  port: 443,
  vendor: 'OpenAI',
  category: 'genai',
  country: 'US',
};

export const FINDING: EventFinding = {
  entity: 'CREDIT_CARD',
  alternatives: [],
  category: 'financial',
  direction: 'request',
  role: 'user',
  position: 'latest',
  path: '/messages/1/content',
  count: 2,
  maxScore: 1,
  scores: { '1.00': 2 },
  fingerprints: ['fpAAAAAAAAAAAAAAAAAAAA', 'fpBBBBBBBBBBBBBBBBBBBB'],
};

export function sampleEvent(change: Partial<EventBody> = {}): EventBody {
  const action = change.action ?? 'allow';
  const decision = {
    direction: 'request' as const,
    action,
    mode: change.enforced === false ? ('monitor' as const) : ('enforce' as const),
    policy: change.policy ?? null,
    policyVersion: null,
    rule: change.rule ?? null,
    severity: change.severity ?? null,
    explanation: [],
  };
  const id = change.id ?? newUlid();
  return {
    id,
    kind: 'exchange',
    time: new Date().toISOString(),
    channel: 'proxy',
    exchange: id,
    outcome: action === 'block' ? 'blocked' : 'completed',
    status: action === 'block' ? 400 : 200,
    decisions: [decision],
    action,
    mode: decision.mode,
    policy: decision.policy,
    policyVersion: null,
    rule: decision.rule,
    severity: decision.severity,
    explanation: [],
    enforced: true,
    coverage: { level: 'full', reason: null },
    source: SOURCE,
    destination: OPENAI,
    provider: 'openai',
    model: 'gpt-4o',
    route: 'POST /v1/chat/completions',
    findings: [],
    bytes: { out: 1200, in: 800 },
    latencyMs: 12.5,
    reason: null,
    refersTo: null,
    ...change,
  };
}

export function observationOf(event: EventBody, change: Partial<EdgeObservation> = {}): EdgeObservation {
  return {
    source: event.source,
    destination: event.destination,
    via: 'proxy',
    protocol: 'https',
    direction: 'out',
    channel: 'proxy',
    entities: Object.fromEntries(event.findings.map((finding) => [finding.entity, finding.count])),
    bytesOut: event.bytes.out,
    bytesIn: event.bytes.in,
    action: event.action,
    coverage: event.coverage,
    time: event.time,
    ...change,
  };
}

export function closingOf(event: EventBody, excerpt: string | null = null): Closing {
  return { event, edges: [observationOf(event)], excerpt };
}

export function openingOf(event: EventBody): Opening {
  const { id, time, source, destination, provider, model, route } = event;
  return { id, exchange: event.exchange ?? id, time, source, destination, provider, model, route };
}

/** A recorder in a home of its own, ready; ended and unlocked when the test is over. */
export async function startRecorder(t: TestContext, change: Partial<RecorderOptions> = {}, path = temporaryFolder(t)) {
  const home = openHome(path);
  const lock = home.lock();
  const problems: string[] = [];
  const onProblem = (message: string) => void problems.push(message);
  const recorder = createRecorder(home, { encryptExcerpts: true, eventLog: null, onProblem, closeMs: 2000, ...change });
  let isEnded = false;
  const end = async () => {
    if (isEnded) return;
    isEnded = true;
    await recorder.close();
    lock.release();
  };
  afterwards(t, end);
  await recorder.ready();
  return { home, recorder, problems, end };
}

/** Records whole exchanges and waits until they are committed. */
export async function record(recorder: StoreRecorder, events: readonly EventBody[]): Promise<void> {
  for (const event of events) {
    recorder.open(openingOf(event));
    recorder.close(closingOf(event));
  }
  await recorder.flush();
}

/** All events of a home as a reader sees them. */
export function eventsIn(path: string, filter: EventFilter = {}): WeirEvent[] {
  const reader = openReader(path);
  try {
    return [...reader.events(filter)];
  } finally {
    reader.close();
  }
}

/** Resolves at the first line of a child's stdout that begins so; rejects when it ends without. */
export function lineOf(child: ChildProcess, beginning: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    const line = text.split('\n').find((one, i, all) => i < all.length - 1 && one.startsWith(beginning));
    if (line !== undefined) resolve(line);
  });
  child.once('exit', () => reject(new Error(`the child ended without a line "${beginning}"`)));
  return promise;
}
