/**
 * A request or answer whose body is a stream of messages (gRPC, gRPC-web, Connect): each message is told as soon as it is
 * whole, and what remains at the end is the head and the trailers. Behind a gap nobody knows where a message begins: the
 * open one ends there, and what follows is counted and not read.
 */
import { Base64Reader, EnvelopeReader } from '../../engine/extract/envelopes.ts';
import {
  type MessageProtocol,
  messageCoding,
  messageHeaders,
  messageProtocolOf,
} from '../../engine/extract/message-protocols.ts';
import { type Coverage, opaque } from '../../flow/coverage.ts';
import type { Direction } from '../../flow/decision.ts';
import { headerOf } from '../../flow/message.ts';
import type { HeardMessage } from './heard.ts';
import { type HeardHead, OpenMessage } from './open-message.ts';
import type { HandleRoom, HearingLimits } from './room.ts';

const HEAD_BYTES = 5;
/** What a body is taken for that begins like a message, where its head was not heard. */
const GRPC: MessageProtocol = { kind: 'grpc', isBase64: false, messageType: 'application/proto' };
/** A length beyond it is none. */
const MAX_LIKELY_BYTES = 64 * 1024 * 1024;

/** `isComplete` is false for a message whose end was not heard. */
export type HearMessage = (message: HeardMessage, isComplete: boolean) => void;

/** The protocol of the messages of a body; null for a body that is one. */
export function heardProtocolOf({ headers }: HeardHead): MessageProtocol | null {
  const coding = headerOf(headers, 'content-encoding')?.trim().toLowerCase() ?? 'identity';
  // A coding of all of the body hides where a message begins.
  return coding === 'identity' ? messageProtocolOf(headerOf(headers, 'content-type')) : null;
}

/** The same by the first bytes of a body of HTTP/2 whose head was not heard: text begins with neither flag. */
export function likelyProtocolOf(first: Buffer): MessageProtocol | null {
  const flags = first[0] ?? 0xff;
  if (first.length < HEAD_BYTES || flags > 1) return null;
  return first.readUInt32BE(1) <= MAX_LIKELY_BYTES ? GRPC : null;
}

export class EnvelopedMessage {
  readonly #direction: Direction;
  readonly #protocol: MessageProtocol;
  readonly #coding: string | null;
  readonly #room: HandleRoom;
  readonly #limits: HearingLimits;
  readonly #hear: HearMessage;
  readonly #outer: OpenMessage;
  /** Of messages that are larger than nothing it gives the bytes as they come: what is kept of them has its limits here. */
  readonly #envelopes = new EnvelopeReader(0);
  readonly #base64: Base64Reader | null;
  #open: OpenMessage | null = null;
  #left = 0;
  /** Bytes that are in no message that was told. */
  #besideBytes = 0;
  #isUnreadable = false;

  constructor(
    given: {
      readonly direction: Direction;
      readonly head: HeardHead;
      readonly protocol: MessageProtocol;
      readonly room: HandleRoom;
      readonly limits: HearingLimits;
    },
    hear: HearMessage,
  ) {
    this.#direction = given.direction;
    this.#protocol = given.protocol;
    this.#coding = messageCoding(given.protocol, given.head.headers);
    this.#room = given.room;
    this.#limits = given.limits;
    this.#hear = hear;
    this.#outer = new OpenMessage(given.head, given.room, given.limits);
    this.#base64 = given.protocol.isBase64 ? new Base64Reader() : null;
  }

  get head(): HeardHead {
    return this.#outer.head;
  }

  get isClosed(): boolean {
    return this.#outer.isClosed;
  }

  add(bytes: Buffer): void {
    const plain = this.isClosed || this.#isUnreadable ? null : this.#plain(bytes);
    if (plain === null) {
      this.#besideBytes += bytes.length;
      return;
    }
    for (const piece of this.#envelopes.push(plain)) {
      if (piece.kind === 'message') {
        this.#besideBytes += HEAD_BYTES;
      } else if (piece.kind === 'large') {
        this.#left = piece.length;
        const { method, target, status } = this.head;
        const envelope = { flags: piece.flags, coding: this.#coding, protocol: this.#protocol };
        const headers = messageHeaders(this.#direction, envelope);
        this.#open = new OpenMessage({ method, target, status, headers }, this.#room, this.#limits);
      } else {
        this.#open?.add(piece.bytes);
        this.#left -= piece.bytes.length;
        if (this.#left === 0) this.#tell(true);
      }
    }
  }

  #plain(bytes: Buffer): Buffer | null {
    if (this.#base64 === null) return bytes;
    const plain = this.#base64.push(bytes);
    if (plain !== null) return plain;
    this.#isUnreadable = true;
    this.lessen(opaque('encoded'));
    return null;
  }

  trailers(headers: readonly string[]): void {
    this.#outer.trailers(headers);
  }

  close(): void {
    this.#tell(false);
    this.#outer.close();
  }

  lose(bytes: number): void {
    this.#open?.lose(bytes);
    this.#tell(false);
    this.#outer.lose(bytes);
  }

  lessen(coverage: Coverage): void {
    this.#outer.lessen(coverage);
  }

  take(): HeardMessage {
    this.#tell(false);
    return { ...this.#outer.take(), bytes: this.#besideBytes };
  }

  #tell(isComplete: boolean): void {
    const heard = this.#open?.take();
    this.#open = null;
    if (heard !== undefined) this.#hear({ ...heard, bytes: heard.bytes + HEAD_BYTES }, isComplete);
  }
}
