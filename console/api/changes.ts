/** What is new since the last look, for the stream: bounded however much was recorded meanwhile. */
import type { WeirEvent } from '../../flow/event.ts';
import { eventRow } from './event-rows.ts';
import { WAITING } from './overview-routes.ts';
import type { Records } from './records.ts';
import { healthOf } from './situation.ts';
import type { Snapshot, Update } from './stream.ts';

const MAX_READ = 2000;
const MAX_EVENTS = 50;
const MAX_EDGES = 50;
const DAY_MS = 86_400_000;

export class Changes {
  readonly #records: Records;
  /** Null until somebody wants to know. */
  #position: number | null = null;
  #edgesSince: Date;
  #health = '';
  #policies = '';

  constructor(records: Records) {
    this.#records = records;
    this.#edgesSince = records.now();
  }

  /** Forgets what nobody wanted to know. */
  async begin(): Promise<void> {
    this.#position = await this.#records.reader().position();
    this.#edgesSince = this.#records.now();
    this.#health = '';
    this.#policies = '';
  }

  async snapshot(): Promise<Snapshot> {
    const { reader, situation, now } = this.#records;
    const since = new Date(now().getTime() - DAY_MS);
    return {
      kind: 'snapshot',
      totals: {
        calls: await reader().count({ kinds: ['exchange'], since }),
        blocked: await reader().count({ kinds: ['exchange'], actions: ['block'], since }),
      },
      openReviews: { value: await reader().count(WAITING), isExact: true },
      health: healthOf(situation()),
      policies: situation().policies,
    };
  }

  /** Null where nothing is new. */
  async update(): Promise<Update | null> {
    const { reader, knowledge, situation, now } = this.#records;
    const from = this.#position ?? (await reader().position());
    const { events, position } = await reader().after(from, MAX_READ);
    const last = events.length < MAX_READ ? position : await reader().position();
    const beyond = last - position;
    this.#position = last;
    const shown = events.filter(isWorthShowing);
    const looked = now();
    const edges = await reader().edges({ newSince: this.#edgesSince, limit: MAX_EDGES });
    const ids = edges.map(({ id }) => id);
    this.#edgesSince = looked;
    const health = healthOf(situation());
    const isChanged = JSON.stringify(health) !== this.#health;
    this.#health = JSON.stringify(health);
    const { policies } = situation();
    const areNew = policies !== this.#policies;
    this.#policies = policies;
    if (events.length === 0 && ids.length === 0 && !isChanged && !areNew) return null;
    const rows = shown.slice(-MAX_EVENTS).map((event) => eventRow(event, knowledge()));
    const calls = events.filter(({ kind }) => kind === 'exchange');
    return {
      kind: 'update',
      events: rows.reverse(),
      skipped: Math.max(0, shown.length - MAX_EVENTS) + beyond,
      calls: calls.length,
      blocked: calls.filter(({ action, enforced }) => action === 'block' && enforced).length,
      edges: ids,
      reviewed: reviewedBy(events),
      health: isChanged ? health : null,
      policies: areNew ? policies : null,
    };
  }
}

function isWorthShowing({ kind, action }: WeirEvent): boolean {
  return kind !== 'exchange' || action !== 'allow';
}

/** The latest state of each. */
function reviewedBy(events: readonly WeirEvent[]): Update['reviewed'] {
  const states = new Map<string, Update['reviewed'][number]>();
  for (const { kind, refersTo, review } of events) {
    if (kind === 'review' && refersTo !== null && review !== null) {
      states.set(refersTo, { id: refersTo, review: review.state });
    }
  }
  return [...states.values()];
}
