/**
 * Amazon's event stream as a framing of documents: a message whose document changes is made anew, lengths and both CRCs
 * with it; every other message passes byte for byte. InvokeModel's chunks hold their document in base64.
 */
import { chunkOf, EventStreamSplitter, encodeHeaders, encodeMessage, messageOf } from '../extract/event-stream.ts';
import { parseJson } from '../extract/json.ts';
import { DocumentRestorer, type Held } from './document-restorer.ts';
import type { Framing } from './stream-formats.ts';

export class EventStreamFraming implements Framing {
  readonly #splitter = new EventStreamSplitter();
  readonly #documents: DocumentRestorer;
  /** Headers (encoded) that messages of a type came with, for those that are made of text held back. */
  readonly #headers = new Map<string | null, Buffer>();
  #areChunks = false;

  constructor(tokens: ReadonlyMap<string, string>) {
    this.#documents = new DocumentRestorer(tokens);
  }

  get restored(): number {
    return this.#documents.restored;
  }

  get responseId(): string | null {
    return this.#documents.responseId;
  }

  push(chunk: Buffer): Buffer[] {
    return this.#splitter
      .push(chunk)
      .flatMap(({ kind, bytes }) => (kind === 'message' ? this.#message(bytes) : [bytes]));
  }

  end(): Buffer[] {
    return [...this.#documents.flush(['']).map((held) => this.#asMessage(held)), this.#splitter.end()];
  }

  #message(bytes: Buffer): Buffer[] {
    const { headers, payload, type } = messageOf(bytes);
    const root = parseJson(payload);
    if (root === null) return [bytes];
    const chunk = chunkOf(payload, root);
    const data = chunk?.document ?? payload;
    if (this.#documents.isUntouched(data)) return [bytes];
    this.#areChunks = chunk !== null;
    this.#headers.set(type, Buffer.from(headers));
    const restored = this.#documents.document(data, type);
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
