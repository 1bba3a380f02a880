/** Events as CSV (RFC 4180, CRLF), flat, safe to open in a spreadsheet. No excerpt and no finding's fingerprint stands in it. */
import { coverageText } from '../../flow/coverage.ts';
import type { WeirEvent } from '../../flow/event.ts';
import { csvCell } from '../../map/csv-cell.ts';

/** An event as it is exported. */
export type ExportedEvent = Omit<WeirEvent, 'excerpt'>;

const COLUMNS: readonly (readonly [string, (event: ExportedEvent) => string | number | boolean | null])[] = [
  ['id', (event) => event.id],
  ['seq', (event) => event.seq],
  ['writer', (event) => event.writer],
  ['kind', (event) => event.kind],
  ['time', (event) => event.time],
  ['channel', (event) => event.channel],
  ['outcome', (event) => event.outcome],
  ['status', (event) => event.status],
  ['action', (event) => event.action],
  ['enforced', (event) => event.enforced],
  ['mode', (event) => event.mode],
  ['policy', (event) => event.policy],
  ['rule', (event) => event.rule],
  ['severity', (event) => event.severity],
  ['coverage', (event) => coverageText(event.coverage)],
  ['app', (event) => event.source.app],
  ['verified', (event) => event.source.verified],
  ['host', (event) => event.source.host],
  ['process', (event) => event.source.process],
  ['user', (event) => event.source.user],
  ['container', (event) => event.source.container],
  ['credential', (event) => event.source.credential],
  ['destination', (event) => event.destination.host],
  ['port', (event) => event.destination.port],
  ['vendor', (event) => event.destination.vendor],
  ['category', (event) => event.destination.category],
  ['country', (event) => event.destination.country],
  ['provider', (event) => event.provider],
  ['model', (event) => event.model],
  ['route', (event) => event.route],
  ['findings', (event) => event.findings.map((one) => `${one.entity} ${one.count} at ${one.path}`).join('; ')],
  ['bytesOut', (event) => event.bytes.out],
  ['bytesIn', (event) => event.bytes.in],
  ['latencyMs', (event) => event.latencyMs],
  ['reason', (event) => event.reason],
  ['refersTo', (event) => event.refersTo],
  ['review', (event) => event.review?.state ?? null],
  ['reviewBy', (event) => event.review?.by ?? null],
  ['reviewNote', (event) => event.review?.note ?? null],
  ['hash', (event) => event.hash],
];

export const CSV_HEAD = `${COLUMNS.map(([name]) => name).join(',')}\r\n`;

export function csvLine(event: ExportedEvent): string {
  return `${COLUMNS.map(([, value]) => csvCell(value(event))).join(',')}\r\n`;
}
