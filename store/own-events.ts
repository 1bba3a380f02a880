/**
 * Events that Weir makes of itself: what an administrator did, and drift of the map. Appended to the chain in one
 * transaction, so that it works beside a running proxy, as a review does.
 */
import type { EventBody, EventKind } from '../flow/event.ts';
import type { Home } from './home.ts';
import { Ledger } from './ledger.ts';
import { openDatabase } from './schema.ts';
import { newUlid } from './ulid.ts';

type Given = Pick<EventBody, 'reason'> & Partial<Omit<EventBody, 'id' | 'kind' | 'time'>>;

/** An event of nothing but what is given. `reason` is a sentence for people; no value is in it. */
export function ownEvent(kind: EventKind, by: string | null, given: Given, time = new Date()): EventBody {
  return {
    id: newUlid(),
    kind,
    time: time.toISOString(),
    channel: 'proxy',
    exchange: null,
    outcome: null,
    status: null,
    decisions: [],
    action: 'allow',
    mode: null,
    policy: null,
    policyVersion: null,
    rule: null,
    severity: null,
    explanation: [],
    enforced: false,
    coverage: { level: 'full', reason: null },
    source: {
      app: null,
      verified: false,
      host: null,
      pid: null,
      process: null,
      exe: null,
      user: by,
      container: null,
      credential: null,
    },
    destination: { host: null, port: null, vendor: null, category: 'unknown', country: null },
    provider: null,
    model: null,
    route: null,
    findings: [],
    bytes: { out: 0, in: 0 },
    latencyMs: null,
    refersTo: null,
    ...given,
  };
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
