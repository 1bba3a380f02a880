/**
 * Edges at rest: who sends what to whom, merged from one observation an exchange. Writing happens inside the caller's
 * transaction, so that an edge counts an exchange exactly when its event is there.
 */
import { createHash } from 'node:crypto';
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { type Coverage, type CoverageLevel, worseCoverage } from '../flow/coverage.ts';
import type { Edge, EdgeDirection, EdgeObservation, Via } from '../flow/edge.ts';
import type { EventDestination } from '../flow/event.ts';
import type { Channel, Source } from '../flow/parties.ts';

/** What makes an edge one. */
export type EdgeKey = Pick<EdgeObservation, 'source' | 'destination' | 'protocol' | 'direction' | 'channel'>;

/**
 * The id of an edge: SHA-256 over source without pid and credential, destination host and port, protocol, direction and channel, as a
 * JSON list, first 16 bytes, base64url. The same on every host, so that a fleet's edges can be merged.
 */
export function edgeId(observation: EdgeKey): string {
  const { source, destination, protocol, direction, channel } = observation;
  const { app, verified, host, process, exe, user, container } = source;
  const workload = [app, verified, host, process, exe, user, container];
  const key = JSON.stringify([...workload, destination.host, destination.port, protocol, direction, channel]);
  return createHash('sha256').update(key).digest().toString('base64url', 0, 16);
}

const MAX_KNOWN = 8;

/** Whether two observations have the fields in common that `edgeId` digests. */
function isSameEdge(a: EdgeObservation, b: EdgeObservation): boolean {
  const { source: from, destination: to } = a;
  const { source, destination } = b;
  return (
    a.direction === b.direction &&
    a.protocol === b.protocol &&
    a.channel === b.channel &&
    to.host === destination.host &&
    to.port === destination.port &&
    from.app === source.app &&
    from.verified === source.verified &&
    from.host === source.host &&
    from.process === source.process &&
    from.exe === source.exe &&
    from.user === source.user &&
    from.container === source.container
  );
}

/** What a batch adds to one edge. */
interface Sum {
  readonly last: EdgeObservation;
  readonly calls: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly coverage: Coverage;
  readonly entities: Map<string, number>;
  readonly actions: Map<string, number>;
}

/** Adds observations to the edges of one database, one statement an edge and batch. */
export class EdgeWriter {
  readonly #known: { readonly observation: EdgeObservation; readonly id: string }[] = [];
  readonly #read: StatementSync;
  readonly #upsert: StatementSync;
  readonly #addEntity: StatementSync;
  readonly #addAction: StatementSync;

  constructor(database: DatabaseSync) {
    this.#read = database.prepare('SELECT coverage, coverage_reason FROM edges WHERE id = ?');
    this.#upsert = database.prepare(`
      INSERT INTO edges (id, source, app, destination, host, port, via, protocol, direction, channel,
        calls, bytes_out, bytes_in, first_seen, last_seen, coverage, coverage_reason)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET
        destination = excluded.destination, via = excluded.via,
        calls = calls + excluded.calls, bytes_out = bytes_out + excluded.bytes_out, bytes_in = bytes_in + excluded.bytes_in,
        first_seen = min(first_seen, excluded.first_seen), last_seen = max(last_seen, excluded.last_seen),
        coverage = excluded.coverage, coverage_reason = excluded.coverage_reason`);
    this.#addEntity = database.prepare(`
      INSERT INTO edge_entities (edge, entity, count) VALUES (?, ?, ?)
      ON CONFLICT (edge, entity) DO UPDATE SET count = count + excluded.count`);
    this.#addAction = database.prepare(`
      INSERT INTO edge_actions (edge, action, calls) VALUES (?, ?, ?)
      ON CONFLICT (edge, action) DO UPDATE SET calls = calls + excluded.calls`);
  }

  add(observations: readonly EdgeObservation[]): void {
    const sums = new Map<string, Sum>();
    for (const observation of observations) {
      const id = this.#idOf(observation);
      sums.set(id, sum(sums.get(id), observation));
    }
    for (const [id, added] of sums) this.#write(id, added);
  }

  /** Most observations of a batch are of few edges, and a digest costs more than to compare with what came before. */
  #idOf(observation: EdgeObservation): string {
    for (const known of this.#known) if (isSameEdge(known.observation, observation)) return known.id;
    const id = edgeId(observation);
    this.#known.unshift({ observation, id });
    if (this.#known.length > MAX_KNOWN) this.#known.pop();
    return id;
  }

  #write(id: string, added: Sum): void {
    const { source, destination, via, protocol, direction, channel } = added.last;
    const row = this.#read.get(id);
    const coverage = row === undefined ? added.coverage : worseCoverage(coverageOf(row), added.coverage);
    this.#upsert.run(
      id,
      JSON.stringify({ ...source, pid: null, credential: null }),
      source.app,
      JSON.stringify(destination),
      destination.host,
      destination.port,
      via,
      protocol,
      direction,
      channel,
      added.calls,
      added.bytesOut,
      added.bytesIn,
      added.firstSeen,
      added.lastSeen,
      coverage.level,
      coverage.reason,
    );
    for (const [entity, count] of added.entities) this.#addEntity.run(id, entity, count);
    for (const [action, calls] of added.actions) this.#addAction.run(id, action, calls);
  }
}

/** As toISOString writes it. */
const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

function sum(earlier: Sum | undefined, seen: EdgeObservation): Sum {
  // One spelling of a moment, so that times compare as text.
  const time = UTC.test(seen.time) ? seen.time : new Date(seen.time).toISOString();
  const entities = earlier?.entities ?? new Map<string, number>();
  for (const [entity, count] of Object.entries(seen.entities))
    entities.set(entity, (entities.get(entity) ?? 0) + count);
  const actions = earlier?.actions ?? new Map<string, number>();
  actions.set(seen.action, (actions.get(seen.action) ?? 0) + 1);
  return {
    last: seen,
    calls: (earlier?.calls ?? 0) + 1,
    bytesOut: (earlier?.bytesOut ?? 0) + seen.bytesOut,
    bytesIn: (earlier?.bytesIn ?? 0) + seen.bytesIn,
    firstSeen: earlier !== undefined && earlier.firstSeen < time ? earlier.firstSeen : time,
    lastSeen: earlier !== undefined && earlier.lastSeen > time ? earlier.lastSeen : time,
    coverage: earlier === undefined ? seen.coverage : worseCoverage(earlier.coverage, seen.coverage),
    entities,
    actions,
  };
}

/** Empty or absent: no filter. */
export interface EdgeFilter {
  readonly apps?: readonly string[];
  /** Hosts, `*` for any run of characters. */
  readonly destinations?: readonly string[];
  readonly entities?: readonly string[];
  readonly since?: Date | null;
  readonly limit?: number | null;
}

/** A piece of SQL that holds or not, with its parameters. */
export interface Condition {
  readonly sql: string;
  readonly parameters: readonly (string | number)[];
}

/** Edges by destination, then last seen; `limit` takes the ones seen last. */
export function* readEdges(database: DatabaseSync, filter: EdgeFilter): Generator<Edge> {
  const conditions = [
    anyOf('app', filter.apps),
    anyHost('host', filter.destinations),
    filter.since ? { sql: 'last_seen >= ?', parameters: [filter.since.toISOString()] } : null,
    ...(filter.entities?.length
      ? [anyOf('id IN (SELECT edge FROM edge_entities WHERE entity', filter.entities, ')')]
      : []),
  ].filter((condition) => condition !== null);
  const where = conditions.map(({ sql }) => ` AND ${sql}`).join('');
  const parameters = conditions.flatMap((condition) => condition.parameters);
  const query = `SELECT * FROM (SELECT * FROM edges WHERE 1${where} ORDER BY last_seen DESC, id LIMIT ?)
    ORDER BY host, port, last_seen, id`;
  const entities = database.prepare('SELECT entity AS name, count FROM edge_entities WHERE edge = ? ORDER BY entity');
  const actions = database.prepare(
    'SELECT action AS name, calls AS count FROM edge_actions WHERE edge = ? ORDER BY action',
  );
  for (const row of database.prepare(query).iterate(...parameters, filter.limit ?? -1)) {
    const id = String(row['id']);
    yield readEdge(row, countsOf(entities.all(id)), countsOf(actions.all(id)));
  }
}

/** `column IN (…)` of a list that is not empty; null for none. */
export function anyOf(column: string, values: readonly string[] | undefined, end = ''): Condition | null {
  if (values === undefined || values.length === 0) return null;
  return { sql: `${column} IN (${values.map(() => '?').join(', ')})${end}`, parameters: values };
}

/** Hosts as they are, or with `*` for any run of characters. */
export function anyHost(column: string, hosts: readonly string[] | undefined): Condition | null {
  if (hosts === undefined || hosts.length === 0) return null;
  const one = (host: string) => (host.includes('*') ? `${column} LIKE ? ESCAPE '\\'` : `${column} = ?`);
  const like = (host: string) =>
    host.includes('*') ? host.replace(/[\\%_]/g, (c) => `\\${c}`).replaceAll('*', '%') : host;
  return { sql: `(${hosts.map(one).join(' OR ')})`, parameters: hosts.map(like) };
}

function countsOf(rows: readonly Record<string, SQLOutputValue>[]): Record<string, number> {
  // Null prototype: an entity of a user's own policy may be called anything.
  const counts: Record<string, number> = Object.create(null);
  for (const row of rows) counts[String(row['name'])] = Number(row['count']);
  return counts;
}

function coverageOf(row: Record<string, SQLOutputValue>): Coverage {
  const reason = row['coverage_reason'];
  return { level: row['coverage'] as CoverageLevel, reason: typeof reason === 'string' ? reason : null };
}

function readEdge(
  row: Record<string, SQLOutputValue>,
  entities: Readonly<Record<string, number>>,
  actions: Readonly<Record<string, number>>,
): Edge {
  // What an older version wrote has no credential.
  const source: Source = { ...JSON.parse(String(row['source'])), credential: null };
  const destination: EventDestination = JSON.parse(String(row['destination']));
  return {
    id: String(row['id']),
    source,
    destination,
    via: row['via'] as Via,
    protocol: String(row['protocol']),
    direction: row['direction'] as EdgeDirection,
    channel: row['channel'] as Channel,
    entities,
    calls: Number(row['calls']),
    bytesOut: Number(row['bytes_out']),
    bytesIn: Number(row['bytes_in']),
    firstSeen: String(row['first_seen']),
    lastSeen: String(row['last_seen']),
    actions,
    coverage: coverageOf(row),
    risk: null,
  };
}
