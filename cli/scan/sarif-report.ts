/**
 * `--sarif`: a log in the Static Analysis Results Interchange Format 2.1.0 (OASIS), as code scanning services take it.
 * A result has its place and a fingerprint under home's key, never the value. Findings that a comment allows or a
 * baseline knows are left out, because services show what they are sent.
 */
import { resolve, sep } from 'node:path';
import type { Coverage } from '../../flow/coverage.ts';
import { type Category, HIGH, MEDIUM } from '../../flow/finding.ts';
import type { CommandContext } from '../command.ts';
import type { LocatedFinding } from './file-scan.ts';
import type { Report } from './report.ts';
import { summary } from './text-report.ts';

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';
const BASE = '%SRCROOT%';
/** Of a kind of fingerprint, with its version behind it (§3.27.17). */
const FINGERPRINT = 'weirFingerprint/v1';

/** What a code scanning service sorts by, 0 to 10. */
const SEVERITY: Readonly<Record<Category, string>> = {
  credential: '8.5',
  government_id: '7.5',
  financial: '7.5',
  health: '7.5',
  personal: '5.5',
  business: '5.0',
  content: '4.0',
  vehicle: '4.0',
  network: '4.0',
  custom: '5.0',
};

export interface SarifOptions {
  readonly version: string;
  readonly cwd: string;
  /** What names of files in the log are relative to: the top of the repository, else the working directory. */
  readonly root: string;
}

type Json = Readonly<Record<string, unknown>>;

export function sarifReport(context: CommandContext, options: SarifOptions): Report {
  const results: Json[] = [];
  const notifications: Json[] = [];
  const rules = new Map<string, { readonly index: number; readonly rule: Json }>();
  const note = (name: string, level: 'error' | 'warning' | 'note', reason: string, text: string): void => {
    notifications.push({
      level,
      message: { text },
      descriptor: { id: reason },
      locations: [{ physicalLocation: { artifactLocation: artifact(name, options) } }],
    });
  };
  return {
    onScan(scan) {
      for (const located of scan.findings) {
        if (located.problem !== null) note(scan.name, 'warning', 'allow', `weir:allow ${located.problem}`);
        if (located.state !== 'new') continue;
        const { entity, category } = located.finding;
        const rule = rules.get(entity) ?? { index: rules.size, rule: ruleOf(entity, category) };
        rules.set(entity, rule);
        results.push(resultOf(located, rule.index, scan.name, options));
      }
      if (scan.coverage.level !== 'full') noteCoverage(note, scan.name, scan.coverage, scan.error);
    },
    onUnread({ name, reason, detail, isError }) {
      note(name, isError ? 'error' : 'note', reason, detail);
    },
    onEnd(tally, exitCode) {
      const driver = {
        name: 'Weir',
        semanticVersion: options.version,
        rules: [...rules.values()].map(({ rule }) => rule),
      };
      const invocation = { executionSuccessful: !tally.isFailed, exitCode, toolExecutionNotifications: notifications };
      const run = { tool: { driver }, columnKind: 'utf16CodeUnits', invocations: [invocation], results };
      context.out(`${JSON.stringify({ $schema: SCHEMA, version: '2.1.0', runs: [run] })}\n`);
      for (const line of summary(tally)) context.err(`${line}\n`);
    },
  };
}

function noteCoverage(
  note: (name: string, level: 'error' | 'warning' | 'note', reason: string, text: string) => void,
  name: string,
  coverage: Coverage,
  error: string | null,
): void {
  const reason = coverage.reason ?? coverage.level;
  note(name, error === null ? 'warning' : 'error', reason, `looked at in part: ${error ?? reason}`);
}

function ruleOf(entity: string, category: Category): Json {
  const words = entity.toLowerCase().split('_');
  return {
    id: entity,
    name: words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(''),
    shortDescription: { text: `Sensitive data: ${entity}` },
    help: {
      text: `A value of the kind ${entity} (${category}) stands in the file. Take it out; replace a credential that was ever committed. One that is meant to be there is marked in a comment: weir:allow ${entity} and the reason.`,
    },
    defaultConfiguration: { level: 'warning' },
    properties: { category, tags: ['security', category], 'security-severity': SEVERITY[category] },
  };
}

function resultOf(
  { finding, start, end, fingerprint }: LocatedFinding,
  ruleIndex: number,
  name: string,
  options: SarifOptions,
): Json {
  const { entity, score, recognizer, alternatives } = finding;
  const region = {
    startLine: start.line,
    startColumn: start.column,
    endLine: end.line,
    endColumn: end.column,
    charOffset: start.offset,
    charLength: end.offset - start.offset,
  };
  return {
    ruleId: entity,
    ruleIndex,
    level: score >= HIGH ? 'error' : score >= MEDIUM ? 'warning' : 'note',
    message: { text: `${entity}, score ${score.toFixed(2)}, by ${recognizer}. The value is not shown.` },
    locations: [{ physicalLocation: { artifactLocation: artifact(name, options), region } }],
    ...(fingerprint === null ? {} : { partialFingerprints: { [FINGERPRINT]: fingerprint } }),
    properties: {
      score,
      recognizer,
      alternatives,
      ...(finding.explanation === undefined ? {} : { explanation: finding.explanation }),
    },
  };
}

/** Below the root by a relative URI; else by an absolute one. */
function artifact(name: string, { cwd, root }: SarifOptions): Json {
  if (name === '-') return { uri: 'stdin' };
  const path = resolve(cwd, name);
  const inside = root.endsWith(sep) ? root : root + sep;
  const encode = (text: string): string =>
    text
      .split(sep)
      .map((part) => encodeURIComponent(part.toWellFormed()))
      .join('/');
  return path.startsWith(inside)
    ? { uri: encode(path.slice(inside.length)), uriBaseId: BASE }
    : { uri: `file://${encode(path)}` };
}
