/**
 * Amazon's event stream encoding (`application/vnd.amazon.eventstream`), in which Bedrock and Amazon Q stream: each
 * message has a prelude (two lengths and their CRC), headers, a payload, and a CRC over all of it.
 * https://smithy.io/2.0/aws/amazon-eventstream.html. Cut into messages without changing a byte; a message is made anew
 * with both CRCs right. What does not keep to the encoding is handed on as it is, and said in the coverage.
 */
import { crc32 } from 'node:zlib';
import { opaque, truncated } from '../../flow/coverage.ts';
import { type Collector, validText } from './collector.ts';
import { GrowingTexts, type StreamResult } from './growing-texts.ts';
import { get, type JsonNode, parseJson } from './json.ts';

export function isEventStream(mediaType: string): boolean {
  return mediaType === 'application/vnd.amazon.eventstream';
}

const PRELUDE_BYTES = 12;
const CRC_BYTES = 4;
/** The encoding allows 24 MiB of payload and 128 KiB of headers. */
const MAX_MESSAGE_BYTES = 25 * 1024 * 1024;

/** A message whose CRCs are right, or bytes that are none. */
export type EventStreamPiece =
  | { readonly kind: 'message'; readonly bytes: Buffer }
  | { readonly kind: 'other'; readonly bytes: Buffer };

/** Gathers chunks and gives whole messages. After bytes that are no message nothing is one any more. */
export class EventStreamSplitter {
  #pending: Buffer = Buffer.alloc(0);
  #isBroken = false;

  push(chunk: Buffer): EventStreamPiece[] {
    if (this.#isBroken) return [{ kind: 'other', bytes: chunk }];
    const pieces: EventStreamPiece[] = [];
    let bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    while (bytes.length >= PRELUDE_BYTES) {
      const length = bytes.readUInt32BE(0);
      if (!isPrelude(bytes, length)) {
        this.#isBroken = true;
        break;
      }
      if (bytes.length < length) break;
      const message = bytes.subarray(0, length);
      if (crc32(message.subarray(0, length - CRC_BYTES)) !== message.readUInt32BE(length - CRC_BYTES)) {
        this.#isBroken = true;
        break;
      }
      pieces.push({ kind: 'message', bytes: message });
      bytes = bytes.subarray(length);
    }
    if (this.#isBroken) {
      this.#pending = Buffer.alloc(0);
      pieces.push({ kind: 'other', bytes });
    } else {
      // Copied: the chunk's memory may be used again by whoever read it.
      this.#pending = Buffer.from(bytes);
    }
    return pieces;
  }

  /** What is left of a message that did not come whole. */
  end(): Buffer {
    const rest = this.#pending;
    this.#pending = Buffer.alloc(0);
    return rest;
  }
}

function isPrelude(bytes: Buffer, length: number): boolean {
  const headers = bytes.readUInt32BE(4);
  return (
    length >= PRELUDE_BYTES + CRC_BYTES &&
    length <= MAX_MESSAGE_BYTES &&
    headers <= length - PRELUDE_BYTES - CRC_BYTES &&
    crc32(bytes.subarray(0, 8)) === bytes.readUInt32BE(8)
  );
}

/** A message taken apart; its bytes must have come from the splitter. */
export interface EventMessage {
  /** Encoded. */
  readonly headers: Buffer;
  readonly payload: Buffer;
  /** The header `:event-type`, of an error `:exception-type`; null where there is neither. */
  readonly type: string | null;
}

export function messageOf(bytes: Buffer): EventMessage {
  const end = PRELUDE_BYTES + bytes.readUInt32BE(4);
  const headers = bytes.subarray(PRELUDE_BYTES, end);
  const payload = bytes.subarray(end, bytes.length - CRC_BYTES);
  return { headers, payload, type: textHeader(headers, [':event-type', ':exception-type']) };
}

/** A message with these headers (encoded) and payload. */
export function encodeMessage(headers: Buffer, payload: Buffer): Buffer {
  const length = PRELUDE_BYTES + headers.length + payload.length + CRC_BYTES;
  const bytes = Buffer.alloc(length);
  bytes.writeUInt32BE(length, 0);
  bytes.writeUInt32BE(headers.length, 4);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8);
  headers.copy(bytes, PRELUDE_BYTES);
  payload.copy(bytes, PRELUDE_BYTES + headers.length);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, length - CRC_BYTES)), length - CRC_BYTES);
  return bytes;
}

/** Headers of the string kind, encoded. */
export function encodeHeaders(headers: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat(
    Object.entries(headers).map(([name, value]) => {
      const text = Buffer.from(value, 'utf8');
      const head = Buffer.alloc(1 + name.length + 3);
      head.writeUInt8(name.length, 0);
      head.write(name, 1, 'latin1');
      head.writeUInt8(7, 1 + name.length);
      head.writeUInt16BE(text.length, 2 + name.length);
      return Buffer.concat([head, text]);
    }),
  );
}

/** Bytes of a header's value by its kind; the kinds 6 (bytes) and 7 (text) have their length before them. */
const VALUE_BYTES: readonly (number | null)[] = [0, 0, 1, 2, 4, 8, null, null, 8, 16];

/** The first header of these names that is a text. */
function textHeader(headers: Buffer, names: readonly string[]): string | null {
  for (let at = 0; at < headers.length; ) {
    const nameEnd = at + 1 + (headers[at] as number);
    const kind = headers[nameEnd];
    const fixed = kind === undefined ? undefined : VALUE_BYTES[kind];
    if (fixed === undefined) return null;
    if (fixed === null && nameEnd + 3 > headers.length) return null;
    const start = nameEnd + 1 + (fixed === null ? 2 : 0);
    const end = start + (fixed ?? headers.readUInt16BE(nameEnd + 1));
    if (end > headers.length) return null;
    if (kind === 7 && names.includes(headers.toString('latin1', at + 1, nameEnd))) {
      return headers.toString('utf8', start, end);
    }
    at = end;
  }
  return null;
}

/** The document that InvokeModel's `chunk` wraps in base64 (`{"bytes": …}`); null where a payload is none. */
export function chunkOf(
  payload: Buffer,
  root: JsonNode,
): { readonly node: JsonNode; readonly document: Buffer } | null {
  const node = get(payload, root, 'bytes');
  if (node === null || node.kind !== 'string' || node.escaped) return null;
  return { node, document: Buffer.from(payload.toString('latin1', node.start + 1, node.end - 1), 'base64') };
}

/** Every message's payload, texts that grow over messages put together. */
export function collectEventStream(collector: Collector, body: Buffer): StreamResult {
  const splitter = new EventStreamSplitter();
  const texts = new GrowingTexts(collector);
  let index = 0;
  for (const { kind, bytes } of splitter.push(body)) {
    if (collector.isOverfull) break;
    if (kind === 'other') {
      collector.note(opaque('encoded'));
      texts.text(validText(bytes), '');
      continue;
    }
    const path = `/${index}`;
    index++;
    const { payload } = messageOf(bytes);
    const root = parseJson(payload);
    if (root === null) {
      if (payload.length > 0) texts.text(validText(payload), path);
      continue;
    }
    const chunk = chunkOf(payload, root);
    const inner = chunk === null ? null : parseJson(chunk.document);
    if (chunk !== null && inner !== null) texts.document(chunk.document, inner, path);
    else texts.document(payload, root, path);
  }
  // The end is missing: of a stream that goes by, a first part alone is kept.
  if (splitter.end().length > 0) collector.note(truncated('limit'));
  return texts.end();
}
