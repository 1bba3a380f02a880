/**
 * What it takes to put a WebAssembly module together opcode by opcode (WebAssembly Core 1.0), so that what runs can be
 * read. Only what the gate's kernel is made of.
 */

export type Code = readonly number[];

/** Numbers are LEB128: 7 bits a byte, the lowest first. */
export function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): Code {
  return value >= -64 && value < 64 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}

export const I32 = 0x7f;
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

/** A function of 32-bit parameters without a result; its further locals are of 32 bits. */
export interface WasmFunction {
  readonly parameters: number;
  readonly locals: number;
  readonly body: Code;
}

/** A module that exports its memory as `memory` and its last function as `run`; its globals are 32-bit, 0 at first. */
export function moduleOf(pages: number, globals: number, functions: readonly WasmFunction[]): Uint8Array {
  const types = functions.map(({ parameters }) => [0x60, ...list(...Array<Code>(parameters).fill([I32])), ...list()]);
  const bodies = functions.map(({ locals, body }) => sized([...list([...unsigned(locals), I32]), ...body, END]));
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
