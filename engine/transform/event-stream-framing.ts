/**
 * Amazon's event stream as a framing of documents: a message whose document changes is made anew, lengths and both CRCs
 * with it; every other message passes byte for byte. InvokeModel's chunks hold their document in base64.
 */
import { chunkOf, EventStreamSplitter, encodeHeaders, encodeMessage, messageOf } from '../extract/event-stream.ts';
import { parseJson } from '../extract/json.ts';
import type { Asking } from './stream/asking.ts';
import type { Documents, Framing, Held } from './stream/framings.ts';

export class EventStreamFraming implements Framing {
  readonly #splitter = new EventStreamSplitter();
  readonly #documents: Documents;
  /** Headers (encoded) that messages of a type came with, for those that are made of text held back. */
  readonly #headers = new Map<string | null, Buffer>();
  #areChunks = false;

  constructor(documents: Documents) {
    this.#documents = documents;
  }

  *push(chunk: Buffer): Asking<Buffer[]> {
    const out: Buffer[] = [];
    for (const { kind, bytes } of this.#splitter.push(chunk)) {
      if (this.#documents.isOver) break;
      if (kind === 'message') out.push(...(yield* this.#message(bytes)));
      else {
        this.#documents.stray();
        if (!this.#documents.isOver) out.push(bytes);
      }
    }
    return out;
  }

  *idle(): Asking<Buffer[]> {
    return (yield* this.#documents.idle()).map((held) => this.#asMessage(held));
  }

  *end(): Asking<Buffer[]> {
    const held = yield* this.#documents.flush(['']);
    if (this.#documents.isOver) return [];
    const rest = this.#splitter.end();
    if (rest.length > 0) this.#documents.stray();
    return this.#documents.isOver ? [] : [...held.map((one) => this.#asMessage(one)), rest];
  }

  *#message(bytes: Buffer): Asking<Buffer[]> {
    const { headers, payload, type } = messageOf(bytes);
    const root = parseJson(payload);
    if (root === null) {
      // A payload that is no JSON is nothing that a client of a model reads.
      if (payload.length > 0) this.#documents.stray();
      return this.#documents.isOver ? [] : [bytes];
    }
    const chunk = chunkOf(payload, root);
    const data = chunk?.document ?? payload;
    if (this.#documents.isUntouched(data)) return [bytes];
    this.#areChunks = chunk !== null;
    this.#headers.set(type, Buffer.from(headers));
    const restored = yield* this.#documents.document(data, type);
    if (this.#documents.isOver) return [];
    if (restored === null) return [bytes];
    const before = restored.before.map((held) => this.#asMessage(held));
    if (!restored.changed) return [...before, bytes];
    if (chunk === null) return [...before, encodeMessage(headers, restored.data)];
    const { start, end } = chunk.node;
    const wrapped = Buffer.concat([
      payload.subarray(0, start + 1),
      Buffer.from(restored.data.toString('base64'), 'latin1'),
      payload.subarray(end - 1),
    ]);
    return [...before, encodeMessage(headers, wrapped)];
  }

  #asMessage(held: Held): Buffer {
    const headers = this.#headers.get(held.event) ?? eventHeaders(held.event ?? 'chunk');
    const document = Buffer.from(held.document, 'utf8');
    if (!this.#areChunks) return encodeMessage(headers, document);
    return encodeMessage(headers, Buffer.from(`{"bytes":"${document.toString('base64')}"}`, 'latin1'));
  }
}

function eventHeaders(type: string): Buffer {
  return encodeHeaders({ ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' });
}
