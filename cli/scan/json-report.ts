/** `--json`: one document, written as the scan goes: every file with its findings and coverage, then the counts. */
import type { TextFinding } from '../../flow/finding.ts';
import type { CommandContext } from '../command.ts';
import type { FileScan, LocatedFinding } from './file-scan.ts';
import type { Report } from './report.ts';
import { summary } from './text-report.ts';

export function jsonReport(context: CommandContext): Report {
  let isFirst = true;
  const add = (record: Readonly<Record<string, unknown>>): void => {
    context.out(`${isFirst ? '{"files":[\n' : ',\n'}${JSON.stringify(record)}`);
    isFirst = false;
  };
  return {
    onScan(scan) {
      add(fileRecord(scan));
    },
    onUnread({ name, reason, detail, isError }) {
      const coverage = { level: 'opaque', reason };
      add({ file: name, findings: [], coverage, ...(isError ? { error: detail } : { skipped: detail }) });
    },
    onEnd(tally) {
      const { files, bytes, found, allowed, known, coverage } = tally;
      const counts = { files, bytes, findings: found, allowed, known, coverage: Object.fromEntries(coverage) };
      context.out(`${isFirst ? '{"files":[' : '\n'}],"summary":${JSON.stringify(counts)}}\n`);
      for (const line of summary(tally)) context.err(`${line}\n`);
    },
  };
}

function fileRecord(scan: FileScan): Readonly<Record<string, unknown>> {
  const of = (state: LocatedFinding['state']) => scan.findings.filter((one) => one.state === state);
  const allowed = of('allowed').map((one) => ({ ...located(one), reason: one.reason }));
  return {
    file: scan.name,
    findings: of('new').map((one) => ({ ...located(one), ...(one.problem === null ? {} : { allow: one.problem }) })),
    ...(allowed.length === 0 ? {} : { allowed }),
    ...(of('known').length === 0 ? {} : { known: of('known').map(located) }),
    coverage: scan.coverage,
    ...(scan.error === null ? {} : { error: scan.error }),
  };
}

function located({ finding, start, end }: LocatedFinding): Readonly<Record<string, unknown>> {
  const { line, column } = start;
  return {
    ...findingRecord(finding, start.offset, end.offset),
    line,
    column,
    endLine: end.line,
    endColumn: end.column,
  };
}

/** A finding as in the contract; `start` and `end` in UTF-16 code units. */
export function findingRecord(finding: TextFinding, start: number, end: number): Readonly<Record<string, unknown>> {
  const { entity, alternatives, category, score, recognizer, explanation } = finding;
  const record = { entity, alternatives, category, start, end, score, recognizer };
  return explanation === undefined ? record : { ...record, explanation };
}
