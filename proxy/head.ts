/**
 * Heads written anew: the client's names, order and duplicates are kept, what belongs to one hop is not. Pure.
 */
import { lowerName } from '../flow/message.ts';

/** RFC 9110 §7.6.1 and the older names that clients still send. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'transfer-encoding',
  'upgrade',
  'expect',
  'http2-settings',
]);

/** Removing these because `Connection` names them would change what the message is, not how it travels. */
const NEVER_NAMED = new Set(['host', 'content-length', 'content-type', 'content-encoding', 'authorization', 'cookie']);

export interface RequestHeadOptions {
  /** The authority that goes upstream: `api.openai.com`, `host:8443`. */
  readonly authority: string;
  /** Length of a streamed body where the client declared it; null for a buffer, a chunked body or none. */
  readonly contentLength: number | null;
  /** True when the body that is sent is not in the coding that the client named. */
  readonly isIdentity: boolean;
  /** True where the answer may have to be read: Accept-Encoding is narrowed to what can be. */
  readonly narrowsEncoding: boolean;
}

/** What becomes of a header, by its name. */
interface HeaderKind {
  readonly lower: string;
  /** Neither a request's nor an answer's goes further. */
  readonly isDropped: boolean;
  /** Does not hold of a body that was changed. */
  readonly isCoding: boolean;
  readonly isDigest: boolean;
  readonly isValidator: boolean;
}

/** By names as they were sent: the same few come with every message. Bounded, since senders choose them. */
const kinds = new Map<string, HeaderKind>();
const MAX_KINDS = 1000;
const MAX_KEPT_CHARS = 64;

function kindOf(sent: string): HeaderKind {
  const known = kinds.get(sent);
  if (known !== undefined) return known;
  const lower = sent.toLowerCase();
  const kind = {
    lower,
    isDropped: HOP_BY_HOP.has(lower) || lower.startsWith('x-weir-'),
    isCoding: lower === 'content-encoding',
    isDigest: lower === 'content-md5' || lower.endsWith('digest'),
    isValidator: VALIDATORS.has(lower),
  };
  if (sent.length <= MAX_KEPT_CHARS && kinds.size < MAX_KINDS) kinds.set(sent, kind);
  return kind;
}

/** A flat list of names and values for the upstream, `host` first. */
export function requestHead(raw: readonly string[], options: RequestHeadOptions): string[] {
  const named = namedByConnection(raw);
  const head: string[] = ['host', options.authority];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    const kind = kindOf(name);
    const { lower } = kind;
    if (kind.isDropped || lower === 'host' || lower === 'content-length' || named.has(lower)) {
      // Of what a client takes between two hops, trailers can be passed on (RFC 9110 §10.1.4).
      if (lower === 'te' && takesTrailers(value)) head.push('te', 'trailers');
      continue;
    }
    if (options.isIdentity && (kind.isCoding || kind.isDigest)) continue;
    head.push(name, options.narrowsEncoding && lower === 'accept-encoding' ? narrowed(value) : value);
  }
  // Behind a length HTTP/1.1 has no trailers: a body of HTTP/2 that announces some goes on without.
  if (options.contentLength !== null && !announcesTrailers(head)) {
    head.push('content-length', String(options.contentLength));
  }
  return head;
}

/** A `Trailer` header (RFC 9110 §6.6.2). */
function announcesTrailers(head: readonly string[]): boolean {
  return head.some((name, i) => i % 2 === 0 && name.length === TRAILER.length && lowerName(name) === TRAILER);
}

const TRAILER = 'trailer';

function takesTrailers(te: string): boolean {
  return te.split(',').some((item) => item.trim().toLowerCase() === 'trailers');
}

/** Codings that can be read, with the client's own weights; `identity` where none of them is left. */
export function narrowed(acceptEncoding: string): string {
  const kept = acceptEncoding
    .split(',')
    .map((item) => item.trim())
    .filter((item) => /^(gzip|x-gzip|deflate|identity)\s*(;|$)/i.test(item));
  return kept.length === 0 ? 'identity' : kept.join(', ');
}

export interface ResponseHeadOptions {
  readonly eventId: string;
  readonly action: string;
  /** The bytes that are sent are not the upstream's: validators, digests and ranges no longer hold. */
  readonly isEdited: boolean;
  /** The length of the body sent where it is known and differs from the upstream's; null keeps the upstream's. */
  readonly contentLength: number | null;
  /** The body is not in the coding that the upstream named. */
  readonly isIdentity: boolean;
  /** The upstream's length no longer holds and the new one is not known. */
  readonly dropsLength: boolean;
}

const VALIDATORS = new Set(['etag', 'content-md5', 'digest', 'repr-digest', 'content-digest', 'accept-ranges']);

/** A flat list of names and values for the client. `alt-svc` goes: HTTP/3 would lead round the proxy. */
export function responseHead(raw: readonly string[], options: ResponseHeadOptions): string[] {
  const named = namedByConnection(raw);
  const head: string[] = [];
  const mayTrail = options.contentLength === null && announcesTrailers(raw);
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] as string;
    const kind = kindOf(name);
    const { lower } = kind;
    if (kind.isDropped || lower === 'alt-svc' || named.has(lower)) continue;
    // Behind a length HTTP/1.1 has no trailers, and whoever says both may not mean it: the announced ones go before the length.
    if (lower === 'content-length' && (options.dropsLength || options.contentLength !== null || mayTrail)) continue;
    if (lower === TRAILER && !mayTrail) continue;
    if ((options.isEdited && kind.isValidator) || (options.isIdentity && kind.isCoding)) continue;
    head.push(name, raw[i + 1] as string);
  }
  if (options.contentLength !== null) head.push('Content-Length', String(options.contentLength));
  head.push('x-weir-event', options.eventId, 'x-weir-action', options.action);
  return head;
}

/** What may not stand behind a body (RFC 9110 §6.5.1): framing, routing, credentials, and what says how to read it. */
const NO_TRAILERS = new Set([
  ...HOP_BY_HOP,
  'age',
  'authorization',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-location',
  'content-range',
  'content-type',
  'cookie',
  'date',
  'expires',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'location',
  'max-forwards',
  'pragma',
  'range',
  'retry-after',
  'set-cookie',
  'trailer',
  'vary',
  'warning',
  'www-authenticate',
  'alt-svc',
]);
const NOTHING: readonly string[] = [];

/** A flat list of the trailers that go further, in either direction. */
export function trailerFields(raw: readonly string[]): readonly string[] {
  if (raw.length === 0) return NOTHING;
  return raw.filter((_, i) => {
    const lower = lowerName(raw[i - (i % 2)] as string);
    return !NO_TRAILERS.has(lower) && !lower.startsWith('x-weir-') && !lower.startsWith(':');
  });
}

/** Headers with the trailers behind them, as one message is inspected. */
export function withTrailers(headers: readonly string[], trailers: readonly string[]): readonly string[] {
  return trailers.length === 0 ? headers : [...headers, ...trailers];
}

function namedByConnection(raw: readonly string[]): ReadonlySet<string> {
  let named: Set<string> | null = null;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const sent = raw[i] as string;
    if (sent.length !== 'connection'.length || lowerName(sent) !== 'connection') continue;
    named ??= new Set();
    for (const item of (raw[i + 1] ?? '').split(',')) {
      const name = item.trim().toLowerCase();
      if (name !== '' && !NEVER_NAMED.has(name)) named.add(name);
    }
  }
  return named ?? NONE;
}

const NONE: ReadonlySet<string> = new Set();

/** All values of a header, by lower-case name. */
export function valuesOf(raw: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const sent = raw[i] as string;
    if (sent.length === name.length && lowerName(sent) === name) values.push(raw[i + 1] as string);
  }
  return values;
}
