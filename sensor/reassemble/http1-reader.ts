/**
 * One direction of HTTP/1 (RFC 9112) as a listener reads it: lenient, since nothing is enforced here, and able to find
 * its place again behind a gap where a piece begins with a start line. Bounded by the longest head.
 */

export type StartLine =
  | { readonly kind: 'request'; readonly method: string; readonly target: string }
  | { readonly kind: 'response'; readonly status: number };

export interface Http1Events {
  /** A head was read. `none`: no body follows, whatever the head says (RFC 9112 §6.3); `raw`: no HTTP follows. */
  head(start: StartLine, headers: readonly string[]): 'body' | 'none' | 'raw';
  data(bytes: Buffer): void;
  trailers(headers: readonly string[]): void;
  end(): void;
  /** The message that is open ends here: the place is lost, or so many bytes were not heard. */
  cut(lostBytes: number): void;
  /** Behind a head that was answered with `raw`. */
  raw(bytes: Buffer): void;
}

type State = 'seek' | 'head' | 'length' | 'until-end' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailers' | 'raw';

const MAX_LINE = 4096;
const REQUEST = /^([A-Z][A-Z-]{0,30}) (\S+) HTTP\/1\.[01]$/;
const RESPONSE = /^HTTP\/1\.[01] ([1-9]\d\d)(?: |$)/;

/** Whether these bytes begin as a request of HTTP/1 does; null where they are too few to say. */
export function looksLikeRequest(bytes: Buffer): boolean | null {
  const text = bytes.toString('latin1', 0, 40);
  if (/^[A-Z][A-Z-]{2,30} (?:\/|\*|https?:|[A-Za-z0-9.[-]+:\d)/.test(text)) return true;
  return /^[A-Z][A-Z-]{0,30}(?: (?:[A-Za-z0-9.[:-]*))?$/.test(text) && text.length < 40 ? null : false;
}

export function looksLikeResponse(bytes: Buffer): boolean {
  return bytes.toString('latin1', 0, 7) === 'HTTP/1.';
}

export class Http1Reader {
  readonly #kind: StartLine['kind'];
  readonly #events: Http1Events;
  readonly #maxHeadBytes: number;
  #state: State;
  #part: Buffer | null = null;
  #left = 0;
  #trailers: string[] = [];
  #trailerBytes = 0;
  /** Of the body at hand nothing more is told: a part of it was not heard. */
  #isMuted = false;

  /** `isFromStart`: the first byte is the first of a message. */
  constructor(kind: StartLine['kind'], events: Http1Events, maxHeadBytes: number, isFromStart: boolean) {
    this.#kind = kind;
    this.#events = events;
    this.#maxHeadBytes = maxHeadBytes;
    this.#state = isFromStart ? 'head' : 'seek';
  }

  /** Within a message: its end is still to come. */
  get isWithin(): boolean {
    return this.#state !== 'head' && this.#state !== 'seek' && this.#state !== 'raw';
  }

  push(bytes: Buffer): void {
    let at = 0;
    if (!this.#isPlaced(bytes)) return;
    while (at < bytes.length) {
      switch (this.#state) {
        case 'seek':
          return; // The place was lost within this piece: the next one may begin with a start line.
        case 'head':
          at = this.#head(bytes, at);
          break;
        case 'length':
        case 'chunk-data':
          at = this.#body(bytes, at);
          break;
        case 'until-end':
          if (!this.#isMuted) this.#events.data(bytes.subarray(at));
          at = bytes.length;
          break;
        case 'raw':
          this.#events.raw(bytes.subarray(at));
          at = bytes.length;
          break;
        default:
          at = this.#line(bytes, at);
      }
    }
  }

  #isPlaced(bytes: Buffer): boolean {
    if (this.#state !== 'seek') return true;
    const isStart = this.#kind === 'request' ? looksLikeRequest(bytes) === true : looksLikeResponse(bytes);
    if (isStart) this.#state = 'head';
    return isStart;
  }

  /**
   * So many bytes were not heard. A body whose length is known goes on behind them; of all else the place is lost, and false
   * is returned.
   */
  lose(bytes: number): boolean {
    const isKnown = this.#state === 'length' || this.#state === 'chunk-data';
    const isInside = isKnown && bytes < this.#left;
    if (isInside || this.#state === 'until-end') {
      if (isInside) this.#left -= bytes;
      if (!this.#isMuted) this.#events.cut(bytes);
      this.#isMuted = true;
      return true;
    }
    if (this.#state === 'length' && bytes === this.#left) {
      if (!this.#isMuted) this.#events.cut(bytes);
      this.#isMuted = true;
      this.#ended();
      return true;
    }
    if (this.#state === 'raw') return true;
    this.#losePlace(bytes);
    return false;
  }

  /** The other direction has said that no HTTP follows. */
  switchToRaw(): void {
    this.#state = 'raw';
    this.#part = null;
  }

  /** The connection has ended. */
  close(): void {
    if (this.#state === 'until-end') this.#ended();
    else if (this.isWithin && !this.#isMuted) this.#events.cut(0);
    this.#state = 'seek';
    this.#part = null;
  }

  #losePlace(bytes: number): void {
    if (!this.#isMuted) this.#events.cut(bytes);
    this.#isMuted = false;
    this.#part = null;
    this.#state = 'seek';
  }

  #ended(): void {
    this.#state = 'head';
    if (this.#isMuted) this.#isMuted = false;
    else this.#events.end();
  }

  #body(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#left);
    this.#left -= end - at;
    if (!this.#isMuted) this.#events.data(bytes.subarray(at, end));
    if (this.#left > 0) return end;
    if (this.#state === 'chunk-data') this.#state = 'chunk-end';
    else this.#ended();
    return end;
  }

  #head(bytes: Buffer, from: number): number {
    let at = from;
    // Some send a line's end behind a body (RFC 9112 §2.2).
    if (this.#part === null) while (bytes[at] === 0x0d || bytes[at] === 0x0a) at++;
    if (at === bytes.length) return at;
    const before = this.#part?.length ?? 0;
    const all = this.#part === null ? bytes.subarray(at) : Buffer.concat([this.#part, bytes.subarray(at)]);
    const end = endOfHead(all, Math.max(0, before - 3));
    if (end === -1 && all.length <= this.#maxHeadBytes && this.#mayBeHead(all)) {
      this.#part = Buffer.from(all);
      return bytes.length;
    }
    this.#part = null;
    if (end === -1 || end > this.#maxHeadBytes || !this.#readHead(all.toString('latin1', 0, end))) {
      this.#losePlace(0);
      return bytes.length;
    }
    return at + end - before;
  }

  /** So that what is no HTTP is not kept until it is as long as a head may be. */
  #mayBeHead(all: Buffer): boolean {
    const feed = all.indexOf(0x0a);
    if (feed === -1) return true;
    const line = all.toString('latin1', 0, feed).replace(/\r$/, '');
    return (this.#kind === 'request' ? REQUEST : RESPONSE).test(line);
  }

  #readHead(text: string): boolean {
    const [line = '', ...lines] = text.split(/\r?\n/);
    const start = startOf(this.#kind, line);
    if (start === null) return false;
    const headers: string[] = [];
    const framing = readFields(lines, headers);
    this.#isMuted = false;
    const what = this.#events.head(start, headers);
    if (what === 'raw') {
      this.#state = 'raw';
      return true;
    }
    if (start.kind === 'response' && start.status < 200) {
      this.#state = 'head';
      return true;
    }
    if (what === 'none') {
      this.#ended();
    } else if (framing.isChunked) {
      this.#trailers = [];
      this.#trailerBytes = 0;
      this.#state = 'chunk-size';
    } else if (framing.length !== null) {
      this.#left = framing.length;
      this.#state = 'length';
      if (this.#left === 0) this.#ended();
    } else if (start.kind === 'request') {
      this.#ended();
    } else {
      this.#state = 'until-end';
    }
    return true;
  }

  /** A line of the chunked coding (RFC 9112 §7.1), once it is whole. */
  #line(bytes: Buffer, at: number): number {
    const feed = bytes.indexOf(0x0a, at);
    const end = feed === -1 ? bytes.length : feed + 1;
    const piece = bytes.subarray(at, end);
    const all = this.#part === null ? piece : Buffer.concat([this.#part, piece]);
    if (all.length > (this.#state === 'trailers' ? this.#maxHeadBytes : MAX_LINE)) {
      this.#losePlace(0);
      return bytes.length;
    }
    if (feed === -1) {
      this.#part = Buffer.from(all);
      return end;
    }
    this.#part = null;
    return this.#readLine(all.toString('latin1').replace(/\r?\n$/, '')) ? end : bytes.length;
  }

  #readLine(line: string): boolean {
    switch (this.#state) {
      case 'chunk-size': {
        const [, size] = /^([0-9a-fA-F]{1,12})[ \t]*(?:;|$)/.exec(line) ?? [];
        if (size === undefined) break;
        this.#left = Number.parseInt(size, 16);
        this.#state = this.#left === 0 ? 'trailers' : 'chunk-data';
        return true;
      }
      case 'chunk-end':
        if (line !== '') break;
        this.#state = 'chunk-size';
        return true;
      default:
        if (line !== '') {
          this.#trailerBytes += line.length;
          if (this.#trailerBytes > this.#maxHeadBytes) break;
          readFields([line], this.#trailers);
          return true;
        }
        if (this.#trailers.length > 0 && !this.#isMuted) this.#events.trailers(this.#trailers);
        this.#ended();
        return true;
    }
    this.#losePlace(0);
    return false;
  }
}

/** Where what follows the head begins; -1 where its end has not come. */
function endOfHead(bytes: Buffer, from: number): number {
  const strict = bytes.indexOf('\r\n\r\n', from);
  const bare = bytes.indexOf('\n\n', from);
  if (strict === -1) return bare === -1 ? -1 : bare + 2;
  return bare === -1 || strict < bare ? strict + 4 : bare + 2;
}

function startOf(kind: StartLine['kind'], line: string): StartLine | null {
  if (kind === 'response') {
    const status = RESPONSE.exec(line)?.[1];
    return status === undefined ? null : { kind, status: Number(status) };
  }
  const [, method, target] = REQUEST.exec(line) ?? [];
  return method === undefined || target === undefined ? null : { kind, method, target };
}

function readFields(
  lines: readonly string[],
  into: string[],
): { readonly length: number | null; readonly isChunked: boolean } {
  let length: number | null = null;
  let isChunked = false;
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    into.push(name, value);
    const lower = name.toLowerCase();
    if (lower === 'content-length' && /^\d{1,15}$/.test(value)) length = Number(value);
    if (lower === 'transfer-encoding' && /(?:^|,)\s*chunked$/i.test(value)) isChunked = true;
  }
  return { length, isChunked };
}
