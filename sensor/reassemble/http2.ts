/**
 * HTTP/2 on one connection: each stream is one exchange. Where header blocks were lost, what they said is unknown and what
 * DATA holds is heard all the same. Streams are told apart by their number alone, so that none gets a byte of another.
 */

import type { MessageProtocol } from '../../engine/extract/message-protocols.ts';
import { opaque } from '../../flow/coverage.ts';
import { type Field, HpackDecoder } from '../../wire/hpack.ts';
import { EnvelopedMessage, heardProtocolOf, likelyProtocolOf } from './enveloped-message.ts';
import { type Conversation, type Hear, heardWithinStream, type Way } from './heard.ts';
import { FLAG, FRAME, type Frame, FrameReader, PREFACE } from './http2-frames.ts';
import { type HeardHead, NO_HEAD, OpenMessage } from './open-message.ts';
import type { HandleRoom, HearingLimits } from './room.ts';

interface Stream {
  readonly id: number;
  authority: string | null;
  request: OpenMessage | EnvelopedMessage | null;
  response: OpenMessage | EnvelopedMessage | null;
  isRequestOver: boolean;
  isResponseOver: boolean;
  /** Nothing has told yet what its body is. */
  readonly isUnsure: Record<Way, boolean>;
  readonly startedAt: number;
  touchedAt: number;
}

export interface Http2Options {
  readonly room: HandleRoom;
  readonly limits: HearingLimits;
  readonly hear: Hear;
  /** Whether answers come here as well; without them a stream ends with its request. */
  readonly hearsAnswers: boolean;
  /** Whether the connection was heard from its first byte on. */
  readonly isFromStart: boolean;
  /** What is heard is the server's side: what comes in are requests. */
  readonly isServer: () => void;
}

/** A header block whose end is still to come. */
interface OpenBlock {
  readonly stream: number;
  readonly isEnd: boolean;
  readonly isPush: boolean;
  pieces: Buffer[];
  bytes: number;
}

const MAX_BLOCK_BYTES = 256 * 1024;

class Side {
  readonly way: Way;
  readonly reader: FrameReader;
  readonly hpack = new HpackDecoder();
  block: OpenBlock | null = null;
  /** What is left of the preface. */
  prefaceLeft: number;

  constructor(way: Way, reader: FrameReader, isFromStart: boolean) {
    this.way = way;
    this.reader = reader;
    this.prefaceLeft = way === 'out' && isFromStart ? PREFACE.length : 0;
  }
}

export class Http2 implements Conversation {
  readonly #options: Http2Options;
  readonly #streams = new Map<number, Stream>();
  /** The latest that were told. */
  readonly #told = new Set<number>();
  readonly #out: Side;
  readonly #in: Side;
  #now = 0;

  constructor(options: Http2Options) {
    this.#options = options;
    this.#out = this.#side('out');
    this.#in = this.#side('in');
  }

  data(way: Way, bytes: Buffer, at: number): void {
    this.#now = at;
    const side = way === 'out' ? this.#out : this.#in;
    const skipped = Math.min(side.prefaceLeft, bytes.length);
    side.prefaceLeft -= skipped;
    if (skipped < bytes.length) side.reader.push(bytes.subarray(skipped));
  }

  lost(way: Way, bytes: number, at: number): void {
    this.#now = at;
    const side = way === 'out' ? this.#out : this.#in;
    side.prefaceLeft = 0;
    side.reader.lose(bytes);
  }

  end(at: number): void {
    this.#now = at;
    for (const stream of [...this.#streams.values()]) this.#tell(stream, false);
  }

  settle(before: number, at: number): void {
    this.#now = at;
    for (const stream of [...this.#streams.values()]) {
      // A stream of messages may say nothing for hours; what it has said is told.
      const isOfMessages = stream.request instanceof EnvelopedMessage || stream.response instanceof EnvelopedMessage;
      if (stream.touchedAt < before && !isOfMessages) this.#tell(stream, false);
    }
  }

  #side(way: Way): Side {
    const { isFromStart } = this.#options;
    const reader = new FrameReader(
      {
        frame: (frame, payload) => this.#frame(way === 'out' ? this.#out : this.#in, frame, payload),
        data: (frame, bytes, isEnd) => this.#data(way, frame, bytes, isEnd),
        lost: (bytes) => this.#lose(way === 'out' ? this.#out : this.#in, bytes),
      },
      isFromStart,
    );
    return new Side(way, reader, isFromStart);
  }

  #frame(side: Side, frame: Frame, payload: Buffer | null): void {
    switch (frame.type) {
      case FRAME.headers:
        this.#headers(side, frame, payload === null ? null : unpadded(frame, payload, 0));
        break;
      case FRAME.push:
        this.#headers(side, frame, payload === null ? null : unpadded(frame, payload, 4));
        break;
      case FRAME.continuation:
        this.#continuation(side, frame, payload);
        break;
      case FRAME.reset: {
        const stream = this.#streams.get(frame.stream);
        if (stream !== undefined) this.#tell(stream, false);
        break;
      }
      default:
        break;
    }
  }

  #headers(side: Side, { type, flags, stream }: Frame, fragment: Buffer | null): void {
    if (fragment === null) {
      side.block = null;
      side.hpack.lose();
      return;
    }
    side.block = {
      stream,
      isEnd: type === FRAME.headers && (flags & FLAG.endStream) !== 0,
      isPush: type === FRAME.push,
      pieces: [fragment],
      bytes: fragment.length,
    };
    if ((flags & FLAG.endHeaders) !== 0) this.#endBlock(side);
  }

  #continuation(side: Side, { flags, stream }: Frame, fragment: Buffer | null): void {
    const { block } = side;
    if (block === null) {
      side.hpack.lose();
      return;
    }
    if (fragment === null || block.stream !== stream || block.bytes + fragment.length > MAX_BLOCK_BYTES) {
      side.block = null;
      side.hpack.lose();
      return;
    }
    // A copy: it lies in a buffer that is not ours to keep.
    block.pieces.push(Buffer.from(fragment));
    block.bytes += fragment.length;
    if ((flags & FLAG.endHeaders) !== 0) this.#endBlock(side);
  }

  #endBlock(side: Side): void {
    const { block } = side;
    side.block = null;
    if (block === null) return;
    const bytes = block.pieces.length === 1 ? (block.pieces[0] ?? EMPTY) : Buffer.concat(block.pieces, block.bytes);
    const { fields, isWhole } = side.hpack.decode(bytes);
    // A promise has no body to send, and its answer will be asked for by nobody: only the table needed it.
    if (block.isPush) return;
    const isKnown = isWhole && fields.every(({ name, value }) => name !== null && value !== null);
    this.#block(side.way, block, fields, isKnown);
  }

  #block(way: Way, { stream: id, isEnd }: OpenBlock, fields: readonly Field[], isKnown: boolean): void {
    const pseudo = (name: string): string | null => fields.find((field) => field.name === name)?.value ?? null;
    const isRequest = pseudo(':method') !== null || pseudo(':path') !== null;
    if (isRequest && way === 'in') {
      this.#options.isServer();
      return;
    }
    const headers = fields.flatMap(({ name, value }) =>
      name === null || value === null || name.startsWith(':') ? [] : [name, value],
    );
    const stream = this.#stream(id);
    if (stream === null) return;
    const before = way === 'out' ? stream.request : stream.response;
    const status = Number(pseudo(':status') ?? 0);
    if (way === 'in' && status >= 100 && status < 200) return;
    if (before === null) {
      const head: HeardHead =
        way === 'out'
          ? { method: pseudo(':method') ?? '', target: pseudo(':path') ?? '', status: null, headers }
          : {
              method: stream.request?.head.method ?? '',
              target: stream.request?.head.target ?? '',
              status: status === 0 ? null : status,
              headers,
            };
      const message = this.#message(way, stream, head, heardProtocolOf(head));
      if (!isKnown) message.lessen(opaque('hpack'));
      stream.isUnsure[way] = !isKnown && message instanceof OpenMessage;
      if (way === 'out') {
        stream.request = message;
        stream.authority = pseudo(':authority') ?? fields.find(({ name }) => name === 'host')?.value ?? null;
      } else {
        stream.response = message;
      }
    } else {
      before.trailers(headers);
    }
    if (isEnd) this.#ended(way, stream);
  }

  #data(way: Way, { stream: id, flags }: Frame, bytes: Buffer, isLast: boolean): void {
    const stream = this.#stream(id);
    if (stream === null) return;
    let message = way === 'out' ? stream.request : stream.response;
    if (bytes.length > 0 && stream.isUnsure[way]) {
      stream.isUnsure[way] = false;
      const protocol = likelyProtocolOf(bytes);
      if (protocol !== null) message = this.#headless(way, stream, message?.head ?? NO_HEAD, protocol);
    }
    message ??= this.#headless(way, stream, NO_HEAD, null);
    if (bytes.length > 0) message.add(bytes);
    if (isLast && (flags & FLAG.endStream) !== 0) this.#ended(way, stream);
  }

  /**
   * What is open in this direction ends where the gap is; of the other direction nothing is missing. A stream whose end
   * was in the gap is told when its answer ends, or has waited long enough.
   */
  #lose(side: Side, bytes: number): void {
    side.block = null;
    side.hpack.lose();
    for (const stream of this.#streams.values()) {
      if (side.way === 'in') {
        if (!stream.isResponseOver) stream.response?.lose(bytes);
      } else if (!stream.isRequestOver) {
        stream.request?.lose(bytes);
        stream.isRequestOver = true;
      }
    }
  }

  /** Null for one that was told before: what still comes of it is nobody's call. */
  #stream(id: number): Stream | null {
    if (this.#told.has(id)) return null;
    const known = this.#streams.get(id);
    if (known !== undefined) {
      known.touchedAt = this.#now;
      return known;
    }
    const { maxOpen } = this.#options.limits;
    if (this.#streams.size >= maxOpen) {
      const [oldest] = this.#streams.values();
      if (oldest !== undefined) this.#tell(oldest, false);
    }
    const stream: Stream = {
      id,
      authority: null,
      request: null,
      response: null,
      isRequestOver: false,
      isResponseOver: false,
      isUnsure: { out: true, in: true },
      startedAt: this.#now,
      touchedAt: this.#now,
    };
    this.#streams.set(id, stream);
    return stream;
  }

  #message(
    way: Way,
    stream: Stream,
    head: HeardHead,
    protocol: MessageProtocol | null,
  ): OpenMessage | EnvelopedMessage {
    const { room, limits } = this.#options;
    if (protocol === null) return new OpenMessage(head, room, limits);
    const direction = way === 'out' ? 'request' : 'response';
    return new EnvelopedMessage({ direction, head, protocol, room, limits }, (heard, isComplete) =>
      this.#options.hear(heardWithinStream(way, stream.authority, heard, isComplete, this.#now)),
    );
  }

  /** One whose head was before we listened, or was lost in part. */
  #headless(
    way: Way,
    stream: Stream,
    head: HeardHead,
    protocol: MessageProtocol | null,
  ): OpenMessage | EnvelopedMessage {
    const message = this.#message(way, stream, head, protocol);
    message.lessen(opaque('hpack'));
    if (way === 'out') stream.request = message;
    else stream.response = message;
    return message;
  }

  #ended(way: Way, stream: Stream): void {
    if (way === 'out') {
      stream.request?.close();
      stream.isRequestOver = true;
    } else {
      stream.response?.close();
      stream.isResponseOver = true;
    }
    if (
      stream.isRequestOver
        ? stream.isResponseOver || !this.#options.hearsAnswers
        : stream.request === null && stream.isResponseOver
    ) {
      this.#tell(stream, true);
    }
  }

  #tell(stream: Stream, isComplete: boolean): void {
    this.#streams.delete(stream.id);
    this.#told.add(stream.id);
    const [oldest] = this.#told;
    if (oldest !== undefined && this.#told.size > this.#options.limits.maxOpen) this.#told.delete(oldest);
    const request = stream.request?.take() ?? null;
    const response = stream.response?.take() ?? null;
    if (request === null && response === null) return;
    this.#options.hear({
      protocol: 'http',
      authority: stream.authority,
      request,
      response,
      isWithinStream: false,
      isComplete,
      startedAt: stream.startedAt,
      endedAt: this.#now,
    });
  }
}

const EMPTY = Buffer.alloc(0);

/** A block's fragment without padding, priority and, of a promise, the promised stream. */
function unpadded({ type, flags }: Frame, payload: Buffer, skipped: number): Buffer | null {
  let start = 0;
  let end = payload.length;
  if ((flags & FLAG.padded) !== 0) {
    end -= payload[0] ?? 0;
    start = 1;
  }
  if (type === FRAME.headers && (flags & FLAG.priority) !== 0) start += 5;
  start += skipped;
  return start > end ? null : Buffer.from(payload.subarray(start, end));
}
