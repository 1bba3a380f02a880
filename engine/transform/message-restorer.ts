/**
 * Tokens put back in a stream that comes message by message (WebSocket), each a JSON document or text of its own. A token
 * that is cut between two messages is put together; the text held back for it leaves in a message of its own, before the
 * one that ends its text.
 */
import { isUtf8 } from 'node:buffer';
import { withoutAsking } from './stream/asking.ts';
import { DocumentRestorer } from './stream/document-restorer.ts';
import { restoreText } from './token-text.ts';

export class MessageRestorer {
  readonly #tokens: ReadonlyMap<string, string>;
  readonly #documents: DocumentRestorer;

  /** `tokens` may get more while the stream goes on. */
  constructor(tokens: ReadonlyMap<string, string>) {
    this.#tokens = tokens;
    this.#documents = new DocumentRestorer(tokens, false);
  }

  /** The messages that leave in place of one, in order; the last stands for it. The same buffer where nothing changes. */
  message(data: Buffer): readonly Buffer[] {
    if (this.#tokens.size === 0 || this.#documents.isUntouched(data)) return [data];
    const restored = withoutAsking(this.#documents.document(data, null));
    if (restored === null) return [this.#text(data)];
    return [...restored.before.map(({ document }) => Buffer.from(document, 'utf8')), restored.data];
  }

  /** What is still held when the stream ends. */
  end(): readonly Buffer[] {
    return withoutAsking(this.#documents.flush([''])).map(({ document }) => Buffer.from(document, 'utf8'));
  }

  #text(data: Buffer): Buffer {
    if (!data.includes(0x3c) || !isUtf8(data)) return data;
    const { text, count } = restoreText(data.toString('utf8'), 'text', this.#tokens, true);
    return count === 0 ? data : Buffer.from(text, 'utf8');
  }
}
