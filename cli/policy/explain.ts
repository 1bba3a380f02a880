/**
 * `weir policy explain`: why a text gets its decision, rule by rule, or what an event on record was decided by. It
 * shows spans and scores, never the values found, and records nothing.
 */
import { createCatalog } from '../../catalog/catalog.ts';
import type { Config } from '../../config/config.ts';
import { compilePolicies, type RuleTrace } from '../../engine/decide/policy-set.ts';
import { createScanner } from '../../engine/scan/scanner.ts';
import { coverageText } from '../../flow/coverage.ts';
import { DIRECTIONS, type Ruling } from '../../flow/decision.ts';
import type { WeirEvent } from '../../flow/event.ts';
import { KEPT } from '../../flow/finding.ts';
import { POSITIONS, ROLES } from '../../flow/segment.ts';
import { homePaths, readFingerprintKeys } from '../../store/home.ts';
import { type Command, type CommandContext, choiceOption, hasOption, textOption, UsageError } from '../command.ts';
import { openStore } from '../open-store.ts';
import { readAll } from '../stdin-text.ts';
import { soundPolicies } from './policy-sources.ts';
import { DEFAULT_TO, destinationOf, shownFindings, type Trial, type TrialInput, tryText } from './trial.ts';

const MAX_TEXT = 32 * 1024 * 1024;

export const command: Command = {
  name: 'policy explain',
  summary: 'shows why a text or an event gets its decision',
  usage: [
    'weir policy explain [FILE|FOLDER…] [--text TEXT] [--to HOST] [--app APP] [--user USER] [--model MODEL]',
    '                    [--role ROLE] [--position latest|history] [--direction request|response] [--json]',
    'weir policy explain --event ID [--json]',
  ].join('\n'),
  details: [
    'The text comes from --text, else from stdin. It is taken as one text of role user, position latest, in a request to',
    `${DEFAULT_TO}, unless said otherwise. Prints each finding (start and end in UTF-16 code units), each rule of the`,
    'policies and why it held or not, the decision, and the text as it would leave. An app named with --app counts as',
    'verified. FILE and FOLDER are policies; without them, those of the configuration.',
    '--event shows the decisions of an event on record with the reasons kept in it.',
  ].join('\n'),
  example: 'echo "write to jane.doe@example.com" | weir policy explain --to api.anthropic.com --role tool',
  options: {
    text: { type: 'string' },
    event: { type: 'string' },
    to: { type: 'string' },
    app: { type: 'string' },
    user: { type: 'string' },
    model: { type: 'string' },
    role: { type: 'string' },
    position: { type: 'string' },
    direction: { type: 'string' },
    json: { type: 'boolean' },
  },
  async run(context) {
    const id = textOption(context, 'event');
    return id === null ? await explainText(context) : explainEvent(context, id);
  },
};

async function explainText(context: CommandContext): Promise<number> {
  const to = textOption(context, 'to') ?? DEFAULT_TO;
  const config = context.config();
  const catalog = createCatalog(config.destinations);
  const destination = destinationOf(catalog, to);
  if (destination === null) throw new UsageError('--to must be a host or host:port');
  const input: Omit<TrialInput, 'text'> = {
    to,
    app: textOption(context, 'app'),
    user: textOption(context, 'user'),
    model: textOption(context, 'model'),
    role: choiceOption(context, 'role', ROLES) ?? 'user',
    position: choiceOption(context, 'position', POSITIONS) ?? 'latest',
    direction: choiceOption(context, 'direction', DIRECTIONS) ?? 'request',
  };
  const { documents } = soundPolicies(context);
  const policies = compilePolicies(documents);
  const scanner = createScanner({ custom: policies.recognizers, least: KEPT, ...config.detection });
  const text = textOption(context, 'text') ?? (await readAll(context.stdin, MAX_TEXT));
  const keys = homeKeys(config);
  const trial = tryText({ scanner, policies, catalog, keys }, { ...input, text }, destination);
  if (hasOption(context, 'json')) context.out(`${JSON.stringify(trialData(trial, input))}\n`);
  else context.out(trialText(trial, input));
  return 0;
}

/** Fingerprints in exceptions fit only with the home's keys; where there is none yet, they fit nothing. */
function homeKeys(config: Config): ReturnType<typeof readFingerprintKeys> {
  return readFingerprintKeys(homePaths(config.home));
}

function trialData(trial: Trial, input: Omit<TrialInput, 'text'>): object {
  const { inspection, output, trace, destination } = trial;
  const { enforced, monitored, explanation } = inspection.decision;
  return {
    destination,
    app: input.app,
    user: input.user,
    model: input.model,
    role: input.role,
    position: input.position,
    direction: input.direction,
    coverage: inspection.coverage,
    findings: shownFindings(trial),
    rules: trace,
    decision: enforced,
    monitored,
    explanation,
    output,
  };
}

function trialText(trial: Trial, input: Omit<TrialInput, 'text'>): string {
  const { inspection, output, trace, destination } = trial;
  const { enforced, monitored, explanation } = inspection.decision;
  const to = [destination.category, destination.vendor, destination.country].filter((one) => one !== null).join(', ');
  const lines = [
    `${input.direction} to ${destination.host}:${destination.port} (${to}), role ${input.role}, position ${input.position}`,
    '',
    'Findings',
  ];
  const findings = shownFindings(trial);
  for (const { entity, alternatives, start, end, score, recognizer } of findings) {
    const others = alternatives.map((other) => `${other.entity} ${rounded(other.score)}`).join(', ');
    lines.push(
      `  ${entity} ${rounded(score)} at ${start}..${end} by ${recognizer}${others === '' ? '' : ` (or ${others})`}`,
    );
  }
  if (findings.length === 0) lines.push('  none');
  lines.push('', 'Rules', ...rulesText(trace));
  const exceptions = explanation.filter((reason) => reason.text.startsWith('the exception '));
  if (exceptions.length > 0) {
    lines.push('', 'Exceptions', ...exceptions.map(({ policy, rule, text }) => `  ${policy}/${rule}: ${text}`));
  }
  lines.push('', `Decision: ${rulingText(enforced)}`);
  if (monitored !== null) lines.push(`Monitor:  ${rulingText(monitored)}, not carried out`);
  if (output !== null && inspection.edited !== null)
    lines.push(
      '',
      'Sent instead',
      ...output
        .trimEnd()
        .split('\n')
        .map((one) => `  ${one}`),
    );
  return `${lines.join('\n')}\n`;
}

function rulesText(trace: readonly RuleTrace[]): readonly string[] {
  if (trace.length === 0) return ['  none'];
  const width = Math.max(...trace.map(({ policy, rule }) => policy.length + rule.length + 1));
  return trace.map(({ policy, rule, action, mode, held, text }) => {
    const name = `${policy}/${rule}`.padEnd(width);
    return `  ${held ? 'held    ' : 'not held'}  ${name}  ${action.padEnd(8)}  ${mode === 'monitor' && !held ? `(monitor) ${text}` : text}`;
  });
}

function rulingText({ action, policy, rule, severity, policyVersion }: Ruling): string {
  if (policy === null) return `${action}: no rule held`;
  return `${action} by ${policy}/${rule ?? ''} (severity ${severity ?? 'none'}, version ${policyVersion ?? 'none'})`;
}

function rounded(score: number): number {
  return Math.round(score * 100) / 100;
}

async function explainEvent(context: CommandContext, id: string): Promise<number> {
  for (const name of ['text', 'to', 'app', 'user', 'model', 'role', 'position', 'direction']) {
    if (textOption(context, name) !== null) throw new UsageError(`--event stands alone; --${name} goes with a text`);
  }
  if (context.positionals.length > 0) throw new UsageError('--event shows what was decided then; it takes no policies');
  const reader = openStore(context.config(), (message) => context.err(`weir: ${message}\n`));
  try {
    const found = await reader.event(id);
    if (found.kind !== 'found') {
      context.err(
        found.kind === 'none'
          ? 'no event of this id is on record\n'
          : `several events begin so: ${found.ids.join(', ')}\n`,
      );
      return 1;
    }
    const { event } = found;
    if (hasOption(context, 'json')) {
      const { decisions, findings, coverage, enforced, action, outcome } = event;
      context.out(`${JSON.stringify({ id: event.id, action, outcome, enforced, coverage, decisions, findings })}\n`);
    } else context.out(eventText(event));
    return 0;
  } finally {
    await reader.close();
  }
}

function eventText(event: WeirEvent): string {
  const { destination, source } = event;
  const lines = [
    `${event.id} ${event.time} ${source.app ?? source.process ?? 'unknown source'} -> ${destination.host}:${destination.port}`,
    `outcome ${event.outcome ?? 'unknown'}, coverage ${coverageText(event.coverage)}, model ${event.model ?? 'unknown'}`,
    '',
    'Findings',
  ];
  for (const { entity, count, path, maxScore, role, position, direction } of event.findings) {
    lines.push(
      `  ${count} ${entity} ${rounded(maxScore)} at ${path === '' ? 'the text' : path} (${direction}, ${role}, ${position})`,
    );
  }
  if (event.findings.length === 0) lines.push('  none');
  for (const { direction, explanation, ...ruling } of event.decisions) {
    lines.push(
      '',
      `Decision on the ${direction}: ${rulingText({ ...ruling, message: null })}${ruling.mode === 'monitor' ? ', not carried out' : ''}`,
    );
    lines.push(...explanation.map((text) => `  ${text}`));
  }
  if (event.decisions.length === 0) lines.push('', 'Decision: none on record');
  return `${lines.join('\n')}\n`;
}
