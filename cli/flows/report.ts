/** `weir flows report`: what was seen, as a report for people or programs. It reads, and prints to stdout. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { packageVersion } from '../../config/package-root.ts';
import { mergedFlows } from '../../map/merged-flows.ts';
import { REPORT_FORMATS, REPORT_KINDS, type ReportKind } from '../../map/reports/report.ts';
import type { EarlierScan } from '../../map/reports/scan-first.ts';
import { writeReport } from '../../map/reports/write.ts';
import { type Command, type CommandContext, choiceOption, textOption, UsageError } from '../command.ts';
import { parseMoment } from '../log/moment.ts';
import { withLog } from '../log/open-log.ts';
import { knowledgeOf } from './knowledge.ts';
import { recordedReport } from './recorded-report.ts';

export const command: Command = {
  name: 'flows report',
  summary: 'compliance reports, and what to scan first',
  usage: [
    `weir flows report ${REPORT_KINDS.join('|')} [--format ${REPORT_FORMATS.join('|')}]`,
    '                  [--since WHEN] [--until WHEN] [--previous FILE]',
  ].join('\n'),
  details: [
    'pci         card data, and the flows that leave environments.pci',
    'gdpr        recipients of personal data, categories, countries outside the EEA',
    'ccpa        personal information that other businesses received',
    'hipaa       health information, to whom it is disclosed, what travels in clear',
    'scan-first  data stores, the most urgent first; how many buckets need no scan',
    'Each figure names its edges and events, and each report says what it could not see. html unless said otherwise.',
    '--since, --until  what was seen between: 30d (ago), 2026-11-01; in whole hours',
    '--previous        of scan-first: an earlier report (json); only what is new since is listed',
  ].join('\n'),
  example: ['weir flows report pci > pci.html', 'weir flows report scan-first --format json > scan.json'].join('\n'),
  options: {
    format: { type: 'string' },
    since: { type: 'string' },
    until: { type: 'string' },
    previous: { type: 'string' },
  },
  async run(context) {
    const kind = askedKind(context);
    const format = choiceOption(context, 'format', REPORT_FORMATS) ?? 'html';
    const now = new Date();
    const range = {
      since: parseMoment('since', textOption(context, 'since'), now),
      until: parseMoment('until', textOption(context, 'until'), now),
    };
    const earlier = earlierScan(context, kind);
    const config = context.config();
    const knowledge = knowledgeOf(config);
    return withLog(context, async (reader) => {
      const flows = mergedFlows(await reader.map(range), knowledge);
      const given = { knowledge, now, retention: config.retention, losses: null, earlier };
      const report = await recordedReport(kind, reader, flows, given);
      const options = { version: packageVersion(), categoryOf: knowledge.categoryOf };
      for (const piece of writeReport(report, format, options)) context.out(piece);
      return 0;
    });
  },
};

function askedKind(context: CommandContext): ReportKind {
  const [name, ...more] = context.positionals;
  const kind = REPORT_KINDS.find((one) => one === name);
  if (kind === undefined || more.length > 0) throw new UsageError(`needs one of ${REPORT_KINDS.join(', ')}`);
  return kind;
}

/** Of the JSON form of an earlier report. Throws UsageError for another file. */
function earlierScan(context: CommandContext, kind: ReportKind): EarlierScan | null {
  const file = textOption(context, 'previous');
  if (file === null) return null;
  if (kind !== 'scan-first') throw new UsageError('--previous goes with scan-first');
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(resolve(context.cwd, file), 'utf8'));
  } catch {
    throw new UsageError('--previous must be a report of scan-first in JSON that can be read');
  }
  const stores = isObject(parsed) ? parsed['stores'] : undefined;
  if (!Array.isArray(stores))
    throw new UsageError('--previous must be a report of scan-first in JSON: it has no stores');
  const known = new Map<string, Set<string>>();
  for (const store of stores.filter(isObject)) {
    const classes = known.get(String(store['name'])) ?? new Set<string>();
    known.set(String(store['name']), classes);
    for (const key of ['classes', 'possibleClasses']) {
      const names = store[key];
      if (Array.isArray(names)) for (const name of names) classes.add(String(name));
    }
  }
  return known;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
