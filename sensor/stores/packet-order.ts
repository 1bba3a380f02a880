/** Samples of packets of one connection to bytes in order, with what is missing between them. */
import { type TcpPiece, TcpStream } from '../../wire/tcp-stream.ts';
import type { Way } from './store-message.ts';

/** One packet as the kernel tells it. */
export interface PacketSample {
  readonly way: Way;
  /** TCP's number of the first byte of payload. */
  readonly sequence: number;
  /** The payload, or its first part. */
  readonly bytes: Buffer;
  /** Length of the whole payload. */
  readonly total: number;
  /** The first of its direction since the other side spoke: what was not sampled before it is no reason to wait. */
  readonly isTurn: boolean;
  /** Milliseconds, of a clock that does not go back. */
  readonly atMs: number;
}

export interface OrderedBytes {
  data(way: Way, bytes: Buffer): void;
  lost(way: Way, bytes: number): void;
}

export class PacketOrder {
  readonly #to: OrderedBytes;
  readonly #streams: Readonly<Record<Way, TcpStream>>;

  constructor(to: OrderedBytes) {
    this.#to = to;
    this.#streams = { out: new TcpStream(), in: new TcpStream() };
  }

  push(sample: PacketSample): void {
    const stream = this.#streams[sample.way];
    const { sequence, bytes, total: length, atMs } = sample;
    this.#give(sample.way, stream.push({ sequence, bytes, length, atMs }));
    if (sample.isTurn) this.#give(sample.way, stream.end());
  }

  /** What waits for a packet that has not come for long is let go. */
  settle(nowMs: number): void {
    for (const way of ['out', 'in'] as const) this.#give(way, this.#streams[way].settle(nowMs));
  }

  end(): void {
    for (const way of ['out', 'in'] as const) this.#give(way, this.#streams[way].end());
  }

  #give(way: Way, pieces: readonly TcpPiece[]): void {
    for (const piece of pieces) {
      if (piece.kind === 'bytes') this.#to.data(way, piece.bytes);
      else this.#to.lost(way, piece.length);
    }
  }
}
