/**
 * A body that is held, as it comes: a large one is put together where threads share it, piece by piece, so that it is
 * whole when its last piece is there and nobody has to copy it then.
 */
import { countShared, dropChunk } from './body-memory.ts';

/** From here on a body is worth another thread's while. */
export const SHARED_BYTES = 32 * 1024;
const NOTHING = new Uint8Array(0);
/** By so much it grows: memory is taken as it is needed. */
const STEP_BYTES = 1024 * 1024;

export class GatheredBody {
  #chunks: Buffer[] = [];
  #room: SharedArrayBuffer | null = null;
  #view: Uint8Array = NOTHING;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The chunk may be empty afterwards. `most`: bytes that the whole body may come to; 0 where it is not to be shared. */
  push(chunk: Buffer, most: number): void {
    const at = this.#size;
    this.#size += chunk.length;
    if (this.#room !== null && this.#size > this.#room.maxByteLength) {
      this.#chunks = [Buffer.from(this.#room, 0, at)];
      this.#room = null;
    }
    if (this.#room === null && this.#size >= SHARED_BYTES && this.#size <= most) this.#begin(at, most);
    if (this.#room === null) {
      this.#chunks.push(chunk);
      return;
    }
    this.#reach(this.#room, this.#size);
    this.#view.set(chunk, at);
    dropChunk(chunk);
  }

  /** All of it so far, in one piece. */
  bytes(): Buffer {
    if (this.#room !== null) return Buffer.from(this.#room, 0, this.#size);
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  /** The same as it lies: large ones in one piece, small ones perhaps in several. */
  pieces(): readonly Buffer[] {
    return this.#room === null ? this.#chunks : [this.bytes()];
  }

  clear(): void {
    this.#chunks = [];
    this.#room = null;
    this.#view = NOTHING;
    this.#size = 0;
  }

  #begin(size: number, most: number): void {
    const room = sharedRoom(most);
    if (room === null) return;
    this.#reach(room, size);
    this.#room = room;
    this.#view = new Uint8Array(room);
    let at = 0;
    for (const one of this.#chunks) {
      this.#view.set(one, at);
      at += one.length;
      dropChunk(one);
    }
    this.#chunks = [];
  }

  #reach(room: SharedArrayBuffer, size: number): void {
    if (size <= room.byteLength) return;
    const bytes = Math.min(room.maxByteLength, Math.ceil(size / STEP_BYTES) * STEP_BYTES);
    countShared(bytes - room.byteLength);
    room.grow(bytes);
  }
}

/**
 * For a larger one addresses are set aside for all of it, memory for none: that costs a few calls of the system, which a
 * smaller one does without. Null where the system has none.
 */
function sharedRoom(most: number): SharedArrayBuffer | null {
  try {
    if (most > STEP_BYTES) return new SharedArrayBuffer(0, { maxByteLength: most });
    countShared(most);
    return new SharedArrayBuffer(most);
  } catch {
    return null; // out of address space: pieces do as well
  }
}
