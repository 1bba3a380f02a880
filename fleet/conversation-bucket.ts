/**
 * Conversations in a bucket of the bus: names that find a conversation, and the conversations, all of it sealed. What is
 * written is acknowledged; a change goes through only where nobody was faster. Nothing waits longer than it may: after a
 * failure nobody is asked for a moment, so that calls do not queue up behind a bus that is away.
 */
import type { KV, KvEntry } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { WeirError } from '../flow/errors.ts';
import type { SharedContent, SharedConversation, SharedConversations } from '../flow/fleet-conversation.ts';
import { openBucket } from './bucket.ts';
import type { ConversationSeal } from './conversation-seal.ts';

export interface ConversationBucketOptions {
  /** The connection while it stands; null while the bus is away. */
  readonly connection: () => NatsConnection | null;
  readonly seal: ConversationSeal;
  /** What each answer may take. */
  readonly waitMs: number;
  /** Of all conversations together; the oldest go first. Holds where the bucket is made by this. */
  readonly maxBytes: number;
  readonly now: () => number;
}

export const CONVERSATIONS_BUCKET = 'weir-conversations';
const TTL_MS = 24 * 3_600_000;
/** What a bus takes as one message is 1 MiB unless it is told otherwise. */
const MAX_VALUE_BYTES = 1_000_000;
/** For so long nobody asks after a failure. */
const REST_MS = 1000;

export class ConversationBucket implements SharedConversations {
  readonly #options: ConversationBucketOptions;
  #opened: { readonly by: NatsConnection; readonly bucket: Promise<KV> } | null = null;
  #restsUntil = 0;

  constructor(options: ConversationBucketOptions) {
    this.#options = options;
  }

  async find(key: string): Promise<SharedConversation | null> {
    const id = await this.#idOf(key);
    return id === null ? null : await this.read(id);
  }

  async read(id: string): Promise<SharedConversation> {
    const { seal } = this.#options;
    const name = conversationName(seal, id);
    const entry = await this.#ask((bucket) => bucket.get(name));
    const content = entry === null ? null : contentOf(this.#unsealed(name, entry));
    if (entry !== null && content !== null) return { id, content, revision: entry.revision };
    // Under an earlier key it is still to be read, and is written under the present one with the next token.
    for (const earlier of seal.earlierNamesOf('conversation', id)) {
      const before = await this.#ask((bucket) => bucket.get(`c.${earlier}`));
      const kept = before === null ? null : contentOf(this.#unsealed(`c.${earlier}`, before));
      if (kept !== null) return { id, content: kept, revision: entry?.revision ?? 0 };
    }
    // One that cannot be read is written over: its key is gone.
    return { id, content: null, revision: entry?.revision ?? 0 };
  }

  async begin(key: string, id: string): Promise<string> {
    const name = keyName(this.#options.seal, key);
    const sealed = this.#options.seal.seal(name, JSON.stringify({ id }));
    const made = await this.#write((bucket) => bucket.put(name, sealed, { previousSeq: 0, ...this.#timeout }));
    if (made !== null) return id;
    const present = await this.#idOf(key);
    if (present !== null) return present;
    await this.name(key, id);
    return id;
  }

  async save(id: string, { tokens, reserved }: SharedContent, revision: number): Promise<number | null> {
    const { seal } = this.#options;
    const name = conversationName(seal, id);
    const sealed = seal.seal(name, JSON.stringify({ tokens: [...tokens], reserved: [...reserved] }));
    if (sealed.length > MAX_VALUE_BYTES) {
      throw new WeirError(
        'conversations_unreachable',
        'a conversation has more tokens than the bus takes as one value',
      );
    }
    return await this.#write((bucket) => bucket.put(name, sealed, { previousSeq: revision, ...this.#timeout }));
  }

  async name(key: string, id: string): Promise<void> {
    const { seal } = this.#options;
    const name = keyName(seal, key);
    await this.#ask((bucket) => bucket.put(name, seal.seal(name, JSON.stringify({ id })), this.#timeout));
  }

  async #idOf(key: string): Promise<string | null> {
    const { seal } = this.#options;
    const names = [keyName(seal, key), ...seal.earlierNamesOf('key', key).map((name) => `n.${name}`)];
    for (const name of names) {
      const entry = await this.#ask((bucket) => bucket.get(name));
      const id = entry === null ? null : Object(this.#unsealed(name, entry)).id;
      if (typeof id === 'string') return id;
    }
    return null;
  }

  #unsealed(name: string, entry: KvEntry): unknown {
    if (entry.operation !== 'PUT') return null;
    const text = this.#options.seal.unseal(name, entry.value);
    return text === null ? null : JSON.parse(text);
  }

  get #timeout(): { readonly timeout: number } {
    return { timeout: this.#options.waitMs };
  }

  /** The revision; null where another was faster. */
  async #write(put: (bucket: KV) => Promise<number>): Promise<number | null> {
    return await this.#ask(async (bucket) => {
      try {
        return await put(bucket);
      } catch (error) {
        if (isWrongRevision(error)) return null;
        throw error;
      }
    });
  }

  async #ask<T>(ask: (bucket: KV) => Promise<T>): Promise<T> {
    const { connection, now, waitMs } = this.#options;
    const by = connection();
    if (by === null) throw unreachable('the bus is away');
    if (now() < this.#restsUntil) throw unreachable('the bus did not answer a moment ago');
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(unreachable(`the bus did not answer within ${waitMs} ms`)), waitMs);
    try {
      return await Promise.race([this.#bucket(by).then(ask), late]);
    } catch (error) {
      this.#restsUntil = now() + REST_MS;
      if (error instanceof WeirError) throw error;
      // The library's own words may hold a name; the kind of error says enough.
      throw unreachable(`the bus refuses it (${error instanceof Error ? error.name : 'unknown reason'})`, error);
    } finally {
      clearTimeout(timer);
    }
  }

  #bucket(by: NatsConnection): Promise<KV> {
    if (this.#opened?.by !== by) {
      const bucket = openBucket(by, {
        name: CONVERSATIONS_BUCKET,
        description: 'tokens of conversations of the proxies of a fleet, sealed by them',
        ttlMs: TTL_MS,
        maxBytes: this.#options.maxBytes,
        maxValueBytes: MAX_VALUE_BYTES + 1024,
        isExact: true,
      });
      this.#opened = { by, bucket };
      bucket.catch(() => {
        // Asked for again with the next question.
        if (this.#opened?.bucket === bucket) this.#opened = null;
      });
    }
    return this.#opened?.bucket ?? Promise.reject(unreachable('the bus is away'));
  }
}

function keyName(seal: ConversationSeal, key: string): string {
  return `n.${seal.nameOf('key', key)}`;
}

function conversationName(seal: ConversationSeal, id: string): string {
  return `c.${seal.nameOf('conversation', id)}`;
}

/** Null for what is none: another version may have written it. */
function contentOf(value: unknown): SharedContent | null {
  const { tokens, reserved } = Object(value);
  if (!Array.isArray(tokens) || !Array.isArray(reserved)) return null;
  return { tokens: new Map(tokens), reserved: new Set(reserved) };
}

/** JetStream's "wrong last sequence". */
function isWrongRevision(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 10071 || error.code === 10164);
}

function unreachable(message: string, cause?: unknown): WeirError {
  return new WeirError('conversations_unreachable', message, { cause });
}
