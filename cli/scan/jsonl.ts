/** `--jsonl`: a line `{"id","text"}` in, a line of findings out, in order; a line that cannot be read is named and does not end the rest. */
import type { NameReader } from '../../engine/names/given.ts';
import { utf16Offsets } from '../../engine/scan/offsets.ts';
import type { Scanner } from '../../engine/scan/scanner.ts';
import { type Coverage, FULL, worseCoverage } from '../../flow/coverage.ts';
import type { CommandContext } from '../command.ts';
import { cleanText } from '../log/clean-text.ts';
import type { FindingFilter } from './entity-filter.ts';
import { NOT_DECODED, namesIn } from './file-scan.ts';
import { findingRecord } from './json-report.ts';
import type { Source } from './source.ts';
import { reasonOf } from './source.ts';
import { printUnread } from './text-report.ts';
import type { Pieces } from './windows.ts';

/** A longer line is told and passed by, bytes. A string of JavaScript ends at twice that. */
const MAX_LINE = 256 << 20;

/** Resolves to the exit code. */
export async function scanLines(
  context: CommandContext,
  sources: AsyncIterable<Source>,
  scanner: Scanner,
  filter: FindingFilter,
  { isExplained, readNames }: { readonly isExplained: boolean; readonly readNames: NameReader | null },
): Promise<number> {
  let isFailed = false;
  let isFound = false;
  let coverage = FULL;
  const onTruncated = (missing: Coverage): void => {
    coverage = worseCoverage(coverage, missing);
  };
  const hints = { label: null, role: null, isExplained, onTruncated: () => onTruncated(NOT_DECODED) };
  for await (const source of sources) {
    if (source.kind === 'unread') {
      printUnread(context, source);
      isFailed ||= source.isError;
      continue;
    }
    const refuse = (number: number, why: string): void => {
      context.err(`${cleanText(source.name)}:${number}: ${why}\n`);
      isFailed = true;
    };
    let number = 0;
    try {
      for await (const line of linesOf(source.pieces)) {
        number++;
        if (line === null) {
          refuse(number, 'longer than 256 MiB');
          continue;
        }
        if (line.trim() === '') continue;
        const entry = parseEntry(line);
        if (typeof entry === 'string') {
          refuse(number, entry);
          continue;
        }
        const text = Buffer.from(entry.text, 'utf8');
        coverage = FULL;
        const names = await namesIn(text, readNames, onTruncated);
        const findings = scanner.scan(text, { ...hints, names }).filter(filter);
        isFound ||= findings.length > 0;
        const offsets = utf16Offsets(
          text,
          findings.flatMap((finding) => [finding.start, finding.end]),
        );
        const records = findings.map((finding, index) =>
          findingRecord(finding, offsets[index * 2] ?? 0, offsets[index * 2 + 1] ?? 0),
        );
        context.out(`${JSON.stringify({ id: entry.id, findings: records, coverage })}\n`);
      }
    } catch (error) {
      if (!(error instanceof Error && 'syscall' in error)) throw error;
      refuse(number + 1, reasonOf(error));
    }
  }
  return isFailed ? 2 : isFound ? 1 : 0;
}

/** Lines end with a line feed alone: JSON may hold U+2028, at which others cut. Null for one that is too long. */
export async function* linesOf(pieces: Pieces, maxLine = MAX_LINE): AsyncGenerator<string | null> {
  let held: Buffer[] = [];
  let length = 0;
  const add = (part: Buffer): void => {
    length += part.length;
    if (length <= maxLine) held.push(part);
    else held = [];
  };
  const take = (): string | null => {
    const line = length > maxLine ? null : Buffer.concat(held).toString('utf8');
    held = [];
    length = 0;
    return line;
  };
  for await (const piece of pieces) {
    let from = 0;
    for (let end = piece.indexOf(0x0a); end !== -1; end = piece.indexOf(0x0a, from)) {
      add(piece.subarray(from, end));
      yield take();
      from = end + 1;
    }
    if (from < piece.length) add(piece.subarray(from));
  }
  if (length > 0) yield take();
}

/** An entry, or what is wrong with the line. */
function parseEntry(line: string): { readonly id: unknown; readonly text: string } | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // Its message would quote the line.
    return 'not JSON; a line is {"id": …, "text": "…"}';
  }
  if (typeof value !== 'object' || value === null || !('text' in value) || typeof value.text !== 'string') {
    return 'no "text" that is a string; a line is {"id": …, "text": "…"}';
  }
  return { id: 'id' in value ? value.id : null, text: value.text };
}
