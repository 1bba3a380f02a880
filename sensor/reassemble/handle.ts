/**
 * What is read and written through one TLS handle: its pieces put in their places by their offsets, what is spoken told from
 * the first bytes, and handed to that protocol. Bounded in memory; never throws.
 */
import { headerOf } from '../../flow/message.ts';
import type { Conversation, Hear, HeardMessage, Way } from './heard.ts';
import { Http1 } from './http1.ts';
import { looksLikeRequest, looksLikeResponse } from './http1-reader.ts';
import { Http2 } from './http2.ts';
import { looksLikeFrames, PREFACE } from './http2-frames.ts';
import { HandleRoom, type HearingLimits, type Room } from './room.ts';
import { UnknownTalk } from './unknown.ts';
import { isWebSocket, WebSocketTalk } from './websocket.ts';

export interface HandleOptions {
  readonly room: Room;
  readonly limits: HearingLimits;
  readonly hear: Hear;
  readonly hearsAnswers: boolean;
  /** Whether its first byte was heard. */
  readonly isFromStart: boolean;
  /** It turned out to be a server's: what it says is no egress. */
  readonly isServer: () => void;
}

/** What is kept of the first bytes until they say what is spoken. */
const MAX_FIRST_BYTES = 64;

export class Handle {
  readonly #options: HandleOptions;
  readonly #room: HandleRoom;
  /** The offset of the next byte in each direction. */
  readonly #next: Record<Way, number> = { out: 0, in: 0 };
  #isPlaced: Record<Way, boolean>;
  #talk: Conversation | null = null;
  #first: { readonly way: Way; readonly bytes: Buffer } | null = null;
  #isServer = false;
  #now = 0;
  #lostBytes = 0;

  constructor(options: HandleOptions) {
    this.#options = options;
    this.#room = new HandleRoom(options.room, options.limits);
    this.#isPlaced = { out: options.isFromStart, in: options.isFromStart };
  }

  /** All that was not heard so far. */
  get lostBytes(): number {
    return this.#lostBytes;
  }

  get isServer(): boolean {
    return this.#isServer;
  }

  /** The piece that stands at this offset of its direction. `at`: milliseconds. */
  take(way: Way, offset: number, bytes: Buffer, at: number): void {
    this.#now = at;
    if (!this.#isPlaced[way]) {
      this.#isPlaced[way] = true;
      this.#next[way] = offset;
    }
    const gap = offset - this.#next[way];
    if (gap > 0) this.#lose(way, gap, at);
    // What was taken before comes again where a call was repeated.
    const piece = gap < 0 ? bytes.subarray(-gap) : bytes;
    this.#next[way] = Math.max(this.#next[way], offset + bytes.length);
    if (piece.length > 0 && !this.#isServer) this.#data(way, piece, at);
  }

  /** The direction is at this offset, and what is before it and was not taken was not heard. */
  miss(way: Way, offset: number, at: number): void {
    this.#now = at;
    if (!this.#isPlaced[way]) return;
    const gap = offset - this.#next[way];
    if (gap <= 0) return;
    this.#next[way] = offset;
    this.#lose(way, gap, at);
  }

  /** The connection has ended, or is not listened to any more. */
  end(at: number): void {
    this.#now = at;
    this.#settleFirst(at);
    this.#talk?.end(at);
    this.#talk = null;
    this.#room.release();
  }

  settle(before: number, at: number): void {
    this.#talk?.settle(before, at);
  }

  #lose(way: Way, bytes: number, at: number): void {
    this.#lostBytes += bytes;
    this.#settleFirst(at);
    this.#talk?.lost(way, bytes, at);
  }

  #data(way: Way, piece: Buffer, at: number): void {
    if (way === 'in' && !this.#options.hearsAnswers) {
      const isAsked = looksLikeRequest(piece) === true || piece.toString('latin1').startsWith(PREFACE);
      if (this.#talk === null && isAsked) this.#becomeServer();
      return;
    }
    if (this.#talk !== null) {
      this.#talk.data(way, piece, at);
      return;
    }
    const { way: firstWay, bytes: before } = this.#first ?? { way, bytes: EMPTY };
    if (firstWay !== way) {
      this.#settleFirst(at);
      this.#data(way, piece, at);
      return;
    }
    const bytes = before.length === 0 ? piece : Buffer.concat([before, piece]);
    const talk = this.#recognise(way, bytes, bytes.length >= MAX_FIRST_BYTES);
    if (talk === 'more') {
      this.#first = { way, bytes: Buffer.from(bytes) };
      return;
    }
    this.#first = null;
    this.#talk = talk;
    talk?.data(way, bytes, at);
  }

  /** Nothing more will tell what is spoken. */
  #settleFirst(at: number): void {
    if (this.#first === null) return;
    const { way, bytes } = this.#first;
    this.#first = null;
    const talk = this.#recognise(way, bytes, true);
    if (talk === 'more') return;
    this.#talk = talk;
    talk?.data(way, bytes, at);
  }

  /** Null for what is not listened to. */
  #recognise(way: Way, bytes: Buffer, isAll: boolean): Conversation | null | 'more' {
    const { isFromStart } = this.#options;
    const start = bytes.toString('latin1', 0, PREFACE.length);
    const isPreface = start.startsWith(PREFACE);
    const isRequest = looksLikeRequest(bytes);
    if (!isAll && !isPreface && PREFACE.startsWith(start)) return 'more';
    if (way === 'in' && (isPreface || isRequest === true)) {
      this.#becomeServer();
      return null;
    }
    if (isPreface) return this.#http2(true);
    if (isRequest === true) return this.#http1(isFromStart);
    if (isRequest === null && !isAll && way === 'out') return 'more';
    if (way === 'in' && looksLikeResponse(bytes)) return this.#http1(false);
    if (looksLikeFrames(bytes)) return this.#http2(false);
    if (isFromStart) return new UnknownTalk(this.#room, this.#options.limits, this.#options.hear);
    // In the middle of something: its next message may tell.
    return null;
  }

  #http1(isFromStart: boolean): Conversation {
    const { limits, hear, hearsAnswers } = this.#options;
    return new Http1({
      room: this.#room,
      limits,
      hear,
      hearsAnswers,
      isFromStart,
      switched: (request, headers, authority) => this.#switched(request, headers, authority),
    });
  }

  #switched(opening: HeardMessage, headers: readonly string[], authority: string | null): Conversation | null {
    if (!isWebSocket(headers)) return null;
    const { limits, hear } = this.#options;
    const extensions = headerOf(headers, 'sec-websocket-extensions');
    return new WebSocketTalk({ room: this.#room, limits, hear, opening, authority, extensions }, this.#now);
  }

  #http2(isFromStart: boolean): Conversation {
    const { limits, hear, hearsAnswers } = this.#options;
    return new Http2({
      room: this.#room,
      limits,
      hear,
      hearsAnswers,
      isFromStart,
      isServer: () => this.#becomeServer(),
    });
  }

  #becomeServer(): void {
    if (this.#isServer) return;
    this.#isServer = true;
    // What it has open is a server's too: it is given up untold.
    this.#talk = null;
    this.#room.release();
    this.#options.isServer();
  }
}

const EMPTY = Buffer.alloc(0);
