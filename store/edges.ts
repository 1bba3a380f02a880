/**
 * Edges at rest: who sends what to whom, merged from one observation an exchange; read as of all time, or of a range of
 * it from the roll-ups. Nothing is written here.
 */
import { hash } from 'node:crypto';
import type { Coverage, CoverageLevel } from '../flow/coverage.ts';
import type { Edge, EdgeDetail, EdgeDirection, EdgeObservation, Via } from '../flow/edge.ts';
import type { EventDestination } from '../flow/event.ts';
import type { Channel, Source } from '../flow/parties.ts';
import { type Condition, type Dialect, type Question, type Row, rowsOf, type Value } from './question.ts';
import { type Segment, segmentsOf } from './spans.ts';

/** What makes an edge one. */
export type EdgeKey = Pick<EdgeObservation, 'source' | 'destination' | 'protocol' | 'direction' | 'channel'>;

/**
 * The id of an edge: SHA-256 over source without pid and credential, destination host and port, protocol, direction and channel, as a
 * JSON list, first 16 bytes, base64url. The same on every host, so that a fleet's edges can be merged.
 */
export function edgeId(observation: EdgeKey): string {
  return edgeIdOf(edgeKeyText(observation));
}

/** What the id of an edge is the digest of. */
export function edgeKeyText(observation: EdgeKey): string {
  const { source, destination, protocol, direction, channel } = observation;
  const { app, verified, host, process, exe, user, container } = source;
  const workload = [app, verified, host, process, exe, user, container];
  return JSON.stringify([...workload, destination.host, destination.port, protocol, direction, channel]);
}

export function edgeIdOf(keyText: string): string {
  return Buffer.from(hash('sha256', keyText, 'binary'), 'latin1').toString('base64url', 0, 16);
}

/** Every key narrows, a list means any of it; absent, null or empty: no filter. */
export interface EdgeFilter {
  readonly ids?: readonly string[];
  readonly apps?: readonly string[];
  readonly users?: readonly string[];
  readonly processes?: readonly string[];
  readonly containers?: readonly string[];
  /** Of the machine that the source is on. */
  readonly sourceHosts?: readonly string[];
  /** Hosts, `*` for any run of characters. */
  readonly destinations?: readonly string[];
  readonly vendors?: readonly string[];
  readonly categories?: readonly string[];
  readonly channels?: readonly Channel[];
  readonly directions?: readonly EdgeDirection[];
  readonly protocols?: readonly string[];
  readonly entities?: readonly string[];
  /** Seen at this moment or later. */
  readonly since?: Date | null;
  /** First seen at this moment or later. */
  readonly newSince?: Date | null;
  /** The ones seen last. */
  readonly limit?: number | null;
}

/**
 * What is read of each entity beside its count, as `details`: nothing; score, times and how many values, with empty
 * lists; or all, which of many edges is much.
 */
export type DetailLevel = 'none' | 'summary' | 'whole';

/** Edges as they were in a range of time. Null is no bound. */
export interface MapQuery extends EdgeFilter {
  /** Hours are not divided: the range begins with the hour that this lies in. */
  readonly since?: Date | null;
  /** And ends with the hour before which this lies; exclusive. */
  readonly until?: Date | null;
  readonly details?: DetailLevel;
}

/** Edges as of all time, by destination, then last seen. */
export function* readEdges(
  dialect: Dialect,
  { since, ...filter }: EdgeFilter,
  details: DetailLevel = 'none',
): Question<readonly Edge[]> {
  const seen = since ? [{ sql: 'last_seen >= ?', parameters: [since.toISOString()] }] : [];
  const which = whichEdges(dialect, filter, [...seen, ...withEntities(filter.entities)]);
  const numbers = numberedBy(which.sql);
  const entities = new Map<number, Record<string, number>>();
  for (const [edge, entity, count] of yield* rowsOf(
    `SELECT ee.edge, n.entity, ee.count FROM edge_entities AS ee JOIN entities AS n ON n.no = ee.entity
     WHERE ${ofThem('ee.edge', numbers)} ORDER BY ee.edge, n.entity`,
    which.parameters,
  )) {
    countsIn(entities, Number(edge))[String(entity)] = Number(count);
  }
  const known = yield* detailsOf(numbers, which.parameters, details);
  return yield* readRows(dialect, which, known, (row) => ({
    ...totalsOf(row),
    entities: entities.get(Number(row[0])) ?? NO_ENTITIES,
  }));
}

/**
 * Edges that carried something in a range of time, with what they carried in it: calls, bytes, entities and actions.
 * First and last seen, coverage and details are those of all time.
 */
export function* mapEdges(
  dialect: Dialect,
  { since, until, details = 'none', ...filter }: MapQuery,
): Question<readonly Edge[]> {
  if (!since && !until) return yield* readEdges(dialect, filter, details);
  const segments = segmentsOf(since?.getTime() ?? null, until?.getTime() ?? null);
  const counts = new Map<number, Totals>();
  for (const [edge, calls, bytesOut, bytesIn, alert, tokenize, redact, block] of yield* rowsOf(
    `SELECT edge, sum(calls), sum(bytes_out), sum(bytes_in), sum(alert), sum(tokenize), sum(redact), sum(block)
     FROM (${unionOf(segments, 'edge_counts', 'edge, calls, bytes_out, bytes_in, alert, tokenize, redact, block')}) AS u
     GROUP BY edge`,
    boundsOf(segments),
  )) {
    const actions = { alert, tokenize, redact, block };
    counts.set(Number(edge), totals(Number(calls), Number(bytesOut), Number(bytesIn), actions));
  }
  const named = yield* rowsOf('SELECT no, entity FROM entities');
  const names = new Map(named.map(([no, name]) => [no, String(name)]));
  const wanted = filter.entities?.length ? new Set(filter.entities) : null;
  const entities = new Map<number, Record<string, number>>();
  const carrying = new Set<number>();
  for (const [edge, entity, count] of yield* rowsOf(
    `SELECT edge, entity, sum(count) FROM (${unionOf(segments, 'entity_counts', 'edge, entity, count')}) AS u GROUP BY edge, entity`,
    boundsOf(segments),
  )) {
    const name = names.get(entity ?? null);
    if (name === undefined) continue;
    countsIn(entities, Number(edge))[name] = Number(count);
    if (wanted?.has(name)) carrying.add(Number(edge));
  }
  const which = whichEdges(dialect, filter, withEntities(filter.entities));
  const known = yield* detailsOf(numberedBy(which.sql), which.parameters, details);
  return yield* readRows(dialect, which, known, (row) => {
    const no = Number(row[0]);
    const of = counts.get(no);
    if (of === undefined || (wanted !== null && !carrying.has(no))) return null;
    return { ...of, entities: entities.get(no) ?? NO_ENTITIES };
  });
}

interface Totals {
  readonly calls: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly actions: Readonly<Record<string, number>>;
}

/** Which edges, as what follows `FROM edges` in SQL. */
interface Which {
  readonly sql: string;
  readonly parameters: readonly (string | number)[];
}

function numberedBy(which: string): string {
  return `SELECT no FROM edges ${which}`;
}

/** All rows are of some edge. */
function ofThem(column: string, numbers: string): string {
  return numbers === numberedBy(ALL_EDGES) ? 'TRUE' : `${column} IN (${numbers})`;
}

const ALL_EDGES = 'WHERE TRUE';

function whichEdges(dialect: Dialect, filter: EdgeFilter, more: readonly Condition[]): Which {
  const conditions = [...edgeConditions(dialect, filter), ...more];
  const where = conditions.map(({ sql }) => ` AND ${sql}`).join('');
  const parameters = conditions.flatMap((condition) => condition.parameters);
  if (filter.limit == null) return { sql: `${ALL_EDGES}${where}`, parameters };
  return { sql: `${ALL_EDGES}${where} ORDER BY last_seen DESC, id LIMIT ?`, parameters: [...parameters, filter.limit] };
}

/** What a filter asks of the columns of `edges`: all but entities, `since` and `limit`. */
export function edgeConditions(
  { source, like }: Dialect,
  filter: { readonly [K in keyof EdgeFilter]?: EdgeFilter[K] | undefined },
): readonly Condition[] {
  return [
    anyOf('id', filter.ids),
    anyOf('app', filter.apps),
    anyOf(source.user, filter.users),
    anyOf(source.process, filter.processes),
    anyOf(source.container, filter.containers),
    anyOf(source.host, filter.sourceHosts),
    anyHost('host', filter.destinations, like),
    anyOf('vendor', filter.vendors),
    anyOf('category', filter.categories),
    anyOf('channel', filter.channels),
    anyOf('direction', filter.directions),
    anyOf('protocol', filter.protocols),
    filter.newSince ? { sql: 'first_seen >= ?', parameters: [filter.newSince.toISOString()] } : null,
  ].filter((condition) => condition !== null);
}

function withEntities(entities: readonly string[] | undefined): readonly Condition[] {
  const named = anyOf(
    'no IN (SELECT ee.edge FROM edge_entities AS ee JOIN entities AS n ON n.no = ee.entity WHERE n.entity',
    entities,
    ')',
  );
  return named === null ? [] : [named];
}

/** The rows of some buckets in several spans, one after the other; the parameters are `boundsOf`. */
export function unionOf(
  segments: readonly { readonly span: number }[],
  table: string,
  columns: string,
  condition = 'TRUE',
): string {
  const one = `SELECT ${columns} FROM ${table} WHERE span = ? AND bucket >= ? AND bucket < ? AND ${condition}`;
  return segments.length === 0
    ? `SELECT ${columns} FROM ${table} WHERE FALSE`
    : segments.map(() => one).join(' UNION ALL ');
}

/** `more`: the parameters of the condition. */
export function boundsOf(
  segments: readonly (Omit<Segment, 'span'> & { readonly span: number })[],
  more: readonly (string | number)[] = [],
): readonly (string | number)[] {
  return segments.flatMap(({ span, from, to }) => [span, from, to, ...more]);
}

interface Known {
  readonly details: Map<number, Record<string, EdgeDetail>>;
  readonly models: Map<number, string[]>;
}

function* detailsOf(
  numbers: string,
  parameters: readonly (string | number)[],
  level: DetailLevel,
): Question<Known | null> {
  if (level === 'none') return null;
  const fingerprints = level === 'whole' ? yield* listsOf('fingerprint', numbers, parameters) : null;
  const paths = level === 'whole' ? yield* listsOf('path', numbers, parameters) : null;
  const details = new Map<number, Record<string, EdgeDetail>>();
  for (const [edge, entity, name, maxScore, firstMs, lastMs, values] of yield* rowsOf(
    `SELECT ee.edge, ee.entity, n.entity, ee.max_score, ee.first_ms, ee.last_ms, ee.fingerprints
     FROM edge_entities AS ee JOIN entities AS n ON n.no = ee.entity
     WHERE ${ofThem('ee.edge', numbers)} AND ee.max_score IS NOT NULL ORDER BY ee.edge, n.entity`,
    parameters,
  )) {
    const key = `${edge} ${entity}`;
    const of: Record<string, EdgeDetail> = details.get(Number(edge)) ?? Object.create(null);
    details.set(Number(edge), of);
    of[String(name)] = {
      maxScore: Number(maxScore),
      firstSeen: new Date(Number(firstMs)).toISOString(),
      lastSeen: new Date(Number(lastMs)).toISOString(),
      values: Number(values),
      fingerprints: fingerprints?.get(key) ?? [],
      paths: paths?.get(key) ?? [],
    };
  }
  const models = new Map<number, string[]>();
  const sql = `SELECT edge, model FROM edge_models WHERE ${ofThem('edge', numbers)} ORDER BY edge, last_ms DESC, model`;
  for (const [edge, model] of yield* rowsOf(sql, parameters)) {
    const list = models.get(Number(edge)) ?? [];
    models.set(Number(edge), list);
    list.push(String(model));
  }
  return { details, models };
}

/** By edge and entity, the ones seen last first. */
function* listsOf(
  item: 'fingerprint' | 'path',
  numbers: string,
  parameters: readonly (string | number)[],
): Question<ReadonlyMap<string, readonly string[]>> {
  const lists = new Map<string, string[]>();
  const sql = `SELECT edge, entity, ${item} FROM edge_${item}s WHERE ${ofThem('edge', numbers)} ORDER BY edge, entity, last_ms DESC, ${item}`;
  for (const [edge, entity, text] of yield* rowsOf(sql, parameters)) {
    const key = `${edge} ${entity}`;
    const list = lists.get(key);
    if (list === undefined) lists.set(key, [String(text)]);
    else list.push(String(text));
  }
  return lists;
}

/** In the order in which `edgeOf` takes them. */
const EDGE_COLUMNS = [
  ...['no', 'calls', 'bytes_out', 'bytes_in', 'alert', 'tokenize', 'redact', 'block'],
  ...['id', 'source', 'destination', 'via', 'protocol', 'direction', 'channel', 'first_seen', 'last_seen'],
  ...['coverage', 'coverage_reason'],
].join(', ');

/** Sources and destinations stand on many edges each, as the same text. */
function* readRows(
  { witnesses }: Dialect,
  which: Which,
  known: Known | null,
  carried: (row: Row) => (Totals & Pick<Edge, 'entities'>) | null,
): Question<readonly Edge[]> {
  const sources = new Map<string, Source>();
  const destinations = new Map<string, EventDestination>();
  const edges: Edge[] = [];
  const query = `SELECT ${EDGE_COLUMNS}, ${witnesses} FROM (SELECT * FROM edges ${which.sql}) AS e
    ORDER BY host NULLS FIRST, port NULLS FIRST, last_seen, id`;
  for (const row of yield* rowsOf(query, which.parameters)) {
    const of = carried(row);
    if (of === null) continue;
    // What an older version wrote has no credential.
    const [, , , , , , , , id, sourceText, destinationText, via, protocol, direction, channel, firstSeen, lastSeen] =
      row;
    const source = parsedOnce(sources, sourceText, (text) => ({ ...JSON.parse(text), credential: null }));
    const destination = parsedOnce(destinations, destinationText, (text) => JSON.parse(text));
    const no = Number(row[0]);
    edges.push({
      id: String(id),
      source,
      destination,
      via: via as Via,
      protocol: String(protocol),
      direction: direction as EdgeDirection,
      channel: channel as Channel,
      entities: of.entities,
      calls: of.calls,
      bytesOut: of.bytesOut,
      bytesIn: of.bytesIn,
      firstSeen: String(firstSeen),
      lastSeen: String(lastSeen),
      actions: of.actions,
      coverage: coverageOf({ coverage: row[17], coverage_reason: row[18] }),
      ...(Number(row[19]) > 1 ? { witnesses: Number(row[19]) } : {}),
      risk: null,
      ...(known === null ? {} : { details: known.details.get(no) ?? {}, models: known.models.get(no) ?? [] }),
    });
  }
  return edges;
}

function parsedOnce<T>(known: Map<string, T>, column: Value | undefined, parse: (text: string) => T): T {
  const text = String(column);
  const earlier = known.get(text);
  if (earlier !== undefined) return earlier;
  const parsed = parse(text);
  known.set(text, parsed);
  return parsed;
}

function totalsOf(row: Row): Totals {
  const [, calls, bytesOut, bytesIn, alert, tokenize, redact, block] = row;
  return totals(Number(calls), Number(bytesOut), Number(bytesIn), { alert, tokenize, redact, block });
}

/** Those of the five actions that were carried out at all, in the order of their names. */
function totals(
  calls: number,
  bytesOut: number,
  bytesIn: number,
  stronger: Readonly<Record<'alert' | 'tokenize' | 'redact' | 'block', Value | undefined>>,
): Totals {
  const [alert, tokenize] = [Number(stronger.alert), Number(stronger.tokenize)];
  const [redact, block] = [Number(stronger.redact), Number(stronger.block)];
  const allow = calls - alert - tokenize - redact - block;
  // One by one: of many edges a list of each one's five would take longer than all else here.
  const actions: Record<string, number> = {};
  if (alert !== 0) actions['alert'] = alert;
  if (allow !== 0) actions['allow'] = allow;
  if (block !== 0) actions['block'] = block;
  if (redact !== 0) actions['redact'] = redact;
  if (tokenize !== 0) actions['tokenize'] = tokenize;
  return { calls, bytesOut, bytesIn, actions };
}

/** Shared by all edges without any, and so not to be written to. */
const NO_ENTITIES: Readonly<Record<string, number>> = Object.freeze(Object.create(null));

/** Null prototype: an entity of a user's own policy may be called anything. */
function countsIn(of: Map<number, Record<string, number>>, no: number): Record<string, number> {
  const known: Record<string, number> = of.get(no) ?? Object.create(null);
  of.set(no, known);
  return known;
}

/** `column IN (…)` of a list that is not empty; null for none. */
export function anyOf(column: string, values: readonly string[] | undefined, end = ''): Condition | null {
  if (values === undefined || values.length === 0) return null;
  return { sql: `${column} IN (${values.map(() => '?').join(', ')})${end}`, parameters: values };
}

/** Hosts as they are, or with `*` for any run of characters. */
export function anyHost(column: string, hosts: readonly string[] | undefined, likeWord: string): Condition | null {
  if (hosts === undefined || hosts.length === 0) return null;
  const one = (host: string) => (host.includes('*') ? `${column} ${likeWord} ? ESCAPE '\\'` : `${column} = ?`);
  const like = (host: string) =>
    host.includes('*') ? host.replace(/[\\%_]/g, (c) => `\\${c}`).replaceAll('*', '%') : host;
  return { sql: `(${hosts.map(one).join(' OR ')})`, parameters: hosts.map(like) };
}

export function coverageOf(row: Readonly<Record<string, unknown>>): Coverage {
  const reason = row['coverage_reason'];
  return { level: row['coverage'] as CoverageLevel, reason: typeof reason === 'string' ? reason : null };
}
