/** Bodies of many documents: event streams and NDJSON. */
import type { Direction } from '../../flow/decision.ts';
import { markCall } from './call-lines.ts';
import { type Collector, validText } from './collector.ts';
import { GrowingTexts, type StreamResult } from './growing-texts.ts';
import { get, type JsonNode, parseJson, textOf } from './json.ts';
import { markBody } from './providers.ts';
import type { Shape } from './shape.ts';
import { dataOf, fieldsOf, SseSplitter } from './sse.ts';
import { readStreamEvent } from './stream-events.ts';
import { walkJson } from './walk.ts';
import { METADATA, type Zone } from './zone.ts';

/** Every event's data. */
export function collectStream(collector: Collector, body: Buffer): StreamResult {
  const splitter = new SseSplitter();
  const texts = new GrowingTexts(collector);
  const pieces = splitter.push(body);
  const rest = splitter.end();
  if (rest.length > 0) pieces.push({ kind: 'event', bytes: rest });
  let index = 0;
  for (const { kind, bytes } of pieces) {
    if (collector.isOverfull) break;
    // Line breaks between events.
    if (kind === 'other' && bytes.length <= 2) continue;
    const fields = fieldsOf(bytes);
    const data = kind === 'event' ? dataOf(bytes, fields) : Buffer.alloc(0);
    if (data.length === 0) {
      texts.text(validText(bytes), '');
      continue;
    }
    const path = `/${index}`;
    index++;
    const root = parseJson(data);
    if (root === null) texts.text(validText(data), path);
    else texts.document(data, root, path);
  }
  return texts.end();
}

export interface Line {
  readonly start: number;
  readonly end: number;
}

/** Lines of NDJSON that are not blank; null where one of them is no JSON object or list. */
export function linesOf(body: Buffer, from = 0, to = body.length): Line[] | null {
  const lines: Line[] = [];
  for (let start = from; start < to; ) {
    const feed = body.indexOf(0x0a, start);
    const end = feed === -1 || feed > to ? to : feed;
    const stop = body[end - 1] === 0x0d ? end - 1 : end;
    if (stop > start) {
      // One broken line makes all of it text; the first is looked at before the rest is gone through.
      const byte = body[start] as number;
      if (byte !== 0x7b && byte !== 0x5b) return null;
      lines.push({ start, end: stop });
    }
    start = end + 1;
  }
  return lines.length > 1 ? lines : null;
}

/** Where lines stand: what their paths begin with, who speaks in lines of no known shape. */
export interface Around {
  readonly path: string;
  readonly label: string | null;
  readonly zone: Zone;
}

/**
 * NDJSON: each line a document with paths `/LINE/…`; a line that does not parse is text. In the stream of an answer the
 * lines are pieces of one text.
 */
export function collectLines(
  collector: Collector,
  body: Buffer,
  lines: readonly Line[],
  direction: Direction,
  byPath: Shape | null,
  around: Around,
): { readonly shape: Shape | null; readonly model: string | null } {
  let shape = byPath;
  let model: string | null = null;
  let texts: GrowingTexts | null = null;
  lines.forEach(({ start, end }, i) => {
    const place = {
      part: { kind: 'body' },
      path: `${around.path}/${i}`,
      label: around.label,
      zone: around.zone,
      layers: [],
      nested: 0,
    } as const;
    const root = parseJson(body, start, end);
    if (root === null) {
      collector.note({ level: 'full', reason: 'unparsed' });
      collector.text(validText(body.subarray(start, end)), { ...place, layers: [{ kind: 'raw', start, end }] });
      return;
    }
    if (direction === 'response' && isPiece(body, root)) {
      texts ??= new GrowingTexts(collector);
      texts.document(body, root, place.path);
      return;
    }
    const found = markLine(body, root, direction, byPath);
    shape ??= found;
    model ??= textOf(body, get(body, root, 'model'));
    walkJson(collector, body, root, found === null ? place : { ...place, zone: METADATA });
  });
  const grown = (texts as GrowingTexts | null)?.end();
  return { shape: shape ?? grown?.shape ?? null, model: model ?? grown?.model ?? null };
}

/** Whether a line is a piece of an answer that streams, not an answer by itself. */
function isPiece(body: Buffer, root: JsonNode): boolean {
  return readStreamEvent(body, root).deltas.length > 0;
}

function markLine(body: Buffer, root: JsonNode, direction: Direction, byPath: Shape | null): Shape | null {
  const found = markCall(body, root, direction);
  if (found !== null || byPath === null) return found;
  markBody(byPath, direction, body, root);
  return byPath;
}
