/**
 * Tokens put back in the JSON documents of a stream, one at a time: whole strings at once, growing texts with what a
 * cut token needs held back. Held text leaves before the document that ends its text, in a document of its own.
 */
import { WeirError } from '../../flow/errors.ts';
import type { Layer } from '../../flow/segment.ts';
import { Collector } from '../extract/collector.ts';
import { type JsonNode, parseJson, stringText } from '../extract/json.ts';
import { type Delta, readStreamEvent, type StreamEvent } from '../extract/stream-events.ts';
import { walkJson } from '../extract/walk.ts';
import { zone } from '../extract/zone.ts';
import { checkJson } from './check-json.ts';
import { TOKEN_FORM } from './conversation.ts';
import { applyTree, descend, type LayerTree, layerTree } from './layers.ts';
import { restoreText } from './token-text.ts';

/** What leaves in place of a document. */
export interface RestoredDocument {
  /** Documents with held text; they come before. */
  readonly before: readonly Held[];
  readonly data: Buffer;
  readonly changed: boolean;
}

/** Text held back, as a document ready to be sent. */
export interface Held {
  readonly text: string;
  readonly document: string;
  /** Name of the event that its last piece came in, in an event stream. */
  readonly event: string | null;
}

const SKIPPED = zone('assistant', 'latest', 'skip');

export class DocumentRestorer {
  readonly #tokens: ReadonlyMap<string, string>;
  readonly #held = new Map<string, Held>();
  restored = 0;
  responseId: string | null = null;

  constructor(tokens: ReadonlyMap<string, string>) {
    this.#tokens = tokens;
  }

  /** True when a document with these bytes may leave as it is, unread. */
  isUntouched(bytes: Buffer): boolean {
    // Two backslashes: a fragment of JSON text may end within an escape that opens a token.
    return this.#held.size === 0 && !bytes.includes(0x3c) && !bytes.includes('u003') && !bytes.includes('\\\\');
  }

  /** One document; null where it is not JSON. `event` is the name of the event around it, if any. */
  document(data: Buffer, event: string | null): RestoredDocument | null {
    const root = parseJson(data);
    if (root === null) return null;
    const read = readStreamEvent(data, root);
    this.responseId ??= read.responseId;
    const tree = layerTree();
    const restoredBefore = this.restored;
    this.#deltas(data, read, tree, event);
    this.#strings(data, root, tree);
    const before = this.flush(read.closes);
    if (tree.children.size === 0) return { before, data, changed: false };
    try {
      return { before, data: edited(data, tree), changed: true };
    } catch (error) {
      // An event that cannot be edited safely leaves as it came: the client sees the token, nobody sees a broken event.
      if (!(error instanceof WeirError)) throw error;
      this.restored = restoredBefore;
      return { before, data, changed: false };
    }
  }

  /** Takes out held text of channels whose names begin so. */
  flush(prefixes: readonly string[]): Held[] {
    if (prefixes.length === 0 || this.#held.size === 0) return [];
    const flushed: Held[] = [];
    for (const [channel, held] of this.#held) {
      if (!prefixes.some((prefix) => channel.startsWith(prefix))) continue;
      flushed.push(held);
      this.#held.delete(channel);
    }
    return flushed;
  }

  #deltas(data: Buffer, read: StreamEvent, tree: LayerTree, event: string | null): void {
    const last = new Map<string, Delta>();
    for (const delta of read.deltas) last.set(delta.channel, delta);
    for (const delta of read.deltas) {
      delta.node.zone = SKIPPED;
      if (delta.form === 'signed') continue;
      const text = stringText(data, delta.node);
      const whole = (this.#held.get(delta.channel)?.text ?? '') + text;
      const isLast =
        last.get(delta.channel) === delta && read.closes.some((prefix) => delta.channel.startsWith(prefix));
      const { text: settled, held, count } = restoreText(whole, delta.form, this.#tokens, isLast);
      this.restored += count;
      if (held === '') this.#held.delete(delta.channel);
      else this.#held.set(delta.channel, { text: held, document: delta.replay(held), event });
      if (settled === text) continue;
      const layer: Layer = { kind: 'json', start: delta.node.start + 1, end: delta.node.end - 1 };
      const bytes = Buffer.from(settled, 'utf8');
      descend(tree, [layer]).splices.push({ start: 0, end: Buffer.byteLength(text), bytes, order: 0 });
    }
  }

  /** All strings that come whole, JSON within strings included. */
  #strings(data: Buffer, root: JsonNode, tree: LayerTree): void {
    if (!data.includes(0x3c) && !data.includes('u003')) return;
    const collector = new Collector();
    const around = zone('assistant', 'latest');
    walkJson(collector, data, root, {
      part: { kind: 'body' },
      path: '',
      label: null,
      zone: around,
      layers: [],
      nested: 0,
    });
    for (const { text, layers, immutable, label } of collector.segments) {
      if (immutable && label !== null) continue;
      for (const { token, start, value } of tokensIn(text, this.#tokens)) {
        const bytes = Buffer.from(value, 'utf8');
        descend(tree, layers).splices.push({ start, end: start + token.length, bytes, order: 0 });
        this.restored++;
      }
    }
  }
}

/** A document with the edits of a tree carried out, and read again. */
function edited(data: Buffer, tree: LayerTree): Buffer {
  const { text, expected } = applyTree(tree, data);
  checkJson(data, { start: 0, end: data.length }, text, { start: 0, end: text.length }, expected);
  return text;
}

/** Issued tokens in a text, with the byte that each begins at and its value. */
export function tokensIn(
  text: Buffer,
  tokens: ReadonlyMap<string, string>,
): { readonly token: string; readonly start: number; readonly value: string }[] {
  if (!text.includes(0x3c)) return [];
  const found: { token: string; start: number; value: string }[] = [];
  // As latin1 an index is a byte; tokens are ASCII.
  for (const match of text.toString('latin1').matchAll(TOKEN_FORM)) {
    const value = tokens.get(match[0]);
    if (value !== undefined) found.push({ token: match[0], start: match.index, value });
  }
  return found;
}
