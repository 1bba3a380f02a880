/** `--redact`: the text of a source with a label in the place of each value, handed on a window at a time. */
import type { Scanner } from '../../engine/scan/scanner.ts';
import type { FindingFilter } from './entity-filter.ts';
import { redactSpan, type ScanOptions, scannedWindows } from './file-scan.ts';
import type { TextSource } from './source.ts';

/** How many values were replaced. Throws what reading the source throws. */
export async function redactSource(
  scanner: Scanner,
  filter: FindingFilter,
  source: TextSource,
  out: (text: string) => void,
  options: ScanOptions = {},
): Promise<number> {
  let count = 0;
  // A value that crosses a cut has been replaced whole: the next window goes on behind it.
  let replacedTo = 0;
  for await (const { window, findings } of scannedWindows(scanner, source.pieces, options)) {
    const chosen = findings.filter(filter);
    count += chosen.length;
    const to = Math.min(window.to, window.text.length);
    out(redactSpan(window.text, chosen, Math.max(window.from, replacedTo), to));
    replacedTo = Math.max(replacedTo, chosen.at(-1)?.end ?? 0) - window.step;
  }
  return count;
}
