/**
 * Streams of a shape that nobody has told: any string of a document may go on in the next one, at the same place. Each
 * string is a text of its own, and those of one place are put together as well; a document waits, whole and in its order,
 * while one of its strings could still be the beginning of a value.
 */
import type { Layer } from '../../../flow/segment.ts';
import { type JsonNode, stringBytes, stringText } from '../../extract/json.ts';
import { shownName } from '../../extract/vocabulary.ts';
import { descend, type LayerTree } from '../layers.ts';
import type { Asking } from './asking.ts';
import { GrowingText } from './growing-text.ts';
import type { StreamJudge } from './judge.ts';

/** Names of what says something of the document and does not grow. */
export const FIELD =
  /^(?:.*[_-])?(?:id|uuid|type|event|object|model|role|status|kind|time|timestamp|created|updated|date|version|seq|sequence|index|reason|level)(?:_?at)?$/i;
/** Texts at more places than this do not grow together. */
const MAX_TEXTS = 64;
/** A text that so many documents in a row do not go on with has ended. */
const MAX_MISSES = 3;

/** One string of a document. */
interface Cell {
  readonly node: JsonNode;
  readonly text: string;
  /** Characters that have not been let go. */
  left: number;
  /** What is replaced in it, in characters. */
  readonly edits: { readonly start: number; readonly end: number; readonly replacement: string }[];
}

interface LooseText {
  readonly growing: GrowingText;
  /** Cells that are not let go whole, in order. */
  readonly cells: Cell[];
  previous: string;
  /** When it grew last; null where nothing of it waits. */
  since: number | null;
  /** Documents since then in which it did not grow. */
  misses: number;
}

export interface LooseDocument {
  readonly data: Buffer;
  readonly tree: LayerTree;
  readonly cells: readonly Cell[];
}

export class LooseTexts {
  readonly #judge: StreamJudge;
  /** How long a text that may go on is waited for. */
  readonly #waitMs: number;
  readonly #texts = new Map<string, LooseText>();
  readonly #waiting: LooseDocument[] = [];

  constructor(judge: StreamJudge, waitMs: number) {
    this.#judge = judge;
    this.#waitMs = waitMs;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  get dueAt(): number | null {
    let due: number | null = null;
    for (const { since } of this.#texts.values()) {
      if (since !== null) due = Math.min(due ?? Number.POSITIVE_INFINITY, since + this.#waitMs);
    }
    return due;
  }

  /** Takes a document in; `changed` are the strings of which something within is replaced already, as JSON or base64. */
  *take(data: Buffer, root: JsonNode, tree: LayerTree, changed: ReadonlySet<number>): Asking<void> {
    const cells: Cell[] = [];
    yield* this.#strings(data, root, '', null, changed, cells);
    this.#waiting.push({ data, tree, cells });
    for (const [path, text] of this.#texts) if (++text.misses >= MAX_MISSES) yield* this.#close(path);
  }

  /** Documents of which nothing waits any more, in order, with what was replaced in their trees. */
  released(): LooseDocument[] {
    const released: LooseDocument[] = [];
    for (let next = this.#waiting[0]; next?.cells.every(({ left }) => left === 0) === true; next = this.#waiting[0]) {
      this.#waiting.shift();
      for (const { node, text, edits } of next.cells) {
        if (edits.length === 0) continue;
        const layer: Layer = { kind: 'json', start: node.start + 1, end: node.end - 1 };
        // Where it was replaced by itself as well, the wider words hold for both.
        const { splices } = descend(next.tree, [layer], stringBytes(next.data, node));
        for (const { start, end, replacement } of edits) {
          const from = Buffer.byteLength(text.slice(0, start));
          const to = from + Buffer.byteLength(text.slice(start, end));
          splices.push({ start: from, end: to, bytes: Buffer.from(replacement, 'utf8'), order: -1 });
        }
      }
      released.push(next);
    }
    return released;
  }

  /** Nothing goes on behind what has come. */
  *end(): Asking<void> {
    for (const text of this.#texts.values()) yield* this.#settle(text, true, false);
    this.#texts.clear();
  }

  *idle(): Asking<void> {
    for (const [path, text] of this.#texts) {
      if (text.since === null || this.#judge.at - text.since < this.#waitMs) continue;
      yield* this.#settle(text, true, false);
      this.#texts.delete(path);
    }
  }

  *#strings(
    data: Buffer,
    node: JsonNode,
    path: string,
    label: string | null,
    changed: ReadonlySet<number>,
    cells: Cell[],
  ): Asking<void> {
    if (node.kind === 'string') {
      const text = stringText(data, node);
      if (text !== '' && !changed.has(node.start + 1)) yield* this.#grow(node, text, path, label, cells);
      else yield* this.#close(path);
      return;
    }
    for (let i = 0; i < node.items.length; i++) {
      const key = node.keys[i];
      const name = key === undefined ? String(i) : stringText(data, key);
      const inner = `${path}/${key === undefined ? name : shownName(name)}`;
      yield* this.#strings(data, node.items[i] as JsonNode, inner, key === undefined ? label : name, changed, cells);
    }
  }

  *#grow(node: JsonNode, text: string, path: string, label: string | null, cells: Cell[]): Asking<void> {
    const known = this.#texts.get(path);
    // The same once more is a name or a state, unless it could be digits of a number.
    const isField = (label !== null && FIELD.test(label)) || (known?.previous === text && !/\d/.test(text));
    if (isField || (known === undefined && this.#texts.size >= MAX_TEXTS)) return yield* this.#close(path);
    const place = { path, label, role: 'assistant', position: 'latest', immutable: false, isAgain: true } as const;
    const grown: LooseText = known ?? {
      growing: new GrowingText(this.#judge, place),
      cells: [],
      previous: '',
      since: null,
      misses: 0,
    };
    this.#texts.set(path, grown);
    const cell: Cell = { node, text, left: text.length, edits: [] };
    cells.push(cell);
    grown.cells.push(cell);
    grown.previous = text;
    grown.since = this.#judge.at;
    grown.misses = -1;
    grown.growing.push(text);
    yield* this.#settle(grown, false, true);
  }

  /** What comes at that place is another text. */
  *#close(path: string): Asking<void> {
    const text = this.#texts.get(path);
    if (text === undefined) return;
    yield* this.#settle(text, true, false);
    this.#texts.delete(path);
  }

  *#settle(text: LooseText, isLast: boolean, isIdle: boolean): Asking<void> {
    for (const { length, replacement } of yield* text.growing.settle(isLast, isIdle)) {
      let left = length;
      let words = replacement;
      while (left > 0) {
        const cell = text.cells[0];
        if (cell === undefined) return;
        const at = cell.text.length - cell.left;
        const taken = Math.min(left, cell.left);
        // What is put in a value's place stands where it began.
        if (words !== null) cell.edits.push({ start: at, end: at + taken, replacement: words });
        if (words !== null) words = '';
        cell.left -= taken;
        left -= taken;
        if (cell.left === 0) text.cells.shift();
      }
    }
    if (text.cells.length === 0) text.since = null;
  }
}
