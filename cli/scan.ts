/**
 * `weir scan`: classifies text from files, folders and standard input. It prints places, kinds and scores; of a value it
 * prints nothing. It opens no socket and writes no file.
 */
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { placesOf, utf16Offsets } from '../engine/scan/offsets.ts';
import { createScanner, type Scanner } from '../engine/scan/scanner.ts';
import { FULL, opaque } from '../flow/coverage.ts';
import type { TextFinding } from '../flow/finding.ts';
import { type Command, type CommandContext, hasOption, listOption, numberOption, UsageError } from './command.ts';
import { type FindingFilter, findingFilter } from './scan/entity-filter.ts';
import { type ReadText, readTexts } from './scan/texts.ts';

const DEFAULT_MIN_SCORE = 0.5;

export const command: Command = {
  name: 'scan',
  summary: 'finds sensitive data in text',
  usage: `weir scan [FILE…|FOLDER…|-] [--min-score N] [--entities LIST] [--json | --redact]
weir scan --jsonl [FILE…|-]`,
  details: `Classifies files, folders with all below them (but .git and node_modules), or standard input.
Prints FILE:LINE:COLUMN, the entity, the score and the length; never the value.

  --min-score N    findings of this score or higher, 0 to 1 (default 0.5)
  --entities LIST  only these, with commas between: CREDIT_CARD,category:credential
  --json           one document: files with their findings (offsets in UTF-16 code units, end exclusive)
  --redact         prints the text instead, with [ENTITY] in the place of each value
  --jsonl          reads lines {"id","text"}, writes lines {"id","findings","coverage"}

Recognizers of policies are used when --config names a configuration.
Exit code 0: nothing found, 1: something found, 2: bad usage, or something could not be read
(the rest is done first).`,
  example: `weir scan README.md src/
git diff | weir scan -
weir scan --redact prompt.txt`,
  options: {
    jsonl: { type: 'boolean' },
    json: { type: 'boolean' },
    redact: { type: 'boolean' },
    'min-score': { type: 'string' },
    entities: { type: 'string', multiple: true },
  },
  run,
};

async function run(context: CommandContext): Promise<number> {
  const forms = ['json', 'jsonl', 'redact'].filter((name) => hasOption(context, name));
  if (forms.length > 1) throw new UsageError(`--${forms.join(' and --')} exclude each other`);
  const minScore = numberOption(context, 'min-score', { min: 0, max: 1 }) ?? DEFAULT_MIN_SCORE;
  const scanner = await scannerOf(context);
  const filter = findingFilter(listOption(context, 'entities'), minScore, scanner);
  const names = context.positionals.length === 0 ? ['-'] : context.positionals;
  if (hasOption(context, 'jsonl')) return await scanLines(context, names, scanner, filter);
  const scanned: Scanned[] = [];
  let isFailed = false;
  let files = 0;
  let found = 0;
  for await (const read of readTexts(names, context.cwd, context.stdin)) {
    files++;
    if (read.kind === 'unread') {
      context.err(`${read.name}: ${read.isError ? '' : 'passed by, '}${read.reason}\n`);
      isFailed ||= read.isError;
    }
    const findings = read.kind === 'text' ? scanText(scanner, read.text, null).filter(filter) : [];
    found += findings.length;
    if (hasOption(context, 'json')) scanned.push({ read, findings });
    else if (read.kind === 'text' && hasOption(context, 'redact')) context.out(redacted(read.text, findings));
    else if (read.kind === 'text') printFindings(context, read.name, read.text, findings);
  }
  if (hasOption(context, 'json')) context.out(`${JSON.stringify({ files: scanned.map(fileRecord) })}\n`);
  else context.err(`${counted(found, 'finding')} in ${counted(files, 'file')}\n`);
  return isFailed ? 2 : found > 0 ? 1 : 0;
}

interface Scanned {
  readonly read: ReadText;
  readonly findings: readonly TextFinding[];
}

/** With `--config`, what it disables is left out and its policies' recognizers are used too. */
async function scannerOf(context: CommandContext): Promise<Scanner> {
  if (context.configFile === null) return createScanner();
  const { loadPolicies } = await import('../config/policies.ts');
  const { recognizersOf } = await import('../engine/decide/policy-set.ts');
  const config = context.config();
  return createScanner({ custom: recognizersOf(loadPolicies(config)), disable: config.detection.disable });
}

function scanText(scanner: Scanner, text: Buffer, label: string | null): readonly TextFinding[] {
  return scanner.scan(text, { label, role: null });
}

function printFindings(context: CommandContext, name: string, text: Buffer, findings: readonly TextFinding[]): void {
  const places = placesOf(
    text,
    findings.map((finding) => finding.start),
  );
  const [bold, plain] = context.color ? ['\x1b[1m', '\x1b[0m'] : ['', ''];
  for (const [index, finding] of findings.entries()) {
    const { line = 0, column = 0 } = places[index] ?? {};
    const length = text.toString('utf8', finding.start, finding.end).length;
    const others = finding.alternatives.map((other) => other.entity).join(', ');
    const also = others === '' ? '' : `, or ${others}`;
    context.out(
      `${name}:${line}:${column}: ${bold}${finding.entity}${plain} ${finding.score.toFixed(2)} (${counted(length, 'character')}${also})\n`,
    );
  }
}

function redacted(text: Buffer, findings: readonly TextFinding[]): string {
  let out = '';
  let at = 0;
  for (const finding of findings) {
    out += `${text.toString('utf8', at, finding.start)}[${finding.entity}]`;
    at = finding.end;
  }
  return out + text.toString('utf8', at);
}

/** A finding as in the contract, offsets in UTF-16 code units. */
function findingRecords(text: Buffer, findings: readonly TextFinding[]): Record<string, unknown>[] {
  const offsets = utf16Offsets(
    text,
    findings.flatMap((finding) => [finding.start, finding.end]),
  );
  return findings.map((finding, index) => ({
    entity: finding.entity,
    alternatives: finding.alternatives,
    category: finding.category,
    start: offsets[index * 2],
    end: offsets[index * 2 + 1],
    score: finding.score,
    recognizer: finding.recognizer,
  }));
}

function fileRecord({ read, findings }: Scanned): Record<string, unknown> {
  if (read.kind === 'unread')
    return { file: read.name, findings: [], coverage: opaque('unreadable'), error: read.reason };
  const places = placesOf(
    read.text,
    findings.map((finding) => finding.start),
  );
  const records = findingRecords(read.text, findings).map((record, index) => ({ ...record, ...places[index] }));
  return { file: read.name, findings: records, coverage: FULL };
}

/** `--jsonl`: a line in, a line out, in order; a line that cannot be read is named and does not end the rest. */
async function scanLines(
  context: CommandContext,
  names: readonly string[],
  scanner: Scanner,
  filter: FindingFilter,
): Promise<number> {
  let isFailed = false;
  let isFound = false;
  for (const name of names) {
    let number = 0;
    for await (const line of linesOf(name, context)) {
      number++;
      if (line instanceof Error) {
        context.err(`${name}: ${line.message}\n`);
        isFailed = true;
        break;
      }
      if (line.trim() === '') continue;
      const entry = parseEntry(line);
      if (typeof entry === 'string') {
        context.err(`${name}:${number}: ${entry}\n`);
        isFailed = true;
        continue;
      }
      const text = Buffer.from(entry.text, 'utf8');
      const findings = scanText(scanner, text, null).filter(filter);
      isFound ||= findings.length > 0;
      context.out(`${JSON.stringify({ id: entry.id, findings: findingRecords(text, findings), coverage: FULL })}\n`);
    }
  }
  return isFailed ? 2 : isFound ? 1 : 0;
}

async function* linesOf(name: string, context: CommandContext): AsyncGenerator<string | Error> {
  if (name === '-') {
    yield* createInterface({ input: context.stdin, crlfDelay: Number.POSITIVE_INFINITY });
    return;
  }
  for await (const read of readTexts([name], context.cwd, context.stdin)) {
    if (read.kind === 'unread') yield new Error(read.reason);
    else yield* createInterface({ input: Readable.from(read.text), crlfDelay: Number.POSITIVE_INFINITY });
  }
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

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
