/**
 * What is allowed in a policy and hardly meant: rules that can never act, exceptions that have run out or take out
 * everything. Warnings only; what is wrong for certain is policy-check.ts.
 */
import RE2 from 're2';
import { type Action, actionRank, SEVERITIES } from '../../flow/decision.ts';
import type { Place, Problem } from './checked-yaml.ts';
import type { Except, Match, Rule } from './grammar.ts';
import { isException, isPolicy, type PolicyDocument, type PolicyOf } from './policy-file.ts';

type Warn = (place: Place, message: string) => void;

/** Warnings by file and place. `now` tells which exceptions have run out. */
export function lintPolicies(documents: readonly PolicyDocument[], now: Date): readonly Problem[] {
  const warnings: Problem[] = [];
  const warn: Warn = ({ file, line, column }, message) => warnings.push({ file, line, column, message });
  const policies = documents.filter(isPolicy);
  for (const policy of policies) {
    if (policy.rules.length > 0 && policy.tests.length === 0) {
      warn(policy.name.place, `policy "${policy.name.value}" has no tests`);
    }
    for (const rule of policy.rules) {
      lintMatch(policy.match, rule.match, rule.name.place, warn);
      if (rule.except !== null) lintExcept(rule.except, rule, rule.name.place, now, warn);
    }
  }
  for (const exception of documents.filter(isException)) {
    const of = policies.find((one) => one.name.value === exception.policy.value);
    const rules = of?.rules.filter((one) => exception.rule === null || one.name.value === exception.rule.value) ?? [];
    lintExcept(exception, rules.length === 1 ? (rules[0] ?? null) : null, exception.place, now, warn);
  }
  lintShadows(policies, warn);
  return warnings.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || a.column - b.column));
}

/** Where the policy's own match and the rule's have nothing in common, the rule never holds. */
function lintMatch(policy: Match | null, rule: Match | null, place: Place, warn: Warn): void {
  if (policy === null || rule === null) return;
  for (const key of ['directions', 'roles', 'positions'] as const) {
    const own: readonly string[] = rule[key];
    const outer: readonly string[] = policy[key];
    if (own.length > 0 && outer.length > 0 && !own.some((one) => outer.includes(one))) {
      warn(place, `never holds: its ${key} (${own.join(', ')}) are not among the policy's (${outer.join(', ')})`);
    }
  }
  const own = rule.destinations?.categories ?? [];
  const outer = policy.destinations?.categories ?? [];
  if (own.length > 0 && outer.length > 0 && !own.some((one) => outer.includes(one))) {
    warn(place, `never holds: its categories (${own.join(', ')}) are not among the policy's (${outer.join(', ')})`);
  }
}

function lintExcept(except: Except, rule: Rule | null, place: Place, now: Date, warn: Warn): void {
  if (except.expires !== null && except.expires < now.getTime()) {
    warn(place, `the exception ran out on ${new Date(except.expires).toISOString().slice(0, 10)}`);
  }
  const namesValues =
    except.values.length + except.patterns.length + except.fingerprints.length + except.paths.length > 0;
  if (namesValues && rule !== null && (rule.detect === null || rule.detect.entities === null)) {
    warn(place, 'the exception names values or paths, but the rule looks at no findings: it never applies');
  }
  if (except.patterns.some((pattern) => new RE2(pattern, 'u').test(''))) {
    warn(place, 'a pattern of the exception matches the empty text, and so every value');
  }
}

/** A rule is shadowed when another one, at least as strong, holds for all that it holds for: it never shows. */
function lintShadows(policies: readonly PolicyOf[], warn: Warn): void {
  const all = policies.flatMap((policy) => policy.rules.map((rule) => ({ policy, rule })));
  for (const weak of all) {
    const by = all.find((other) => other !== weak && other.policy.mode === weak.policy.mode && shadows(other, weak));
    if (by === undefined) continue;
    warn(
      weak.rule.name.place,
      `never decides: ${by.policy.name.value}/${by.rule.name.value} (${by.rule.action}) holds wherever it does`,
    );
  }
}

interface Ranked {
  readonly policy: PolicyOf;
  readonly rule: Rule;
}

function shadows(strong: Ranked, weak: Ranked): boolean {
  if (!decidesOver(strong, weak)) return false;
  const wide = strong.rule;
  if (wide.except !== null || (wide.detect?.and.length ?? 0) > 0) return false;
  // It does not hold for everybody and at all times.
  if (wide.limit !== null || wide.override !== null) return false;
  if (strong.policy.rollout !== '100%' && strong.policy !== weak.policy) return false;
  // Matches are compared as written: equal or absent. Anything cleverer would warn in error.
  if (!isWithin(weak.policy.match, strong.policy.match, strong.policy === weak.policy)) return false;
  if (wide.match !== null && JSON.stringify(wide.match) !== JSON.stringify(weak.rule.match)) return false;
  if (wide.detect === null) return true;
  const own = weak.rule.detect;
  if (own === null || wide.detect.coverage !== null || wide.detect.entities === null || own.entities === null)
    return false;
  const taken = new Set(wide.detect.entities.map((one) => one.value));
  return (
    (taken.has('*') || own.entities.every((one) => taken.has(one.value))) &&
    wide.detect.minScore <= own.minScore &&
    wide.detect.minCount <= own.minCount &&
    wide.detect.minDistinct <= own.minDistinct
  );
}

function isWithin(weak: Match | null, strong: Match | null, isSame: boolean): boolean {
  return isSame || strong === null || JSON.stringify(strong) === JSON.stringify(weak);
}

/** By the order of decisions: action, then severity, then name. Two edits of one kind both leave their mark. */
function decidesOver(strong: Ranked, weak: Ranked): boolean {
  const byAction = rank(strong.rule.action) - rank(weak.rule.action);
  if (byAction !== 0) return byAction > 0;
  const bySeverity = severityRank(strong) - severityRank(weak);
  if (bySeverity !== 0) return bySeverity > 0;
  return (
    `${strong.policy.name.value}\n${strong.rule.name.value}` < `${weak.policy.name.value}\n${weak.rule.name.value}`
  );
}

function rank(action: Action): number {
  return actionRank(action);
}

function severityRank({ policy, rule }: Ranked): number {
  return SEVERITIES.indexOf(rule.severity ?? policy.severity);
}
