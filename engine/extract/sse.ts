/**
 * Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) cut into events without
 * changing a byte: the pieces that come out, joined, are what went in. Lines end with LF, CRLF or CR.
 */

/** Past this an event is not gathered any further; it leaves as it came. */
const MAX_EVENT_BYTES = 32 * 1024 * 1024;

/** One event with its blank line, or bytes between events (comments, a BOM) that are no event. */
export type SsePiece =
  | { readonly kind: 'event'; readonly bytes: Buffer }
  | { readonly kind: 'other'; readonly bytes: Buffer };

/** Gathers chunks and gives whole events. A comment at the beginning of an event is given at once: it keeps alive. */
export class SseSplitter {
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  /** Bytes of the current line so far, comment or not; and whether the last byte was a CR that may be half a CRLF. */
  #lineBytes = 0;
  #isComment = false;
  #afterCr = false;
  /** The event so far holds a line that is no comment. */
  #hasLines = false;
  #overlong = false;

  push(chunk: Buffer): SsePiece[] {
    const pieces: SsePiece[] = [];
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (byte !== 0x0a && byte !== 0x0d) {
        if (this.#lineBytes === 0) this.#isComment = byte === 0x3a;
        this.#lineBytes++;
        this.#afterCr = false;
        continue;
      }
      if (byte === 0x0a && this.#afterCr) {
        // The second half of a CRLF; its line has been dealt with.
        this.#afterCr = false;
        if (this.#pendingBytes === 0 && start === at) {
          pieces.push({ kind: 'other', bytes: chunk.subarray(at, at + 1) });
          start = at + 1;
        }
        continue;
      }
      this.#afterCr = byte === 0x0d;
      const blank = this.#lineBytes === 0;
      if (!blank && !this.#isComment) this.#hasLines = true;
      this.#lineBytes = 0;
      if (!blank && this.#hasLines) continue;
      // A CRLF within one chunk goes as a whole.
      if (this.#afterCr && chunk[at + 1] === 0x0a) {
        at++;
        this.#afterCr = false;
      }
      const isEvent = blank && this.#hasLines && !this.#overlong;
      pieces.push({ kind: isEvent ? 'event' : 'other', bytes: this.#take(chunk.subarray(start, at + 1)) });
      start = at + 1;
      this.#hasLines = false;
      this.#overlong = false;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start), pieces);
    return pieces;
  }

  /** What is left of an event that was never closed. */
  end(): Buffer {
    return this.#take(Buffer.alloc(0));
  }

  #keep(rest: Buffer, pieces: SsePiece[]): void {
    if (this.#pendingBytes + rest.length > MAX_EVENT_BYTES) this.#overlong = true;
    if (this.#overlong) {
      pieces.push({ kind: 'other', bytes: this.#take(rest) });
      return;
    }
    // Copied: the chunk's memory may be used again by whoever read it.
    this.#pending.push(Buffer.from(rest));
    this.#pendingBytes += rest.length;
  }

  #take(last: Buffer): Buffer {
    if (this.#pendingBytes === 0) return last;
    const bytes = Buffer.concat([...this.#pending, last]);
    this.#pending = [];
    this.#pendingBytes = 0;
    return bytes;
  }
}

/** The fields of one event that matter here. */
export interface SseFields {
  /** Value of the `event` field; null where there is none. */
  readonly name: string | null;
  /** Spans of the values of the `data` lines within the event's bytes. */
  readonly data: readonly { readonly start: number; readonly end: number }[];
  /** The line end that the event uses. */
  readonly lineEnd: '\n' | '\r\n' | '\r';
}

export function fieldsOf(event: Buffer): SseFields {
  const data: { start: number; end: number }[] = [];
  let name: string | null = null;
  let lineEnd: '\n' | '\r\n' | '\r' = '\n';
  for (let start = event[0] === 0xef && event[1] === 0xbb && event[2] === 0xbf ? 3 : 0; start < event.length; ) {
    let end = start;
    while (end < event.length && event[end] !== 0x0a && event[end] !== 0x0d) end++;
    const colon = event.subarray(start, end).indexOf(0x3a);
    const nameEnd = colon === -1 ? end : start + colon;
    const value = Math.min(end, nameEnd + (event[nameEnd + 1] === 0x20 && nameEnd + 1 < end ? 2 : 1));
    const field = event.toString('latin1', start, Math.min(nameEnd, start + 8));
    if (field === 'data') data.push({ start: value, end });
    else if (field === 'event') name = event.toString('utf8', value, end);
    if (end < event.length) lineEnd = event[end] === 0x0a ? '\n' : event[end + 1] === 0x0a ? '\r\n' : '\r';
    start = end + lineEnd.length;
  }
  return { name, data, lineEnd };
}

/** The data of an event as a reader gets it: its lines joined by line feeds. */
export function dataOf(event: Buffer, fields: SseFields): Buffer {
  const only = fields.data[0];
  if (only === undefined) return Buffer.alloc(0);
  if (fields.data.length === 1) return event.subarray(only.start, only.end);
  const lines = fields.data.flatMap(({ start, end }) => [Buffer.from('\n'), event.subarray(start, end)]);
  return Buffer.concat(lines.slice(1));
}
