/**
 * One edit through all the layers that a text lies in: JSON in a JSON string, base64 in a form. Edits that share
 * layers meet in a tree, so that two in one base64 run become one new run. Every layer is read again after the edit.
 */
import { WeirError } from '../../flow/errors.ts';
import type { Layer } from '../../flow/segment.ts';
import { escapeJson, rawOffset, unescapeJson } from '../extract/json-escapes.ts';
import { decodePercent, encodePercent, percentOffset } from '../extract/percent.ts';
import { contentOf, varintOf } from '../extract/protobuf.ts';
import { checkJson } from './check-json.ts';

/** A replacement in some text; the lowest `order` wins where edits overlap. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly bytes: Buffer;
  readonly order: number;
}

/** A layer, what is edited in its text, and the layers within it. The root has no layer: its text is the part itself. */
export interface LayerTree {
  readonly layer: Layer | null;
  /** The text of a JSON string, where it has been read before. */
  text: Buffer | null;
  readonly splices: Splice[];
  readonly children: Map<string, LayerTree>;
}

export function layerTree(layer: Layer | null = null): LayerTree {
  return { layer, text: null, splices: [], children: new Map() };
}

/** The node of the innermost layer, made where it is not there yet. `text` is what the layers lead to, if it is known. */
export function descend(tree: LayerTree, layers: readonly Layer[], text: Buffer | null = null): LayerTree {
  let node = tree;
  for (const layer of layers) {
    const key = `${layer.kind} ${layer.start} ${layer.end}`;
    const next = node.children.get(key) ?? layerTree(layer);
    node.children.set(key, next);
    node = next;
  }
  // Of other layers the text may differ from what was searched: bytes that are not UTF-8 stand as `?` there.
  if (node.layer?.kind === 'json') node.text = text;
  return node;
}

/** What an edited text was made of: for whoever checks the whole. */
export interface Lowered {
  /** Splices in the text around, in order, none overlapping. */
  readonly splices: readonly Splice[];
  /** The text of this layer after the edit. */
  readonly text: Buffer;
}

/** A text after the edits of a tree; `expected` is what the strings of a JSON text must read as, by their start. */
export interface Applied {
  readonly text: Buffer;
  readonly splices: readonly Splice[];
  readonly expected: ReadonlyMap<number, Buffer>;
}

/**
 * Applies all edits of a tree to the text that it stands for. Throws WeirError `edit_unsafe`. It is for the caller to
 * read the JSON strings in `expected` again, with checkJson: here only the layers within them are.
 */
export function applyTree(tree: LayerTree, text: Buffer): Applied {
  const expected = new Map<number, Buffer>();
  const splices = [...tree.splices];
  for (const child of tree.children.values()) {
    const { layer } = child;
    if (layer === null) continue;
    const lowered = lower(child, layer, text);
    splices.push(...lowered.splices);
    if (layer.kind === 'json' || layer.kind === 'json-number') expected.set(layer.start, lowered.text);
  }
  if (expected.size > 0 && tree.splices.length > 0) throw unsafe('text and strings within it');
  const joined = join(splices);
  return { text: apply(text, joined), splices: joined, expected };
}

function lower(tree: LayerTree, layer: Layer, around: Buffer): Lowered {
  const raw = around.subarray(layer.start, layer.end);
  const before = tree.text ?? decode(layer, raw);
  const inner = applyTree(tree, before);
  if (inner.expected.size > 0) {
    checkJson(
      before,
      { start: 0, end: before.length },
      inner.text,
      { start: 0, end: inner.text.length },
      inner.expected,
    );
  }
  const within = raise(layer, raw, inner);
  // JSON strings are read again together with the JSON around them.
  const isReadLater = layer.kind === 'json' || layer.kind === 'json-number';
  if (!isReadLater && !decode(layer, apply(raw, within)).equals(inner.text)) throw unsafe(layer.kind);
  const wrapped = layer.kind === 'json-number' ? within.map(quoted) : within;
  const splices = wrapped.map((splice) => ({
    ...splice,
    start: splice.start + layer.start,
    end: splice.end + layer.start,
  }));
  return { splices, text: inner.text };
}

/** From splices in a layer's text to splices in its raw bytes. */
function raise(layer: Layer, raw: Buffer, inner: Applied): Splice[] {
  const order = Math.min(...inner.splices.map((splice) => splice.order));
  switch (layer.kind) {
    case 'raw':
      return [...inner.splices];
    case 'json': {
      const from = { raw: 0, decoded: 0 };
      return inner.splices.map((splice) => {
        const start = rawOffset(raw, splice.start, from);
        const end = rawOffset(raw, splice.end, from);
        if (start === -1 || end === -1) throw unsafe('json');
        return {
          start,
          end,
          bytes: Buffer.from(escapeJson(splice.bytes.toString('utf8')), 'utf8'),
          order: splice.order,
        };
      });
    }
    case 'json-number':
      return [
        { start: 0, end: raw.length, bytes: Buffer.from(escapeJson(inner.text.toString('utf8')), 'utf8'), order },
      ];
    case 'percent': {
      const from = { raw: 0, decoded: 0 };
      return inner.splices.map((splice) => ({
        start: percentOffset(raw, splice.start, from),
        end: percentOffset(raw, splice.end, from),
        bytes: Buffer.from(encodePercent(splice.bytes.toString('utf8')), 'latin1'),
        order: splice.order,
      }));
    }
    case 'base64': {
      const padded = raw.at(-1) === 0x3d || !layer.urlSafe;
      let encoded = inner.text.toString(layer.urlSafe ? 'base64url' : 'base64');
      if (padded && layer.urlSafe) encoded += '='.repeat((4 - (encoded.length % 4)) % 4);
      return [{ start: 0, end: raw.length, bytes: Buffer.from(encoded, 'latin1'), order }];
    }
    case 'protobuf': {
      const { prefix } = layer;
      const within = inner.splices.map((splice) => ({
        ...splice,
        start: splice.start + prefix,
        end: splice.end + prefix,
      }));
      return [{ start: 0, end: prefix, bytes: varintOf(inner.text.length), order }, ...within];
    }
  }
}

function decode(layer: Layer, raw: Buffer): Buffer {
  switch (layer.kind) {
    case 'raw':
      return raw;
    case 'json':
    case 'json-number':
      return unescapeJson(raw);
    case 'percent':
      return decodePercent(raw, layer.plus);
    case 'base64':
      return Buffer.from(raw.toString('latin1'), layer.urlSafe ? 'base64url' : 'base64');
    case 'protobuf':
      // Read again by its length: where that does not fit, it is not what was meant.
      return contentOf(raw) ?? raw;
  }
}

function quoted(splice: Splice): Splice {
  return { ...splice, bytes: Buffer.concat([Buffer.from('"'), splice.bytes, Buffer.from('"')]) };
}

/** Splices in order of place; those that overlap become one over both spans, with the words of the lower order. */
export function join(splices: readonly Splice[]): Splice[] {
  const sorted = [...splices].sort((a, b) => a.start - b.start || a.end - b.end);
  const joined: Splice[] = [];
  for (const splice of sorted) {
    const last = joined.at(-1);
    if (last === undefined || splice.start >= last.end) {
      joined.push(splice);
      continue;
    }
    const winner = splice.order < last.order ? splice : last;
    joined[joined.length - 1] = { ...winner, start: last.start, end: Math.max(last.end, splice.end) };
  }
  return joined;
}

/** The text with splices put in; they must be in order and apart. */
export function apply(text: Buffer, splices: readonly Splice[]): Buffer {
  if (splices.length === 0) return text;
  const pieces: Buffer[] = [];
  let at = 0;
  for (const { start, end, bytes } of splices) {
    pieces.push(text.subarray(at, start), bytes);
    at = end;
  }
  pieces.push(text.subarray(at));
  return Buffer.concat(pieces);
}

export function unsafe(where: string): WeirError {
  return new WeirError('edit_unsafe', `an edit in ${where} would not have been read as intended`);
}
