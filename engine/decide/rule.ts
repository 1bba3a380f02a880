/**
 * One rule on one message: whether it holds, and for which findings. Refuses to say why not unless it is asked, because
 * it runs for every message.
 */
import { type Coverage, type CoverageLevel, coverageText } from '../../flow/coverage.ts';
import { type Action, type Mode, type Redaction, SEVERITIES, type Severity } from '../../flow/decision.ts';
import { type Category, type Finding, MEDIUM } from '../../flow/finding.ts';
import type { Override } from '../../flow/override.ts';
import type { Segment } from '../../flow/segment.ts';
import type { CompiledException } from './exceptions.ts';
import type { Companion, Rule } from './grammar.ts';
import { durationText, excesses, type Limit, type LimitUse, type Usage, type Used } from './limit.ts';
import {
  type CompiledMatch,
  type MessageMatch,
  type Miss,
  narrowsPlaces,
  type Scope,
  takesModel,
  takesPlace,
} from './narrowing.ts';
import { nearOnes } from './nearness.ts';
import { compileSelector, type Selector, selected } from './selector.ts';
import { sourceIdentity } from './source-identity.ts';

/** What a decision is taken on. */
export interface DecideInput extends Scope {
  readonly model: string | null;
  readonly findings: readonly Finding[];
  readonly segments: readonly Segment[];
  readonly coverage: Coverage;
  readonly now: Date;
  /** Bytes of the message's body, where it has one; for limits. */
  readonly bytes?: number;
  /** What sources have used of limits before this message; null or absent: nothing. */
  readonly usage?: Usage | null;
  /** What people have let through for a while. */
  readonly overrides?: readonly Override[];
}

export interface CompiledRule {
  readonly policy: string;
  readonly policyVersion: string;
  readonly mode: Mode;
  readonly name: string;
  readonly action: Action;
  readonly with: Redaction;
  readonly severity: Severity;
  /** Greater is graver. */
  readonly severityRank: number;
  readonly message: string | null;
  readonly matches: readonly CompiledMatch[];
  readonly selector: Selector | null;
  readonly minCount: number;
  readonly minDistinct: number;
  readonly and: readonly { readonly selector: Selector; readonly minCount: number; readonly minDistinct: number }[];
  readonly within: number | null;
  readonly coverage: ReadonlySet<CoverageLevel> | null;
  readonly exceptions: readonly CompiledException[];
  readonly limit: Limit | null;
  /** For how long a person may let through what it stops; null: not at all. */
  readonly overrideMs: number | null;
  /** Per cent of the sources that it is enforced for. */
  readonly rollout: number;
  /** True of the copy of a rule that is for sources outside its rollout; its mode is `monitor` then. */
  readonly isOutsideRollout: boolean;
}

export function compileRule(
  rule: Rule,
  policy: { name: string; version: string; mode: Mode; severity: Severity; rollout: string },
  matches: readonly (CompiledMatch | null)[],
  exceptions: readonly CompiledException[],
  categoryOf: (entity: string) => Category | null,
): CompiledRule {
  const { detect } = rule;
  const entities = detect?.entities?.map((one) => one.value) ?? null;
  const severity = rule.severity ?? policy.severity;
  const companion = (one: Companion) => ({
    ...one,
    selector: compileSelector(
      one.entities.map((entity) => entity.value),
      one.minScore,
      categoryOf,
    ),
  });
  return {
    policy: policy.name,
    policyVersion: policy.version,
    mode: policy.mode,
    name: rule.name.value,
    action: rule.action,
    with: rule.with ?? 'label',
    severity,
    severityRank: SEVERITIES.indexOf(severity),
    message: messageOf(rule),
    matches: matches.filter((match) => match !== null),
    selector: entities === null ? null : compileSelector(entities, detect?.minScore ?? 0, categoryOf),
    minCount: detect?.minCount ?? 1,
    minDistinct: detect?.minDistinct ?? 1,
    and: detect?.and.map(companion) ?? [],
    within: detect?.within ?? null,
    coverage: detect?.coverage == null ? null : new Set(detect.coverage),
    exceptions,
    limit: rule.limit,
    overrideMs: rule.override?.for ?? null,
    rollout: Number.parseInt(policy.rollout, 10),
    isOutsideRollout: false,
  };
}

/** Who is stopped is told the way on. */
function messageOf({ message, override }: Rule): string | null {
  if (override === null) return message;
  const way = `It can be let through for ${durationText(override.for)}: weir log allow EVENT --reason WHY.`;
  return message === null ? way : `${message} ${way}`;
}

/** Null where a message of this scope can match the rule, else why none can. */
export function scopeMiss(rule: CompiledRule, scope: Scope): Miss {
  for (const match of rule.matches) {
    const miss = match.scopeMiss(scope);
    if (miss !== null) return miss;
    const { not } = match;
    if (not !== null && not.message.models === null && !narrowsPlaces(not.message) && not.scopeMiss(scope) === null) {
      return '`not` takes this source, destination or direction out';
    }
  }
  return null;
}

export interface Held {
  readonly rule: CompiledRule;
  /** Indices of the findings that it is about, rising; empty for a rule that looks at no finding. */
  readonly findings: readonly number[];
  /** How many findings each exception took out. */
  readonly excepted: ReadonlyMap<CompiledException, number>;
}

type Explain = (why: string) => void;

const NOTHING_EXCEPTED: ReadonlyMap<CompiledException, number> = new Map();

/** What the rule makes of a message whose scope it matches; `explain` is called once with the reason when it is null. */
export function evaluate(rule: CompiledRule, input: DecideInput, explain?: Explain): Held | null {
  const places = placesOf(rule, input, explain);
  if (places === null) return null;
  const exceptions = rule.exceptions.filter((one) => one.applies(input, input.now));
  const whole = exceptions.find((one) => one.isOfWholeMessage);
  if (rule.coverage !== null && !rule.coverage.has(input.coverage.level)) {
    explain?.(`coverage is ${coverageText(input.coverage)}`);
    return null;
  }
  if (rule.selector === null) {
    if (whole !== undefined) {
      explain?.(`the exception "${whole.label}" takes this source or destination out`);
      return null;
    }
    if (places !== 'all' && !input.segments.some((segment) => places(segment))) {
      explain?.('no text of the roles and positions that it names');
      return null;
    }
    if (rule.limit !== null && excessesOf(rule, rule.limit, input).length === 0) {
      explain?.(`within the limit${input.usage == null ? ', by this message alone' : ''}`);
      return null;
    }
    return { rule, findings: [], excepted: NOTHING_EXCEPTED };
  }
  return evaluateFindings(rule, rule.selector, places, exceptions, input, explain);
}

/** What of its limit a source exceeds with this message, in words; empty while nothing. */
export function excessesOf(rule: CompiledRule, limit: Limit, input: DecideInput): readonly string[] {
  const key = usageKey(rule, limit, input);
  return excesses(limit, input.usage?.used(key) ?? NOTHING_USED, addsOf(rule, input));
}

/** What a message that is let through counts under a rule with a limit; null where the rule does not take it in. */
export function limitUse(rule: CompiledRule, input: DecideInput): LimitUse | null {
  if (rule.limit === null || placesOf(rule, input) === null) return null;
  if (rule.exceptions.some((one) => one.isOfWholeMessage && one.applies(input, input.now))) return null;
  return { ...usageKey(rule, rule.limit, input), adds: addsOf(rule, input) };
}

const NOTHING_USED: Used = { requests: 0, bytes: 0, findings: 0 };

function usageKey(rule: CompiledRule, { per }: Limit, { source }: DecideInput) {
  return { policy: rule.policy, rule: rule.name, source: sourceIdentity(source), perMs: per };
}

function addsOf(rule: CompiledRule, input: DecideInput): Used {
  const places = placesOf(rule, input);
  const exceptions = rule.exceptions.filter((one) => one.applies(input, input.now));
  let findings = 0;
  for (const finding of input.findings) {
    if (finding.score < MEDIUM || places === null || (places !== 'all' && !places(finding))) continue;
    if (!exceptions.some((one) => one.takes(finding, input.segments[finding.segment]))) findings++;
  }
  return { requests: input.direction === 'request' ? 1 : 0, bytes: input.bytes ?? 0, findings };
}

/** What `match` leaves of the message: `all`, a test of places, or null when nothing. */
function placesOf(
  rule: CompiledRule,
  input: DecideInput,
  explain?: Explain,
): 'all' | ((of: Pick<Finding, 'role' | 'position'>) => boolean) | null {
  const narrow: MessageMatch[] = [];
  const out: MessageMatch[] = [];
  for (const { message, not } of rule.matches) {
    if (!takesModel(message, input.model)) {
      explain?.(`the model is ${input.model === null ? 'unknown' : 'another one'}, not ${message.modelsText}`);
      return null;
    }
    if (narrowsPlaces(message)) narrow.push(message);
    if (not === null || not.scopeMiss(input) !== null || !takesModel(not.message, input.model)) continue;
    if (!narrowsPlaces(not.message)) {
      explain?.('`not` takes this message out');
      return null;
    }
    out.push(not.message);
  }
  if (narrow.length + out.length === 0) return 'all';
  return ({ role, position }) =>
    narrow.every((match) => takesPlace(match, role, position)) &&
    !out.some((match) => takesPlace(match, role, position));
}

function evaluateFindings(
  rule: CompiledRule,
  selector: Selector,
  places: 'all' | ((of: Pick<Finding, 'role' | 'position'>) => boolean),
  exceptions: readonly CompiledException[],
  input: DecideInput,
  explain?: Explain,
): Held | null {
  let excepted: Map<CompiledException, number> | null = null;
  const gather = (by: Selector): number[] => {
    const taken: number[] = [];
    for (let index = 0; index < input.findings.length; index++) {
      const finding = input.findings[index];
      if (finding === undefined || selected(by, finding) === null) continue;
      if (places !== 'all' && !places(finding)) continue;
      const exception = exceptions.find((one) => one.takes(finding, input.segments[finding.segment]));
      if (exception === undefined) taken.push(index);
      else if (by === selector) {
        excepted ??= new Map();
        excepted.set(exception, (excepted.get(exception) ?? 0) + 1);
      }
    }
    return taken;
  };

  let held: readonly number[] = gather(selector);
  if (held.length === 0) {
    if (explain !== undefined) explain(whyNone(rule, selector, places, excepted, input));
    return excepted === null ? null : { rule, findings: [], excepted };
  }
  const before = held.length;
  for (const { selector: other, minCount, minDistinct } of rule.and) {
    const companions = gather(other);
    const need = { within: rule.within ?? 0, minCount, minDistinct };
    held =
      rule.within === null
        ? besideOnes(input.findings, held, companions, need)
        : nearOnes(input.findings, input.segments, held, companions, need);
    if (held.length === 0) {
      explain?.(
        `${before} of ${selector.text}, but not with ${other.text}${rule.within === null ? '' : ` within ${rule.within} characters`}`,
      );
      return excepted === null ? null : { rule, findings: [], excepted };
    }
  }
  const isEnough =
    held.length >= rule.minCount && (rule.minDistinct === 1 || distinct(held, input.findings) >= rule.minDistinct);
  if (isEnough) return { rule, findings: held, excepted: excepted ?? NOTHING_EXCEPTED };
  explain?.(
    held.length < rule.minCount
      ? `${held.length} found, minCount is ${rule.minCount}`
      : `${distinct(held, input.findings)} different values found, minDistinct is ${rule.minDistinct}`,
  );
  return excepted === null ? null : { rule, findings: [], excepted };
}

/** Those of `primaries` beside which the message holds enough companions, the finding itself not counted. */
function besideOnes(
  findings: readonly Finding[],
  primaries: readonly number[],
  companions: readonly number[],
  need: { readonly minCount: number; readonly minDistinct: number },
): readonly number[] {
  const isCompanion = new Set(companions);
  const times = new Map<string, number>();
  for (const index of companions) {
    const fingerprint = findings[index]?.fingerprint ?? '';
    times.set(fingerprint, (times.get(fingerprint) ?? 0) + 1);
  }
  return primaries.filter((index) => {
    const isOne = isCompanion.has(index);
    const isOnly = isOne && times.get(findings[index]?.fingerprint ?? '') === 1;
    return companions.length - (isOne ? 1 : 0) >= need.minCount && times.size - (isOnly ? 1 : 0) >= need.minDistinct;
  });
}

function distinct(indices: readonly number[], findings: readonly Finding[]): number {
  return new Set(indices.map((index) => findings[index]?.fingerprint)).size;
}

/** Why no finding is left, for `weir policy explain`. */
function whyNone(
  rule: CompiledRule,
  selector: Selector,
  places: 'all' | ((of: Pick<Finding, 'role' | 'position'>) => boolean),
  excepted: ReadonlyMap<CompiledException, number> | null,
  input: DecideInput,
): string {
  if (excepted !== null) return `exceptions take out all of ${selector.text}`;
  if (input.findings.some((finding) => selected(selector, finding) !== null) && places !== 'all') {
    const roles = rule.matches.flatMap((match) => [...(match.message.roles ?? [])]);
    const positions = rule.matches.flatMap((match) => [...(match.message.positions ?? [])]);
    const wanted = [roles.join(', '), positions.join(', ')].filter((one) => one !== '').join(' in ');
    return `${selector.text} found, but not in the roles and positions that it looks at${wanted === '' ? '' : ` (${wanted})`}`;
  }
  const atAnyScore = { ...selector, minScore: 0 };
  const scores = input.findings.flatMap((finding) => selected(atAnyScore, finding)?.score ?? []);
  if (scores.length === 0) return `no finding of ${selector.text}`;
  return `score ${Math.max(...scores.slice(0, 1000))} of ${selector.text} is below minScore ${selector.minScore}`;
}
