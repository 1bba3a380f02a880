/**
 * The answer on its way back: passed on as it comes, changed while it streams where a rule acts on it or pseudonyms were
 * issued, or held where only the whole can be judged. The record is closed before the client gets the last byte.
 */

import { extract } from '../engine/extract/extract.ts';
import type { Inspection } from '../engine/inspect.ts';
import type { WantedTokens } from '../engine/transform/conversation.ts';
import { streamRefusal } from '../engine/transform/refuse.ts';
import { restoreBody } from '../engine/transform/restore.ts';
import { opaque, truncated } from '../flow/coverage.ts';
import { actionRank } from '../flow/decision.ts';
import type { WeirError } from '../flow/errors.ts';
import { headerOf, type Message } from '../flow/message.ts';
import type { Account } from './account.ts';
import { answer, blocked, closeRecord, closeRecordSoon, failed, overloaded, reasonOf } from './answer.ts';
import { inspectHead, type StreamParts, wayOf } from './answer-way.ts';
import { Beside } from './beside.ts';
import type { ExchangeContext, Incoming, Ready } from './context.ts';
import { EditedStream } from './edited-stream.ts';
import { restoreElsewhere } from './elsewhere.ts';
import { failClosed, failOpen } from './failing.ts';
import type { Call, ResponseSink } from './forward.ts';
import { GatheredBody } from './gathered-body.ts';
import { type ResponseHeadOptions, responseHead, trailerFields, withTrailers } from './head.ts';
import { HeldShare } from './held-budget.ts';
import { inspectWithNames, inspectWithoutNames, type ProxyInspectContext } from './inspection.ts';
import { endWith } from './slices.ts';

/** `pass`: as it comes. `edit`: changed while it streams. `hold`: whole, then decided on and pseudonyms put back. */
type Way = 'pass' | 'edit' | 'hold';

/** Relays one answer; resolves when the exchange is over, however it ends. */
export function relay(
  incoming: Incoming,
  ready: Ready,
  account: Account,
  context: ExchangeContext,
  send: (sink: ResponseSink) => Call,
): Promise<void> {
  return new Promise((resolve) => {
    const relaying = new Relaying(incoming, ready, account, context, resolve);
    relaying.start(send);
  });
}

class Relaying implements ResponseSink {
  readonly #incoming: Incoming;
  readonly #ready: Ready;
  readonly #account: Account;
  readonly #context: ExchangeContext;
  readonly #over: () => void;
  readonly #room: HeldShare;
  #call: Call | null = null;
  #way: Way = 'pass';
  #status = 0;
  #statusText = '';
  #headers: readonly string[] = [];
  #beside: Beside | null = null;
  #parts: StreamParts | null = null;
  #edited: EditedStream | null = null;
  readonly #held = new GatheredBody();
  /** Bytes still to come by the upstream's Content-Length; null where it gave none. */
  #left: number | null = null;
  /** The last piece by that length, kept until the answer is known to have ended. */
  #last: Buffer | null = null;
  #trailers: readonly string[] = [];
  #sentAt = 0;
  #isOver = false;
  #isDraining = false;
  /** The conversation is being named, where the answer has an id. */
  #naming: Promise<void> | null = null;
  /** The whole answer is there, and its record is being closed. */
  #isSettling = false;

  constructor(incoming: Incoming, ready: Ready, account: Account, context: ExchangeContext, over: () => void) {
    this.#incoming = incoming;
    this.#ready = ready;
    this.#account = account;
    this.#context = context;
    this.#over = over;
    this.#room = new HeldShare(context.budget);
  }

  start(send: (sink: ResponseSink) => Call): void {
    const { response } = this.#incoming;
    response.on('close', () => this.#clientClosed());
    if (response.destroyed) {
      this.#clientClosed();
      return;
    }
    this.#sentAt = performance.now();
    this.#call = send(this);
    if (this.#isOver) this.#call.abort();
  }

  information(status: number, headers: readonly string[]): void {
    const { response } = this.#incoming;
    if (response.headersSent || response.destroyed) return;
    if (status === 102) response.writeProcessing();
    // Node sends early hints only with a Link among them, which is what they are for (RFC 8297).
    if (status !== 103 || headerOf(headers, 'link') === null) return;
    try {
      response.writeEarlyHints(hintsOf(headers));
    } catch {
      // A Link that Node does not take: the answer itself is still to come.
    }
  }

  head(status: number, statusText: string, headers: readonly string[]): void {
    this.#context.figures.passed('forward', this.#sentAt);
    this.#ready.letGo();
    this.#status = status;
    this.#statusText = statusText;
    this.#headers = headers;
    const way = this.#isBodyless() ? 'pass' : wayOf(this.#message(Buffer.alloc(0)), this.#ready, this.#context);
    this.#way = typeof way === 'string' ? way : 'edit';
    if (way === 'hold') return;
    const isJudged = typeof way !== 'string' && way.gate !== null;
    if (!this.#ready.isUnscanned && !isJudged) {
      this.#beside = new Beside(this.#context.config.limits.besideBytes, headerOf(headers, 'content-type'));
    }
    if (typeof way !== 'string') this.#edit(way);
    const length = headerOf(headers, 'content-length');
    this.#left = length === null || this.#way === 'edit' || this.#isBodyless() ? null : Number(length);
    const isIdentity = typeof way !== 'string' && way.decoder !== null;
    this.#writeHead({ contentLength: null, isEdited: this.#way === 'edit', isIdentity });
  }

  #edit(parts: StreamParts): void {
    this.#parts = parts;
    this.#edited = new EditedStream(parts, {
      now: () => this.#context.now(),
      issue: (wanted) => this.#issue(wanted),
      write: (bytes) => this.#write(bytes),
      pause: () => this.#call?.pause(),
      resume: () => {
        if (!this.#isDraining) this.#call?.resume();
      },
      ended: (rest) => {
        this.#nameConversation(this.#edited?.responseId ?? null);
        this.#finish(this.#settle(rest));
      },
      blocked: (rest) => this.#finish(this.#endBlocked(rest)),
      failed: (text) => this.#endFailed(text),
      broke: (error) => {
        this.#context.log(`weir: internal error in exchange ${this.#account.id}: ${reasonOf(error)}`);
        this.#endFailed('the proxy failed to inspect the answer');
      },
    });
  }

  data(chunk: Buffer): void {
    this.#account.bytesIn += chunk.length;
    if (this.#isOver) return;
    if (this.#way === 'hold') {
      this.#hold(chunk);
      return;
    }
    this.#beside?.take(chunk);
    this.#context.youngChunks.pass(chunk.length);
    if (this.#left !== null) {
      this.#left -= chunk.length;
      if (this.#left <= 0) {
        // The last byte: whoever has all of the answer finds it in the log. Trailers may follow.
        this.#last = chunk;
        return;
      }
    }
    if (this.#edited === null) this.#write(chunk);
    else this.#edited.push(chunk);
  }

  trailers(headers: readonly string[]): void {
    this.#trailers = trailerFields(headers);
  }

  end(): void {
    if (this.#isOver) return;
    if (this.#way === 'hold') {
      this.#finish(this.#release());
      return;
    }
    if (this.#isSettling) return;
    if (this.#edited === null) this.#finish(this.#settle(this.#last));
    else this.#edited.end();
  }

  error(error: WeirError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { response } = this.#incoming;
    this.#safely(() => this.#enterSides());
    if (response.headersSent) {
      closeRecord(this.#account, 'upstream_failed', this.#status, reasonOf(error), this.#context);
      // An answer that breaks off must not look complete.
      response.destroy();
    } else {
      const status = error.code === 'upstream_timeout' ? 504 : error.code === 'address_forbidden' ? 403 : 502;
      const outcome = error.code === 'address_forbidden' ? 'refused' : 'upstream_failed';
      const ending = failed(
        this.#incoming,
        this.#account,
        status,
        error.code,
        error.message,
        outcome,
        this.#ready.shape,
      );
      answer(this.#incoming, this.#account, ending, this.#context);
    }
    this.#end();
  }

  #isBodyless(): boolean {
    return this.#incoming.request.method === 'HEAD' || this.#status === 204 || this.#status === 304;
  }

  #hold(chunk: Buffer): void {
    const { limits } = this.#context.config;
    const { length } = chunk;
    this.#held.push(chunk, limits.inspectBytes);
    if (this.#account.bytesIn > limits.inspectBytes) {
      this.#holdNoMore('size', `the answer is larger than limits.inspectBytes (${limits.inspectBytes} bytes)`);
    } else if (this.#room.isWaiting) {
      // It was on its way before the upstream was told to wait.
      this.#room.charge(length);
    } else if (!this.#room.grow(length)) {
      this.#call?.pause();
      void this.#room.growWhenRoom(length).then((hasRoom) => {
        if (this.#isOver || this.#isSettling || this.#way !== 'hold') return;
        if (hasRoom) this.#call?.resume();
        else this.#holdNoMore('room', 'no room for held bodies (limits.heldBytes)');
      });
    }
  }

  /** Too much, or no room for so long: where a rule could change it that is a failure, else it passes as it came. */
  #holdNoMore(where: 'size' | 'room', text: string): void {
    const { onError } = this.#context.config;
    if (this.#ready.holdsResponse && onError === 'closed') {
      this.#isOver = true;
      this.#call?.abort();
      this.#safely(() => this.#enterSides());
      failClosed(this.#account, where, text, this.#context);
      const { shape } = this.#ready;
      const ending =
        where === 'room'
          ? overloaded(this.#incoming, this.#account, shape)
          : failed(this.#incoming, this.#account, 502, 'body_too_large', text, 'failed', shape);
      answer(this.#incoming, this.#account, ending, this.#context);
      this.#end();
      return;
    }
    if (this.#ready.holdsResponse) failOpen(this.#account, where, text, this.#context);
    this.#account.lessen(this.#ready.holdsResponse ? opaque('too-large') : truncated('limit'));
    this.#way = 'pass';
    this.#writeHead({ contentLength: null, isEdited: false, isIdentity: false });
    const held = this.#held.bytes();
    this.#held.clear();
    this.#room.release();
    this.#call?.resume();
    this.#write(held);
  }

  /** While the client takes no more, nothing more is read from the upstream. */
  #write(bytes: Buffer): void {
    const { response } = this.#incoming;
    if (response.write(bytes)) return;
    this.#call?.pause();
    this.#edited?.pause();
    if (this.#isDraining) return;
    this.#isDraining = true;
    response.once('drain', () => {
      this.#isDraining = false;
      this.#call?.resume();
      this.#edited?.resume();
    });
  }

  /** A rule ends the stream: in the provider's own words, and nothing more is read from it. */
  async #endBlocked(rest: Buffer): Promise<void> {
    this.#isSettling = true;
    this.#call?.abort();
    const gate = this.#parts?.gate ?? null;
    await this.#ready.settleWithNames();
    if (this.#isOver || gate === null) return;
    const inspection = gate.inspection(this.#account.bytesIn);
    const message = this.#message(Buffer.alloc(0));
    this.#enter(message, inspection);
    const { extraction, findings, decision } = inspection;
    const refusal = streamRefusal({
      shape: this.#ready.shape ?? extraction.shape,
      destinationHost: message.destination.host,
      contentType: headerOf(this.#headers, 'content-type') ?? '',
      ruling: decision.enforced,
      findings,
      subject: decision.subject,
      eventId: this.#account.id,
      status: this.#context.config.block.status,
    });
    const isKept = await closeRecordSoon(this.#account, 'blocked', this.#status, this.#context);
    if (this.#isOver) return;
    if (!isKept) return this.#fail();
    this.#isOver = true;
    this.#incoming.response.end(Buffer.concat([rest, gate.ending(refusal)]));
    this.#end();
  }

  /** What cannot be judged goes no further, and neither does what comes behind it. */
  #endFailed(text: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#call?.abort();
    this.#safely(() => this.#enterSides());
    failClosed(this.#account, 'inspection', text, this.#context);
    closeRecord(this.#account, 'failed', this.#status, text, this.#context);
    // An answer that breaks off must not look complete.
    this.#incoming.response.destroy();
    this.#end();
  }

  /** Tokens for what a response rule tokenizes. */
  async #issue(wanted: WantedTokens): Promise<ReadonlyMap<string, string>> {
    const { pseudonyms } = this.#ready;
    const gate = this.#parts?.gate ?? null;
    if (pseudonyms === null || gate === null) return new Map();
    const conversation = await pseudonyms.issue(gate.extraction(), wanted);
    return conversation.known(wanted);
  }

  /** The whole answer is there: decide on it, put pseudonyms back, send it. */
  async #release(): Promise<void> {
    this.#isSettling = true;
    const body = this.#held.bytes();
    let message = this.#message(body);
    let sent: Buffer | null = null;
    try {
      const { elsewhere } = this.#context;
      const isElsewhere = elsewhere?.takes(message) === true;
      const asked = this.#inspectContext(this.#ready.holdsResponse);
      const inspection = await inspectWithNames(
        this.#context,
        message,
        isElsewhere ? { ...asked, needsTexts: false } : asked,
      );
      await this.#ready.settleWithNames();
      // The client may have gone meanwhile.
      if (this.#isOver) return;
      this.#enter(message, inspection);
      if (inspection.decision.enforced.action === 'block') {
        this.#isOver = true;
        answer(
          this.#incoming,
          this.#account,
          blocked(message, inspection, this.#account, this.#context),
          this.#context,
        );
        this.#end();
        return;
      }
      let extraction = inspection.extraction;
      if (inspection.edited?.changed.headers === true) {
        const fields = inspection.edited.headers;
        this.#trailers = fields.slice(this.#headers.length);
        this.#headers = fields.slice(0, this.#headers.length);
      }
      if (inspection.edited?.changed.body === true) {
        sent = inspection.edited.body;
        message = { ...message, body: sent, headers: withoutCoding(message.headers) };
        if (this.#ready.pseudonyms !== null && !isElsewhere) {
          extraction = extract(message, this.#context.engine);
        }
      }
      if (this.#ready.pseudonyms !== null) {
        this.#nameConversation(inspection.extraction.conversationId);
        await this.#naming;
        const { pseudonyms } = this.#ready;
        const restored = isElsewhere
          ? await restoreElsewhere(this.#context.engine, message, pseudonyms, elsewhere)
          : restoreBody(message, extraction, pseudonyms);
        if (this.#isOver) return;
        if (restored.restored > 0) sent = restored.body;
      }
    } catch (error) {
      if (this.#ready.holdsResponse && this.#context.config.onError === 'closed') {
        const text = 'the proxy failed to inspect the answer';
        failClosed(this.#account, 'inspection', text, this.#context);
        const ending = failed(this.#incoming, this.#account, 503, 'weir_failed', text, 'failed', this.#ready.shape);
        this.#context.log(`weir: internal error in exchange ${this.#account.id}: ${reasonOf(error)}`);
        this.#isOver = true;
        answer(this.#incoming, this.#account, ending, this.#context);
        this.#end();
        return;
      }
      if (this.#ready.holdsResponse) failOpen(this.#account, 'inspection', reasonOf(error), this.#context);
      else this.#context.log(`weir: answer passed on as it came, event ${this.#account.id}: ${reasonOf(error)}`);
      this.#account.lessen(opaque('failed'));
    }
    const isEdited = sent !== null;
    const out = sent ?? body;
    const isKept = await closeRecordSoon(this.#account, 'completed', this.#status, this.#context);
    // The client may have gone meanwhile.
    if (this.#isOver) return;
    if (!isKept) return this.#fail();
    this.#isOver = true;
    // Trailers take a body whose end is not told by its length.
    const contentLength = this.#trailers.length > 0 ? null : out.length;
    this.#writeHead({ contentLength, isEdited, isIdentity: isEdited });
    this.#addTrailers();
    await endWith(this.#incoming.response, out);
    this.#end();
  }

  /** Closes the account, then sends what is left: the last byte, or the end where no length tells it before. */
  async #settle(rest: Buffer | null): Promise<void> {
    this.#isSettling = true;
    try {
      if (this.#naming !== null) await this.#naming;
      await this.#enterSidesWithNames();
    } catch (error) {
      this.#tellFailure(error);
    }
    // The client may have gone meanwhile.
    if (this.#isOver) return;
    const isKept = await closeRecordSoon(this.#account, 'completed', this.#status, this.#context);
    if (this.#isOver) return;
    if (!isKept) return this.#fail();
    this.#isOver = true;
    this.#addTrailers();
    if (rest !== null && rest.length > 0) this.#incoming.response.end(rest);
    else this.#incoming.response.end();
    this.#end();
  }

  #addTrailers(): void {
    const fields = this.#trailers;
    if (fields.length === 0) return;
    const pairs: [string, string][] = [];
    for (let i = 0; i + 1 < fields.length; i += 2) pairs.push([fields[i] as string, fields[i + 1] as string]);
    this.#incoming.response.addTrailers(pairs);
  }

  /** What goes wrong in a way nobody thought of ends this exchange, and no other. */
  #finish(work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#context.log(`weir: internal error in exchange ${this.#account.id}: ${reasonOf(error)}`);
      closeRecord(this.#account, 'failed', this.#status, reasonOf(error), this.#context);
      this.#fail();
    });
  }

  #fail(): void {
    this.#isOver = true;
    this.#call?.abort();
    this.#incoming.response.destroy();
    this.#end();
  }

  /** What was scanned beside, request and answer; where nothing can be waited for, without the model's names. */
  #enterSides(): void {
    this.#ready.settle();
    if (this.#enterJudged()) return;
    const sample = this.#sample();
    if (sample !== null) this.#enter(sample, inspectWithoutNames(this.#context, sample, this.#inspectContext(false)));
    this.#lessenByMissing();
  }

  /** The same with them; nothing where the exchange has ended meanwhile. */
  async #enterSidesWithNames(): Promise<void> {
    await this.#ready.settleWithNames();
    if (this.#enterJudged()) return;
    const sample = this.#sample();
    if (sample !== null) {
      // Nothing is put back any more: it has been passed on.
      const asked = { ...this.#inspectContext(false), needsTexts: false };
      const inspection = await inspectWithNames(this.#context, sample, asked);
      if (this.#isOver) return;
      this.#enter(sample, inspection);
    }
    this.#lessenByMissing();
  }

  /** What was judged while it streamed; true where it was. Trailers that a rule would change do not leave. */
  #enterJudged(): boolean {
    const gate = this.#parts?.gate ?? null;
    if (gate === null) return false;
    const message = this.#message(Buffer.alloc(0));
    this.#enter(message, gate.inspection(this.#account.bytesIn));
    if (this.#trailers.length === 0) return true;
    const inspection = inspectHead({ ...message, headers: this.#trailers }, this.#context);
    if (inspection.findings.length > 0) this.#enter(message, inspection);
    if (actionRank(inspection.decision.enforced.action) > actionRank('alert')) this.#trailers = [];
    return true;
  }

  /** What was kept of the answer; null where there is nothing to look at. */
  #sample(): Message | null {
    const bytes = this.#beside?.bytes() ?? null;
    if (bytes === null || (bytes.length === 0 && this.#trailers.length === 0)) return null;
    return this.#message(bytes);
  }

  #lessenByMissing(): void {
    const missing = this.#beside?.missing ?? null;
    if (missing !== null) this.#account.lessen(missing);
  }

  #inspectContext(held: boolean): ProxyInspectContext {
    return {
      bytes: this.#account.bytesIn,
      now: new Date(this.#context.now()),
      held,
      pseudonyms: this.#ready.pseudonyms,
      // Values are put back wherever their tokens stand.
      needsTexts: this.#ready.pseudonyms !== null,
    };
  }

  #enter(message: Message, inspection: Inspection): void {
    this.#account.enter(message, inspection, this.#context.excerptChars);
  }

  /** The answer's own id: the next request may name this conversation by it. */
  #nameConversation(id: string | null): void {
    if (id === null || this.#ready.pseudonyms === null) return;
    // What was restored is on its way already; a conversation that is not found again gets new tokens.
    this.#naming = this.#ready.pseudonyms.name(id).catch((error: unknown) => this.#tellFailure(error));
  }

  #message(body: Buffer): Message {
    return {
      direction: 'response',
      source: this.#incoming.source,
      destination: this.#ready.destination,
      method: this.#incoming.request.method ?? 'GET',
      target: this.#incoming.target,
      status: this.#status,
      headers: withTrailers(this.#headers, this.#trailers),
      body,
    };
  }

  #writeHead({ contentLength, isEdited, isIdentity }: HeadGiven): void {
    const { response } = this.#incoming;
    const head = responseHead(this.#headers, {
      eventId: this.#account.id,
      action: this.#account.action,
      dropsLength: this.#way === 'edit' || (this.#way === 'hold' && this.#trailers.length > 0),
      contentLength,
      isEdited,
      isIdentity,
    });
    response.sendDate = false;
    response.writeHead(this.#status, printable(this.#statusText), head);
    if (this.#way === 'hold') return;
    // What came with the head goes out with it in one write; a head without a body yet still goes out at once.
    process.nextTick(() => {
      if (!this.#isSettling && !response.destroyed) response.flushHeaders();
    });
  }

  #end(): void {
    this.#edited?.stop();
    this.#room.release();
    this.#over();
  }

  #clientClosed(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#call?.abort();
    this.#safely(() => this.#enterSides());
    const status = this.#incoming.response.headersSent ? this.#status : null;
    closeRecord(this.#account, 'client_aborted', status, null, this.#context);
    this.#end();
  }

  /** A scan beside must not end an exchange that no rule could change; that it failed is recorded. */
  #safely(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#tellFailure(error);
    }
  }

  #tellFailure(error: unknown): void {
    this.#context.log(`weir: scan beside exchange ${this.#account.id} failed: ${reasonOf(error)}`);
    this.#account.lessen(opaque('failed'));
  }
}

type HeadGiven = Pick<ResponseHeadOptions, 'contentLength' | 'isEdited' | 'isIdentity'>;

function withoutCoding(headers: readonly string[]): string[] {
  return headers.filter((_, i) => headers[i - (i % 2)]?.toLowerCase() !== 'content-encoding');
}

/** A reason phrase that Node takes (RFC 9112 §4: tabs, spaces and visible characters). */
function printable(statusText: string): string {
  return statusText.replace(/[^\t\x20-\x7e\x80-\xff]/g, '');
}

function hintsOf(headers: readonly string[]): { link: string[]; [name: string]: string | string[] } {
  const hints: { link: string[]; [name: string]: string | string[] } = { link: [] };
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = (headers[i] ?? '').toLowerCase();
    if (name === 'link') hints.link.push(headers[i + 1] ?? '');
  }
  return hints;
}
