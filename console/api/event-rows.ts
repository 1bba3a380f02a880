/** Events as lists show them: parties by name, entities counted, and a sentence. No value is in an event, nor here. */
import { coverageText } from '../../flow/coverage.ts';
import type { ReviewState, WeirEvent } from '../../flow/event.ts';
import { MEDIUM } from '../../flow/finding.ts';
import type { Knowledge } from '../../map/knowledge.ts';
import { destinationParty, sourceParty } from './records.ts';
import type { EventRow } from './shapes.ts';

export function eventRow(event: WeirEvent, knowledge: Knowledge): EventRow {
  const source = sourceParty(event.source, knowledge);
  const destination = destinationParty(event.destination, knowledge);
  const entities = entitiesOf(event);
  const { id, kind, time, channel, action, enforced, mode, outcome, status, severity, policy, rule, provider } = event;
  const { model, route, coverage, refersTo, reason, review } = event;
  // Of a review, `review` is what it made of the event that it refers to.
  const state: ReviewState = review?.state ?? 'open';
  const row = { id, kind, time, channel, action, enforced, mode, outcome, status, severity, policy, rule };
  return {
    ...row,
    summary: summaryOf(event, source.label, destination.label, entities),
    source,
    destination,
    provider,
    model,
    route,
    entities,
    coverage,
    review: state,
    reviewedBy: review?.by ?? null,
    refersTo,
    reason,
  };
}

/** Of medium score or higher, the most first. */
export function entitiesOf({ findings }: Pick<WeirEvent, 'findings'>): EventRow['entities'] {
  const found = new Map<string, EventRow['entities'][number]>();
  for (const { entity, category, count, maxScore } of findings) {
    if (maxScore < MEDIUM) continue;
    const before = found.get(entity);
    found.set(entity, {
      entity,
      category,
      count: (before?.count ?? 0) + count,
      maxScore: Math.max(before?.maxScore ?? 0, maxScore),
    });
  }
  return [...found.values()].toSorted((a, b) => b.count - a.count || (a.entity < b.entity ? -1 : 1));
}

const DONE = {
  allow: 'allowed',
  alert: 'alerted on',
  tokenize: 'tokenized',
  redact: 'redacted',
  block: 'blocked',
} as const;

function summaryOf(event: WeirEvent, source: string, destination: string, entities: EventRow['entities']): string {
  const { kind, action, enforced, reason, coverage } = event;
  switch (kind) {
    case 'review':
      return `${event.source.user ?? 'somebody'} reviewed: ${(reason ?? 'open').replaceAll('_', ' ')}`;
    case 'admin':
    case 'checkpoint':
    case 'drift':
      return reason ?? kind;
    case 'bypass':
      return `${source} went round the proxy to ${destination}`;
    case 'exchange': {
      const what =
        entities.length === 0
          ? coverage.level === 'opaque'
            ? `a call that could not be read (${coverageText(coverage)})`
            : 'a call'
          : entities.map(({ entity, count }) => `${count} ${entity}`).join(', ');
      const done = enforced ? DONE[action] : action === 'allow' ? 'seen' : `would be ${DONE[action]}`;
      return `${capital(done)}: ${what} from ${source} to ${destination}`;
    }
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
