/**
 * Kafka's protocol (its documentation, "Kafka Protocol Guide"): what is produced and fetched, whatever the version of the
 * request, by the batches of records that it holds. What signs in is not kept.
 */
import { areFrames, type Frame, FrameQueue, type FrameShape } from './frame-queue.ts';
import { addRecords } from './kafka-records.ts';
import type { StoreReader, StoreReaderOptions, Way } from './store-message.ts';
import { SAMPLED, TextSample } from './text-sample.ts';

const PRODUCE = 0;
const FETCH = 1;
const NAMES: Readonly<Record<number, string>> = {
  0: 'Produce',
  1: 'Fetch',
  2: 'ListOffsets',
  3: 'Metadata',
  8: 'OffsetCommit',
  9: 'OffsetFetch',
  10: 'FindCoordinator',
  11: 'JoinGroup',
  12: 'Heartbeat',
  13: 'LeaveGroup',
  14: 'SyncGroup',
  17: 'SaslHandshake',
  18: 'ApiVersions',
  19: 'CreateTopics',
  20: 'DeleteTopics',
  22: 'InitProducerId',
  36: 'SaslAuthenticate',
};
const LAST_KEY = 92;
const LAST_VERSION = 24;
const MAX_FRAME = 0x1000_0000;

const ANY: FrameShape = {
  headBytes: 8,
  sizeOf: (head) => {
    const size = head.readInt32BE(0);
    return size >= 4 && size <= MAX_FRAME ? size + 4 : null;
  },
};

const REQUEST: FrameShape = {
  headBytes: 14,
  sizeOf: (head) => {
    const size = head.readInt32BE(0);
    const client = head.readInt16BE(12);
    const isRequest = head.readInt16BE(4) >= 0 && head.readInt16BE(4) <= LAST_KEY && head.readInt16BE(6) >= 0;
    if (!isRequest || head.readInt16BE(6) > LAST_VERSION || client < -1 || client > 256) return null;
    return size >= 10 && size <= MAX_FRAME ? size + 4 : null;
  },
};

/** Whether a client's first bytes are a request, which nearly always asks for versions; null where they are too few. */
export function beginsKafka(bytes: Buffer): boolean | null {
  if (bytes.length < 14) return bytes.length === 0 || bytes[0] === 0 ? null : false;
  const key = bytes.readInt16BE(4);
  const length = bytes.readInt16BE(12);
  if (REQUEST.sizeOf(bytes) === null || NAMES[key] === undefined) return false;
  // What stands where the name of the client does reads as one, and the frame has room for it.
  const client = bytes.toString('latin1', 14, 14 + Math.max(0, length));
  return /^[\x21-\x7e ]*$/.test(client) && bytes.readInt32BE(0) >= 10 + Math.max(0, length);
}

interface Asked {
  readonly key: number;
  readonly version: number;
  readonly topic: string | null;
}

export class KafkaReader implements StoreReader {
  readonly protocol = 'kafka';
  readonly sealed = null;
  readonly #options: StoreReaderOptions;
  readonly #queues: Readonly<Record<Way, FrameQueue>>;
  readonly #asked = new Map<number, Asked>();

  constructor(options: StoreReaderOptions) {
    this.#options = options;
    const keep = options.limits.messageBytes + 256;
    this.#queues = { out: new FrameQueue(keep), in: new FrameQueue(keep) };
  }

  data(way: Way, bytes: Buffer, isTurn: boolean): void {
    const queue = this.#queues[way];
    if (queue.isLost) {
      const begins = way === 'out' ? areFrames(bytes, REQUEST) : isTurn && this.#isAnswer(bytes);
      if (!begins) return;
      queue.resume();
    }
    queue.push(bytes);
    this.#drain(way);
  }

  lost(way: Way, bytes: number): void {
    this.#queues[way].lost(bytes);
    this.#drain(way);
  }

  end(): void {
    this.#asked.clear();
  }

  #isAnswer(bytes: Buffer): boolean {
    return bytes.length >= 8 && ANY.sizeOf(bytes) !== null && this.#asked.has(bytes.readInt32BE(4));
  }

  #drain(way: Way): void {
    const queue = this.#queues[way];
    const shape = way === 'out' ? REQUEST : ANY;
    for (let frame = queue.next(shape); frame !== null; frame = queue.next(shape)) {
      if (way === 'out') this.#request(frame);
      else this.#answer(frame);
    }
  }

  #request(frame: Frame): void {
    const { bytes, size } = frame;
    const key = bytes.readInt16BE(4);
    const version = bytes.readInt16BE(6);
    const start = 14 + Math.max(0, bytes.readInt16BE(12));
    const topic = key === PRODUCE ? producedTopic(bytes, start, version) : null;
    this.#asked.set(bytes.readInt32BE(8), { key, version, topic });
    for (const oldest of this.#asked.keys()) {
      if (this.#asked.size <= this.#options.limits.remembered) break;
      this.#asked.delete(oldest);
    }
    const sample = this.#sample(frame);
    if (key === PRODUCE) addRecords(bytes, start, sample);
    this.#hear('out', key, topic, sample, size);
  }

  #answer(frame: Frame): void {
    const { bytes, size } = frame;
    const correlation = bytes.readInt32BE(4);
    const asked = this.#asked.get(correlation);
    this.#asked.delete(correlation);
    const sample = this.#sample(frame);
    const isFetch = asked?.key === FETCH;
    const topic = isFetch ? fetchedTopic(bytes, asked.version) : (asked?.topic ?? null);
    if (isFetch) addRecords(bytes, 8, sample);
    this.#hear('in', asked?.key ?? null, topic, sample, size);
  }

  #sample(frame: Frame): TextSample {
    const sample = new TextSample(this.#options.limits.messageBytes);
    if (!frame.isWhole) sample.note(SAMPLED);
    return sample;
  }

  #hear(way: Way, key: number | null, topic: string | null, sample: TextSample, bytes: number): void {
    this.#options.hear({
      way,
      operation: key === null ? null : (NAMES[key] ?? `api ${key}`),
      database: null,
      resource: topic,
      texts: sample.texts,
      bytes,
      coverage: sample.coverage,
    });
  }
}

/** The first topic of a Produce request: from version 9 on lengths are short, from 13 on topics have numbers. */
function producedTopic(bytes: Buffer, start: number, version: number): string | null {
  if (version >= 13) return null;
  if (version >= 9) {
    let at = start + 1; // no tagged fields
    at += Math.max(0, (bytes[at] ?? 0) - 1) + 1; // transaction
    return compactText(bytes, at + 2 + 4 + 1);
  }
  let at = start;
  if (version >= 3) at += 2 + Math.max(0, at + 2 <= bytes.length ? bytes.readInt16BE(at) : 0);
  return text(bytes, at + 2 + 4 + 4);
}

function fetchedTopic(bytes: Buffer, version: number): string | null {
  if (version >= 13) return null;
  if (version >= 12) return compactText(bytes, 8 + 1 + 4 + 2 + 4 + 1);
  return text(bytes, 8 + (version >= 1 ? 4 : 0) + (version >= 7 ? 6 : 0) + 4);
}

const TOPIC = /^[A-Za-z0-9._-]{1,249}$/;

function text(bytes: Buffer, at: number): string | null {
  if (at + 2 > bytes.length) return null;
  return topicOf(bytes.toString('latin1', at + 2, at + 2 + Math.max(0, bytes.readInt16BE(at))));
}

function compactText(bytes: Buffer, at: number): string | null {
  const first = bytes[at] ?? 0;
  const isLong = first >= 0x80;
  const length = (isLong ? (first & 0x7f) | ((bytes[at + 1] ?? 0) << 7) : first) - 1;
  const start = at + (isLong ? 2 : 1);
  return topicOf(bytes.toString('latin1', start, start + Math.max(0, length)));
}

function topicOf(name: string): string | null {
  return TOPIC.test(name) ? name : null;
}
