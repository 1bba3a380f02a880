/**
 * The rules that held to one decision: the strongest action, the edit of each finding, and the reasons in words. Order
 * never matters: what is equal is told apart by severity and name.
 */
import { coverageText } from '../../flow/coverage.ts';
import {
  type Action,
  actionRank,
  type Decision,
  type Reason,
  type Redaction,
  type Ruling,
  type Verdict,
} from '../../flow/decision.ts';
import type { Finding } from '../../flow/finding.ts';
import type { Override } from '../../flow/override.ts';
import type { CompiledException } from './exceptions.ts';
import { overrideOf, overridesOf } from './overridden.ts';
import { type CompiledRule, type DecideInput, excessesOf, type Held } from './rule.ts';
import { selected } from './selector.ts';

const ALLOWED: Ruling = {
  action: 'allow',
  mode: 'enforce',
  policy: null,
  policyVersion: null,
  rule: null,
  severity: null,
  message: null,
};

/** Of a message in which no rule held; shared, so that it costs nothing. */
export const NOTHING_HELD: Decision = Object.freeze({
  enforced: ALLOWED,
  monitored: null,
  verdicts: [],
  subject: [],
  explanation: [],
});

/** By code units: the same on every host, whatever its language. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** One outcome of a rule that held: where an edit cannot be made, a rule has others beside its own action. */
export interface Outcome {
  readonly rule: CompiledRule;
  readonly action: Action;
  readonly findings: readonly number[];
  readonly isImmutable: boolean;
  /** Who was asked has let it through. */
  readonly override: Override | null;
}

/** What a rule that held comes to: its own action, and what becomes of it where no edit can be made. */
export function outcomesOf({ rule, findings }: Held, input: DecideInput): Outcome[] {
  const overrides = overridesOf(rule, input);
  const [first] = overrides;
  if (first === undefined) return ownOutcomes(rule, findings, input);
  if (rule.selector === null) {
    return [{ rule, action: 'alert', findings: [], isImmutable: false, override: first }];
  }
  const rest: number[] = [];
  const through = new Map<Override, number[]>();
  for (const index of findings) {
    const finding = input.findings[index];
    const override = finding === undefined ? null : overrideOf(overrides, finding);
    if (override === null) rest.push(index);
    else through.set(override, [...(through.get(override) ?? []), index]);
  }
  const alerts = [...through].map(
    ([override, of]): Outcome => ({ rule, action: 'alert', findings: of, isImmutable: false, override }),
  );
  return rest.length === 0 ? alerts : [...ownOutcomes(rule, rest, input), ...alerts];
}

function ownOutcomes(rule: CompiledRule, findings: readonly number[], input: DecideInput): Outcome[] {
  if (rule.action !== 'redact' && rule.action !== 'tokenize') {
    return [{ rule, action: rule.action, findings, isImmutable: false, override: null }];
  }
  const editable: number[] = [];
  const latest: number[] = [];
  const history: number[] = [];
  for (const index of findings) {
    const finding = input.findings[index];
    if (finding === undefined) continue;
    if (input.segments[finding.segment]?.immutable !== true) editable.push(index);
    else (finding.position === 'latest' ? latest : history).push(index);
  }
  const outcomes: Outcome[] = [
    { rule, action: rule.action, findings: editable, isImmutable: false, override: null },
    { rule, action: 'block', findings: latest, isImmutable: true, override: null },
    { rule, action: 'alert', findings: history, isImmutable: true, override: null },
  ];
  return outcomes.filter((outcome) => outcome.findings.length > 0);
}

/** Negative where `a` decides rather than `b`: stronger, then graver, then by name. */
function compareOutcomes(a: Outcome, b: Outcome): number {
  return (
    actionRank(b.action) - actionRank(a.action) ||
    b.rule.severityRank - a.rule.severityRank ||
    compareText(a.rule.policy, b.rule.policy) ||
    compareText(a.rule.name, b.rule.name)
  );
}

/** The decision on what held. */
export function concluded(held: readonly Held[], input: DecideInput): Decision {
  const outcomes: Outcome[] = [];
  const reasons: Reason[] = [];
  for (const one of held) {
    const isOfFindings = one.rule.selector !== null;
    if (!isOfFindings || one.findings.length > 0) outcomes.push(...outcomesOf(one, input));
    for (const [exception, count] of one.excepted) reasons.push(exceptionReason(one.rule, exception, count));
  }
  outcomes.sort(compareOutcomes);
  const enforced = outcomes.filter((outcome) => outcome.rule.mode === 'enforce');
  const [top] = enforced;
  const monitored = outcomes.find((outcome) => outcome.rule.mode === 'monitor');
  return {
    enforced: top === undefined ? ALLOWED : rulingOf(top),
    monitored: monitored === undefined ? null : rulingOf(monitored),
    verdicts: verdictsOf(enforced),
    subject: top?.findings ?? [],
    explanation: [...outcomes.map((outcome) => outcomeReason(outcome, input)), ...reasons],
  };
}

function rulingOf({ rule, action }: Outcome): Ruling {
  const { mode, policy, policyVersion: version, name, severity, message } = rule;
  return { action, mode, policy, policyVersion: version, rule: name, severity, message };
}

/** What discloses least wins where two rules redact one finding. */
const REDACTION_RANK: Readonly<Record<Redaction, number>> = { label: 3, mask: 2, hash: 1, last4: 0 };

function verdictsOf(enforced: readonly Outcome[]): Verdict[] {
  const byFinding = new Map<number, Verdict>();
  for (const { rule, action, findings } of enforced) {
    if (action !== 'redact' && action !== 'tokenize') continue;
    for (const finding of findings) {
      const verdict: Verdict = { finding, action, with: rule.with };
      const other = byFinding.get(finding);
      const order = other === undefined ? 1 : actionRank(action) - actionRank(other.action);
      const isStronger =
        order > 0 || (order === 0 && REDACTION_RANK[rule.with] > REDACTION_RANK[other?.with ?? 'label']);
      if (isStronger) byFinding.set(finding, verdict);
    }
  }
  return [...byFinding.values()].sort((a, b) => a.finding - b.finding);
}

function exceptionReason(rule: CompiledRule, exception: CompiledException, count: number): Reason {
  const why = exception.reason === null ? '' : ` (${exception.reason})`;
  const text = `the exception "${exception.label}" took out ${count} ${count === 1 ? 'finding' : 'findings'}${why}`;
  return { policy: rule.policy, rule: rule.name, action: 'allow', text };
}

function outcomeReason(outcome: Outcome, input: DecideInput): Reason {
  const { rule, action } = outcome;
  return { policy: rule.policy, rule: rule.name, action, text: outcomeText(outcome, input) };
}

/** Why a rule held, without values: counts, places and the lowest score. */
export function outcomeText({ rule, findings, isImmutable, override }: Outcome, input: DecideInput): string {
  const parts: string[] = [];
  if (rule.isOutsideRollout) parts.push(`monitor only (outside the rollout of ${rule.rollout}%)`);
  else if (rule.mode === 'monitor') parts.push('monitor only');
  if (override !== null) {
    const until = new Date(override.until).toISOString();
    parts.push(`let through until ${until} by the override of event ${override.event}`);
  }
  if (rule.limit !== null) parts.push(...excessesOf(rule, rule.limit, input));
  if (rule.coverage !== null) parts.push(`coverage ${coverageText(input.coverage)}`);
  if (rule.selector !== null)
    parts.push(...findingsText(rule, findings, input.findings), ...learnedText(findings, input));
  if (rule.and.length > 0) {
    const others = rule.and.map((one) => one.selector.text).join(' and ');
    parts.push(`with ${others}${rule.within === null ? '' : ` within ${rule.within} characters`}`);
  }
  if (isImmutable) parts.push('immutable: no edit can be made there');
  return parts.length === 0 ? 'the message matches' : parts.join(', ');
}

/** What the past of their fields made of the findings. */
function learnedText(indices: readonly number[], { findings }: DecideInput): readonly string[] {
  const said = new Set(indices.flatMap((index) => findings[index]?.learned ?? []));
  return [...said].slice(0, MAX_PLACES).map((text) => `score ${text}`);
}

const MAX_PLACES = 3;

/** `2 CREDIT_CARD at /messages/1/content`, `score 1 >= 0.5`: counts, places and the lowest score, no values. */
function findingsText(rule: CompiledRule, indices: readonly number[], findings: readonly Finding[]): string[] {
  const counts = new Map<string, { entity: string; path: string; count: number }>();
  let lowest = 1;
  for (const index of indices) {
    const finding = findings[index];
    const as = finding === undefined || rule.selector === null ? null : selected(rule.selector, finding);
    if (finding === undefined || as === null) continue;
    const key = `${as.entity} ${finding.path}`;
    const known = counts.get(key);
    if (known === undefined) counts.set(key, { entity: as.entity, path: finding.path, count: 1 });
    else known.count += 1;
    lowest = Math.min(lowest, as.score);
  }
  const places = [...counts.values()];
  const shown = places.slice(0, MAX_PLACES).map(({ entity, path, count }) => {
    return `${count} ${entity}${path === '' ? '' : ` at ${path.length > 120 ? `${path.slice(0, 119)}…` : path}`}`;
  });
  if (places.length > MAX_PLACES) shown.push(`and in ${places.length - MAX_PLACES} more places`);
  const rounded = Math.round(lowest * 100) / 100;
  return [shown.join(', '), `score ${rounded} >= ${rule.selector?.minScore ?? 0}`];
}
