/**
 * For people: a line a finding on stdout, `FILE:LINE:COLUMN: ENTITY SCORE`, and on stderr what was not looked at and
 * how much there was. Names of files come from outside and are made fit for a terminal.
 */
import type { CommandContext } from '../command.ts';
import { cleanText } from '../log/clean-text.ts';
import type { FileScan, LocatedFinding } from './file-scan.ts';
import { counted, type Report, type Tally } from './report.ts';
import type { Unread, UnreadSource } from './source.ts';

/** Of what was left out, at most this many are named; --json names all. */
const MAX_NAMED = 20;
/** Left out by what the user or a tool wrote down: counted, not named. */
const COUNTED_ONLY: ReadonlySet<Unread> = new Set(['ignored', 'excluded', 'symlink', 'baseline']);

const WHY: Readonly<Record<string, string>> = {
  changed: 'it changed while it was read',
  decoding: 'not all that is encoded in it was decoded',
};

export function textReport(context: CommandContext): Report {
  let named = 0;
  return {
    onScan(scan) {
      printFindings(context, scan);
      if (scan.coverage.level !== 'full') {
        const why = scan.error ?? WHY[scan.coverage.reason ?? ''] ?? scan.coverage.reason;
        context.err(`${cleanText(scan.name)}: looked at in part, ${why}\n`);
      }
    },
    onUnread(source) {
      if (source.isError) context.err(`${cleanText(source.name)}: ${source.detail}\n`);
      else if (!COUNTED_ONLY.has(source.reason) && ++named <= MAX_NAMED) {
        context.err(`${cleanText(source.name)}: passed by, ${source.detail}\n`);
      }
    },
    onEnd(tally) {
      for (const line of summary(tally)) context.err(`${line}\n`);
    },
  };
}

function printFindings(context: CommandContext, scan: FileScan): void {
  const [bold, plain] = context.color ? ['\x1b[1m', '\x1b[0m'] : ['', ''];
  const name = cleanText(scan.name);
  for (const located of scan.findings) {
    const { finding, start, end, state, problem } = located;
    const place = `${name}:${start.line}:${start.column}`;
    if (problem !== null) context.err(`${place}: the comment weir:allow beside it ${problem}: it does not count\n`);
    if (state !== 'new') continue;
    const others = finding.alternatives.map((other) => other.entity).join(', ');
    const also = others === '' ? '' : `, or ${others}`;
    const length = counted(end.offset - start.offset, 'character');
    context.out(`${place}: ${bold}${finding.entity}${plain} ${finding.score.toFixed(2)} (${length}${also})\n`);
    for (const line of explanationLines(located)) context.out(`    ${line}\n`);
  }
}

function explanationLines({ finding }: LocatedFinding): readonly string[] {
  return (finding.explanation ?? []).map(({ what, detail, weight }) => {
    const sign = weight < 0 ? '-' : '+';
    return `${sign}${Math.abs(weight).toFixed(2)} ${what}: ${detail}`;
  });
}

/** Lines for stderr: what was found, and what was not looked at. */
export function summary(tally: Tally): readonly string[] {
  const parts = [`${counted(tally.found, 'finding')} in ${counted(tally.files, 'file')}`];
  if (tally.allowed > 0) parts.push(`${tally.allowed} allowed by a comment`);
  if (tally.known > 0) parts.push(`${tally.known} in the baseline`);
  const unseen = [...tally.coverage].filter(([text]) => text !== 'full').map(([text, count]) => `${count} ${text}`);
  return unseen.length === 0 ? [parts.join(', ')] : [parts.join(', '), `not looked at in full: ${unseen.join(', ')}`];
}

/** For those who were not asked for a report of files: the summary's reasons alone. */
export function printUnread(context: CommandContext, source: UnreadSource): void {
  context.err(`${cleanText(source.name)}: ${source.isError ? '' : 'passed by, '}${source.detail}\n`);
}
