/**
 * What is decided about the messages of one WebSocket: how each is to be treated, what goes on in its place, what is
 * recorded of it. A message of the client is a request, one of the server a response, and both belong to one conversation.
 */
import { isUtf8 } from 'node:buffer';
import { extract } from '../../engine/extract/extract.ts';
import type { Inspection } from '../../engine/inspect.ts';
import { type MessageRefusal, refuseMessage } from '../../engine/transform/refuse-message.ts';
import { createStreamGate } from '../../engine/transform/stream/gate.ts';
import { type Coverage, FULL, opaque, truncated } from '../../flow/coverage.ts';
import { actionRank, type Direction } from '../../flow/decision.ts';
import { WeirError } from '../../flow/errors.ts';
import type { Message } from '../../flow/message.ts';
import type { Destination } from '../../flow/parties.ts';
import type { Account } from '../account.ts';
import { reasonOf } from '../answer.ts';
import type { ExchangeContext } from '../context.ts';
import { CutMessages, type CutPassed, type CutScope } from '../cut-messages.ts';
import { failClosed, failOpen } from '../failing.ts';
import { givenOf, inspectWithNames } from '../inspection.ts';
import type { Pseudonyms } from '../pseudonyms.ts';
import { asEvents, StreamedAnswer, WaitingAnswer } from './answers.ts';
import { GrowingTexts, type Growth } from './growing-texts.ts';
import { SessionPseudonyms } from './session-pseudonyms.ts';

/**
 * `pass`: frame by frame as it comes, scanned beside. `restore`: whole, pseudonyms put back, scanned beside. `hold`: whole,
 * then decided on. `shape`: as `hold`, for a host that nobody knows, until it is known whether a provider is spoken to.
 */
export type Way = 'pass' | 'restore' | 'hold' | 'shape';

export type Verdict =
  | { readonly kind: 'send'; readonly messages: readonly Buffer[] }
  /** `messages`: what may leave before. */
  | { readonly kind: 'blocked'; readonly messages: readonly Buffer[]; readonly refusal: MessageRefusal }
  /** Our own failure, and `onError` is closed. */
  | { readonly kind: 'failed'; readonly text: string };

export interface Judged {
  /** The request that opened the WebSocket. */
  readonly opening: Message;
  readonly account: Account;
  /** What the opening's own pseudonyms belong to. */
  readonly pseudonyms: Pseudonyms;
}

/** What a ping or a close may hold. */
const MAX_CONTROL_BYTES = 123;
/** So much that is no text, such as a time or a counter, says nothing. */
const MAX_PLAIN_CONTROL_BYTES = 16;
/** First bytes of a message that may be JSON: a bracket, white space, a byte order mark. */
const JSON_STARTS: ReadonlySet<number> = new Set([0x7b, 0x5b, 0x20, 0x0a, 0x0d, 0x09, 0xef]);

export class Judge {
  readonly #opening: Message;
  readonly #account: Account;
  readonly #present: () => ExchangeContext;
  #destination: Destination;
  readonly #pseudonyms: SessionPseudonyms;
  readonly #texts = new GrowingTexts();
  /** The answer whose texts grow, where it can be judged piece by piece. */
  #answer: StreamedAnswer | null = null;
  readonly #waiting = new WaitingAnswer();
  #isGrowing = false;
  readonly #cuts: Readonly<Record<Direction, CutMessages<Buffer>>>;

  /** `present`: the settings that hold now, which may change while the WebSocket is open. */
  constructor({ opening, account, pseudonyms }: Judged, present: () => ExchangeContext) {
    this.#opening = opening;
    this.#destination = opening.destination;
    this.#account = account;
    this.#present = present;
    this.#pseudonyms = new SessionPseudonyms(opening, pseudonyms, account.id, present);
    this.#cuts = { request: this.#cutsOf('request'), response: this.#cutsOf('response') };
  }

  #cutsOf(direction: Direction): CutMessages<Buffer> {
    const scope = (): CutScope => {
      const destination = this.#destination;
      return {
        source: this.#opening.source,
        destination,
        direction,
        isBeside: !this.#isStrong(destination, direction),
      };
    };
    const pseudonyms = (): Pseudonyms => this.#pseudonyms.current;
    return new CutMessages({ scope, present: this.#present, account: this.#account, pseudonyms });
  }

  /** How a message that begins with this byte is treated; -1 for one without any. */
  wayOf(direction: Direction, first: number): Way {
    if (this.#isStrong(this.#destination, direction)) return 'hold';
    if (direction === 'response') return this.#pseudonyms.hasTokens ? 'restore' : 'pass';
    if (this.#destination.category !== 'unknown' || !JSON_STARTS.has(first)) return 'pass';
    const asGenai: Destination = { ...this.#destination, category: 'genai' };
    return this.#isStrong(asGenai, 'request') || this.#isStrong(asGenai, 'response') ? 'shape' : 'pass';
  }

  /** A message of a host that nobody knows is too large to tell what is spoken: it counts as a provider. */
  undecided(): Way {
    this.#becomeGenai();
    return this.wayOf('request', -1);
  }

  /** Decides on a message that is there whole; `mayWait` is false where it goes at once or not at all. Never rejects. */
  async decide(direction: Direction, payload: Buffer, way: Way, mayWait: boolean): Promise<Verdict> {
    this.#cuts[direction === 'request' ? 'response' : 'request'].heard();
    if (way === 'restore') return { kind: 'send', messages: this.#pseudonyms.restorer.message(payload) };
    if (way === 'shape' && this.#shapeOf(payload) !== null) this.#becomeGenai();
    return direction === 'request'
      ? this.#decideOn(direction, payload, mayWait)
      : this.#decideOnAnswer(payload, mayWait);
  }

  /** When `tick` is to be called for a direction; null where nothing waits for it. */
  dueAt(direction: Direction): number | null {
    const ofText = direction === 'response' ? (this.#answer?.gate.dueAt ?? null) : null;
    return ofText ?? this.#cuts[direction].dueAt;
  }

  /** What has waited for long enough: messages for the next, or what of a growing text can be let go. */
  async tick(direction: Direction): Promise<Verdict> {
    const answer = direction === 'response' ? this.#answer : null;
    if (answer === null) return await this.#waited(direction, (cuts) => cuts.tick());
    const context = this.#present();
    try {
      return this.#leaving(await answer.tick(context.now()));
    } catch (error) {
      return this.#failed(error, [], context);
    }
  }

  /** Nobody sends more in that direction: what was waited with. */
  async rest(direction: Direction): Promise<Verdict> {
    const waited = await this.letGo(direction);
    return direction === 'request' || waited.kind !== 'send'
      ? waited
      : behind(waited.messages, await this.#restOfAll());
  }

  /** Whether messages wait for the next of their direction. */
  isWaiting(direction: Direction): boolean {
    return this.#cuts[direction].dueAt !== null;
  }

  /** They wait no more. */
  async letGo(direction: Direction): Promise<Verdict> {
    return await this.#waited(direction, (cuts) => cuts.end());
  }

  async #waited(
    direction: Direction,
    work: (cuts: CutMessages<Buffer>) => Promise<CutPassed<Buffer>>,
  ): Promise<Verdict> {
    try {
      return this.#passed(direction, await work(this.#cuts[direction]));
    } catch (error) {
      return this.#failed(error, [], this.#present());
    }
  }

  async #restOfAll(): Promise<Verdict> {
    const verdict = await this.#restOfAnswer();
    if (verdict.kind !== 'send') return verdict;
    return { kind: 'send', messages: [...verdict.messages, ...this.#pseudonyms.restorer.end()] };
  }

  async #restOfAnswer(): Promise<Verdict> {
    if (this.#answer !== null) return this.#judgeStreamed(this.#answer, null, 'ends');
    const waiting = this.#waiting.take();
    return waiting.length === 0 ? NOTHING : this.#decideOnGroup(waiting);
  }

  /** What a ping, a pong or a close says, which may be anything. */
  async control(direction: Direction, payload: Buffer): Promise<Verdict> {
    const asItIs: Verdict = { kind: 'send', messages: [payload] };
    if (payload.length === 0) return asItIs;
    if (!isUtf8(payload)) {
      if (payload.length > MAX_PLAIN_CONTROL_BYTES) this.#account.lessen(opaque('binary'));
      return asItIs;
    }
    if (this.wayOf(direction, -1) !== 'hold') {
      await this.beside(direction, payload, null);
      return asItIs;
    }
    const verdict = await this.#decideOn(direction, payload, null);
    if (verdict.kind !== 'send') return verdict;
    const [said = payload] = verdict.messages;
    // A pseudonym may be longer than what it stands for: where there is no room for it nothing is said at all.
    return { kind: 'send', messages: [said.length > MAX_CONTROL_BYTES ? said.subarray(0, 0) : said] };
  }

  /** Scans what was passed on, or as much of it as was kept. Never rejects. */
  async beside(direction: Direction, sample: Buffer, missing: Coverage | null): Promise<void> {
    if (missing !== null) this.#account.lessen(missing);
    if (sample.length === 0) return;
    const context = this.#present();
    try {
      const message = this.#message(direction, sample);
      const given = { now: new Date(context.now()), held: false, pseudonyms: null };
      const inspection = await inspectWithNames(context, message, given);
      if (direction === 'response') await this.#pseudonyms.name(inspection.extraction.conversationId);
      await this.#enter(message, inspection, context.newId());
      if (missing === null) await this.#cuts[direction].take(sample, message, inspection);
    } catch (error) {
      context.log(`weir: scan beside exchange ${this.#account.id} failed: ${reasonOf(error)}`);
      this.#account.lessen(opaque('failed'));
    }
  }

  /** `mayWait`: null for what is no message. */
  async #decideOn(direction: Direction, payload: Buffer, mayWait: boolean | null): Promise<Verdict> {
    const context = this.#present();
    const held = this.#isStrong(this.#destination, direction);
    try {
      const message = this.#message(direction, payload);
      const pseudonyms = direction === 'request' ? this.#pseudonyms.forMessage(payload) : this.#pseudonyms.current;
      const given = { now: new Date(context.now()), held, pseudonyms };
      const inspection = await inspectWithNames(context, message, given);
      if (direction === 'request') {
        await pseudonyms.settle(inspection);
        this.#pseudonyms.learn();
      } else await this.#pseudonyms.name(inspection.extraction.conversationId);
      const refusal = await this.#entered(message, inspection);
      if (refusal !== null) return { kind: 'blocked', messages: [], refusal };
      if (mayWait === null) {
        const sent = inspection.edited?.changed.body === true ? inspection.edited.body : payload;
        return { kind: 'send', messages: direction === 'response' ? this.#pseudonyms.restorer.message(sent) : [sent] };
      }
      const passed = await this.#cuts[direction].take(payload, message, inspection, mayWait);
      if (direction === 'request' && passed.cut !== null) {
        await pseudonyms.settle(passed.cut.inspection);
        this.#pseudonyms.learn();
      }
      return this.#passed(direction, passed);
    } catch (error) {
      return this.#failed(error, [payload], context);
    }
  }

  /** What may leave after messages were read together, or that they end the stream. */
  #passed(direction: Direction, { leaving, cut }: CutPassed<Buffer>): Verdict {
    const sent = leaving.map(({ item, body }) => body ?? item);
    const messages = direction === 'response' ? sent.flatMap((one) => this.#pseudonyms.restorer.message(one)) : sent;
    if (cut?.inspection.decision.enforced.action !== 'block') return { kind: 'send', messages };
    const id = cut.eventId ?? this.#account.id;
    return { kind: 'blocked', messages, refusal: refuseMessage(cut.message, cut.inspection, id) };
  }

  async #decideOnAnswer(payload: Buffer, mayWait: boolean): Promise<Verdict> {
    const growth = this.#texts.take(payload);
    if (growth === 'alone') return this.#decideOn('response', payload, mayWait);
    const waited = await this.letGo('response');
    return waited.kind === 'send' ? behind(waited.messages, await this.#decideOnGrowing(payload, growth)) : waited;
  }

  async #decideOnGrowing(payload: Buffer, growth: Growth): Promise<Verdict> {
    if (!this.#isGrowing) this.#answer = this.#openAnswer();
    this.#isGrowing = growth === 'grows';
    if (this.#answer !== null) return this.#judgeStreamed(this.#answer, payload, growth);
    const { inspectBytes } = this.#present().config.limits;
    const mayWait = this.#waiting.push(payload, inspectBytes);
    return growth === 'grows' && mayWait ? NOTHING : this.#decideOnGroup(this.#waiting.take());
  }

  /** Null where the rules can only be carried out on the whole. */
  #openAnswer(): StreamedAnswer | null {
    const context = this.#present();
    const { engine, readNames, config } = context;
    const gate = createStreamGate(engine, 'sse', {
      source: this.#opening.source,
      destination: this.#destination,
      shape: null,
      coverage: readNames === null ? FULL : truncated('model'),
      now: new Date(context.now()),
      ...givenOf(context, {}),
      readDocuments: context.readDocuments,
      holdMs: config.limits.holdMs,
      hasNameModel: readNames !== null,
    });
    if (gate === null) return null;
    return new StreamedAnswer(gate, async (wanted) => {
      const conversation = await this.#pseudonyms.current.issue(gate.extraction(), wanted);
      return conversation.known(wanted);
    });
  }

  /** A message of an answer that is judged while it comes; null: there is none any more. */
  async #judgeStreamed(answer: StreamedAnswer, payload: Buffer | null, growth: Growth): Promise<Verdict> {
    const context = this.#present();
    const { gate } = answer;
    try {
      let leaving = payload === null ? [] : await answer.push(payload, context.now());
      if (growth === 'ends' && !gate.isBlocked) leaving = [...leaving, ...(await answer.end(context.now()))];
      if (gate.failure !== null) throw new WeirError('edit_unsafe', gate.failure);
      const verdict = this.#leaving(leaving);
      if (growth === 'grows' && !gate.isBlocked) return verdict;
      this.#answer = null;
      const refusal = await this.#entered(this.#message('response', payload ?? EMPTY), gate.inspection(answer.bytes));
      return refusal === null ? verdict : { kind: 'blocked', messages: verdict.messages, refusal };
    } catch (error) {
      return this.#failed(error, payload === null ? [] : [payload], context);
    }
  }

  #leaving(messages: readonly Buffer[]): { readonly kind: 'send'; readonly messages: readonly Buffer[] } {
    return { kind: 'send', messages: messages.flatMap((one) => this.#pseudonyms.restorer.message(one)) };
  }

  /** Messages over which texts have grown: they are read as one, since what is looked for may be cut between two of them. */
  async #decideOnGroup(messages: readonly Buffer[]): Promise<Verdict> {
    const context = this.#present();
    try {
      const message: Message = {
        ...this.#message('response', asEvents(messages)),
        headers: ['content-type', 'text/event-stream'],
        isWithinStream: false,
      };
      const given = { now: new Date(context.now()), held: true, pseudonyms: this.#pseudonyms.current };
      const inspection = await inspectWithNames(context, message, given);
      await this.#pseudonyms.name(inspection.extraction.conversationId);
      const refusal = await this.#entered(message, inspection);
      if (refusal !== null) return { kind: 'blocked', messages: [], refusal };
      return this.#leaving(messages);
    } catch (error) {
      return this.#failed(error, messages, context);
    }
  }

  /** Records a message; what its sender is told where it is blocked, else null. */
  async #entered(message: Message, inspection: Inspection): Promise<MessageRefusal | null> {
    const id = this.#present().newId();
    await this.#enter(message, inspection, id);
    if (inspection.decision.enforced.action !== 'block') return null;
    return refuseMessage(message, inspection, id);
  }

  async #enter(message: Message, inspection: Inspection, id: string): Promise<void> {
    const account = this.#account;
    const { model, shape } = inspection.extraction;
    account.model = model ?? account.model;
    account.provider ??= shape?.split('.', 1)[0] ?? null;
    const context = this.#present();
    try {
      await account.enterMessage(message, inspection, { id, excerptChars: context.excerptChars });
    } catch (error) {
      if (context.config.onError === 'closed') throw error;
      failOpen(account, 'record', reasonOf(error), context);
    }
  }

  #failed(error: unknown, messages: readonly Buffer[], context: ExchangeContext): Verdict {
    const text = reasonOf(error);
    this.#answer = null;
    this.#texts.clear();
    this.#isGrowing = false;
    if (context.config.onError === 'open') {
      failOpen(this.#account, 'inspection', text, context);
      this.#account.lessen(opaque('failed'));
      return { kind: 'send', messages };
    }
    context.log(`weir: a message of exchange ${this.#account.id} could not be inspected: ${text}`);
    failClosed(this.#account, 'inspection', text, context);
    return { kind: 'failed', text };
  }

  #shapeOf(payload: Buffer): string | null {
    return extract(this.#message('request', payload), { maxDecodedBytes: this.#present().engine.maxDecodedBytes })
      .shape;
  }

  #becomeGenai(): void {
    this.#destination = { ...this.#destination, category: 'genai' };
    this.#account.destination = this.#destination;
  }

  #isStrong(destination: Destination, direction: Direction): boolean {
    const { policies } = this.#present().engine;
    const action = policies.strongest({ source: this.#opening.source, destination, direction });
    return actionRank(action) > actionRank('alert');
  }

  #message(direction: Direction, body: Buffer): Message {
    const { source, method, target } = this.#opening;
    const status = direction === 'request' ? null : 101;
    const destination = this.#destination;
    return { direction, source, destination, method, target, status, headers: [], body, isWithinStream: true };
  }
}

const NOTHING: Verdict = { kind: 'send', messages: [] };
const EMPTY = Buffer.alloc(0);

/** The verdict with these messages before it. */
function behind(messages: readonly Buffer[], verdict: Verdict): Verdict {
  if (messages.length === 0 || verdict.kind === 'failed') return verdict;
  return { ...verdict, messages: [...messages, ...verdict.messages] };
}
