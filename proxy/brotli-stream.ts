/**
 * Brotli (RFC 7932) undone while it comes, by the same decoder in WebAssembly as whole bodies: Node's own is not used (see
 * undo-brotli.ts). Bounded in ratio, so that little cannot become much; what stands behind its end breaks the stream off.
 */
import { createRequire } from 'node:module';
import { type DecoderSink, isGrowingTooMuch, type StreamCoding } from './stream-decoder.ts';

/** `require`: the library's form for bundlers would fetch its code by URL. */
const load = createRequire(import.meta.url);
type Library = typeof import('brotli-wasm', { with: { 'resolution-mode': 'require' }});
type Undoing = InstanceType<Library['DecompressStream']>;

const CHUNK_BYTES = 64 * 1024;

export class BrotliStream implements StreamCoding {
  #undoing: Undoing | null = null;
  #sink: DecoderSink | null = null;
  #taken = 0;
  #given = 0;
  #isWhole = false;
  #isOver = false;

  start(sink: DecoderSink): void {
    this.#sink = sink;
  }

  push(chunk: Buffer): void {
    if (this.#isOver || chunk.length === 0) return;
    // The code of a large window, which is no part of the standard and may ask for a gigabyte.
    if (this.#taken === 0 && ((chunk[0] ?? 0) & 0x7f) === 0x11) return this.#fail('its window is too large');
    if (this.#isWhole) return this.#fail('bytes stand behind its end');
    this.#taken += chunk.length;
    try {
      this.#undo(chunk);
    } catch {
      this.#fail('it is not in the coding that it names');
    }
  }

  end(): void {
    if (this.#isOver) return;
    // One that ends before it says so has nonetheless said all that it said.
    this.stop();
    this.#sink?.ended();
  }

  pause(): void {
    // What has come is undone at once; whoever takes it keeps it in line.
  }

  resume(): void {
    // Nothing waits here.
  }

  stop(): void {
    this.#isOver = true;
    this.#undoing?.free();
    this.#undoing = null;
  }

  #undo(chunk: Buffer): void {
    const { DecompressStream, BrotliStreamResultCode }: Library = load('brotli-wasm');
    this.#undoing ??= new DecompressStream();
    let at = 0;
    while (this.#undoing !== null) {
      const { code, buf, input_offset } = this.#undoing.decompress(chunk.subarray(at), CHUNK_BYTES);
      at += input_offset;
      this.#given += buf.length;
      if (isGrowingTooMuch(this.#taken, this.#given)) return this.#fail('it grows too much when it is decoded');
      // The sink may end it, and the decoder's memory with it.
      if (buf.length > 0) this.#sink?.data(Buffer.from(buf));
      if (this.#isOver) return;
      if (code === BrotliStreamResultCode.ResultSuccess) {
        this.#isWhole = true;
        return at < chunk.length ? this.#fail('bytes stand behind its end') : undefined;
      }
      if (code === BrotliStreamResultCode.NeedsMoreInput) return;
      if (buf.length === 0 && input_offset === 0) return this.#fail('it is not in the coding that it names');
    }
  }

  #fail(text: string): void {
    if (this.#isOver) return;
    this.stop();
    this.#sink?.failed(`the answer could not be decoded: ${text}`);
  }
}
