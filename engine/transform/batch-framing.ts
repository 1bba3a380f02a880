/**
 * The answers of Google's pages as a framing of documents: a list that changes gets its length set right, all else passes
 * byte for byte.
 */
import { BatchSplitter } from '../extract/batch-answer.ts';
import { DocumentRestorer } from './document-restorer.ts';
import type { Framing } from './stream-formats.ts';

/** The length is the last thing before its list. */
const LENGTH = /(\d{1,10})(\s*)$/;

export class BatchFraming implements Framing {
  readonly #splitter = new BatchSplitter();
  readonly #documents: DocumentRestorer;
  #between: Buffer = Buffer.alloc(0);
  readonly responseId = null;

  constructor(tokens: ReadonlyMap<string, string>) {
    this.#documents = new DocumentRestorer(tokens);
  }

  get restored(): number {
    return this.#documents.restored;
  }

  push(chunk: Buffer): Buffer[] {
    return this.#splitter.push(chunk).flatMap(({ kind, bytes }) => {
      if (kind === 'list') return this.#list(bytes);
      const before = this.#between;
      this.#between = bytes;
      return [before];
    });
  }

  end(): Buffer[] {
    return [this.#between, this.#splitter.end()];
  }

  #list(bytes: Buffer): Buffer[] {
    const between = this.#between;
    this.#between = Buffer.alloc(0);
    if (this.#documents.isUntouched(bytes)) return [between, bytes];
    const restored = this.#documents.document(bytes, null);
    if (restored === null || !restored.changed) return [between, bytes];
    const grown = restored.data.toString('utf8').length - bytes.toString('utf8').length;
    const lengthened = between
      .toString('latin1')
      .replace(LENGTH, (_, length: string, space: string) => `${Number(length) + grown}${space}`);
    return [Buffer.from(lengthened, 'latin1'), restored.data];
  }
}
