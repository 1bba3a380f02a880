/**
 * `weir scan`: classifies text from files, folders, standard input and changes in git. It prints places, kinds and
 * scores; of a value it prints nothing. It opens no socket, and writes no file but a baseline that was asked for.
 */
import type { KeyObject } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { packageVersion } from '../config/package-root.ts';
import type { NameReader } from '../engine/names/given.ts';
import { normalise } from '../engine/scan/normalise.ts';
import { ENTITIES, type Scanner } from '../engine/scan/scanner.ts';
import type { Coverage } from '../flow/coverage.ts';
import { WeirError } from '../flow/errors.ts';
import { CATEGORIES } from '../flow/finding.ts';
import { openHome } from '../store/home.ts';
import { fingerprint } from '../store/keyed.ts';
import {
  type Command,
  type CommandContext,
  choiceOption,
  hasOption,
  listOption,
  numberOption,
  textOption,
  UsageError,
} from './command.ts';
import { type ConfiguredModel, openConfiguredModel } from './configured-model.ts';
import { scannerOf } from './configured-scanner.ts';
import { cleanText } from './log/clean-text.ts';
import { type Baseline, BaselineWriter, homeKey, KnownFindings, newFileKey, readBaseline } from './scan/baseline.ts';
import { type FindingFilter, findingFilter } from './scan/entity-filter.ts';
import { type FindingMarks, NOT_DECODED, NOT_READ, type ScanPlan, scanSource } from './scan/file-scan.ts';
import { readChanges } from './scan/git-changes.ts';
import { IgnoreRules } from './scan/ignore-rules.ts';
import { jsonReport } from './scan/json-report.ts';
import { scanLines } from './scan/jsonl.ts';
import { NO_PROGRESS, type Progress, terminalProgress } from './scan/progress.ts';
import { redactSource } from './scan/redact.ts';
import { counted, type Report, Tally } from './scan/report.ts';
import { sarifReport } from './scan/sarif-report.ts';
import { reasonOf, type Source } from './scan/source.ts';
import { printUnread, textReport } from './scan/text-report.ts';
import { readTexts } from './scan/texts.ts';

const DEFAULT_MIN_SCORE = 0.5;

export const command: Command = {
  name: 'scan',
  summary: 'finds sensitive data in text',
  usage: `weir scan [FILE…|FOLDER…|-] [--min-score N] [--entities LIST] [--explain] [--json | --sarif | --redact]
weir scan --staged | --diff RANGE [FILE…]
weir scan --jsonl [FILE…|-]`,
  details: `Classifies files, folders with all below them, standard input, or the lines that a change adds.
Prints FILE:LINE:COLUMN, the entity, the score and the length; never the value.

  --min-score N    findings of this score or higher, 0 to 1 (default 0.5)
  --entities LIST  only these, with commas between: CREDIT_CARD,category:credential
  --explain        below each finding, what its score is made of
  --json           one document: files with their findings (offsets in UTF-16 code units, end exclusive)
  --sarif          a SARIF 2.1.0 log, for code scanning
  --redact         prints the text instead, with [ENTITY] in the place of each value
  --jsonl          reads lines {"id","text"}, writes lines {"id","findings","coverage"}
  --staged         lines that are staged for the next commit in git, and no others
  --diff RANGE     lines that a range adds (main...HEAD), or the work tree to a revision (HEAD)
  --baseline FILE  findings whose fingerprint stands in FILE are known: counted, and no failure
  --write-baseline FILE  writes what was found as a baseline, exit code 0
  --baseline-key file|home  a new baseline's key: its own (default), or that of this home
  --no-ignore      looks at what .gitignore and .weirignore name, too

A folder's .gitignore and .weirignore are respected, binary files passed by; each thing left out is
counted. A comment "weir:allow ENTITY reason" on the line of a finding or the one before allows it.
Recognizers of policies and the model of detection.model are used when --config names a
configuration. More: docs/scan.md.
Exit code 0: nothing found, 1: something found, 2: bad usage, or something could not be read
(the rest is done first).`,
  example: `weir scan README.md src/
git diff | weir scan -
weir scan --redact prompt.txt
weir scan --staged
weir scan --diff origin/main...HEAD --sarif > weir.sarif`,
  options: {
    jsonl: { type: 'boolean' },
    json: { type: 'boolean' },
    sarif: { type: 'boolean' },
    redact: { type: 'boolean' },
    explain: { type: 'boolean' },
    staged: { type: 'boolean' },
    diff: { type: 'string' },
    baseline: { type: 'string' },
    'write-baseline': { type: 'string' },
    'baseline-key': { type: 'string' },
    'no-ignore': { type: 'boolean' },
    'min-score': { type: 'string' },
    entities: { type: 'string', multiple: true },
  },
  run,
};

async function run(given: CommandContext): Promise<number> {
  checkOptions(given);
  const { context, progress } = withProgress(given);
  const minScore = numberOption(context, 'min-score', { min: 0, max: 1 }) ?? DEFAULT_MIN_SCORE;
  const scanner = await scannerOf(context);
  const filter = findingFilter(listOption(context, 'entities'), minScore, scanner);
  const isExplained = hasOption(context, 'explain');
  const sources = sourcesOf(context);
  const model = await modelOf(context);
  const readNames = model?.read ?? null;
  try {
    if (hasOption(context, 'jsonl'))
      return await scanLines(context, sources, scanner, filter, { isExplained, readNames });
    if (hasOption(context, 'redact')) return await redactAll(context, sources, scanner, filter, readNames);
    const marks = marksOf(context);
    const plan: ScanPlan = {
      scanner,
      filter,
      isEntity: entityNames(scanner),
      marks: marks.marks,
      isExplained,
      readNames,
      onProgress: progress.onBytes,
    };
    const { tally, code } = await scanAll(plan, sources, reportOf(context), progress, marks.isAccepting);
    marks.write(tally);
    return code;
  } finally {
    progress.clear();
    await model?.close();
  }
}

/** Options that mean nothing together are refused, not passed over. */
function checkOptions(context: CommandContext): void {
  const forms = ['json', 'jsonl', 'sarif', 'redact'].filter((name) => hasOption(context, name));
  if (forms.length > 1) throw new UsageError(`--${forms.join(' and --')} exclude each other`);
  const isGit = hasOption(context, 'staged') || textOption(context, 'diff') !== null;
  if (hasOption(context, 'staged') && textOption(context, 'diff') !== null) {
    throw new UsageError('--staged and --diff exclude each other');
  }
  const baseline = ['baseline', 'write-baseline'].find((name) => textOption(context, name) !== null);
  const alone = forms.find((form) => form === 'jsonl' || form === 'redact');
  if (alone !== undefined && isGit) throw new UsageError(`--${alone} takes files or -, no change in git`);
  if (alone !== undefined && baseline !== undefined) throw new UsageError(`--${alone} knows no --${baseline}`);
  if (alone === 'redact' && hasOption(context, 'explain')) throw new UsageError('--redact explains nothing');
  const key = choiceOption(context, 'baseline-key', ['file', 'home']);
  if (key !== null && textOption(context, 'write-baseline') === null) {
    throw new UsageError('--baseline-key belongs to --write-baseline');
  }
  if (isGit && context.positionals.includes('-')) throw new UsageError('standard input is no part of a change in git');
}

function sourcesOf(context: CommandContext): AsyncGenerator<Source> {
  const { cwd, env, stdin, positionals } = context;
  const isIgnoring = !hasOption(context, 'no-ignore');
  const leftOut = new Set(baselineFiles(context).map((file) => realPath(resolve(cwd, file))));
  const range = textOption(context, 'diff');
  if (range !== null || hasOption(context, 'staged')) {
    return readChanges({ cwd, env, isIgnoring, leftOut, range, paths: positionals });
  }
  return readTexts(positionals.length === 0 ? ['-'] : positionals, { cwd, env, stdin, isIgnoring, leftOut });
}

async function scanAll(
  plan: ScanPlan,
  sources: AsyncIterable<Source>,
  report: Report,
  progress: Progress,
  isAccepting: boolean,
): Promise<{ readonly tally: Tally; readonly code: number }> {
  const tally = new Tally();
  for await (const source of sources) {
    if (source.kind === 'unread') {
      tally.addUnread(source);
      report.onUnread(source);
      continue;
    }
    const scan = await scanSource(plan, source);
    tally.addScan(scan);
    report.onScan(scan);
    progress.onFile();
  }
  const code = tally.isFailed ? 2 : tally.found > 0 && !isAccepting ? 1 : 0;
  report.onEnd(tally, code);
  return { tally, code };
}

const MISSING: ReadonlyMap<Coverage, string> = new Map([
  [NOT_DECODED, 'not all that is encoded in it was decoded'],
  [NOT_READ, 'the model has not read all of it'],
]);

async function redactAll(
  context: CommandContext,
  sources: AsyncIterable<Source>,
  scanner: Scanner,
  filter: FindingFilter,
  readNames: NameReader | null,
): Promise<number> {
  let found = 0;
  let files = 0;
  let isFailed = false;
  for await (const source of sources) {
    if (source.kind === 'unread') {
      printUnread(context, source);
      isFailed ||= source.isError;
      continue;
    }
    files++;
    try {
      const missing = new Set<Coverage>();
      const onTruncated = (one: Coverage): void => void missing.add(one);
      found += await redactSource(scanner, filter, source, context.out, { onTruncated, readNames });
      for (const one of missing) context.err(`${cleanText(source.name)}: ${MISSING.get(one)}\n`);
    } catch (error) {
      if (!(error instanceof Error && 'syscall' in error)) throw error;
      context.err(`${cleanText(source.name)}: ${reasonOf(error)}\n`);
      isFailed = true;
    }
  }
  context.err(`${counted(found, 'finding')} in ${counted(files, 'file')}\n`);
  return isFailed ? 2 : found > 0 ? 1 : 0;
}

function entityNames(scanner: Scanner): (name: string) => boolean {
  const names = new Set([...ENTITIES.keys(), ...scanner.recognizers.map((one) => one.entity)]);
  for (const category of CATEGORIES) names.add(`category:${category}`);
  return (name) => names.has(name);
}

function reportOf(context: CommandContext): Report {
  if (hasOption(context, 'json')) return jsonReport(context);
  if (!hasOption(context, 'sarif')) return textReport(context);
  const cwd = realPath(context.cwd);
  const root = new IgnoreRules(cwd, context.env).repositoryOf(cwd) ?? cwd;
  return sarifReport(context, { version: packageVersion(), cwd, root });
}

interface Marks {
  readonly marks: FindingMarks | null;
  /** What is found is written down as known, so it is no failure. */
  readonly isAccepting: boolean;
  write(tally: Tally): void;
}

/** What a finding's value is asked for: a baseline to compare with, one to write, and a SARIF log's fingerprints. */
function marksOf(context: CommandContext): Marks {
  const shown = textOption(context, 'baseline');
  const written = textOption(context, 'write-baseline');
  const home = onceHomeKey(context);
  const baseline = shown === null ? null : baselineAt(context, shown, home);
  if (shown !== null && baseline === null) throw new UsageError(`--baseline ${shown}: no such file`);
  const known = baseline === null ? null : new KnownFindings(baseline);
  const writer = written === null ? null : new BaselineWriter(keyToWrite(context, written, baseline, home));
  const key = hasOption(context, 'sarif') ? home() : null;
  const isNeeded = known !== null || writer !== null || key !== null;
  return {
    isAccepting: writer !== null,
    marks: !isNeeded
      ? null
      : {
          isKnown(finding, value, name) {
            writer?.add(finding, value, name);
            return known?.has(finding, value) === true;
          },
          fingerprint: ({ entity }, value) => (key === null ? null : fingerprint(key, entity, value, normalise)),
        },
    write(tally) {
      if (writer === null || written === null) return;
      if (tally.isFailed) context.err(`${written} holds only what could be read\n`);
      writer.write(resolve(context.cwd, written), written);
      context.err(`${counted(writer.size, 'fingerprint')} written to ${written}\n`);
    },
  };
}

function baselineAt(context: CommandContext, shown: string, home: () => KeyObject | null): Baseline | null {
  return readBaseline(resolve(context.cwd, shown), shown, home);
}

/** A baseline that is written again keeps its key, so that its lines stay as they are. */
function keyToWrite(
  context: CommandContext,
  written: string,
  compared: Baseline | null,
  home: () => KeyObject | null,
): Baseline['key'] {
  const asked = choiceOption(context, 'baseline-key', ['file', 'home']);
  const present = baselineAt(context, written, home) ?? compared;
  if (present !== null && (asked === null || asked === present.key.kind)) return present.key;
  if (asked !== 'home') return newFileKey();
  const key = home();
  if (key === null) throw new UsageError('--baseline-key home: the home has no key');
  return homeKey(key);
}

/** The key of home, made where there is none; null, and told once, where the home cannot be used. */
function onceHomeKey(context: CommandContext): () => KeyObject | null {
  let key: KeyObject | null | undefined;
  return () => {
    if (key !== undefined) return key;
    try {
      key = openHome(context.config().home).keys.fingerprint;
    } catch (error) {
      if (!(error instanceof WeirError) || error.code !== 'home_unusable') throw error;
      context.err(`no fingerprints under home's key: ${error.message}\n`);
      key = null;
    }
    return key;
  };
}

function baselineFiles(context: CommandContext): readonly string[] {
  return ['baseline', 'write-baseline'].map((name) => textOption(context, name)).filter((file) => file !== null);
}

/** The path itself where nothing is there yet. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** On a terminal, a line of progress on stderr, wiped before anything else is printed. */
function withProgress(context: CommandContext): { readonly context: CommandContext; readonly progress: Progress } {
  if (context.isErrTerminal !== true) return { context, progress: NO_PROGRESS };
  const progress = terminalProgress(context.err, Date.now);
  const wiping =
    (print: (text: string) => void) =>
    (text: string): void => {
      progress.clear();
      print(text);
    };
  return { context: { ...context, out: wiping(context.out), err: wiping(context.err) }, progress };
}

/** As with the recognizers of policies: only where `--config` names a configuration. It waits as long as it takes. */
async function modelOf(context: CommandContext): Promise<ConfiguredModel | null> {
  if (context.configFile === null) return null;
  return await openConfiguredModel(context.config(), null, (line) => context.err(`${line}\n`));
}
