/** A report in each of its formats, piece by piece, so that a large one is never held as one text. */
import { csvCell } from '../csv-cell.ts';
import { reportCyclonedx } from './cyclonedx.ts';
import { reportHtml } from './html.ts';
import { reportMarkdown } from './markdown.ts';
import { reportOpenlineage } from './openlineage.ts';
import type { Report, ReportFlow, ReportFormat } from './report.ts';

export interface WritingOptions {
  /** Weir's own. */
  readonly version: string;
  readonly categoryOf: (entity: string) => string;
}

export function writeReport(report: Report, format: ReportFormat, options: WritingOptions): Iterable<string> {
  switch (format) {
    case 'html':
      return reportHtml(report);
    case 'md':
      return reportMarkdown(report);
    case 'csv':
      return reportCsv(report);
    case 'json':
      return [`${JSON.stringify(reportObject(report))}\n`];
    case 'cyclonedx':
      return [`${JSON.stringify(reportCyclonedx(report, options.version, options.categoryOf), null, 2)}\n`];
    case 'openlineage':
      return reportOpenlineage(report, options.categoryOf);
  }
}

/** What stands under `data` comes first: `violations`, `stores`. */
export function reportObject({ kind, title, made, period, figures, tables, flows, notSeen, data }: Report): object {
  return { kind, title, made, period, ...data, figures, notSeen, tables, flows: flows.map(flowObject) };
}

function flowObject({ flow, risk, events }: ReportFlow): object {
  const { workload, place, direction, protocols, channels, entities, actions, calls, coverage } = flow;
  const { host, port, vendor, category, country, sanctioned, owner, note, store, type, isShadow, label } = place;
  return {
    source: { label: workload.label, app: workload.app, verified: workload.verified, owner: workload.owner },
    destination: { label, type, host, port, vendor, category, country, sanctioned, owner, note, store, isShadow },
    ...{ direction, protocols, channels, entities, actions, calls, coverage },
    firstSeen: flow.firstSeen,
    lastSeen: flow.lastSeen,
    risk: risk.risk,
    riskTerms: risk.terms,
    edges: flow.edges,
    events,
  };
}

/** One table for all of a report's: which one a row is of, then every column that any of them has. */
function* reportCsv({ tables, figures, notSeen }: Report): Generator<string> {
  const columns = [...new Set(tables.flatMap((table) => table.columns))];
  const all = ['Table', ...columns, 'Figure', 'Value', 'Note', 'Edges'];
  yield line(all);
  const row = (cells: Readonly<Record<string, string | number>>) => line(all.map((column) => cells[column] ?? ''));
  for (const { title, columns: own, rows } of tables) {
    for (const { cells, edges } of rows) {
      const named = Object.fromEntries(own.map((column, i) => [column, cells[i] ?? '']));
      yield row({ ...named, Table: title, Edges: edges.join(' ') });
    }
  }
  for (const { label, value, edges } of figures)
    yield row({ Table: 'Figures', Figure: label, Value: value, Edges: edges.join(' ') });
  for (const text of notSeen) yield row({ Table: 'What could not be seen', Note: text });
}

function line(cells: readonly (string | number)[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}
