/**
 * Edits to bytes: the body as received with the edited spans replaced, escaped for every layer around them; target
 * and headers alike. Bytes outside the spans stay as they were, and what was edited is read again before it is sent.
 */
import { headerOf, type Message } from '../../flow/message.ts';
import type { Segment } from '../../flow/segment.ts';
import type { Extraction } from '../extract/extract.ts';
import { pairsOf } from '../extract/head.ts';
import { boundaryOf, documentsOf as documentsOfPart, partsOf } from '../extract/multipart.ts';
import { haveSameFields } from '../extract/protobuf.ts';
import { linesOf } from '../extract/stream-body.ts';
import { checkJson, type Span } from './check-json.ts';
import { type Applied, applyTree, descend, type LayerTree, layerTree, type Splice, unsafe } from './layers.ts';

/** One replacement in a segment; the span is in bytes of the segment's text, end exclusive. */
export interface Edit {
  /** Index into the extraction's segments. */
  readonly segment: number;
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

/** The message as it is to be sent. Where `changed.body`, the body has no content coding any more (`identity`). */
export interface Edited {
  readonly body: Buffer;
  readonly target: string;
  readonly headers: readonly string[];
  readonly changed: { readonly body: boolean; readonly target: boolean; readonly headers: boolean };
}

/**
 * Carries the edits out. Of edits that overlap, the first in the list gives the words for all of their span. Throws
 * WeirError `edit_unsafe` where a segment has no place of its own to edit, or the result would not read as intended.
 */
export function applyEdits(message: Message, extraction: Extraction, edits: readonly Edit[]): Edited {
  const trees = new Map<string, { tree: LayerTree; part: Segment['part'] }>();
  edits.forEach((edit, order) => {
    const segment = extraction.segments[edit.segment];
    if (segment === undefined || segment.layers.length === 0) throw unsafe('a text put together');
    const { part } = segment;
    const key = part.kind === 'header' ? `header ${part.index}` : part.kind;
    const { tree } = trees.get(key) ?? { tree: layerTree() };
    trees.set(key, { tree, part });
    const bytes = Buffer.from(edit.replacement, 'utf8');
    descend(tree, segment.layers, segment.text).splices.push({ start: edit.start, end: edit.end, bytes, order });
  });

  let body = message.body;
  let target = message.target;
  const headers = [...message.headers];
  const changed = { body: false, target: false, headers: false };
  for (const { tree, part } of trees.values()) {
    if (part.kind === 'body') {
      const applied = applyTree(tree, extraction.body);
      checkBody(message, extraction, applied);
      body = applied.text;
      changed.body = true;
    } else if (part.kind === 'target') {
      target = applyTree(tree, Buffer.from(target, 'latin1')).text.toString('latin1');
      if (/[\u0000-\u0020\u007f]/.test(target)) throw unsafe('the target');
      changed.target = true;
    } else {
      const at = part.index * 2 + 1;
      const value = applyTree(tree, Buffer.from(headers[at] ?? '', 'latin1')).text.toString('latin1');
      // RFC 9110 §5.5: a line break here would begin another header.
      if (/[\r\n\0]/.test(value)) throw unsafe('a header');
      headers[at] = value;
      changed.headers = true;
    }
  }
  return { body, target, headers, changed };
}

function checkBody(message: Message, extraction: Extraction, applied: Applied): void {
  const before = extraction.body;
  const after = applied.text;
  let unread = applied.expected.size;
  for (const document of documentsOf(message, extraction)) {
    const inside = applied.splices.filter(({ start }) => start >= document.start && start < document.end);
    if (inside.length === 0) continue;
    const moved = { start: moveOf(applied.splices, document.start), end: moveOf(applied.splices, document.end) };
    // A part that is no JSON has no strings that are expected to read in some way.
    const strings = new Map([...applied.expected].filter(([at]) => at >= document.start && at < document.end));
    if (strings.size > 0) checkJson(before, document, after, moved, strings);
    unread -= strings.size;
  }
  if (unread > 0) throw unsafe('a JSON string outside all documents');
  if (extraction.format === 'form') {
    if (pairsOf(before, 0, before.length).length !== pairsOf(after, 0, after.length).length) throw unsafe('a form');
  } else if (extraction.format === 'multipart') {
    const boundary = boundaryOf(headerOf(message.headers, 'content-type') ?? '') ?? '';
    if (partsOf(before, boundary)?.length !== partsOf(after, boundary)?.length) throw unsafe('a multipart body');
  } else if (extraction.format === 'protobuf') {
    if (!haveSameFields(before, after)) throw unsafe('a message of protobuf');
  }
}

/** Spans of the body that are JSON documents of their own. */
function documentsOf(message: Message, extraction: Extraction): readonly Span[] {
  const { body } = extraction;
  switch (extraction.format) {
    case 'json':
      return [{ start: 0, end: body.length }];
    case 'ndjson':
      return linesOf(body) ?? [];
    case 'multipart': {
      const boundary = boundaryOf(headerOf(message.headers, 'content-type') ?? '') ?? '';
      return (partsOf(body, boundary) ?? []).flatMap((part) => documentsOfPart(body, part));
    }
    default:
      return [];
  }
}

/** Where a place outside all splices stands after them. */
function moveOf(splices: readonly Splice[], at: number): number {
  let moved = at;
  for (const { start, end, bytes } of splices) if (end <= at && start < at) moved += bytes.length - (end - start);
  return moved;
}
