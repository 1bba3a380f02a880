/**
 * Bytes to segments: every text of a message, with its place, who speaks and when. Reads gzip, deflate, JSON, NDJSON,
 * event streams, forms, multipart and text; what it cannot read it says in the coverage. Never throws, whatever the
 * bytes are.
 */
import { isUtf8 } from 'node:buffer';
import { type Coverage, opaque, truncated, worseCoverage } from '../../flow/coverage.ts';
import { headerOf, type Message } from '../../flow/message.ts';
import type { Segment } from '../../flow/segment.ts';
import { isText } from '../encodings/base64.ts';
import { collectBatchAnswer, isBatchAnswer } from './batch-answer.ts';
import { Collector, validText } from './collector.ts';
import { type CarriedDocuments, documentKind } from './documents.ts';
import { type DecodeLimits, decodeBody } from './encodings.ts';
import { collectEventStream, isEventStream } from './event-stream.ts';
import { collectForm } from './form.ts';
import { shapeOfLive } from './gemini-live.ts';
import { marksOfGeminiForm, PAGE_TOKEN } from './gemini-web.ts';
import { collectHead, type Head, NO_HEAD } from './head.ts';
import { get, isTrue, type JsonNode, parseJson, textOf } from './json.ts';
import { type FirstText, type Marks, NO_MARKS } from './marks.ts';
import { collectMultipart } from './multipart.ts';
import { markServerEvent, shapeOfRealtime } from './openai-realtime.ts';
import { isProtobufType, walkProtobuf } from './protobuf-walk.ts';
import { markBody } from './providers.ts';
import { isStreamPath, modelOfPath, type Shape, shapeOfPath, shapeOfRequest, shapeOfResponse } from './shape.ts';
import { conversationOfPath } from './shape-of-path.ts';
import { collectLines, collectStream, linesOf } from './stream-body.ts';
import { walkJson } from './walk.ts';
import { FILE, METADATA, USER, type Zone, zone } from './zone.ts';

/** Of a body that is not read, so much at most is searched as if it were text. */
const MAX_UNREAD_AS_TEXT = 1024 * 1024;

export { maySpeak, type Shape, shapeOfBody } from './shape.ts';

export type Format =
  | 'json'
  | 'ndjson'
  | 'form'
  | 'multipart'
  | 'text'
  | 'sse'
  | 'eventstream'
  | 'batch'
  | 'protobuf'
  | 'empty'
  | 'opaque';

/** What one message holds: its text in pieces, and how much of it could be read. */
export interface Extraction {
  /** From path and body; null for none that is known. */
  readonly shape: Shape | null;
  readonly format: Format;
  /** `model` of the body, or the one that the path names. */
  readonly model: string | null;
  /** The request asks for a stream. */
  readonly stream: boolean;
  /**
   * The provider's own name of the conversation: `previous_response_id`, `conversation`, thread, session header.
   * Of a response in OpenAI's responses shape, its id, which the next request's `previous_response_id` names.
   */
  readonly conversationId: string | null;
  /** Text of the first user message, for the conversation's digest. */
  readonly firstUserText: FirstText;
  /** JSON of the id by which an answer is matched to this call (JSON-RPC); null where there is none. */
  readonly callId: string | null;
  /** The method that is called (JSON-RPC); null or absent where none is. */
  readonly rpcMethod?: string | null;
  readonly segments: readonly Segment[];
  /** What was looked at, as long as nobody reads the documents. */
  readonly coverage: Coverage;
  /** Documents that the message carries; null for none. */
  readonly documents: CarriedDocuments | null;
  /** Content codings undone; `body` layers count from here. */
  readonly body: Buffer;
  /** True when a content coding was undone. */
  readonly decoded: boolean;
  /** Tokens that stand in the first `upTo` segments, where that was looked for before; not all of their texts may be here. */
  readonly literals?: { readonly found: readonly string[]; readonly upTo: number };
}

/** What a body holds besides its segments. */
interface BodyResult {
  readonly format: Format;
  readonly shape: Shape | null;
  readonly marks: Marks;
  readonly model: string | null;
  readonly stream: boolean;
}

export interface ExtractOptions extends DecodeLimits {
  /** A part of a resource (206) is not read as if it were the whole: what a value begins with may stand in another. */
  readonly refusesParts?: boolean;
}

/** The segments of one message, head first. */
export function extract(message: Message, limits: ExtractOptions): Extraction {
  const headCollector = new Collector();
  const head = message.isWithinStream === true ? NO_HEAD : collectHead(headCollector, message);
  const isPart = message.status === 206 && limits.refusesParts === true;
  const decoded = isPart ? null : decodeBody(message.body, message.headers, limits);
  const body = decoded?.body ?? message.body;
  let collector = new Collector();
  const byPath = shapeOfPath(message.target);
  let result =
    decoded === null ? unread(collector, byPath, 'encoded') : collectBody(collector, message, head, body, byPath);
  if (collector.isOverfull) {
    collector = new Collector();
    const { format, shape } = result;
    const again =
      format === 'protobuf'
        ? unreadProtobuf(collector, body, shape)
        : collectText(collector, body, 'application/json', shape, USER);
    result = { ...result, ...again };
    // The text is there whole; of what is encoded within it some is not.
    if (collector.isOverfull) collector.note(truncated('limit'));
  }
  const { documents } = collector;
  const coverage = worseCoverage(headCollector.coverage, collector.coverage);
  return {
    shape: result.shape,
    format: result.format,
    model: result.model ?? result.marks.model ?? modelOfPath(message.target),
    stream: result.stream,
    conversationId: result.marks.conversationId ?? head.session ?? conversationOfPath(message.target),
    firstUserText: result.marks.firstUserText,
    callId: result.marks.callId ?? null,
    rpcMethod: result.marks.rpcMethod ?? null,
    segments: headCollector.segments.concat(collector.segments),
    coverage: documents.length === 0 ? coverage : worseCoverage(coverage, opaque('media')),
    documents: documents.length === 0 ? null : { list: documents, coverageBeside: coverage },
    body,
    decoded: decoded?.changed ?? false,
  };
}

function collectBody(
  collector: Collector,
  message: Message,
  head: Head,
  body: Buffer,
  byPath: Shape | null,
): BodyResult {
  const around = message.direction === 'response' ? zone('assistant', 'latest') : USER;
  if (body.length === 0) return plain('empty', byPath);
  if (hasUtf16Mark(body)) return unread(collector, byPath, 'encoded');
  const type = (head.contentType ?? typeWithinStream(message)).trim();
  const kind = mediaType(type);

  if (kind === 'text/event-stream') {
    const stream = collectStream(collector, body);
    return { ...plain('sse', byPath ?? stream.shape), marks: stream.marks, model: stream.model };
  }
  if (isEventStream(kind)) {
    const stream = collectEventStream(collector, body);
    return { ...plain('eventstream', byPath ?? stream.shape), marks: stream.marks, model: stream.model };
  }
  if (byPath === 'gemini.web' && message.direction === 'response' && isBatchAnswer(body)) {
    collectBatchAnswer(collector, body);
    return plain('batch', byPath);
  }
  if (kind.startsWith('multipart/') && collectMultipart(collector, body, type)) return plain('multipart', byPath);
  if (isProtobufType(kind)) {
    const place = { part: { kind: 'body' }, path: '', label: null, zone: around, layers: [], nested: 0 } as const;
    if (walkProtobuf(collector, body, place)) return plain('protobuf', byPath);
    return collectUnprotobuf(collector, message, head, body, byPath, around);
  }
  // JSON is read as such under any type: clients send it as text, as a form (curl -d) or without one.
  const first = firstByte(body);
  if (first === 0x7b || first === 0x5b || isJsonType(kind)) {
    const root = parseJson(body);
    if (root !== null) return collectJson(collector, message, head, body, root, byPath, around);
    const lines = linesOf(body);
    if (lines !== null) {
      const read = collectLines(collector, body, lines, message.direction, byPath, {
        path: '',
        label: null,
        zone: around,
      });
      return { ...plain('ndjson', read.shape), model: read.model };
    }
  } else if (kind === 'application/x-www-form-urlencoded') {
    const isPage = byPath === 'gemini.web';
    collectForm(collector, body, isPage ? PAGE_TOKEN : null);
    return { ...plain('form', byPath), marks: isPage ? marksOfGeminiForm(body) : NO_MARKS };
  }
  return collectText(collector, body, type, byPath, around);
}

/** Within a stream only that messages are protobuf has a say: JSON is seen, and any other type would be the client's lie. */
function typeWithinStream({ isWithinStream, headers }: Message): string {
  const type = isWithinStream === true ? (headerOf(headers, 'content-type') ?? '') : '';
  return isProtobufType(mediaType(type)) ? type : '';
}

function collectJson(
  collector: Collector,
  message: Message,
  head: Head,
  body: Buffer,
  root: JsonNode,
  byPath: Shape | null,
  around: Zone,
): BodyResult {
  const hints = { host: message.destination.host, hasAnthropicVersion: head.hasAnthropicVersion };
  const isWithinStream = message.isWithinStream === true;
  const shape =
    (byPath === null ? null : ofTwo(byPath, body, root)) ??
    (isWithinStream
      ? (shapeOfRealtime(body, root, message.direction) ?? shapeOfLive(body, root, message.direction))
      : null) ??
    (message.direction === 'request' ? shapeOfRequest(body, root, hints) : shapeOfResponse(body, root));
  const marks =
    shape === null
      ? NO_MARKS
      : isWithinStream && shape === 'openai.responses' && message.direction === 'response'
        ? markServerEvent(body, root)
        : markBody(shape, message.direction, body, root);
  const place = {
    part: { kind: 'body' },
    path: '',
    label: null,
    zone: shape === null ? around : METADATA,
    layers: [],
    nested: 0,
    fixed: false,
  } as const;
  walkJson(collector, body, root, place);
  const asked = get(body, root, 'stream');
  // Ollama streams unless it is told not to.
  const isStreamDefault = shape === 'ollama.chat' || shape === 'ollama.generate';
  const stream = asked === null ? isStreamDefault || isStreamPath(message.target) : isTrue(body, asked);
  return { format: 'json', shape, marks, model: textOf(body, get(body, root, 'model')), stream };
}

/** OpenAI and Mistral have different bodies under the same path. */
function ofTwo(byPath: Shape, body: Buffer, root: JsonNode): Shape {
  if (byPath !== 'openai.conversations') return byPath;
  const isMistral = ['inputs', 'outputs', 'conversation_id'].some((key) => get(body, root, key) !== null);
  return isMistral ? 'mistral.conversations' : byPath;
}

/** Declared as protobuf and none that is written as it should be: text or JSON is read as such, all else is not read. */
function collectUnprotobuf(
  collector: Collector,
  message: Message,
  head: Head,
  body: Buffer,
  byPath: Shape | null,
  around: Zone,
): BodyResult {
  if (isText(body)) {
    const root = parseJson(body);
    if (root !== null) return collectJson(collector, message, head, body, root, byPath, around);
    collector.note({ level: 'full', reason: 'unparsed' });
    return collectText(collector, body, 'text/plain', byPath, around);
  }
  return unreadProtobuf(collector, body, byPath);
}

/** A lenient parser reads what we do not: what can be seen of it is searched all the same. */
function unreadProtobuf(collector: Collector, body: Buffer, byPath: Shape | null): BodyResult {
  const place = { part: { kind: 'body' }, path: '', label: null, zone: USER, layers: [], nested: 0 } as const;
  if (body.length <= MAX_UNREAD_AS_TEXT) collector.push(validText(body), place, true);
  return unread(collector, byPath, 'encoded');
}

/** Text without a structure that is known, or broken: scanned whole. */
function collectText(collector: Collector, body: Buffer, type: string, shape: Shape | null, around: Zone): BodyResult {
  const kind = type.toLowerCase();
  const isTextType =
    kind.startsWith('text/') || /charset\s*=\s*"?(?:iso-8859|windows-125|latin|us-ascii|utf-8)/.test(kind);
  const isBroken = /json/.test(kind) || kind.startsWith('multipart/');
  if (!isUtf8(body) && (!(isTextType || isBroken) || body.includes(0))) {
    if (documentKind(body) === null) return unread(collector, shape, 'binary');
    collector.binary(body, { part: { kind: 'body' }, path: '', label: null, zone: FILE, layers: [], nested: 0 });
    return plain('opaque', shape);
  }
  if (isBroken) collector.note({ level: 'full', reason: 'unparsed' });
  const text = validText(body);
  collector.textDocument(text, { part: { kind: 'body' }, path: '', label: null, zone: FILE, layers: [], nested: 0 });
  const place = {
    part: { kind: 'body' },
    path: '',
    label: null,
    zone: around,
    layers: [{ kind: 'raw', start: 0, end: body.length }],
    nested: 0,
    fixed: false,
  } as const;
  collector.text(text, place);
  // A lenient server reads what we could not; what escapes hide is then searched too.
  if (isBroken && text.includes('\\u')) collector.push(withoutEscapes(text), { ...place, layers: [] }, true);
  return plain('text', shape);
}

function unread(collector: Collector, shape: Shape | null, reason: string): BodyResult {
  collector.note(opaque(reason));
  return plain('opaque', shape);
}

function plain(format: Format, shape: Shape | null): BodyResult {
  return { format, shape, marks: NO_MARKS, model: null, stream: false };
}

function withoutEscapes(text: Buffer): Buffer {
  const plainText = text
    .toString('utf8')
    .replace(/\\u([0-9a-fA-F]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(plainText.toWellFormed(), 'utf8');
}

/** Type and subtype of a Content-Type, lower case, without parameters (RFC 9110 §8.3.1). */
function mediaType(contentType: string): string {
  const semicolon = contentType.indexOf(';');
  return (semicolon === -1 ? contentType : contentType.slice(0, semicolon).trimEnd()).toLowerCase();
}

function isJsonType(kind: string): boolean {
  return kind === 'application/json' || kind.endsWith('+json') || /(?:^|[/-])(?:ndjson|jsonl|jsonlines)$/.test(kind);
}

function hasUtf16Mark(body: Buffer): boolean {
  return (body[0] === 0xff && body[1] === 0xfe) || (body[0] === 0xfe && body[1] === 0xff);
}

function firstByte(body: Buffer): number {
  let at = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0;
  while (at < body.length && (body[at] === 0x20 || body[at] === 0x0a || body[at] === 0x0d || body[at] === 0x09)) at++;
  return body[at] ?? -1;
}
