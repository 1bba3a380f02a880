/** What events can be asked for, and as SQL: of their ends and sorts, and of the events that have none yet. */
import type { Action, Severity } from '../flow/decision.ts';
import type { EventKind, Outcome, ReviewState } from '../flow/event.ts';
import type { Channel } from '../flow/parties.ts';
import { anyHost, anyOf, edgeConditions } from './edges.ts';
import { type Condition, type Dialect, SQLITE } from './question.ts';

/** Every key narrows, a list means any of it; absent, null or empty: no filter. */
export interface EventFilter {
  /** Carried out; with `isObserved`, decided and not carried out. */
  readonly actions?: readonly Action[];
  readonly isObserved?: boolean;
  /** Began at this moment or later. */
  readonly since?: Date | null;
  /** Began before this moment. */
  readonly until?: Date | null;
  readonly apps?: readonly string[];
  /** Hosts, `*` for any run of characters. */
  readonly destinations?: readonly string[];
  readonly vendors?: readonly string[];
  /** Of the destination. */
  readonly categories?: readonly string[];
  /** Entities with a finding of medium score or higher. */
  readonly entities?: readonly string[];
  readonly outcomes?: readonly Outcome[];
  readonly severities?: readonly Severity[];
  /** Policies that took any of the event's decisions. */
  readonly policies?: readonly string[];
  /** The same as `policy/rule`. */
  readonly rules?: readonly string[];
  readonly kinds?: readonly EventKind[];
  readonly channels?: readonly Channel[];
  /** The latest state; `none`: never reviewed. */
  readonly reviews?: readonly (ReviewState | 'none')[];
  /** Ids of edges that the event counts in. */
  readonly edges?: readonly string[];
  /** Of the source, as its edges have them. */
  readonly users?: readonly string[];
  readonly processes?: readonly string[];
  readonly containers?: readonly string[];
  readonly sourceHosts?: readonly string[];
  /** Fingerprints of values that were found. */
  readonly fingerprints?: readonly string[];
  /** Fingerprints of what the calls authenticated with. No index: alone they read every event. */
  readonly credentials?: readonly string[];
  /** The newest so many. */
  readonly limit?: number | null;
}

/** What is asked of the ends of an event; empty: all match. */
export function endsConditions(dialect: Dialect, filter: EventFilter): readonly Condition[] {
  const { users, processes, containers, sourceHosts, edges: ids } = filter;
  const ofEdges = edgeConditions(dialect, { ids, users, processes, containers, sourceHosts });
  return [
    anyOf('app', filter.apps),
    anyHost('host', filter.destinations, dialect.like),
    anyOf('vendor', filter.vendors),
    anyOf('category', filter.categories),
    anyOf('channel', filter.channels),
    ...ofEdges.map(({ sql, parameters }) => ({
      sql: `(edge_out IN (SELECT no FROM edges WHERE ${sql}) OR edge_in IN (SELECT no FROM edges WHERE ${sql}))`,
      parameters: [...parameters, ...parameters],
    })),
  ].filter((condition) => condition !== null);
}

/** What is asked of the sort of an event; empty: all match. */
export function sortConditions(dialect: Dialect, filter: EventFilter): readonly Condition[] {
  const column = filter.isObserved === true ? 'observed' : 'carried';
  return [
    anyOf(column, filter.actions),
    filter.isObserved === true ? { sql: 'observed IS NOT NULL', parameters: [] } : null,
    inList(dialect, 'entities', filter.entities),
    anyOf('outcome', filter.outcomes),
    anyOf('severity', filter.severities),
    inList(dialect, 'policies', filter.policies),
    inList(dialect, 'rules', filter.rules),
    anyOf('kind', filter.kinds),
    anyOf(`coalesce(review, 'none')`, filter.reviews),
  ].filter((condition) => condition !== null);
}

/** The same of an event that has no ends and sort yet, from its columns and its core: in SQLite alone there are such. */
export function rawConditions(filter: EventFilter): readonly Condition[] {
  const column = filter.isObserved === true ? 'observed' : 'carried';
  const { users, processes, containers, sourceHosts } = filter;
  const decision = (part: string) => `EXISTS (SELECT 1 FROM json_each(core, '$.decisions') AS d WHERE ${part}`;
  return [
    anyOf(column, filter.actions),
    filter.isObserved === true ? { sql: 'observed IS NOT NULL', parameters: [] } : null,
    anyOf('app', filter.apps),
    anyHost('host', filter.destinations, SQLITE.like),
    anyOf(`core ->> '$.destination.vendor'`, filter.vendors),
    anyOf(`core ->> '$.destination.category'`, filter.categories),
    anyOf('position IN (SELECT event FROM event_entities WHERE entity', filter.entities, ')'),
    anyOf('outcome', filter.outcomes),
    anyOf(`core ->> '$.severity'`, filter.severities),
    anyOf(decision(`d.value ->> 'policy'`), filter.policies, ')'),
    anyOf(decision(`(d.value ->> 'policy') || '/' || (d.value ->> 'rule')`), filter.rules, ')'),
    anyOf('kind', filter.kinds),
    anyOf(`core ->> '$.channel'`, filter.channels),
    anyOf(
      `coalesce((SELECT r.core ->> '$.reason' FROM events AS r WHERE r.refers_to = events.id AND r.kind = 'review'
        ORDER BY r.position DESC LIMIT 1), 'none')`,
      filter.reviews,
    ),
    anyOf(
      `EXISTS (SELECT 1 FROM json_each(personal, '$.fingerprints') AS f, json_each(f.value) AS v WHERE v.value`,
      filter.fingerprints,
      ')',
    ),
    // An edge is known by the ends alone.
    filter.edges?.length ? { sql: '0', parameters: [] } : null,
    // A review's source is who reviewed; only what has edges is asked for by its source.
    [users, processes, containers, sourceHosts].some((asked) => asked?.length)
      ? { sql: `kind = 'exchange'`, parameters: [] }
      : null,
    anyOf(`personal ->> '$.source.user'`, users),
    anyOf(`personal ->> '$.source.process'`, processes),
    anyOf(`core ->> '$.source.container'`, containers),
    anyOf(`personal ->> '$.source.host'`, sourceHosts),
  ].filter((condition) => condition !== null);
}

/** What is asked of an event that has them, beside that: values, by their index. */
export function valueConditions(dialect: Dialect, { fingerprints }: EventFilter): readonly Condition[] {
  const seen = anyOf(dialect.withFingerprint, fingerprints, ')');
  return seen === null ? [] : [seen];
}

/** What is asked of each event itself, the time aside. */
export function ownConditions(dialect: Dialect, { credentials }: EventFilter): readonly Condition[] {
  const own = anyOf(dialect.credential, credentials);
  return own === null ? [] : [own];
}

/** The time. */
export function timeConditions({ since, until }: EventFilter): readonly Condition[] {
  return [
    since ? { sql: 'time_ms >= ?', parameters: [since.getTime()] } : null,
    until ? { sql: 'time_ms < ?', parameters: [until.getTime()] } : null,
  ].filter((condition) => condition !== null);
}

export function allOf(conditions: readonly Condition[]): Condition {
  return {
    sql: conditions.length === 0 ? 'TRUE' : conditions.map(({ sql }) => sql).join(' AND '),
    parameters: conditions.flatMap(({ parameters }) => parameters),
  };
}

/** A list as sorts keep it holds any of these. */
function inList(dialect: Dialect, column: string, items: readonly string[] | undefined): Condition | null {
  if (items === undefined || items.length === 0) return null;
  return {
    sql: `(${items.map(() => dialect.holds(column)).join(' OR ')})`,
    parameters: items.map((item) => `\n${item.replaceAll('\n', ' ')}\n`),
  };
}
