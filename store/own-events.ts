/**
 * Events that Weir makes of itself: what an administrator did, and drift of the map. Appended to the chain in one
 * transaction, so that it works beside a running proxy, as a review does.
 */
import { bareEvent } from '../flow/bare-event.ts';
import type { EventBody, EventKind } from '../flow/event.ts';
import { bareSource } from '../flow/parties.ts';
import type { Home } from './home.ts';
import { withKeeper } from './open-keeper.ts';
import { newUlid } from './ulid.ts';

type Given = Pick<EventBody, 'reason'> & Partial<Omit<EventBody, 'id' | 'kind' | 'time'>>;

/** An event of nothing but what is given. `reason` is a sentence for people; no value is in it. */
export function ownEvent(kind: EventKind, by: string | null, given: Given, time = new Date()): EventBody {
  const source = bareSource({ user: by });
  return bareEvent({ id: newUlid(), kind, time: time.toISOString(), source, ...given });
}

/** Commits them to what the home keeps or hands on, or none. Throws SQLite's errors for a database that cannot be written. */
export function recordOwn(home: Home, events: readonly EventBody[], onProblem: (message: string) => void): void {
  if (events.length === 0) return;
  const entries = events.map((event) => ({ event, edges: [], excerpt: null, review: null }));
  withKeeper(home, onProblem, (keeper) => keeper.append(entries));
}
