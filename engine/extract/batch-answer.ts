/**
 * The answers of Google's pages (`batchexecute`, `StreamGenerate`): `)]}'`, then pieces that are each a length in
 * UTF-16 units, a line feed and a JSON list. Cut into lists and what stands between them without changing a byte.
 */
import type { Collector } from './collector.ts';
import { validText } from './collector.ts';
import { parseJson } from './json.ts';
import { walkJson } from './walk.ts';
import { zone } from './zone.ts';

/** Past this a list is not gathered any further; it leaves as it came. */
const MAX_LIST_BYTES = 32 * 1024 * 1024;

/** `between`: guard, lengths and line breaks; it always comes before the list that it belongs to. */
export type BatchPiece =
  | { readonly kind: 'between'; readonly bytes: Buffer }
  | { readonly kind: 'list'; readonly bytes: Buffer };

export function isBatchAnswer(body: Buffer): boolean {
  return body.length >= 4 && body.toString('latin1', 0, 4) === ")]}'";
}

export class BatchSplitter {
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;

  push(chunk: Buffer): BatchPiece[] {
    const pieces: BatchPiece[] = [];
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === 0x5c) this.#escaped = true;
        else if (byte === 0x22) this.#inString = false;
        continue;
      }
      // Between lists there are no strings: the guard holds a quote of the other kind.
      if (byte === 0x22 && this.#depth > 0) this.#inString = true;
      else if (byte === 0x5b || (byte === 0x7b && this.#depth > 0)) {
        if (this.#depth === 0) {
          pieces.push({ kind: 'between', bytes: this.#take(chunk.subarray(start, at)) });
          start = at;
        }
        this.#depth++;
      } else if ((byte === 0x5d || byte === 0x7d) && this.#depth > 0) {
        this.#depth--;
        if (this.#depth > 0) continue;
        pieces.push({ kind: 'list', bytes: this.#take(chunk.subarray(start, at + 1)) });
        start = at + 1;
      }
    }
    const rest = chunk.subarray(start);
    if (rest.length === 0) return pieces;
    this.#pending.push(Buffer.from(rest));
    this.#pendingBytes += rest.length;
    if (this.#pendingBytes > MAX_LIST_BYTES) pieces.push({ kind: 'between', bytes: this.#take(Buffer.alloc(0)) });
    return pieces;
  }

  /** What is left: line breaks, or a list that did not come whole. */
  end(): Buffer {
    return this.#take(Buffer.alloc(0));
  }

  #take(last: Buffer): Buffer {
    if (this.#pendingBytes === 0) return last;
    const bytes = Buffer.concat([...this.#pending, last]);
    this.#pending = [];
    this.#pendingBytes = 0;
    return bytes;
  }
}

/** Every string of every list, JSON in strings included; no edit can be made here, since lengths stand before. */
export function collectBatchAnswer(collector: Collector, body: Buffer): void {
  const splitter = new BatchSplitter();
  const around = zone('assistant', 'latest');
  let index = 0;
  for (const { kind, bytes } of splitter.push(body)) {
    if (kind === 'between') continue;
    const path = `/${index}`;
    index++;
    const place = {
      part: { kind: 'body' },
      path,
      label: null,
      zone: around,
      layers: [],
      nested: 0,
      fixed: true,
    } as const;
    const root = parseJson(bytes);
    if (root === null) collector.text(validText(bytes), place);
    else walkJson(collector, bytes, root, place);
  }
  const rest = splitter.end();
  if (rest.length > 2) {
    const place = {
      part: { kind: 'body' },
      path: '',
      label: null,
      zone: around,
      layers: [],
      nested: 0,
      fixed: true,
    } as const;
    collector.text(validText(rest), place);
  }
}
