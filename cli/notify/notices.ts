/** What people are told of an event: what happened, how grave it is, what to do, and a rule that would stop it. No value is in it. */
import { eventRow } from '../../console/api/event-rows.ts';
import { actionRank, SEVERITIES, type Severity } from '../../flow/decision.ts';
import type { Edge } from '../../flow/edge.ts';
import type { EventKind, WeirEvent } from '../../flow/event.ts';
import type { Drift } from '../../map/drift.ts';
import type { Knowledge } from '../../map/knowledge.ts';
import { suggestedPolicy, unwantedEvent } from '../../map/suggested-policy.ts';
import { ownEvent } from '../../store/own-events.ts';

export interface Notice {
  /** Of the event. */
  readonly id: string;
  readonly kind: EventKind;
  readonly time: string;
  readonly severity: Severity;
  readonly text: string;
  readonly source: string;
  readonly destination: string;
  readonly entities: readonly string[];
  readonly remedy: string;
  /** How to get a rule that would stop it. */
  readonly command: string;
  /** That rule, as a policy of its own; null where none can be named. */
  readonly policy: string | null;
  /** What is told once a message, however often it happened. */
  readonly group: string;
}

/** Null for what nobody is told of: a call on which no rule acted. */
export function noticeOf(event: WeirEvent, knowledge: Knowledge): Notice | null {
  const { id, kind, time, action, policy, rule } = event;
  if (kind === 'exchange' && actionRank(action) < actionRank('alert')) return null;
  const row = eventRow(event, knowledge);
  const drift = kind === 'drift' ? event.explanation : [];
  const entities =
    kind === 'drift' ? (drift[2] ?? '').split(' ').filter(Boolean) : row.entities.map(({ entity }) => entity);
  const isFlow = event.destination.host !== null;
  const [source, destination] = isFlow ? [row.source.label, row.destination.label] : [event.source.user ?? '', ''];
  const edge = drift[1] ?? null;
  return {
    id,
    kind,
    time,
    severity: severityOf(event),
    text: row.summary,
    source,
    destination,
    entities,
    remedy: drift[0] ?? remedyOf(event),
    command: `weir policy suggest ${edge ?? id}`,
    policy: isFlow ? policyFor(event, entities, knowledge) : null,
    group:
      kind === 'exchange'
        ? JSON.stringify([policy, rule, source, destination])
        : JSON.stringify([kind, source, destination, row.summary]),
  };
}

function severityOf({ kind, severity }: WeirEvent): Severity {
  if (severity !== null) return severity;
  return kind === 'bypass' ? 'high' : kind === 'exchange' ? 'medium' : 'info';
}

export function isAsGraveAs(severity: Severity, least: Severity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(least);
}

function remedyOf({ id, kind, action, enforced, policy, rule }: WeirEvent): string {
  const by = policy === null ? 'a rule' : `${policy}/${rule ?? ''}`;
  switch (kind) {
    case 'exchange':
      return enforced && action === 'block'
        ? `nothing was sent; review it (weir log show ${id}), and except it if it was right to send`
        : `it was let through by ${by}; review it (weir log show ${id}), and set the rule to block if it should not be`;
    case 'bypass':
      return 'route it through the proxy (docs/routing.md), or have the sensor steer it';
    case 'drift':
    case 'review':
    case 'admin':
    case 'checkpoint':
      return 'see that it was meant';
  }
}

/** Without examples: a message is to be short, and `weir policy suggest` writes them. */
function policyFor(event: WeirEvent, entities: readonly string[], knowledge: Knowledge): string | null {
  const unwanted = unwantedEvent(event);
  if (unwanted === null) return null;
  const classes =
    unwanted.classes.length > 0 ? unwanted.classes : entities.map((entity) => ({ entity, count: 1, maxScore: 1 }));
  return suggestedPolicy({ ...unwanted, classes }, knowledge, () => null);
}

/** The event that an item of drift becomes; its explanation is what to do, the edge, and the classes. */
export function driftEvent(drift: Drift, edge: Edge | undefined) {
  const { kind, severity, source, destination, direction, text, remedy, edges, entity } = drift;
  const arrow = direction === 'out' ? '->' : '<-';
  const classes = entity ?? Object.keys(edge?.entities ?? {}).join(' ');
  const body = ownEvent('drift', null, {
    reason: `${kind}: ${source} ${arrow} ${destination}: ${text}`,
    severity,
    explanation: [remedy, edges[0] ?? '', classes],
  });
  if (edge === undefined) return body;
  return {
    ...body,
    channel: edge.channel,
    source: edge.source,
    destination: edge.destination,
    coverage: edge.coverage,
  };
}
