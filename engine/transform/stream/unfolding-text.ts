/**
 * A growing text that may be JSON, as tool arguments and structured answers are: its strings are then texts of their
 * own, with escapes undone and the key as label, and what is replaced in them is escaped again. Text that stops being
 * JSON is text from there on. What leaves is spelled as it came, escapes cut in the middle included.
 */
import { escapeJson } from '../../extract/json-escapes.ts';
import { shownName } from '../../extract/vocabulary.ts';
import { type Asking, asksNothing } from './asking.ts';
import { GrowingText } from './growing-text.ts';
import type { StreamJudge, TextPlace } from './judge.ts';

/** How deep JSON may lie in strings of JSON. */
const MAX_NESTED = 4;
/** What stood before the place where a text stopped being JSON is context for the rest, characters. */
const MAX_SEEN = 1024;
/** Longer keys are no keys. */
const MAX_KEY = 1024;
const MIN_KEY_BYTES = 6;
/** A number of fewer digits is nobody's id. */
const MIN_DIGITS = 8;

/** Characters, each with what stands for it in the text around. */
interface Spelled {
  readonly text: string;
  /** One for each UTF-16 unit; null where each is its own. */
  readonly raws: readonly string[] | null;
}

/** A text into which characters go, and out of which spelled text comes. */
export interface Unfolding {
  push(spelled: Spelled): Asking<void>;
  settle(isLast: boolean, isIdle: boolean): Asking<void>;
  /** What has been let go since it was last asked. */
  take(): string;
  readonly isHolding: boolean;
  readonly waitingSince: number | null;
}

type Encode = (text: string) => string;

const AS_IT_IS: Encode = (text) => text;

/** A text that tells by its first character whether it may be JSON. */
export function unfoldingText(judge: StreamJudge, place: TextPlace): Unfolding {
  return new UndecidedText(judge, place, AS_IT_IS, 0);
}

class UndecidedText implements Unfolding {
  readonly #judge: StreamJudge;
  readonly #place: TextPlace;
  readonly #encode: Encode;
  readonly #nested: number;
  #inner: PlainText | JsonText | null = null;
  #space: Spelled = { text: '', raws: [] };
  #out = '';

  constructor(judge: StreamJudge, place: TextPlace, encode: Encode, nested: number) {
    this.#judge = judge;
    this.#place = place;
    this.#encode = encode;
    this.#nested = nested;
  }

  get isHolding(): boolean {
    return this.#inner === null ? this.#space.text !== '' : this.#inner.isHolding;
  }

  get waitingSince(): number | null {
    return this.#inner?.waitingSince ?? null;
  }

  *push(spelled: Spelled): Asking<void> {
    if (this.#inner === null) {
      const all = joined(this.#space, spelled);
      const first = /[^ \t\r\n]/.exec(all.text)?.[0];
      this.#space = all;
      if (first === undefined) return;
      const isJson = (first === '{' || first === '[') && this.#nested < MAX_NESTED;
      this.#inner = isJson
        ? new JsonText(this.#judge, this.#place, this.#encode, this.#nested)
        : new PlainText(this.#judge, this.#place, this.#encode);
      this.#space = { text: '', raws: [] };
      return yield* this.push(all);
    }
    yield* this.#inner.push(spelled);
    if (!(this.#inner instanceof JsonText) || this.#inner.rest === null) return;
    const { rest, seen } = this.#inner;
    this.#out += this.#inner.take();
    this.#inner = new PlainText(this.#judge, this.#place, this.#encode, seen);
    yield* this.#inner.push(rest);
  }

  *settle(isLast: boolean, isIdle: boolean): Asking<void> {
    if (this.#inner !== null) return yield* this.#inner.settle(isLast, isIdle);
    // White space tells nothing and need not wait, but for what follows it in a run of its own.
    this.#out += spelledOut(this.#space, 0, this.#space.text.length);
    this.#space = { text: '', raws: [] };
  }

  take(): string {
    const out = this.#out + (this.#inner?.take() ?? '');
    this.#out = '';
    return out;
  }
}

class PlainText implements Unfolding {
  readonly #text: GrowingText;
  readonly #encode: Encode;
  #held: Spelled = { text: '', raws: null };
  #out = '';

  constructor(judge: StreamJudge, place: TextPlace, encode: Encode, past = '') {
    this.#text = new GrowingText(judge, place, past);
    this.#encode = encode;
  }

  get isHolding(): boolean {
    return this.#text.isHolding;
  }

  get waitingSince(): number | null {
    return this.#text.waitingSince;
  }

  push(spelled: Spelled): Asking<void> {
    this.#text.push(spelled.text);
    this.#held = joined(this.#held, spelled);
    return asksNothing(undefined);
  }

  *settle(isLast: boolean, isIdle: boolean): Asking<void> {
    let at = 0;
    for (const { length, replacement } of yield* this.#text.settle(isLast, isIdle)) {
      this.#out += replacement === null ? spelledOut(this.#held, at, at + length) : this.#encode(replacement);
      at += length;
    }
    if (at === 0) return;
    this.#held = { text: this.#held.text.slice(at), raws: this.#held.raws?.slice(at) ?? null };
  }

  take(): string {
    const out = this.#out;
    this.#out = '';
    return out;
  }
}

interface Container {
  readonly kind: 'object' | 'array';
  readonly path: string;
  readonly label: string | null;
  key: string;
  index: number;
}

type State = 'value' | 'first' | 'key' | 'first-key' | 'colon' | 'comma' | 'end' | 'string' | 'name' | 'scalar';

class JsonText implements Unfolding {
  readonly #judge: StreamJudge;
  readonly #place: TextPlace;
  readonly #encode: Encode;
  readonly #nested: number;
  readonly #open: Container[] = [];
  #state: State = 'value';
  #out = '';
  /** The string that is being read. */
  #inner: UndecidedText | null = null;
  /** An escape that is not whole yet. */
  #escape: { text: string; raw: string } | null = null;
  /** A key, number or literal so far, and white space behind it: what it is is known by what follows. */
  #pending: { text: string; raws: string[]; space: string; spaceRaws: string[] } | null = null;
  /** The end of what was JSON. */
  seen = '';
  /** Once it is no JSON: what it did not take. */
  rest: Spelled | null = null;

  constructor(judge: StreamJudge, place: TextPlace, encode: Encode, nested: number) {
    this.#judge = judge;
    this.#place = place;
    this.#encode = encode;
    this.#nested = nested;
  }

  get isHolding(): boolean {
    return this.#inner?.isHolding === true || this.#escape !== null || this.#pending !== null;
  }

  get waitingSince(): number | null {
    return this.#inner?.waitingSince ?? null;
  }

  *push({ text, raws }: Spelled): Asking<void> {
    for (let at = 0; at < text.length; at++) {
      const char = text[at] as string;
      // The inside of a string up to its next quote or escape, at once.
      if (this.#state === 'string' && this.#escape === null && this.#inner !== null) {
        let end = at;
        while (end < text.length && text[end] !== '"' && text[end] !== '\\') end++;
        if (end > at) {
          yield* this.#inner.push({ text: text.slice(at, end), raws: raws?.slice(at, end) ?? null });
          this.#see(text.slice(at, end));
          at = end - 1;
          continue;
        }
      }
      if (yield* this.#take(char, raws?.[at] ?? char)) continue;
      const pending = this.#pending;
      const before: Spelled =
        pending === null
          ? { text: '', raws: [] }
          : { text: pending.text + pending.space, raws: [...pending.raws, ...pending.spaceRaws] };
      this.#pending = null;
      this.rest = joined(before, { text: text.slice(at), raws: raws?.slice(at) ?? null });
      return;
    }
  }

  *settle(isLast: boolean, isIdle: boolean): Asking<void> {
    if (this.#inner !== null) {
      if (isLast && this.#escape !== null) {
        const { text, raw } = this.#escape;
        this.#escape = null;
        yield* this.#put(text, raw);
      }
      yield* this.#inner.settle(isLast, isIdle);
      this.#out += this.#inner.take();
    }
    if (isLast && this.#pending !== null) yield* this.#state === 'name' ? this.#endKey() : this.#endPending();
  }

  take(): string {
    const out = this.#out;
    this.#out = '';
    return out;
  }

  /** One character; false where no JSON goes on like that. */
  *#take(char: string, raw: string): Asking<boolean> {
    switch (this.#state) {
      case 'string':
      case 'name':
        yield* this.#inString(char, raw);
        return true;
      case 'scalar':
        return yield* this.#inScalar(char, raw);
      default:
        return this.#between(char, raw);
    }
  }

  #between(char: string, raw: string): boolean {
    const isSpace = char === ' ' || char === '\n' || char === '\r' || char === '\t';
    const state = this.#state;
    if (!isSpace) {
      if (state === 'value' || state === 'first') {
        if (!this.#begin(char, raw, state === 'first')) return false;
        if (this.#state === 'scalar') return true;
      } else if (state === 'key' || state === 'first-key') {
        if (char === '"') {
          this.#state = 'name';
          this.#pending = { text: '', raws: [], space: '', spaceRaws: [] };
        } else if (char !== '}' || state === 'key') return false;
        else this.#close();
      } else if (state === 'colon') {
        if (char !== ':') return false;
        this.#state = 'value';
      } else if (state === 'comma') {
        const top = this.#open.at(-1);
        if (char === ',' && top !== undefined) {
          top.index++;
          this.#state = top.kind === 'object' ? 'key' : 'value';
        } else if (top !== undefined && char === (top.kind === 'object' ? '}' : ']')) this.#close();
        else return false;
      } else return false;
    }
    this.#see(char);
    this.#out += raw;
    return true;
  }

  #begin(char: string, raw: string, isFirst: boolean): boolean {
    if (char === '"') {
      this.#state = 'string';
      const encode: Encode = (text) => this.#encode(escapeJson(text));
      this.#inner = new UndecidedText(this.#judge, this.#valuePlace(), encode, this.#nested + 1);
    } else if (char === '{' || char === '[') {
      const { path, label } = this.#valuePlace();
      this.#open.push({ kind: char === '{' ? 'object' : 'array', path, label, key: '', index: 0 });
      this.#state = char === '{' ? 'first-key' : 'first';
    } else if (char === ']' && isFirst) this.#close();
    else if (/[-0-9tfn]/.test(char)) {
      this.#state = 'scalar';
      this.#pending = { text: char, raws: [raw], space: '', spaceRaws: [] };
    } else return false;
    return true;
  }

  #close(): void {
    this.#open.pop();
    this.#state = this.#open.length === 0 ? 'end' : 'comma';
  }

  #valuePlace(): TextPlace {
    const top = this.#open.at(-1);
    if (top === undefined) return this.#place;
    if (top.kind === 'array') return { ...this.#place, path: `${top.path}/${top.index}`, label: top.label };
    return { ...this.#place, path: `${top.path}/${shownName(top.key)}`, label: top.key };
  }

  *#inString(char: string, raw: string): Asking<void> {
    if (this.#escape !== null) {
      this.#escape.text += char;
      this.#escape.raw += raw;
      const { text, raw: whole } = this.#escape;
      if (text[1] === 'u' && text.length < 6 && /^\\u[0-9a-fA-F]*$/.test(text)) return;
      this.#escape = null;
      yield* this.#put(unescaped(text), whole);
      return;
    }
    if (char === '\\') {
      this.#escape = { text: char, raw };
      return;
    }
    if (char !== '"') return yield* this.#put(char, raw);
    if (this.#state === 'name') {
      yield* this.#endKey();
      this.#state = 'colon';
    } else if (this.#inner !== null) {
      yield* this.#inner.settle(true, false);
      this.#out += this.#inner.take();
      this.#inner = null;
      this.#state = this.#open.length === 0 ? 'end' : 'comma';
    }
    this.#see(char);
    this.#out += raw;
  }

  /** A character of the string or key that is being read, and how it is spelled. */
  *#put(text: string, raw: string): Asking<void> {
    this.#see(text);
    // What an escape that is none stands for is spelled at its first character.
    const raws = [raw, ...Array.from({ length: text.length - 1 }, () => '')];
    if (this.#inner !== null) return yield* this.#inner.push({ text, raws });
    if (this.#pending === null) {
      this.#out += raw;
      return;
    }
    this.#pending.text += text;
    this.#pending.raws.push(...raws);
    if (this.#pending.text.length > MAX_KEY) yield* this.#endKey();
  }

  *#endKey(): Asking<void> {
    const pending = this.#pending;
    const top = this.#open.at(-1);
    this.#pending = null;
    if (pending === null || top === undefined) return;
    top.key = pending.text;
    const bytes = Buffer.from(pending.text, 'utf8');
    if (bytes.length >= MIN_KEY_BYTES) {
      const { role, position } = this.#place;
      const part = { kind: 'body' } as const;
      yield* this.#judge.whole([
        { text: bytes, path: top.path, label: null, role, position, part, layers: [], immutable: true },
      ]);
    }
    this.#out += pending.raws.join('');
  }

  *#inScalar(char: string, raw: string): Asking<boolean> {
    const pending = this.#pending;
    if (pending === null) return false;
    if (/[ \t\r\n]/.test(char)) {
      pending.space += char;
      pending.spaceRaws.push(raw);
      return true;
    }
    if (char === ',' || char === ']' || char === '}') {
      if (!isScalar(pending.text)) return false;
      yield* this.#endPending();
      this.#state = 'comma';
      return this.#between(char, raw);
    }
    if (pending.space !== '' || !/[-+.0-9a-zA-Z]/.test(char) || pending.text.length > MAX_KEY) return false;
    pending.text += char;
    pending.raws.push(raw);
    return true;
  }

  *#endPending(): Asking<void> {
    const pending = this.#pending;
    this.#pending = null;
    if (pending === null) return;
    const digits = /^-?([0-9]*)/.exec(pending.text)?.[1] ?? '';
    let written = pending.raws.join('');
    if (digits.length >= MIN_DIGITS) {
      const { path, label, role, position, immutable } = this.#valuePlace();
      const text = Buffer.from(pending.text, 'utf8');
      const part = { kind: 'body' } as const;
      const edits = yield* this.#judge.whole([{ text, path, label, role, position, part, layers: [], immutable }]);
      if (edits.length > 0) {
        let edited = '';
        let at = 0;
        for (const { start, end, replacement } of edits) {
          edited += pending.text.slice(at, start) + replacement;
          at = end;
        }
        written = this.#encode(JSON.stringify(edited + pending.text.slice(at)));
      }
    }
    this.#see(pending.text + pending.space);
    this.#out += written + pending.spaceRaws.join('');
  }

  #see(text: string): void {
    this.seen = (this.seen + text).slice(-MAX_SEEN);
  }
}

function isScalar(text: string): boolean {
  return /^(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null)$/.test(text);
}

function unescaped(written: string): string {
  try {
    return JSON.parse(`"${written}"`) as string;
  } catch {
    // No escape: whoever reads it may take the characters as they are.
    return written;
  }
}

function joined(a: Spelled, b: Spelled): Spelled {
  if (a.text === '') return b;
  if (b.text === '') return a;
  const raws =
    a.raws === null && b.raws === null ? null : [...(a.raws ?? a.text.split('')), ...(b.raws ?? b.text.split(''))];
  return { text: a.text + b.text, raws };
}

function spelledOut({ text, raws }: Spelled, from: number, to: number): string {
  return raws === null ? text.slice(from, to) : raws.slice(from, to).join('');
}
