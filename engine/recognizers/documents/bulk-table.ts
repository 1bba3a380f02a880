/** Tables with personal or financial data in row after row: CSV, tab-separated, Markdown, or the tuples of an INSERT. */
import type { Category } from '../../../flow/finding.ts';
import { MEDIUM } from '../../../flow/finding.ts';
import type { Passage, Sighting } from '../../scan/passage.ts';
import type { Recognizer } from '../../scan/recognizer.ts';
import { lineEnd, lineStart } from './document.ts';

/** Rows that make a table bulk. */
const MIN_ROWS = 10;
/** Rows without a finding between two with one. */
const MAX_GAP_ROWS = 2;
const OF_PEOPLE: ReadonlySet<Category> = new Set(['personal', 'government_id', 'financial', 'health', 'credential']);
const DELIMITERS = [0x2c, 0x09, 0x3b, 0x7c];

export const bulkTable: Recognizer = {
  name: 'bulk-csv-table',
  entity: 'BULK_CSV_TABLE',
  category: 'content',
  countries: [],
  finish(passage: Passage): void {
    if (passage.sightings.length < MIN_ROWS) return;
    const found = passage.sightings.filter((one) => one.score >= MEDIUM && OF_PEOPLE.has(one.recognizer.category));
    if (found.length < MIN_ROWS) return;
    let table: Table | null = null;
    let readTo = 0;
    for (const { start } of found.sort(byStart)) {
      // Each line is read once, however many findings it has.
      if (start < readTo) continue;
      readTo = Math.max(start + 1, lineEnd(passage.text, start));
      const row = rowAt(passage.text, lineStart(passage.text, start), readTo);
      if (table !== null && row !== null && belongsTo(passage.text, table, row)) {
        table.end = row.end;
        table.rows++;
        continue;
      }
      report(passage, table);
      table = row === null ? null : { ...row, rows: 1 };
    }
    report(passage, table);
  },
  hits: [
    {
      text: `name,mail\n${rowsOf(12)}`,
      value: rowsOf(12),
      atLeast: 0.8,
    },
  ],
  misses: [
    { text: `name,mail\n${rowsOf(5)}` },
    { text: `Mail to ${rowsOf(12).replaceAll('\n', ' ').replaceAll(',', ' ')}` },
  ],
};

interface Row {
  readonly start: number;
  end: number;
  readonly delimiter: number;
  readonly columns: number;
}

interface Table extends Row {
  rows: number;
}

function rowsOf(count: number): string {
  return Array.from({ length: count }, (_, i) => `user${i},user${i}@acme-corp.com`).join('\n');
}

function byStart(a: Sighting, b: Sighting): number {
  return a.start - b.start;
}

function report(passage: Passage, table: Table | null): void {
  if (table === null || table.rows < MIN_ROWS) return;
  passage.reportWhole(bulkTable, table.start, table.end, table.rows >= 50 ? 0.95 : 0.85);
}

/** The line as a row of a table; null where it has no delimiter. */
function rowAt(text: Buffer, start: number, end: number): Row | null {
  const counts = new Int32Array(128);
  for (let i = start; i < end; i++) {
    const byte = text[i] as number;
    if (byte < 128) counts[byte] = (counts[byte] as number) + 1;
  }
  let best: Row | null = null;
  for (const delimiter of DELIMITERS) {
    const columns = (counts[delimiter] as number) + 1;
    if (columns > 1 && (best === null || columns > best.columns)) best = { start, end, delimiter, columns };
  }
  return best;
}

/** The same delimiter about as often, at most a few rows on. */
function belongsTo(text: Buffer, table: Table, row: Row): boolean {
  if (row.delimiter !== table.delimiter || Math.abs(row.columns - table.columns) > 1) return false;
  let lines = 0;
  for (let i = table.end; i < row.start; i++) if (text[i] === 0x0a && ++lines > MAX_GAP_ROWS + 1) return false;
  return true;
}
