/**
 * RESP, the protocol of Redis, versions 2 and 3 (its specification in the documentation of Redis), one direction: values as
 * they come, of each as much as there is room for. Bounded by one value's kept bytes; never throws.
 */

export interface RespValue {
  /** The byte that it begins with: `$`, `*`, `%`; `inline` for a command without any. */
  readonly type: string;
  /** Of what holds others: maps have their keys and values in turn. */
  readonly items: readonly RespValue[];
  /** Of what holds none, as far as it is kept. */
  readonly text: Buffer;
}

export interface RespEvents {
  /** A whole value of the outermost level. `isCut`: some of it was not kept, or not seen. */
  readonly value: (value: RespValue, size: number, isCut: boolean) => void;
}

interface Open {
  readonly type: string;
  readonly items: RespValue[];
  left: number;
}

interface Bulk {
  readonly type: string;
  /** Payload and CRLF that are still to come. */
  left: number;
  readonly length: number;
  seen: number;
  pieces: Buffer[];
}

const NOTHING = Buffer.alloc(0);
const MAX_LINE = 8192;
const MAX_DEPTH = 16;
const MAX_ITEMS = 2000;
const MAX_COUNT = 2 ** 31;
const SINGLE = new Set(['+', '-', ':', ',', '#', '_', '(']);
const BULK = new Set(['$', '=', '!']);
const HOLDS = new Set(['*', '%', '~', '>', '|']);
const INLINE = /^[A-Za-z][A-Za-z0-9 .:_-]{0,200}$/;

export class RespReader {
  readonly #events: RespEvents;
  readonly #maxBytes: number;
  readonly #takesInline: boolean;
  #line: Buffer = NOTHING;
  #bulk: Bulk | null = null;
  #open: Open[] = [];
  #size = 0;
  #kept = 0;
  #count = 0;
  #isCut = false;
  #isLost = false;

  constructor(events: RespEvents, maxBytes: number, takesInline: boolean) {
    this.#events = events;
    this.#maxBytes = maxBytes;
    this.#takesInline = takesInline;
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  push(bytes: Buffer, isTurn: boolean): void {
    if (this.#isLost) {
      if (!isTurn || !this.#mayBegin(bytes)) return;
      this.#isLost = false;
    }
    let at = 0;
    while (at < bytes.length && !this.#isLost) {
      at = this.#bulk === null ? this.#takeLine(bytes, at) : this.#takeBulk(this.#bulk, bytes, at);
    }
  }

  lost(count: number): void {
    if (this.#isLost) return;
    const bulk = this.#bulk;
    if (bulk === null || count > bulk.left) {
      this.#lose();
      return;
    }
    this.#isCut = true;
    this.#size += count;
    bulk.left -= count;
    // What comes behind the hole does not belong to what stands before it.
    bulk.seen = Number.POSITIVE_INFINITY;
    if (bulk.left === 0) this.#bulkOver(bulk);
  }

  /** What is open is told as far as it is there. */
  end(): void {
    if (this.#open.length > 0 || this.#bulk !== null) this.#lose();
  }

  #mayBegin(bytes: Buffer): boolean {
    const type = String.fromCharCode(bytes[0] ?? 0);
    return SINGLE.has(type) || BULK.has(type) || HOLDS.has(type);
  }

  #lose(): void {
    this.#isLost = true;
    this.#isCut = true;
    if (this.#bulk !== null) this.#leaf(this.#bulk.type, Buffer.concat(this.#bulk.pieces));
    this.#bulk = null;
    this.#line = NOTHING;
    while (this.#open.length > 0) this.#closeTop();
    this.#reset();
  }

  #takeLine(bytes: Buffer, at: number): number {
    const found = bytes.indexOf(10, at);
    const end = found === -1 ? bytes.length : found + 1;
    const piece = bytes.subarray(at, end);
    if (this.#line.length + piece.length > MAX_LINE) {
      this.#lose();
      return end;
    }
    const line = this.#line.length === 0 ? piece : Buffer.concat([this.#line, piece]);
    this.#size += piece.length;
    if (found === -1) {
      this.#line = Buffer.from(line);
      return end;
    }
    this.#line = NOTHING;
    this.#lineOver(line.subarray(0, line.at(-2) === 13 ? -2 : -1));
    return end;
  }

  #lineOver(line: Buffer): void {
    const type = String.fromCharCode(line[0] ?? 0);
    const rest = line.subarray(1);
    if (SINGLE.has(type)) {
      this.#leaf(type, rest);
    } else if (BULK.has(type)) {
      const length = countOf(rest);
      if (length === null) this.#lose();
      else if (length < 0) this.#leaf(type, NOTHING);
      else this.#bulk = { type, left: length + 2, length, seen: 0, pieces: [] };
    } else if (HOLDS.has(type)) {
      const count = countOf(rest);
      if (count === null || this.#open.length >= MAX_DEPTH) this.#lose();
      else this.#begin(type, type === '%' || type === '|' ? count * 2 : count);
    } else if (this.#takesInline && this.#open.length === 0 && INLINE.test(line.toString('latin1'))) {
      const words = line.toString('latin1').split(' ');
      const items = words.map((word) => ({ type: '$', items: [], text: Buffer.from(word, 'latin1') }));
      this.#give({ type: 'inline', items, text: NOTHING });
    } else if (line.length > 0 || this.#open.length > 0) {
      this.#lose();
    }
  }

  #begin(type: string, count: number): void {
    this.#open.push({ type, items: [], left: count });
    if (count <= 0) this.#closeTop();
  }

  #takeBulk(bulk: Bulk, bytes: Buffer, at: number): number {
    const piece = bytes.subarray(at, at + bulk.left);
    const payload = piece.subarray(0, Math.max(0, bulk.length - bulk.seen));
    const room = Math.max(0, this.#maxBytes - this.#kept);
    const kept = payload.subarray(0, room);
    if (kept.length < payload.length) this.#isCut = true;
    if (kept.length > 0) bulk.pieces.push(Buffer.from(kept));
    this.#kept += kept.length;
    bulk.seen += piece.length;
    bulk.left -= piece.length;
    this.#size += piece.length;
    if (bulk.left === 0) this.#bulkOver(bulk);
    return at + piece.length;
  }

  #bulkOver(bulk: Bulk): void {
    this.#bulk = null;
    const text = Buffer.concat(bulk.pieces);
    // A verbatim string says its form in four characters.
    this.#leaf(bulk.type, bulk.type === '=' ? text.subarray(4) : text);
  }

  #leaf(type: string, text: Buffer): void {
    this.#give({ type, items: [], text: Buffer.from(text) });
  }

  #give(value: RespValue): void {
    const top = this.#open.at(-1);
    if (top === undefined) {
      const size = this.#size;
      const isCut = this.#isCut;
      this.#reset();
      // Attributes stand before the value that they are about.
      if (value.type !== '|') this.#events.value(value, size, isCut);
      return;
    }
    this.#count++;
    if (this.#count <= MAX_ITEMS) top.items.push(value);
    else this.#isCut = true;
    top.left--;
    if (top.left === 0) this.#closeTop();
  }

  #closeTop(): void {
    const top = this.#open.pop();
    if (top !== undefined) this.#give({ type: top.type, items: top.items, text: NOTHING });
  }

  #reset(): void {
    this.#size = 0;
    this.#kept = 0;
    this.#count = 0;
    this.#isCut = false;
  }
}

/** Null for what is no count. */
function countOf(bytes: Buffer): number | null {
  const text = bytes.toString('latin1');
  if (!/^-?[0-9]{1,10}$/.test(text)) return null;
  const count = Number(text);
  return count > MAX_COUNT ? null : count;
}
