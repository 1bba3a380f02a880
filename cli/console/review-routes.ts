/** What people decide about events: reviews, overrides, and rules that would have stopped one. */
import { type Handlers, Refusal } from '../../console/api/desk.ts';
import { found } from '../../console/api/event-routes.ts';
import { isPolicy, parsePolicies } from '../../engine/decide/policy-file.ts';
import type { WeirEvent } from '../../flow/event.ts';
import { type Unwanted, unwantedEdge, unwantedEvent } from '../../map/suggested-policy.ts';
import { writeOverride } from '../../store/overrides.ts';
import { review } from '../../store/review.ts';
import { allowedNote, grantOf } from '../log/allow.ts';
import { cleanedNote } from '../log/safe-note.ts';
import { suggestedRule } from '../policy/suggest.ts';
import type { PolicyDesk } from './policy-routes.ts';

export interface ReviewDesk extends PolicyDesk {
  readonly onProblem: (message: string) => void;
}

export function reviewRoutes(desk: ReviewDesk): Handlers<'review' | 'allow' | 'eventSuggestion' | 'edgeSuggestion'> {
  const reviewed = (
    event: WeirEvent,
    state: Parameters<typeof review>[1]['state'],
    note: string | null,
    by: string,
  ) => {
    const result = review(desk.home, { id: event.id, reviewed: event, state, note, by }, desk.onProblem);
    if (result.kind === 'stacked') throw new Refusal('conflict', 'this event is itself a review');
    if (result.kind === 'none') throw new Refusal('not_found', 'there is no such event');
    return result.event;
  };
  return {
    review: async ({ by, parts, body }) => {
      const event = await found(desk, parts['id'] ?? '');
      // Kept in clear: what looks sensitive in it is replaced.
      const note = body.note == null || body.note.trim() === '' ? null : cleanedNote(body.note).text;
      const written = reviewed(event, body.state, note, by.name);
      return { id: written.id, review: { state: body.state, by: by.name, note, time: written.time } };
    },
    allow: async ({ by, parts, body }) => {
      const event = await found(desk, parts['id'] ?? '');
      const granted = grantOf(desk.snapshot().documents, event, Date.now());
      if (typeof granted === 'string') throw new Refusal('conflict', granted);
      const until = new Date(granted.override.until).toISOString();
      // On record before it takes effect.
      reviewed(event, 'accepted_risk', allowedNote(until, cleanedNote(body.reason).text), by.name);
      writeOverride(desk.home, granted.override, granted.override.from);
      return { until };
    },
    eventSuggestion: async ({ parts }) => suggestionOf(desk, unwantedEvent(await found(desk, parts['id'] ?? ''))),
    edgeSuggestion: async ({ parts }) => {
      const [edge] = await desk.reader().edges({ ids: [parts['id'] ?? ''] }, 'summary');
      if (edge === undefined) throw new Refusal('not_found', 'there is no such edge');
      return suggestionOf(desk, unwantedEdge(edge));
    },
  };
}

function suggestionOf(desk: PolicyDesk, unwanted: Unwanted | null) {
  if (unwanted === null) throw new Refusal('conflict', 'its destination never became known: no rule can name it');
  const { config, documents } = desk.snapshot();
  const yaml = suggestedRule(config, documents, unwanted, () => {});
  const [policy] = parsePolicies('suggestion', yaml).documents.filter(isPolicy);
  const name = policy?.name.value ?? 'stop';
  return { text: policy?.description ?? 'Stops it.', yaml, policy: name };
}
