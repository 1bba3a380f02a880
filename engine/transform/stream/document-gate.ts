/**
 * What a response rule acts on, replaced in the JSON documents of a stream, one at a time: growing texts with what may
 * still become a value held back, whole strings at once. Where a whole text comes again, as OpenAI's last events repeat
 * it, it reads as it did the first time. Thinking that is signed is looked at and never changed.
 */
import { WeirError } from '../../../flow/errors.ts';
import type { Layer, Segment } from '../../../flow/segment.ts';
import { Collector, validText } from '../../extract/collector.ts';
import { withReadings } from '../../extract/documents.ts';
import { get, type JsonNode, parseJson, stringBytes, stringText, textOf } from '../../extract/json.ts';
import { shapeOfResponse } from '../../extract/shape.ts';
import { type Delta, readStreamEvent, type StreamEvent } from '../../extract/stream-events.ts';
import { walkJson } from '../../extract/walk.ts';
import { zone } from '../../extract/zone.ts';
import { checkJson } from '../check-json.ts';
import { applyTree, descend, type LayerTree, layerTree } from '../layers.ts';
import type { Asking } from './asking.ts';
import type { Documents, Held, PassedDocument } from './framings.ts';
import type { StreamJudge } from './judge.ts';
import { LooseTexts } from './loose-texts.ts';
import { type Unfolding, unfoldingText } from './unfolding-text.ts';

/** In a stream whose shape is not known, what may go on is waited for so many times `holdMs`: some wait for an answer. */
const LOOSE_WAIT = 10;
const AROUND = zone('assistant', 'latest');
const SKIPPED = zone('assistant', 'latest', 'skip');
/** Texts that were changed are known again, up to here in all, characters. */
const MAX_KNOWN = 4 * 1024 * 1024;

/** One text that grows over the documents. */
interface Channel {
  readonly text: Unfolding;
  /** Where it grew last; text that was held leaves in a document like that. */
  delta: Delta;
  event: string | null;
  received: string[];
  sent: string[];
}

export class DocumentGate implements Documents {
  readonly #judge: StreamJudge;
  readonly #holdMs: number;
  /** Texts of a stream in a shape that is not known. */
  readonly #loose: LooseTexts;
  readonly #channels = new Map<string, Channel>();
  /** Whole texts as they came, and as they were sent where something was replaced. */
  readonly #known = new Map<string, string>();
  #knownLength = 0;
  #count = 0;
  responseId: string | null = null;
  /** Why the answer cannot be judged any further; null while it can. */
  failure: string | null = null;

  constructor(judge: StreamJudge, holdMs: number) {
    this.#judge = judge;
    this.#holdMs = holdMs;
    this.#loose = new LooseTexts(judge, LOOSE_WAIT * holdMs);
  }

  get isOver(): boolean {
    return this.#judge.isBlocked || this.failure !== null;
  }

  /** When something is to be let go that waits for the clock alone; null where nothing does. */
  get dueAt(): number | null {
    let due = this.#loose.dueAt;
    for (const { text } of this.#channels.values()) {
      if (text.waitingSince !== null) due = Math.min(due ?? Number.POSITIVE_INFINITY, text.waitingSince + this.#holdMs);
    }
    return due;
  }

  isUntouched(): boolean {
    return false;
  }

  stray(): void {
    this.failure = 'the answer is not the stream of JSON documents that its content type says';
  }

  overlong(): void {
    this.failure = 'a single event of the answer is too large to be inspected';
  }

  *document(data: Buffer, event: string | null): Asking<PassedDocument | null> {
    const root = parseJson(data);
    if (root === null) return null;
    const read = readStreamEvent(data, root);
    this.responseId ??= read.responseId;
    this.#judge.shape ??= shapeOfResponse(data, root);
    this.#judge.model ??= textOf(data, get(data, root, 'model')) ?? textOf(data, get(data, root, 'modelVersion'));
    const tree = layerTree();
    const isLoose = this.#judge.shape === null && read.deltas.length + read.closes.length + this.#channels.size === 0;
    if (!isLoose && !this.#loose.isEmpty) yield* this.#loose.end();
    yield* this.#deltas(data, read, tree, event);
    // What is blocked already is not looked at again: it would be counted twice.
    const before = this.isOver ? [] : yield* this.flush(read.closes);
    const changed = yield* this.#strings(data, root, tree);
    this.#count++;
    if (isLoose) {
      yield* this.#loose.take(Buffer.from(data), root, tree, changed);
      return { before, data, changed: false, isWithheld: true };
    }
    if (tree.children.size === 0) return { before, data, changed: false };
    try {
      return { before, data: edited(data, tree), changed: true };
    } catch (error) {
      if (!(error instanceof WeirError)) throw error;
      this.failure = 'an event of the answer could not be edited safely';
      return null;
    }
  }

  released(): { data: Buffer; changed: boolean }[] {
    const released: { data: Buffer; changed: boolean }[] = [];
    for (const { data, tree } of this.#loose.released()) {
      if (tree.children.size === 0) {
        released.push({ data, changed: false });
        continue;
      }
      try {
        released.push({ data: edited(data, tree), changed: true });
      } catch (error) {
        if (!(error instanceof WeirError)) throw error;
        this.failure = 'an event of the answer could not be edited safely';
        break;
      }
    }
    return released;
  }

  *text(data: Buffer): Asking<string | null> {
    if (!this.#loose.isEmpty) yield* this.#loose.end();
    const text = validText(data);
    const { role, position } = AROUND;
    const part = { kind: 'body' } as const;
    const path = `/${this.#count++}`;
    const segment = { text, path, label: null, role, position, part, layers: [], immutable: false };
    const edits = yield* this.#judge.whole([segment]);
    if (edits.length === 0) return null;
    let out = '';
    let at = 0;
    for (const { start, end, replacement } of edits) {
      out += text.toString('utf8', at, start) + replacement;
      at = end;
    }
    return out + text.toString('utf8', at);
  }

  *flush(prefixes: readonly string[]): Asking<Held[]> {
    const held: Held[] = [];
    if (prefixes.includes('')) yield* this.#loose.end();
    for (const [name, channel] of prefixes.length === 0 ? [] : [...this.#channels]) {
      if (!prefixes.some((prefix) => name.startsWith(prefix))) continue;
      const rest = yield* this.#settle(channel, true, false);
      this.#channels.delete(name);
      this.#learn(channel);
      if (rest !== '') held.push({ document: channel.delta.replay(rest), event: channel.event });
    }
    return held;
  }

  *idle(): Asking<Held[]> {
    const held: Held[] = [];
    yield* this.#loose.idle();
    for (const channel of [...this.#channels.values()]) {
      const since = channel.text.waitingSince;
      if (since === null || this.#judge.at - since < this.#holdMs) continue;
      const rest = yield* this.#settle(channel, false, true);
      if (rest !== '') held.push({ document: channel.delta.replay(rest), event: channel.event });
    }
    return held;
  }

  *#deltas(data: Buffer, read: StreamEvent, tree: LayerTree, event: string | null): Asking<void> {
    const last = new Map<string, Delta>();
    for (const delta of read.deltas) last.set(delta.channel, delta);
    for (const delta of read.deltas) {
      delta.node.zone = SKIPPED;
      const text = stringText(data, delta.node);
      const channel = this.#channelOf(delta, event);
      const isLast =
        last.get(delta.channel) === delta && read.closes.some((prefix) => delta.channel.startsWith(prefix));
      channel.received.push(text);
      yield* channel.text.push({ text, raws: null });
      const settled = yield* this.#settle(channel, isLast, false);
      if (settled === text) continue;
      const layer: Layer = { kind: 'json', start: delta.node.start + 1, end: delta.node.end - 1 };
      const { length } = stringBytes(data, delta.node);
      descend(tree, [layer]).splices.push({ start: 0, end: length, bytes: Buffer.from(settled, 'utf8'), order: 0 });
    }
  }

  #channelOf(delta: Delta, event: string | null): Channel {
    const known = this.#channels.get(delta.channel);
    if (known !== undefined) {
      known.delta = delta;
      known.event = event;
      return known;
    }
    const { role, position } = AROUND;
    const label = delta.path.slice(delta.path.lastIndexOf('/') + 1);
    const place = { path: delta.path, label, role, position, immutable: delta.form === 'signed' };
    const channel = { text: unfoldingText(this.#judge, place), delta, event, received: [], sent: [] };
    this.#channels.set(delta.channel, channel);
    return channel;
  }

  *#settle(channel: Channel, isLast: boolean, isIdle: boolean): Asking<string> {
    yield* channel.text.settle(isLast, isIdle);
    const settled = channel.text.take();
    if (settled !== '') channel.sent.push(settled);
    return settled;
  }

  /** A text that is there whole may come again. */
  #learn({ received, sent }: Channel): void {
    const original = received.join('');
    const written = sent.join('');
    if (original === written || this.#knownLength + original.length > MAX_KNOWN) return;
    this.#knownLength += original.length;
    this.#known.set(original, written);
  }

  /** All strings that come whole, JSON within strings included; where the strings begin of which something within is replaced. */
  *#strings(data: Buffer, root: JsonNode, tree: LayerTree): Asking<ReadonlySet<number>> {
    const changed = new Set<number>();
    const again = this.#known.size === 0 ? [] : this.#repeated(data, root, []);
    const collector = new Collector();
    walkJson(collector, data, root, {
      part: { kind: 'body' },
      path: `/${this.#count}`,
      label: null,
      zone: AROUND,
      layers: [],
      nested: 0,
    });
    this.#judge.lessen(collector.coverage);
    if (collector.isOverfull) {
      this.overlong();
      return changed;
    }
    const segments = yield* this.#withDocuments(collector);
    for (const { segment, start, end, replacement } of yield* this.#judge.whole(segments)) {
      const { layers, text } = collector.segments[segment] as (typeof collector.segments)[number];
      if (again.some(({ node }) => layers[0]?.start === node.start + 1)) continue;
      if (layers.length > 1) changed.add(layers[0]?.start ?? -1);
      descend(tree, layers, text).splices.push({ start, end, bytes: Buffer.from(replacement, 'utf8'), order: 0 });
    }
    for (const { node, written } of again) {
      const layer: Layer = { kind: 'json', start: node.start + 1, end: node.end - 1 };
      const { length } = stringBytes(data, node);
      descend(tree, [layer]).splices.push({ start: 0, end: length, bytes: Buffer.from(written, 'utf8'), order: 0 });
    }
    return changed;
  }

  /** The texts of an event, and of the documents in it: it does not leave before they are read. */
  *#withDocuments({ segments, documents, coverage }: Collector): Asking<readonly Segment[]> {
    if (documents.length === 0) return segments;
    const readings = yield* this.#judge.readings(documents);
    const read = withReadings(segments, { list: documents, coverageBeside: coverage }, readings);
    this.#judge.lessen(read.coverage);
    return read.segments;
  }

  /** Strings that are texts which were changed when they came in pieces. */
  #repeated(data: Buffer, node: JsonNode, found: { node: JsonNode; written: string }[]): typeof found {
    if (node.kind === 'string' && node.zone?.treatment !== 'skip') {
      const written = this.#known.get(stringText(data, node));
      if (written !== undefined) found.push({ node, written });
    }
    for (const item of node.items) this.#repeated(data, item, found);
    return found;
  }
}

/** A document with the edits of a tree carried out, and read again. */
function edited(data: Buffer, tree: LayerTree): Buffer {
  const { text, expected } = applyTree(tree, data);
  checkJson(data, { start: 0, end: data.length }, text, { start: 0, end: text.length }, expected);
  return text;
}
