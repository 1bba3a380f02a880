/**
 * The gate's loop as a WebAssembly module. It goes over a piece of a text twice: the first time along the automaton of
 * stems, in four stretches at once, since a walk waits for one look-up after the other and walks that do not wait for
 * each other hardly take longer than one; the second time it compares, where stems ended, the rest of their literals and
 * the neighbours with what their cues ask. What is left goes to a list of events, `place << 16 | rank`, in order: rank 0
 * is the first digit of a run of letters and digits, the others number the literals that may end at a place. Then sixteen
 * bytes at a time it makes out the traits of the piece.
 *
 * It has no import, touches its own memory alone, and is no more than a faster way to the events that `PlainWalk` tells:
 * where WebAssembly is missing or refused, or literals are of a kind that it has no room for, `loadKernel` says null.
 */
import {
  asksOf,
  CODE_BITS,
  CODE_OF,
  ENDS_WORD,
  IN_HEX,
  KIND_OF,
  type Literal,
  OF_DIGIT,
  OF_HEX,
  OF_RUN,
  OF_WORD,
  STARTS_WORD,
  STEM,
  stemsOf,
} from './stems.ts';
import {
  ALNUM_BITS,
  AMPERSANDS,
  BACKSLASHES,
  LETTER_BITS,
  LETTER_RUNS,
  LOWER_HALVES,
  NOT_ASCII,
  PERCENTS,
  RUN_LENGTH,
  SPELLED_LENGTH,
  SPELLING,
  UPPER_HALVES,
} from './traits.ts';
import {
  add,
  and,
  andVector,
  areEqual,
  areUnequal,
  type Code,
  call,
  constant,
  eachByte,
  get,
  getGlobal,
  isAtLeast,
  isEqual,
  isLess,
  isMore,
  isUnequal,
  isUnequalLong,
  leave,
  load8,
  load16,
  load32,
  loadLong,
  loadVector,
  lookUp,
  moduleOf,
  not,
  not32,
  or,
  orLong,
  orVector,
  set,
  setGlobal,
  shiftEachRight,
  shiftLeft,
  shiftRight,
  store32,
  subtract,
  topBits,
  vectorOf,
  type WasmFunction,
  when,
  whilst,
} from './wasm-code.ts';

/** Bytes of a text that are told at a time. A place within a piece has 15 bits. */
export const PIECE = 1 << 14;
/** Bytes round a piece that are there as well, so that what stands across its ends is told: longer than any literal. */
export const MARGIN = 256;
/** Literals that may end at one place; more are not told here. */
const MOST_AT_ONCE = 32;
/** A literal is compared eight bytes at a time. */
const CHUNK = 8;

const CODES_AT = 0;
const KINDS_AT = 256;
/** Traits of the piece. */
export const TRAITS_AT = 512;
/** The piece; MARGIN bytes of the text before it, and behind it, stand on either side. */
export const TEXT_AT = 528 + MARGIN;
const LANES = 4;
/** Where each stretch lists the places in which stems end or a run of digits begins, `place << 16 | state`. */
const HITS_AT = (TEXT_AT + PIECE + 2 * MARGIN + 7) & ~7;
const HITS_EACH = 4 * (PIECE / LANES + MARGIN);
export const EVENTS_AT = HITS_AT + LANES * HITS_EACH;
/** By state, twice: the first of its entries, and the one behind the last. What follows depends on the literals. */
const LISTS_AT = EVENTS_AT + 4 * PIECE * (MOST_AT_ONCE + 1);
const MOST_STATES = 1 << 16;
/** Of an entry: its chunks (address, 32 bits), its rank (16), length, what is left of it behind the stem, asks, distance of the byte that stands again, and chunks (8 each). */
const ENTRY_BITS = 4;
const [CHUNKS_OF, RANK_OF, LENGTH_OF, TAIL_OF, ASKS_OF, AGAIN_OF, COUNT_OF] = [0, 4, 6, 7, 8, 9, 10];
const ENTRIES_AT = LISTS_AT + 2 * MOST_STATES;
/** The row of a state: the next state, 16 bits, by code. */
const ROW_BITS = CODE_BITS + 1;

/**
 * `run` tells what is in the bytes `from`..`to` (addresses), as far as it ends in `first`..`last`; `start` is the address
 * of the text's first byte, 0 where that is not near. The list of events ends with -1.
 */
export interface Kernel {
  readonly memory: ArrayBuffer;
  /** By rank less 1, the number of the literal. */
  readonly order: readonly number[];
  /** Bytes of the longest literal. */
  readonly depth: number;
  run(from: number, to: number, first: number, last: number, start: number): void;
}

/** A kernel for these literals; null where there is no WebAssembly, no room for its memory, or a literal that it cannot tell. */
export function loadKernel(literals: readonly Literal[]): Kernel | null {
  const isTold = ({ bytes, cue }: Literal): boolean =>
    bytes.length > 0 && bytes.length < MARGIN - CHUNK && !bytes.includes(0) && (cue.againAt ?? 0) < MARGIN;
  if (literals.length >= 0xffff || !literals.every(isTold) || mostAtOnce(literals) > MOST_AT_ONCE) return null;
  const stems = stemsOf(literals);
  if (stems === null) return null;
  const { next, firstTelling, told } = stems;
  // A state has the entries of its own list alone, so that those of one list stand side by side.
  const entries = told.flat();
  const chunksAt = ENTRIES_AT + (entries.length << ENTRY_BITS);
  const nextAt = (chunksAt + literals.reduce((sum, literal) => sum + chunksOf(literal), 0) * 2 * CHUNK + 255) & ~255;
  if (entries.length > 0xffff) return null;
  try {
    const { memory, run } = new WebAssembly.Instance(compiled()).exports;
    memory.grow(Math.max(0, Math.ceil((nextAt + next.byteLength) / 65536) - FIXED_PAGES));
    const bytes = new Uint8Array(memory.buffer);
    // A code is kept as the offset of its column.
    bytes.set(
      CODE_OF.map((code) => code * 2),
      CODES_AT,
    );
    bytes.set(KIND_OF, KINDS_AT);
    new Uint16Array(memory.buffer, nextAt, next.length).set(next);
    const lists = new Uint16Array(memory.buffer, LISTS_AT, told.length + 1);
    for (const [index, list] of told.entries()) lists[index + 1] = (lists[index] ?? 0) + list.length;
    const order = orderOf(literals);
    writeEntries(new DataView(memory.buffer), chunksAt, literals, entries, order);
    const depth = literals.reduce((most, literal) => Math.max(most, literal.bytes.length), 1);
    return {
      memory: memory.buffer,
      order,
      depth,
      run: (from, to, first, last, start) => run(from, to, first, last, start, nextAt, firstTelling),
    };
  } catch {
    // Some hosts run without WebAssembly (`--jitless`) or with little address space: the other walk tells the same.
    return null;
  }
}

/** The order in which literals that end at the same byte are told: the longest first. */
function orderOf(literals: readonly Literal[]): readonly number[] {
  return literals
    .map((_, index) => index)
    .sort((a, b) => (literals[b]?.bytes.length ?? 0) - (literals[a]?.bytes.length ?? 0) || a - b);
}

/** Literals that can end at one place. */
function mostAtOnce(literals: readonly Literal[]): number {
  const counts = new Map<string, number>();
  for (const { bytes } of literals) {
    const folded = Buffer.from(bytes)
      .toString('latin1')
      .replace(/[A-Z]/g, (letter) => letter.toLowerCase());
    counts.set(folded, (counts.get(folded) ?? 0) + 1);
  }
  let most = 0;
  for (const folded of counts.keys()) {
    let ending = 0;
    for (let from = 0; from < folded.length; from++) ending += counts.get(folded.slice(from)) ?? 0;
    most = Math.max(most, ending);
  }
  return most;
}

function chunksOf({ bytes }: Literal): number {
  return Math.ceil(bytes.length / CHUNK);
}

/** `entries`: numbers of literals, some more than once. */
function writeEntries(
  view: DataView,
  chunksAt: number,
  literals: readonly Literal[],
  entries: readonly number[],
  order: readonly number[],
): void {
  const ranks = new Uint16Array(literals.length);
  for (const [rank, index] of order.entries()) ranks[index] = rank + 1;
  const chunks = new Uint32Array(literals.length);
  let chunk = chunksAt;
  for (const [number, literal] of literals.entries()) {
    chunks[number] = chunk;
    chunk = writeChunks(view, chunk, literal);
  }
  for (const [number, index] of entries.entries()) {
    const literal = literals[index];
    if (literal === undefined) continue;
    const { cue, bytes } = literal;
    const at = ENTRIES_AT + (number << ENTRY_BITS);
    view.setUint32(at + CHUNKS_OF, chunks[index] ?? 0, true);
    view.setUint16(at + RANK_OF, ranks[index] ?? 0, true);
    view.setUint8(at + LENGTH_OF, bytes.length);
    view.setUint8(at + TAIL_OF, Math.max(0, bytes.length - STEM));
    view.setUint8(at + ASKS_OF, asksOf(cue));
    view.setUint8(at + AGAIN_OF, cue.againAt ?? 0);
    view.setUint8(at + COUNT_OF, chunksOf(literal));
  }
}

/** Pairs of eight bytes: those that are or'ed to the text's, and those that this has to make. */
function writeChunks(view: DataView, from: number, { bytes, cue }: Literal): number {
  let at = from;
  for (let chunk = 0; chunk < bytes.length; chunk += CHUNK, at += 2 * CHUNK) {
    for (let i = 0; i < CHUNK; i++) {
      const byte = bytes[chunk + i];
      const isFolded = byte !== undefined && cue.exact !== true && (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
      const mask = byte === undefined ? 0xff : isFolded ? 0x20 : 0;
      view.setUint8(at + i, mask);
      view.setUint8(at + CHUNK + i, (byte ?? 0) | mask);
    }
  }
  return at;
}

type Run = (
  from: number,
  to: number,
  first: number,
  last: number,
  start: number,
  nextAt: number,
  firstTelling: number,
) => void;

/** What is used of the global; the compiler knows it only together with a browser's. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
  ) => { readonly exports: { memory: { buffer: ArrayBuffer; grow(pages: number): number }; run: Run } };
};

const FIXED_PAGES = Math.ceil(ENTRIES_AT / 65536);

let module: object | null = null;

/** The same for all kernels, so that what the host has made faster of it serves the next as well. */
function compiled(): object {
  module ??= new WebAssembly.Module(moduleOf(FIXED_PAGES, 4, [checkFunction(), traitsFunction(), runFunction()]));
  return module;
}

/** Globals: the bounds of the places that are told, the start of the text, and the end of the list of events. */
const [FIRST, LAST, START, EVENTS_END] = [0, 1, 2, 3];

const byteOf = (address: Code, offset = 0): Code => load8(address, offset);
const kindOf = (byte: Code): Code => load8(byte, KINDS_AT);
const isKind = (byte: Code, kind: number): Code => and(kindOf(byte), constant(kind));
const asks = (entry: number, bit: number): Code => and(load8(get(entry), ASKS_OF), constant(bit));

/** Adds an event to the list, in its place: literals are told by their grams, which do not stand at their ends. */
function tell(key: number, at: number): Code {
  const isOutOfOrder = and(
    isMore(get(at), constant(EVENTS_AT)),
    // Loaded also where there is nothing before: what stands there is the last of the hits.
    isMore(load32(subtract(get(at), constant(4))), get(key)),
  );
  return [
    ...set(at, getGlobal(EVENTS_END)),
    ...setGlobal(EVENTS_END, add(getGlobal(EVENTS_END), constant(4))),
    ...whilst(isOutOfOrder, [
      ...store32(get(at), load32(subtract(get(at), constant(4)))),
      ...set(at, subtract(get(at), constant(4))),
    ]),
    ...store32(get(at), get(key)),
  ];
}

/** `check(entry, place)`: whether the entry's literal stands where its gram ends at `place`, with such neighbours. */
function checkFunction(): WasmFunction {
  const [ENTRY, PLACE, LITERAL, CHUNKS, LEFT, AT, BYTE] = [0, 1, 2, 3, 4, 5, 6];
  /** PLACE is the literal's last byte from here on, LITERAL its first. */
  const isLetterOfEscape = and(
    or(or(isEqual(get(BYTE), constant(0x6e)), isEqual(get(BYTE), constant(0x72))), isEqual(get(BYTE), constant(0x74))),
    isEqual(byteOf(subtract(get(LITERAL), constant(2))), constant(0x5c)),
  );
  const own = byteOf(get(LITERAL));
  const isNoHex = (): Code => and(not(isKind(get(BYTE), OF_HEX)), isUnequal(get(BYTE), own));
  const key = or(shiftLeft(subtract(get(PLACE), getGlobal(FIRST)), 16), load16(get(ENTRY), RANK_OF));
  const body = [
    ...set(PLACE, add(get(PLACE), load8(get(ENTRY), TAIL_OF))),
    ...when(or(isLess(get(PLACE), getGlobal(FIRST)), isAtLeast(get(PLACE), getGlobal(LAST))), leave),
    ...set(LITERAL, subtract(add(get(PLACE), constant(1)), load8(get(ENTRY), LENGTH_OF))),
    ...set(CHUNKS, load32(get(ENTRY), CHUNKS_OF)),
    ...set(LEFT, load8(get(ENTRY), COUNT_OF)),
    ...set(AT, get(LITERAL)),
    ...whilst(get(LEFT), [
      ...when(isUnequalLong(orLong(loadLong(get(AT)), loadLong(get(CHUNKS))), loadLong(get(CHUNKS), CHUNK)), leave),
      ...set(AT, add(get(AT), constant(CHUNK))),
      ...set(CHUNKS, add(get(CHUNKS), constant(2 * CHUNK))),
      ...set(LEFT, subtract(get(LEFT), constant(1))),
    ]),
    ...when(asks(ENTRY, STARTS_WORD), [
      ...set(BYTE, byteOf(subtract(get(LITERAL), constant(1)))),
      ...when(isKind(get(BYTE), OF_WORD), when(not(isLetterOfEscape), leave)),
    ]),
    ...when(and(asks(ENTRY, ENDS_WORD), shiftLeft(isKind(byteOf(get(PLACE), 1), OF_WORD), 1)), leave),
    ...when(isUnequal(byteOf(add(get(LITERAL), load8(get(ENTRY), AGAIN_OF))), own), leave),
    ...when(asks(ENTRY, IN_HEX), [
      ...set(BYTE, byteOf(get(PLACE), 1)),
      ...when(isNoHex(), leave),
      ...set(BYTE, byteOf(subtract(get(LITERAL), constant(1)))),
      ...when(and(isNoHex(), isUnequal(get(LITERAL), getGlobal(START))), leave),
    ]),
    ...set(AT, key),
    ...tell(AT, BYTE),
  ];
  return { parameters: 2, locals: 5, vectors: 0, body };
}

/** `traits(from, to)`: those of the bytes from `from` to `to`, and of what they end, go to TRAITS_AT. */
function traitsFunction(): WasmFunction {
  const [FROM, TO] = [0, 1];
  /** Bits of the letters, and of letters and digits alone, of the last 32 bytes; what has been found of each trait. */
  const [LETTERS, ALNUMS, RUNS, SPELLED, BITS] = [2, 3, 4, 5, 6];
  const [TEXT, KINDS, HIGH, BACKSLASH, PERCENT, AMPERSAND] = [7, 8, 9, 10, 11, 12];
  const kindsIn = (bits: number): Code => topBits(areUnequal(andVector(get(KINDS), eachByte(bits)), eachByte(0)));
  const pushed = (bits: number, kinds: number): Code =>
    set(bits, or(shiftRight(get(bits), constant(16)), shiftLeft(kindsIn(kinds), 16)));
  /** Bit i stays where the bit `by` places on is set as well. */
  const withNext = (by: number): Code => set(BITS, and(get(BITS), shiftRight(get(BITS), constant(by))));
  const note = (vector: number, byte: number): Code =>
    set(vector, orVector(get(vector), areEqual(get(TEXT), eachByte(byte))));
  const flag = (isThere: Code, trait: number): Code => shiftLeft(isUnequal(isThere, constant(0)), Math.log2(trait));
  const body = [
    // What ends in the piece may begin before it.
    ...set(FROM, subtract(get(FROM), constant(16))),
    ...whilst(isLess(get(FROM), get(TO)), [
      ...set(TEXT, loadVector(get(FROM))),
      ...set(
        KINDS,
        andVector(
          lookUp(vectorOf(LOWER_HALVES), andVector(get(TEXT), eachByte(0x0f))),
          lookUp(vectorOf(UPPER_HALVES), shiftEachRight(get(TEXT), 4)),
        ),
      ),
      ...set(HIGH, orVector(get(HIGH), get(TEXT))),
      ...note(BACKSLASH, 0x5c),
      ...note(PERCENT, 0x25),
      ...note(AMPERSAND, 0x26),
      ...pushed(LETTERS, LETTER_BITS),
      ...pushed(ALNUMS, ALNUM_BITS),
      // Fifteen in a row.
      ...set(BITS, get(LETTERS)),
      ...[1, 2, 4, RUN_LENGTH - 8].flatMap(withNext),
      ...set(RUNS, or(get(RUNS), get(BITS))),
      // Eight times one that is and one that is not.
      ...set(BITS, and(get(ALNUMS), not32(shiftRight(get(ALNUMS), constant(1))))),
      ...[2, 4, 2 * (SPELLED_LENGTH - 1) - 8].flatMap(withNext),
      ...set(SPELLED, or(get(SPELLED), get(BITS))),
      ...set(FROM, add(get(FROM), constant(16))),
    ]),
    ...store32(
      constant(TRAITS_AT),
      [
        flag(topBits(get(HIGH)), NOT_ASCII),
        flag(topBits(get(BACKSLASH)), BACKSLASHES),
        flag(topBits(get(PERCENT)), PERCENTS),
        flag(topBits(get(AMPERSAND)), AMPERSANDS),
        flag(get(RUNS), LETTER_RUNS),
        flag(get(SPELLED), SPELLING),
      ].reduce(or),
    ),
  ];
  return { parameters: 2, locals: 5, vectors: 6, body };
}

/**
 * The parameters of `Run`. The stretches of `from`..`to` are of the same length; each is read from STEM bytes before it
 * on, from the automaton's root: where it begins the state is then right, since a state depends on no more bytes.
 */
function runFunction(): WasmFunction {
  const [FROM, TO, FIRST_PLACE, LAST_PLACE, TEXT_START, NEXT, FIRST_TELLING] = [0, 1, 2, 3, 4, 5, 6];
  const [EACH, AT, PLACE, ENTRY, ENTRIES_END, RUN_END, HIT, LIST, KEY] = [7, 8, 9, 10, 11, 12, 13, 14, 15];
  const lanes = Array.from({ length: LANES }, (_, lane) => ({
    lane,
    text: 16 + 3 * lane,
    state: 17 + 3 * lane,
    hits: 18 + 3 * lane,
  }));
  const listOf = (lane: number): Code => constant(HITS_AT + lane * HITS_EACH);
  const step = ({ text, state, hits }: (typeof lanes)[number]): Code => [
    ...set(
      state,
      load16(add(add(shiftLeft(get(state), ROW_BITS), load8(byteOf(add(get(text), get(AT))), CODES_AT)), get(NEXT))),
    ),
    // Written at each step and kept at a hit: those are too many for a branch to be foretold.
    ...store32(get(hits), or(shiftLeft(get(AT), 16), get(state))),
    ...set(hits, add(get(hits), shiftLeft(isAtLeast(get(state), get(FIRST_TELLING)), 2))),
  ];
  const entryAt = add(shiftLeft(get(ENTRY), ENTRY_BITS), constant(ENTRIES_AT));
  const numberAt = (offset: number): Code =>
    load16(shiftLeft(subtract(and(get(HIT), constant(0xffff)), get(FIRST_TELLING)), 1), LISTS_AT + offset);
  const tellDigit = when(isAtLeast(get(PLACE), get(RUN_END)), [
    ...set(RUN_END, add(get(PLACE), constant(1))),
    ...whilst(isKind(byteOf(get(RUN_END)), OF_RUN), set(RUN_END, add(get(RUN_END), constant(1)))),
    ...when(and(isAtLeast(get(PLACE), getGlobal(FIRST)), isLess(get(PLACE), getGlobal(LAST))), [
      ...set(KEY, shiftLeft(subtract(get(PLACE), getGlobal(FIRST)), 16)),
      ...tell(KEY, ENTRY),
    ]),
  ]);
  const readHits = ({ lane, text, hits }: (typeof lanes)[number]): Code => [
    ...set(LIST, listOf(lane)),
    ...whilst(isLess(get(LIST), get(hits)), [
      ...set(HIT, load32(get(LIST))),
      ...set(LIST, add(get(LIST), constant(4))),
      ...set(PLACE, add(get(text), shiftRight(get(HIT), constant(16)))),
      // What stands in the bytes before is the stretch's before, and what stands behind the end is nobody's.
      ...when(and(isAtLeast(get(PLACE), add(get(text), constant(STEM))), isLess(get(PLACE), get(TO))), [
        ...when(isKind(byteOf(get(PLACE)), OF_DIGIT), tellDigit),
        ...set(ENTRIES_END, numberAt(2)),
        ...set(ENTRY, numberAt(0)),
        ...whilst(isLess(get(ENTRY), get(ENTRIES_END)), [
          ...call(0, entryAt, get(PLACE)),
          ...set(ENTRY, add(get(ENTRY), constant(1))),
        ]),
      ]),
    ]),
  ];
  const body = [
    ...setGlobal(FIRST, get(FIRST_PLACE)),
    ...setGlobal(LAST, get(LAST_PLACE)),
    ...setGlobal(START, get(TEXT_START)),
    ...setGlobal(EVENTS_END, constant(EVENTS_AT)),
    ...set(EACH, shiftRight(add(subtract(get(TO), get(FROM)), constant(LANES - 1)), constant(Math.log2(LANES)))),
    ...lanes.flatMap(({ lane, text, hits }) => [
      ...set(text, subtract(get(FROM), constant(STEM))),
      ...set(FROM, add(get(FROM), get(EACH))),
      ...set(hits, listOf(lane)),
    ]),
    ...set(EACH, add(get(EACH), constant(STEM))),
    ...whilst(isLess(get(AT), get(EACH)), [...lanes.flatMap(step), ...set(AT, add(get(AT), constant(1)))]),
    ...lanes.flatMap(readHits),
    ...store32(getGlobal(EVENTS_END), constant(-1)),
    ...call(1, get(FIRST_PLACE), get(LAST_PLACE)),
  ];
  return { parameters: 7, locals: 9 + 3 * LANES, vectors: 0, body };
}
