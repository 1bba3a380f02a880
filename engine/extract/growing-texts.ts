/**
 * The documents of a stream as segments: strings that come whole stand where they are, and a text that grows over
 * documents is one segment, put together and so without edits: what was cut between two of them is found in it.
 */
import type { Collector } from './collector.ts';
import { get, type JsonNode, stringBytes, textOf } from './json.ts';
import { type Marks, NO_MARKS } from './marks.ts';
import { type Shape, shapeOfResponse } from './shape.ts';
import { type Delta, readStreamEvent } from './stream-events.ts';
import { walkJson } from './walk.ts';
import { zone } from './zone.ts';

export interface StreamResult {
  readonly shape: Shape | null;
  readonly model: string | null;
  readonly marks: Marks;
}

const PLACE = {
  part: { kind: 'body' },
  label: null,
  zone: zone('assistant', 'latest'),
  layers: [],
  nested: 0,
  fixed: true,
} as const;

export class GrowingTexts {
  readonly #collector: Collector;
  readonly #grown = new Map<string, { delta: Delta; texts: Buffer[] }>();
  #shape: Shape | null = null;
  #model: string | null = null;
  #responseId: string | null = null;

  constructor(collector: Collector) {
    this.#collector = collector;
  }

  /** A document of the stream. */
  document(data: Buffer, root: JsonNode, path: string): void {
    const event = readStreamEvent(data, root);
    this.#shape ??= shapeOfResponse(data, root);
    this.#model ??= textOf(data, get(data, root, 'model')) ?? textOf(data, get(data, root, 'modelVersion'));
    this.#responseId ??= event.responseId;
    for (const delta of event.deltas) {
      const channel = this.#grown.get(delta.channel) ?? { delta, texts: [] };
      channel.texts.push(stringBytes(data, delta.node));
      this.#grown.set(delta.channel, channel);
      delta.node.zone = zone('assistant', 'latest', 'skip');
    }
    walkJson(this.#collector, data, root, { ...PLACE, path });
  }

  /** Something else than a document. */
  text(text: Buffer, path: string): void {
    this.#collector.text(text, { ...PLACE, path });
  }

  /** After the last document: the texts that have grown. */
  end(): StreamResult {
    for (const { delta, texts } of this.#grown.values()) {
      const around = zone('assistant', 'latest', delta.form === 'signed' ? 'signed' : 'text');
      const label = delta.path.slice(delta.path.lastIndexOf('/') + 1);
      this.#collector.text(Buffer.concat(texts), { ...PLACE, path: delta.path, label, zone: around });
    }
    return { shape: this.#shape, model: this.#model, marks: { ...NO_MARKS, conversationId: this.#responseId } };
  }
}
