/**
 * What can be read across the borders of fields: tags, lengths and numbers may be letters and digits themselves, and a
 * server may take for one text what reads as several. Each piece goes a little way into the values on either side.
 */
import type { Segment, SpanRead } from '../../flow/segment.ts';

/** So far into a value: no finding that crosses a border and counts is longer. */
const REACH = 256;
/** Shorter pieces hold nothing that is found. */
const MIN_WINDOW = 6;

/** A value with a length that holds no fields; offsets count from the outermost message. */
export interface Leaf {
  readonly start: number;
  readonly end: number;
  /** What was made of it, where that is one segment with all of its bytes. */
  readonly segment: Segment | null;
}

export interface Window {
  readonly start: number;
  readonly end: number;
  /** What of it lies in values that are segments of their own; counted from `start`. */
  readonly parts: readonly SpanRead[];
}

/** Bytes of visible text: what is not ASCII ends a piece. */
const VISIBLE = new Uint8Array(256).map((_, byte) =>
  (byte >= 0x20 && byte < 0x7f) || byte === 0x09 || byte === 0x0a || byte === 0x0d ? 1 : 0,
);

/** `leaves` in order of place and apart. */
export function windowsAcross(bytes: Buffer, leaves: readonly Leaf[]): Window[] {
  const spans = visibleSpans(bytes, leaves);
  const windows: Window[] = [];
  let first = 0;
  for (const { start, end } of spans) {
    if (end - start < MIN_WINDOW) continue;
    while (first < leaves.length && (leaves[first] as Leaf).end <= start) first++;
    const parts: SpanRead[] = [];
    for (let i = first; i < leaves.length && (leaves[i] as Leaf).start < end; i++) {
      const leaf = leaves[i] as Leaf;
      parts.push({ start: leaf.start - start, end: leaf.end - start, segment: leaf.segment });
    }
    windows.push({ start, end, parts });
  }
  return windows;
}

interface Span {
  readonly start: number;
  end: number;
}

function visibleSpans(bytes: Buffer, leaves: readonly Leaf[]): readonly Span[] {
  const spans: Span[] = [];
  let from = 0;
  for (let i = 0; i <= leaves.length; i++) {
    const to = leaves[i]?.start ?? bytes.length;
    // Between two values: what can be seen of it, with what it joins on either side.
    for (let at = from; at < to; at++) {
      if (VISIBLE[bytes[at] as number] === 0) continue;
      let end = at + 1;
      while (end < to && VISIBLE[bytes[end] as number] === 1) end++;
      reach(bytes, at, end, { joinsBefore: at === from, joinsAfter: end === to }, spans);
      at = end;
    }
    from = leaves[i]?.end ?? to;
  }
  return spans;
}

function reach(
  bytes: Buffer,
  from: number,
  to: number,
  { joinsBefore, joinsAfter }: { readonly joinsBefore: boolean; readonly joinsAfter: boolean },
  spans: Span[],
): void {
  const last = spans.at(-1);
  const lowest = Math.max(last?.end ?? 0, from - REACH);
  let start = from;
  if (joinsBefore) while (start > lowest && VISIBLE[bytes[start - 1] as number] === 1) start--;
  let end = to;
  const highest = Math.min(bytes.length, to + REACH);
  if (joinsAfter) while (end < highest && VISIBLE[bytes[end] as number] === 1) end++;
  if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
  else spans.push({ start, end });
}
