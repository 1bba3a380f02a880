/**
 * The answers of Google's pages as a framing of documents: a list that changes gets its length set right, all else passes
 * byte for byte.
 */
import { BatchSplitter } from '../extract/batch-answer.ts';
import { type Asking, asksNothing } from './stream/asking.ts';
import type { Documents, Framing } from './stream/framings.ts';

/** The length is the last thing before its list. */
const LENGTH = /(\d{1,10})(\s*)$/;

export class BatchFraming implements Framing {
  readonly #splitter = new BatchSplitter();
  readonly #documents: Documents;
  #between: Buffer = Buffer.alloc(0);

  constructor(documents: Documents) {
    this.#documents = documents;
  }

  *push(chunk: Buffer): Asking<Buffer[]> {
    const out: Buffer[] = [];
    for (const { kind, bytes } of this.#splitter.push(chunk)) {
      if (kind === 'list') out.push(...(yield* this.#list(bytes)));
      else {
        out.push(this.#between);
        this.#between = bytes;
      }
    }
    return out;
  }

  idle(): Asking<Buffer[]> {
    return asksNothing([]);
  }

  end(): Asking<Buffer[]> {
    return asksNothing([this.#between, this.#splitter.end()]);
  }

  *#list(bytes: Buffer): Asking<Buffer[]> {
    const between = this.#between;
    this.#between = Buffer.alloc(0);
    if (this.#documents.isUntouched(bytes)) return [between, bytes];
    const restored = yield* this.#documents.document(bytes, null);
    if (restored === null || !restored.changed) return [between, bytes];
    const grown = restored.data.toString('utf8').length - bytes.toString('utf8').length;
    const lengthened = between
      .toString('latin1')
      .replace(LENGTH, (_, length: string, space: string) => `${Number(length) + grown}${space}`);
    return [Buffer.from(lengthened, 'latin1'), restored.data];
  }
}
