/**
 * Policies, compiled, and the decision on a message: exceptions take findings out first, then the strongest rule of all
 * policies wins, in whatever order they were written. Pure: no file, socket, clock or environment. A message without
 * findings costs a look-up.
 */
import { type Action, actionRank, type Decision, type Mode, stronger } from '../../flow/decision.ts';
import { WeirError } from '../../flow/errors.ts';
import type { Category } from '../../flow/finding.ts';
import { type CustomRecognizer, ENTITIES } from '../scan/scanner.ts';
import { problemText } from './checked-yaml.ts';
import { compareText, concluded, NOTHING_HELD, outcomesOf, outcomeText } from './conclude.ts';
import { type CompiledException, compileException } from './exceptions.ts';
import type { LimitUse } from './limit.ts';
import { compileMatch, type Scope } from './narrowing.ts';
import { checkPolicies } from './policy-check.ts';
import { isException, isPolicy, type PolicyDocument } from './policy-file.ts';
import { policyVersion } from './policy-version.ts';
import { type CompiledRule, compileRule, type DecideInput, evaluate, type Held, limitUse, scopeMiss } from './rule.ts';
import type { Selector } from './selector.ts';
import { sourceIdentity } from './source-identity.ts';

export type { Scope } from './narrowing.ts';
export type { DecideInput } from './rule.ts';

/** What one rule made of a message, for `weir policy explain`. */
export interface RuleTrace {
  readonly policy: string;
  readonly rule: string;
  readonly mode: Mode;
  readonly action: Action;
  readonly held: boolean;
  /** Why it held or not, without values. */
  readonly text: string;
}

/** Whether findings of an entity are acted on; the same function for the same rules. */
export type ActsOn = (entity: string, category: Category | null) => boolean;

export interface PolicySet {
  /** Of all policies, duplicates left out: what createScanner takes. */
  readonly recognizers: readonly CustomRecognizer[];
  /**
   * The strongest action that a rule in mode enforce could take there, whatever the payload, model and roles. Redact and
   * tokenize are given as such, though where no edit can be made they become block.
   */
  strongest(scope: Scope): Action;
  /**
   * For a message that is judged while it comes: which findings such rules act on. Null where one of them asks for more
   * than one finding at a time (how many there are, what stands near or beside) or for something else than findings, so
   * that it can only be judged whole.
   */
  streaming(scope: Scope): ActsOn | null;
  decide(input: DecideInput): Decision;
  /** What a message that is let through counts under each limit that takes it in. */
  usesOf(input: DecideInput): readonly LimitUse[];
  /** True where some rule has a limit: only then is anything to be counted. */
  readonly hasLimits: boolean;
  /** True where some rule may be overridden: only then do overrides matter. */
  readonly hasOverrides: boolean;
  /** True where some exception names fingerprints: only then those under older keys matter. */
  readonly namesFingerprints: boolean;
  /** True where some rule or exception looks at processes, users or containers, or at the apps that they may be. */
  readonly looksAtProcesses: boolean;
  readonly looksAtApps: boolean;
  /** Every rule's own account of a message, held or not, by policy and rule. Slower than decide. */
  trace(input: DecideInput): readonly RuleTrace[];
  /** Of the policies, in alphabetical order. */
  readonly names: readonly string[];
}

/** Scopes kept with the rules that can match there; past this the memory is emptied, since hosts come from outside. */
const MAX_SCOPES = 2000;

interface ScopeRules {
  readonly rules: readonly CompiledRule[];
  /** True where some rule can hold without any finding. */
  readonly needsNoFinding: boolean;
  readonly strongest: Action;
  readonly streaming: ActsOn | null;
}

/**
 * Where a source stands in the rollout of a policy: from 0 up to 100, the same wherever it is asked, and below the rollout
 * where the policy is enforced for it.
 */
export type RolloutStand = (policy: string, source: string) => number;

/** Without somebody to ask where it stands, every source is inside: `policy test` and `explain` show what is rolled out. */
const INSIDE: RolloutStand = () => 0;

/** Throws WeirError `policy_invalid` with a line for each problem that only all documents together show. */
export function compilePolicies(documents: readonly PolicyDocument[], standOf: RolloutStand = INSIDE): PolicySet {
  const problems = checkPolicies(documents);
  if (problems.length > 0) throw new WeirError('policy_invalid', problems.map(problemText).join('\n'));
  const policies = documents.filter(isPolicy);
  const recognizers = recognizersOf(documents);
  const rules = compileRules(documents);
  const forSource = rolledOut(rules, standOf);
  const rulesOf = scopeCache(rules, documents, forSource);
  const limits = rules.filter((rule) => rule.limit !== null);
  return {
    recognizers,
    names: policies.map((policy) => policy.name.value).sort(compareText),
    strongest: (scope) => rulesOf(scope).strongest,
    streaming: (scope) => rulesOf(scope).streaming,
    decide(input) {
      const { rules: candidates, needsNoFinding } = rulesOf(input);
      if (input.findings.length === 0 && !needsNoFinding) return NOTHING_HELD;
      const held: Held[] = [];
      for (const rule of candidates) {
        if (input.findings.length === 0 && rule.selector !== null) continue;
        const result = evaluate(rule, input);
        if (result !== null) held.push(result);
      }
      return held.length === 0 ? NOTHING_HELD : concluded(held, input);
    },
    hasLimits: limits.length > 0,
    ...whatIsLookedAt(documents),
    namesFingerprints: rules.some((rule) => rule.exceptions.some((one) => one.namesFingerprints)),
    hasOverrides: rules.some((rule) => rule.overrideMs !== null),
    usesOf: (input) => limits.flatMap((rule) => (scopeMiss(rule, input) === null ? (limitUse(rule, input) ?? []) : [])),
    trace: (input) => rules.map((rule) => traceOf(forSource?.(rule, input.source) ?? rule, input)),
  };
}

/** The rules of all policies, each with its exceptions, by policy and name. The documents have been checked. */
export function compileRules(documents: readonly PolicyDocument[]): readonly CompiledRule[] {
  const ownCategories = new Map(recognizersOf(documents).map((one) => [one.entity, one.category]));
  const categoryOf = (entity: string): Category | null => ENTITIES.get(entity) ?? ownCategories.get(entity) ?? null;
  return documents
    .filter(isPolicy)
    .flatMap((policy) => {
      const of = { ...policy, name: policy.name.value, version: policyVersion(policy) };
      return policy.rules.map((rule) =>
        compileRule(
          rule,
          of,
          [compileMatch(policy.match), compileMatch(rule.match)],
          [
            ...(rule.except === null ? [] : [compileException(rule.except, 'except')]),
            ...exceptionsFor(documents, of.name, rule.name.value),
          ],
          categoryOf,
        ),
      );
    })
    .sort((a, b) => compareText(a.policy, b.policy) || compareText(a.name, b.name));
}

function whatIsLookedAt(documents: readonly PolicyDocument[]): Pick<PolicySet, 'looksAtProcesses' | 'looksAtApps'> {
  const matches = documents.filter(isPolicy).flatMap(({ match, rules }) => [match, ...rules.map((rule) => rule.match)]);
  const sources = [
    ...matches.flatMap((match) => [match?.sources, match?.not?.sources]),
    ...documents.filter(isPolicy).flatMap(({ rules }) => rules.map((rule) => rule.except?.sources)),
    ...documents.filter(isException).map((exception) => exception.sources),
  ].filter((one) => one != null);
  return {
    looksAtProcesses: sources.some((one) => one.processes.length + one.users.length + one.containers.length > 0),
    looksAtApps: sources.some((one) => one.apps.length > 0),
  };
}

/** The rule as it is for a source; null where every policy is rolled out to all. */
function rolledOut(
  rules: readonly CompiledRule[],
  standOf: RolloutStand,
): ((rule: CompiledRule, source: Scope['source']) => CompiledRule) | null {
  if (rules.every((rule) => rule.rollout === 100 || rule.mode === 'monitor')) return null;
  const outside = new Map<CompiledRule, CompiledRule>(
    rules.map((rule) => [rule, { ...rule, mode: 'monitor', isOutsideRollout: true }]),
  );
  return (rule, source) => {
    if (rule.rollout === 100 || rule.mode === 'monitor') return rule;
    const isInside = standOf(rule.policy, sourceIdentity(source)) < rule.rollout;
    return isInside ? rule : (outside.get(rule) ?? rule);
  };
}

function streamingOf(rules: readonly CompiledRule[]): ActsOn | null {
  const acting = rules.filter(({ mode, action }) => mode === 'enforce' && actionRank(action) > actionRank('alert'));
  const selectors: Selector[] = [];
  for (const { selector, and, minCount, minDistinct, coverage, matches } of acting) {
    const namesModel = matches.some(
      ({ message, not }) => message.models !== null || (not?.message.models ?? null) !== null,
    );
    if (selector === null || and.length > 0 || minCount > 1 || minDistinct > 1 || coverage !== null || namesModel)
      return null;
    selectors.push(selector);
  }
  return (entity, category) => selectors.some((selector) => selector.takes(entity, category));
}

function exceptionsFor(documents: readonly PolicyDocument[], policy: string, rule: string): CompiledException[] {
  return documents
    .filter(isException)
    .filter((one) => one.policy.value === policy && (one.rule === null || one.rule.value === rule))
    .map((one) => compileException(one, one.name ?? 'exception'))
    .sort((a, b) => compareText(a.label, b.label));
}

/** Recognizers of all policies; the same one in two files counts once. */
export function recognizersOf(documents: readonly PolicyDocument[]): readonly CustomRecognizer[] {
  const all = documents.filter(isPolicy).flatMap((policy) =>
    policy.recognizers.map((one) => ({
      ...one,
      entity: one.entity.value,
      validator: one.validator?.value ?? null,
      hits: one.hits.map((hit) => hit.value),
      misses: one.misses.map((miss) => miss.value),
    })),
  );
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
}

/** The rules that can match in a scope; sources and hosts are part of the key only where some rule looks at them. */
function scopeCache(
  rules: readonly CompiledRule[],
  documents: readonly PolicyDocument[],
  forSource: ReturnType<typeof rolledOut>,
): (scope: Scope) => ScopeRules {
  const matches = documents
    .filter(isPolicy)
    .flatMap((policy) => [policy.match, ...policy.rules.map((rule) => rule.match)])
    .flatMap((match) => (match === null ? [] : match.not === null ? [match] : [match, match.not]));
  const looksAtSources = forSource !== null || matches.some((match) => match.sources !== null);
  const looksAtHosts = matches.some((match) => (match.destinations?.hosts.length ?? 0) > 0);
  const keyOf = ({ direction, source, destination: to }: Scope): string => {
    let key = `${direction}\n${to.category}\n${to.vendor}\n${to.country}\n${to.sanctioned}`;
    if (looksAtHosts) key += `\n${to.host}`;
    if (looksAtSources) {
      const { app, verified, host, user, process, exe, container } = source;
      key += `\n${JSON.stringify([app, verified, host, user, process, exe, container])}`;
    }
    return key;
  };
  const known = new Map<string, ScopeRules>();
  const look = (scope: Scope): ScopeRules => {
    const key = keyOf(scope);
    const found = known.get(key);
    if (found !== undefined) return found;
    const inScope = rules.filter((rule) => scopeMiss(rule, scope) === null);
    const matching = forSource === null ? inScope : inScope.map((rule) => forSource(rule, scope.source));
    const enforced = matching.filter((rule) => rule.mode === 'enforce');
    const result: ScopeRules = {
      rules: matching,
      needsNoFinding: matching.some((rule) => rule.selector === null),
      strongest: enforced.reduce<Action>((strongest, rule) => stronger(strongest, rule.action), 'allow'),
      streaming: streamingOf(matching),
    };
    if (known.size >= MAX_SCOPES) known.clear();
    known.set(key, result);
    return result;
  };
  if (looksAtSources) return look;
  // A catalog gives the same object for the same host, and each message asks four times.
  const byDestination = { request: new WeakMap<object, ScopeRules>(), response: new WeakMap<object, ScopeRules>() };
  return (scope) => {
    const kept = byDestination[scope.direction];
    let found = kept.get(scope.destination);
    if (found === undefined) {
      found = look(scope);
      kept.set(scope.destination, found);
    }
    return found;
  };
}

function traceOf(rule: CompiledRule, input: DecideInput): RuleTrace {
  const { policy, name, mode, action } = rule;
  const base = { policy, rule: name, mode, action };
  const miss = scopeMiss(rule, input);
  if (miss !== null) return { ...base, held: false, text: miss };
  let why = '';
  const held = evaluate(rule, input, (text) => {
    why = text;
  });
  const outcomes =
    held === null || (rule.selector !== null && held.findings.length === 0) ? [] : outcomesOf(held, input);
  if (outcomes.length === 0) return { ...base, held: false, text: why };
  const texts = outcomes.map((outcome) => {
    const text = outcomeText(outcome, input);
    return outcome.action === action ? text : `${outcome.action}: ${text}`;
  });
  return { ...base, held: true, text: texts.join('; ') };
}
