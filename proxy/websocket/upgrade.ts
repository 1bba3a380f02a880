/**
 * A request for a WebSocket: its head is decided on as any request's, the upstream is asked in our own name and must really
 * have understood (RFC 6455 §4.1, RFC 8441 §5) before a client's byte goes through, and what follows is carried message by
 * message. Where a policy forbids the WebSocket itself the answer is 426.
 */
import type { Duplex } from 'node:stream';
import type { Shape } from '../../engine/extract/extract.ts';
import type { Inspection } from '../../engine/inspect.ts';
import { failure, type Refusal, refuse } from '../../engine/transform/refuse.ts';
import { opaque } from '../../flow/coverage.ts';
import { actionRank } from '../../flow/decision.ts';
import { WeirError } from '../../flow/errors.ts';
import type { Outcome } from '../../flow/event.ts';
import type { Message } from '../../flow/message.ts';
import type { Destination, Source } from '../../flow/parties.ts';
import type { Account } from '../account.ts';
import { closeRecord, reasonOf } from '../answer.ts';
import { authorityText, type Target } from '../authority.ts';
import { failClosed, failOpen } from '../failing.ts';
import { requestHead, responseHead } from '../head.ts';
import { inspectWithNames } from '../inspection.ts';
import { Pseudonyms } from '../pseudonyms.ts';
import { carrying, type Span } from '../traces.ts';
import { accountOf, joinSockets, type TunnelContext, whenIdentified } from '../tunnel.ts';
import { acceptOffer } from './extensions.ts';
import { type Asked, protocolsOf, type Switched, withoutHop } from './handshake.ts';
import { Judge } from './judge.ts';
import { Leg } from './leg.ts';
import type { OpeningClient } from './opening-client.ts';
import { askUpstream, type UpstreamOpening } from './opening-upstream.ts';
import { carryStream } from './stream.ts';
import type { UpstreamAnswer } from './upstream-answer.ts';

export interface UpgradeRequest {
  readonly client: OpeningClient;
  /** `GET`, where the head says nothing else. */
  readonly method: string;
  /** Flat list of names and values as received. */
  readonly headers: readonly string[];
  /** What the client sent behind its head. */
  readonly first: Buffer;
  readonly source: Source;
  readonly origin: Target;
  readonly target: string;
  /** The gateway's name for the provider; null in the other modes. */
  readonly provider: string | null;
}

/** `present`: the settings that hold now; a WebSocket outlives those that it began with. */
export function acceptUpgrade(upgrade: UpgradeRequest, present: () => TunnelContext): void {
  const context = present();
  upgrade.client.wire.on('error', () => upgrade.client.destroy());
  whenIdentified(upgrade.source, context, (source) =>
    context.track(new Opening({ ...upgrade, source }, context, present).carry()),
  );
}

/** An end before the WebSocket is open. */
class Refused extends Error {
  readonly refusal: Refusal;
  readonly outcome: Outcome;
  readonly reason: string | null;

  constructor(refusal: Refusal, outcome: Outcome, reason: string | null) {
    super('refused');
    this.refusal = refusal;
    this.outcome = outcome;
    this.reason = reason;
  }
}

class Opening {
  readonly #upgrade: UpgradeRequest;
  readonly #client: OpeningClient;
  readonly #context: TunnelContext;
  readonly #present: () => TunnelContext;
  readonly #account: Account;
  readonly #destination: Destination;
  readonly #span: Span | null;
  #shape: Shape | null = null;

  constructor(upgrade: UpgradeRequest, context: TunnelContext, present: () => TunnelContext) {
    this.#upgrade = upgrade;
    this.#client = upgrade.client;
    this.#context = context;
    this.#present = present;
    const { origin, source } = upgrade;
    this.#destination = context.catalog.lookup(origin.host, origin.port);
    this.#account = accountOf(source, origin, 'websocket', context);
    this.#account.provider = upgrade.provider;
    this.#span = context.traces?.begin(this.#account.id, upgrade.headers, context.now(), 'websocket') ?? null;
  }

  /** Carries it to its end. Never rejects. */
  async carry(): Promise<void> {
    try {
      if (this.#context.isBypassed(this.#upgrade.origin.host)) await this.#carryUnread();
      else await this.#carryRead();
    } catch (error) {
      this.#end(error instanceof Refused ? error : this.#failed(error));
    }
  }

  async #carryRead(): Promise<void> {
    const { origin } = this.#upgrade;
    const { asked } = this.#client;
    const opening = this.#message('request', this.#upgrade.headers, null);
    const pseudonyms = new Pseudonyms(
      this.#context.conversations,
      opening,
      this.#context.credentials,
      this.#account.id,
    );
    const inspection = await this.#decide(opening, pseudonyms);
    if ('status' in asked) throw this.#refusedAs(asked.status, 'upgrade_refused', asked.text, 'malformed');
    await this.#record();
    const headers = inspection.edited?.headers ?? this.#upgrade.headers;
    // Whoever does not want its messages compressed has its reasons.
    const offersDeflate = asked.extensions.some((value) => value.includes('permessage-deflate'));
    const way = await this.#context.forwarder.webSocket(origin, this.#client.isHttp2);
    const given = {
      target: inspection.edited?.target ?? this.#upgrade.target,
      headers: this.#headOf(withoutHop(headers)),
      own: { offersDeflate },
    };
    const upstream = await askUpstream(way, given, this.#context.config.limits);
    try {
      const { answer } = upstream;
      const { edited: changed } = await this.#decide(this.#message('response', answer.headers, answer), pseudonyms);
      if (answer.status !== 101) {
        const { headers, body } = changed ?? { headers: answer.headers, body: answer.bytes };
        return this.#passOn({ ...answer, headers, bytes: body }, upstream.wire);
      }
      const switched = upstream.read(protocolsOf(headers));
      if (typeof switched === 'string')
        throw new WeirError('upstream_malformed', `the upstream is no WebSocket: ${switched}`);
      const judge = new Judge({ opening, account: this.#account, pseudonyms }, this.#present);
      await this.#open(asked, upstream, switched, judge);
    } catch (error) {
      upstream.wire.destroy();
      throw error;
    }
  }

  /** Answers the client, and carries the messages. */
  #open(asked: Asked, { wire, answer }: UpstreamOpening, { terms }: Switched, judge: Judge): Promise<void> {
    const accepted = acceptOffer(asked.extensions);
    this.#client.accept(this.#headFor(withoutHop(answer.headers), null), accepted?.answer ?? null);
    const maxBytes = (): number => this.#present().config.limits.inspectBytes;
    return carryStream({
      client: new Leg('client', this.#client.wire, accepted?.terms ?? null, maxBytes),
      upstream: new Leg('upstream', wire, terms, maxBytes),
      first: { client: this.#upgrade.first, upstream: answer.bytes },
      judge,
      account: this.#account,
      present: this.#present,
    });
  }

  /** An ordinary answer instead of a WebSocket: the upstream's own refusal. */
  #passOn({ status, statusText, headers, bytes }: UpstreamAnswer, upstream: Duplex): void {
    upstream.destroy();
    this.#account.bytesIn = bytes.length;
    const isKept = closeRecord(
      this.#account,
      'completed',
      status,
      'the upstream did not switch protocols',
      this.#context,
    );
    if (!isKept) return void this.#client.destroy();
    // Its framing was undone.
    this.#client.answer(status, statusText, this.#headFor(headers, bytes.length), bytes);
  }

  #headFor(headers: readonly string[], contentLength: number | null): string[] {
    return responseHead(headers, {
      eventId: this.#account.id,
      action: this.#account.action,
      isEdited: false,
      contentLength,
      isIdentity: false,
      dropsLength: contentLength === null,
    });
  }

  /** Inspects one of the heads; throws where it is the end. */
  async #decide(message: Message, pseudonyms: Pseudonyms): Promise<Inspection> {
    const context = this.#context;
    const { engine } = context;
    const held = actionRank(engine.policies.strongest(message)) > actionRank('alert');
    const given = { now: new Date(context.now()), held, pseudonyms };
    const inspection = await inspectWithNames(context, message, given);
    if (message.direction === 'request') {
      this.#shape = inspection.extraction.shape;
      await pseudonyms.settle(inspection);
    }
    this.#account.enter(message, inspection, context.excerptChars);
    if (inspection.decision.enforced.action === 'block') throw this.#blocked(message, inspection);
    return inspection;
  }

  #blocked(message: Message, { decision, extraction, findings }: Inspection): Refused {
    // Without anything found it is the WebSocket itself, or what it is for, that a rule forbids.
    const status = decision.subject.length === 0 ? 426 : this.#context.config.block.status;
    const refusal = refuse({
      shape: extraction.shape,
      destinationHost: message.destination.host,
      ruling: decision.enforced,
      findings,
      subject: decision.subject,
      eventId: this.#account.id,
      status,
      style: 'error',
      stream: false,
      model: extraction.model,
    });
    return new Refused(refusal, 'blocked', null);
  }

  /** What is about to happen, on record before the first byte goes upstream. */
  async #record(): Promise<void> {
    try {
      await this.#account.openSoon();
    } catch (error) {
      const text = reasonOf(error);
      if (this.#context.config.onError === 'open') return failOpen(this.#account, 'record', text, this.#context);
      failClosed(this.#account, 'record', text, this.#context);
      throw this.#refusedAs(503, 'store_unwritable', 'the proxy cannot write its records', 'failed');
    }
  }

  /** A host under `bypass`: the frames pass unread, once the upstream has switched. */
  async #carryUnread(): Promise<void> {
    const { method, headers, origin, target, first } = this.#upgrade;
    this.#account.lessen(opaque('tunnelled'));
    this.#account.route = `${method} ${target.split('?', 1)[0]}`;
    await this.#record();
    const way = await this.#context.forwarder.webSocket(origin, this.#client.isHttp2);
    const given = { target, headers: this.#headOf(headers), own: null };
    const { wire, answer } = await askUpstream(way, given, this.#context.config.limits);
    if (answer.status !== 101) return this.#passOn(answer, wire);
    this.#client.acceptAs(answer.statusText, this.#headFor(answer.headers, null), answer.bytes);
    this.#account.bytesIn += answer.bytes.length;
    await joinSockets(this.#client.wire, wire, first, this.#account);
    closeRecord(this.#account, 'completed', 101, null, this.#context);
  }

  #headOf(headers: readonly string[]): readonly string[] {
    const head = requestHead(headers, {
      authority: authorityText(this.#upgrade.origin),
      contentLength: null,
      isIdentity: false,
      narrowsEncoding: true,
    });
    return this.#span === null ? head : carrying(head, this.#span);
  }

  #message(direction: Message['direction'], headers: readonly string[], answer: UpstreamAnswer | null): Message {
    const { source, method, target } = this.#upgrade;
    const body = answer === null || answer.status === 101 ? Buffer.alloc(0) : answer.bytes;
    return {
      direction,
      source,
      destination: this.#destination,
      method,
      target,
      status: answer?.status ?? null,
      headers,
      body,
    };
  }

  #refusedAs(status: number, code: string, text: string, outcome: Outcome): Refused {
    const { origin } = this.#upgrade;
    const given = { shape: this.#shape, destinationHost: origin.host, status, code, message: text };
    return new Refused(failure({ ...given, eventId: this.#account.id }), outcome, `${status} ${text}`);
  }

  #failed(error: unknown): Refused {
    if (error instanceof WeirError) {
      const isRefused = error.code === 'address_forbidden';
      const status = isRefused ? 403 : error.code === 'upstream_timeout' ? 504 : 502;
      return this.#refusedAs(status, error.code, error.message, isRefused ? 'refused' : 'upstream_failed');
    }
    this.#context.log(`weir: internal error in exchange ${this.#account.id}: ${reasonOf(error)}`);
    failClosed(this.#account, 'inspection', reasonOf(error), this.#context);
    return this.#refusedAs(503, 'weir_failed', 'the proxy failed to inspect this exchange', 'failed');
  }

  #end({ refusal, outcome, reason }: Refused): void {
    const isGone = this.#client.wire.destroyed;
    closeRecord(this.#account, isGone ? 'client_aborted' : outcome, refusal.status, reason, this.#context);
    const headers = [...refusal.headers, 'Content-Length', String(refusal.body.length)];
    this.#client.answer(refusal.status, 'Refused', headers, refusal.body);
  }
}
