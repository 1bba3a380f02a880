/**
 * Rows as `COPY` and dumps write them: tab-separated with backslash escapes, or CSV with quotes. The bytes come in
 * pieces; as many rows as there is room for are told, a cell each.
 */
import { cellPath } from './statement-texts.ts';
import { SAMPLED, type TextSample } from './text-sample.ts';

export interface CopiedFormat {
  readonly isCsv: boolean;
  readonly columns: readonly string[] | null;
}

export class CopiedRows {
  readonly #sample: TextSample;
  readonly #format: CopiedFormat;
  readonly #maxBytes: number;
  #pieces: Buffer[] = [];
  #kept = 0;

  constructor(sample: TextSample, format: CopiedFormat, maxBytes: number) {
    this.#sample = sample;
    this.#format = format;
    this.#maxBytes = maxBytes;
  }

  get isFull(): boolean {
    return this.#kept >= this.#maxBytes;
  }

  push(bytes: Buffer): void {
    const kept = bytes.subarray(0, this.#maxBytes - this.#kept);
    if (kept.length < bytes.length) this.#sample.note(SAMPLED);
    if (kept.length > 0) this.#pieces.push(Buffer.from(kept));
    this.#kept += kept.length;
  }

  end(): void {
    const text = Buffer.concat(this.#pieces).toString('utf8');
    this.#pieces = [];
    const rows = this.#format.isCsv ? csvRows(text) : tabRows(text);
    for (const [row, cells] of rows.entries()) {
      for (const [index, cell] of cells.entries()) {
        const column = this.#format.columns?.[index];
        this.#sample.addText(cellPath(row, column ?? index), column ?? null, cell);
      }
    }
  }
}

function tabRows(text: string): readonly (readonly string[])[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && line !== '\\.')
    .map((line) => line.split('\t').map((cell) => (cell === '\\N' ? '' : cell.replace(/\\(.)/g, unescaped))));
}

function unescaped(_: string, char: string): string {
  return char === 'n' ? '\n' : char === 't' ? '\t' : char === 'r' ? '\r' : char;
}

/** RFC 4180; a quote that never closes goes to the end. */
export function csvRows(text: string, separator = ','): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (let at = 0; at <= text.length; ) {
    let cell = '';
    if (text[at] === '"') {
      let end = text.indexOf('"', at + 1);
      while (end !== -1 && text[end + 1] === '"') end = text.indexOf('"', end + 2);
      cell = text.slice(at + 1, end === -1 ? text.length : end).replaceAll('""', '"');
      at = end === -1 ? text.length : end + 1;
    }
    let end = at;
    while (end < text.length && text[end] !== separator && text[end] !== '\n') end++;
    row.push(cell + text.slice(at, end).replace(/\r$/, ''));
    if (end >= text.length || text[end] === '\n') {
      if (row.length > 1 || row[0] !== '') rows.push(row);
      row = [];
    }
    at = end + 1;
  }
  return rows;
}
