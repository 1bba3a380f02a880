/**
 * The one event of an exchange and its edges, made from what was found and decided in each direction: alike for whoever
 * saw it, proxy and sensor. No value of a message enters them, only places and fingerprints.
 */
import { type Coverage, worseCoverage } from './coverage.ts';
import { actionRank, type Decision, type Direction } from './decision.ts';
import type { EdgeObservation, Via } from './edge.ts';
import type { EventBody, EventDecision, EventFinding, Outcome } from './event.ts';
import { eventDestination } from './event-destination.ts';
import { type Finding, MEDIUM } from './finding.ts';
import type { FieldSight } from './learned.ts';
import type { Channel, Destination, Source } from './parties.ts';

/** What one direction of an exchange was found to be. */
export interface Side {
  readonly direction: Direction;
  readonly findings: readonly Finding[];
  readonly coverage: Coverage;
  readonly decision: Decision;
  /** What it says of the fields of its edge. */
  readonly fields?: readonly FieldSight[];
}

/** Each edge with what its direction says of its fields. */
export function withFields(edges: readonly EdgeObservation[], sides: readonly Side[]): readonly EdgeObservation[] {
  if (sides.every(({ fields = [] }) => fields.length === 0)) return edges;
  return edges.map((edge) => {
    const direction = edge.direction === 'out' ? 'request' : 'response';
    const fields = sides.flatMap((side) => (side.direction === direction ? (side.fields ?? []) : []));
    return fields.length === 0 ? edge : { ...edge, fields };
  });
}

export interface ExchangeParts {
  readonly id: string;
  /** RFC 3339. */
  readonly time: string;
  readonly channel: Channel;
  readonly exchange: string;
  readonly outcome: Outcome;
  readonly status: number | null;
  readonly sides: readonly Side[];
  /** What was not looked at, beyond what the sides say. */
  readonly coverage: Coverage;
  readonly source: Source;
  readonly destination: Destination | null;
  readonly provider: string | null;
  readonly model: string | null;
  readonly route: string | null;
  readonly bytes: { readonly out: number; readonly in: number };
  readonly latencyMs: number | null;
  readonly reason: string | null;
}

/** What the sensor saw was carried out by nobody: its `action` is what would have happened. */
export function eventOf(parts: ExchangeParts): EventBody {
  const { sides, destination } = parts;
  const isObserved = parts.channel === 'sensor';
  const decisions: EventDecision[] = [];
  const findings: EventFinding[] = [];
  let coverage = parts.coverage;
  for (const side of sides) {
    enterDecisions(side, decisions);
    if (side.findings.length > 0) findings.push(...joined(side));
    coverage = worseCoverage(coverage, side.coverage);
  }
  const top = topOf(decisions);
  return {
    id: parts.id,
    kind: 'exchange',
    time: parts.time,
    channel: parts.channel,
    exchange: parts.exchange,
    outcome: parts.outcome,
    status: parts.status,
    decisions: isObserved ? decisions.map((one) => ({ ...one, mode: 'monitor' as const })) : decisions,
    action: top?.action ?? 'allow',
    mode: isObserved ? 'monitor' : (top?.mode ?? null),
    policy: top?.policy ?? null,
    policyVersion: top?.policyVersion ?? null,
    rule: top?.rule ?? null,
    severity: top?.severity ?? null,
    explanation: top?.explanation ?? [],
    enforced: !isObserved && (top === null || top.mode === 'enforce'),
    coverage,
    source: parts.source,
    destination: eventDestination(destination),
    provider: parts.provider,
    model: parts.model,
    route: parts.route,
    findings,
    bytes: parts.bytes,
    latencyMs: parts.latencyMs,
    reason: parts.reason,
    refersTo: null,
  };
}

/** What the exchange adds to the edges: one out, and one in where anything came back. `entities` is asked once for each. */
export function edgesOf(
  event: EventBody,
  { via, protocol }: { readonly via: Via; readonly protocol: string },
  entities: (direction: Direction) => Readonly<Record<string, number>>,
): EdgeObservation[] {
  const { bytes } = event;
  const out = edgeOf(event, via, protocol, 'out', entities('request'), bytes.out, 0);
  return bytes.in === 0 ? [out] : [out, edgeOf(event, via, protocol, 'in', entities('response'), 0, bytes.in)];
}

function edgeOf(
  event: EventBody,
  via: Via,
  protocol: string,
  direction: EdgeObservation['direction'],
  entities: Readonly<Record<string, number>>,
  bytesOut: number,
  bytesIn: number,
): EdgeObservation {
  return {
    source: event.source,
    destination: event.destination,
    via,
    protocol,
    channel: event.channel,
    action: event.enforced ? event.action : 'allow',
    coverage: event.coverage,
    time: event.time,
    direction,
    entities,
    bytesOut,
    bytesIn,
  };
}

/** Adds up the findings that an edge counts. */
export function countEntities(findings: readonly Finding[], into: Record<string, number>): void {
  for (const finding of findings) {
    if (finding.score >= MEDIUM) into[finding.entity] = (into[finding.entity] ?? 0) + 1;
  }
}

/** Whether a decision tells more than another: by what was carried out, then by what was observed. */
export function isOver(a: Decision, b: Decision): boolean {
  const byAction = actionRank(a.enforced.action) - actionRank(b.enforced.action);
  if (byAction !== 0) return byAction > 0;
  return actionRank(a.monitored?.action ?? 'allow') > actionRank(b.monitored?.action ?? 'allow');
}

let lastSecond = Number.NaN;
let lastText = '';

/** RFC 3339; the calls of one second share all but its milliseconds. */
export function timeText(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (second !== lastSecond) {
    lastText = new Date(second * 1000).toISOString().slice(0, -4);
    lastSecond = second;
  }
  const rest = Math.floor(ms) - second * 1000;
  return `${lastText}${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}Z`;
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
