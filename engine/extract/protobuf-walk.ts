/**
 * Protobuf to segments, without its schema: each value that is text is one, with the numbers of its fields as path. A
 * value that may be text or a message within is looked at as both; what stands across the borders of fields is read
 * as one text too, so that no way of cutting a value up hides it. What could not be read is said in the coverage.
 */
import { isUtf8 } from 'node:buffer';
import { opaque } from '../../flow/coverage.ts';
import type { Layer } from '../../flow/segment.ts';
import { isText } from '../encodings/base64.ts';
import { type Collector, type Place, validText } from './collector.ts';
import { type FieldBudget, MAX_FIELDS, type ProtobufField, type ProtobufMessage, readProtobuf } from './protobuf.ts';
import { type Leaf, windowsAcross } from './protobuf-windows.ts';

/** Messages within messages; the parsers of most languages stop at 100. */
const MAX_DEPTH = 100;
/** Bytes that are neither text nor a message are searched as text up to here, as base64 of such is. */
const MAX_BINARY_AS_TEXT = 4096;
/** A hash, a random id or a signature is no longer: it is no medium, and its bytes are searched. */
const MAX_ID_BYTES = 64;
/** An integer of fewer digits is nobody's number; past 2^53 it is a hash or a random id. */
const MIN_NUMBER = 10_000_000;
/** The key of an entry of a map, as in google.protobuf.Struct: a name, not a sentence. */
const KEY = /^[A-Za-z][\w.-]{0,63}$/;
/** Who speaks is no name of a value. */
const SPEAKERS: ReadonlySet<string> = new Set([
  'user',
  'model',
  'assistant',
  'system',
  'tool',
  'function',
  'developer',
]);

/** Whether a media type (lower case, without parameters) says that a body is one message of protobuf. */
export function isProtobufType(kind: string): boolean {
  return /^application\/(?:proto|(?:x-|vnd\.google\.|x-google-)?protobuf)$/.test(kind);
}

/**
 * Hands every text in a message to the collector. False, and nothing handed over, where `bytes` are no message that would
 * be written again as it came. `place` says where the bytes stand; its `layers` lead to them.
 */
export function walkProtobuf(collector: Collector, bytes: Buffer, place: Place): boolean {
  const budget = { left: MAX_FIELDS };
  const message = readProtobuf(bytes, budget);
  if (message === null || !message.isCanonical) return false;
  const walk = new Walk(collector, place, budget);
  walk.message(bytes, message, { layers: place.layers, path: place.path, label: place.label, depth: 0, base: 0 });
  for (const { start, end, parts } of windowsAcross(bytes, walk.leaves)) {
    collector.push(validText(bytes.subarray(start, end)), { ...place, label: null, layers: [] }, true, false, parts);
  }
  return true;
}

interface Within {
  readonly layers: readonly Layer[];
  readonly path: string;
  readonly label: string | null;
  readonly depth: number;
  /** Where the bytes of this message begin in those of the outermost. */
  readonly base: number;
}

class Walk {
  readonly collector: Collector;
  readonly place: Place;
  readonly budget: FieldBudget;
  /** In order of place. */
  readonly leaves: Leaf[] = [];

  constructor(collector: Collector, place: Place, budget: FieldBudget) {
    this.collector = collector;
    this.place = place;
    this.budget = budget;
  }

  message(bytes: Buffer, { fields }: ProtobufMessage, within: Within): void {
    this.fields(bytes, fields, within);
  }

  fields(bytes: Buffer, fields: readonly ProtobufField[], within: Within): void {
    const counts = new Map<number, number>();
    for (const { number } of fields) counts.set(number, (counts.get(number) ?? 0) + 1);
    const seen = new Map<number, number>();
    const key = keyOf(bytes, fields);
    for (const field of fields) {
      const { number } = field;
      let path = `${within.path}/${number}`;
      if ((counts.get(number) ?? 0) > 1) {
        const index = seen.get(number) ?? 0;
        seen.set(number, index + 1);
        path += `/${index}`;
      }
      this.field(bytes, field, { ...within, path, label: number === 2 && key !== null ? key : within.label });
    }
  }

  field(bytes: Buffer, field: ProtobufField, within: Within): void {
    switch (field.wire) {
      case 0:
        return this.number(field, within);
      case 2: {
        const layer: Layer = {
          kind: 'protobuf',
          start: field.lengthAt,
          end: field.end,
          prefix: field.start - field.lengthAt,
        };
        const content = bytes.subarray(field.start, field.end);
        const layers = [...within.layers, layer];
        return this.value(content, { ...within, layers, base: within.base + field.start });
      }
      case 3:
        return this.fields(bytes, field.items, within);
      case 1:
      case 5:
        return;
    }
  }

  /** A number cannot become a text: its type stands in the tag. */
  number({ value }: ProtobufField, { path, label }: Within): void {
    if (value < MIN_NUMBER) return;
    this.collector.push(Buffer.from(String(value)), { ...this.place, path, label, layers: [] }, true);
  }

  value(content: Buffer, within: Within): void {
    if (content.length === 0) return;
    const nested = readProtobuf(content, this.budget);
    if (nested?.isCanonical === true && !readsAsText(nested, content)) {
      if (within.depth < MAX_DEPTH) return this.message(content, nested, { ...within, depth: within.depth + 1 });
      this.collector.note(opaque('encoded'));
    }
    if (this.budget.left <= 0) this.collector.note(opaque('encoded'));
    const { segments } = this.collector;
    const before = segments.length;
    this.leaf(content, { ...this.place, ...within }, nested);
    const segment = segments[before];
    this.leaves.push({
      start: within.base,
      end: within.base + content.length,
      segment:
        segment?.text.length === content.length && segment.layers.length === within.layers.length ? segment : null,
    });
  }

  leaf(content: Buffer, place: Place, nested: ProtobufMessage | null): void {
    if (isUtf8(content)) return this.collector.text(content, place);
    if (content.length > MAX_ID_BYTES) {
      // A parser takes longer varints than need be, and would read what we do not.
      const visible = visibleShare(content);
      if (nested !== null) this.collector.note(opaque('encoded'));
      else if (visible < MOSTLY_TEXT) {
        if (!isPackedNumbers(content, visible)) this.collector.note(opaque('media'));
        if (content.length > MAX_BINARY_AS_TEXT) return;
      }
    }
    this.collector.text(validText(content), place);
  }
}

/**
 * Where a value may be either: text, unless it is made of nothing but texts with a length. (A message of one text of 32
 * to 126 bytes looks like a line feed, a letter and that text; an edit that minds no length would break it.)
 */
function readsAsText({ hasScalars, isPrintable, fields }: ProtobufMessage, content: Buffer): boolean {
  return fields.length > 0 && hasScalars && isPrintable && isText(content);
}

/** Of an entry of a map, its key, which names the value. */
function keyOf(bytes: Buffer, fields: readonly ProtobufField[]): string | null {
  const [key, value] = fields;
  if (fields.length !== 2 || key === undefined || key.number !== 1 || key.wire !== 2) return null;
  if (value?.number !== 2 || value.wire !== 2 || key.end - key.start > 64) return null;
  const name = bytes.toString('latin1', key.start, key.end);
  return KEY.test(name) && !SPEAKERS.has(name) ? name : null;
}

/** Latin-1, or text with a broken byte in it: so much of it can be read. */
const MOSTLY_TEXT = 0.75;

function visibleShare(content: Buffer): number {
  let visible = 0;
  for (const byte of content) {
    if ((byte >= 0x20 && byte < 0x7f) || byte === 0x09 || byte === 0x0a || byte === 0x0d) visible++;
  }
  return visible / content.length;
}

/** Exponents of numbers between some 1e-9 and 1e9, which measures and vectors are made of. */
const LEAST_EXPONENT = -30;
const MOST_EXPONENT = 30;

/** A packed field: floats or doubles of a size that numbers have, or varints; noise is hardly ever all of that. */
function isPackedNumbers(content: Buffer, visible: number): boolean {
  if (visible >= 0.3 && isWideText(content)) return false;
  return arePackedFloats(content, 4) || arePackedFloats(content, 8) || arePackedVarints(content);
}

/** Every other byte is mostly 0: letters of two bytes, which would pass for numbers. */
function isWideText(content: Buffer): boolean {
  const zeros = [0, 0];
  content.forEach((byte, at) => {
    if (byte === 0) zeros[at & 1] = (zeros[at & 1] ?? 0) + 1;
  });
  return Math.max(...zeros) * 5 >= content.length * 2;
}

function arePackedFloats(content: Buffer, width: 4 | 8): boolean {
  if (content.length % width !== 0) return false;
  for (let at = 0; at < content.length; at += width) {
    const high = content.readUInt16LE(at + width - 2);
    const exponent = width === 4 ? ((high >> 7) & 0xff) - 127 : ((high >> 4) & 0x7ff) - 1023;
    const isNumber = exponent >= LEAST_EXPONENT && exponent <= MOST_EXPONENT;
    if (!isNumber && (width === 4 ? content.readFloatLE(at) : content.readDoubleLE(at)) !== 0) return false;
  }
  return true;
}

function arePackedVarints(content: Buffer): boolean {
  let width = 0;
  for (const byte of content) {
    width++;
    if (width > 10 || (byte === 0 && width > 1)) return false;
    if (byte < 0x80) width = 0;
  }
  return width === 0;
}
