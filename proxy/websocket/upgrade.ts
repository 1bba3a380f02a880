/**
 * A request for a WebSocket: its head is decided on as any request's, the upstream is asked in our own name and must really
 * switch protocols (RFC 6455 §4.1) before a client's byte goes through, and what follows is carried message by message.
 * Where a policy forbids the WebSocket itself the answer is 426.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
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
import { acceptOffer, OFFER } from './extensions.ts';
import { type Asked, acceptOf, readAsked, readSwitched, type Switched, withoutHop } from './handshake.ts';
import { Judge } from './judge.ts';
import { Leg } from './leg.ts';
import { carryStream } from './stream.ts';
import { readUpstreamAnswer, type UpstreamAnswer } from './upstream-answer.ts';

export interface UpgradeRequest {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly source: Source;
  readonly origin: Target;
  readonly target: string;
  /** The gateway's name for the provider; null in the other modes. */
  readonly provider: string | null;
}

/** `present`: the settings that hold now; a WebSocket outlives those that it began with. */
export function acceptUpgrade(upgrade: UpgradeRequest, present: () => TunnelContext): void {
  const { socket } = upgrade;
  socket.on('error', () => socket.destroy());
  if (!(socket instanceof Socket)) return void socket.destroy();
  const context = present();
  whenIdentified(upgrade.source, context, (source) =>
    context.track(new Opening({ ...upgrade, source }, socket, context, present).carry()),
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
  readonly #client: Socket;
  readonly #context: TunnelContext;
  readonly #present: () => TunnelContext;
  readonly #account: Account;
  readonly #destination: Destination;
  readonly #span: Span | null;
  #shape: Shape | null = null;

  constructor(upgrade: UpgradeRequest, client: Socket, context: TunnelContext, present: () => TunnelContext) {
    this.#upgrade = upgrade;
    this.#client = client;
    this.#context = context;
    this.#present = present;
    const { origin, source } = upgrade;
    this.#destination = context.catalog.lookup(origin.host, origin.port);
    this.#account = accountOf(source, origin, 'websocket', context);
    this.#account.provider = upgrade.provider;
    const { rawHeaders } = upgrade.request;
    this.#span = context.traces?.begin(this.#account.id, rawHeaders, context.now(), 'websocket') ?? null;
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
    const { request, origin, head } = this.#upgrade;
    const asked = readAsked(request.method ?? '', request.httpVersion, request.rawHeaders);
    const opening = this.#message('request', request.rawHeaders, null);
    const pseudonyms = new Pseudonyms(
      this.#context.conversations,
      opening,
      this.#context.credentials,
      this.#account.id,
    );
    const inspection = await this.#decide(opening, pseudonyms);
    if ('status' in asked) throw this.#refusedAs(asked.status, 'upgrade_refused', asked.text, 'malformed');
    await this.#record();
    const { edited } = inspection;
    const headers = edited?.headers ?? request.rawHeaders;
    const key = randomBytes(16).toString('base64');
    // Whoever does not want its messages compressed has its reasons.
    const offersDeflate = asked.extensions.some((value) => value.includes('permessage-deflate'));
    const upstream = await this.#context.dialer.dial(origin, origin.scheme === 'https');
    try {
      upstream.write(this.#headText(withoutHop(headers), edited?.target ?? this.#upgrade.target, key, offersDeflate));
      const answer = await readUpstreamAnswer(upstream, this.#context.config.limits);
      const { edited: changed } = await this.#decide(this.#message('response', answer.headers, answer), pseudonyms);
      if (answer.status !== 101) {
        const { headers, body } = changed ?? { headers: answer.headers, body: answer.bytes };
        return this.#passOn({ ...answer, headers, bytes: body }, upstream);
      }
      const { protocols } = readAsked('GET', '1.1', headers) as Asked;
      const switched = readSwitched(answer.headers, { key, protocols, offersDeflate });
      if (typeof switched === 'string')
        throw new WeirError('upstream_malformed', `the upstream is no WebSocket: ${switched}`);
      await this.#open(
        asked,
        answer,
        switched,
        upstream,
        new Judge({ opening, account: this.#account, pseudonyms }, this.#present),
        head,
      );
    } catch (error) {
      upstream.destroy();
      throw error;
    }
  }

  /** Answers the client, and carries the messages. */
  #open(
    asked: Asked,
    answer: UpstreamAnswer,
    { terms }: Switched,
    upstream: Socket,
    judge: Judge,
    head: Buffer,
  ): Promise<void> {
    const accepted = acceptOffer(asked.extensions);
    const own = [
      'Connection',
      'Upgrade',
      'Upgrade',
      'websocket',
      'Sec-WebSocket-Accept',
      acceptOf(asked.key),
      ...(accepted === null ? [] : ['Sec-WebSocket-Extensions', accepted.answer]),
    ];
    const headers = [...own, ...this.#headFor(withoutHop(answer.headers), null)];
    this.#client.write(headOf(101, 'Switching Protocols', headers));
    const maxBytes = (): number => this.#present().config.limits.inspectBytes;
    return carryStream({
      client: new Leg('client', this.#client, accepted?.terms ?? null, maxBytes),
      upstream: new Leg('upstream', upstream, terms, maxBytes),
      first: { client: head, upstream: answer.bytes },
      judge,
      account: this.#account,
      present: this.#present,
    });
  }

  /** An ordinary answer instead of a WebSocket: the upstream's own refusal. */
  #passOn({ status, statusText, headers, bytes }: UpstreamAnswer, upstream: Socket): void {
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
    const head = [...this.#headFor(headers, bytes.length), 'Connection', 'close'];
    this.#client.end(Buffer.concat([headOf(status, statusText, head), bytes]));
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
    const { request, origin, target, head } = this.#upgrade;
    this.#account.lessen(opaque('tunnelled'));
    this.#account.route = `${request.method} ${target.split('?', 1)[0]}`;
    await this.#record();
    const upstream = await this.#context.dialer.dial(origin, origin.scheme === 'https');
    upstream.write(this.#headText(request.rawHeaders, target, null, false));
    const answer = await readUpstreamAnswer(upstream, this.#context.config.limits);
    if (answer.status !== 101) return this.#passOn(answer, upstream);
    const own = ['Connection', 'Upgrade', 'Upgrade', 'websocket', ...this.#headFor(answer.headers, null)];
    this.#client.write(Buffer.concat([headOf(101, answer.statusText, own), answer.bytes]));
    this.#account.bytesIn += answer.bytes.length;
    await joinSockets(this.#client, upstream, head, this.#account);
    closeRecord(this.#account, 'completed', 101, null, this.#context);
  }

  /** `key` null: the client's own head, as it is. */
  #headText(headers: readonly string[], target: string, key: string | null, offersDeflate: boolean): Buffer {
    const head = requestHead(headers, {
      authority: authorityText(this.#upgrade.origin),
      contentLength: null,
      isIdentity: false,
      narrowsEncoding: true,
    });
    head.push('Connection', 'Upgrade', 'Upgrade', 'websocket');
    if (key !== null) head.push('Sec-WebSocket-Version', '13', 'Sec-WebSocket-Key', key);
    if (offersDeflate) head.push('Sec-WebSocket-Extensions', OFFER);
    return textOf(`GET ${target} HTTP/1.1`, this.#span === null ? head : carrying(head, this.#span));
  }

  #message(direction: Message['direction'], headers: readonly string[], answer: UpstreamAnswer | null): Message {
    const { source, request, target } = this.#upgrade;
    const body = answer === null || answer.status === 101 ? Buffer.alloc(0) : answer.bytes;
    return {
      direction,
      source,
      destination: this.#destination,
      method: request.method ?? 'GET',
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
    const client = this.#client;
    closeRecord(this.#account, client.destroyed ? 'client_aborted' : outcome, refusal.status, reason, this.#context);
    const headers = [...refusal.headers, 'Content-Length', String(refusal.body.length)];
    if (refusal.status === 426)
      headers.push('Upgrade', 'HTTP/1.1', 'Sec-WebSocket-Version', '13', 'Connection', 'upgrade, close');
    else headers.push('Connection', 'close');
    client.end(Buffer.concat([headOf(refusal.status, 'Refused', headers), refusal.body]));
  }
}

function headOf(status: number, text: string, headers: readonly string[]): Buffer {
  return textOf(`HTTP/1.1 ${status} ${text}`, headers);
}

function textOf(first: string, headers: readonly string[]): Buffer {
  let text = `${first}\r\n`;
  for (let i = 0; i + 1 < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return Buffer.from(`${text}\r\n`, 'latin1');
}
