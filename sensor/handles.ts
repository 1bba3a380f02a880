/**
 * The TLS handles of all processes: whether what goes through one is asked for, and if so its plaintext put together. A write
 * counts when the library has taken it, so that one that is tried again is not there twice. Bounded; never throws.
 */
import type { Verdict } from './commands.ts';
import type { SensorFrame, Task, TlsDataFrame, TlsHandle } from './frame-types.ts';
import { Handle } from './reassemble/handle.ts';
import type { HeardExchange, Way } from './reassemble/heard.ts';
import { HEARING_LIMITS, type HearingLimits, Room } from './reassemble/room.ts';

type Of<T extends SensorFrame['type']> = Extract<SensorFrame, { readonly type: T }>;

export interface TlsConnection {
  readonly task: Task;
  readonly handle: TlsHandle;
  /** Canonical; that the program set on the handle. */
  name: string | null;
  /** The Host that was said through it, for one without a name. */
  authority: string | null;
  /** Of its socket; 0 where it is not known. */
  cookie: number;
  verdict: 'undecided' | 'capture' | 'ignore';
  /** Whether any exchange was heard. */
  isHeard: boolean;
}

export interface HandlesOptions {
  readonly roomBytes: number;
  readonly limits?: Partial<HearingLimits>;
  readonly hearsAnswers: boolean;
  readonly canonical: (name: string) => string | null;
  /** Whether its payload is asked for, by all that is known of it now. */
  readonly decide: (connection: TlsConnection) => boolean;
  /** Tells the kernel. */
  readonly tell: (connection: TlsConnection, verdict: Verdict) => void;
  readonly hear: (connection: TlsConnection, exchange: HeardExchange) => void;
  /** It is over, or nothing more of it is read. */
  readonly over: (connection: TlsConnection) => void;
}

interface Pending {
  readonly call: number;
  readonly pieces: { readonly offset: number; readonly at: number; readonly bytes: Buffer }[];
  bytes: number;
}

interface Entry extends TlsConnection {
  reader: Handle | null;
  readonly pending: Record<Way, Pending | null>;
}

const MAX_HANDLES = 50_000;
const MAX_PENDING_BYTES = 256 * 1024;
/** An answer may be thought about for minutes. */
const IDLE_MS = 600_000;

export class Handles {
  readonly #options: HandlesOptions;
  readonly #limits: HearingLimits;
  readonly #room: Room;
  readonly #entries = new Map<string, Entry>();

  constructor(options: HandlesOptions) {
    this.#options = options;
    this.#limits = { ...HEARING_LIMITS, ...options.limits };
    this.#room = new Room(options.roomBytes);
  }

  get size(): number {
    return this.#entries.size;
  }

  get keptBytes(): number {
    return this.#room.usedBytes;
  }

  open(frame: Of<'tls-open'>, at: number): void {
    this.#find(frame, at, frame.cookie);
  }

  socket(frame: Of<'tls-socket'>, at: number): void {
    this.#find(frame, at, frame.cookie);
  }

  name(frame: Of<'tls-name'>, at: number): void {
    const entry = this.#find(frame, at, 0);
    entry.name = this.#options.canonical(frame.name);
    if (entry.name !== null) this.#decide(entry, frame.verdict === 1 ? 'capture' : 'undecided', at);
  }

  data(frame: TlsDataFrame, at: number): void {
    const entry = this.#find(frame, at, frame.cookie);
    if (entry.verdict === 'undecided') {
      if (frame.isPeek && frame.way === 'out') entry.authority ??= hostIn(frame.bytes, this.#options.canonical);
      // The answer alone does not say where it comes from.
      this.#decide(entry, frame.isPeek ? 'undecided' : 'capture', at);
    }
    if (entry.verdict !== 'capture') return;
    if (frame.isPending) this.#wait(entry, frame, at);
    else this.#take(entry, frame.way, frame.offset, frame.bytes, frame, at);
  }

  done({ call, taken, way, ...frame }: Of<'tls-done'>, at: number): void {
    const entry = this.#entries.get(keyOf(frame));
    const pending = entry?.pending[way] ?? null;
    if (entry === undefined || pending === null || pending.call !== call) return;
    entry.pending[way] = null;
    let end = 0;
    for (const piece of pending.pieces) {
      const bytes = piece.bytes.subarray(0, Math.max(0, taken - piece.at));
      end = piece.at + bytes.length;
      if (bytes.length > 0) this.#reader(entry).take(way, piece.offset, bytes, at);
    }
    if (taken > end) this.#reader(entry).miss(way, frame.offset, at);
    this.#room.give(pending.bytes);
  }

  close(frame: Of<'tls-close'>, at: number): void {
    const key = keyOf(frame);
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    if (entry.verdict === 'capture' && entry.reader !== null) {
      entry.reader.miss('out', frame.bytesOut, at);
      entry.reader.miss('in', frame.bytesIn, at);
    }
    this.#end(key, entry, at);
  }

  /** The process has ended, and all of its handles with it. */
  exit(task: Task, at: number): void {
    const prefix = `${task.tgid} `;
    for (const [key, entry] of this.#entries) {
      if (key.startsWith(prefix) && entry.task.startNs === task.startNs) this.#end(key, entry, at);
    }
  }

  /** What has waited for long is told as it is. */
  settle(at: number): void {
    for (const { reader } of this.#entries.values()) reader?.settle(at - IDLE_MS, at);
  }

  /** Nothing more comes: the loader is gone. */
  endAll(at: number): void {
    for (const [key, entry] of [...this.#entries]) this.#end(key, entry, at);
  }

  #find(frame: { readonly task: Task; readonly handle: TlsHandle }, at: number, cookie: number): Entry {
    const key = keyOf(frame);
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      const { task, handle } = frame;
      entry = {
        task,
        handle,
        name: null,
        authority: null,
        cookie,
        verdict: 'undecided',
        isHeard: false,
        reader: null,
        pending: { out: null, in: null },
      };
      this.#entries.set(key, entry);
      const [oldest] = this.#entries;
      if (oldest !== undefined && this.#entries.size > MAX_HANDLES) this.#end(oldest[0], oldest[1], at);
      if (handle.role === 'server') this.#ignore(entry);
    }
    if (cookie !== 0) entry.cookie = cookie;
    return entry;
  }

  /** `kernels`: what the kernel does with it by itself. */
  #decide(entry: Entry, kernels: 'capture' | 'undecided', at: number): void {
    if (entry.verdict === 'ignore' && entry.handle.role === 'server') return;
    const isAsked = this.#options.decide(entry);
    if (isAsked) {
      if (kernels !== 'capture') this.#options.tell(entry, 'capture');
      entry.verdict = 'capture';
      return;
    }
    entry.reader?.end(at);
    this.#ignore(entry);
  }

  #ignore(entry: Entry): void {
    entry.verdict = 'ignore';
    entry.reader = null;
    for (const way of ['out', 'in'] as const) this.#drop(entry, way);
    this.#options.tell(entry, 'ignore');
    this.#options.over(entry);
  }

  #reader(entry: Entry): Handle {
    entry.reader ??= new Handle({
      room: this.#room,
      limits: this.#limits,
      hearsAnswers: this.#options.hearsAnswers,
      isFromStart: !entry.handle.isLate,
      hear: (exchange) => {
        entry.isHeard = true;
        this.#options.hear(entry, exchange);
      },
      isServer: () => this.#ignore(entry),
    });
    return entry.reader;
  }

  #take(entry: Entry, way: Way, offset: number, bytes: Buffer, frame: TlsDataFrame, at: number): void {
    this.#reader(entry).take(way, offset, bytes, at);
    // Of the call more was said than was copied.
    if (frame.isTruncated && entry.verdict === 'capture') {
      this.#reader(entry).miss(way, offset + (frame.total - frame.at), at);
    }
  }

  #wait(entry: Entry, { way, call, offset, at: place, bytes }: TlsDataFrame, at: number): void {
    let pending = entry.pending[way];
    if (pending !== null && pending.call !== call) {
      // What became of it was lost: whether it was taken, the offset of the next one tells.
      this.#drop(entry, way);
      pending = null;
    }
    if (pending === null) {
      pending = { call, pieces: [], bytes: 0 };
      entry.pending[way] = pending;
    }
    if (pending.bytes + bytes.length > MAX_PENDING_BYTES) return;
    const granted = this.#room.take(bytes.length);
    if (granted < bytes.length) {
      this.#room.give(granted);
      this.#reader(entry).miss(way, offset, at);
      return;
    }
    pending.bytes += bytes.length;
    pending.pieces.push({ offset, at: place, bytes: Buffer.from(bytes) });
  }

  #drop(entry: Entry, way: Way): void {
    this.#room.give(entry.pending[way]?.bytes ?? 0);
    entry.pending[way] = null;
  }

  #end(key: string, entry: Entry, at: number): void {
    this.#entries.delete(key);
    for (const way of ['out', 'in'] as const) this.#drop(entry, way);
    entry.reader?.end(at);
    entry.reader = null;
    if (entry.verdict !== 'ignore') this.#options.over(entry);
  }
}

function keyOf({ task, handle }: { readonly task: Task; readonly handle: TlsHandle }): string {
  return `${task.tgid} ${handle.address} ${handle.generation}`;
}

/** The Host of a request of HTTP/1 in its first bytes. */
function hostIn(bytes: Buffer, canonical: (name: string) => string | null): string | null {
  const [, authority] = /\r?\nhost:[ \t]*([^\r\n]+)\r?\n/i.exec(bytes.toString('latin1')) ?? [];
  return authority === undefined ? null : canonical(authority.replace(/:\d+$/, ''));
}
