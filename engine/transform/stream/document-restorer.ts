/**
 * Tokens put back in the JSON documents of a stream, one at a time: whole strings at once, growing texts with what a
 * cut token needs held back. Held text leaves before the document that ends its text, in a document of its own.
 */
import { WeirError } from '../../../flow/errors.ts';
import type { Layer } from '../../../flow/segment.ts';
import { Collector } from '../../extract/collector.ts';
import { type JsonNode, parseJson, stringText } from '../../extract/json.ts';
import { type Delta, readStreamEvent, type StreamEvent } from '../../extract/stream-events.ts';
import { walkJson } from '../../extract/walk.ts';
import { zone } from '../../extract/zone.ts';
import { checkJson } from '../check-json.ts';
import { TOKEN_FORM } from '../conversation.ts';
import { applyTree, descend, type LayerTree, layerTree } from '../layers.ts';
import { restoreText } from '../token-text.ts';
import { type Asking, asksNothing } from './asking.ts';
import type { Documents, Held, PassedDocument } from './framings.ts';

/** Held text by channel. */
interface HeldText extends Held {
  readonly text: string;
}

const SKIPPED = zone('assistant', 'latest', 'skip');

export class DocumentRestorer implements Documents {
  readonly isOver = false;
  readonly #tokens: ReadonlyMap<string, string>;
  /** Where the response's id is wanted, the first documents are read even without a token in them. */
  readonly #wantsId: boolean;
  readonly #held = new Map<string, HeldText>();
  restored = 0;
  responseId: string | null = null;

  constructor(tokens: ReadonlyMap<string, string>, wantsId: boolean) {
    this.#tokens = tokens;
    this.#wantsId = wantsId;
  }

  isUntouched(bytes: Buffer): boolean {
    if (this.#wantsId && this.responseId === null) return false;
    // Two backslashes: a fragment of JSON text may end within an escape that opens a token.
    return this.#held.size === 0 && !bytes.includes(0x3c) && !bytes.includes('u003') && !bytes.includes('\\\\');
  }

  document(data: Buffer, event: string | null): Asking<PassedDocument | null> {
    return asksNothing(this.#document(data, event));
  }

  #document(data: Buffer, event: string | null): PassedDocument | null {
    const root = parseJson(data);
    if (root === null) return null;
    const read = readStreamEvent(data, root);
    this.responseId ??= read.responseId;
    const tree = layerTree();
    const restoredBefore = this.restored;
    this.#deltas(data, read, tree, event);
    this.#strings(data, root, tree);
    const before = this.#flush(read.closes);
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

  /** Its whole tokens, a value's lines as lines of data. */
  text(data: Buffer): Asking<string | null> {
    const { text, count } = restoreText(data.toString('utf8'), 'text', this.#tokens, true);
    this.restored += count;
    return asksNothing(count === 0 ? null : text);
  }

  flush(prefixes: readonly string[]): Asking<Held[]> {
    return asksNothing(this.#flush(prefixes));
  }

  /** Only what has begun as a token waits, and that waits as long as it takes. */
  idle(): Asking<Held[]> {
    return asksNothing([]);
  }

  released(): [] {
    return [];
  }

  stray(): void {
    // Nothing is put back there.
  }

  overlong(): void {
    // It leaves as it came: the client sees the tokens in it.
  }

  #flush(prefixes: readonly string[]): Held[] {
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
