/**
 * What a batch of arrivals adds to edges, their details, their witnesses and their roll-ups: summed up first, then each
 * table in one statement. The same edge seen by several nodes is one edge. Under the write lock.
 */
import { worseCoverage } from '../../flow/coverage.ts';
import type { EdgeObservation } from '../../flow/edge.ts';
import type { EventBody } from '../../flow/event.ts';
import { edgeSource } from '../../flow/parties.ts';
import {
  countsOf,
  detailsOf,
  isSameEdge,
  KEPT_FINGERPRINTS,
  KEPT_MODELS,
  KEPT_PATHS,
  SLACK,
  type Sum,
  sum,
  utc,
} from '../edge-sums.ts';
import { coverageOf, edgeIdOf, edgeKeyText } from '../edges.ts';
import { everyone, RollupSums } from '../rollups.ts';
import type { Asker } from './connect.ts';
import { arrayText, columnsText, storable, unnest } from './literals.ts';
import { EntityNumbers } from './numbers.ts';

/** An observation, who has seen it, and the event that it comes with. */
export interface Seen {
  readonly observation: EdgeObservation;
  readonly event: EventBody | null;
  readonly writerNo: number;
}

type Row = readonly (string | number | null)[];

interface Witness {
  calls: number;
  firstMs: number;
  lastMs: number;
}

const MAX_KNOWN = 50_000;
const MAX_COMPARED = 8;

/** What edges and kinds of data are numbered with. What it knows holds until a transaction fails: `forget`. */
export class EdgeNumbers {
  /** By what their ids are digests of, so that an edge is digested only where it is new here. */
  readonly #known = new Map<string, number>();
  readonly entities = new EntityNumbers();

  /** The numbers of the edges of these observations, those made that are new, in their order. */
  async load(asker: Asker, observations: readonly EdgeObservation[]): Promise<readonly number[]> {
    // Before it is asked what is known: what this batch needs stays until it has it.
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    const keys = keysOf(observations);
    const fresh = new Map<string, EdgeObservation>();
    for (const [i, key] of keys.entries()) {
      const observation = observations[i];
      if (observation !== undefined && !this.#known.has(key) && !fresh.has(key)) fresh.set(key, observation);
    }
    if (fresh.size > 0) await this.#load(asker, fresh);
    return keys.map((key) => this.#known.get(key) ?? 0);
  }

  async #load(asker: Asker, fresh: ReadonlyMap<string, EdgeObservation>): Promise<void> {
    const ids = new Map([...fresh.keys()].map((key) => [key, edgeIdOf(key)]));
    const numbers = await this.#find(asker, new Map([...fresh].map(([key, one]) => [ids.get(key) ?? '', one])));
    for (const [key, id] of ids) {
      const no = numbers.get(id);
      if (no !== undefined) this.#known.set(key, no);
    }
  }

  /** Of edges by their ids, made where there are none. */
  async #find(asker: Asker, fresh: Map<string, EdgeObservation>): Promise<ReadonlyMap<string, number>> {
    const numbers = new Map<string, number>();
    const found = await asker.unsafe('SELECT no, id FROM edges WHERE id = ANY($1::text[])', [arrayText(fresh.keys())], {
      prepare: true,
    });
    for (const row of found) {
      numbers.set(String(row['id']), Number(row['no']));
      fresh.delete(String(row['id']));
    }
    if (fresh.size === 0) return numbers;
    const made = await asker.unsafe(
      `INSERT INTO edges (id, source, source_user, source_process, source_container, source_host, app, destination, host,
         port, vendor, category, via, protocol, direction, channel, first_seen, last_seen, coverage, coverage_reason,
         calls, bytes_out, bytes_in, alert, tokenize, redact, block)
       SELECT u.*, 0, 0, 0, 0, 0, 0, 0 FROM ${unnest(MADE_TYPES)} AS u RETURNING no, id`,
      columnsText(
        [...fresh].map(([id, observation]) => madeRow(id, observation)),
        MADE_TYPES.length,
      ),
      { prepare: true },
    );
    for (const row of made) numbers.set(String(row['id']), Number(row['no']));
    return numbers;
  }

  forget(): void {
    this.#known.clear();
    this.entities.forget();
  }
}

const MADE_TYPES = Array.from({ length: 20 }, (_, i) => (i === 9 ? 'int' : 'text'));

function madeRow(id: string, observation: EdgeObservation): Row {
  const { source, destination, via, protocol, direction, channel, coverage } = observation;
  const time = utc(observation.time);
  return [
    ...[id, JSON.stringify(edgeSource(source)), source.user, source.process, source.container, source.host, source.app],
    ...[JSON.stringify(destination), destination.host, destination.port, destination.vendor, destination.category],
    ...[via, protocol, direction, channel, time, time, coverage.level, coverage.reason],
  ];
}

/** Most observations of a batch are of few edges, and the text of one costs more than to compare with what came before. */
function keysOf(observations: readonly EdgeObservation[]): readonly string[] {
  const compared: { readonly observation: EdgeObservation; readonly key: string }[] = [];
  return observations.map((observation) => {
    const known = compared.find((one) => isSameEdge(one.observation, observation));
    if (known !== undefined) return known.key;
    const key = edgeKeyText(observation);
    compared.unshift({ observation, key });
    if (compared.length > MAX_COMPARED) compared.pop();
    return key;
  });
}

/** Adds what was seen to the edges of these numbers, one for each. */
export async function addToEdges(
  asker: Asker,
  numbers: EdgeNumbers,
  seen: readonly Seen[],
  edges: readonly number[],
): Promise<void> {
  if (seen.length === 0) return;
  const sums = new Map<number, Sum>();
  const witnesses = new Map<number, Map<number, Witness>>();
  for (const [i, { observation, event, writerNo }] of seen.entries()) {
    const no = edges[i] ?? 0;
    const timeMs = Date.parse(observation.time);
    const details = observation.details ?? (event === null ? {} : detailsOf(event, observation.direction));
    const model = observation.model === undefined ? (event?.model ?? null) : observation.model;
    const earlier = sums.get(no);
    const added = sum(earlier, observation, countsOf(observation), timeMs, details, model);
    if (earlier === undefined) sums.set(no, added);
    witness(witnesses, no, writerNo, timeMs, observation.calls ?? 1);
  }
  await numbers.entities.load(
    asker,
    [...sums.values()].flatMap(({ entities }) => [...entities.keys()]),
  );
  const rollups = new RollupSums();
  for (const [i, { observation }] of seen.entries()) {
    const timeMs = Date.parse(observation.time);
    const counts = countsOf(observation);
    const entities = Object.entries(observation.entities).map(([name, n]) => [numbers.entities.of(name), n] as const);
    rollups.add(edges[i] ?? 0, timeMs, counts, entities);
    rollups.add(everyone(observation.channel, observation.direction), timeMs, counts, entities);
  }
  const entityOf = (name: string): number => numbers.entities.of(name);
  await Promise.all([
    writeTotals(asker, sums),
    writeDetails(asker, sums, entityOf),
    writeModels(asker, sums),
    writeWitnesses(asker, witnesses),
    writeRollups(asker, rollups),
  ]);
}

function witness(
  witnesses: Map<number, Map<number, Witness>>,
  edge: number,
  writer: number,
  timeMs: number,
  calls: number,
): void {
  const of = witnesses.get(edge) ?? new Map<number, Witness>();
  witnesses.set(edge, of);
  const known = of.get(writer);
  if (known === undefined) {
    of.set(writer, { calls, firstMs: timeMs, lastMs: timeMs });
    return;
  }
  known.calls += calls;
  known.firstMs = Math.min(known.firstMs, timeMs);
  known.lastMs = Math.max(known.lastMs, timeMs);
}

/** `statement` takes the rows as `u`, with the columns named. */
async function run(asker: Asker, types: readonly string[], rows: readonly Row[], statement: (from: string) => string) {
  if (rows.length === 0) return [];
  return await asker.unsafe(statement(unnest(types)), columnsText(rows, types.length), { prepare: true });
}

async function writeTotals(asker: Asker, sums: ReadonlyMap<number, Sum>): Promise<void> {
  const known = await asker.unsafe('SELECT no, coverage, coverage_reason FROM edges WHERE no = ANY($1::int[])', [
    arrayText(sums.keys()),
  ]);
  const coverages = new Map(known.map((row) => [Number(row['no']), coverageOf(row)]));
  const rows = [...sums].map(([no, added]): Row => {
    const { destination, via } = added.last;
    const before = coverages.get(no);
    const coverage = before === undefined ? added.coverage : worseCoverage(before, added.coverage);
    return [
      ...[no, JSON.stringify(destination), destination.vendor, destination.category, via],
      ...[added.calls, added.bytesOut, added.bytesIn, added.alert, added.tokenize, added.redact, added.block],
      ...[added.firstSeen, added.lastSeen, coverage.level, coverage.reason],
    ];
  });
  const texts = ['text', 'text', 'text', 'text'];
  const numbers = Array.from({ length: 7 }, () => 'bigint');
  await run(
    asker,
    ['int', ...texts, ...numbers, ...texts],
    rows,
    (from) => `
      UPDATE edges SET destination = u.destination, vendor = u.vendor, category = u.category, via = u.via,
        calls = edges.calls + u.calls, bytes_out = edges.bytes_out + u.bytes_out, bytes_in = edges.bytes_in + u.bytes_in,
        alert = edges.alert + u.alert, tokenize = edges.tokenize + u.tokenize, redact = edges.redact + u.redact,
        block = edges.block + u.block, first_seen = least(edges.first_seen, u.first_seen),
        last_seen = greatest(edges.last_seen, u.last_seen), coverage = u.coverage, coverage_reason = u.reason
      FROM ${from} AS u (no, destination, vendor, category, via, calls, bytes_out, bytes_in, alert, tokenize, redact, block,
        first_seen, last_seen, coverage, reason)
      WHERE edges.no = u.no`,
  );
}

async function writeDetails(
  asker: Asker,
  sums: ReadonlyMap<number, Sum>,
  entityOf: (name: string) => number,
): Promise<void> {
  const prints: Row[] = [];
  const paths: Row[] = [];
  for (const [no, { entities }] of sums) {
    for (const [name, of] of entities) {
      const entity = entityOf(name);
      for (const [print, { count, firstMs, lastMs }] of of.fingerprints) {
        prints.push([no, entity, print, count, firstMs, lastMs]);
      }
      for (const [path, { count, lastMs }] of of.paths) paths.push([no, entity, path, count, lastMs]);
    }
  }
  const fresh = new Map<string, number>();
  const added = await run(
    asker,
    ['int', 'int', 'text', 'bigint', 'bigint', 'bigint'],
    prints,
    (from) => `
      INSERT INTO edge_fingerprints AS t (edge, entity, fingerprint, count, first_ms, last_ms) SELECT * FROM ${from}
      ON CONFLICT (edge, entity, fingerprint) DO UPDATE SET count = t.count + excluded.count,
        first_ms = least(t.first_ms, excluded.first_ms), last_ms = greatest(t.last_ms, excluded.last_ms)
      RETURNING edge, entity, xmax = 0 AS fresh`,
  );
  for (const row of added) {
    const key = `${row['edge']} ${row['entity']}`;
    if (row['fresh'] === true) fresh.set(key, (fresh.get(key) ?? 0) + 1);
  }
  await Promise.all([writeEntities(asker, sums, entityOf, fresh), writePaths(asker, paths)]);
}

async function writeEntities(
  asker: Asker,
  sums: ReadonlyMap<number, Sum>,
  entityOf: (name: string) => number,
  fresh: ReadonlyMap<string, number>,
): Promise<void> {
  const rows: Row[] = [];
  for (const [no, { entities }] of sums) {
    for (const [name, { count, maxScore, firstMs, lastMs }] of entities) {
      const entity = entityOf(name);
      rows.push([no, entity, count, maxScore, firstMs, lastMs, fresh.get(`${no} ${entity}`) ?? 0]);
    }
  }
  const totals = await run(
    asker,
    ['int', 'int', 'bigint', 'float8', 'bigint', 'bigint', 'bigint'],
    rows,
    (from) => `
      INSERT INTO edge_entities AS t (edge, entity, count, max_score, first_ms, last_ms, fingerprints) SELECT * FROM ${from}
      ON CONFLICT (edge, entity) DO UPDATE SET count = t.count + excluded.count,
        max_score = CASE WHEN excluded.max_score IS NULL THEN t.max_score
          ELSE greatest(t.max_score, excluded.max_score) END,
        first_ms = least(t.first_ms, excluded.first_ms), last_ms = greatest(t.last_ms, excluded.last_ms),
        fingerprints = t.fingerprints + excluded.fingerprints
      RETURNING edge, entity, fingerprints`,
  );
  const due = totals.filter((row) => {
    const [total, more] = [Number(row['fingerprints']), fresh.get(`${row['edge']} ${row['entity']}`) ?? 0];
    return total > KEPT_FINGERPRINTS && Math.floor(total / SLACK) > Math.floor((total - more) / SLACK);
  });
  await run(
    asker,
    ['int', 'int'],
    due.map((row) => [Number(row['edge']), Number(row['entity'])]),
    (from) => `
      DELETE FROM edge_fingerprints AS t USING (
        SELECT f.edge, f.entity, f.fingerprint,
          row_number() OVER (PARTITION BY f.edge, f.entity ORDER BY f.last_ms DESC, f.fingerprint) AS place
        FROM ${from} AS u (edge, entity) JOIN edge_fingerprints AS f ON f.edge = u.edge AND f.entity = u.entity
      ) AS old
      WHERE old.place > ${KEPT_FINGERPRINTS} AND t.edge = old.edge AND t.entity = old.entity
        AND t.fingerprint = old.fingerprint`,
  );
}

async function writePaths(asker: Asker, paths: readonly Row[]): Promise<void> {
  const added = await run(
    asker,
    ['int', 'int', 'text', 'bigint', 'bigint'],
    paths,
    (from) => `
      INSERT INTO edge_paths AS t (edge, entity, path, count, last_ms) SELECT * FROM ${from}
      ON CONFLICT (edge, entity, path) DO UPDATE SET count = t.count + excluded.count,
        last_ms = greatest(t.last_ms, excluded.last_ms)
      RETURNING edge, entity, xmax = 0 AS fresh`,
  );
  const grown = new Map(
    added
      .filter((row) => row['fresh'] === true)
      .map((row) => [`${row['edge']} ${row['entity']}`, [Number(row['edge']), Number(row['entity'])] as const]),
  );
  await run(
    asker,
    ['int', 'int'],
    [...grown.values()],
    (from) => `
      DELETE FROM edge_paths AS t USING (
        SELECT p.edge, p.entity, p.path, count(*) OVER (PARTITION BY p.edge, p.entity) AS kept,
          row_number() OVER (PARTITION BY p.edge, p.entity ORDER BY p.last_ms DESC, p.path) AS place
        FROM ${from} AS u (edge, entity) JOIN edge_paths AS p ON p.edge = u.edge AND p.entity = u.entity
      ) AS old
      WHERE old.kept > ${KEPT_PATHS + SLACK} AND old.place > ${KEPT_PATHS}
        AND t.edge = old.edge AND t.entity = old.entity AND t.path = old.path`,
  );
}

async function writeModels(asker: Asker, sums: ReadonlyMap<number, Sum>): Promise<void> {
  const rows: Row[] = [];
  for (const [no, { models }] of sums) {
    for (const [model, { calls, lastMs }] of models) rows.push([no, storable(model), calls, lastMs]);
  }
  const added = await run(
    asker,
    ['int', 'text', 'bigint', 'bigint'],
    rows,
    (from) => `
      INSERT INTO edge_models AS t (edge, model, calls, last_ms) SELECT * FROM ${from}
      ON CONFLICT (edge, model) DO UPDATE SET calls = t.calls + excluded.calls,
        last_ms = greatest(t.last_ms, excluded.last_ms)
      RETURNING edge, xmax = 0 AS fresh`,
  );
  const grown = new Set(added.filter((row) => row['fresh'] === true).map((row) => Number(row['edge'])));
  await run(
    asker,
    ['int'],
    [...grown].map((edge) => [edge]),
    (from) => `
      DELETE FROM edge_models AS t USING (
        SELECT m.edge, m.model, count(*) OVER (PARTITION BY m.edge) AS kept,
          row_number() OVER (PARTITION BY m.edge ORDER BY m.last_ms DESC, m.model) AS place
        FROM ${from} AS u (edge) JOIN edge_models AS m ON m.edge = u.edge
      ) AS old
      WHERE old.kept > ${KEPT_MODELS + SLACK} AND old.place > ${KEPT_MODELS} AND t.edge = old.edge AND t.model = old.model`,
  );
}

async function writeWitnesses(asker: Asker, witnesses: Map<number, Map<number, Witness>>): Promise<void> {
  const rows: Row[] = [];
  for (const [edge, of] of witnesses) {
    for (const [writer, { calls, firstMs, lastMs }] of of) rows.push([edge, writer, calls, firstMs, lastMs]);
  }
  const added = await run(
    asker,
    ['int', 'int', 'bigint', 'bigint', 'bigint'],
    rows,
    (from) => `
      INSERT INTO edge_witnesses AS t (edge, writer, calls, first_ms, last_ms) SELECT * FROM ${from}
      ON CONFLICT (edge, writer) DO UPDATE SET calls = t.calls + excluded.calls,
        first_ms = least(t.first_ms, excluded.first_ms), last_ms = greatest(t.last_ms, excluded.last_ms)
      RETURNING edge, xmax = 0 AS fresh`,
  );
  const fresh = new Map<number, number>();
  for (const row of added) {
    const edge = Number(row['edge']);
    if (row['fresh'] === true) fresh.set(edge, (fresh.get(edge) ?? 0) + 1);
  }
  await run(
    asker,
    ['int', 'int'],
    [...fresh],
    (from) => `UPDATE edges AS t SET witnesses = t.witnesses + u.n FROM ${from} AS u (edge, n) WHERE t.no = u.edge`,
  );
}

async function writeRollups(asker: Asker, rollups: RollupSums): Promise<void> {
  const counts: Row[] = [];
  const entities: Row[] = [];
  for (const { span, bucket, edge, cell } of rollups.cells()) {
    const { calls, bytesOut, bytesIn, alert, tokenize, redact, block } = cell.counts;
    counts.push([span, bucket, edge, calls, bytesOut, bytesIn, alert, tokenize, redact, block]);
    for (const [entity, count] of cell.entities) entities.push([span, bucket, edge, entity, count]);
  }
  const big = Array.from({ length: 7 }, () => 'bigint');
  await Promise.all([
    run(
      asker,
      ['int', 'bigint', 'int', ...big],
      counts,
      (from) => `
        INSERT INTO edge_counts AS t (span, bucket, edge, calls, bytes_out, bytes_in, alert, tokenize, redact, block)
        SELECT * FROM ${from}
        ON CONFLICT (span, bucket, edge) DO UPDATE SET calls = t.calls + excluded.calls,
          bytes_out = t.bytes_out + excluded.bytes_out, bytes_in = t.bytes_in + excluded.bytes_in,
          alert = t.alert + excluded.alert, tokenize = t.tokenize + excluded.tokenize,
          redact = t.redact + excluded.redact, block = t.block + excluded.block`,
    ),
    run(
      asker,
      ['int', 'bigint', 'int', 'int', 'bigint'],
      entities,
      (from) => `
        INSERT INTO entity_counts AS t (span, bucket, edge, entity, count) SELECT * FROM ${from}
        ON CONFLICT (span, bucket, edge, entity) DO UPDATE SET count = t.count + excluded.count`,
    ),
  ]);
}
