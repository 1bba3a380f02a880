/** Events by the API: lists, counts, one event whole, its excerpt, what is like it, and what people did about it. */
import type { EventBody, ReviewState, WeirEvent } from '../../flow/event.ts';
import type { Override } from '../../flow/override.ts';
import type { CountedBy } from '../../store/counts.ts';
import type { EventFilter } from '../../store/event-filter.ts';
import { ownEvent } from '../../store/own-events.ts';
import { type Handlers, Refusal } from './desk.ts';
import { eventRow } from './event-rows.ts';
import { eventSearch } from './event-search.ts';
import type { Records } from './records.ts';
import type { EventDetail, EventHistory, Excerpt } from './shapes.ts';

/** A rule as it is in force now. */
export interface RuleNow {
  readonly policyVersion: string;
  readonly description: string | null;
  readonly message: string | null;
  readonly action: NonNullable<EventDetail['rule']>['action'];
  readonly yaml: string | null;
  readonly override: { readonly forMs: number; readonly needsReason: boolean } | null;
}

export interface EventDesk extends Records {
  /** Keeps an event; throws where it cannot. */
  readonly record: (event: EventBody) => void;
  /** Null: there is no such rule any more. */
  readonly ruleNow: (policy: string, rule: string) => RuleNow | null;
  readonly overrides: () => readonly Override[];
}

type EventRoutes = 'events' | 'eventCounts' | 'event' | 'openExcerpt' | 'similar' | 'history';

const PAGE = 50;
const SIMILAR = 20;
const HISTORY = 200;

export function eventRoutes(desk: EventDesk): Handlers<EventRoutes> {
  const rowOf = (event: WeirEvent) => eventRow(event, desk.knowledge());
  return {
    events: async ({ query: { cursor, limit, ...ask } }) => {
      const { filter, problem } = eventSearch(ask, desk.words(), desk.now());
      const from = cursor === undefined ? null : { cursor, way: 'older' as const };
      const page = await pageOf(desk, { filter, from, limit: limit ?? PAGE });
      return { events: page.events.map(rowOf), next: page.older, problem };
    },
    eventCounts: async ({ query }) => {
      const words = desk.words();
      const by = async (without: Partial<typeof query>, what: CountedBy): Promise<Readonly<Record<string, number>>> => {
        const { filter } = eventSearch({ ...query, ...without }, words, desk.now());
        return countsOf(await desk.reader().countBy(what, filter, 100));
      };
      const { none = 0, ...reviews } = await by({ review: undefined }, 'review');
      const { filter } = eventSearch(query, words, desk.now());
      return {
        total: { value: await desk.reader().count(filter), isExact: true },
        // Never reviewed is open, too.
        byReview: { ...reviews, open: (reviews['open'] ?? 0) + none },
        byAction: await by({ action: undefined }, query.observed === true ? 'observed' : 'action'),
        bySeverity: await by({ severity: undefined }, 'severity'),
      };
    },
    event: async ({ parts }) => await detailOf(desk, await found(desk, parts['id'] ?? '')),
    openExcerpt: async ({ by, parts }) => {
      const event = await found(desk, parts['id'] ?? '');
      if (event.excerpt === null) {
        throw new Refusal('not_found', 'this event has no excerpt, or it was cleared, or its key is not here');
      }
      // On record before it is shown.
      const { channel, exchange, destination, policy, rule } = event;
      const about = { channel, exchange, destination, policy, rule, refersTo: event.id };
      desk.record(ownEvent('admin', by.name, { ...about, reason: OPENED }));
      return excerptParts(event.excerpt);
    },
    similar: async ({ parts }) => {
      const event = await found(desk, parts['id'] ?? '');
      const fingerprints = [...new Set(event.findings.flatMap((finding) => finding.fingerprints))].slice(0, 100);
      const like = async (filter: EventFilter) => {
        const { events } = await desk.reader().page({ filter, limit: SIMILAR + 1 });
        const others = events.filter(({ id }) => id !== event.id);
        return others.slice(0, SIMILAR).map(rowOf);
      };
      const { policy, rule, source, destination } = event;
      const isRuled = policy !== null && rule !== null;
      return {
        sameValue: fingerprints.length === 0 ? [] : await like({ fingerprints, kinds: ['exchange'] }),
        sameRule: isRuled
          ? await like({
              kinds: ['exchange'],
              rules: [`${policy}/${rule}`],
              ...(source.app === null ? {} : { apps: [source.app] }),
              ...(destination.host === null ? {} : { destinations: [destination.host] }),
            })
          : [],
      };
    },
    history: async ({ parts }) => {
      const event = await found(desk, parts['id'] ?? '');
      return { entries: (await desk.reader().about(event.id, HISTORY)).map(historyEntry) };
    },
  };
}

const OPENED = 'excerpt opened';

/** The event of an id, which has to be whole: a beginning of one is for people at a terminal. */
export async function found({ reader }: Pick<Records, 'reader'>, id: string): Promise<WeirEvent> {
  const result = /^[0-9A-Z]{26}$/.test(id) ? await reader().event(id) : { kind: 'none' as const };
  if (result.kind !== 'found' || result.event.id !== id) throw new Refusal('not_found', 'there is no such event');
  return result.event;
}

async function pageOf(
  { reader }: Pick<Records, 'reader'>,
  query: Parameters<ReturnType<Records['reader']>['page']>[0],
) {
  try {
    return await reader().page(query);
  } catch (error) {
    if (error instanceof RangeError) throw new Refusal('bad_request', 'query.cursor: is none of a page');
    throw error;
  }
}

function countsOf(counted: readonly { readonly value: string; readonly events: number }[]): Record<string, number> {
  const counts: Record<string, number> = Object.create(null);
  for (const { value, events } of counted) counts[value] = events;
  return counts;
}

async function detailOf(desk: EventDesk, event: WeirEvent): Promise<EventDetail> {
  const { policy, rule: name, policyVersion, review } = event;
  const rule = policy === null || name === null ? null : desk.ruleNow(policy, name);
  const { decisions, explanation, findings, bytes, latencyMs, exchange, seq, writer, hash, prevHash } = event;
  const now = desk.now().getTime();
  const until = desk
    .overrides()
    .filter((override) => override.event === event.id && override.until > now)
    .map((override) => override.until);
  return {
    row: eventRow(event, desk.knowledge()),
    decisions,
    explanation,
    policyVersion,
    isCurrentPolicy: policyVersion === null ? null : rule?.policyVersion === policyVersion,
    rule:
      rule === null || name === null
        ? null
        : { name, description: rule.description, message: rule.message, action: rule.action, yaml: rule.yaml },
    findings,
    bytes,
    latencyMs,
    exchange,
    review,
    hasExcerpt: event.excerpt !== null,
    edges: await desk.reader().edgesOf(event.id),
    override: rule?.override ?? null,
    allowedUntil: until.length === 0 ? null : new Date(Math.max(...until)).toISOString(),
    seq,
    writer,
    hash,
    prevHash,
  };
}

/** A line a place, as `PATH: text [ENTITY] text`; every finding in it stands as its entity's name. */
export function excerptParts(excerpt: string): Excerpt {
  return {
    places: excerpt.split('\n').map((line) => {
      const at = line.indexOf(': ');
      const [path, shown] = at < 0 ? ['/', line] : [line.slice(0, at), line.slice(at + 2)];
      const parts: Excerpt['places'][number]['parts'][number][] = [];
      let end = 0;
      for (const mark of shown.matchAll(/\[([A-Z][A-Z0-9_]*)\]/g)) {
        if (mark.index > end) parts.push({ kind: 'text', text: shown.slice(end, mark.index) });
        parts.push({ kind: 'mark', entity: mark[1] ?? '' });
        end = mark.index + mark[0].length;
      }
      if (end < shown.length) parts.push({ kind: 'text', text: shown.slice(end) });
      return { path, parts };
    }),
  };
}

function historyEntry(event: WeirEvent): EventHistory['entries'][number] {
  const { id, time, source } = event;
  if (event.kind === 'review') {
    const { by, note, state } = event.review ?? { by: null, note: null, state: 'open' as ReviewState };
    return { id, time, kind: note?.startsWith('allowed until ') === true ? 'allowed' : 'review', by, state, note };
  }
  const kind = event.reason === OPENED ? 'opened' : 'admin';
  return { id, time, kind, by: source.user, state: null, note: kind === 'opened' ? null : event.reason };
}
