/**
 * Zstandard (RFC 8878) undone while it comes. Node's decoder stops without a word behind the first frame and skips what a
 * skippable frame holds, so frames are told apart here and each has a decoder of its own. Bounded in ratio and in its
 * window; a skippable frame, a dictionary or bytes that are no frame break the stream off, as they make a whole body unreadable.
 */
import { constants, createZstdDecompress, type ZstdDecompress } from 'node:zlib';
import { MAX_ZSTD_WINDOW_LOG, ZstdFrame } from '../engine/encodings/zstd.ts';
import { type DecoderSink, isGrowingTooMuch, type StreamCoding } from './stream-decoder.ts';

interface Piece {
  readonly bytes: Buffer;
  /** The frame ends with it. */
  readonly isLast: boolean;
}

/** Each answer's frames, one after the other: the next is begun when all of the one before has been given. */
export class ZstdStream implements StreamCoding {
  readonly #pieces: Piece[] = [];
  #frame: ZstdFrame | null = null;
  #engine: ZstdDecompress | null = null;
  #sink: DecoderSink | null = null;
  #taken = 0;
  #given = 0;
  #isEnding = false;
  #hasLast = false;
  #isPaused = false;
  #isOver = false;

  start(sink: DecoderSink): void {
    this.#sink = sink;
  }

  push(chunk: Buffer): void {
    if (this.#isOver) return;
    this.#taken += chunk.length;
    for (let at = 0; at < chunk.length; ) {
      this.#frame ??= new ZstdFrame();
      const end = at + this.#frame.take(chunk.subarray(at));
      if (this.#frame.state === 'malformed') return this.#fail('it is not in the coding that it names');
      const isLast = this.#frame.state === 'whole';
      if (isLast) this.#frame = null;
      this.#pieces.push({ bytes: chunk.subarray(at, end), isLast });
      at = end;
    }
    this.#feed();
  }

  end(): void {
    if (this.#isOver) return;
    // One that ends within a frame has nonetheless said all that it said.
    this.#hasLast = true;
    this.#feed();
  }

  pause(): void {
    this.#isPaused = true;
    this.#engine?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#engine?.resume();
  }

  stop(): void {
    this.#isOver = true;
    this.#pieces.length = 0;
    this.#engine?.destroy();
    this.#engine = null;
  }

  #feed(): void {
    // What is behind the end of a frame waits until that has been given whole.
    while (!this.#isEnding && !this.#isOver) {
      const piece = this.#pieces.shift();
      if (piece === undefined) return this.#hasLast ? this.#finish() : undefined;
      this.#engine ??= this.#open();
      this.#isEnding = piece.isLast;
      if (piece.isLast) this.#engine.end(piece.bytes);
      else this.#engine.write(piece.bytes);
    }
  }

  #finish(): void {
    if (this.#engine === null) {
      this.stop();
      this.#sink?.ended();
    } else {
      this.#isEnding = true;
      this.#engine.end();
    }
  }

  #open(): ZstdDecompress {
    // What has come is given at once: an event may be all that comes for a while.
    const engine = createZstdDecompress({
      params: { [constants.ZSTD_d_windowLogMax]: MAX_ZSTD_WINDOW_LOG },
      finishFlush: constants.ZSTD_e_flush,
    });
    engine.on('data', (bytes: Buffer) => {
      if (this.#isOver) return;
      this.#given += bytes.length;
      if (isGrowingTooMuch(this.#taken, this.#given)) this.#fail('it grows too much when it is decoded');
      else this.#sink?.data(bytes);
    });
    engine.on('end', () => {
      if (this.#isOver) return;
      this.#engine = null;
      this.#isEnding = false;
      this.#feed();
    });
    engine.on('error', () => this.#fail('it is not in the coding that it names'));
    if (this.#isPaused) engine.pause();
    return engine;
  }

  #fail(text: string): void {
    if (this.#isOver) return;
    this.stop();
    this.#sink?.failed(`the answer could not be decoded: ${text}`);
  }
}
