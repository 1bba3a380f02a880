/**
 * Events that Weir makes of itself: what an administrator did, and drift of the map. Appended to the chain in one
 * transaction, so that it works beside a running proxy, as a review does.
 */
import { bareEvent, bareSource } from '../flow/bare-event.ts';
import type { EventBody, EventKind } from '../flow/event.ts';
import type { Home } from './home.ts';
import { Ledger } from './ledger.ts';
import { openDatabase } from './schema.ts';
import { newUlid } from './ulid.ts';

type Given = Pick<EventBody, 'reason'> & Partial<Omit<EventBody, 'id' | 'kind' | 'time'>>;

/** An event of nothing but what is given. `reason` is a sentence for people; no value is in it. */
export function ownEvent(kind: EventKind, by: string | null, given: Given, time = new Date()): EventBody {
  const source = bareSource({ user: by });
  return bareEvent({ id: newUlid(), kind, time: time.toISOString(), source, ...given });
}

/** Commits them, or none. Throws SQLite's errors for a database that cannot be written. */
export function recordOwn(home: Home, events: readonly EventBody[], onProblem: (message: string) => void): void {
  if (events.length === 0) return;
  const database = openDatabase(home.databaseFile);
  try {
    const entries = events.map((event) => ({ event, edges: [], excerpt: null, review: null }));
    new Ledger(database, home, home.keys.chain, onProblem).append(entries);
  } finally {
    database.close();
  }
}
