/**
 * Bytes that come in pieces, gathered. Small pieces are copied together: kept as they are, each would keep alive what it was
 * read with, and a sender could make a few bytes cost a hundred times their size.
 */

/** Larger pieces are kept as they are. */
const SMALL_BYTES = 16 * 1024;
const FIRST_BYTES = 256;
const MOST_BYTES = 64 * 1024;

export class Gathered {
  #pieces: Buffer[] = [];
  /** Where small pieces go, and how much of it is used. */
  #room: Buffer | null = null;
  #used = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(piece: Buffer): void {
    this.#length += piece.length;
    if (piece.length >= SMALL_BYTES) {
      this.#close();
      this.#pieces.push(piece);
      return;
    }
    for (let at = 0; at < piece.length; ) {
      if (this.#room === null || this.#used === this.#room.length) {
        this.#close();
        const wanted = Math.max(FIRST_BYTES, piece.length - at, Math.min(MOST_BYTES, this.#length));
        this.#room = Buffer.allocUnsafeSlow(wanted);
      }
      const copied = piece.copy(this.#room, this.#used, at);
      this.#used += copied;
      at += copied;
    }
  }

  /** All of it in one piece. */
  bytes(): Buffer {
    this.#close();
    const [only] = this.#pieces;
    if (this.#pieces.length === 1 && only !== undefined) return only;
    return Buffer.concat(this.#pieces);
  }

  clear(): void {
    this.#pieces = [];
    this.#room = null;
    this.#used = 0;
    this.#length = 0;
  }

  #close(): void {
    if (this.#room !== null && this.#used > 0) this.#pieces.push(this.#room.subarray(0, this.#used));
    this.#room = null;
    this.#used = 0;
  }
}
