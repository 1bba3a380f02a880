/**
 * The account of one exchange: what is learned of it on the way, and the one event and two edges that it ends in.
 * It is closed once; a second closing does nothing. No value of a message enters it, only places and fingerprints.
 */
import type { Inspection } from '../engine/inspect.ts';
import { excerptOf } from '../engine/transform/excerpt.ts';
import { type Coverage, FULL, worseCoverage } from '../flow/coverage.ts';
import { type Action, actionRank, type Decision, type Direction, type Ruling, stronger } from '../flow/decision.ts';
import type { EdgeObservation, Via } from '../flow/edge.ts';
import type { EventBody, EventDecision, EventDestination, EventFinding, Outcome } from '../flow/event.ts';
import { type Finding, MEDIUM } from '../flow/finding.ts';
import type { Message } from '../flow/message.ts';
import type { Destination, Source } from '../flow/parties.ts';
import type { Closing, Opening, Recorder } from '../flow/recorder.ts';
import { describeRoute } from './route-text.ts';

/** What one direction of the exchange was found to be. */
interface Side {
  readonly direction: Direction;
  readonly findings: readonly Finding[];
  readonly coverage: Coverage;
  readonly decision: Decision;
  readonly excerpt: string | null;
}

export interface AccountStart {
  readonly id: string;
  readonly startedAt: number;
  readonly source: Source;
  readonly destination: Destination | null;
  /** `https`, `http`, `websocket`, `tunnel`, `unknown`. */
  readonly protocol: string;
  readonly provider: string | null;
  /** How the destination's name is known; `proxy` unless said. */
  readonly via?: Via | undefined;
}

export class Account {
  readonly id: string;
  readonly source: Source;
  provider: string | null;
  model: string | null = null;
  route: string | null = null;
  /** The bytes of the bodies as they crossed the client's connection. */
  bytesOut = 0;
  bytesIn = 0;
  readonly #startedAt: number;
  /** RFC 3339. */
  readonly #time: string;
  readonly #recorder: Recorder;
  readonly #now: () => number;
  readonly #sides: Side[] = [];
  #destination: Destination | null;
  #protocol: string;
  readonly #via: Via;
  #coverage: Coverage = FULL;
  #isClosed = false;
  /** Of a stream: the strongest that was decided on a message of each direction, and what all of them held. */
  readonly #messages: Partial<Record<Direction, { strongest: Side; readonly entities: Record<string, number> }>> = {};

  constructor(start: AccountStart, recorder: Recorder, now: () => number) {
    this.id = start.id;
    this.source = start.source;
    this.provider = start.provider;
    this.#startedAt = start.startedAt;
    this.#time = timeText(start.startedAt);
    this.#destination = start.destination;
    this.#protocol = start.protocol;
    this.#via = start.via ?? 'proxy';
    this.#recorder = recorder;
    this.#now = now;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** A host that is spoken to in a provider's shape turned out to be one. */
  set destination(destination: Destination) {
    this.#destination = destination;
  }

  /** What was found and decided in one direction. */
  enter(message: Message, inspection: Inspection, excerptChars: number): void {
    const { extraction, findings, coverage, decision } = inspection;
    if (message.direction === 'request') {
      this.model = extraction.model;
      this.provider ??= extraction.shape?.split('.', 1)[0] ?? null;
      this.route = describeRoute(message.method, message.target, extraction.segments, findings);
    }
    const excerpt = excerptOf(extraction.segments, findings, excerptChars);
    this.#sides.push({ direction: message.direction, findings, coverage, decision, excerpt });
  }

  /**
   * One message of a stream. Where something was found in it, or done to it, it has an event of its own, which is kept
   * when this resolves (with the id of that event; null where there is none); rejects with WeirError
   * `store_unwritable`. What it held counts in the edges of the stream's end.
   */
  async enterMessage(
    message: Message,
    inspection: Inspection,
    { id, excerptChars }: { readonly id: string; readonly excerptChars: number },
  ): Promise<string | null> {
    const { extraction, findings, coverage, decision } = inspection;
    const { direction } = message;
    const bare: Side = { direction, findings: [], coverage: FULL, decision, excerpt: null };
    this.lessen(coverage);
    const all = this.#messages[direction] ?? { strongest: bare, entities: {} };
    this.#messages[direction] = all;
    countEntities(findings, all.entities);
    if (isOver(decision, all.strongest.decision)) all.strongest = bare;
    const { action } = decision.enforced;
    if (findings.length === 0 && actionRank(action) <= actionRank('alert')) return null;
    const excerpt = excerptOf(extraction.segments, findings, excerptChars);
    const side: Side = { direction, findings, coverage, decision, excerpt };
    const event = this.#event([side], FULL, action === 'block' ? 'blocked' : 'completed', null, null);
    const bytes = { out: 0, in: 0, [direction === 'request' ? 'out' : 'in']: message.body.length };
    const time = timeText(this.#now());
    await this.#recorder.closeSoon({ event: { ...event, id, time, bytes, latencyMs: null }, edges: [], excerpt });
    return id;
  }

  /** A failure of our own, that `onError` decided on. */
  failedOpen(text: string): void {
    this.#own('alert', text);
  }

  failedClosed(text: string): void {
    this.#own('block', text);
  }

  #own(action: 'alert' | 'block', text: string): void {
    const ruling: Ruling = {
      action,
      mode: 'enforce',
      policy: 'proxy',
      policyVersion: null,
      rule: 'onError',
      severity: 'high',
      message: null,
    };
    const explanation = [{ policy: 'proxy', rule: 'onError', action, text }];
    const decision: Decision = { enforced: ruling, monitored: null, verdicts: [], subject: [], explanation };
    this.#sides.push({ direction: 'request', findings: [], coverage: FULL, decision, excerpt: null });
  }

  /** Something was not looked at, beyond what the sides say. */
  lessen(coverage: Coverage): void {
    this.#coverage = worseCoverage(this.#coverage, coverage);
  }

  /** The strongest action carried out so far: `x-weir-action`. */
  get action(): Action {
    let action: Action = 'allow';
    for (const side of this.#allSides()) action = stronger(action, side.decision.enforced.action);
    return action;
  }

  /** Before the first byte goes upstream. Throws WeirError `store_unwritable`. */
  open(): void {
    this.#recorder.open(this.#opening());
  }

  /** The same, together with what else is recorded now; rejects. */
  openSoon(): Promise<void> {
    return this.#recorder.openSoon(this.#opening());
  }

  /** Before the client gets the last byte. Throws WeirError `store_unwritable`. */
  close(outcome: Outcome, status: number | null, reason: string | null): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#recorder.close(this.#closing(outcome, status, reason));
  }

  /** The same, together with what else is recorded now; rejects. */
  closeSoon(outcome: Outcome, status: number | null, reason: string | null): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#isClosed = true;
    return this.#recorder.closeSoon(this.#closing(outcome, status, reason));
  }

  #opening(): Opening {
    return {
      id: this.id,
      exchange: this.id,
      time: this.#time,
      source: this.source,
      destination: eventDestination(this.#destination),
      provider: this.provider,
      model: this.model,
      route: this.route,
    };
  }

  #closing(outcome: Outcome, status: number | null, reason: string | null): Closing {
    const event = this.#event(this.#allSides(), this.#coverage, outcome, status, reason);
    let excerpt: string | null = null;
    for (const side of this.#sides) {
      if (side.excerpt !== null) excerpt = excerpt === null ? side.excerpt : `${excerpt}\n${side.excerpt}`;
    }
    return { event, edges: this.#destination === null ? [] : this.#edges(event), excerpt };
  }

  #allSides(): readonly Side[] {
    const sides = [...this.#sides];
    for (const messages of [this.#messages.request, this.#messages.response]) {
      if (messages === undefined) continue;
      const { direction, decision } = messages.strongest;
      const at = sides.findIndex((side) => side.direction === direction);
      const head = sides[at];
      if (head === undefined) sides.push(messages.strongest);
      else if (isOver(decision, head.decision)) sides[at] = { ...head, decision };
    }
    return sides;
  }

  #event(
    sides: readonly Side[],
    least: Coverage,
    outcome: Outcome,
    status: number | null,
    reason: string | null,
  ): EventBody {
    const decisions: EventDecision[] = [];
    const findings: EventFinding[] = [];
    let coverage = least;
    for (const side of sides) {
      enterDecisions(side, decisions);
      if (side.findings.length > 0) findings.push(...joined(side));
      coverage = worseCoverage(coverage, side.coverage);
    }
    const top = topOf(decisions);
    return {
      id: this.id,
      kind: 'exchange',
      time: this.#time,
      channel: 'proxy',
      exchange: this.id,
      outcome,
      status,
      decisions,
      action: top?.action ?? 'allow',
      mode: top?.mode ?? null,
      policy: top?.policy ?? null,
      policyVersion: top?.policyVersion ?? null,
      rule: top?.rule ?? null,
      severity: top?.severity ?? null,
      explanation: top?.explanation ?? [],
      enforced: top === null || top.mode === 'enforce',
      coverage,
      source: this.source,
      destination: eventDestination(this.#destination),
      provider: this.provider,
      model: this.model,
      route: this.route,
      findings,
      bytes: { out: this.bytesOut, in: this.bytesIn },
      latencyMs: this.#now() - this.#startedAt,
      reason,
      refersTo: null,
    };
  }

  #edges(event: EventBody): EdgeObservation[] {
    const shared = {
      source: event.source,
      destination: event.destination,
      via: this.#via,
      protocol: this.#protocol,
      channel: 'proxy' as const,
      action: event.enforced ? event.action : 'allow',
      coverage: event.coverage,
      time: event.time,
    };
    const out: EdgeObservation = {
      ...shared,
      direction: 'out',
      entities: this.#entities('request'),
      bytesOut: this.bytesOut,
      bytesIn: 0,
    };
    if (this.bytesIn === 0) return [out];
    return [
      out,
      { ...shared, direction: 'in', entities: this.#entities('response'), bytesOut: 0, bytesIn: this.bytesIn },
    ];
  }

  #entities(direction: Direction): Record<string, number> {
    const entities = { ...this.#messages[direction]?.entities };
    for (const side of this.#sides) {
      if (side.direction === direction) countEntities(side.findings, entities);
    }
    return entities;
  }
}

function countEntities(findings: readonly Finding[], into: Record<string, number>): void {
  for (const finding of findings) {
    if (finding.score >= MEDIUM) into[finding.entity] = (into[finding.entity] ?? 0) + 1;
  }
}

/** Whether a decision tells more than another: by what was carried out, then by what was observed. */
function isOver(a: Decision, b: Decision): boolean {
  const byAction = actionRank(a.enforced.action) - actionRank(b.enforced.action);
  if (byAction !== 0) return byAction > 0;
  return actionRank(a.monitored?.action ?? 'allow') > actionRank(b.monitored?.action ?? 'allow');
}

const NOWHERE: EventDestination = { host: null, port: null, vendor: null, category: 'unknown', country: null };
/** One object for all the records of a destination, so that the store need not write it out for each. */
const destinations = new WeakMap<Destination, EventDestination>();

function eventDestination(to: Destination | null): EventDestination {
  if (to === null) return NOWHERE;
  let known = destinations.get(to);
  if (known === undefined) {
    const { host, port, vendor, category, country } = to;
    known = { host, port, vendor, category, country };
    destinations.set(to, known);
  }
  return known;
}

let lastMs = Number.NaN;
let lastText = '';

/** RFC 3339; the calls of one millisecond share it. */
function timeText(ms: number): string {
  if (ms !== lastMs) {
    lastText = new Date(ms).toISOString();
    lastMs = ms;
  }
  return lastText;
}

/** What nearly every message comes to. */
const NOTHING: Readonly<Record<Direction, EventDecision>> = {
  request: nothing('request'),
  response: nothing('response'),
};

function nothing(direction: Direction): EventDecision {
  return {
    direction,
    action: 'allow',
    mode: 'enforce',
    policy: null,
    policyVersion: null,
    rule: null,
    severity: null,
    explanation: [],
  };
}

function enterDecisions({ direction, decision }: Side, into: EventDecision[]): void {
  const { enforced, monitored, explanation } = decision;
  if (enforced.policy === null && monitored === null && explanation.length === 0 && enforced.action === 'allow') {
    into.push(NOTHING[direction]);
    return;
  }
  const lines = explanation.map((reason) => `${reason.policy}/${reason.rule}: ${reason.text}`);
  for (const ruling of monitored === null ? [enforced] : [enforced, monitored]) {
    into.push({
      direction,
      action: ruling.action,
      mode: ruling.mode,
      policy: ruling.policy,
      policyVersion: ruling.policyVersion,
      rule: ruling.rule,
      severity: ruling.severity,
      explanation: lines,
    });
  }
}

/** The strongest that a rule carried out; where none did, the strongest; null where no rule held at all. */
function topOf(decisions: readonly EventDecision[]): EventDecision | null {
  let top: EventDecision | null = null;
  for (const one of decisions) {
    if (one.policy === null) continue;
    const isCarriedOut = one.mode === 'enforce';
    const isOver = top === null || (isCarriedOut && top.mode !== 'enforce');
    const isLike = top !== null && isCarriedOut === (top.mode === 'enforce');
    if (isOver || (isLike && top !== null && actionRank(one.action) > actionRank(top.action))) top = one;
  }
  return top;
}

/** Findings of one entity at one place become one, with counts. */
function joined(side: Side): EventFinding[] {
  interface Joining {
    readonly first: Finding;
    count: number;
    maxScore: number;
    readonly scores: Record<string, number>;
    readonly fingerprints: Set<string>;
    readonly alternatives: Map<string, number>;
  }
  const groups = new Map<string, Joining>();
  for (const finding of side.findings) {
    const key = `${finding.entity}\0${finding.path}\0${finding.role}\0${finding.position}`;
    let group = groups.get(key);
    if (group === undefined) {
      group = { first: finding, count: 0, maxScore: 0, scores: {}, fingerprints: new Set(), alternatives: new Map() };
      groups.set(key, group);
    }
    group.count++;
    group.maxScore = Math.max(group.maxScore, finding.score);
    const score = String(Math.round(finding.score * 100) / 100);
    group.scores[score] = (group.scores[score] ?? 0) + 1;
    group.fingerprints.add(finding.fingerprint);
    for (const { entity, score: other } of finding.alternatives) {
      group.alternatives.set(entity, Math.max(other, group.alternatives.get(entity) ?? 0));
    }
  }
  return [...groups.values()].map(({ first, count, maxScore, scores, fingerprints, alternatives }) => ({
    entity: first.entity,
    alternatives: [...alternatives].map(([entity, score]) => ({ entity, score })),
    category: first.category,
    direction: side.direction,
    role: first.role,
    position: first.position,
    path: first.path,
    count,
    maxScore,
    scores,
    fingerprints: [...fingerprints],
  }));
}
