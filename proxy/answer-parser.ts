/**
 * Reads an upstream's HTTP/1.1 answers off a connection (RFC 9112): heads, and bodies by length, in chunks or until the
 * connection ends. Strict: two lengths, a length beside chunks, a bare line feed, a folded line or a control character
 * make an answer malformed, for whoever reads it otherwise would disagree about where the next one begins. Pure.
 */
import { lowerName, sameName } from '../flow/message.ts';
import { isBlank, TOKEN, VALUE } from './field-bytes.ts';

/** What is read, in this order: interim heads, one final head, pieces of its body, trailers where there are any, its end. */
export interface AnswerEvents {
  information(status: number, headers: readonly string[]): void;
  head(status: number, statusText: string, headers: readonly string[]): void;
  data(piece: Buffer): void;
  trailers(headers: readonly string[]): void;
  end(): void;
}

/** What was received is not an answer. `message` says what is wrong and quotes nothing. */
export class MalformedAnswer extends Error {}

type State = 'head' | 'length' | 'until-end' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailers' | 'done';

/** Of a chunk's size and extensions; a longer line is nobody's chunk. */
const MAX_CHUNK_LINE = 4096;
const NO_TIMEOUT_NAMED = -1;

export class AnswerParser {
  readonly #events: AnswerEvents;
  readonly #maxHeadBytes: number;
  #state: State = 'done';
  #isHead = false;
  /** The beginning of a head or a line whose end has not come. */
  #part: Buffer | null = null;
  #left = 0;
  #trailerBytes = 0;
  #trailers: string[] = [];
  #isKept = false;
  #keepSeconds = NO_TIMEOUT_NAMED;

  constructor(events: AnswerEvents, maxHeadBytes: number) {
    this.#events = events;
    this.#maxHeadBytes = maxHeadBytes;
  }

  /** The next answer is to a request of this method. */
  begin(method: string): void {
    this.#state = 'head';
    this.#isHead = method === 'HEAD';
    this.#part = null;
    this.#isKept = false;
    this.#keepSeconds = NO_TIMEOUT_NAMED;
  }

  /** After the end: the upstream takes another request on this connection. */
  get isKept(): boolean {
    return this.#isKept;
  }

  /** After the end: for how many seconds the upstream says it keeps the connection (`Keep-Alive: timeout`); -1 for no word. */
  get keepSeconds(): number {
    return this.#keepSeconds;
  }

  /**
   * Takes the next bytes and tells what is in them. Returns how many belong to the answer; what is behind its end was
   * not asked for. Throws MalformedAnswer.
   */
  push(bytes: Buffer): number {
    // Whoever takes a piece in may let go of its memory.
    const { length } = bytes;
    let at = 0;
    while (at < length && this.#state !== 'done') {
      switch (this.#state) {
        case 'head':
          at = this.#head(bytes, at);
          break;
        case 'length':
        case 'chunk-data':
          at = this.#body(bytes, at);
          break;
        case 'until-end':
          this.#events.data(at === 0 ? bytes : bytes.subarray(at));
          at = length;
          break;
        case 'chunk-size':
        case 'chunk-end':
        case 'trailers':
          at = this.#line(bytes, at);
          break;
      }
    }
    return at;
  }

  /** The connection ended. True where that, or something before, completed the answer. */
  close(): boolean {
    if (this.#state === 'until-end') this.#end();
    return this.#state === 'done';
  }

  #end(): void {
    this.#state = 'done';
    this.#events.end();
  }

  #body(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#left);
    const piece = at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end);
    this.#left -= piece.length;
    const isChunk = this.#state === 'chunk-data';
    if (this.#left === 0 && isChunk) this.#state = 'chunk-end';
    this.#events.data(piece);
    if (this.#left === 0 && !isChunk) this.#end();
    return end;
  }

  #head(bytes: Buffer, at: number): number {
    const before = this.#part?.length ?? 0;
    const all = this.#part === null ? bytes.subarray(at) : Buffer.concat([this.#part, bytes.subarray(at)]);
    const end = all.indexOf('\r\n\r\n', Math.max(0, before - 3));
    if (end === -1 ? all.length > this.#maxHeadBytes : end > this.#maxHeadBytes) {
      throw new MalformedAnswer('a head larger than limits.headerBytes');
    }
    if (end === -1) {
      this.#part = all;
      return bytes.length;
    }
    this.#part = null;
    this.#readHead(all, all.toString('latin1', 0, end));
    return at + end + 4 - before;
  }

  #readHead(bytes: Buffer, text: string): void {
    const statusEnd = text.indexOf('\r\n');
    const line = STATUS_LINE.exec(statusEnd === -1 ? text : text.slice(0, statusEnd));
    if (line === null) throw new MalformedAnswer('no HTTP/1.x status line');
    const status = Number(line[2]);
    const headers: string[] = [];
    const framing = statusEnd === -1 ? NO_FRAMING : readFields(bytes, text, statusEnd + 2, headers);
    if (status === 101) throw new MalformedAnswer('a switch of protocols that was not asked for');
    if (status < 200) {
      this.#events.information(status, headers);
      return;
    }
    this.#isKept = line[1] === '1' ? !framing.isClose : framing.isKeepAlive && !framing.isClose;
    this.#keepSeconds = framing.keepSeconds;
    this.#state = this.#stateAfter(status, framing);
    const isEnd = this.#state === 'length' && this.#left === 0;
    this.#events.head(status, line[3] ?? '', headers);
    if (isEnd) this.#end();
  }

  /** RFC 9112 §6.3. */
  #stateAfter(status: number, framing: Framing): State {
    if (framing.isChunked && framing.length !== null) throw new MalformedAnswer('a length beside chunks');
    this.#left = 0;
    if (this.#isHead || status === 204 || status === 304) return 'length';
    if (framing.isChunked) {
      this.#trailerBytes = 0;
      this.#trailers = [];
      return 'chunk-size';
    }
    if (framing.length !== null) {
      this.#left = framing.length;
      return 'length';
    }
    this.#isKept = false;
    return 'until-end';
  }

  /** A line of the chunked coding (RFC 9112 §7.1), once it is whole. */
  #line(bytes: Buffer, at: number): number {
    const before = this.#part?.length ?? 0;
    const feed = bytes.indexOf(0x0a, at);
    const end = feed === -1 ? bytes.length : feed + 1;
    const max = this.#state === 'trailers' ? this.#maxHeadBytes : MAX_CHUNK_LINE;
    if (before + end - at > max) throw new MalformedAnswer('a line of its chunks that does not end');
    const piece = bytes.subarray(at, end);
    const all = this.#part === null ? piece : Buffer.concat([this.#part, piece]);
    if (feed === -1) {
      this.#part = all;
      return end;
    }
    this.#part = null;
    if (all[all.length - 2] !== 0x0d) throw new MalformedAnswer('a line feed alone between its chunks');
    this.#readLine(all);
    return end;
  }

  #readLine(line: Buffer): void {
    switch (this.#state) {
      case 'chunk-size':
        this.#left = chunkSize(line);
        this.#state = this.#left === 0 ? 'trailers' : 'chunk-data';
        break;
      case 'chunk-end':
        if (line.length !== 2) throw new MalformedAnswer('a chunk longer than it said');
        this.#state = 'chunk-size';
        break;
      default:
        this.#trailerBytes += line.length;
        if (this.#trailerBytes > this.#maxHeadBytes) throw new MalformedAnswer('trailers beyond limits.headerBytes');
        if (line.length > 2) {
          readFields(line, line.toString('latin1', 0, line.length - 2), 0, this.#trailers);
          return;
        }
        if (this.#trailers.length > 0) this.#events.trailers(this.#trailers);
        this.#end();
    }
  }
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/;
const CHUNK_SIZE = /^([0-9a-fA-F]{1,12})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?\r\n$/;

function chunkSize(line: Buffer): number {
  const size = CHUNK_SIZE.exec(line.toString('latin1'));
  if (size === null) throw new MalformedAnswer('a chunk without a size');
  return Number.parseInt(size[1] ?? '', 16);
}

/** What the head says of where the body ends and what becomes of the connection. */
interface Framing {
  length: number | null;
  isChunked: boolean;
  isClose: boolean;
  isKeepAlive: boolean;
  keepSeconds: number;
}

const NO_FRAMING: Framing = {
  length: null,
  isChunked: false,
  isClose: false,
  isKeepAlive: false,
  keepSeconds: NO_TIMEOUT_NAMED,
};

/** Reads the lines from `at` on into `headers`, names and values in turn as they were sent. `text` is the head's bytes. */
function readFields(bytes: Buffer, text: string, at: number, headers: string[]): Framing {
  const framing: Framing = { ...NO_FRAMING };
  const end = text.length;
  for (let i = at; ; i += 2) {
    const start = i;
    while (i < end && TOKEN[bytes[i] as number] === 1) i++;
    if (i === start || i === end || bytes[i] !== 0x3a) throw new MalformedAnswer('a header line without a name');
    const name = sameName(text.slice(start, i++));
    while (i < end && isBlank(bytes[i] as number)) i++;
    const from = i;
    while (i < end && VALUE[bytes[i] as number] === 1) i++;
    let to = i;
    while (to > from && isBlank(bytes[to - 1] as number)) to--;
    const value = text.slice(from, to);
    headers.push(name, value);
    frame(framing, lowerName(name), value);
    if (i === end) return framing;
    if (bytes[i] !== 0x0d || bytes[i + 1] !== 0x0a) throw new MalformedAnswer('a control character in its head');
  }
}

function frame(framing: Framing, lower: string, value: string): void {
  switch (lower) {
    case 'content-length':
      if (!/^\d{1,15}$/.test(value)) throw new MalformedAnswer('a length that is none');
      if (framing.length !== null) throw new MalformedAnswer('two lengths');
      framing.length = Number(value);
      break;
    case 'transfer-encoding':
      // Any other coding would have to be undone here: it belongs to this hop.
      if (framing.isChunked || value.toLowerCase() !== 'chunked') throw new MalformedAnswer('a transfer coding');
      framing.isChunked = true;
      break;
    case 'connection':
      for (const option of value.toLowerCase().split(',')) {
        if (option.trim() === 'close') framing.isClose = true;
        else if (option.trim() === 'keep-alive') framing.isKeepAlive = true;
      }
      break;
    case 'keep-alive':
      framing.keepSeconds = Number(/(?:^|[\s,;])timeout=(\d{1,9})/i.exec(value)?.[1] ?? NO_TIMEOUT_NAMED);
      break;
  }
}
