/** One receiver: gathers what it is to be told, makes a message of it at most once in so long, and sends what waits on disk. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Config, NotifyConfig } from '../../config/config.ts';
import type { Fleet } from '../../console/api/shapes.ts';
import { SEVERITIES } from '../../flow/decision.ts';
import type { Dialer } from '../../proxy/dialer.ts';
import { newUlid } from '../../store/ulid.ts';
import { type Message, signature, slackBody, stdoutLines, syslogLines, webhookBody } from './formats.ts';
import { isAsGraveAs, type Notice } from './notices.ts';
import { Outbox, type Waiting } from './outbox.ts';
import { noticeDialer, post, type Sent, sendSyslog } from './send.ts';

const MAX_ITEMS = 20;
/** Different ones that are kept until the next message; of further ones only their number. */
const MAX_GATHERED = 200;

/** What is gathered and not yet a message, as it is kept on disk. */
export interface Gathered {
  readonly items: readonly (Notice & { readonly times: number })[];
  readonly more: number;
  /** Unix ms. */
  readonly lastMade: number;
}

export interface NotifierOptions {
  readonly config: Config;
  readonly target: NotifyConfig;
  /** `notify` in home. */
  readonly folder: string;
  readonly log: (line: string) => void;
  readonly dialer?: Dialer;
  /** Takes lines for stdout. */
  readonly print?: (text: string) => void;
}

export class Notifier {
  /** The same as long as the entry of the configuration leads to the same place. */
  readonly id: string;
  /** For people; no path and no secret. */
  readonly name: string;
  readonly #options: NotifierOptions;
  readonly #outbox: Outbox;
  readonly #dialer: Dialer;
  readonly #items = new Map<string, Notice & { times: number }>();
  #more = 0;
  #lastMade = 0;
  #isSending = false;
  #sent = 0;
  #failed = 0;
  #lastError: string | null = null;
  #lastSent: string | null = null;

  constructor(options: NotifierOptions) {
    const { webhook, slack, syslog, when } = options.target;
    const place =
      webhook ?? slack ?? (syslog === null ? 'stdout' : `${syslog.transport}://${syslog.host}:${syslog.port}`);
    this.id = createHash('sha256')
      .update(JSON.stringify([place, when]))
      .digest('hex')
      .slice(0, 16);
    this.name =
      webhook !== null
        ? `webhook ${new URL(webhook).host}`
        : slack !== null
          ? `slack ${new URL(slack).host}`
          : syslog !== null
            ? `syslog ${place}`
            : 'stdout';
    this.#options = options;
    this.#outbox = new Outbox(join(options.folder, this.id));
    this.#dialer = options.dialer ?? noticeDialer(options.config, options.target);
  }

  /** Whether it wants to know. */
  wants({ kind, severity }: Pick<Notice, 'kind' | 'severity'>): boolean {
    const { when } = this.#options.target;
    return when.kinds.includes(kind) && isAsGraveAs(severity, when.severity);
  }

  add(notice: Notice): void {
    const known = this.#items.get(notice.group);
    if (known !== undefined) known.times++;
    else if (this.#items.size < MAX_GATHERED) this.#items.set(notice.group, { ...notice, times: 1 });
    else this.#more++;
  }

  get gathered(): Gathered {
    return { items: [...this.#items.values()], more: this.#more, lastMade: this.#lastMade };
  }

  restore({ items, more, lastMade }: Gathered): void {
    for (const item of items) this.#items.set(item.group, item);
    this.#more = more;
    this.#lastMade = lastMade;
  }

  /** Makes a message of what is gathered, where its time has come. True when it did. */
  make(now: number): boolean {
    if (this.#items.size === 0) return false;
    // A clock that was set back counts as time gone by.
    if (now >= this.#lastMade && now - this.#lastMade < this.#options.target.every) return false;
    const rank = (notice: Notice): number => SEVERITIES.indexOf(notice.severity);
    const all = [...this.#items.values()].toSorted((a, b) => rank(b) - rank(a) || (a.time < b.time ? -1 : 1));
    const items = all.slice(0, MAX_ITEMS);
    const more = this.#more + all.length - items.length;
    this.#outbox.put({ id: newUlid(), time: new Date(now).toISOString(), host: hostname(), items, more });
    this.#items.clear();
    this.#more = 0;
    this.#lastMade = now;
    return true;
  }

  /** Sends what waits and may be tried, one after the other. */
  async send(now: () => number): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      for (let waiting = this.#outbox.next(now()); waiting !== null; waiting = this.#outbox.next(now())) {
        const sent = await this.#try(waiting, now());
        if (sent.kind === 'failed') {
          this.#failed++;
          if (this.#lastError !== sent.reason)
            this.#options.log(`weir: notify: ${this.name}: ${sent.reason}; tried again`);
          this.#lastError = sent.reason;
          this.#outbox.failed(waiting, now());
          return;
        }
        if (sent.kind === 'gone') this.#options.log(`weir: notify: ${this.name}: ${sent.reason}; not tried again`);
        else {
          this.#sent++;
          this.#lastError = null;
          this.#lastSent = new Date(now()).toISOString();
        }
        this.#outbox.done(waiting);
      }
    } finally {
      this.#isSending = false;
    }
  }

  get state(): Fleet['notify'][number] {
    const [sent, failed, lastError, lastSent] = [this.#sent, this.#failed, this.#lastError, this.#lastSent];
    return {
      name: this.name,
      waiting: this.#outbox.size + (this.#items.size > 0 ? 1 : 0),
      sent,
      failed,
      lastError,
      lastSent,
    };
  }

  async #try({ message }: Waiting, now: number): Promise<Sent> {
    const { webhook, slack, syslog, secret, private: isPrivate } = this.#options.target;
    if (webhook !== null) {
      const body = webhookBody(message);
      const key = secret ?? homeSecret(this.#options.folder);
      // Signed anew each time: a receiver refuses what is old.
      const headers = {
        'x-weir-delivery': message.id,
        'x-weir-signature': signature(key, Math.floor(now / 1000), body),
      };
      return await post(this.#dialer, webhook, headers, body);
    }
    if (slack !== null) return await post(this.#dialer, slack, {}, slackBody(message));
    if (syslog !== null) return await sendSyslog(this.#dialer, syslog, isPrivate, syslogLines(message, process.pid));
    return this.#print(message);
  }

  #print(message: Message): Sent {
    try {
      (this.#options.print ?? ((text) => writeSync(1, text)))(stdoutLines(message));
      return { kind: 'sent' };
    } catch (error) {
      return { kind: 'failed', reason: error instanceof Error && 'code' in error ? String(error.code) : 'stdout' };
    }
  }
}

/** Made once; what the receiver is given to check signatures with. */
export function homeSecret(folder: string): string {
  const file = join(folder, 'secret');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    writeFileSync(file, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  } catch {
    // It is there.
  }
  return readFileSync(file, 'utf8').trim();
}
