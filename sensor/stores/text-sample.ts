/**
 * The texts of one message, as many as its sample has room for. What does not fit is counted and said in the coverage.
 */
import { type Coverage, FULL, truncated, worseCoverage } from '../../flow/coverage.ts';
import type { StoreText } from './store-message.ts';

/** Thousands of tiny cells would cost more than their bytes. */
const MAX_TEXTS = 1000;

export const SAMPLED: Coverage = truncated('sampled');

/** One step of a JSON Pointer (RFC 6901). */
export function step(name: string | number): string {
  return `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

export class TextSample {
  readonly texts: StoreText[] = [];
  #left: number;
  #coverage: Coverage = FULL;

  constructor(maxBytes: number) {
    this.#left = maxBytes;
  }

  get coverage(): Coverage {
    return this.#coverage;
  }

  get isFull(): boolean {
    return this.#left <= 0 || this.texts.length >= MAX_TEXTS;
  }

  /** Takes a copy, since the bytes lie in a buffer that is larger and lives shorter. Empty texts are none. */
  add(path: string, label: string | null, text: Buffer, role: StoreText['role'] = 'file'): void {
    if (text.length === 0) return;
    if (this.isFull) {
      this.note(SAMPLED);
      return;
    }
    const kept = text.length > this.#left ? text.subarray(0, this.#left) : text;
    if (kept.length < text.length) this.note(SAMPLED);
    this.texts.push({ path, label, text: Buffer.from(kept), role });
    this.#left -= kept.length;
  }

  addText(path: string, label: string | null, text: string, role: StoreText['role'] = 'file'): void {
    if (text !== '') this.add(path, label, Buffer.from(text, 'utf8'), role);
  }

  /** Something was not looked at. */
  note(coverage: Coverage): void {
    this.#coverage = worseCoverage(this.#coverage, coverage);
  }
}
