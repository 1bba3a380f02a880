/**
 * `weir flows import`: edges from logs that others wrote. Reads files one line at a time, gzip or not, names each line
 * that it cannot read, and goes on.
 */
import { hostname } from 'node:os';
import { isAbsolute, resolve } from 'node:path';
import { createCatalog } from '../../catalog/catalog.ts';
import { canonicalHost } from '../../catalog/host.ts';
import { opaque } from '../../flow/coverage.ts';
import type { EdgeObservation } from '../../flow/edge.ts';
import { LOG_FORMATS, type LogFormat, logReading } from '../../map/imports/formats.ts';
import { JsonLines } from '../../map/imports/json-lines.ts';
import type { Entry, LineReader, LoggedFlow } from '../../map/imports/logged-flow.ts';
import { openHome } from '../../store/home.ts';
import { EdgeImporter, type ImportedLine, type LineImporter } from '../../store/imports.ts';
import { type Command, type CommandContext, choiceOption, hasOption, textOption, UsageError } from '../command.ts';
import { configuredHome } from '../keeping.ts';
import { cleanText } from '../log/clean-text.ts';
import { LogEnds } from './log-ends.ts';
import { linesOf } from './log-lines.ts';

export const command: Command = {
  name: 'flows import',
  summary: 'edges from logs of others',
  usage: `weir flows import --format ${LOG_FORMATS.join('|')} [--host NAME] [--json] FILE…`,
  details: [
    'Reads logs (gzip too) and adds what they tell to the edges, with channel "log": who, to where, how much',
    'and when. A log knows nothing of the data, so such an edge names no kind of it (coverage opaque: log).',
    'Each line counts once: importing a file again, or a longer copy of it, adds only what is new.',
    'vpc         AWS VPC flow logs, default fields or by their header line',
    'cloudtrail  AWS CloudTrail data events of S3: {"Records": […]} or one event after another, over several lines or not',
    'envoy       its default and Istio’s format, or JSON',
    'nginx       combined or common, with the virtual host in front or not, or JSON',
    'squid       native, common or combined',
    'zeek        conn.log and ssl.log, give both at once; tab-separated or JSON',
    '--host      the server whose log it is, where the format does not say (nginx); this host otherwise',
    'A line that cannot be read is named on stderr as FILE:LINE: reason; the rest is taken.',
    'Exit code 2 when a file could not be read.',
  ].join('\n'),
  example: [
    'weir flows import --format cloudtrail cloudtrail-*.json.gz',
    'weir flows import --format zeek conn.log ssl.log',
  ].join('\n'),
  options: { format: { type: 'string' }, host: { type: 'string' }, json: { type: 'boolean' } },
  run,
};

/** Lines and characters that are taken in at once: the more, the fewer rows are written for their edges. */
const BATCH = 100_000;
const BATCH_CHARS = 128 * 1024 * 1024;
/** Lines of a file that are remembered, to tell a line that stands there twice from one that was imported before. */
const MAX_SEEN = 100_000;
/** A line of CloudTrail is a whole file of records. */
const MAX_LINE = 64 * 1024 * 1024;

interface Total {
  files: number;
  lines: number;
  added: number;
  known: number;
  broken: number;
  skipped: Map<string, number>;
}

async function run(context: CommandContext): Promise<number> {
  const format = choiceOption(context, 'format', LOG_FORMATS);
  if (format === null) throw new UsageError(`needs --format, one of ${LOG_FORMATS.join(', ')}`);
  if (context.positionals.length === 0) throw new UsageError('needs the files to import');
  const host = textOption(context, 'host') ?? hostname();
  if (canonicalHost(host) === null) throw new UsageError('--host is no host name');
  const config = context.config();
  const ends = new LogEnds(createCatalog(config.destinations));
  const reading = logReading(format, { host });
  const total: Total = { files: 0, lines: 0, added: 0, known: 0, broken: 0, skipped: new Map() };
  const unread = new Set<string>();
  if (reading.learn !== null) {
    for (const file of context.positionals) {
      const learn = reading.learn();
      await eachLine(context, file, unread, learn, async () => {});
    }
  }
  const importer = await importerOf(context, format);
  try {
    for (const file of context.positionals) {
      if (unread.has(file)) continue;
      const { isSpread } = reading;
      await importFile({ context, file, unread, read: reading.read(), isSpread, importer, ends, total });
    }
  } finally {
    await importer.close();
  }
  report(context, format, total);
  return unread.size > 0 ? 2 : 0;
}

/** Into the store that `store` names; of a node that only publishes, into its home. */
async function importerOf(context: CommandContext, format: LogFormat): Promise<LineImporter> {
  const config = context.config();
  if (config.store === 'sqlite') {
    if (config.bus !== null) {
      context.err(
        'weir: lines are not published on the bus; `store` here names no shared store, so they stay in this home\n',
      );
    }
    return new EdgeImporter(openHome(config.home), format);
  }
  const { openLineImporter } = await import('../../store/postgres/import-lines.ts');
  return openLineImporter(config.store, configuredHome(config), format);
}

interface FileImport {
  readonly context: CommandContext;
  readonly file: string;
  readonly unread: Set<string>;
  readonly read: LineReader;
  readonly isSpread: boolean;
  readonly importer: LineImporter;
  readonly ends: LogEnds;
  readonly total: Total;
}

async function importFile(job: FileImport): Promise<void> {
  const { context, file, unread, read, isSpread, importer, ends, total } = job;
  const seen = new Map<string, number>();
  let batch: ImportedLine[] = [];
  let chars = 0;
  const commit = async (): Promise<void> => {
    const lines = batch;
    batch = [];
    chars = 0;
    const { added, known } = await importer.add(lines);
    total.added += added;
    total.known += known;
  };
  const hear = (line: string, number: number): void => {
    if (line.trim() === '') return;
    total.lines++;
    const observations: EdgeObservation[] = [];
    for (const entry of read(line)) {
      const reason = take(entry, observations, ends, total);
      if (reason === null) continue;
      total.broken++;
      context.err(`${cleanText(file)}:${number}: ${reason}\n`);
    }
    if (observations.length === 0) return;
    const occurrence = seen.get(line) ?? 0;
    // Lines that are alike have the same time, and so stand near one another.
    if (seen.size >= MAX_SEEN) seen.clear();
    seen.set(line, occurrence + 1);
    batch.push({ text: line, occurrence, observations });
    chars += line.length;
  };
  const spread = isSpread ? new JsonLines(hear) : null;
  const each = spread === null ? hear : (line: string, number: number) => spread.add(line, number);
  const isRead = await eachLine(context, file, unread, each, async () => {
    if (batch.length >= BATCH || chars >= BATCH_CHARS) await commit();
  });
  spread?.end();
  await commit();
  if (isRead) total.files++;
}

/** Adds what an entry tells; the reason where it is broken. */
function take(entry: Entry, observations: EdgeObservation[], ends: LogEnds, total: Total): string | null {
  if (entry.kind === 'broken') return entry.reason;
  if (entry.kind === 'skipped') {
    total.skipped.set(entry.reason, (total.skipped.get(entry.reason) ?? 0) + 1);
    return null;
  }
  for (const flow of entry.flows) {
    const observation = observationOf(flow, ends);
    if (observation === null) return 'the destination is no host';
    observations.push(observation);
  }
  return null;
}

const COVERAGE = opaque('log');
const NO_ENTITIES: EdgeObservation['entities'] = Object.freeze({});

function observationOf(flow: LoggedFlow, ends: LogEnds): EdgeObservation | null {
  const destination = ends.destinationOf(flow.destination);
  if (destination === null) return null;
  const isOut = flow.direction === 'out';
  return {
    source: ends.sourceOf(flow.source),
    destination,
    via: flow.via,
    protocol: flow.protocol,
    direction: flow.direction,
    channel: 'log',
    entities: NO_ENTITIES,
    bytesOut: isOut ? flow.bytes : 0,
    bytesIn: isOut ? 0 : flow.bytes,
    action: 'allow',
    coverage: COVERAGE,
    time: flow.time,
  };
}

/**
 * Hands on each line with its number, and waits for `settle` after some of them; false, and named, where the file cannot
 * be read to its end. What `hear` and `settle` throw is no fault of the file.
 */
async function eachLine(
  context: CommandContext,
  file: string,
  unread: Set<string>,
  hear: (line: string, number: number) => void,
  settle: () => Promise<void>,
): Promise<boolean> {
  const path = isAbsolute(file) ? file : resolve(context.cwd, file);
  const pieces = linesOf(path, MAX_LINE);
  let number = 0;
  try {
    for (;;) {
      const piece = await pieces.next().catch((error: unknown) => ({ error }));
      if ('error' in piece) {
        const reason = piece.error instanceof Error ? piece.error.message : 'unknown reason';
        context.err(`weir: ${cleanText(file)} cannot be read: ${cleanText(reason)}\n`);
        unread.add(file);
        return false;
      }
      if (piece.done === true) return true;
      for (const line of piece.value) {
        number++;
        if (line === null) context.err(`${cleanText(file)}:${number}: longer than ${MAX_LINE} characters\n`);
        else hear(line, number);
      }
      await settle();
    }
  } finally {
    await pieces.return(undefined);
  }
}

function report(context: CommandContext, format: LogFormat, total: Total): void {
  const skipped = Object.fromEntries([...total.skipped].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const { files, lines, added, known, broken } = total;
  if (hasOption(context, 'json')) {
    context.out(`${JSON.stringify({ format, files, lines, added, known, broken, skipped })}\n`);
    return;
  }
  const others = Object.entries(skipped).map(([reason, count]) => `, ${count} ${reason}`);
  context.out(
    `${lines} lines of ${files} files: ${added} added, ${known} known before, ${broken} broken${others.join('')}\n`,
  );
}
