/**
 * Path, query, cookies and other headers as segments of role `metadata`. A vendor's own credentials are not findings
 * at that vendor: they are what the call is made with. Anywhere else, and in a body, they are.
 */
import { opaque } from '../../flow/coverage.ts';
import type { Message } from '../../flow/message.ts';
import type { Layer, Part } from '../../flow/segment.ts';
import { isBase64, isText, MIN_BASE64 } from '../encodings/base64.ts';
import { type Collector, type Place, validText } from './collector.ts';
import { decodePercent } from './percent.ts';
import { walkProtobuf } from './protobuf-walk.ts';
import { shownName } from './vocabulary.ts';
import { METADATA } from './zone.ts';

/** Headers that carry credentials by their definition. */
const CREDENTIALS: ReadonlySet<string> = new Set([
  'authorization',
  'x-api-key',
  'api-key',
  'x-goog-api-key',
  'cookie',
  'set-cookie',
  // Browsers cannot set a header for a WebSocket: OpenAI takes the key as a subprotocol.
  'sec-websocket-protocol',
]);

/**
 * Not searched: their values are built by the client's HTTP library out of a fixed grammar (lengths, codings, dates,
 * media types, hop-by-hop options) and hold nothing of a user's. `user-agent`, `referer` and every `x-` do get
 * searched, an application writes those.
 */
const STRUCTURAL: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'upgrade',
  'accept',
  'accept-encoding',
  'accept-language',
  'accept-ranges',
  'date',
  'expect',
  'vary',
  'age',
  'last-modified',
  'sec-websocket-key',
  'sec-websocket-accept',
  'sec-websocket-version',
  'sec-websocket-extensions',
  'strict-transport-security',
]);

/**
 * Headers whose value is mostly one word out of a short list: what SDKs say of themselves and of the machine, what
 * browsers say of a fetch, what servers say of a cache. Such a word is not searched; any other value is.
 */
const WORDED = /^(?:x-stainless-.+|sec-fetch-.+|cache-control|pragma|server|x-content-type-options|cf-cache-status)$/;
const FIXED_WORDS: ReadonlySet<string> = new Set(
  `js python go java kotlin ruby csharp node deno bun edge-runtime browser CPython PyPy async:asyncio async:trio
Linux MacOS Windows FreeBSD OpenBSD Android iOS Unknown unknown x64 x32 arm64 arm other:x86_64 other:arm64
true false 0 1 2 3 4 5 60 120 300 600 900 cors no-cors navigate same-origin same-site cross-site none empty
no-cache no-store max-age=0 nosniff cloudflare nginx uvicorn DYNAMIC HIT MISS`.split(/\s+/),
);

/**
 * Request headers by which clients name their session: Codex, Claude Code and others; lower case, the one that counts
 * most first.
 */
const SESSION_HEADERS = [
  'x-claude-code-session-id',
  'session_id',
  'session-id',
  'x-session-id',
  'conversation_id',
  'x-conversation-id',
  // MCP over streamable HTTP.
  'mcp-session-id',
];

/** What there is to know of a header by its name. */
interface HeaderName {
  readonly name: string;
  readonly path: string;
  readonly isSearched: boolean;
  readonly isCredential: boolean;
  readonly isWorded: boolean;
  /** Index into SESSION_HEADERS; -1 where it is none of them. */
  readonly session: number;
}

/** By names as they were sent, since the same ones come with every message; emptied when it is full. */
const HEADER_NAMES = new Map<string, HeaderName>();
const MAX_HEADER_NAMES = 1000;
const MAX_KEPT_CHARS = 64;

function headerName(sent: string): HeaderName {
  const known = HEADER_NAMES.get(sent);
  if (known !== undefined) return known;
  const name = sent.toLowerCase();
  // What is for the proxy itself never goes upstream.
  const isProxys = name.startsWith('x-weir-') || name === 'proxy-authorization';
  const made = {
    name,
    path: `/header/${shownName(name)}`,
    isSearched: !isProxys && !STRUCTURAL.has(name),
    isCredential: CREDENTIALS.has(name),
    isWorded: WORDED.test(name),
    session: SESSION_HEADERS.indexOf(name),
  };
  if (sent.length > MAX_KEPT_CHARS) return made;
  if (HEADER_NAMES.size === MAX_HEADER_NAMES) HEADER_NAMES.clear();
  HEADER_NAMES.set(sent, made);
  return made;
}

/** What the body's reader wants to know of the headers: the first value of each, null where there is none. */
export interface Head {
  readonly contentType: string | null;
  readonly hasAnthropicVersion: boolean;
  /** The client's name for its session. */
  readonly session: string | null;
}

export const NO_HEAD: Head = { contentType: null, hasAnthropicVersion: false, session: null };

/** The vendor is known: its credential headers and `?key=` are its own. */
function isKnownVendor(message: Message): boolean {
  return message.destination.category === 'genai' || message.destination.vendor !== null;
}

/** Of a request target and headers, of a response headers alone. */
export function collectHead(collector: Collector, message: Message): Head {
  const exempt = isKnownVendor(message);
  if (message.direction === 'request') collectTarget(collector, message.target, exempt);
  const { headers } = message;
  let contentType: string | null = null;
  let hasAnthropicVersion = false;
  let session: string | null = null;
  let sessionRank = SESSION_HEADERS.length;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const header = headerName(headers[i] as string);
    const { name } = header;
    const sent = headers[i + 1] as string;
    if (name === 'content-type') contentType ??= sent;
    else if (name === 'anthropic-version') hasAnthropicVersion = true;
    else if (header.session !== -1 && header.session < sessionRank && sent !== '') {
      session = sent;
      sessionRank = header.session;
    }
    if (!header.isSearched || (exempt && header.isCredential) || (header.isWorded && FIXED_WORDS.has(sent))) continue;
    const part: Part = { kind: 'header', index: i / 2 };
    // Node reads header bytes as latin1; UTF-8 in a value is put together again.
    const value = Buffer.from(sent, 'latin1');
    if (name === 'cookie') collectCookies(collector, value, part);
    else pushRaw(collector, value, part, 0, value.length, header.path, name);
    if (name.endsWith('-bin')) collectBinary(collector, value, part, header.path, name);
  }
  return { contentType, hasAnthropicVersion, session };
}

/** RFC 6265 §4.2.1: `name=value; name=value`. */
function collectCookies(collector: Collector, value: Buffer, part: Part): void {
  for (let start = 0; start < value.length; ) {
    const end = nextOf(value, 0x3b, start);
    const equals = value.subarray(start, end).indexOf(0x3d);
    const from = equals === -1 ? start : start + equals + 1;
    const name = from === start ? '' : value.toString('latin1', start, from - 1).trim();
    pushRaw(collector, value, part, from, end, `/cookie/${shownName(name)}`, name || null);
    start = end + 1;
  }
}

/** Metadata of gRPC whose name ends so is bytes in base64, several of them with commas between. */
function collectBinary(collector: Collector, value: Buffer, part: Part, path: string, label: string): void {
  for (let start = 0; start < value.length; ) {
    const end = nextOf(value, 0x2c, start);
    const from = value[start] === 0x20 ? start + 1 : start;
    const layers: Layer[] = [{ kind: 'raw', start: from, end }];
    const place = { part, path, label, zone: METADATA, layers, nested: 0 };
    pushBinary(collector, value.subarray(from, end), place, false);
    start = end + 1;
  }
}

/** Base64 of what is no text (that is read where it stands): a message of protobuf, else its bytes. False where it is neither. */
function pushBinary(collector: Collector, text: Buffer, place: Place, isInTarget: boolean): boolean {
  if (!isBase64(text)) return false;
  const encoded = text.toString('latin1');
  const decoded = Buffer.from(encoded, 'base64');
  if (text.length >= MIN_BASE64 && isText(decoded)) return true;
  const layer = { kind: 'base64', start: 0, end: text.length, urlSafe: isInTarget && !/[+/]/.test(encoded) } as const;
  const inside = { ...place, layers: [...place.layers, layer], nested: place.nested + 1 };
  if (walkProtobuf(collector, decoded, inside)) return true;
  collector.push(validText(decoded), inside, true);
  return false;
}

function pushRaw(
  collector: Collector,
  whole: Buffer,
  part: Part,
  start: number,
  end: number,
  path: string,
  label: string | null,
): void {
  const text = validText(spanOf(whole, start, end));
  const layers: Layer[] = [{ kind: 'raw', start, end }];
  collector.text(text, { part, path, label, zone: METADATA, layers, nested: 0, fixed: false });
}

const TARGET: Part = { kind: 'target' };
/** The commonest targets, whole: there is nothing in them to search. */
const FIXED_TARGETS: ReadonlySet<string> = new Set([
  '/v1/chat/completions',
  '/v1/responses',
  '/v1/embeddings',
  '/v1/messages',
  '/v1/messages?beta=true',
  '/v1/messages/count_tokens',
  '/v1/models',
]);

function collectTarget(collector: Collector, target: string, exempt: boolean): void {
  if (FIXED_TARGETS.has(target)) return;
  const bytes = Buffer.from(target, 'latin1');
  const question = bytes.indexOf(0x3f);
  const pathEnd = question === -1 ? bytes.length : question;
  pushPercent(collector, bytes, 0, pathEnd, false, '/path', null);
  if (question === -1) return;
  for (const pair of pairsOf(bytes, question + 1, bytes.length)) {
    if (exempt && pair.name === 'key') continue;
    pushPercent(collector, bytes, pair.start, pair.end, true, `/query/${shownName(pair.name)}`, pair.name || null);
    if (pair.name === 'message' && CONNECT_GET.test(target)) collectConnectMessage(collector, bytes, pair);
  }
}

/** A call of Connect without side effects may be a GET with its message in the query. */
const CONNECT_GET = /[?&]connect=v1(?:&|$)/;

function collectConnectMessage(collector: Collector, bytes: Buffer, { start, end }: Pair): void {
  const layers: Layer[] = [{ kind: 'percent', start, end, plus: true }];
  const text = decodePercent(bytes.subarray(start, end), true);
  const place = { part: TARGET, path: '/query/message', label: 'message', zone: METADATA, layers, nested: 0 };
  // A compressed one, or one in bytes that are no base64.
  if (!isText(text) || (isBase64(text) && !pushBinary(collector, text, place, true))) collector.note(opaque('encoded'));
}

export interface Pair {
  /** Decoded. */
  readonly name: string;
  /** Span of the value, still encoded. */
  readonly start: number;
  readonly end: number;
}

/** Pairs of a query or a form (https://url.spec.whatwg.org/#urlencoded-parsing); a pair without `=` is a value without name. */
export function pairsOf(bytes: Buffer, from: number, to: number): Pair[] {
  const pairs: Pair[] = [];
  let equals = from - 1;
  for (let start = from; start < to; ) {
    const ampersand = bytes.indexOf(0x26, start);
    const end = ampersand === -1 || ampersand > to ? to : ampersand;
    // Searched for again only once it is passed: a long form without any would cost its length for each pair.
    if (equals < start) equals = nextOf(bytes, 0x3d, start);
    if (equals >= end) pairs.push({ name: '', start, end });
    else {
      const name = decodePercent(bytes.subarray(start, equals), true).toString('utf8');
      pairs.push({ name, start: equals + 1, end });
    }
    start = end + 1;
  }
  return pairs;
}

/** Where a byte comes next; the length where it does not. */
function nextOf(bytes: Buffer, byte: number, from: number): number {
  const at = bytes.indexOf(byte, from);
  return at === -1 ? bytes.length : at;
}

function pushPercent(
  collector: Collector,
  bytes: Buffer,
  start: number,
  end: number,
  plus: boolean,
  path: string,
  label: string | null,
): void {
  const text = validText(decodePercent(spanOf(bytes, start, end), plus));
  const layers: Layer[] = [{ kind: 'percent', start, end, plus }];
  collector.text(text, { part: TARGET, path, label, zone: METADATA, layers, nested: 0, fixed: false });
}

function spanOf(bytes: Buffer, start: number, end: number): Buffer {
  return start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end);
}
