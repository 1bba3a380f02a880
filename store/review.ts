/**
 * A review: an event of its own that refers to the one reviewed. Appends to the chain in one transaction, so that it
 * works beside a running proxy. The reviewed event itself is never touched.
 */
import type { EventBody, ReviewState, WeirEvent } from '../flow/event.ts';
import type { Home } from './home.ts';
import { withKeeper } from './open-keeper.ts';
import { ownEvent } from './own-events.ts';
import { openReader } from './reader.ts';

export interface ReviewInput {
  /** The whole id of the reviewed event. */
  readonly id: string;
  /** The event itself, where the home hands its records on and whoever asks has read it from where they are kept. */
  readonly reviewed?: WeirEvent;
  readonly state: ReviewState;
  /** Kept in clear: no sensitive value belongs here, and the caller has looked for some. */
  readonly note: string | null;
  readonly by: string | null;
}

/** What came of it. `stacked`: the id is that of a review. */
export type ReviewResult =
  | { readonly kind: 'reviewed'; readonly event: WeirEvent }
  | { readonly kind: 'none' }
  | { readonly kind: 'stacked' };

/** Reviews an event. Throws WeirError `home_unusable`, SQLite's errors for a database that cannot be written. */
export function review(home: Home, input: ReviewInput, onProblem: (message: string) => void): ReviewResult {
  const reviewed = home.keeping === 'outbox' ? (input.reviewed ?? null) : findEvent(home, input.id);
  if (reviewed === null) return { kind: 'none' };
  if (reviewed.kind === 'review') return { kind: 'stacked' };
  const event = reviewEvent(reviewed, input);
  const entry = { event, edges: [], excerpt: null, review: { by: input.by, note: input.note } };
  const [added] = withKeeper(home, onProblem, (keeper) => keeper.append([entry]));
  if (home.keeping === 'outbox' && added !== undefined) {
    const { state, by, note } = input;
    const written = { ...event, ...added.link, hash: added.hash, excerpt: null };
    return { kind: 'reviewed', event: { ...written, review: { state, by, note, time: event.time } } };
  }
  const written = findEvent(home, event.id);
  return written === null ? { kind: 'none' } : { kind: 'reviewed', event: written };
}

function findEvent(home: Home, id: string): WeirEvent | null {
  const reader = openReader(home);
  try {
    const found = reader.event(id);
    return found.kind === 'found' && found.event.id === id ? found.event : null;
  } finally {
    reader.close();
  }
}

/** `reason` carries the state, under the hash; who and why are personal and stand beside. */
function reviewEvent(reviewed: WeirEvent, { state, by }: ReviewInput): EventBody {
  const { channel, exchange, destination, id: refersTo } = reviewed;
  return ownEvent('review', by, { channel, exchange, destination, refersTo, reason: state });
}
