/**
 * MongoDB's wire protocol (its documentation, "MongoDB Wire Protocol"): OP_MSG with its sections, OP_QUERY and OP_REPLY of the
 * greeting of older drivers. Documents are walked field by field. A compressed message is counted and not read.
 */
import { opaque } from '../../flow/coverage.ts';
import { bsonHead, walkBson } from './bson.ts';
import { areFrames, type Frame, FrameQueue, type FrameShape } from './frame-queue.ts';
import type { StoreReader, StoreReaderOptions, Way } from './store-message.ts';
import { SAMPLED, TextSample } from './text-sample.ts';

const HEAD = 16;
const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_COMPRESSED = 2012;
const OP_MSG = 2013;
const OPS: ReadonlySet<number> = new Set([OP_REPLY, 2001, 2002, OP_QUERY, 2005, 2006, 2007, OP_COMPRESSED, OP_MSG]);
/** maxMessageSizeBytes of a server. */
const MAX_MESSAGE = 48_000_000;
const MORE_TO_COME = 2;
const CHECKSUM = 1;

const MESSAGE: FrameShape = {
  headBytes: HEAD,
  sizeOf: (head) => {
    const size = head.readInt32LE(0);
    return OPS.has(head.readInt32LE(12)) && size >= HEAD && size <= MAX_MESSAGE ? size : null;
  },
};

/** Whether a client's first bytes are a request; null where they are too few. */
export function beginsMongodb(bytes: Buffer): boolean | null {
  if (bytes.length < HEAD) return bytes.length < 4 || bytes.readInt32LE(0) >= HEAD ? null : false;
  const op = bytes.readInt32LE(12);
  const isRequest = op === OP_QUERY || op === OP_MSG || op === OP_COMPRESSED;
  return isRequest && MESSAGE.sizeOf(bytes) !== null && bytes.readInt32LE(8) === 0;
}

/** Fields of a command that are said of the session and not of any data. */
const UNSEEN: ReadonlySet<string> = new Set([
  ...['$db', 'lsid', '$clusterTime', 'txnNumber', '$readPreference', 'readConcern', 'writeConcern', 'apiVersion'],
  ...['operationTime', 'ok', 'topologyVersion', 'electionId', 'opTime', 'signature', 'cursor.id'],
]);
/** What signs in or greets. */
const SIGN_IN =
  /^(?:hello|ismaster|sasl|authenticate|getnonce|createuser|updateuser|logout|ping|buildinfo|endsessions)/i;

interface Asked {
  readonly operation: string;
  readonly database: string | null;
  readonly collection: string | null;
}

export class MongodbReader implements StoreReader {
  readonly protocol = 'mongodb';
  readonly sealed = null;
  readonly #options: StoreReaderOptions;
  readonly #queues: Readonly<Record<Way, FrameQueue>>;
  /** By the number of the request. */
  readonly #asked = new Map<number, Asked>();

  constructor(options: StoreReaderOptions) {
    this.#options = options;
    const keep = options.limits.messageBytes + 64;
    this.#queues = { out: new FrameQueue(keep), in: new FrameQueue(keep) };
  }

  data(way: Way, bytes: Buffer): void {
    const queue = this.#queues[way];
    if (queue.isLost) {
      if (!areFrames(bytes, MESSAGE)) return;
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

  #drain(way: Way): void {
    for (let frame = this.#queues[way].next(MESSAGE); frame !== null; frame = this.#queues[way].next(MESSAGE)) {
      this.#message(way, frame);
    }
  }

  #message(way: Way, { bytes, size, isWhole }: Frame): void {
    const request = bytes.readInt32LE(4);
    const answered = bytes.readInt32LE(8);
    const op = bytes.readInt32LE(12);
    const sample = new TextSample(this.#options.limits.messageBytes);
    if (!isWhole) sample.note(SAMPLED);
    let asked: Asked | null = way === 'in' ? (this.#asked.get(answered) ?? null) : null;
    if (op === OP_COMPRESSED) {
      sample.note(opaque('compressed'));
    } else if (op === OP_MSG) {
      const more = this.#sections(bytes, way === 'out', sample, asked);
      asked ??= more.asked;
      if (way === 'in' && !more.hasMore) this.#asked.delete(answered);
    } else if (op === OP_QUERY) {
      const end = bytes.indexOf(0, HEAD + 4);
      const [database = ''] = bytes.toString('utf8', HEAD + 4, end === -1 ? bytes.length : end).split('.');
      asked = { operation: 'query', database, collection: null };
    }
    if (way === 'out' && asked !== null) this.#remember(request, asked);
    const { operation = null, database = null, collection = null } = asked ?? {};
    this.#options.hear({
      way,
      operation,
      database,
      resource: collection,
      texts: sample.texts,
      bytes: size,
      coverage: sample.coverage,
    });
  }

  /** One document with the command or the answer, and lists of documents beside it. */
  #sections(
    bytes: Buffer,
    isRequest: boolean,
    sample: TextSample,
    known: Asked | null,
  ): { readonly asked: Asked | null; readonly hasMore: boolean } {
    if (bytes.length < HEAD + 5) return { asked: null, hasMore: false };
    const flags = bytes.readUInt32LE(HEAD);
    const end = (flags & CHECKSUM) !== 0 ? bytes.length - 4 : bytes.length;
    let asked: Asked | null = null;
    for (let at = HEAD + 4; at + 5 <= end; ) {
      const kind = bytes[at];
      const size = bytes.readInt32LE(at + 1);
      if (size < 5) break;
      if (kind === 0) {
        if (isRequest) asked = commandOf(bytes, at + 1);
        if (!SIGN_IN.test((asked ?? known)?.operation ?? '')) {
          walkBson(bytes, at + 1, sample, {
            path: '',
            takes: (name) => !UNSEEN.has(name) && name !== asked?.operation,
          });
        }
      } else if (kind === 1) {
        walkSequence(bytes, at + 1, Math.min(end, at + 1 + size), sample);
      } else {
        break;
      }
      at += 1 + size;
    }
    return { asked, hasMore: (flags & MORE_TO_COME) !== 0 };
  }

  #remember(request: number, asked: Asked): void {
    this.#asked.set(request, asked);
    for (const oldest of this.#asked.keys()) {
      if (this.#asked.size <= this.#options.limits.remembered) break;
      this.#asked.delete(oldest);
    }
  }
}

/** The name of a command's first field is the command, its value the collection. */
function commandOf(bytes: Buffer, at: number): Asked {
  const head = bsonHead(bytes, at, ['$db', 'collection']);
  return {
    operation: head.get('') ?? 'unknown',
    database: head.get('$db') ?? null,
    collection: head.get('=') ?? head.get('collection') ?? null,
  };
}

/** `documents`, `updates`, `deletes`: a name, then documents. */
function walkSequence(bytes: Buffer, start: number, end: number, sample: TextSample): void {
  const nameEnd = bytes.indexOf(0, start + 4);
  if (nameEnd === -1 || nameEnd >= end) return;
  const name = bytes.toString('utf8', start + 4, nameEnd);
  let index = 0;
  for (let at = nameEnd + 1; at + 5 <= end && !sample.isFull; index++) {
    const size = walkBson(bytes, at, sample, { path: `/${name.replaceAll('/', '~1')}/${index}` });
    if (size === 0) return;
    at += size;
  }
  if (sample.isFull) sample.note(SAMPLED);
}
