/** Reports by the API: as they are looked at, in parts that stay small, and whole as the files that `weir flows report` writes. */
import { REPORT_KINDS, type Report, type ReportFormat, type ReportKind } from '../../map/reports/report.ts';
import { writeReport } from '../../map/reports/write.ts';
import { type Handlers, Refusal } from './desk.ts';
import type { Records } from './records.ts';
import type { Of } from './schema.ts';
import type { ReportPart, ReportView, reportQuery } from './shapes.ts';

export interface ReportDesk extends Records {
  /** Of what was seen in a range of whole hours; null for all that is kept. */
  readonly report: (
    kind: ReportKind,
    range: { readonly since: Date | null; readonly until: Date | null },
  ) => Promise<Report>;
}

const ROWS = 200;
const EDGES = 20;
/** What one answer may hold; `weir flows report` has no bound. */
const MAX_CHARACTERS = 32 * 1024 * 1024;

const MEDIA: Readonly<Record<ReportFormat, { readonly type: string; readonly suffix: string }>> = {
  html: { type: 'text/html', suffix: 'html' },
  md: { type: 'text/markdown', suffix: 'md' },
  csv: { type: 'text/csv', suffix: 'csv' },
  json: { type: 'application/json', suffix: 'json' },
  cyclonedx: { type: 'application/vnd.cyclonedx+json', suffix: 'cdx.json' },
  openlineage: { type: 'application/x-ndjson', suffix: 'ndjson' },
};

export function reportRoutes(desk: ReportDesk): Handlers<'report' | 'reportFile'> {
  const made = async (kind: string | undefined, { from, to }: Of<typeof reportQuery>): Promise<Report> => {
    const known = REPORT_KINDS.find((one) => one === kind);
    if (known === undefined)
      throw new Refusal('not_found', `there is no such report; there are ${REPORT_KINDS.join(', ')}`);
    const moment = (text: string | undefined): Date | null => (text === undefined ? null : new Date(text));
    return await desk.report(known, { since: moment(from), until: moment(to) });
  };
  return {
    report: async ({ parts, query }) => viewOf(await made(parts['kind'], query)),
    reportFile: async ({ parts, query: { format = 'html', ...range } }) => {
      const report = await made(parts['kind'], range);
      const { version } = desk.situation();
      const knowledge = desk.knowledge();
      const pieces: string[] = [];
      let length = 0;
      for (const piece of writeReport(report, format, {
        version,
        categoryOf: (entity) => knowledge.categoryOf(entity),
      })) {
        length += piece.length;
        if (length > MAX_CHARACTERS) {
          throw new Refusal(
            'too_large',
            `the report is too long for an answer; \`weir flows report ${report.kind}\` writes it`,
          );
        }
        pieces.push(piece);
      }
      const { type, suffix } = MEDIA[format];
      return {
        name: `weir-${report.kind}-${report.made.slice(0, 10)}.${suffix}`,
        mediaType: type,
        text: pieces.join(''),
      };
    },
  };
}

function viewOf({ kind, title, made, period, lead, figures, tables, flows, notSeen }: Report): ReportView {
  return {
    kind,
    title,
    made,
    period,
    lead,
    figures: figures.map(({ label, value, edges }) => ({ label, value, ...edgesOf(edges) })),
    tables: tables.map(({ title: name, intro, columns, rows }) => ({
      title: name,
      intro,
      columns,
      rows: rows.slice(0, ROWS).map(({ cells, edges }) => ({ cells: cells.map(String), ...edgesOf(edges) })),
      total: rows.length,
    })),
    flows: flows.length,
    notSeen,
  };
}

function edgesOf(edges: readonly string[]): Pick<ReportPart, 'edges' | 'edgeCount'> {
  return { edges: edges.slice(0, EDGES), edgeCount: edges.length };
}
