/**
 * Live updates as server-sent events (WHATWG HTML § 9.2): one source of updates, many clients. Nobody is waited for: a client
 * that does not keep up gets a snapshot instead of what it missed, and one that takes nothing is let go.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { GUARDS, sendJson } from '../answers.ts';
import type { Of } from './schema.ts';
import type { streamMessage } from './shapes.ts';
import type { Visitor } from './sign-in.ts';

type Message = Of<typeof streamMessage>;
export type Snapshot = Extract<Message, { readonly kind: 'snapshot' }>;
export type Update = Extract<Message, { readonly kind: 'update' }>;

export interface StreamOptions {
  /** How things are now; null where that cannot be told. */
  readonly snapshot: () => Promise<Snapshot | null>;
  /** Whether somebody is still let in. */
  readonly isStillIn: (visitor: Visitor) => boolean;
  /** Somebody listens again: what nobody wanted to know is not to be told now. */
  readonly onHeard: () => void;
  readonly heartbeatMs?: number;
  readonly lingerMs?: number;
}

const MAX_CLIENTS = 60;
const MAX_OF_ONE = 10;
const KEPT_MESSAGES = 240;
const KEPT_BYTES = 2 * 1024 * 1024;
/** What may wait in a connection. */
const MAX_WAITING_BYTES = 256 * 1024;
const HEARTBEAT_MS = 15_000;
const STUCK_HEARTBEATS = 4;
const RETRY_MS = 2000;
/** Whoever comes back within it is told what was missed. */
const LINGER_MS = 60_000;

interface Client {
  readonly visitor: Visitor;
  readonly response: ServerResponse;
  /** True from the first message that it missed until its snapshot. */
  isBehind: boolean;
  stuck: number;
}

interface Kept {
  readonly number: number;
  readonly text: string;
}

export class LiveStream {
  readonly #options: StreamOptions;
  /** Of this process: what another one sent is not at hand here. */
  readonly #epoch = randomBytes(6).toString('hex');
  readonly #clients = new Set<Client>();
  #kept: Kept[] = [];
  #keptBytes = 0;
  #number = 0;
  readonly #heart: NodeJS.Timeout;
  #isHeard = false;
  #lingering: NodeJS.Timeout | null = null;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#heart = setInterval(() => this.#beat(), options.heartbeatMs ?? HEARTBEAT_MS).unref();
  }

  /** Whether updates are wanted. */
  get isHeard(): boolean {
    return this.#isHeard;
  }

  /** Takes a connection over. */
  open(request: IncomingMessage, response: ServerResponse, visitor: Visitor): void {
    const ofOne = [...this.#clients].filter((client) => client.visitor.key === visitor.key).length;
    if (this.#clients.size >= MAX_CLIENTS || ofOne >= MAX_OF_ONE) {
      response.setHeader('Retry-After', '10');
      return sendJson(response, 429, { error: 'too many streams are open', code: 'too_many' });
    }
    response.writeHead(200, {
      ...GUARDS,
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
      // Proxies that would gather an answer before they pass it on.
      'X-Accel-Buffering': 'no',
    });
    response.write(`retry: ${RETRY_MS}\n\n`);
    const client: Client = { visitor, response, isBehind: false, stuck: 0 };
    this.#clients.add(client);
    if (this.#lingering !== null) clearTimeout(this.#lingering);
    if (!this.#isHeard) {
      this.#isHeard = true;
      this.#options.onHeard();
    }
    response.once('close', () => {
      this.#clients.delete(client);
      if (this.#clients.size === 0) this.#linger();
    });
    response.on('error', () => {}); // `close` follows
    response.on('drain', () => {
      client.stuck = 0;
      if (client.isBehind) void this.#catchUp(client);
    });
    const missed = this.#since(lastIdOf(request));
    if (missed === null) void this.#catchUp(client);
    else for (const { text } of missed) this.#write(client, text);
  }

  /** Tells everybody; at most twice a second is the caller's to see to. */
  publish(update: Update): void {
    const number = ++this.#number;
    const kept = { number, text: this.#text(number, update) };
    this.#kept.push(kept);
    this.#keptBytes += kept.text.length;
    while (this.#kept.length > KEPT_MESSAGES || this.#keptBytes > KEPT_BYTES) {
      this.#keptBytes -= this.#kept.shift()?.text.length ?? 0;
    }
    for (const client of this.#clients) if (!client.isBehind) this.#write(client, kept.text);
  }

  close(): void {
    clearInterval(this.#heart);
    if (this.#lingering !== null) clearTimeout(this.#lingering);
    for (const { response } of this.#clients) response.destroy();
  }

  #linger(): void {
    if (this.#lingering !== null) clearTimeout(this.#lingering);
    this.#lingering = setTimeout(() => {
      this.#isHeard = false;
      // From here on there is a gap, which only a snapshot closes.
      this.#kept = [];
      this.#keptBytes = 0;
      this.#number++;
    }, this.#options.lingerMs ?? LINGER_MS).unref();
  }

  #write(client: Client, text: string): void {
    const { response } = client;
    if (response.writableLength > MAX_WAITING_BYTES) {
      client.isBehind = true;
      return;
    }
    response.write(text);
  }

  /** What is published while the snapshot is made is in it, or follows it: its number is taken before. */
  async #catchUp(client: Client): Promise<void> {
    client.isBehind = true;
    const number = this.#number;
    const snapshot = await this.#options.snapshot();
    if (client.response.writableEnded || client.response.destroyed) return;
    // Without one the browser comes back for it.
    if (snapshot === null) return void client.response.end();
    client.isBehind = false;
    client.response.write(this.#text(number, snapshot));
    for (const kept of this.#kept) if (kept.number > number) this.#write(client, kept.text);
  }

  /** What came after an id; null where that is not at hand. */
  #since(id: string | null): readonly Kept[] | null {
    const [epoch, digits = ''] = id?.split('.') ?? [];
    if (epoch !== this.#epoch || !/^\d{1,15}$/.test(digits)) return null;
    const number = Number(digits);
    if (number === this.#number) return [];
    const oldest = this.#kept[0]?.number ?? Number.POSITIVE_INFINITY;
    if (number > this.#number || number < oldest - 1) return null;
    return this.#kept.filter((kept) => kept.number > number);
  }

  #text(number: number, message: Message): string {
    return `id: ${this.#epoch}.${number}\ndata: ${JSON.stringify(message)}\n\n`;
  }

  #beat(): void {
    for (const client of this.#clients) {
      const { response, visitor } = client;
      if (!this.#options.isStillIn(visitor)) response.end();
      else if (response.writableLength > 0 && ++client.stuck >= STUCK_HEARTBEATS) response.destroy();
      else if (response.writableLength === 0) {
        client.stuck = 0;
        response.write(':\n\n');
      }
    }
  }
}

/** A browser sends the header when it comes back by itself, a page that opens a stream anew names it in the query. */
function lastIdOf(request: IncomingMessage): string | null {
  const header = request.headers['last-event-id'];
  if (typeof header === 'string' && header.length <= 100) return header;
  const query = new URLSearchParams((request.url ?? '').split('?', 2)[1] ?? '');
  const named = query.get('lastEventId');
  return named !== null && named.length <= 100 ? named : null;
}
