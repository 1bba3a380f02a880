/**
 * What policies would have done to events that are on record: their rules, thresholds, counts and exceptions, replayed on
 * the findings that events keep. What cannot be told without the text is decided twice, once as if it held least and once
 * as if it held most; where the two differ, the event is undecidable and counted as such, never as unchanged. Pure.
 */
import { type Action, actionRank, type Decision, type Direction, stronger } from '../../flow/decision.ts';
import type { EventBody, EventFinding } from '../../flow/event.ts';
import { type Finding, KEPT } from '../../flow/finding.ts';
import type { Destination } from '../../flow/parties.ts';
import { type CustomRecognizer, ENTITIES } from '../scan/scanner.ts';
import { concluded, NOTHING_HELD } from './conclude.ts';
import type { CompiledException } from './exceptions.ts';
import type { PolicyDocument } from './policy-file.ts';
import { compileRules, type RolloutStand, recognizersOf } from './policy-set.ts';
import { type CompiledRule, type DecideInput, evaluate, type Held, scopeMiss } from './rule.ts';
import { sourceIdentity } from './source-identity.ts';

export interface BacktestOptions {
  /** All that would be in force. They have been checked. */
  readonly documents: readonly PolicyDocument[];
  /** Those under which the events were recorded, as far as is known: what only the others recognize was not looked for. */
  readonly before: readonly PolicyDocument[];
  /** The destination of an event as the catalog has it now. */
  readonly destinationOf: (event: EventBody) => Destination;
  readonly now: Date;
  readonly standOf?: RolloutStand;
  /** Of a value of an exception, as each kind: so that it is known again without the text. */
  readonly fingerprints?: (entity: string, value: string) => readonly string[];
  /** So many ids are given of each change; 20. */
  readonly samples?: number;
}

/** Why it cannot be told. */
export type Undecidable =
  | 'a pattern of an exception'
  | 'values of an exception'
  | 'within'
  | 'a limit'
  | 'a new recognizer'
  | 'a score below what is kept'
  | 'coverage of one direction'
  | 'texts without findings'
  | 'cleared fingerprints';

export interface BacktestChange {
  readonly before: Action;
  readonly after: Action;
  readonly isEnforced: boolean;
  /** The rule that decides after the change; where nothing does, the one that decided before. */
  readonly policy: string | null;
  readonly rule: string | null;
  readonly events: number;
  /** Ids, the first that came. */
  readonly samples: readonly string[];
}

export interface BacktestRule {
  readonly policy: string;
  readonly rule: string;
  /** Events that it decides, changed or not. */
  readonly decides: number;
  readonly undecidable: number;
}

export interface BacktestResult {
  /** That were looked at: exchanges whose destination became known. */
  readonly events: number;
  readonly unchanged: number;
  readonly undecidable: number;
  /** Of undecidable events; one may have several. */
  readonly reasons: Readonly<Partial<Record<Undecidable, number>>>;
  /** The most events first. */
  readonly changed: readonly BacktestChange[];
  readonly rules: readonly BacktestRule[];
}

export interface Backtest {
  add(event: EventBody): void;
  result(): BacktestResult;
}

const SAMPLES = 20;
/** Of one place in a message: more findings change no decision but for counts beyond any threshold. */
const MAX_ALIKE = 10_000;

export function createBacktest(options: BacktestOptions): Backtest {
  return new Replay(options);
}

interface Change {
  readonly before: Action;
  readonly after: Action;
  readonly isEnforced: boolean;
  readonly policy: string | null;
  readonly rule: string | null;
  events: number;
  readonly samples: string[];
}

/** A rule as it holds least and most, and why the two may differ. */
interface Bounds {
  readonly rule: CompiledRule;
  readonly least: CompiledRule | null;
  readonly most: CompiledRule;
  readonly reasons: readonly Undecidable[];
}

class Replay implements Backtest {
  readonly #options: BacktestOptions;
  readonly #bounds: readonly Bounds[];
  readonly #changes = new Map<string, Change>();
  readonly #rules = new Map<string, { decides: number; undecidable: number }>();
  readonly #reasons = new Map<Undecidable, number>();
  #events = 0;
  #unchanged = 0;
  #undecidable = 0;

  constructor(options: BacktestOptions) {
    this.#options = options;
    const known = new Set(recognizersOf(options.before).map(nameOf));
    const unknown = recognizersOf(options.documents).filter((one) => !known.has(nameOf(one)));
    const asRead = options.fingerprints ?? null;
    const entities = [...ENTITIES.keys(), ...recognizersOf(options.documents).map((one) => one.entity)];
    this.#bounds = compileRules(options.documents).map((rule) => boundsOf(rule, unknown, asRead, entities));
    for (const { rule } of this.#bounds) this.#rules.set(keyOf(rule.policy, rule.name), { decides: 0, undecidable: 0 });
  }

  add(event: EventBody): void {
    if (event.kind !== 'exchange' || event.destination.host === null) return;
    this.#events++;
    const reasons = new Set<Undecidable>();
    const changes: { readonly key: string; readonly change: Omit<Change, 'events' | 'samples'> }[] = [];
    for (const direction of directionsOf(event)) this.#replay(event, direction, reasons, changes);
    if (reasons.size > 0) {
      this.#undecidable++;
      for (const reason of reasons) this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
    } else if (changes.length === 0) this.#unchanged++;
    else for (const one of changes) this.#enter(one, event.id);
  }

  result(): BacktestResult {
    const rules = [...this.#rules].map(([key, counts]) => {
      const [policy = '', rule = ''] = key.split('\n');
      return { policy, rule, ...counts };
    });
    return {
      events: this.#events,
      unchanged: this.#unchanged,
      undecidable: this.#undecidable,
      reasons: Object.fromEntries(this.#reasons),
      changed: [...this.#changes.values()].toSorted((a, b) => b.events - a.events),
      rules,
    };
  }

  #enter(
    { key, change }: { readonly key: string; readonly change: Omit<Change, 'events' | 'samples'> },
    id: string,
  ): void {
    const known = this.#changes.get(key) ?? { ...change, events: 0, samples: [] };
    this.#changes.set(key, known);
    known.events++;
    if (known.samples.length < (this.#options.samples ?? SAMPLES)) known.samples.push(id);
  }

  #replay(
    event: EventBody,
    direction: Direction,
    reasons: Set<Undecidable>,
    changes: { readonly key: string; readonly change: Omit<Change, 'events' | 'samples'> }[],
  ): void {
    const input = inputOf(event, direction, this.#options);
    const inScope = this.#bounds.flatMap((bounds) => {
      if (scopeMiss(bounds.rule, input) !== null) return [];
      const { standOf } = this.#options;
      const isOutside =
        standOf !== undefined && standOf(bounds.rule.policy, sourceIdentity(event.source)) >= bounds.rule.rollout;
      return [isOutside ? monitored(bounds) : bounds];
    });
    const hasCleared = input.findings.some((finding) => finding.fingerprint === '');
    const least = decided(inScope, { ...input, coverage: leastCoverage(event, input) }, 'least');
    const most = decided(inScope, { ...input, findings: hasCleared ? apart(input.findings) : input.findings }, 'most');
    if (!isSame(least, most)) {
      const before = reasons.size;
      for (const { rule, reasons: own } of inScope) {
        if (own.length === 0) continue;
        for (const reason of own) reasons.add(reason);
        const counts = this.#rules.get(keyOf(rule.policy, rule.name));
        if (counts !== undefined) counts.undecidable++;
      }
      if (hasCleared) reasons.add('cleared fingerprints');
      if (reasons.size === before) reasons.add('coverage of one direction');
      return;
    }
    this.#count(most);
    const recorded = recordedOf(event, direction);
    for (const isEnforced of [true, false]) {
      const change = changeOf(event, recorded, most, isEnforced);
      if (change === null) continue;
      const { before, after, policy, rule } = change;
      changes.push({ key: [before, after, isEnforced, policy, rule].join('\n'), change });
    }
  }

  #count({ enforced, monitored: seen }: Decision): void {
    for (const ruling of [enforced, seen]) {
      if (ruling?.policy == null || ruling.rule === null) continue;
      const counts = this.#rules.get(keyOf(ruling.policy, ruling.rule));
      if (counts !== undefined) counts.decides++;
    }
  }
}

function keyOf(policy: string, rule: string): string {
  return `${policy}\n${rule}`;
}

/** Two that find the same are the same, whatever file they stand in. */
function nameOf({ entity, category, patterns, words, validator, context, score }: CustomRecognizer): string {
  return JSON.stringify([entity, category, patterns, words, validator, context, score]);
}

/** A direction that something is known of. */
function directionsOf(event: EventBody): readonly Direction[] {
  const hasResponse =
    event.findings.some((finding) => finding.direction === 'response') ||
    event.decisions.some((decision) => decision.direction === 'response');
  return hasResponse ? ['request', 'response'] : ['request'];
}

function inputOf(event: EventBody, direction: Direction, { destinationOf, now }: BacktestOptions): DecideInput {
  return {
    direction,
    source: event.source,
    destination: destinationOf(event),
    model: event.model,
    findings: event.findings.filter((one) => one.direction === direction).flatMap(singly),
    segments: [],
    coverage: event.coverage,
    now,
    usage: null,
  };
}

/** Findings of one place one by one again: as many of each score, their values in turn. */
function singly(joined: EventFinding): readonly Finding[] {
  const findings: Finding[] = [];
  const scores = Object.entries(joined.scores);
  const counts: readonly (readonly [string | number, number])[] =
    scores.length === 0 ? [[joined.maxScore, joined.count]] : scores;
  for (const [score, count] of counts) {
    for (let i = 0; i < count && findings.length < MAX_ALIKE; i++) {
      findings.push({
        ...{ entity: joined.entity, category: joined.category, alternatives: joined.alternatives, path: joined.path },
        ...{ role: joined.role, position: joined.position, start: 0, end: 0, segment: 0, recognizer: '' },
        score: Number(score),
        fingerprint: joined.fingerprints[findings.length % Math.max(1, joined.fingerprints.length)] ?? '',
      });
    }
  }
  return findings;
}

/** Values whose fingerprints were cleared may all have been different. */
function apart(findings: readonly Finding[]): readonly Finding[] {
  return findings.map((finding, i) => (finding.fingerprint === '' ? { ...finding, fingerprint: `?${i}` } : finding));
}

/** An event has one coverage for both directions. */
function leastCoverage(event: EventBody, { coverage }: DecideInput): DecideInput['coverage'] {
  const isOfOne = coverage.level === 'full' || directionsOf(event).length === 1;
  return isOfOne ? coverage : { level: 'full', reason: null };
}

function boundsOf(
  rule: CompiledRule,
  unknown: readonly CustomRecognizer[],
  fingerprint: BacktestOptions['fingerprints'] | null,
  entities: readonly string[],
): Bounds {
  const reasons: Undecidable[] = [];
  const selectors = [rule.selector, ...rule.and.map((one) => one.selector)].filter((one) => one !== null);
  if (selectors.some((one) => unknown.some(({ entity, category }) => one.takes(entity, category)))) {
    reasons.push('a new recognizer');
  }
  if (selectors.some((one) => one.minScore < KEPT)) reasons.push('a score below what is kept');
  const mayHoldWhole = reasons.length > 0;
  if (rule.within !== null && rule.and.length > 0) reasons.push('within');
  if (rule.limit !== null) reasons.push('a limit');
  const placed = rule.matches.some(({ message, not }) =>
    [message, not?.message].some((one) => one?.roles || one?.positions),
  );
  if (rule.selector === null && placed) reasons.push('texts without findings');
  const exceptions = rule.exceptions.map((one) => readable(one, fingerprint, entities));
  for (const { readsText } of exceptions) if (readsText !== null) reasons.push(readsText);
  const never = rule.limit !== null || (rule.selector === null && placed);
  return {
    rule,
    reasons,
    least: never
      ? null
      : {
          ...rule,
          exceptions: exceptions.map((one) => one.most),
          and:
            rule.within === null ? rule.and : rule.and.map((one) => ({ ...one, minCount: Number.POSITIVE_INFINITY })),
          within: null,
        },
    most: {
      ...rule,
      exceptions: exceptions.map((one) => one.least),
      within: null,
      limit: null,
      selector: mayHoldWhole ? null : rule.selector,
      matches:
        rule.selector === null || mayHoldWhole
          ? rule.matches.map((match) => ({ ...match, message: { ...match.message, roles: null, positions: null } }))
          : rule.matches,
    },
  };
}

interface Readable {
  /** As it takes out least and most. */
  readonly least: CompiledException;
  readonly most: CompiledException;
  readonly readsText: Undecidable | null;
}

/** Its values are known by their fingerprints; of its patterns nothing is. */
function readable(
  exception: CompiledException,
  fingerprints: BacktestOptions['fingerprints'] | null,
  entities: readonly string[],
): Readable {
  const { values, hasPatterns } = exception;
  const prints = new Set<string>();
  if (fingerprints) {
    for (const value of values) {
      for (const entity of entities) for (const one of fingerprints(entity, value)) prints.add(one);
    }
  }
  const takesKnown = (finding: Finding): boolean =>
    exception.takes(finding, undefined) || (prints.has(finding.fingerprint) && exception.takesPath(finding));
  const isUnread = hasPatterns || (values.length > 0 && !fingerprints);
  const takesPerhaps = (finding: Finding): boolean =>
    takesKnown(finding) ||
    ((isUnread || (finding.fingerprint === '' && exception.namesValues)) && exception.takesPath(finding));
  return {
    least: { ...exception, takes: takesKnown },
    most: { ...exception, takes: takesPerhaps },
    readsText: hasPatterns ? 'a pattern of an exception' : isUnread ? 'values of an exception' : null,
  };
}

function monitored(bounds: Bounds): Bounds {
  const outside = { mode: 'monitor' as const, isOutsideRollout: true };
  const { rule, least, most } = bounds;
  return {
    ...bounds,
    rule: { ...rule, ...outside },
    least: least === null ? null : { ...least, ...outside },
    most: { ...most, ...outside },
  };
}

function decided(bounds: readonly Bounds[], input: DecideInput, which: 'least' | 'most'): Decision {
  const held: Held[] = [];
  for (const one of bounds) {
    const rule = one[which];
    if (rule === null) continue;
    const result = evaluate(rule, input);
    if (result !== null) held.push(result);
  }
  return held.length === 0 ? NOTHING_HELD : concluded(held, input);
}

function isSame(a: Decision, b: Decision): boolean {
  return (
    a.enforced.action === b.enforced.action &&
    (a.monitored?.action ?? 'allow') === (b.monitored?.action ?? 'allow') &&
    a.enforced.policy === b.enforced.policy &&
    a.enforced.rule === b.enforced.rule
  );
}

interface Recorded {
  readonly action: Action;
  readonly policy: string | null;
  readonly policyVersion: string | null;
  readonly rule: string | null;
}

/** What was carried out and what was observed in a direction; what the proxy decided of itself stays as it is. */
function recordedOf(event: EventBody, direction: Direction): Readonly<Record<'enforce' | 'monitor', Recorded>> {
  const strongest = (mode: 'enforce' | 'monitor'): Recorded => {
    let top: Recorded = { action: 'allow', policy: null, policyVersion: null, rule: null };
    for (const one of event.decisions) {
      if (one.direction !== direction || one.mode !== mode || one.policy === 'proxy') continue;
      if (actionRank(one.action) >= actionRank(top.action)) top = one;
    }
    return top;
  };
  return { enforce: strongest('enforce'), monitor: strongest('monitor') };
}

/** What differs; null where nothing does, or where the very same rule decided: what it came to then depended on the text. */
function changeOf(
  event: EventBody,
  recorded: Readonly<Record<'enforce' | 'monitor', Recorded>>,
  decision: Decision,
  isEnforced: boolean,
): Omit<Change, 'events' | 'samples'> | null {
  const { enforced, monitored: seen } = decision;
  const isObserved = event.channel !== 'proxy';
  if (isObserved && isEnforced) return null;
  const before = isEnforced ? recorded.enforce : recorded.monitor;
  const both = stronger(enforced.action, seen?.action ?? 'allow');
  const top = isObserved ? (both === enforced.action ? enforced : seen) : isEnforced ? enforced : seen;
  const after = top?.action ?? 'allow';
  if (before.action === after) return null;
  const isSameRule =
    top?.policy === before.policy && top?.rule === before.rule && top?.policyVersion === before.policyVersion;
  if (isSameRule && before.policy !== null) return null;
  const decides = top?.policy == null ? before : top;
  return { before: before.action, after, isEnforced, policy: decides.policy, rule: decides.rule };
}
