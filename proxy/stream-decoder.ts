/**
 * Content codings undone while the body comes: gzip and deflate (RFC 9110 §8.4.1), which is what the upstream is asked
 * for where the answer may have to be changed, and Brotli and Zstandard, which some send unasked; also stacked. Bounded in
 * ratio, so that little cannot become much.
 */
import {
  constants,
  createGunzip,
  createInflate,
  createInflateRaw,
  type Gunzip,
  type Inflate,
  type InflateRaw,
} from 'node:zlib';
import { BrotliStream } from './brotli-stream.ts';
import { ZstdStream } from './zstd-stream.ts';

const MAX_RATIO = 100;
const RATIO_FROM = 1024 * 1024;

export interface DecoderSink {
  data(bytes: Buffer): void;
  ended(): void;
  failed(text: string): void;
}

/** Takes an answer's bytes as they come, and gives what they stand for. */
export interface StreamCoding {
  start(sink: DecoderSink): void;
  push(chunk: Buffer): void;
  end(): void;
  pause(): void;
  resume(): void;
  stop(): void;
}

const GROWS = 'the answer could not be decoded: it grows too much when it is decoded';

export function isGrowingTooMuch(taken: number, given: number): boolean {
  return given > Math.max(RATIO_FROM, taken * MAX_RATIO);
}

const MAX_CODINGS = 4;

/** Null where a coding is not undone like this. `identity` and none are none. */
export function streamDecoder(contentEncoding: string): StreamCoding | null {
  const names = contentEncoding.split(',').map((name) => name.trim().toLowerCase());
  const codings = names.filter((name) => name !== '' && name !== 'identity').map(decoderOf);
  const known = codings.filter((coding) => coding !== null);
  const [innermost, ...outer] = known;
  if (innermost === undefined || known.length < codings.length || known.length > MAX_CODINGS) return null;
  return outer.reduce((inner, coding) => new StackedCodings(coding, inner), innermost);
}

function decoderOf(coding: string): StreamCoding | null {
  if (coding === 'gzip' || coding === 'x-gzip') return new StreamDecoder('gzip');
  if (coding === 'br') return new BrotliStream();
  if (coding === 'zstd') return new ZstdStream();
  return coding === 'deflate' ? new StreamDecoder('deflate') : null;
}

/** One coding around another; all together may grow no more than one. */
class StackedCodings implements StreamCoding {
  readonly #outer: StreamCoding;
  readonly #inner: StreamCoding;
  #taken = 0;
  #given = 0;

  constructor(outer: StreamCoding, inner: StreamCoding) {
    this.#outer = outer;
    this.#inner = inner;
  }

  start(sink: DecoderSink): void {
    const fail = (text: string): void => {
      this.stop();
      sink.failed(text);
    };
    this.#inner.start({
      data: (bytes) => {
        this.#given += bytes.length;
        if (isGrowingTooMuch(this.#taken, this.#given)) fail(GROWS);
        else sink.data(bytes);
      },
      ended: () => sink.ended(),
      failed: fail,
    });
    this.#outer.start({
      data: (bytes) => this.#inner.push(bytes),
      ended: () => this.#inner.end(),
      failed: fail,
    });
  }

  push(chunk: Buffer): void {
    this.#taken += chunk.length;
    this.#outer.push(chunk);
  }

  end(): void {
    this.#outer.end();
  }

  pause(): void {
    this.#inner.pause();
    this.#outer.pause();
  }

  resume(): void {
    this.#inner.resume();
    this.#outer.resume();
  }

  stop(): void {
    this.#outer.stop();
    this.#inner.stop();
  }
}

class StreamDecoder implements StreamCoding {
  readonly #coding: 'gzip' | 'deflate';
  #engine: Gunzip | Inflate | InflateRaw | null = null;
  #sink: DecoderSink | null = null;
  #taken = 0;
  #given = 0;
  #isOver = false;

  constructor(coding: 'gzip' | 'deflate') {
    this.#coding = coding;
  }

  start(sink: DecoderSink): void {
    this.#sink = sink;
  }

  push(chunk: Buffer): void {
    if (this.#isOver || chunk.length === 0) return;
    this.#taken += chunk.length;
    this.#engine ??= this.#open(chunk);
    this.#engine.write(chunk);
  }

  end(): void {
    if (this.#isOver) return;
    if (this.#engine === null) this.#sink?.ended();
    else this.#engine.end();
  }

  pause(): void {
    this.#engine?.pause();
  }

  resume(): void {
    this.#engine?.resume();
  }

  stop(): void {
    this.#isOver = true;
    this.#engine?.destroy();
  }

  #open(first: Buffer): Gunzip | Inflate | InflateRaw {
    // What has come is given at once: an event may be all that comes for a while.
    // One that ends without its trailer has nonetheless said all that it said.
    const options = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
    const engine =
      this.#coding === 'gzip'
        ? createGunzip(options)
        : // Some send raw deflate under the name of the zlib format.
          ((first[0] as number) & 0x0f) === 8
          ? createInflate(options)
          : createInflateRaw(options);
    engine.on('data', (bytes: Buffer) => {
      if (this.#isOver) return;
      this.#given += bytes.length;
      if (isGrowingTooMuch(this.#taken, this.#given)) this.#fail('it grows too much when it is decoded');
      else this.#sink?.data(bytes);
    });
    engine.on('end', () => {
      if (!this.#isOver) this.#sink?.ended();
    });
    engine.on('error', () => this.#fail('it is not in the coding that it names'));
    return engine;
  }

  #fail(text: string): void {
    if (this.#isOver) return;
    this.stop();
    this.#sink?.failed(`the answer could not be decoded: ${text}`);
  }
}
