/**
 * What it takes to put a WebAssembly module together opcode by opcode (WebAssembly Core 2.0, whose vectors of 128 bits are
 * those of SIMD), so that what runs can be read. Only what the kernels of the scan are made of.
 */

export type Code = readonly number[];

/** Numbers are LEB128: 7 bits a byte, the lowest first. */
export function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): Code {
  return value >= -64 && value < 64 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}

const I32 = 0x7f;
const VECTOR = 0x7b;
const NO_RESULT = 0x40;
const END = 0x0b;

export const constant = (value: number): Code => [0x41, ...signed(value)];
export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];
export const getGlobal = (global: number): Code => [0x23, ...unsigned(global)];
export const setGlobal = (global: number, value: Code): Code => [...value, 0x24, ...unsigned(global)];

const binary =
  (opcode: number) =>
  (left: Code, right: Code): Code => [...left, ...right, opcode];
export const add = binary(0x6a);
export const subtract = binary(0x6b);
export const multiply = binary(0x6c);
export const and = binary(0x71);
export const or = binary(0x72);
const shiftLeftBy = binary(0x74);
export const shiftRight = binary(0x76);
export const shiftLeft = (value: Code, bits: number): Code => shiftLeftBy(value, constant(bits));
export const isEqual = binary(0x46);
export const isUnequal = binary(0x47);
export const isLess = binary(0x49);
export const isMore = binary(0x4b);
export const isAtLeast = binary(0x4f);
export const orLong = binary(0x84);
export const isUnequalLong = binary(0x52);
export const not = (value: Code): Code => [...value, 0x45];
/** Each bit the other way. */
export const not32 = (value: Code): Code => [...value, ...constant(-1), 0x73];

/** How many bits are set. */
export const onesIn = (value: Code): Code => [...value, 0x69];

/** Loads and stores name the power of two that the address is a multiple of, and an offset that is added to it. */
export const load8 = (address: Code, offset = 0): Code => [...address, 0x2d, 0, ...unsigned(offset)];
export const load16 = (address: Code, offset = 0): Code => [...address, 0x2f, 1, ...unsigned(offset)];
export const load32 = (address: Code, offset = 0): Code => [...address, 0x28, 2, ...unsigned(offset)];
export const loadLong = (address: Code, offset = 0): Code => [...address, 0x29, 0, ...unsigned(offset)];
export const store32 = (address: Code, value: Code, offset = 0): Code => [
  ...address,
  ...value,
  ...[0x36, 2],
  ...unsigned(offset),
];

/** Vectors are of sixteen bytes. */
export const loadVector = (address: Code): Code => [...address, 0xfd, 0x00, 0, 0];
export const vectorOf = (bytes: readonly number[]): Code => [0xfd, 0x0c, ...bytes];
export const eachByte = (byte: number): Code => vectorOf(Array<number>(16).fill(byte));
/** Each byte of the left is that of the right at this place, or 0 for a place behind the last. */
export const lookUp = (table: Code, places: Code): Code => [...table, ...places, 0xfd, 0x0e];
export const areEqual = (left: Code, right: Code): Code => [...left, ...right, 0xfd, 0x23];
export const areUnequal = (left: Code, right: Code): Code => [...left, ...right, 0xfd, 0x24];
export const andVector = (left: Code, right: Code): Code => [...left, ...right, 0xfd, 0x4e];
export const orVector = (left: Code, right: Code): Code => [...left, ...right, 0xfd, 0x50];
export const shiftEachRight = (value: Code, bits: number): Code => [...value, ...constant(bits), 0xfd, 0x6d];
/** The top bit of each byte. */
export const topBits = (value: Code): Code => [...value, 0xfd, 0x64];

export const when = (condition: Code, then: Code): Code => [...condition, 0x04, NO_RESULT, ...then, END];
/** Runs `body` again and again while `condition` holds, which is asked before each time. */
export const whilst = (condition: Code, body: Code): Code =>
  when(condition, [0x03, NO_RESULT, ...body, ...condition, 0x0d, 0, END]);
export const leave: Code = [0x0f];
export const call = (callee: number, ...values: readonly Code[]): Code => [...values.flat(), 0x10, ...unsigned(callee)];

const list = (...items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
const sized = (content: Code): Code => [...unsigned(content.length), ...content];
const section = (id: number, content: Code): Code => [id, ...sized(content)];
const name = (text: string): Code => sized([...Buffer.from(text)]);

/** A function of 32-bit parameters without a result; behind its further locals of 32 bits stand those that are vectors. */
export interface WasmFunction {
  readonly parameters: number;
  readonly locals: number;
  readonly vectors: number;
  readonly body: Code;
}

/** A module that exports its memory as `memory` and its last function as `run`; its globals are 32-bit, 0 at first. */
export function moduleOf(pages: number, globals: number, functions: readonly WasmFunction[]): Uint8Array {
  const types = functions.map(({ parameters }) => [0x60, ...list(...Array<Code>(parameters).fill([I32])), ...list()]);
  const bodies = functions.map(({ locals, vectors, body }) =>
    sized([...list([...unsigned(locals), I32], [...unsigned(vectors), VECTOR]), ...body, END]),
  );
  return Uint8Array.from([
    ...Buffer.from('\0asm'),
    ...[1, 0, 0, 0],
    ...section(1, list(...types)),
    ...section(3, list(...functions.map((_, index) => unsigned(index)))),
    ...section(5, list([0, ...unsigned(pages)])),
    ...section(6, list(...Array<Code>(globals).fill([I32, 1, ...constant(0), END]))),
    ...section(7, list([...name('memory'), 2, 0], [...name('run'), 0, ...unsigned(functions.length - 1)])),
    ...section(10, list(...bodies)),
  ]);
}
