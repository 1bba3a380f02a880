/**
 * Bundles of policies on the bus: the signed documents in an object store, and which of them is the newest in a bucket that
 * nodes watch. Whoever may write there can put anything in; a node believes nothing of it but a bundle's own signature.
 */
import { createHash } from 'node:crypto';
import type { ObjectStore } from '@nats-io/obj';
import type { NatsConnection } from '@nats-io/transport-node';
import { openBucket } from './bucket.ts';
import type { Bus } from './bus.ts';

/** What the bucket says of a bundle. Not signed: a hint where to look. */
export interface ShelfEntry {
  readonly name: string;
  readonly version: number;
  /** In the object store. */
  readonly object: string;
  readonly bytes: number;
  /** Under which the object's bytes lie, where they are one message; null for more. */
  readonly chunk: string | null;
  /** When it was published, RFC 3339, by the clock of the bus. */
  readonly at: string;
  /** Of the entry. */
  readonly revision: number;
}

export type ShelfFetched =
  | { readonly kind: 'fetched'; readonly bytes: Buffer; readonly tag: string }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly about: Pick<ShelfEntry, 'name' | 'version'>; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };

export const POLICIES_BUCKET = 'weir-policies';
export const BUNDLE_OBJECTS = 'weir-bundles';
/** What fits of a name into a key, as bundles are named. */
const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
/** The library's unique ids. */
const NUID = /^[0-9A-Za-z]{22}$/;
/** Earlier versions that stay, for whoever is just fetching one and for people. */
const KEPT = 10;
const ENTRY_BYTES = 4096;

export type Published =
  | { readonly kind: 'published'; readonly entry: Omit<ShelfEntry, 'at'> }
  /** One of the same name is there that is as new. */
  | { readonly kind: 'older'; readonly version: number };

/** Puts a bundle on the bus. Throws what the library throws, and where another was published meanwhile. */
export async function publishOnBus(
  connection: NatsConnection,
  { name, version, bytes }: { readonly name: string; readonly version: number; readonly bytes: Buffer },
  isForced: boolean,
): Promise<Published> {
  const bucket = await policiesBucket(connection);
  const present = entryOf(await bucket.get(name));
  if (present !== null && present.version >= version && !isForced) {
    return { kind: 'older', version: present.version };
  }
  const objects = await bundleObjects(connection);
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  const object = `${name}-${version}-${digest}`;
  const { nuid, chunks } = await objects.putBlob({ name: object }, bytes);
  const value = { name, version, object, bytes: bytes.length, chunk: chunks === 1 ? nuid : null };
  const revision = await bucket.put(name, JSON.stringify(value), { previousSeq: present?.revision ?? 0 });
  await sweep(objects, name, object);
  return { kind: 'published', entry: { ...value, revision } };
}

/** The newest of each name. Throws what the library throws. */
export async function publishedOnBus(connection: NatsConnection): Promise<readonly ShelfEntry[]> {
  const bucket = await policiesBucket(connection);
  const entries: ShelfEntry[] = [];
  for await (const key of await bucket.keys()) {
    const entry = entryOf(await bucket.get(key));
    if (entry !== null) entries.push(entry);
  }
  return entries;
}

/** Of older objects the newest few stay. That some are left over is no harm. */
async function sweep(objects: ObjectStore, name: string, present: string): Promise<void> {
  const others = (await objects.list())
    .filter((info) => !info.deleted && info.name !== present && versionIn(info.name, name) !== null)
    .toSorted((a, b) => Date.parse(b.mtime) - Date.parse(a.mtime));
  for (const { name: object } of others.slice(KEPT)) await objects.delete(object).catch(() => {});
}

function versionIn(object: string, name: string): string | null {
  const rest = object.startsWith(`${name}-`) ? object.slice(name.length + 1) : '';
  return /^(\d+)-[0-9a-f]{16}$/.exec(rest)?.[1] ?? null;
}

export interface PolicyShelfOptions {
  /** The bundles of this name alone; null for the newest of all. */
  readonly name: () => string | null;
  readonly maxBytes: number;
  /** There is something to fetch, or the bus has come back. */
  readonly onChange: () => void;
}

const FETCH_MS = 10_000;
const AGAIN_MS = 1000;
/** After a fetch that failed, and up to so much later, so that many nodes do not come at once. */
const RETRY_MS = 2000;

/** What a node sees of the bundles on the bus. */
export class PolicyShelf {
  readonly #bus: Bus;
  readonly #options: PolicyShelfOptions;
  readonly #newest = new Map<string, ShelfEntry>();
  #isClosed = false;
  #stop: () => void = () => {};
  #retry: NodeJS.Timeout | null = null;
  #objects: { readonly by: NatsConnection; readonly store: Promise<ObjectStore> } | null = null;

  /** Begins to watch. */
  constructor(bus: Bus, options: PolicyShelfOptions) {
    this.#bus = bus;
    this.#options = options;
    void this.#watch();
  }

  /**
   * Gets the newest bundle; `tag`: what the last one came with. Bounded in time and size. Never rejects; where it failed though
   * there is one, `onChange` is called again a little later.
   */
  async get(tag: string | null): Promise<ShelfFetched> {
    const { connection } = this.#bus;
    if (connection === null) return failed(this.#bus.problem ?? 'the bus is away');
    const got = await this.#getInTime(connection, tag);
    if (got.kind === 'failed' && this.#ofName() !== null && !this.#isClosed) {
      this.#retry ??= setTimeout(
        () => {
          this.#retry = null;
          if (!this.#isClosed) this.#options.onChange();
        },
        RETRY_MS * (1 + Math.random()),
      ).unref();
    }
    return got;
  }

  async #getInTime(connection: NatsConnection, tag: string | null): Promise<ShelfFetched> {
    const ended = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<ShelfFetched>((resolve) => {
      timer = setTimeout(() => resolve(failed(`the bus did not send a bundle within ${FETCH_MS / 1000} s`)), FETCH_MS);
    });
    try {
      return await Promise.race([this.#get(connection, tag, ended.signal), late]);
    } catch (error) {
      return failed(`the bus does not give the bundle (${error instanceof Error ? error.name : 'unknown reason'})`);
    } finally {
      clearTimeout(timer);
      ended.abort();
    }
  }

  close(): void {
    this.#isClosed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#stop();
  }

  async #get(connection: NatsConnection, tag: string | null, ended: AbortSignal): Promise<ShelfFetched> {
    const entry = this.#ofName() ?? (await this.#look(connection));
    if (entry === null) return failed('the bus has no bundle yet');
    const now = `${entry.object} ${entry.revision}`;
    if (now === tag) return { kind: 'unchanged' };
    const { maxBytes } = this.#options;
    // Most bundles are one message, and one question gets it: what lies there is judged by its signature.
    const whole = entry.chunk === null ? null : await chunkOf(connection, entry.chunk);
    if (whole !== null && whole.length === entry.bytes) return { kind: 'fetched', bytes: whole, tag: now };
    const objects = await this.#objectsOf(connection);
    const found = await objects.get(entry.object);
    if (found === null) return failed(`the bus names ${entry.name} ${entry.version}, and does not have it`);
    const { size } = found.info;
    if (size > maxBytes) return tooLong(entry, maxBytes);
    // Told by the end of the data too.
    found.error.catch(() => {});
    const reader = found.data.getReader();
    const chunks: Uint8Array[] = [];
    let length = 0;
    const stop = (): void => void reader.cancel().catch(() => {});
    ended.addEventListener('abort', stop, { once: true });
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        length += value.length;
        // What its writer says of its size need not be so.
        if (length > maxBytes) return tooLong(entry, maxBytes);
        chunks.push(value);
      }
    } catch {
      const about = { name: entry.name, version: entry.version };
      return { kind: 'refused', about, reason: 'it is damaged on the bus: its digest is another' };
    } finally {
      stop();
      ended.removeEventListener('abort', stop);
    }
    if (length !== size) return failed(`${entry.name} ${entry.version} on the bus is not whole`);
    return { kind: 'fetched', bytes: Buffer.concat(chunks), tag: now };
  }

  #objectsOf(by: NatsConnection): Promise<ObjectStore> {
    if (this.#objects?.by === by) return this.#objects.store;
    const store = bundleObjects(by);
    this.#objects = { by, store };
    store.catch(() => {
      if (this.#objects?.store === store) this.#objects = null;
    });
    return store;
  }

  /** Of those that the bus has told of. */
  #ofName(): ShelfEntry | null {
    const name = this.#options.name();
    return name === null ? newestOf([...this.#newest.values()]) : (this.#newest.get(name) ?? null);
  }

  async #look(connection: NatsConnection): Promise<ShelfEntry | null> {
    const name = this.#options.name();
    if (name === null) return newestOf(await publishedOnBus(connection));
    return entryOf(await (await policiesBucket(connection)).get(name));
  }

  async #watch(): Promise<void> {
    while (!this.#isClosed) {
      const connection = await this.#bus.ready();
      try {
        const bucket = await policiesBucket(connection);
        // What was published while the bus was away, and that there is nothing.
        this.#options.onChange();
        const entries = await bucket.watch({ key: '>' });
        this.#stop = () => entries.stop();
        if (this.#isClosed) return entries.stop();
        for await (const told of entries) {
          const entry = entryOf(told);
          if (entry === null || entry.revision <= (this.#newest.get(entry.name)?.revision ?? 0)) continue;
          this.#newest.set(entry.name, entry);
          const name = this.#options.name();
          if (name === null || name === entry.name) this.#options.onChange();
        }
      } catch {
        // The bus is away, or refuses: whoever fetches hears of it.
      }
      if (!this.#isClosed) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS).unref());
    }
  }
}

function newestOf(entries: readonly ShelfEntry[]): ShelfEntry | null {
  return entries.toSorted((a, b) => b.revision - a.revision)[0] ?? null;
}

function failed(reason: string): ShelfFetched {
  return { kind: 'failed', reason };
}

function tooLong({ name, version }: ShelfEntry, maxBytes: number): ShelfFetched {
  return { kind: 'refused', about: { name, version }, reason: `it is longer than ${maxBytes} bytes` };
}

/** Null for what is none: anybody who may write there may have written it. */
function entryOf(
  entry: {
    readonly string: () => string;
    readonly operation: string;
    readonly revision: number;
    readonly created: Date;
  } | null,
): ShelfEntry | null {
  if (entry === null || entry.operation !== 'PUT') return null;
  let value: Readonly<Record<string, unknown>>;
  try {
    value = Object(JSON.parse(entry.string()));
  } catch {
    return null;
  }
  const { name, version, object, bytes, chunk } = value;
  if (typeof name !== 'string' || !NAME.test(name) || typeof object !== 'string' || object.length > 200) return null;
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || typeof bytes !== 'number') return null;
  const of = { name, version, object, bytes, chunk: typeof chunk === 'string' && NUID.test(chunk) ? chunk : null };
  return { ...of, at: entry.created.toISOString(), revision: entry.revision };
}

async function policiesBucket(connection: NatsConnection) {
  return await openBucket(connection, {
    name: POLICIES_BUCKET,
    description: 'which bundle of policies is the newest',
    ttlMs: 0,
    maxBytes: null,
    maxValueBytes: ENTRY_BYTES,
    isExact: true,
  });
}

async function bundleObjects(connection: NatsConnection): Promise<ObjectStore> {
  const { Objm } = await import('@nats-io/obj');
  const manager = new Objm(connection);
  return await manager.create(BUNDLE_OBJECTS, { description: 'signed bundles of policies' });
}

/** The only message of an object; null where it is not there, or the bus does not give single ones. */
async function chunkOf(connection: NatsConnection, chunk: string): Promise<Buffer | null> {
  const { jetstreamManager } = await import('@nats-io/jetstream');
  const manager = await jetstreamManager(connection, { checkAPI: false });
  try {
    const message = await manager.direct.getMessage(`OBJ_${BUNDLE_OBJECTS}`, {
      last_by_subj: `$O.${BUNDLE_OBJECTS}.C.${chunk}`,
    });
    return message === null ? null : Buffer.from(message.data);
  } catch {
    return null; // The object store's own way is asked next.
  }
}
