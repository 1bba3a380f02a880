/**
 * The messages of one exchange, in both directions: each is inspected when it is whole, and becomes the bytes that go on
 * in its place, or the end of the stream. It writes to nobody; the gates on either side do.
 */
import { COMPRESSED, envelope } from '../../engine/extract/envelopes.ts';
import { type Extraction, extract } from '../../engine/extract/extract.ts';
import {
  isLastMessage,
  type MessageEnvelope,
  type MessageProtocol,
  messageHeaders,
} from '../../engine/extract/message-protocols.ts';
import { decodePercent } from '../../engine/extract/percent.ts';
import type { Inspection } from '../../engine/inspect.ts';
import { type Carried, CarriedTokens } from '../../engine/transform/carried-tokens.ts';
import { TOKEN_FORM } from '../../engine/transform/conversation.ts';
import { refuse } from '../../engine/transform/refuse.ts';
import { opaque } from '../../flow/coverage.ts';
import type { Direction } from '../../flow/decision.ts';
import { WeirError } from '../../flow/errors.ts';
import type { Message } from '../../flow/message.ts';
import type { Destination } from '../../flow/parties.ts';
import type { Account } from '../account.ts';
import { reasonOf } from '../answer.ts';
import type { ExchangeContext, Incoming } from '../context.ts';
import { CutMessages, type CutPassed, together } from '../cut-messages.ts';
import { failClosed, failOpen } from '../failing.ts';
import type { FailedWhere } from '../figures.ts';
import { inspectWithNames } from '../inspection.ts';
import type { Pseudonyms } from '../pseudonyms.ts';
import { type Ending, encodeStatusMessage } from './endings.ts';

/** One whole message as it stands in the stream; `coding` undoes a compressed one. */
export interface Envelope extends MessageEnvelope {
  readonly payload: Buffer;
}

/** What may go on now, in order, and the end of the stream where it has come to one. */
export interface Judged {
  readonly sent: readonly Sent[];
  readonly ending: Ending | null;
}

/** It goes on: as it came, or `edited`. The others are null where it was not read. */
export interface Sent {
  readonly given: Envelope;
  readonly edited: Buffer | null;
  readonly message: Message | null;
  readonly extraction: Extraction | null;
}

type Read = Omit<Sent, 'edited'>;

interface Answered {
  readonly given: Envelope;
  readonly edited: Buffer | null;
}

export class MessageStream {
  readonly protocol: MessageProtocol;
  readonly incoming: Incoming;
  readonly account: Account;
  readonly context: ExchangeContext;
  readonly destination: Destination;
  /** A rule stronger than `alert` may match what goes in that direction: each message waits for its decision. */
  readonly holds: Readonly<Record<Direction, boolean>>;
  readonly #pseudonyms: Pseudonyms;
  /** What may be put back: all that was issued in this exchange. */
  readonly #byToken = new Map<string, string>();
  readonly #carried = new CarriedTokens<Answered>(this.#byToken);
  readonly #cuts: Readonly<Record<Direction, CutMessages<Read>>>;
  readonly #passedOn = new Set<FailedWhere>();
  #ending: Ending | null = null;
  #onEnd: ((ending: Ending) => void) | null = null;

  constructor(given: {
    readonly protocol: MessageProtocol;
    readonly incoming: Incoming;
    readonly account: Account;
    readonly context: ExchangeContext;
    readonly destination: Destination;
    readonly holds: Readonly<Record<Direction, boolean>>;
    readonly pseudonyms: Pseudonyms;
  }) {
    this.protocol = given.protocol;
    this.incoming = given.incoming;
    this.account = given.account;
    this.context = given.context;
    this.destination = given.destination;
    this.holds = given.holds;
    this.#pseudonyms = given.pseudonyms;
    this.#cuts = { request: this.#cutsOf('request'), response: this.#cutsOf('response') };
  }

  #cutsOf(direction: Direction): CutMessages<Read> {
    const { incoming, destination, context, account, holds } = this;
    const scope = { source: incoming.source, destination, direction, isBeside: !holds[direction] };
    return new CutMessages({
      scope: () => scope,
      present: () => context,
      account,
      pseudonyms: () => this.#pseudonyms,
    });
  }

  /** Ends the stream, once; whoever relays it is told. */
  end(ending: Ending): void {
    if (this.#ending !== null) return;
    this.#ending = ending;
    this.#onEnd?.(ending);
  }

  get isEnded(): boolean {
    return this.#ending !== null;
  }

  /** Tells how the stream was ended by the proxy, at once where it has been. */
  onEnd(listener: (ending: Ending) => void): void {
    this.#onEnd = listener;
    if (this.#ending !== null) listener(this.#ending);
  }

  /** Whether a message of an answer may have to be changed, or stopped. */
  get isAnswerGathered(): boolean {
    return this.holds.response || this.holds.request;
  }

  /** What of a request's inspection its answer may have put back. */
  async settle(inspection: Inspection): Promise<void> {
    const pseudonyms = this.#pseudonyms;
    await pseudonyms.settle(inspection);
    for (const [token, value] of pseudonyms.byToken) this.#byToken.set(token, value);
  }

  /** One message that waits: its decision, its record, and what goes on. Never rejects. */
  async judge(direction: Direction, given: Envelope): Promise<Judged> {
    const { account, context } = this;
    try {
      const message = this.#message(direction, given);
      const inspection = await inspectWithNames(context, message, {
        now: new Date(context.now()),
        held: true,
        pseudonyms: this.#pseudonyms,
      });
      // The stream is over meanwhile and on record: this message goes nowhere.
      if (account.isClosed) return { sent: [], ending: over(account.id) };
      const id = await account.enterMessage(message, inspection, {
        id: context.newId(),
        excerptChars: context.excerptChars,
      });
      if (inspection.decision.enforced.action === 'block') {
        return { sent: [], ending: this.blocked(message, inspection, id ?? account.id) };
      }
      if (direction === 'request') await this.settle(inspection);
      const { extraction } = inspection;
      // Behind what says that the answer ends nothing follows.
      const before = isLastMessage(direction, given) ? await this.#cuts[direction].end() : null;
      this.#cuts[direction === 'request' ? 'response' : 'request'].heard();
      const now = await this.#cuts[direction].take({ given, message, extraction }, message, inspection);
      return await this.#passed(direction, before === null ? now : together(before, now));
    } catch (error) {
      return this.#failed(error, given);
    }
  }

  /** When `tick` is to be called for a direction; null where no message waits for the next. */
  dueAt(direction: Direction): number | null {
    return this.#cuts[direction].dueAt;
  }

  /** Messages that have waited for the next long enough. Never rejects. */
  async tick(direction: Direction): Promise<Judged> {
    return await this.#waited(direction, () => this.#cuts[direction].tick());
  }

  /** Nothing follows in that direction, or something that is not read: no message waits any more. Never rejects. */
  async last(direction: Direction): Promise<Judged> {
    return await this.#waited(direction, () => this.#cuts[direction].end());
  }

  async #waited(direction: Direction, work: () => Promise<CutPassed<Read>>): Promise<Judged> {
    try {
      return await this.#passed(direction, await work());
    } catch (error) {
      return this.#failed(error, null);
    }
  }

  async #passed(direction: Direction, { leaving, cut }: CutPassed<Read>): Promise<Judged> {
    const { account } = this;
    const sent = leaving.map(({ item, body }) => ({ ...item, edited: body }));
    if (cut === null) return { sent, ending: null };
    if (account.isClosed) return { sent, ending: over(account.id) };
    if (cut.inspection.decision.enforced.action === 'block') {
      return { sent, ending: this.blocked(cut.message, cut.inspection, cut.eventId ?? account.id) };
    }
    if (direction === 'request') await this.settle(cut.inspection);
    return { sent, ending: null };
  }

  /** A message of an answer, as `judge` left it or unjudged: what may go to the client now, with pseudonyms put back. */
  carry(sent: Sent): readonly Buffer[] {
    const { given, edited } = sent;
    if (this.#byToken.size === 0 && !this.#carried.isHolding) return [changed(given, edited)];
    try {
      const message = sent.message ?? this.#message('response', given);
      const read = edited === null ? message : { ...message, body: edited, headers: message.headers.slice(0, 2) };
      const known = edited === null ? sent.extraction : null;
      const extraction = known ?? extract(read, this.context.engine);
      const before = isLastMessage('response', given) ? this.#carried.release() : [];
      return this.#bytesOf([...before, ...this.#carried.push({ given, edited }, read, extraction)]);
    } catch (error) {
      // The client sees the token; nobody sees a broken message.
      this.context.log(`weir: message passed on as it came, event ${this.account.id}: ${reasonOf(error)}`);
      return [...this.release(), changed(given, edited)];
    }
  }

  /** Messages of an answer wait to see whether a token goes on in the next. */
  get isHolding(): boolean {
    return this.#carried.isHolding;
  }

  /** They wait no more. */
  release(): readonly Buffer[] {
    return this.#bytesOf(this.#carried.release());
  }

  #bytesOf(carried: readonly Carried<Answered>[]): Buffer[] {
    return carried.map(({ item, body }) => changed(item.given, body ?? item.edited));
  }

  /** Looks at a message that is on its way already. Rejects as inspection does. */
  async lookAt(direction: Direction, given: Envelope): Promise<void> {
    const { account, context } = this;
    const message = this.#message(direction, given);
    const inspection = await inspectWithNames(context, message, {
      now: new Date(context.now()),
      held: false,
      pseudonyms: null,
    });
    if (account.isClosed) return;
    await account.enterMessage(message, inspection, { id: context.newId(), excerptChars: context.excerptChars });
    await this.#cuts[direction].take({ given, message, extraction: inspection.extraction }, message, inspection);
  }

  /** Fields of a head or of trailers with pseudonyms put back. */
  restoredFields(fields: readonly string[]): readonly string[] {
    if (this.#byToken.size === 0) return fields;
    return fields.map((value, at) => {
      if (at % 2 === 0) return value;
      if (fields[at - 1]?.toLowerCase() === 'grpc-message') {
        const message = decodePercent(Buffer.from(value, 'latin1'), false).toString('utf8');
        const restored = message.replace(TOKEN_FORM, (token) => this.#byToken.get(token) ?? token);
        return restored === message ? value : encodeStatusMessage(restored);
      }
      return value.replace(TOKEN_FORM, (token) => {
        const original = this.#byToken.get(token) ?? token;
        // RFC 9110 §5.5: what is no visible character does not belong into a field.
        return /^[\x20-\x7e]*$/.test(original) ? original : token;
      });
    });
  }

  blocked(message: Message, inspection: Inspection, eventId: string): Ending {
    const { decision, findings, extraction } = inspection;
    const { text } = refuse({
      shape: extraction.shape,
      destinationHost: message.destination.host,
      ruling: decision.enforced,
      findings,
      subject: decision.subject,
      eventId,
      status: this.context.config.block.status,
      style: 'error',
      stream: false,
      model: null,
      callId: null,
    });
    return { code: 'permission_denied', text, eventId, outcome: 'blocked', reason: null };
  }

  /** A failure of ours, or a message too large to be looked at: null where `onError` lets it pass. */
  failure(code: Ending['code'], where: FailedWhere, text: string): Ending | null {
    const { account, context } = this;
    if (context.config.onError === 'open') {
      this.#passOn(where, text);
      account.lessen(opaque(where === 'size' ? 'too-large' : 'failed'));
      return null;
    }
    failClosed(account, where, text, context);
    return { code, text: `${text} (event ${account.id})`, eventId: account.id, outcome: 'failed', reason: text };
  }

  /** Each is counted and said loudly; a stream without end is told of in its record once. */
  #passOn(where: FailedWhere, text: string): void {
    const { account, context } = this;
    if (!this.#passedOn.has(where)) {
      this.#passedOn.add(where);
      return failOpen(account, where, text, context);
    }
    context.log(`weir: passed on (onError: open), event ${account.id}: ${text}`);
    context.figures.failedOpen(where);
  }

  /** `given`: goes on where `onError` is open. */
  #failed(error: unknown, given: Envelope | null): Judged {
    const isRecord = error instanceof WeirError && error.code === 'store_unwritable';
    this.context.log(`weir: a message of exchange ${this.account.id} failed: ${reasonOf(error)}`);
    const ending = isRecord
      ? this.failure('unavailable', 'record', 'the proxy cannot write its records')
      : this.failure('internal', 'inspection', 'the proxy failed to inspect a message');
    const sent = ending === null && given !== null ? [unread(given)] : [];
    return { sent, ending };
  }

  #message(direction: Direction, given: Envelope): Message {
    const { incoming } = this;
    return {
      direction,
      source: incoming.source,
      destination: this.destination,
      method: incoming.request.method ?? 'POST',
      target: incoming.target,
      status: direction === 'response' ? 200 : null,
      headers: messageHeaders(direction, given),
      body: given.payload,
      isWithinStream: true,
    };
  }
}

/** A message that goes on as it came, unread. */
export function unread(given: Envelope): Sent {
  return { given, edited: null, message: null, extraction: null };
}

function over(eventId: string): Ending {
  return { code: 'unavailable', text: 'the stream is over', eventId, outcome: 'client_aborted', reason: null };
}

/** The message with another payload, which is not compressed any more; null for the one that it has. */
export function changed({ flags, payload }: Pick<Envelope, 'flags' | 'payload'>, body: Buffer | null): Buffer {
  return body === null ? envelope(flags, payload) : envelope(flags & ~COMPRESSED, body);
}
