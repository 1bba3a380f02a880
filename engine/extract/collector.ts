/** Gathers the segments of one message, and looks inside each text: JSON in a string, base64 in a text. */
import { isUtf8 } from 'node:buffer';
import { type Coverage, FULL, opaque, worseCoverage } from '../../flow/coverage.ts';
import type { Layer, Part, Segment, SpanRead } from '../../flow/segment.ts';
import { findBase64, isBase64, isText, MIN_BASE64 } from '../encodings/base64.ts';
import { type CarriedDocument, documentKind, isPdfSource } from './documents.ts';
import { parseJson } from './json.ts';
import { walkJson } from './walk.ts';
import type { Zone } from './zone.ts';

/** How often JSON may stand in a string of JSON in a string, or base64 in between, and still be taken apart. */
const MAX_NESTED = 4;
const NESTED_LIMITS = { depth: 128, nodes: 100_000 } as const;
/** Longer base64 of something that is no text is not searched as text. */
const MAX_BINARY_AS_TEXT = 4096;

/** A text and where it stands. */
export interface Place {
  readonly part: Part;
  readonly path: string;
  readonly label: string | null;
  readonly zone: Zone;
  readonly layers: readonly Layer[];
  /** How many times something was unpacked on the way here. */
  readonly nested: number;
  /** No edit can be made here: the text was put together from several places. */
  readonly fixed?: boolean;
}

/** More in one message are not looked at. */
const MAX_DOCUMENTS = 100;
/** A segment costs some 400 bytes: a body that falls into more is read as one text. */
const MAX_SEGMENTS = 200_000;

export class Collector {
  readonly segments: Segment[] = [];
  /** Documents of a kind that can be read, by whoever asks for it. */
  readonly documents: CarriedDocument[] = [];
  coverage: Coverage = FULL;
  /** There were too many segments; those gathered do not stand for all of the message. */
  isOverfull = false;

  note(coverage: Coverage): void {
    this.coverage = worseCoverage(this.coverage, coverage);
  }

  /** Bytes that are no text: a document to be read, or a medium that is not looked at. */
  binary(bytes: Buffer, { path, label, zone, part }: Place): void {
    const kind = documentKind(bytes);
    if (kind === null || this.documents.length === MAX_DOCUMENTS) this.note(opaque('media'));
    else this.documents.push({ bytes, kind, path, label, zone, part });
  }

  /** A PDF may be all ASCII: its source is read as text, and what it shows as a document. */
  textDocument(text: Buffer, { path, label, zone, part }: Place): void {
    if (this.documents.length === MAX_DOCUMENTS || !isPdfSource(text)) return;
    this.documents.push({ bytes: text, kind: 'pdf', path, label, zone, part });
  }

  /** The text as it is; nothing inside it is unpacked. Empty text is no segment. */
  push(
    text: Buffer,
    place: Place,
    immutable: boolean,
    isBase64Read = false,
    across: readonly SpanRead[] | null = null,
  ): void {
    if (text.length === 0) return;
    if (this.segments.length === MAX_SEGMENTS) {
      this.isOverfull = true;
      return;
    }
    const { path, label, zone, part, layers } = place;
    this.segments.push({
      text,
      path,
      label,
      role: zone.role,
      position: zone.position,
      part,
      layers,
      immutable: immutable || place.fixed === true,
      ...(isBase64Read ? { isBase64Read } : {}),
      ...(across === null ? {} : { across }),
    });
  }

  /** A text, treated as its zone says. `text` must be valid UTF-8. */
  text(text: Buffer, place: Place): void {
    if (this.isOverfull || text.length === 0) return;
    switch (place.zone.treatment) {
      case 'skip':
        return;
      case 'sealed':
        this.note(opaque('media'));
        return this.push(text, place, true);
      case 'signed':
        return this.push(text, place, true);
      case 'media':
        return this.media(text, place);
      case 'reference':
        this.note(opaque('media'));
        return this.plain(text, place);
      case 'text':
        return this.plain(text, place);
    }
  }

  private plain(text: Buffer, place: Place): void {
    if (this.nestedJson(text, place) || this.dataUrl(text, place)) return;
    if (text.length > MAX_BINARY_AS_TEXT) {
      const decoded = binaryOfBase64(text);
      if (decoded !== null) return this.binary(decoded, place);
    }
    const isRead = text.length >= MIN_BASE64 && place.nested < MAX_NESTED && !place.layers.some(isBase64Layer);
    this.push(text, place, false, isRead);
    if (!isRead) return;
    for (const { start, end, urlSafe, decoded } of findBase64(text)) {
      this.unpacked(decoded, place, { kind: 'base64', start, end, urlSafe });
    }
  }

  /** JSON in a string stands for its own strings; the string as a whole is then no segment. */
  private nestedJson(text: Buffer, place: Place): boolean {
    if (place.nested >= MAX_NESTED || !opensJson(text)) return false;
    const root = parseJson(text, 0, text.length, NESTED_LIMITS);
    // `[1, 2]` may as well be prose.
    if (root === null || (root.kind === 'array' && root.items.every((item) => item.kind === 'number'))) return false;
    walkJson(this, text, root, { ...place, nested: place.nested + 1 });
    return true;
  }

  /** `data:TYPE;base64,…` (RFC 2397) as the whole text. */
  private dataUrl(text: Buffer, place: Place): boolean {
    const start = dataUrlPayload(text);
    if (start === -1 || !isBase64(text, start)) return false;
    this.base64Payload(text, start, place);
    return true;
  }

  private base64Payload(text: Buffer, start: number, place: Place): void {
    const payload = text.toString('latin1', start);
    const urlSafe = /[-_]/.test(payload);
    const decoded = Buffer.from(payload, urlSafe ? 'base64url' : 'base64');
    if (isText(decoded)) {
      this.textDocument(decoded, place);
      this.unpacked(decoded, place, { kind: 'base64', start, end: text.length, urlSafe });
      return;
    }
    this.binary(decoded, place);
    if (text.length <= MAX_BINARY_AS_TEXT) this.push(text, place, false);
  }

  private media(text: Buffer, place: Place): void {
    const start = Math.max(0, dataUrlPayload(text));
    if (isBase64(text, start)) return this.base64Payload(text, start, place);
    this.note(opaque('media'));
    this.push(text, place, false);
  }

  private unpacked(decoded: Buffer, place: Place, layer: Layer): void {
    const zone: Zone = place.zone.treatment === 'text' ? place.zone : { ...place.zone, treatment: 'text' };
    const inner = { ...place, zone, layers: [...place.layers, layer], nested: place.nested + 1 };
    if (!this.nestedJson(decoded, inner)) this.push(decoded, inner, false);
  }
}

function isBase64Layer(layer: Layer): boolean {
  return layer.kind === 'base64';
}

function opensJson(text: Buffer): boolean {
  for (let at = 0; at < text.length; at++) {
    const byte = text[at] as number;
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) continue;
    return byte === 0x7b || byte === 0x5b;
  }
  return false;
}

/** Where the payload of a base64 data URL begins; -1 where it is none. */
function dataUrlPayload(text: Buffer): number {
  if (text.length < 5 || text[0] !== 0x64 || text[4] !== 0x3a) return -1;
  const head = /^data:[^,]{0,200};base64,/i.exec(text.toString('latin1', 0, 256));
  return head === null ? -1 : head[0].length;
}

/** What base64 of something that is no text stands for; null for any other text. */
function binaryOfBase64(text: Buffer): Buffer | null {
  if (!isBase64(text)) return null;
  const decoded = Buffer.from(text.toString('latin1'), 'base64');
  return isText(decoded) ? null : decoded;
}

/**
 * Text with each byte that is not part of valid UTF-8 replaced by `?`, byte for byte, so that offsets stay. Searching
 * goes on as in the original: what matters to a recognizer is nearly always ASCII.
 */
export function validText(bytes: Buffer): Buffer {
  if (isUtf8(bytes)) return bytes;
  const out = Buffer.from(bytes);
  for (let at = 0; at < out.length; ) {
    const width = sequenceWidth(out, at);
    if (width === 0) out[at++] = 0x3f;
    else at += width;
  }
  return out;
}

/** Bytes of the valid UTF-8 sequence at `at` (RFC 3629 §4); 0 where there is none. */
function sequenceWidth(bytes: Buffer, at: number): number {
  const lead = bytes[at] as number;
  if (lead < 0x80) return 1;
  const width = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || at + width > bytes.length) return 0;
  return isUtf8(bytes.subarray(at, at + width)) ? width : 0;
}
