/** `weir flows report`: what was seen, as a report for people or programs. It reads, and prints to stdout. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Config } from '../../config/config.ts';
import { packageVersion } from '../../config/package-root.ts';
import type { Knowledge } from '../../map/knowledge.ts';
import { type MergedFlow, mergedFlows } from '../../map/merged-flows.ts';
import { ccpaReport } from '../../map/reports/ccpa.ts';
import { gdprReport } from '../../map/reports/gdpr.ts';
import { hipaaReport } from '../../map/reports/hipaa.ts';
import { pciReport } from '../../map/reports/pci.ts';
import { REPORT_KINDS, type Report, type ReportInput, type ReportKind } from '../../map/reports/report.ts';
import { type EarlierScan, scanFirstReport } from '../../map/reports/scan-first.ts';
import { REPORT_FORMATS, writeReport } from '../../map/reports/write.ts';
import { riskOf } from '../../map/risk.ts';
import type { Reader } from '../../store/reader.ts';
import { type Command, type CommandContext, choiceOption, textOption, UsageError } from '../command.ts';
import { parseMoment } from '../log/moment.ts';
import { withLog } from '../log/open-log.ts';
import { knowledgeOf } from './knowledge.ts';

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
    return withLog(context, (reader) => {
      const flows = mergedFlows(reader.map(range), knowledge);
      const report = reportOf(kind, { ...inputOf(reader, knowledge, now, config.retention), flows }, earlier);
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

function reportOf(kind: ReportKind, input: ReportInput, earlier: EarlierScan | null): Report {
  switch (kind) {
    case 'pci':
      return pciReport(input);
    case 'gdpr':
      return gdprReport(input);
    case 'ccpa':
      return ccpaReport(input);
    case 'hipaa':
      return hipaaReport(input);
    case 'scan-first':
      return scanFirstReport(input, earlier);
  }
}

const EVENTS_OF_A_FLOW = 5;
/** Flows whose events are looked up: each is a query. */
const MAX_LOOKED = 1000;

function inputOf(
  reader: Reader,
  knowledge: Knowledge,
  now: Date,
  retention: Config['retention'],
): Omit<ReportInput, 'flows'> {
  let looked = 0;
  return {
    knowledge,
    now,
    riskOf: (flow: MergedFlow) => riskOf(flow, flow.place, flow.channels, { knowledge, now }),
    eventsOf({ entities, edges }) {
      if (Object.keys(entities).length === 0 || looked >= MAX_LOOKED) return [];
      looked += 1;
      return Array.from(reader.events({ edges, limit: EVENTS_OF_A_FLOW }), ({ id }) => id).toReversed();
    },
    retention: retentionText(retention),
    losses: null,
  };
}

/** `events 90 d, allowed exchanges 7 d, excerpts 30 d, edges 400 d`. */
function retentionText({ eventsMs, allowedMs, excerptsMs, edgesMs }: Config['retention']): string {
  const age = (ms: number | null): string => (ms === null ? 'for ever' : `${Math.round(ms / 86_400_000)} d`);
  return `events ${age(eventsMs)}, allowed exchanges ${age(allowedMs)}, excerpts ${age(excerptsMs)}, edges ${age(edgesMs)}`;
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
