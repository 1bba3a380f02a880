/**
 * One text that grows: what may leave of it leaves, with what a rule acts on replaced; the rest waits for more. What
 * was let go is remembered for a while, because it may be the words that tell what follows.
 */

import { utf16Offsets } from '../../scan/offsets.ts';
import { unfinishedFrom, untoldFrom } from '../../scan/unfinished.ts';
import type { Asking } from './asking.ts';
import type { StreamJudge, TextPlace } from './judge.ts';

/** So much of what was let go is looked at again, bytes. With what is held it is mostly less than a scanner remembers texts from. */
const MAX_PAST = 768;
/** Longer words are cut where context begins, bytes. */
const MAX_WORD = 64;
/** A key is not dropped for longer than this behind its beginning, bytes: what follows is something else. */
const MAX_DROPPED = 65_536;
/** Of what is dropped, so much is looked at for the end of it, characters. */
const MAX_END = 128;
/** A key is known from so many bytes on, and looked for in steps, up to so many. */
const MAX_STEP = 64;
const MAX_BEGUN = 4096;
/** A line of words: no key has one. */
const SENTENCE = /(?:\n|\\n)[^\n]{0,200}?[a-z]{2,20} [a-z]{2,20} [a-z]{2,20} /;

/** A stretch of what was held, in characters; it leaves as it is, or something else in its place. */
export interface Piece {
  readonly length: number;
  readonly replacement: string | null;
}

interface Dropping {
  readonly closes: RegExp | null;
  end: string;
  bytes: number;
}

export class GrowingText {
  readonly #judge: StreamJudge;
  readonly #place: TextPlace;
  readonly #index: number;
  #past: Buffer;
  #sent = 0;
  #edited = Number.NEGATIVE_INFINITY;
  #held = '';
  #dropping: Dropping | null = null;
  /** Bytes that were held when it was last looked at though nothing could leave. */
  #looked = 0;
  /** Since when something waits that the clock can let go; null where nothing does. */
  waitingSince: number | null = null;

  /** `past`: what stood before, as context. */
  constructor(judge: StreamJudge, place: TextPlace, past = '') {
    this.#judge = judge;
    this.#place = place;
    this.#index = judge.open(place);
    this.#past = Buffer.from(past, 'utf8');
  }

  get isHolding(): boolean {
    return this.#held !== '';
  }

  /** What waits. */
  get held(): string {
    return this.#held;
  }

  push(text: string): void {
    this.#held += text;
  }

  /** What may leave now. `isLast`: nothing follows. `isIdle`: it has waited for words behind a value long enough. */
  *settle(isLast: boolean, isIdle: boolean): Asking<Piece[]> {
    const pieces: Piece[] = [];
    const since = this.waitingSince;
    this.waitingSince = null;
    if (this.#dropping !== null) this.#drop(this.#dropping, pieces, isLast);
    // Half of a character beyond the Basic Multilingual Plane waits for the other.
    const ready = !isLast && /[\ud800-\udbff]$/.test(this.#held) ? this.#held.slice(0, -1) : this.#held;
    if (ready === '' || this.#dropping !== null) return pieces;
    const { holding } = this.#judge;
    const tail = Buffer.from(ready, 'utf8');
    const text = this.#past.length === 0 ? tail : Buffer.concat([this.#past, tail]);
    const from = this.#past.length;
    const live = isLast ? text.length : unfinishedFrom(text, from, holding);
    const ripe = isLast || isIdle ? live : untoldFrom(text, from, live);
    if (ripe < live) this.waitingSince = since ?? this.#judge.at;
    // Of a key it is worth to see that it has begun.
    if (ripe === from && !isLast && !this.#mayHaveBegun(tail.length)) return pieces;
    if (ripe > from) this.#looked = 0;
    const given = { from, ripe, isLast, sent: this.#sent, edited: this.#edited };
    const { to, edits, goesOn } = yield* this.#judge.look(this.#index, this.#place, text, given);
    if (this.#judge.isBlocked) return [];
    this.#cut(
      tail,
      edits.map((edit) => ({ ...edit, start: edit.start - from, end: edit.end - from })),
      to - from,
      pieces,
    );
    const lastEdit = edits.at(-1);
    if (lastEdit !== undefined) this.#edited = this.#sent + lastEdit.end - from;
    this.#let(tail.subarray(0, to - from));
    if (goesOn !== null) {
      const closes = holding.closes.get(goesOn)?.pattern ?? null;
      this.#dropping = { closes, end: ready.slice(-MAX_END), bytes: 0 };
    }
    return pieces;
  }

  /** Where all has to wait, a key may have begun: worth a look now and then, and none where it is too long for that. */
  #mayHaveBegun(length: number): boolean {
    if (this.#judge.holding.closes.size === 0 || length > MAX_BEGUN || length < this.#looked + MAX_STEP) return false;
    this.#looked = length;
    return true;
  }

  /** Turns edits in bytes into pieces in characters, and takes those off what is held. */
  #cut(
    tail: Buffer,
    edits: readonly { readonly start: number; readonly end: number; readonly replacement: string }[],
    to: number,
    pieces: Piece[],
  ): void {
    const bounds = [...edits.flatMap(({ start, end }) => [start, end]), to];
    const units = tail.length === this.#held.length ? bounds : utf16Offsets(tail, bounds);
    let at = 0;
    edits.forEach(({ replacement }, i) => {
      const start = units[2 * i] as number;
      const end = units[2 * i + 1] as number;
      if (start > at) pieces.push({ length: start - at, replacement: null });
      pieces.push({ length: end - start, replacement });
      at = end;
    });
    const end = units.at(-1) as number;
    if (end > at) pieces.push({ length: end - at, replacement: null });
    this.#held = this.#held.slice(end);
  }

  #let(bytes: Buffer): void {
    this.#sent += bytes.length;
    const past = Buffer.concat([this.#past, bytes]);
    let at = Math.max(0, past.length - MAX_PAST);
    if (at > 0) {
      // From a whole word on: half of one may read as something else.
      const word = past.subarray(at, at + MAX_WORD).findIndex((byte) => byte === 0x20 || byte === 0x0a);
      at += Math.max(0, word);
    }
    while (at > 0 && at < past.length && ((past[at] as number) & 0xc0) === 0x80) at++;
    this.#past = Buffer.from(past.subarray(at));
  }

  /** The rest of a value whose beginning has been replaced. */
  #drop(dropping: Dropping, pieces: Piece[], isLast: boolean): void {
    const seen = dropping.end + this.#held;
    const before = dropping.end.length;
    const closing = (dropping.closes ?? /(?=[\s"'`<>])/).exec(seen);
    let length = this.#held.length;
    let isOver = isLast;
    if (closing !== null && closing.index + closing[0].length >= before) {
      length = closing.index + closing[0].length - before;
      isOver = true;
    } else if (dropping.closes !== null) {
      const sentence = SENTENCE.exec(seen);
      if (sentence !== null && sentence.index >= before) {
        length = sentence.index - before;
        isOver = true;
      }
    }
    if (dropping.bytes + length > MAX_DROPPED) isOver = true;
    if (length > 0) {
      pieces.push({ length, replacement: '' });
      const bytes = Buffer.from(this.#held.slice(0, length), 'utf8');
      dropping.bytes += bytes.length;
      dropping.end = seen.slice(0, before + length).slice(-MAX_END);
      this.#judge.grow(this.#index, bytes);
      this.#let(bytes);
      this.#edited = this.#sent;
      this.#held = this.#held.slice(length);
    }
    if (!isOver) return;
    this.#judge.lengthen(this.#index);
    this.#dropping = null;
  }
}
