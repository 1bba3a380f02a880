/**
 * The gate's loop as a WebAssembly module, put together here opcode by opcode (WebAssembly Core 1.0), so that what runs
 * can be read. It walks two stretches of a text at once: a walk waits for one look-up after the other, and two that do
 * not wait for each other take hardly longer than one (700 MB/s where the loop in JavaScript reads 270).
 * It has no import, touches its own memory alone, and is no more than a faster way to the same stops: where WebAssembly
 * is missing or refused, `loadKernel` says null and the loop in JavaScript stands in.
 */

import { type Automaton, CLASS_BITS } from './automaton.ts';

/** Longest stretch, bytes: what is copied in and told at a time. A place within it has 16 bits. */
export const PIECE = 1 << 14;

/** Where things stand in the memory. A list of stops ends with the word END_OF_LIST and the state of its walk. */
export const CLASSES_AT = 0;
export const TEXT_AT = 256;
export const LIST_A_AT = TEXT_AT + PIECE;
export const LIST_B_AT = LIST_A_AT + 4 * PIECE + 8;
export const END_OF_LIST = -1;
/** The row of a state: the next state, 16 bits, by class. */
const NEXT_AT = (LIST_B_AT + 4 * PIECE + 8 + 255) & ~255;
const ROW_BITS = CLASS_BITS + 1;

/**
 * Walks the bytes `a`..`a + length` and `b`..`b + length` of the text, from `state` and from the root (state 0). Each
 * stop goes to the list of its stretch as `place << 16 | state`.
 */
export type WalkTwo = (a: number, b: number, length: number, state: number) => void;

export interface Kernel {
  readonly memory: ArrayBuffer;
  readonly walkTwo: WalkTwo;
}

/** A kernel with a gate's tables in its memory; null where there is no WebAssembly, or no room for its memory. */
export function loadKernel({ classOf, next, firstTelling }: Automaton): Kernel | null {
  try {
    const module = new WebAssembly.Module(moduleOf(Math.ceil((NEXT_AT + next.byteLength) / 65536), firstTelling));
    const { memory, walkTwo } = new WebAssembly.Instance(module).exports;
    // A class is kept as the offset of its column.
    new Uint8Array(memory.buffer, CLASSES_AT, 256).set(classOf.map((own) => own * 2));
    new Uint16Array(memory.buffer, NEXT_AT, next.length).set(next);
    return { memory: memory.buffer, walkTwo };
  } catch {
    // Some hosts run without WebAssembly (`--jitless`) or with little address space: the other loop tells the same.
    return null;
  }
}

/** What is used of the global; the compiler knows it only together with a browser's. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
  ) => { readonly exports: { memory: { buffer: ArrayBuffer }; walkTwo: WalkTwo } };
};

type Code = readonly number[];

/** Numbers are LEB128: 7 bits a byte, the lowest first. */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): Code {
  return value >= -64 && value < 64 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}

const I32 = 0x7f;
const NO_RESULT = 0x40;
const END = 0x0b;
const LESS_UNSIGNED = 0x49;
const NOT_LESS_UNSIGNED = 0x4f;
const ADD = 0x6a;
const OR = 0x72;
const SHIFT_LEFT = 0x74;

const constant = (value: number): Code => [0x41, ...signed(value)];
const get = (local: number): Code => [0x20, ...unsigned(local)];
const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];
const add = (left: Code, right: Code): Code => [...left, ...right, ADD];
const or = (left: Code, right: Code): Code => [...left, ...right, OR];
const shiftLeft = (value: Code, bits: number): Code => [...value, ...constant(bits), SHIFT_LEFT];
/** Loads and stores name the power of two that the address is a multiple of, and an offset that is added to it. */
const load8 = (address: Code, offset: number): Code => [...address, 0x2d, 0, ...unsigned(offset)];
const load16 = (address: Code, offset: number): Code => [...address, 0x2f, 1, ...unsigned(offset)];
const store32 = (address: Code, value: Code): Code => [...address, ...value, 0x36, 2, 0];
const when = (condition: Code, then: Code): Code => [...condition, 0x04, NO_RESULT, ...then, END];
/** Runs `body` once and again while `condition` holds. */
const loop = (body: Code, condition: Code): Code => [0x03, NO_RESULT, ...body, ...condition, 0x0d, 0, END];

const list = (...items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
const sized = (content: Code): Code => [...unsigned(content.length), ...content];
const section = (id: number, content: Code): Code => [id, ...sized(content)];
const name = (text: string): Code => sized([...Buffer.from(text)]);

/** Parameters of `walkTwo`, and its locals behind them. */
const [A, B, LENGTH, STATE_A, STATE_B, LIST_A, LIST_B, END_A] = [0, 1, 2, 3, 4, 5, 6, 7];

/** One step of one of the two walks; `at` is the place that it reads. */
function step(at: number, state: number, stops: number, firstTelling: number): Code {
  const column = load8(load8(get(at), TEXT_AT), CLASSES_AT);
  const isStop = [...get(state), ...constant(firstTelling), NOT_LESS_UNSIGNED];
  return [
    ...set(state, load16(add(shiftLeft(get(state), ROW_BITS), column), NEXT_AT)),
    // Written at each step and kept at a stop: one byte in 17 is a stop, too often for a branch to be foretold.
    ...store32(get(stops), or(shiftLeft(get(at), 16), get(state))),
    ...set(stops, add(get(stops), shiftLeft(isStop, 2))),
    ...set(at, add(get(at), constant(1))),
  ];
}

function endList(stops: number, state: number): Code {
  return [...store32(get(stops), constant(END_OF_LIST)), ...store32(add(get(stops), constant(4)), get(state))];
}

function moduleOf(pages: number, firstTelling: number): Uint8Array {
  const both = [...step(A, STATE_A, LIST_A, firstTelling), ...step(B, STATE_B, LIST_B, firstTelling)];
  const body = [
    ...set(LIST_A, constant(LIST_A_AT)),
    ...set(LIST_B, constant(LIST_B_AT)),
    ...set(END_A, add(get(A), get(LENGTH))),
    ...when(get(LENGTH), loop(both, [...get(A), ...get(END_A), LESS_UNSIGNED])),
    ...endList(LIST_A, STATE_A),
    ...endList(LIST_B, STATE_B),
    END,
  ];
  const locals = list([END_A - STATE_A, I32]);
  return Uint8Array.from([
    ...Buffer.from('\0asm'),
    ...[1, 0, 0, 0],
    ...section(1, list([0x60, ...list([I32], [I32], [I32], [I32]), ...list()])),
    ...section(3, list([0])),
    ...section(5, list([0, ...unsigned(pages)])),
    ...section(7, list([...name('memory'), 2, 0], [...name('walkTwo'), 0, 0])),
    ...section(10, list(sized([...locals, ...body]))),
  ]);
}
