/** Bodies made of many JSON documents, whole: an event stream (its growing texts joined) and NDJSON. */
import type { Direction } from '../../flow/decision.ts';
import { type Collector, validText } from './collector.ts';
import { get, type JsonNode, parseJson, stringBytes, textOf } from './json.ts';
import { type Marks, NO_MARKS } from './marks.ts';
import { markBody } from './providers.ts';
import { type Shape, shapeOfRequest, shapeOfResponse } from './shape.ts';
import { dataOf, fieldsOf, SseSplitter } from './sse.ts';
import { type Delta, readStreamEvent } from './stream-events.ts';
import { walkJson } from './walk.ts';
import { METADATA, type Zone, zone } from './zone.ts';

interface StreamResult {
  readonly shape: Shape | null;
  readonly model: string | null;
  readonly marks: Marks;
}

/**
 * Every event's data. A text that grows over events is one segment, put together and so without edits: what was cut
 * between two events is found in it.
 */
export function collectStream(collector: Collector, body: Buffer): StreamResult {
  const splitter = new SseSplitter();
  const grown = new Map<string, { delta: Delta; texts: Buffer[] }>();
  let shape: Shape | null = null;
  let model: string | null = null;
  let responseId: string | null = null;
  const pieces = splitter.push(body);
  const rest = splitter.end();
  if (rest.length > 0) pieces.push({ kind: 'event', bytes: rest });
  let index = 0;
  for (const { kind, bytes } of pieces) {
    if (collector.isOverfull) break;
    // Line breaks between events.
    if (kind === 'other' && bytes.length <= 2) continue;
    const place = {
      part: { kind: 'body' },
      path: `/${index}`,
      label: null,
      zone: zone('assistant', 'latest'),
      layers: [],
      nested: 0,
      fixed: true,
    } as const;
    const fields = fieldsOf(bytes);
    const data = kind === 'event' ? dataOf(bytes, fields) : Buffer.alloc(0);
    if (data.length === 0) {
      collector.text(validText(bytes), { ...place, path: '' });
      continue;
    }
    index++;
    const root = parseJson(data);
    if (root === null) {
      collector.text(validText(data), place);
      continue;
    }
    const event = readStreamEvent(data, root);
    shape ??= shapeOfResponse(data, root);
    model ??= textOf(data, get(data, root, 'model')) ?? textOf(data, get(data, root, 'modelVersion'));
    responseId ??= event.responseId;
    for (const delta of event.deltas) {
      const channel = grown.get(delta.channel) ?? { delta, texts: [] };
      channel.texts.push(stringBytes(data, delta.node));
      grown.set(delta.channel, channel);
      delta.node.zone = zone('assistant', 'latest', 'skip');
    }
    walkJson(collector, data, root, place);
  }
  for (const { delta, texts } of grown.values()) {
    const around = zone('assistant', 'latest', delta.form === 'signed' ? 'signed' : 'text');
    const label = delta.path.slice(delta.path.lastIndexOf('/') + 1);
    collector.text(Buffer.concat(texts), {
      part: { kind: 'body' },
      path: delta.path,
      label,
      zone: around,
      layers: [],
      nested: 0,
      fixed: true,
    });
  }
  return { shape, model, marks: { ...NO_MARKS, conversationId: responseId } };
}

export interface Line {
  readonly start: number;
  readonly end: number;
}

/** Lines of NDJSON that are not blank; null where one of them is no JSON object or list. */
export function linesOf(body: Buffer): Line[] | null {
  const lines: Line[] = [];
  for (let start = 0; start < body.length; ) {
    const feed = body.indexOf(0x0a, start);
    const end = feed === -1 ? body.length : feed;
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

/** NDJSON: each line a document with paths `/LINE/…`; a line that does not parse is text. */
export function collectLines(
  collector: Collector,
  body: Buffer,
  lines: readonly Line[],
  direction: Direction,
  byPath: Shape | null,
  around: Zone,
): { readonly shape: Shape | null; readonly model: string | null } {
  let shape = byPath;
  let model: string | null = null;
  lines.forEach(({ start, end }, i) => {
    const place = { part: { kind: 'body' }, path: `/${i}`, label: null, zone: around, layers: [], nested: 0 } as const;
    const root = parseJson(body, start, end);
    if (root === null) {
      collector.note({ level: 'full', reason: 'unparsed' });
      collector.text(validText(body.subarray(start, end)), { ...place, layers: [{ kind: 'raw', start, end }] });
      return;
    }
    const found = shapeOfLine(body, root, direction);
    shape ??= found;
    model ??= textOf(body, get(body, root, 'model'));
    if (found !== null) markBody(found, direction, body, root);
    walkJson(collector, body, root, found === null ? place : { ...place, zone: METADATA });
  });
  return { shape, model };
}

function shapeOfLine(body: Buffer, root: JsonNode, direction: Direction): Shape | null {
  if (direction === 'response') return shapeOfResponse(body, root);
  return shapeOfRequest(body, root, { host: '', hasAnthropicVersion: false });
}
