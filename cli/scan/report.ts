/** What a report is told while a scan runs, and the count of it all. A report prints; it decides nothing. */
import { type Coverage, coverageText } from '../../flow/coverage.ts';
import type { FileScan } from './file-scan.ts';
import type { UnreadSource } from './source.ts';

export interface Report {
  onScan(scan: FileScan): void;
  onUnread(source: UnreadSource): void;
  /** Once, at the end. */
  onEnd(tally: Tally, exitCode: number): void;
}

/** Counts over a whole scan. */
export class Tally {
  files = 0;
  bytes = 0;
  found = 0;
  allowed = 0;
  known = 0;
  isFailed = false;
  /** Files and folders by coverage: `full`, `opaque: binary`. */
  readonly coverage = new Map<string, number>();

  addScan(scan: FileScan): void {
    this.files++;
    this.bytes += scan.bytes;
    this.isFailed ||= scan.error !== null;
    this.#cover(scan.coverage);
    for (const { state } of scan.findings) {
      if (state === 'new') this.found++;
      else if (state === 'known') this.known++;
      else this.allowed++;
    }
  }

  addUnread(source: UnreadSource): void {
    this.isFailed ||= source.isError;
    this.#cover({ level: 'opaque', reason: source.reason });
  }

  #cover(coverage: Coverage): void {
    const text = coverageText(coverage);
    this.coverage.set(text, (this.coverage.get(text) ?? 0) + 1);
  }
}

export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
