/**
 * multipart bodies (RFC 2046 §5.1, RFC 7578): text fields and text files become segments, file names too; a part
 * that is no text is `opaque: media`. What does not keep to its boundary is not multipart, and is read as text.
 */
import { isText } from '../encodings/base64.ts';
import { type Collector, validText } from './collector.ts';
import { parseJson } from './json.ts';
import { collectLines, type Line, linesOf } from './stream-body.ts';
import { shownName } from './vocabulary.ts';
import { walkJson } from './walk.ts';
import { FILE, USER } from './zone.ts';

const MAX_PARTS = 10_000;

/** A part's spans in the body. */
export interface BodyPart {
  readonly head: { readonly start: number; readonly end: number };
  readonly content: { readonly start: number; readonly end: number };
}

/** The boundary parameter of a content type (RFC 2046 §5.1.1); null where there is none. */
export function boundaryOf(contentType: string): string | null {
  const match = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType);
  return match?.[1] ?? match?.[2] ?? null;
}

/** The parts, in order; null where the body is not made of them. */
export function partsOf(body: Buffer, boundary: string): BodyPart[] | null {
  const delimiter = Buffer.from(`--${boundary}`, 'latin1');
  const parts: BodyPart[] = [];
  let at = delimiterAt(body, delimiter, 0);
  while (at !== -1 && parts.length < MAX_PARTS) {
    const after = at + delimiter.length;
    if (body[after] === 0x2d && body[after + 1] === 0x2d) return parts;
    const line = body.indexOf(0x0a, after);
    if (line === -1) return null;
    const next = delimiterAt(body, delimiter, line + 1);
    if (next === -1) return null;
    const part = splitPart(body, line + 1, next);
    if (part === null) return null;
    parts.push(part);
    at = next;
  }
  return null;
}

/** The next delimiter that begins a line. */
function delimiterAt(body: Buffer, delimiter: Buffer, from: number): number {
  for (let at = body.indexOf(delimiter, from); at !== -1; at = body.indexOf(delimiter, at + 1)) {
    if (at === 0 || body[at - 1] === 0x0a) return at;
  }
  return -1;
}

function splitPart(body: Buffer, start: number, next: number): BodyPart | null {
  // The line break before a delimiter belongs to the delimiter.
  const end = body[next - 2] === 0x0d && next - 2 >= start ? next - 2 : next - 1;
  if (body[start] === 0x0a || (body[start] === 0x0d && body[start + 1] === 0x0a)) {
    const content = start + (body[start] === 0x0a ? 1 : 2);
    return { head: { start, end: start }, content: { start: content, end: Math.max(content, end) } };
  }
  const part = body.subarray(start, next);
  const crlf = part.indexOf('\r\n\r\n');
  const lf = part.indexOf('\n\n');
  const usesCrlf = crlf !== -1 && (lf === -1 || crlf < lf);
  if (crlf === -1 && lf === -1) return null;
  const headEnd = start + (usesCrlf ? crlf : lf);
  const content = headEnd + (usesCrlf ? 4 : 2);
  return { head: { start, end: headEnd }, content: { start: content, end: Math.max(content, end) } };
}

/** Collects the parts; false where the body is not multipart after all. */
export function collectMultipart(collector: Collector, body: Buffer, contentType: string): boolean {
  const boundary = boundaryOf(contentType);
  const parts = boundary === null ? null : partsOf(body, boundary);
  if (parts === null) return false;
  for (const part of parts) collectPart(collector, body, part);
  collectOutside(collector, body, parts);
  return true;
}

function collectPart(collector: Collector, body: Buffer, part: BodyPart): void {
  const head = body.toString('latin1', part.head.start, part.head.end);
  const name = parameterOf(head, 'name');
  const filename = parameterOf(head, 'filename');
  const path = `/part/${shownName(name?.value ?? '')}`;
  const isFile = filename !== null || parameterOf(head, 'filename\\*') !== null;
  const place = { part: { kind: 'body' }, path, label: name?.value ?? null, nested: 0 } as const;
  // The whole head is read: names, file names (RFC 5987 forms too) and whatever a client adds.
  const { start, end } = part.head;
  if (filename !== null) {
    const from = start + filename.at;
    const text = validText(body.subarray(from, from + filename.value.length));
    const layers = [{ kind: 'raw', start: from, end: from + filename.value.length }] as const;
    collector.text(text, { ...place, path: `${path}/filename`, label: 'filename', zone: FILE, layers });
  } else if (isFile) {
    const text = validText(body.subarray(start, end));
    collector.push(text, { ...place, path: `${path}/head`, label: null, zone: FILE, layers: [] }, true);
  }
  const zoneOfPart = isFile ? FILE : USER;
  const content = body.subarray(part.content.start, part.content.end);
  if (content.length === 0) return;
  const encoding = /^content-transfer-encoding:\s*([^\s;]+)/im.exec(head)?.[1]?.toLowerCase() ?? '8bit';
  if (encoding === 'base64') {
    const decoded = Buffer.from(content.toString('latin1'), 'base64');
    const layers = [{ kind: 'base64', ...part.content, urlSafe: false }] as const;
    if (isText(decoded)) {
      collector.textDocument(decoded, { ...place, zone: zoneOfPart, layers });
      collector.push(decoded, { ...place, zone: zoneOfPart, layers }, false);
    } else collector.binary(decoded, { ...place, zone: zoneOfPart, layers });
    return;
  }
  const isDeclaredText = /^content-type:\s*(?:text\/|application\/(?:[\w.+-]*json|xml|x-www-form))/im.test(head);
  if (!isText(content) && !(isDeclaredText && !content.includes(0))) {
    collector.binary(content, { ...place, zone: zoneOfPart, layers: [] });
    return;
  }
  collector.textDocument(content, { ...place, zone: zoneOfPart, layers: [] });
  const root = parseJson(body, part.content.start, part.content.end);
  if (root !== null && root.items.length > 0) {
    walkJson(collector, body, root, { ...place, zone: zoneOfPart, layers: [] });
    return;
  }
  const lines = linesOf(body, part.content.start, part.content.end);
  if (lines !== null) {
    collectLines(collector, body, lines, 'request', null, { path, label: place.label, zone: zoneOfPart });
    return;
  }
  collector.text(validText(content), { ...place, zone: zoneOfPart, layers: [{ kind: 'raw', ...part.content }] });
}

/** Spans of a part that are JSON documents of their own. */
export function documentsOf(body: Buffer, { content }: BodyPart): readonly Line[] {
  const isOne = parseJson(body, content.start, content.end) !== null;
  return isOne ? [content] : (linesOf(body, content.start, content.end) ?? [content]);
}

/** What stands before the first delimiter and behind the last one is ignored by readers, and read here all the same. */
function collectOutside(collector: Collector, body: Buffer, parts: readonly BodyPart[]): void {
  const first = parts[0]?.head.start ?? body.length;
  const last = parts.at(-1)?.content.end ?? 0;
  for (const text of [body.subarray(0, first), body.subarray(last)]) {
    // A delimiter line alone is at most 76 bytes with its dashes and breaks.
    if (text.length > 80) {
      const place = { part: { kind: 'body' }, path: '/part', label: null, zone: USER, layers: [], nested: 0 } as const;
      collector.push(validText(text), place, true);
    }
  }
}

/** A parameter of Content-Disposition and where its value stands in the head. */
function parameterOf(head: string, name: string): { value: string; at: number } | null {
  const match = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;"]+))`, 'i').exec(head);
  if (match === null) return null;
  const value = match[1] ?? match[2] ?? '';
  return { value, at: match.index + match[0].lastIndexOf(value) };
}
