/**
 * One leg of a WebSocket, to the client or to the upstream: its frames in, its frames out, compressed as this leg has
 * negotiated, and how far its closing has come. It decides nothing.
 */
import { randomBytes } from 'node:crypto';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { leaveSoon } from '../leave-soon.ts';
import { type Close, closePayload } from './close.ts';
import { Deflater, Inflater } from './deflate.ts';
import type { DeflateTerms } from './extensions.ts';
import { CLOSING, FrameReader, PING } from './frame-reader.ts';
import { type FrameHead, frame, frameHead, masked, newMask } from './frame-writer.ts';

export type Side = 'client' | 'upstream';

const PROBE_BYTES = 8;
/** One may be missed because we were late ourselves. */
const MAX_UNANSWERED = 2;

export class Leg {
  readonly side: Side;
  /** A connection, or a stream of HTTP/2 (RFC 8441). */
  readonly socket: Duplex;
  readonly reader: FrameReader;
  /** Null where no compression was negotiated. */
  readonly inflater: Inflater | null;
  readonly #deflater: Deflater | null;
  /** We are the client of the upstream: what it gets is masked. */
  readonly #isMasked: boolean;
  /** The frame whose payload is being sent in pieces. */
  #begun: { readonly mask: Buffer | null; readonly length: number; at: number } | null = null;
  /** Fragments of a message have been sent, and its last has not. */
  #isWithinMessage = false;
  #isCorked = false;
  /** The payload of our own pings, by which their answers are known. */
  #probe: Buffer | null = null;
  /** How many pings of ours nothing has come after. */
  #unanswered = 0;
  isCloseSent = false;
  isCloseReceived = false;
  /** The peer has ended the connection, or it broke. */
  isGone = false;
  receivedBytes = 0;
  sentBytes = 0;

  constructor(side: Side, socket: Duplex, terms: DeflateTerms | null, maxBytes: () => number) {
    this.side = side;
    this.socket = socket;
    this.#isMasked = side === 'upstream';
    this.reader = new FrameReader({ isMasked: side === 'client', mayCompress: terms !== null });
    this.inflater = terms === null ? null : new Inflater(terms, maxBytes);
    this.#deflater =
      terms === null || terms.sendBits === null ? null : new Deflater(terms.sendBits, terms.sendsInContext);
  }

  /** Nothing more is said or heard; what was written still leaves. */
  leave(): void {
    leaveSoon(this.socket);
  }

  /** The system itself is to notice a connection that is dead. */
  keepAlive(): void {
    if (this.socket instanceof Socket) this.socket.setKeepAlive(true);
  }

  /** Nothing more may be sent. */
  get isShut(): boolean {
    return this.isCloseSent || this.isGone || this.socket.destroyed;
  }

  /** A whole message may be sent now. */
  get isBetween(): boolean {
    return this.#begun === null && !this.#isWithinMessage;
  }

  /** A message whole, in one frame; nothing in the middle of another. */
  async message(opcode: number, payload: Buffer): Promise<void> {
    if (this.isShut || !this.isBetween) return;
    const deflated = this.#deflater === null ? null : await this.#deflater.deflate(payload);
    const bytes = deflated ?? payload;
    this.#frame({ opcode, isFinal: true, isCompressed: deflated !== null, length: bytes.length }, bytes);
  }

  /** A frame that is no whole message, or a control frame. */
  fragment(opcode: number, isFinal: boolean, payload: Buffer): void {
    if (opcode < CLOSING) this.#isWithinMessage = !isFinal;
    this.#frame({ opcode, isFinal, isCompressed: false, length: payload.length }, payload);
  }

  /** The beginning of a frame whose payload follows in pieces. */
  begin(opcode: number, isFinal: boolean, length: number): void {
    if (this.isShut) return;
    this.#isWithinMessage = !isFinal;
    const mask = this.#isMasked ? newMask() : null;
    this.#begun = { mask, length, at: 0 };
    this.#write(frameHead({ opcode, isFinal, isCompressed: false, length }, mask));
  }

  piece(bytes: Buffer): void {
    const begun = this.#begun;
    if (begun === null || this.isShut) return;
    if (bytes.length > 0) this.#write(masked(bytes, begun.mask, begun.at));
    begun.at += bytes.length;
    if (begun.at === begun.length) this.#begun = null;
  }

  /** Says goodbye, once. In the middle of a frame that cannot be said: the connection is cut then. */
  close(close: Close): void {
    if (this.isShut) return;
    if (this.#begun !== null) {
      this.isCloseSent = true;
      this.socket.destroy();
      return;
    }
    this.fragment(CLOSING, true, closePayload(close));
    this.isCloseSent = true;
  }

  /** Asks the peer whether it is still there. False where it was asked twice before and nothing has come since. */
  probe(): boolean {
    if (this.#unanswered === MAX_UNANSWERED) return false;
    if (this.#begun !== null || this.isShut) return true;
    this.#unanswered++;
    this.#probe ??= randomBytes(PROBE_BYTES);
    this.fragment(PING, true, this.#probe);
    return true;
  }

  /** So many bytes came. */
  heard(bytes: number): void {
    this.receivedBytes += bytes;
    this.#unanswered = 0;
  }

  /** True for the answer to our own ping: it is nobody else's. */
  isAnswer(pong: Buffer): boolean {
    return this.#probe !== null && pong.equals(this.#probe);
  }

  /** Resolves once the peer takes more, or is gone. */
  drained(): Promise<void> {
    const { socket } = this;
    if (!socket.writableNeedDrain || socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        socket.off('drain', done).off('close', done);
        resolve();
      };
      socket.on('drain', done).on('close', done);
    });
  }

  #frame(head: FrameHead, payload: Buffer): void {
    if (!this.isShut) this.#write(frame(head, payload, this.#isMasked));
  }

  /** What is written without a wait in between leaves together: frames may be small, and very many. */
  #write(bytes: Buffer): void {
    this.sentBytes += bytes.length;
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.socket.cork();
      process.nextTick(() => {
        this.#isCorked = false;
        this.socket.uncork();
      });
    }
    this.socket.write(bytes);
  }
}
