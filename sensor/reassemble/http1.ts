/**
 * HTTP/1 on one connection: requests in a row, and their answers in the same row. An answer goes to the oldest request
 * that has none; where the place in either direction was lost, those that wait are told as they are, and nothing is guessed.
 */
import { headerOf } from '../../flow/message.ts';
import { EnvelopedMessage, heardProtocolOf } from './enveloped-message.ts';
import { type Conversation, type Hear, type HeardMessage, heardWithinStream, type Way } from './heard.ts';
import { Http1Reader, type StartLine } from './http1-reader.ts';
import { type HeardHead, NO_HEAD, OpenMessage } from './open-message.ts';
import type { HandleRoom, HearingLimits } from './room.ts';

interface OpenExchange {
  request: OpenMessage | EnvelopedMessage | null;
  response: OpenMessage | EnvelopedMessage | null;
  isRequestOver: boolean;
  isResponseOver: boolean;
  readonly startedAt: number;
  touchedAt: number;
}

export interface Http1Options {
  readonly room: HandleRoom;
  readonly limits: HearingLimits;
  readonly hear: Hear;
  /** Whether answers come here as well; without them an exchange ends with its request. */
  readonly hearsAnswers: boolean;
  /** Whether the first byte of each direction is the first of a message. */
  readonly isFromStart: boolean;
  /** The two have agreed on another protocol: what follows comes to what is returned. Null: it is not read. */
  readonly switched: (
    request: HeardMessage,
    answerHeaders: readonly string[],
    authority: string | null,
  ) => Conversation | null;
}

export class Http1 implements Conversation {
  readonly #options: Http1Options;
  /** In the order of their requests; the first is the one that is being answered. */
  readonly #open: OpenExchange[] = [];
  readonly #requests: Http1Reader;
  readonly #responses: Http1Reader;
  #now = 0;
  #next: Conversation | null = null;
  #isSwitched = false;

  constructor(options: Http1Options) {
    this.#options = options;
    const { limits, isFromStart } = options;
    this.#requests = new Http1Reader('request', this.#requestEvents(), limits.maxHeadBytes, isFromStart);
    this.#responses = new Http1Reader('response', this.#responseEvents(), limits.maxHeadBytes, isFromStart);
  }

  data(way: Way, bytes: Buffer, at: number): void {
    this.#now = at;
    (way === 'out' ? this.#requests : this.#responses).push(bytes);
  }

  lost(way: Way, bytes: number, at: number): void {
    this.#now = at;
    if (this.#isSwitched) {
      this.#next?.lost(way, bytes, at);
      return;
    }
    const reader = way === 'out' ? this.#requests : this.#responses;
    const wasWithin = reader.isWithin;
    if (reader.lose(bytes)) return;
    // Whole messages may be missing, so that it is not known any more which answer belongs to whom.
    if (way === 'out' || !wasWithin) this.#tellAll(false);
  }

  end(at: number): void {
    this.#now = at;
    this.#requests.close();
    this.#responses.close();
    this.#tellAll(false);
    this.#next?.end(at);
  }

  settle(before: number, at: number): void {
    this.#now = at;
    this.#next?.settle(before, at);
    const first = this.#open[0];
    // A stream of messages may say nothing for hours; what it has said is told.
    if (first?.request instanceof EnvelopedMessage || first?.response instanceof EnvelopedMessage) return;
    if (first !== undefined && first.touchedAt < before) this.#tellAll(false);
  }

  #requestEvents() {
    const last = (): OpenExchange | undefined => this.#open.at(-1);
    return {
      head: (start: StartLine, headers: readonly string[]) => {
        if (start.kind !== 'request') return 'none' as const;
        if (this.#open.length >= this.#options.limits.maxOpen) this.#tell(0, false);
        const { method, target } = start;
        const request = this.#message('out', { method, target, status: null, headers }, headerOf(headers, 'host'));
        const at = this.#now;
        this.#open.push({
          request,
          response: null,
          isRequestOver: false,
          isResponseOver: false,
          startedAt: at,
          touchedAt: at,
        });
        return 'body' as const;
      },
      data: (bytes: Buffer) => this.#touch(last())?.request?.add(bytes),
      trailers: (headers: readonly string[]) => last()?.request?.trailers(headers),
      end: () => {
        const one = this.#touch(last());
        if (one === undefined) return;
        one.request?.close();
        one.isRequestOver = true;
        this.#tellIfOver(one);
      },
      cut: (bytes: number) => {
        const one = last();
        if (one === undefined || one.isRequestOver) return;
        one.request?.lose(bytes);
        one.isRequestOver = true;
        this.#tellIfOver(one);
      },
      raw: (bytes: Buffer) => this.#next?.data('out', bytes, this.#now),
    };
  }

  #responseEvents() {
    const first = (): OpenExchange | undefined => this.#open[0];
    return {
      head: (start: StartLine, headers: readonly string[]) => {
        if (start.kind !== 'response') return 'none' as const;
        const { status } = start;
        const method = first()?.request?.head.method ?? '';
        const target = first()?.request?.head.target ?? '';
        if (status === 101 || (method === 'CONNECT' && status >= 200 && status < 300)) {
          this.#switch(status, headers);
          return 'raw' as const;
        }
        if (status < 200) return 'none' as const;
        const asked = first()?.request?.head.headers ?? [];
        const response = this.#message('in', { method, target, status, headers }, headerOf(asked, 'host'));
        const one = this.#touch(first());
        if (one === undefined) {
          // Its request was before we listened.
          const at = this.#now;
          this.#open.push({
            request: null,
            response,
            isRequestOver: true,
            isResponseOver: false,
            startedAt: at,
            touchedAt: at,
          });
        } else {
          one.response = response;
        }
        return method === 'HEAD' || status === 204 || status === 304 ? ('none' as const) : ('body' as const);
      },
      data: (bytes: Buffer) => this.#touch(first())?.response?.add(bytes),
      trailers: (headers: readonly string[]) => first()?.response?.trailers(headers),
      end: () => {
        const one = first();
        if (one === undefined) return;
        one.response?.close();
        one.isResponseOver = true;
        this.#tellIfOver(one);
      },
      cut: (bytes: number) => {
        const one = first();
        if (one?.response === undefined || one.response === null) return;
        one.response.lose(bytes);
        one.isResponseOver = true;
        this.#tellIfOver(one);
      },
      raw: (bytes: Buffer) => this.#next?.data('in', bytes, this.#now),
    };
  }

  #message(way: Way, head: HeardHead, authority: string | null): OpenMessage | EnvelopedMessage {
    const { room, limits, hear } = this.#options;
    const protocol = heardProtocolOf(head);
    if (protocol === null) return new OpenMessage(head, room, limits);
    const direction = way === 'out' ? 'request' : 'response';
    return new EnvelopedMessage({ direction, head, protocol, room, limits }, (heard, isComplete) =>
      hear(heardWithinStream(way, authority, heard, isComplete, this.#now)),
    );
  }

  #touch(one: OpenExchange | undefined): OpenExchange | undefined {
    if (one !== undefined) one.touchedAt = this.#now;
    return one;
  }

  /** The exchange of the switch ends here; what follows is the other protocol's. */
  #switch(status: number, headers: readonly string[]): void {
    const one = this.#open[0];
    const { room, limits } = this.#options;
    const response = new OpenMessage({ ...(one?.request?.head ?? NO_HEAD), status, headers }, room, limits);
    response.close();
    if (one === undefined) return;
    one.response = response;
    one.isRequestOver = true;
    const { request } = one;
    this.#isSwitched = true;
    if (request !== null) {
      const head = {
        ...request.head,
        body: Buffer.alloc(0),
        bytes: 0,
        coverage: { level: 'full', reason: null },
      } as const;
      this.#next = this.#options.switched(head, headers, headerOf(request.head.headers, 'host'));
    }
    this.#tell(0, true);
    this.#requests.switchToRaw();
  }

  #tellIfOver(one: OpenExchange): void {
    if (!one.isRequestOver || (!one.isResponseOver && this.#options.hearsAnswers)) return;
    const at = this.#open.indexOf(one);
    if (at !== -1) this.#tell(at, true);
  }

  #tellAll(isComplete: boolean): void {
    while (this.#open.length > 0) this.#tell(0, isComplete);
  }

  #tell(at: number, isComplete: boolean): void {
    const one = at === 0 ? this.#open.shift() : this.#open.splice(at, 1)[0];
    if (one === undefined) return;
    const request = one.request?.take() ?? null;
    const response = one.response?.take() ?? null;
    this.#options.hear({
      protocol: 'http',
      authority: request === null ? null : headerOf(request.headers, 'host'),
      request,
      response,
      isWithinStream: false,
      isComplete,
      startedAt: one.startedAt,
      endedAt: this.#now,
    });
  }
}
