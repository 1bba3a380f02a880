/**
 * What nodes say of themselves, in a bucket of the bus: each writes its own entry when something changes and at a steady
 * beat, and one that is silent for longer is shown as such until it is forgotten.
 */
import type { NatsConnection } from '@nats-io/transport-node';
import { type HeardReport, NODE_PARTS, type NodeReport } from '../flow/node-report.ts';
import { openBucket } from './bucket.ts';
import type { Bus } from './bus.ts';

export const NODES_BUCKET = 'weir-nodes';
const BEAT_MS = 30_000;
/** Two beats and what a slow host needs. */
const SILENT_MS = 90_000;
const FORGOTTEN_MS = 24 * 3_600_000;
/** Changes that come at once are told at once. */
const GATHER_MS = 200;
const READ_MS = 5000;
/** Of a report: the last ones. */
export const MOST_WRITERS = 50;

export class NodeReporting {
  readonly #bus: Bus;
  readonly #read: () => NodeReport;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  /** Begins to tell. `read`: how the node is now. */
  constructor(bus: Bus, read: () => NodeReport) {
    this.#bus = bus;
    this.#read = read;
    void bus.ready().then(() => this.changed());
  }

  /** Something is different; it is told soon. */
  changed(): void {
    this.#after(GATHER_MS);
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #after(ms: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#after(BEAT_MS);
      void this.#tell();
    }, ms).unref();
  }

  async #tell(): Promise<void> {
    const { connection } = this.#bus;
    if (connection === null) return;
    const report = this.#read();
    try {
      const bucket = await nodesBucket(connection);
      await bucket.put(keyOf(report.node), JSON.stringify(report));
    } catch {
      // With the next beat again; until then it is silent.
    }
  }
}

/** All nodes that were heard of within a day. Throws what the library throws; bounded in time. */
export async function readNodeReports(connection: NatsConnection, now: Date): Promise<readonly HeardReport[]> {
  const bucket = await nodesBucket(connection);
  const entries = await bucket.watch({ key: '>' });
  const reports: HeardReport[] = [];
  const timer = setTimeout(() => entries.stop(), READ_MS);
  try {
    const { values } = await bucket.status();
    if (values === 0) return [];
    let count = 0;
    for await (const entry of entries) {
      count++;
      const report = entry.operation === 'PUT' ? reportOf(entry.string()) : null;
      if (report !== null) {
        const isSilent = now.getTime() - entry.created.getTime() > SILENT_MS;
        reports.push({ ...report, heard: entry.created.toISOString(), isSilent });
      }
      if (entry.delta === 0 || count >= values) break;
    }
  } finally {
    clearTimeout(timer);
    entries.stop();
  }
  return reports;
}

/** A node's id may hold what a key may not. */
function keyOf(node: string): string {
  return Buffer.from(node, 'utf8').toString('base64url');
}

/** Null for what is none: any node may have written it, and a later version more than this one knows. */
function reportOf(text: string): NodeReport | null {
  let value: Readonly<Record<string, unknown>>;
  try {
    value = Object(JSON.parse(text));
  } catch {
    return null;
  }
  const { node, host, labels, parts, weir, startedAt, bundle, refused, held, writers, counts } = value;
  if (!isText(node) || !isText(host) || !isText(weir) || !isText(startedAt) || !Array.isArray(labels)) return null;
  return {
    ...{ node, host, weir, startedAt, labels: labels.filter(isText).slice(0, 100) },
    // Of earlier versions proxies alone have reported.
    parts: Array.isArray(parts) ? NODE_PARTS.filter((part) => parts.includes(part)) : ['proxy'],
    bundle: bundleOf(bundle),
    refused: refusedOf(refused),
    held: isText(held) ? held : null,
    // An earlier version says nothing of either.
    writers: Array.isArray(writers) ? writers.filter(isText).slice(-MOST_WRITERS) : [],
    dropped: countOf(value, 'dropped'),
    counts: {
      calls: countOf(counts, 'calls'),
      block: countOf(counts, 'block'),
      redact: countOf(counts, 'redact'),
      tokenize: countOf(counts, 'tokenize'),
      alert: countOf(counts, 'alert'),
    },
  };
}

function bundleOf(value: unknown): NodeReport['bundle'] {
  const { name, version, since } = Object(value);
  return isText(name) && Number.isSafeInteger(version) && isText(since) ? { name, version, since } : null;
}

function refusedOf(value: unknown): NodeReport['refused'] {
  const { name, version, reason, since } = Object(value);
  if (!isText(reason) || !isText(since)) return null;
  return { name: isText(name) ? name : null, version: Number.isSafeInteger(version) ? version : null, reason, since };
}

function countOf(counts: unknown, name: string): number {
  const count: unknown = Object(counts)[name];
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : 0;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 1000;
}

async function nodesBucket(connection: NatsConnection) {
  return await openBucket(connection, {
    name: NODES_BUCKET,
    description: 'what each node runs',
    ttlMs: FORGOTTEN_MS,
    maxBytes: null,
    maxValueBytes: 16 * 1024,
    isExact: false,
  });
}
