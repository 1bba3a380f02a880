/**
 * The gate: finds every literal of every recognizer, with its place, in one pass over the bytes (Aho-Corasick, ASCII
 * letters folded). It needs no more memory than its table and cannot fail on any text. RE2.Set would tell only which
 * literals occur, not where, and costs a call into native code for every segment, however short.
 */

/** States carry 7 bits of byte class below them, so that the table is one flat array. */
export const CLASS_BITS = 7;
const MAX_CLASSES = 1 << CLASS_BITS;

export class Automaton {
  /** Class of each byte; 0 for bytes in no literal, 1 for digits. */
  readonly classOf: Uint8Array;
  /** Next state by (state << CLASS_BITS) | class. */
  readonly next: Uint16Array;
  /** States from here on have something to say. */
  readonly firstTelling: number;
  /** Literals (indices) that end in a telling state, the longest first: `endings` from `endingsAt[n]` to `endingsAt[n + 1]`, n = state - firstTelling. */
  readonly endings: Uint16Array;
  readonly endingsAt: Uint32Array;
  /** Bytes of the longest literal, at least 2: the state after a byte depends on no more than these many. */
  readonly depth: number;

  /** Literals are UTF-8; ASCII letters match in either case. A digit that follows none always leads to a telling state. */
  constructor(literals: readonly Uint8Array[]) {
    this.classOf = classes(literals);
    this.depth = Math.max(2, ...literals.map((literal) => literal.length));
    const trie = buildTrie(literals, this.classOf);
    const { order, next, endings } = complete(trie, this.classOf);
    // Telling states are renumbered to the end: the loop over the text then has one comparison a byte.
    const telling = order.map((state) => (endings[state]?.length ?? 0) > 0 || trie.afterDigit[state] === true);
    const ranked = [...order.filter((_, i) => !telling[i]), ...order.filter((_, i) => telling[i])];
    const renumbered = new Int32Array(ranked.length);
    for (const [index, state] of ranked.entries()) renumbered[state] = index;
    this.firstTelling = telling.filter((tells) => !tells).length;
    const told = ranked.slice(this.firstTelling).map((state) => endings[state] ?? []);
    this.endings = Uint16Array.from(told.flat());
    this.endingsAt = new Uint32Array(told.length + 1);
    for (const [n, list] of told.entries()) this.endingsAt[n + 1] = (this.endingsAt[n] ?? 0) + list.length;
    this.next = new Uint16Array(ranked.length << CLASS_BITS);
    const used = Math.max(...this.classOf) + 1;
    for (const [index, state] of ranked.entries()) {
      const from = state * MAX_CLASSES;
      const to = index << CLASS_BITS;
      for (let c = 0; c < used; c++) this.next[to | c] = renumbered[next[from + c] as number] as number;
    }
  }
}

interface Trie {
  readonly children: Map<number, number>[];
  readonly own: number[][];
  readonly afterDigit: boolean[];
}

const DIGIT_CLASS = 1;
const DIGITS = [0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39];

function fold(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}

function classes(literals: readonly Uint8Array[]): Uint8Array {
  const classOf = new Uint8Array(256);
  const digits = new Set<number>();
  let used = DIGIT_CLASS + 1;
  // Digits that occur in literals need classes of their own, the rest share one.
  for (const literal of literals) {
    for (const written of literal) {
      const byte = fold(written);
      if (classOf[byte] !== 0) continue;
      if (used === MAX_CLASSES) throw new Error('too many different bytes in the cues');
      classOf[byte] = used++;
      if (byte >= 0x30 && byte <= 0x39) digits.add(byte);
    }
  }
  for (let b = 0x41; b <= 0x5a; b++) classOf[b] = classOf[b + 0x20] ?? 0;
  for (const b of DIGITS) if (!digits.has(b)) classOf[b] = DIGIT_CLASS;
  return classOf;
}

function buildTrie(literals: readonly Uint8Array[], classOf: Uint8Array): Trie {
  const trie: Trie = { children: [new Map()], own: [[]], afterDigit: [false] };
  const add = (parent: number, symbol: number, isDigit: boolean): number => {
    const known = trie.children[parent]?.get(symbol);
    if (known !== undefined) return known;
    const state = trie.children.length;
    trie.children.push(new Map());
    trie.own.push([]);
    trie.afterDigit.push(isDigit);
    trie.children[parent]?.set(symbol, state);
    return state;
  };
  for (const b of DIGITS) add(0, classOf[b] ?? 0, true);
  for (const [index, literal] of literals.entries()) {
    let state = 0;
    for (const written of literal) {
      const byte = fold(written);
      state = add(state, classOf[byte] ?? 0, byte >= 0x30 && byte <= 0x39);
    }
    trie.own[state]?.push(index);
  }
  return trie;
}

function complete(
  trie: Trie,
  classOf: Uint8Array,
): { order: number[]; next: Int32Array; endings: (readonly number[])[] } {
  const states = trie.children.length;
  const digits = [...new Set(DIGITS.map((byte) => trie.children[0]?.get(classOf[byte] ?? 0) ?? 0))];
  const count = states + digits.length;
  if (count > 0xffff) throw new Error('too many cues');
  const next = new Int32Array(count * MAX_CLASSES);
  const fail = new Int32Array(count);
  const endings: (readonly number[])[] = trie.own.map((own) => own);
  const order = [0];
  for (let head = 0; head < order.length; head++) {
    const state = order[head] ?? 0;
    const back = fail[state] ?? 0;
    if (state !== 0) endings[state] = [...(trie.own[state] ?? []), ...(endings[back] ?? [])];
    // A state goes on as its longest suffix does, whose row is ready, but for its own children.
    const own = state * MAX_CLASSES;
    if (state !== 0) next.copyWithin(own, back * MAX_CLASSES, (back + 1) * MAX_CLASSES);
    for (const [symbol, child] of trie.children[state] ?? []) {
      fail[child] = next[own + symbol] as number;
      next[own + symbol] = child;
      order.push(child);
    }
  }
  // A digit that follows another leads to a state of its own, which goes on as the digit's does and tells nothing of
  // it: whoever stops at the first reads on by itself.
  const further = new Map(digits.map((first, k) => [first, states + k]));
  for (const [first, state] of further) {
    endings[state] = endings[first] ?? [];
    next.copyWithin(state * MAX_CLASSES, first * MAX_CLASSES, (first + 1) * MAX_CLASSES);
    order.push(state);
  }
  const afterDigit = trie.afterDigit.flatMap((isAfter, state) => (isAfter ? [state] : []));
  for (const from of [...afterDigit, ...further.values()])
    for (let at = from * MAX_CLASSES; at < (from + 1) * MAX_CLASSES; at++)
      next[at] = further.get(next[at] as number) ?? (next[at] as number);
  return { order, next, endings };
}
