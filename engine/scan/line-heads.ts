/**
 * Lines that may be of the names of a table's columns, told sixteen bytes at a time: those with a delimiter and without
 * a sign that no name holds; without a bar also those without a quote before a colon, and a comma or semicolon at their
 * end. Nearly no line of JSON or source code is one. It tells too many rather than too few: whoever asks reads the line. A line that no feed ends is
 * not told, nor is one longer than a piece. Without WebAssembly, and in short texts, every line may be one.
 */
import { placeOf } from './bytes.ts';
import {
  add,
  and,
  andVector,
  areEqual,
  areUnequal,
  type Code,
  constant,
  eachByte,
  get,
  isLess,
  loadVector,
  lookUp,
  moduleOf,
  not,
  not32,
  onesIn,
  or,
  orVector,
  set,
  shiftEachRight,
  store32,
  subtract,
  topBits,
  vectorOf,
  type WasmFunction,
  when,
  whilst,
} from './wasm-code.ts';

/** Signs that no name of a column holds. */
export const NO_NAME = '{}<>=!?@&%$+\\~^[]';

export interface LineHeads {
  /** The next line that begins at `from`, which begins a line, or behind it, and may be of names; -1 where none is. */
  next(from: number): number;
}

/** Shorter texts are read sooner than they are told of. */
const SHORT = 256;

export function lineHeads(text: Buffer): LineHeads {
  const kernel = text.length < SHORT ? null : kernelOfAll();
  return kernel === null ? { next: (from) => (from < text.length ? from : -1) } : new ToldLines(text, kernel);
}

/** Bytes that are told at a time. */
export const HEADS_PIECE = 1 << 14;
const WIDTH = 16;
const LIST_AT = HEADS_PIECE + 4 * WIDTH;
/** Where the line begins that the piece does not end. */
const REST_AT = HEADS_PIECE + 2 * WIDTH;
const PAGES = 1;
const END_OF_LIST = -1;

interface Kernel {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  run(to: number): void;
}

class ToldLines implements LineHeads {
  readonly #text: Buffer;
  readonly #kernel: Kernel;
  #from = 0;
  #to = 0;
  /** Index in the kernel's words of the next line. */
  #at = 0;

  constructor(text: Buffer, kernel: Kernel) {
    this.#text = text;
    this.#kernel = kernel;
  }

  next(from: number): number {
    const { words } = this.#kernel;
    let at = from;
    for (;;) {
      // A text that was read meanwhile has left its own lines.
      if (reader !== this || at >= this.#to) {
        if (at >= this.#text.length) return -1;
        this.#tell(at);
      }
      for (let place = words[this.#at] as number; place !== END_OF_LIST; place = words[this.#at] as number) {
        this.#at++;
        if (this.#from + place >= at) return this.#from + place;
      }
      if (this.#to === this.#text.length) return -1;
      const rest = words[REST_AT >> 2] as number;
      at = Math.max(at, rest > 0 ? this.#from + rest : placeOf(this.#text, 0x0a, this.#to) + 1);
      this.#to = at;
    }
  }

  #tell(at: number): void {
    const { bytes, run } = this.#kernel;
    const to = Math.min(this.#text.length, at + HEADS_PIECE);
    bytes.set(this.#text.subarray(at, to));
    bytes.fill(0, to - at, to - at + 2 * WIDTH);
    run(to - at);
    this.#from = at;
    this.#to = to;
    this.#at = LIST_AT >> 2;
    reader = this;
  }
}

/** Whose piece the kernel has told last. */
let reader: ToldLines | null = null;

let kernel: Kernel | null | undefined;

/** Made at its first use; null where there is no WebAssembly, or no memory for it. */
function kernelOfAll(): Kernel | null {
  if (kernel !== undefined) return kernel;
  try {
    const compiled = new WebAssembly.Module(moduleOf(PAGES, 0, [headsFunction()]));
    const { memory, run } = new WebAssembly.Instance(compiled).exports;
    kernel = { bytes: new Uint8Array(memory.buffer), words: new Int32Array(memory.buffer), run };
  } catch {
    // Some hosts run without it (`--jitless`): then each line is read.
    kernel = null;
  }
  return kernel;
}

/** What is used of the global; the compiler knows it only together with a browser's. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
  ) => { readonly exports: { memory: { buffer: ArrayBuffer }; run: (to: number) => void } };
};

/** Sets of bytes as bits that both halves of each byte share: the upper halves, and the lower ones. */
const SQUARES: readonly (readonly [upper: readonly number[], lower: readonly number[]])[] = [
  ...[2, 3, 4, 5, 7].map((upper): readonly [readonly number[], readonly number[]] => [
    [upper],
    [...NO_NAME].map((sign) => sign.charCodeAt(0)).flatMap((byte) => (byte >> 4 === upper ? [byte & 0x0f] : [])),
  ]),
  // A tab; a semicolon; a comma and a bar.
  [[0x0], [0x9]],
  [[0x3], [0xb]],
  [[0x2, 0x7], [0xc]],
];
const OF_NO_NAME = 0b00011111;
const OF_DELIMITER = 0b11100000;
const halves = (side: 0 | 1): readonly number[] =>
  Array.from({ length: 16 }, (_, half) =>
    SQUARES.reduce((sum, square, bit) => (square[side].includes(half) ? sum | (1 << bit) : sum), 0),
  );

/** `run(to)`: the lines of the bytes from 0 to `to` go to the list, and where the last begins to REST_AT. */
function headsFunction(): WasmFunction {
  const [TO, AT, LIST, LINE] = [0, 1, 2, 3];
  /** Bits of sixteen bytes; then whether there was one in the line so far. */
  const [FEEDS, BELOW, NO_NAMES, DELIMITERS, BREAKS, BARS] = [4, 5, 6, 7, 8, 9];
  const [HAS_NO_NAME, IS_DELIMITED, IS_BROKEN, IS_BARRED] = [10, 11, 12, 13];
  const [TEXT, NEXT, ROLES] = [14, 15, 16];
  const is = (vector: number, byte: number): Code => areEqual(get(vector), eachByte(byte));
  const rolesIn = (bits: number): Code => areUnequal(andVector(get(ROLES), eachByte(bits)), eachByte(0));
  const either = (local: number, value: Code): Code => set(local, or(get(local), value));
  const isSet = (local: number): Code => not(not(get(local)));
  const notes = [
    [HAS_NO_NAME, NO_NAMES],
    [IS_DELIMITED, DELIMITERS],
    [IS_BROKEN, BREAKS],
    [IS_BARRED, BARS],
  ] as const;
  const body = [
    ...set(LIST, constant(LIST_AT)),
    ...whilst(isLess(get(AT), get(TO)), [
      ...set(TEXT, loadVector(get(AT))),
      ...set(NEXT, loadVector(add(get(AT), constant(1)))),
      ...set(
        ROLES,
        andVector(
          lookUp(vectorOf(halves(1)), andVector(get(TEXT), eachByte(0x0f))),
          lookUp(vectorOf(halves(0)), shiftEachRight(get(TEXT), 4)),
        ),
      ),
      ...set(NO_NAMES, topBits(rolesIn(OF_NO_NAME))),
      ...set(DELIMITERS, topBits(rolesIn(OF_DELIMITER))),
      ...set(
        BREAKS,
        topBits(
          orVector(
            andVector(is(TEXT, 0x22), is(NEXT, 0x3a)),
            andVector(orVector(is(TEXT, 0x2c), is(TEXT, 0x3b)), is(NEXT, 0x0a)),
          ),
        ),
      ),
      ...set(BARS, topBits(is(TEXT, 0x7c))),
      ...set(FEEDS, topBits(is(TEXT, 0x0a))),
      ...whilst(get(FEEDS), [
        ...set(BELOW, subtract(and(get(FEEDS), subtract(constant(0), get(FEEDS))), constant(1))),
        ...notes.flatMap(([line, bits]) => either(line, and(get(bits), get(BELOW)))),
        ...when(and(and(not(get(HAS_NO_NAME)), isSet(IS_DELIMITED)), or(not(get(IS_BROKEN)), isSet(IS_BARRED))), [
          ...store32(get(LIST), get(LINE)),
          ...set(LIST, add(get(LIST), constant(4))),
        ]),
        ...set(LINE, add(add(get(AT), onesIn(get(BELOW))), constant(1))),
        ...notes.flatMap(([line, bits]) => [
          ...set(bits, and(get(bits), not32(get(BELOW)))),
          ...set(line, constant(0)),
        ]),
        ...set(FEEDS, and(get(FEEDS), subtract(get(FEEDS), constant(1)))),
      ]),
      ...notes.flatMap(([line, bits]) => either(line, get(bits))),
      ...set(AT, add(get(AT), constant(WIDTH))),
    ]),
    ...store32(get(LIST), constant(END_OF_LIST)),
    ...store32(constant(REST_AT), get(LINE)),
  ];
  return { parameters: 1, locals: 13, vectors: 3, body };
}
