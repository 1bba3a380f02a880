/** The framings that a stream of documents comes in: events, a JSON list, lines; and text without documents. */
import { dataOf, fieldsOf, type SseFields, SseSplitter } from '../extract/sse.ts';
import { DocumentRestorer, type Held } from './document-restorer.ts';
import { restoreText } from './token-text.ts';

/** Bytes in, bytes out; what is kept back comes later or at the end. */
export interface Framing {
  push(chunk: Buffer): Buffer[];
  end(): Buffer[];
  readonly restored: number;
  readonly responseId: string | null;
}

/** Server-sent events. Comments, `id` and `retry` lines and line ends stay as they are. */
export class SseFraming implements Framing {
  readonly #splitter = new SseSplitter();
  readonly #documents: DocumentRestorer;
  readonly #tokens: ReadonlyMap<string, string>;
  /** Where the response's id is wanted, the first events are read even without a token in them. */
  readonly #wantsId: boolean;

  constructor(tokens: ReadonlyMap<string, string>, wantsId: boolean) {
    this.#tokens = tokens;
    this.#documents = new DocumentRestorer(tokens);
    this.#wantsId = wantsId;
  }

  get restored(): number {
    return this.#documents.restored;
  }

  get responseId(): string | null {
    return this.#documents.responseId;
  }

  push(chunk: Buffer): Buffer[] {
    return this.#splitter.push(chunk).flatMap(({ kind, bytes }) => (kind === 'event' ? this.#event(bytes) : [bytes]));
  }

  end(): Buffer[] {
    const rest = this.#splitter.end();
    // Many clients take a last event without its blank line.
    const out = rest.length === 0 ? [] : this.#event(rest);
    const held = this.#documents.flush(['']);
    if (held.length === 0) return out;
    const opens = rest.length === 0 ? [] : [Buffer.from('\n\n')];
    return [...out, ...opens, ...held.map((text) => asEvent(text, '\n'))];
  }

  #event(bytes: Buffer): Buffer[] {
    const needsId = this.#wantsId && this.responseId === null;
    if (!needsId && this.#documents.isUntouched(bytes)) return [bytes];
    const fields = fieldsOf(bytes);
    if (fields.data.length === 0) return [bytes];
    const data = dataOf(bytes, fields);
    if (data.toString('latin1').trim() === '[DONE]')
      return [...this.#flushed(['']).map((held) => asEvent(held, fields.lineEnd)), bytes];
    const restored = this.#documents.document(data, fields.name);
    if (restored === null) return [this.#text(bytes, data, fields)];
    const before = restored.before.map((held) => asEvent(held, fields.lineEnd));
    return [...before, restored.changed ? withData(bytes, fields, [restored.data]) : bytes];
  }

  #flushed(prefixes: readonly string[]): Held[] {
    return this.#documents.flush(prefixes);
  }

  /** Data that is no JSON: its whole tokens, a value's lines as lines of data. */
  #text(bytes: Buffer, data: Buffer, fields: SseFields): Buffer {
    const { text, count } = restoreText(data.toString('utf8'), 'text', this.#tokens, true);
    if (count === 0) return bytes;
    this.#documents.restored += count;
    return withData(
      bytes,
      fields,
      text.split(/\r\n|\r|\n/).map((line) => Buffer.from(line, 'utf8')),
    );
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

/** Past this a document is not gathered any further; it leaves as it came. */
const MAX_DOCUMENT_BYTES = 32 * 1024 * 1024;

/** A JSON list whose objects come one by one (Gemini without `alt=sse`), or objects one after the other (NDJSON). */
export class JsonFraming implements Framing {
  readonly #documents: DocumentRestorer;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #isList = false;
  #isOverlong = false;

  constructor(tokens: ReadonlyMap<string, string>) {
    this.#documents = new DocumentRestorer(tokens);
  }

  get restored(): number {
    return this.#documents.restored;
  }

  get responseId(): string | null {
    return this.#documents.responseId;
  }

  push(chunk: Buffer): Buffer[] {
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
      else if (byte === 0x7b || byte === 0x5b) {
        if (byte === 0x5b && this.#depth === 0) this.#isList = true;
        else if (this.#depth === level) {
          out.push(chunk.subarray(start, at));
          start = at;
        }
        this.#depth++;
      } else if (byte === 0x7d || byte === 0x5d) {
        if (this.#depth > 0) this.#depth--;
        if (byte === 0x5d && this.#isList && this.#depth === 0) {
          out.push(
            chunk.subarray(start, at),
            ...this.#documents.flush(['']).map((held) => Buffer.from(`,${held.document}`)),
          );
          start = at;
          this.#isList = false;
        } else if (this.#depth === level) {
          out.push(...this.#document(this.#take(chunk.subarray(start, at + 1))));
          start = at + 1;
        }
      }
    }
    const rest = chunk.subarray(start);
    if (rest.length === 0) return out;
    const isInside = this.#depth > (this.#isList ? 1 : 0);
    if (this.#pendingBytes + rest.length > MAX_DOCUMENT_BYTES) this.#isOverlong = true;
    if (!isInside || this.#isOverlong) return [...out, this.#take(rest)];
    this.#pending.push(Buffer.from(rest));
    this.#pendingBytes += rest.length;
    return out;
  }

  end(): Buffer[] {
    const rest = this.#take(Buffer.alloc(0));
    return [rest, ...this.#documents.flush(['']).map((held) => Buffer.from(`\n${held.document}\n`, 'utf8'))];
  }

  #document(bytes: Buffer): Buffer[] {
    if (this.#isOverlong) {
      this.#isOverlong = false;
      return [bytes];
    }
    if (this.#documents.isUntouched(bytes)) return [bytes];
    const restored = this.#documents.document(bytes, null);
    if (restored === null) return [bytes];
    const separator = this.#isList ? ',' : '\n';
    return [...restored.before.map((held) => Buffer.from(held.document + separator, 'utf8')), restored.data];
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
export class TextFraming implements Framing {
  readonly #tokens: ReadonlyMap<string, string>;
  #held = '';
  restored = 0;
  readonly responseId = null;

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
