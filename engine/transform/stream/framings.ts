/** The framings that a stream of documents comes in: events, a JSON list, lines; and text without documents. */
import { dataOf, fieldsOf, type SseFields, SseSplitter } from '../../extract/sse.ts';
import { restoreText } from '../token-text.ts';
import type { Asking } from './asking.ts';

/** Bytes in, bytes out; what is kept back comes later or at the end. */
export interface Framing {
  push(chunk: Buffer): Asking<Buffer[]>;
  /** What may leave after some time without anything. */
  idle(): Asking<Buffer[]>;
  end(): Asking<Buffer[]>;
}

/** Text held back, as a document ready to be sent. */
export interface Held {
  readonly document: string;
  /** Name of the event that its last piece came in, in an event stream. */
  readonly event: string | null;
}

/** What leaves in place of a document. */
export interface PassedDocument {
  /** Documents with held text; they come before. */
  readonly before: readonly Held[];
  readonly data: Buffer;
  readonly changed: boolean;
  /** It waits: it comes with a later `released`, in its order. */
  readonly isWithheld?: boolean;
}

/** What is done with the documents of a stream, one at a time. */
export interface Documents {
  /** True when a document with these bytes may leave as it is, unread. */
  isUntouched(bytes: Buffer): boolean;
  /** One document; null where it is not JSON. `event` is the name of the event around it, if any. */
  document(data: Buffer, event: string | null): Asking<PassedDocument | null>;
  /** Data that is no JSON; null where it stays as it is. */
  text(data: Buffer): Asking<string | null>;
  /** Takes out held text of channels whose names begin so. */
  flush(prefixes: readonly string[]): Asking<Held[]>;
  /** What may leave after some time without anything. */
  idle(): Asking<Held[]>;
  /** A document was too long to be gathered; it leaves unread. */
  overlong(): void;
  /** Something stands between documents that is none. */
  stray(): void;
  /** Documents that waited and may leave now, in the order in which they came. */
  released(): readonly { readonly data: Buffer; readonly changed: boolean }[];
  /** Nothing more may leave. */
  readonly isOver: boolean;
}

/** Nothing but a comment is longer between two events, bytes. */
const MAX_BETWEEN = 16;

/** Server-sent events. Comments, `id` and `retry` lines and line ends stay as they are; they wait for nothing. */
export class SseFraming implements Framing {
  readonly #splitter = new SseSplitter();
  readonly #documents: Documents;
  /** Events that wait, in order. */
  readonly #withheld: { readonly bytes: Buffer; readonly fields: SseFields }[] = [];

  constructor(documents: Documents) {
    this.#documents = documents;
  }

  *push(chunk: Buffer): Asking<Buffer[]> {
    const out: Buffer[] = [];
    for (const { kind, bytes } of this.#splitter.push(chunk)) {
      if (this.#documents.isOver) break;
      if (kind === 'event') out.push(...(yield* this.#event(bytes)));
      else {
        // What is long, and no comment, is part of an event that could not be gathered.
        if (bytes.length > MAX_BETWEEN && bytes[0] !== 0x3a) this.#documents.overlong();
        else if (bytes.length > MAX_BETWEEN) out.push(yield* this.#plain(bytes));
        else out.push(bytes);
      }
    }
    return out;
  }

  *idle(): Asking<Buffer[]> {
    const held = (yield* this.#documents.idle()).map((one) => asEvent(one, '\n'));
    return [...this.#released(), ...held];
  }

  *end(): Asking<Buffer[]> {
    const rest = this.#splitter.end();
    // Many clients take a last event without its blank line.
    const out = rest.length === 0 ? [] : yield* this.#event(rest);
    const held = yield* this.#documents.flush(['']);
    if (this.#documents.isOver) return out;
    out.push(...this.#released());
    if (held.length === 0) return out;
    const opens = rest.length === 0 ? [] : [Buffer.from('\n\n')];
    return [...out, ...opens, ...held.map((text) => asEvent(text, '\n'))];
  }

  #released(): Buffer[] {
    return this.#documents.released().flatMap(({ data, changed }) => {
      const event = this.#withheld.shift();
      return event === undefined ? [] : [changed ? withData(event.bytes, event.fields, [data]) : event.bytes];
    });
  }

  /** A comment, or an event without data. */
  *#plain(bytes: Buffer): Asking<Buffer> {
    const text = yield* this.#documents.text(bytes);
    return text === null ? bytes : Buffer.from(text, 'utf8');
  }

  *#event(bytes: Buffer): Asking<Buffer[]> {
    if (this.#documents.isUntouched(bytes)) return [bytes];
    const fields = fieldsOf(bytes);
    if (fields.data.length === 0) {
      const plain = yield* this.#plain(bytes);
      return this.#documents.isOver ? [] : [plain];
    }
    const data = dataOf(bytes, fields);
    if (data.toString('latin1').trim() === '[DONE]') {
      const held = yield* this.#documents.flush(['']);
      if (this.#documents.isOver) return [];
      return [...this.#released(), ...held.map((one) => asEvent(one, fields.lineEnd)), bytes];
    }
    const passed = yield* this.#documents.document(data, fields.name);
    if (this.#documents.isOver) return [];
    if (passed?.isWithheld === true) {
      // Copied: a chunk's memory is its reader's.
      this.#withheld.push({ bytes: Buffer.from(bytes), fields });
      return this.#released();
    }
    if (passed !== null) {
      const before = passed.before.map((held) => asEvent(held, fields.lineEnd));
      return [...this.#released(), ...before, passed.changed ? withData(bytes, fields, [passed.data]) : bytes];
    }
    const text = yield* this.#documents.text(data);
    if (this.#documents.isOver) return [];
    const released = this.#released();
    if (text === null) return [...released, bytes];
    return [
      ...released,
      withData(
        bytes,
        fields,
        text.split(/\r\n|\r|\n/).map((line) => Buffer.from(line, 'utf8')),
      ),
    ];
  }
}

function asEvent(held: Held, lineEnd: string): Buffer {
  const name = held.event === null ? '' : `event: ${held.event}${lineEnd}`;
  return Buffer.from(`${name}data: ${held.document}${lineEnd}${lineEnd}`, 'utf8');
}

/** The event with its data replaced; all other lines stay. */
function withData(event: Buffer, fields: SseFields, lines: readonly Buffer[]): Buffer {
  const [first, ...others] = fields.data;
  if (first === undefined) return event;
  const data = lines.flatMap((line, i) =>
    i === 0 ? [oneLine(line)] : [Buffer.from(`${fields.lineEnd}data: `), oneLine(line)],
  );
  const pieces = [event.subarray(0, first.start), ...data];
  let at = first.end;
  for (const { start, end } of others) {
    let lineStart = start;
    while (lineStart > 0 && event[lineStart - 1] !== 0x0a && event[lineStart - 1] !== 0x0d) lineStart--;
    pieces.push(event.subarray(at, lineStart - fields.lineEnd.length));
    at = end;
  }
  pieces.push(event.subarray(at));
  return Buffer.concat(pieces);
}

/** A line break in JSON data stands between its values: a space does as well. */
function oneLine(line: Buffer): Buffer {
  if (!line.includes(0x0a) && !line.includes(0x0d)) return line;
  return Buffer.from(line.toString('utf8').replace(/[\r\n]/g, ' '), 'utf8');
}

/** White space, the signs of a list, a byte order mark. */
const BETWEEN = new Uint8Array(256);
for (const byte of [0x20, 0x09, 0x0a, 0x0d, 0x2c, 0x5b, 0x5d, 0xef, 0xbb, 0xbf]) BETWEEN[byte] = 1;

const LINE_END = Buffer.from('\n');

function lineOf({ document }: Held): Buffer {
  return Buffer.from(`${document}\n`, 'utf8');
}

/** Past this a document is not gathered any further; it leaves as it came. */
const MAX_DOCUMENT_BYTES = 32 * 1024 * 1024;

/** A JSON list whose objects come one by one (Gemini without `alt=sse`), or objects one after the other (NDJSON). */
export class JsonFraming implements Framing {
  readonly #documents: Documents;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #isList = false;
  #isOverlong = false;
  /** What stands between the last document and the next has not come yet. */
  #isBehindDocument = false;
  #isFirst = true;
  /** Documents waited: each leaves in a line of its own, and what stood between them is dropped. */
  #areLines = false;

  constructor(documents: Documents) {
    this.#documents = documents;
  }

  *push(chunk: Buffer): Asking<Buffer[]> {
    const out: Buffer[] = [];
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === 0x5c) this.#escaped = true;
        else if (byte === 0x22) this.#inString = false;
        continue;
      }
      const level = this.#isList ? 1 : 0;
      if (byte === 0x22) this.#inString = true;
      else if (byte === 0x2c || byte === 0x0a) {
        if (this.#depth === level) this.#isBehindDocument = false;
      } else if (byte === 0x7b || byte === 0x5b) {
        if (byte === 0x5b && this.#depth === 0) this.#isList = true;
        else if (this.#depth === level) {
          this.#between(chunk.subarray(start, at), out);
          start = at;
        }
        this.#depth++;
      } else if (byte === 0x7d || byte === 0x5d) {
        if (this.#depth > 0) this.#depth--;
        if (byte === 0x5d && this.#isList && this.#depth === 0) {
          this.#between(chunk.subarray(start, at), out);
          const held = yield* this.#documents.flush(['']);
          if (this.#documents.isOver) return out;
          out.push(...held.map((one) => Buffer.from(`,${one.document}`)));
          start = at;
          this.#isList = false;
        } else if (this.#depth === level) {
          const passed = yield* this.#document(this.#take(chunk.subarray(start, at + 1)));
          if (this.#documents.isOver) return out;
          out.push(...passed);
          this.#isBehindDocument = true;
          this.#isFirst = false;
          start = at + 1;
        }
      }
    }
    const rest = chunk.subarray(start);
    if (rest.length === 0) return out;
    const isInside = this.#depth > (this.#isList ? 1 : 0);
    if (this.#pendingBytes + rest.length > MAX_DOCUMENT_BYTES) {
      this.#isOverlong = true;
      this.#documents.overlong();
    }
    if (this.#documents.isOver) return out;
    if (this.#isOverlong) return [...out, this.#take(rest)];
    if (!isInside) {
      this.#between(rest, out);
      return this.#documents.isOver ? [] : out;
    }
    this.#pending.push(Buffer.from(rest));
    this.#pendingBytes += rest.length;
    return out;
  }

  *idle(): Asking<Buffer[]> {
    const separator = this.#isList ? ',' : '\n';
    const isBehind = this.#isBehindDocument;
    const held = (yield* this.#documents.idle()).map(({ document }) =>
      Buffer.from(isBehind ? separator + document : document + separator, 'utf8'),
    );
    return [...this.#released(), ...held];
  }

  *end(): Asking<Buffer[]> {
    const rest = this.#take(Buffer.alloc(0));
    const held = yield* this.#documents.flush(['']);
    if (this.#documents.isOver) return [];
    return [rest, ...this.#released(), ...held.map((one) => Buffer.from(`\n${one.document}\n`, 'utf8'))];
  }

  /** What makes a document the last one where the stream ends here: before it, and behind it. */
  get ending(): { readonly before: string; readonly behind: string } {
    if (!this.#isList) return { before: this.#isBehindDocument ? '\n' : '', behind: '\n' };
    return { before: this.#isBehindDocument && !this.#isFirst ? ',' : '', behind: ']' };
  }

  #released(): Buffer[] {
    return this.#documents.released().map(({ data }) => Buffer.concat([data, LINE_END]));
  }

  /** What stands between documents: only signs and white space where it is what it says it is. */
  #between(bytes: Buffer, out: Buffer[]): void {
    if (bytes.some((byte) => BETWEEN[byte] !== 1)) this.#documents.stray();
    if (!this.#documents.isOver && !this.#areLines) out.push(bytes);
  }

  *#document(bytes: Buffer): Asking<Buffer[]> {
    if (this.#isOverlong) {
      this.#isOverlong = false;
      return [bytes];
    }
    if (this.#documents.isUntouched(bytes)) return [bytes];
    const passed = yield* this.#documents.document(bytes, null);
    if (this.#documents.isOver) return [];
    if (passed === null) {
      const text = yield* this.#documents.text(bytes);
      return this.#documents.isOver ? [] : [text === null ? bytes : Buffer.from(text, 'utf8')];
    }
    if (passed.isWithheld === true) {
      this.#areLines = true;
      return this.#released();
    }
    if (this.#areLines)
      return [...this.#released(), ...passed.before.map(lineOf), Buffer.from(`${passed.data}\n`, 'utf8')];
    const separator = this.#isList ? ',' : '\n';
    return [...passed.before.map((held) => Buffer.from(held.document + separator, 'utf8')), passed.data];
  }

  #take(last: Buffer): Buffer {
    if (this.#pendingBytes === 0) return last;
    const bytes = Buffer.concat([...this.#pending, last]);
    this.#pending = [];
    this.#pendingBytes = 0;
    return bytes;
  }
}

/** Text: what could be the beginning of a token waits for the next chunk. */
export class TextRestorer {
  readonly #tokens: ReadonlyMap<string, string>;
  #held = '';
  restored = 0;

  constructor(tokens: ReadonlyMap<string, string>) {
    // As latin1 a character is a byte, so a chunk may end within a UTF-8 sequence.
    this.#tokens = new Map([...tokens].map(([token, value]) => [token, Buffer.from(value, 'utf8').toString('latin1')]));
  }

  push(chunk: Buffer): Buffer[] {
    if (this.#held === '' && !chunk.includes(0x3c)) return [chunk];
    return this.#next(chunk.toString('latin1'), false);
  }

  end(): Buffer[] {
    return this.#held === '' ? [] : this.#next('', true);
  }

  #next(text: string, isLast: boolean): Buffer[] {
    const { text: settled, held, count } = restoreText(this.#held + text, 'text', this.#tokens, isLast);
    this.#held = held;
    this.restored += count;
    return settled === '' ? [] : [Buffer.from(settled, 'latin1')];
  }
}
