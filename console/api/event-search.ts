/** What is asked of the list of events, as the store's filter: from the parameters of a query and from its search. */
import { ACTIONS, type Action, SEVERITIES, type Severity } from '../../flow/decision.ts';
import { EVENT_KINDS, type EventKind, OUTCOMES, type Outcome, REVIEW_STATES } from '../../flow/event.ts';
import { CHANNELS, type Channel } from '../../flow/parties.ts';
import type { EventFilter } from '../../store/event-filter.ts';
import type { Words } from './records.ts';
import type { Of } from './schema.ts';
import { momentOf, readSearch, type Term, valuesOf } from './search.ts';
import type { eventCountQuery } from './shapes.ts';

export type EventAsk = Omit<Of<typeof eventCountQuery>, 'q'> & { readonly q?: string | undefined };

export interface EventSearch {
  readonly filter: EventFilter;
  /** What of the search was not understood, for whoever wrote it; the rest holds. */
  readonly problem: string | null;
}

type State = NonNullable<EventFilter['reviews']>[number];
/** Never reviewed is open, too. */
const OPEN: readonly State[] = ['open', 'none'];

export function eventSearch(ask: EventAsk, words: Words, now: Date): EventSearch {
  const asked: EventFilter = {
    ...listed('actions', ask.action),
    ...(ask.observed === true ? { isObserved: true } : {}),
    since: ask.from === undefined ? null : new Date(ask.from),
    until: ask.to === undefined ? null : new Date(ask.to),
    ...listed('apps', ask.app),
    ...listed('destinations', ask.host),
    ...listed('entities', ask.entity),
    ...listed('outcomes', ask.outcome),
    ...listed('severities', ask.severity),
    ...listed('policies', ask.policy),
    ...listed('rules', ask.rule === undefined ? undefined : rulesNamed(ask.rule, words)),
    ...listed('kinds', ask.kind),
    ...listed('channels', ask.channel),
    ...listed(
      'reviews',
      ask.review?.flatMap((state): readonly State[] => (state === 'open' ? OPEN : [state])),
    ),
    ...(ask.edge === undefined ? {} : { edges: [ask.edge] }),
  };
  let filter = asked;
  const problems: string[] = [];
  for (const term of readSearch(ask.q ?? '')) {
    const narrowed = narrow(term, words, now);
    if (typeof narrowed === 'string') problems.push(narrowed);
    else filter = joined(filter, narrowed);
  }
  return { filter, problem: problems.length === 0 ? null : problems.join('; ') };
}

/** A list that says something. */
function listed<K extends string, V>(key: K, values: readonly V[] | undefined): { readonly [P in K]?: readonly V[] } {
  return values === undefined || values.length === 0 ? {} : ({ [key]: values } as { readonly [P in K]: readonly V[] });
}

/** Both hold: lists of one key are cut to what both have. */
function joined(a: EventFilter, b: EventFilter): EventFilter {
  const both: Record<string, unknown> = { ...a };
  for (const [key, value] of Object.entries(b)) {
    const before = both[key];
    if (Array.isArray(before) && Array.isArray(value)) {
      const left = before.filter((one) => value.includes(one));
      // Nothing is both: an empty list would mean anything.
      both[key] = left.length > 0 ? left : ['\u0000'];
    } else if (key === 'since' && before instanceof Date && value instanceof Date) {
      both[key] = before > value ? before : value;
    } else both[key] = value;
  }
  return both;
}

/** Keys whose values are few, and can therefore be excluded. */
const CHOICES = {
  action: ACTIONS,
  severity: SEVERITIES,
  kind: EVENT_KINDS,
  outcome: OUTCOMES,
  review: REVIEW_STATES,
  channel: CHANNELS,
} as const;

function isChoice(key: string): key is keyof typeof CHOICES {
  return Object.hasOwn(CHOICES, key);
}

function narrow(term: Term, words: Words, now: Date): EventFilter | string {
  // The map's search has `kind` for what stands at the end of an edge.
  const key = term.key === 'event' ? 'kind' : term.key;
  const values = valuesOf(term);
  if (key !== null && isChoice(key)) return narrowChoice(key, values, term.isNegated);
  if (term.isNegated)
    return `"-${key ?? term.value}" cannot be excluded; action, severity, kind, outcome, review and channel can`;
  switch (key) {
    case null:
      return narrowWord(term.value, words);
    case 'app':
    case 'source':
      return { apps: values };
    case 'host':
    case 'to':
    case 'destination':
      return { destinations: values };
    case 'entity':
    case 'class':
      return { entities: entitiesNamed(values, words) };
    case 'policy':
      return { policies: values };
    case 'rule':
      return { rules: rulesNamed(values, words) };
    case 'vendor':
      return { vendors: values };
    case 'category':
      return { categories: values };
    case 'user':
      return { users: values };
    case 'process':
      return { processes: values };
    case 'container':
      return { containers: values };
    case 'machine':
      return { sourceHosts: values };
    case 'credential':
      return { credentials: values };
    case 'value':
    case 'fingerprint':
      return { fingerprints: values };
    case 'edge':
      return { edges: values };
    case 'since': {
      const moment = momentOf(term.value, now);
      return moment === null ? '"since" takes such as 24h, 7d or 2026-01-31' : { since: moment };
    }
    default:
      return `there is no key "${key.slice(0, 20)}"`;
  }
}

function narrowChoice(key: keyof typeof CHOICES, values: readonly string[], isNegated: boolean): EventFilter | string {
  const choices: readonly string[] = CHOICES[key];
  const unknown = values.find((value) => !choices.includes(value));
  if (unknown !== undefined) return `"${key}" is one of ${choices.join(', ')}`;
  const left = isNegated ? choices.filter((choice) => !values.includes(choice)) : values;
  switch (key) {
    case 'action':
      return { actions: left as readonly Action[] };
    case 'severity':
      return { severities: left as readonly Severity[] };
    case 'kind':
      return { kinds: left as readonly EventKind[] };
    case 'outcome':
      return { outcomes: left as readonly Outcome[] };
    case 'channel':
      return { channels: left as readonly Channel[] };
    case 'review':
      return { reviews: left.flatMap((state): readonly State[] => (state === 'open' ? OPEN : [state as State])) };
  }
}

/** A word by itself is an entity, an app or a policy where one is called so, else a part of a host. */
function narrowWord(word: string, words: Words): EventFilter {
  const upper = word.toUpperCase();
  // Vendors give their names to kinds of keys: `mistral` is looked for in hosts, `MISTRAL` is the key.
  if ((word === upper || word.includes('_')) && Object.hasOwn(words.entities, upper)) return { entities: [upper] };
  if (words.apps.includes(word)) return { apps: [word] };
  if (words.policies.some(({ name }) => name === word)) return { policies: [word] };
  return { destinations: [word.includes('*') ? word : `*${word.toLowerCase()}*`] };
}

/** `category:financial` is every entity of it. */
export function entitiesNamed(values: readonly string[], { entities }: Words): readonly string[] {
  return values.flatMap((value) => {
    const [, category] = /^category:(.+)$/.exec(value) ?? [];
    if (category === undefined) return [value.toUpperCase()];
    const named = Object.entries(entities).flatMap(([entity, of]) => (of === category ? [entity] : []));
    return named.length > 0 ? named : [value];
  });
}

/** `policy/rule`, or a rule of any policy that has one of this name. */
function rulesNamed(values: readonly string[], { policies }: Words): readonly string[] {
  return values.flatMap((value) => {
    if (value.includes('/')) return [value];
    const named = policies.flatMap(({ name, rules }) => (rules.includes(value) ? [`${name}/${value}`] : []));
    return named.length > 0 ? named : [value];
  });
}
