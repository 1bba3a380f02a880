/**
 * A JSON reader (RFC 8259) that keeps where everything stands, so that an edit can be spliced into the bytes as they
 * came. It is strict, linear and bounded in depth and nodes; what is not JSON is null, never an exception. It builds
 * no values: numbers and strings stay spans until somebody asks for their text.
 */
import { isUtf8 } from 'node:buffer';
import { endsPlainText, quadsOf } from '../encodings/quads.ts';
import { escapeWidth, withoutEscapes } from './json-escapes.ts';
import { VALUES } from './vocabulary.ts';
import { spells } from './word-set.ts';
import type { Zone } from './zone.ts';

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'literal';

/**
 * A value and its span in bytes, end exclusive, quotes and brackets included. `T` is the type that the value has if
 * the body keeps to its schema; nothing is checked against it, it only lends names to `get`.
 */
export interface JsonNode<T = unknown> {
  readonly kind: JsonKind;
  readonly start: number;
  readonly end: number;
  /** A string that holds a backslash. */
  readonly escaped: boolean;
  /** Keys of an object in order, duplicates kept; `items` holds the value of each. */
  readonly keys: readonly JsonNode<string>[];
  readonly items: readonly JsonNode[];
  /** Set by the provider's file; see zone.ts. */
  zone: Zone | null;
  /** Of a string that holds escapes, its text once somebody has asked for it. */
  unescaped: Buffer | null;
  /** Never set: it carries `T`. */
  readonly type?: T;
}

/** Deeper than this is not JSON to us: providers' own parsers stop at 100 to 1000. */
export const MAX_DEPTH = 512;
/** A node costs about 100 bytes, a body of `[[],[],…` is mostly nodes: past this many it is read as text. */
export const MAX_NODES = 500_000;

const NONE: readonly never[] = [];

/** Bytes at which a run of plain string text ends: quote, backslash, controls. */
const STOPS = new Uint8Array(256).map((_, byte) => (byte < 0x20 || byte === 0x22 || byte === 0x5c ? 1 : 0));

/** The one JSON value that `bytes` between `start` and `end` hold, white space (and a leading BOM) around it allowed. */
export function parseJson(
  bytes: Buffer,
  start = 0,
  end = bytes.length,
  limits: { readonly depth: number; readonly nodes: number } = { depth: MAX_DEPTH, nodes: MAX_NODES },
): JsonNode | null {
  const whole = start === 0 && end === bytes.length;
  if (!isUtf8(whole ? bytes : bytes.subarray(start, end))) return null;
  const reader = new Reader(bytes, start, end, limits.nodes);
  return reader.document(limits.depth);
}

class Reader {
  readonly bytes: Buffer;
  readonly quads: Int32Array;
  readonly end: number;
  at: number;
  nodes: number;

  constructor(bytes: Buffer, start: number, end: number, nodes: number) {
    this.bytes = bytes;
    this.quads = quadsOf(bytes);
    this.at = start;
    this.end = end;
    this.nodes = nodes;
  }

  document(depth: number): JsonNode | null {
    const { bytes } = this;
    if (bytes[this.at] === 0xef && bytes[this.at + 1] === 0xbb && bytes[this.at + 2] === 0xbf) this.at += 3;
    this.space();
    const node = this.value(depth);
    if (node === null) return null;
    this.space();
    return this.at === this.end ? node : null;
  }

  space(): void {
    const { bytes, end } = this;
    let at = this.at;
    while (at < end) {
      const byte = bytes[at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
      at++;
    }
    this.at = at;
  }

  /** The byte at the place of reading, -1 at the end. */
  peek(): number {
    return this.at < this.end ? (this.bytes[this.at] as number) : -1;
  }

  value(depth: number): JsonNode | null {
    if (--this.nodes < 0) return null;
    switch (this.peek()) {
      case 0x22:
        return this.string();
      case 0x7b:
        return depth > 0 ? this.object(depth - 1) : null;
      case 0x5b:
        return depth > 0 ? this.array(depth - 1) : null;
      case 0x74:
        return this.literal('true');
      case 0x66:
        return this.literal('false');
      case 0x6e:
        return this.literal('null');
      default:
        return this.number();
    }
  }

  object(depth: number): JsonNode | null {
    const start = this.at++;
    const keys: JsonNode<string>[] = [];
    const items: JsonNode[] = [];
    this.space();
    if (this.peek() === 0x7d) {
      this.at++;
      return make('object', start, this.at, false, NONE, NONE);
    }
    for (;;) {
      if (this.peek() !== 0x22) return null;
      if (--this.nodes < 0) return null;
      const key = this.string();
      if (key === null) return null;
      this.space();
      if (this.peek() !== 0x3a) return null;
      this.at++;
      this.space();
      const value = this.value(depth);
      if (value === null) return null;
      keys.push(key);
      items.push(value);
      this.space();
      const next = this.peek();
      this.at++;
      if (next === 0x7d) return make('object', start, this.at, false, keys, items);
      if (next !== 0x2c) return null;
      this.space();
    }
  }

  array(depth: number): JsonNode | null {
    const start = this.at++;
    const items: JsonNode[] = [];
    this.space();
    if (this.peek() === 0x5d) {
      this.at++;
      return make('array', start, this.at, false, NONE, NONE);
    }
    for (;;) {
      const value = this.value(depth);
      if (value === null) return null;
      items.push(value);
      this.space();
      const next = this.peek();
      this.at++;
      if (next === 0x5d) return make('array', start, this.at, false, NONE, items);
      if (next !== 0x2c) return null;
      this.space();
    }
  }

  string(): JsonNode<string> | null {
    const { bytes, end } = this;
    const start = this.at;
    let escaped = false;
    let at = start + 1;
    for (;;) {
      at = this.plainUntil(at);
      if (at >= end) return null;
      if (bytes[at] === 0x22) break;
      const width = escapeWidth(bytes, at, end);
      if (width === 0) return null;
      escaped = true;
      at += width;
    }
    this.at = at + 1;
    return make('string', start, this.at, escaped, NONE, NONE);
  }

  /** Where a run of plain string text that begins at `from` ends. */
  plainUntil(from: number): number {
    const { bytes, quads, end } = this;
    const { byteOffset } = bytes;
    let at = from;
    while (((byteOffset + at) & 3) !== 0 && at < end && STOPS[bytes[at] as number] === 0) at++;
    if (((byteOffset + at) & 3) === 0) {
      const quadsEnd = (byteOffset + end) >>> 2;
      let quad = (byteOffset + at) >>> 2;
      while (quad < quadsEnd && !endsPlainText(quads[quad] as number)) quad++;
      at = quad * 4 - byteOffset;
    }
    while (at < end && STOPS[bytes[at] as number] === 0) at++;
    return at;
  }

  literal(text: string): JsonNode | null {
    const start = this.at;
    this.at += text.length;
    if (this.at > this.end || !spells(this.bytes, start, this.at, text)) return null;
    return make('literal', start, this.at, false, NONE, NONE);
  }

  /** RFC 8259 §6: no leading zero, no bare point, no plus sign. */
  number(): JsonNode | null {
    const start = this.at;
    if (this.peek() === 0x2d) this.at++;
    if (this.peek() === 0x30) this.at++;
    else if (!this.digits()) return null;
    if (this.peek() === 0x2e) {
      this.at++;
      if (!this.digits()) return null;
    }
    if (this.peek() === 0x65 || this.peek() === 0x45) {
      this.at++;
      if (this.peek() === 0x2b || this.peek() === 0x2d) this.at++;
      if (!this.digits()) return null;
    }
    return make('number', start, this.at, false, NONE, NONE);
  }

  digits(): boolean {
    const from = this.at;
    for (let byte = this.peek(); byte >= 0x30 && byte <= 0x39; byte = this.peek()) this.at++;
    return this.at > from;
  }
}

function make<T>(
  kind: JsonKind,
  start: number,
  end: number,
  escaped: boolean,
  keys: readonly JsonNode<string>[],
  items: readonly JsonNode[],
): JsonNode<T> {
  return { kind, start, end, escaped, keys, items, zone: null, unescaped: null };
}

/** UTF-8 bytes of a string node, escapes undone; a lone surrogate becomes U+FFFD. Not copied where nothing is escaped. */
export function stringBytes(bytes: Buffer, node: JsonNode): Buffer {
  if (!node.escaped) return bytes.subarray(node.start + 1, node.end - 1);
  node.unescaped ??= withoutEscapes(bytes, node.start + 1, node.end - 1);
  return node.unescaped;
}

/** Text of a string node, escapes undone; a lone surrogate stays one. */
export function stringText(bytes: Buffer, node: JsonNode): string {
  if (node.escaped) return JSON.parse(bytes.toString('utf8', node.start, node.end)) as string;
  return bytes.toString('utf8', node.start + 1, node.end - 1);
}

type KeyOf<T> = T extends unknown ? keyof T & string : never;
type At<T, K> = T extends unknown ? (K extends keyof T ? NonNullable<T[K]> : never) : never;
type Key<T> = unknown extends T ? string : KeyOf<T>;
type Value<T, K> = unknown extends T ? unknown : At<T, K>;

/** The value under a key, of duplicates the last, as nearly every parser takes it; null where there is none. */
export function get<T, K extends Key<T>>(
  bytes: Buffer,
  node: JsonNode<T> | null,
  key: K,
): JsonNode<Value<T, K>> | null {
  if (node === null) return null;
  for (let i = node.keys.length - 1; i >= 0; i--) {
    if (isKey(bytes, node.keys[i] as JsonNode, key)) return node.items[i] as JsonNode<Value<T, K>>;
  }
  return null;
}

/** All values under a key, duplicates too, in order. */
export function getAll<T, K extends Key<T>>(bytes: Buffer, node: JsonNode<T> | null, key: K): JsonNode<Value<T, K>>[] {
  const all: JsonNode<Value<T, K>>[] = [];
  if (node === null) return all;
  for (let i = 0; i < node.keys.length; i++) {
    if (isKey(bytes, node.keys[i] as JsonNode, key)) all.push(node.items[i] as JsonNode<Value<T, K>>);
  }
  return all;
}

/** The items of an array, typed; none of anything else. */
export function itemsOf<T>(
  node: JsonNode<T> | null,
): readonly JsonNode<T extends readonly (infer I)[] ? I : unknown>[] {
  if (node === null || node.kind !== 'array') return NONE;
  return node.items as readonly JsonNode<T extends readonly (infer I)[] ? I : unknown>[];
}

/** The text of a string node; null of anything else. */
export function textOf(bytes: Buffer, node: JsonNode | null): string | null {
  if (node === null || node.kind !== 'string') return null;
  // Most that is asked for is one of the schema's own words, which cost no string.
  return VALUES.at(bytes, node.start + 1, node.end - 1) ?? stringText(bytes, node);
}

/** Whether a node is the literal `true`. */
export function isTrue(bytes: Buffer, node: JsonNode | null): boolean {
  return node !== null && node.kind === 'literal' && bytes[node.start] === 0x74;
}

/** Whether a string node reads as `key`, which is ASCII. */
export function isKey(bytes: Buffer, node: JsonNode, key: string): boolean {
  return node.escaped ? stringText(bytes, node) === key : spells(bytes, node.start + 1, node.end - 1, key);
}
