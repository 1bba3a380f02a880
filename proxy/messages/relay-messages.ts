/**
 * The answer to a stream of messages, while the request may still be under way: each message is decided on when it is
 * whole and goes on at once, or goes by and is looked at beside. An end that the proxy makes is told in the protocol's own
 * words, and cancels the upstream. The record is closed before the client has the last byte.
 */
import { messageProtocolOf } from '../../engine/extract/message-protocols.ts';
import { opaque } from '../../flow/coverage.ts';
import type { WeirError } from '../../flow/errors.ts';
import type { Outcome } from '../../flow/event.ts';
import { headerOf } from '../../flow/message.ts';
import { closeRecord, closeRecordSoon, reasonOf } from '../answer.ts';
import type { Ready } from '../context.ts';
import type { Call, ResponseSink } from '../forward.ts';
import { responseHead, trailerFields } from '../head.ts';
import { HeldShare } from '../held-budget.ts';
import { relay } from '../relay.ts';
import { AnswerFields, pairsOf, splitTrailersOnly } from './answer-fields.ts';
import { BesideMessages } from './beside-messages.ts';
import { type Ending, inStream } from './endings.ts';
import { IncomingMessages } from './incoming-messages.ts';
import { type Judged, type MessageStream, unread } from './message-stream.ts';
import { letGoOf, tellEnding } from './own-ending.ts';

/** Relays one answer; resolves when the exchange is over, however it ends. `beside` looks at the request's messages. */
export function relayMessages(
  stream: MessageStream,
  beside: BesideMessages | null,
  ready: Ready,
  send: (sink: ResponseSink) => Call,
): Promise<void> {
  return new Promise((resolve) => {
    new RelayingMessages(stream, beside, ready, resolve).start(send);
  });
}

/** What comes from the upstream, in order. */
type Arrival =
  | { readonly kind: 'head'; readonly status: number; readonly headers: readonly string[] }
  | { readonly kind: 'data'; readonly chunk: Buffer }
  /** Not from the upstream: the clock. */
  | { readonly kind: 'tick' }
  | { readonly kind: 'end' };

class RelayingMessages implements ResponseSink {
  readonly #stream: MessageStream;
  readonly #requestBeside: BesideMessages | null;
  readonly #ready: Ready;
  readonly #body: Ready['body'];
  readonly #over: () => void;
  readonly #room: HeldShare;
  #call: Call | null = null;
  /** The rest of the exchange is an ordinary answer. */
  #ordinary: ResponseSink | null = null;
  #arrivals: Arrival[] = [];
  #isWorking = false;
  #isDraining = false;
  #isOver = false;
  #status = 0;
  #headers: readonly string[] = [];
  /** Of an answer without messages: its head is all that there is, and says what trailers would. */
  #isTrailersOnly = false;
  #trailers: readonly string[] = [];
  #messages: IncomingMessages | null = null;
  #beside: BesideMessages | null = null;
  /** Messages that cannot be taken apart are passed on as they come. */
  #isUnread = false;
  #isPassing = false;
  readonly #fields: AnswerFields;
  #carryTimer: NodeJS.Timeout | undefined;
  #sentAt = 0;

  constructor(stream: MessageStream, requestBeside: BesideMessages | null, ready: Ready, over: () => void) {
    this.#stream = stream;
    this.#requestBeside = requestBeside;
    this.#ready = ready;
    this.#body = ready.body;
    this.#over = over;
    this.#room = new HeldShare(stream.context.budget);
    this.#fields = new AnswerFields(stream, () => this.#isOver);
  }

  start(send: (sink: ResponseSink) => Call): void {
    const { response } = this.#stream.incoming;
    response.on('close', () => this.#clientClosed());
    if (response.destroyed) return this.#clientClosed();
    this.#stream.onEnd((ending) => this.#finish(this.#end(ending)));
    if (this.#isOver || this.#stream.isEnded) return;
    this.#sentAt = performance.now();
    this.#call = send(this);
    if (this.#isOver) this.#call.abort();
  }

  information(): void {
    // Nothing of these protocols is said before the answer.
  }

  head(status: number, statusText: string, headers: readonly string[]): void {
    const { context } = this.#stream;
    context.figures.passed('forward', this.#sentAt);
    const protocol = messageProtocolOf(headerOf(headers, 'content-type'));
    if (status !== 200 || protocol === null) return this.#relayOrdinary(status, statusText, headers);
    this.#ready.letGo();
    this.#status = status;
    this.#headers = headers;
    this.#messages = new IncomingMessages(protocol, headers, context.config.limits.inspectBytes);
    this.#arrive({ kind: 'head', status, headers });
  }

  data(chunk: Buffer): void {
    if (this.#ordinary !== null) return this.#ordinary.data(chunk);
    this.#stream.account.bytesIn += chunk.length;
    this.#stream.context.youngChunks.pass(chunk.length);
    this.#arrive({ kind: 'data', chunk });
  }

  trailers(headers: readonly string[]): void {
    if (this.#ordinary !== null) return this.#ordinary.trailers(headers);
    this.#trailers = trailerFields(headers);
  }

  end(): void {
    if (this.#ordinary !== null) return this.#ordinary.end();
    this.#arrive({ kind: 'end' });
  }

  error(error: WeirError): void {
    if (this.#ordinary !== null) return this.#ordinary.error(error);
    if (this.#isOver) return;
    const { account } = this.#stream;
    const isRefused = error.code === 'address_forbidden';
    const code = isRefused
      ? 'permission_denied'
      : error.code === 'upstream_timeout'
        ? 'deadline_exceeded'
        : 'unavailable';
    const outcome = isRefused ? 'refused' : 'upstream_failed';
    const text = `${error.message} (event ${account.id})`;
    this.#stream.end({ code, text, eventId: account.id, outcome, reason: reasonOf(error) });
  }

  /** No messages come back: an error page, a redirect, JSON. */
  #relayOrdinary(status: number, statusText: string, headers: readonly string[]): void {
    const { incoming, account, context } = this.#stream;
    const call = this.#call;
    const settled: Ready = {
      ...this.#ready,
      settle: () => {},
      settleWithNames: async () => await this.#requestBeside?.settle(),
    };
    const over = relay(incoming, settled, account, context, (sink) => {
      this.#ordinary = sink;
      sink.head(status, statusText, headers);
      return call ?? NO_CALL;
    });
    void over.then(() => {
      this.#isOver = true;
      this.#over();
    });
  }

  #arrive(arrival: Arrival): void {
    if (this.#isOver) return;
    this.#arrivals.push(arrival);
    if (this.#isWorking) {
      // What is read while a message waits would only wait behind it.
      this.#call?.pause();
      return;
    }
    this.#finish(this.#work());
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    while (this.#arrivals.length > 0 && !this.#isOver) {
      const arrival = this.#arrivals.shift() as Arrival;
      if (arrival.kind === 'head') await this.#takeHead(arrival.status, arrival.headers);
      else if (arrival.kind === 'data') await this.#takeData(arrival.chunk);
      else if (arrival.kind === 'tick') {
        if (this.#writeJudged(await this.#stream.tick('response'))) this.#expectNext();
      } else await this.#takeEnd();
    }
    this.#isWorking = false;
    if (!this.#isOver && !this.#isDraining) this.#call?.resume();
  }

  async #takeHead(status: number, headers: readonly string[]): Promise<void> {
    const stream = this.#stream;
    this.#isTrailersOnly = stream.protocol.kind === 'grpc' && headerOf(headers, 'grpc-status') !== null;
    const coding = headerOf(headers, 'content-encoding');
    // A coding of all of the body hides where a message begins.
    this.#isUnread = coding !== null && coding.trim().toLowerCase() !== 'identity';
    const decided = await this.#fields.decide(
      this.#status,
      headers,
      this.#isUnread ? Buffer.alloc(1) : Buffer.alloc(0),
    );
    if (decided === null) return;
    this.#headers = decided;
    if (!stream.holds.response) {
      this.#beside = new BesideMessages(stream, 'response', stream.context.config.limits.besideBytes);
    }
    if (this.#isTrailersOnly) return;
    this.#writeHead(status, decided);
  }

  async #takeData(chunk: Buffer): Promise<void> {
    const messages = this.#messages;
    if (messages === null) return;
    const { protocol } = messages;
    if (this.#isUnread) return this.#write(chunk);
    if (!this.#stream.isAnswerGathered) {
      this.#write(chunk);
      this.#beside?.push(messages, chunk);
      return;
    }
    clearTimeout(this.#carryTimer);
    if (!(await this.#takeRoom(chunk.length))) return;
    const pieces = messages.push(chunk);
    if (pieces === null) return this.#malformed('the answer is no base64');
    for (const piece of pieces) {
      if (this.#isOver) return;
      if (piece.kind === 'rest') {
        if (this.#isPassing) this.#write(inStream(protocol, piece.bytes));
      } else if (piece.kind === 'large') {
        this.#isPassing = this.#passLarge(piece.length);
        if (!this.#writeJudged(await this.#stream.last('response'))) return;
        if (this.#isPassing) this.#writeAll([...this.#stream.release(), piece.head]);
      } else {
        const given = { ...piece, coding: messages.coding, protocol };
        if (this.#stream.holds.response) {
          if (!this.#writeJudged(await this.#stream.judge('response', given))) return;
        } else {
          this.#writeAll(this.#stream.carry(unread(given)));
          this.#beside?.take(given);
        }
      }
    }
    this.#room.release();
    this.#room.charge(messages.heldBytes);
    this.#expectNext();
  }

  /** False where the exchange is over. */
  #writeJudged({ sent, ending }: Judged): boolean {
    if (this.#isOver) return false;
    for (const one of sent) this.#writeAll(this.#stream.carry(one));
    if (ending !== null) this.#stream.end(ending);
    return ending === null && !this.#isOver;
  }

  /** A message that waits for the next does so for a while. */
  #expectNext(): void {
    clearTimeout(this.#carryTimer);
    const stream = this.#stream;
    const dueAt = stream.dueAt('response');
    if (dueAt !== null) {
      const ms = Math.max(1, dueAt - stream.context.now());
      this.#carryTimer = setTimeout(() => this.#tick(), ms);
    } else if (stream.isHolding) this.#carryTimer = setTimeout(() => this.#releaseCarried(), CARRY_MS);
  }

  #tick(): void {
    if (this.#isWorking || this.#isOver) return;
    this.#arrivals.push({ kind: 'tick' });
    this.#finish(this.#work());
  }

  /** A client may wait for what is here before it says more: a token that does not go on is let go. */
  #releaseCarried(): void {
    if (!this.#isWorking && !this.#isOver) this.#writeAll(this.#stream.release());
  }

  #writeAll(messages: readonly Buffer[]): void {
    const protocol = this.#messages?.protocol ?? this.#stream.protocol;
    for (const bytes of messages) this.#write(inStream(protocol, bytes));
  }

  async #takeEnd(): Promise<void> {
    const stream = this.#stream;
    if (this.#messages?.isWithin === true && !this.#isUnread)
      return this.#malformed('the answer ends in the middle of a message');
    if (!this.#writeJudged(await stream.last('response'))) return;
    const fields = this.#isTrailersOnly ? this.#headers : this.#trailers;
    if (this.#messages?.protocol.kind === 'grpc' && headerOf(fields, 'grpc-status') === null) {
      return this.#malformed('the answer ends without a status');
    }
    const trailers =
      this.#isTrailersOnly || fields.length === 0
        ? fields
        : await this.#fields.decide(this.#status, fields, Buffer.alloc(0));
    if (trailers === null || this.#isOver) return;
    this.#writeAll(stream.release());
    await this.#requestBeside?.settle();
    await this.#beside?.settle();
    if (this.#isOver) return;
    const isKept = await closeRecordSoon(stream.account, 'completed', this.#status, stream.context);
    if (this.#isOver) return;
    if (!isKept) return this.#breakOff();
    this.#isOver = true;
    const { response } = stream.incoming;
    if (this.#isTrailersOnly) {
      const { head, rest } = splitTrailersOnly(trailers);
      this.#writeHead(this.#status, head);
      response.addTrailers(pairsOf(stream.restoredFields(trailerFields(rest))));
    } else if (trailers.length > 0) {
      response.addTrailers(pairsOf(stream.restoredFields(trailers)));
    }
    response.end();
    this.#close();
  }

  #writeHead(status: number, headers: readonly string[]): void {
    const { incoming, account } = this.#stream;
    const { response } = incoming;
    const head = responseHead(this.#stream.restoredFields(headers), {
      eventId: account.id,
      action: account.action,
      isEdited: this.#stream.isAnswerGathered,
      contentLength: null,
      isIdentity: false,
      dropsLength: true,
    });
    response.sendDate = false;
    response.writeHead(status, head);
    // The client may wait for the head before it says more.
    process.nextTick(() => {
      if (!this.#isOver && !response.destroyed) response.flushHeaders();
    });
  }

  /** While the client takes no more, nothing more is read from the upstream. */
  #write(bytes: Buffer): void {
    const { response } = this.#stream.incoming;
    if (this.#isOver || response.destroyed || response.write(bytes) || this.#isDraining) return;
    this.#isDraining = true;
    this.#call?.pause();
    response.once('drain', () => {
      this.#isDraining = false;
      if (!this.#isWorking) this.#call?.resume();
    });
  }

  async #takeRoom(bytes: number): Promise<boolean> {
    if (this.#room.grow(bytes) || (await this.#room.growWhenRoom(bytes))) return true;
    if (this.#isOver) return false;
    if (this.#stream.holds.response) {
      const ending = this.#stream.failure('unavailable', 'room', 'no room for held messages (limits.heldBytes)');
      if (ending !== null) {
        this.#stream.end(ending);
        return false;
      }
    }
    this.#room.charge(bytes);
    return true;
  }

  #passLarge(length: number): boolean {
    const { account, context, holds } = this.#stream;
    if (!holds.response) {
      account.lessen(opaque('too-large'));
      return true;
    }
    const { inspectBytes } = context.config.limits;
    const text = `a message of ${length} bytes is larger than limits.inspectBytes (${inspectBytes} bytes)`;
    const ending = this.#stream.failure('resource_exhausted', 'size', text);
    if (ending !== null) this.#stream.end(ending);
    return ending === null;
  }

  #malformed(text: string): void {
    const { account } = this.#stream;
    const reason = text;
    this.#stream.end({ code: 'unavailable', text, eventId: account.id, outcome: 'upstream_failed', reason });
  }

  /** The stream is ended by the proxy: the upstream is let go, the record closed, and the client told. */
  async #end(ending: Ending): Promise<void> {
    if (this.#isOver) return;
    if (this.#messages !== null) this.#writeAll(this.#stream.release());
    this.#isOver = true;
    const { incoming, protocol } = this.#stream;
    this.#call?.abort();
    this.#letGoOfBody();
    await this.#requestBeside?.settle();
    await this.#beside?.settle();
    const { response, request } = incoming;
    if (response.destroyed) this.#record('client_aborted', this.#sentStatus(), null);
    else if (this.#ordinary !== null) {
      response.destroy();
      this.#record(ending.outcome, this.#sentStatus(), ending.reason);
    } else {
      this.#record(ending.outcome, response.headersSent ? this.#status : 200, ending.reason);
      tellEnding(incoming, ending, { asked: protocol, answered: this.#messages?.protocol ?? null });
      if (!request.complete) letGoOf(request);
    }
    this.#close();
  }

  #record(outcome: Outcome, status: number | null, reason: string | null): void {
    closeRecord(this.#stream.account, outcome, status, reason, this.#stream.context);
  }

  #sentStatus(): number | null {
    return this.#stream.incoming.response.headersSent ? this.#status : null;
  }

  #letGoOfBody(): void {
    const body = this.#body;
    if (body !== null && !Buffer.isBuffer(body)) body.destroy();
  }

  /** What goes wrong in a way nobody thought of ends this exchange, and no other. */
  #finish(work: Promise<void>): void {
    work.catch((error: unknown) => {
      const { account, context } = this.#stream;
      context.log(`weir: internal error in exchange ${account.id}: ${reasonOf(error)}`);
      this.#record('failed', this.#sentStatus(), reasonOf(error));
      this.#breakOff();
    });
  }

  #breakOff(): void {
    this.#isOver = true;
    this.#call?.abort();
    this.#letGoOfBody();
    this.#stream.incoming.response.destroy();
    this.#close();
  }

  #clientClosed(): void {
    if (this.#isOver || this.#ordinary !== null) return;
    this.#isOver = true;
    this.#call?.abort();
    this.#letGoOfBody();
    this.#finish(this.#recordAbort());
  }

  async #recordAbort(): Promise<void> {
    await this.#requestBeside?.settle();
    await this.#beside?.settle();
    this.#record('client_aborted', this.#sentStatus(), null);
    this.#close();
  }

  #close(): void {
    clearTimeout(this.#carryTimer);
    this.#room.release();
    this.#over();
  }
}

/** So long a message that ends within a token waits for the next. */
const CARRY_MS = 1000;

const NO_CALL: Call = { pause: () => {}, resume: () => {}, abort: () => {} };
