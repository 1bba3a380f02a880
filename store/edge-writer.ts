/**
 * Adds observations to the edges of one database, their details and their roll-ups, inside the caller's transaction, so
 * that an edge counts an exchange exactly when its event is there. Sums up a batch and writes each row once.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { worseCoverage } from '../flow/coverage.ts';
import type { EdgeObservation } from '../flow/edge.ts';
import type { EventBody } from '../flow/event.ts';
import { edgeSource } from '../flow/parties.ts';
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
} from './edge-sums.ts';
import { coverageOf, edgeIdOf, edgeKeyText } from './edges.ts';
import { FieldWriter } from './learned.ts';
import { Names } from './names.ts';
import { everyone, RollupWriter } from './rollups.ts';

const MAX_COMPARED = 8;
const MAX_KNOWN = 20_000;

export class EdgeWriter {
  /** Most observations of a batch are of few edges, and a digest costs more than to compare with what came before. */
  readonly #compared: { readonly observation: EdgeObservation; readonly no: number }[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #sums = new Map<number, Sum>();
  readonly #rollups: RollupWriter;
  readonly #names: Names;
  readonly #fields: FieldWriter;
  readonly #find: StatementSync;
  readonly #make: StatementSync;
  readonly #read: StatementSync;
  readonly #update: StatementSync;
  readonly #addEntity: StatementSync;
  readonly #addFingerprint: StatementSync;
  readonly #hasFingerprint: StatementSync;
  readonly #addPath: StatementSync;
  readonly #addModel: StatementSync;
  readonly #trimFingerprints: StatementSync;
  readonly #trimPaths: StatementSync;
  readonly #trimModels: StatementSync;
  readonly #countPaths: StatementSync;
  readonly #countModels: StatementSync;

  constructor(database: DatabaseSync) {
    this.#rollups = new RollupWriter(database);
    this.#names = new Names(database);
    this.#fields = new FieldWriter(database);
    this.#find = database.prepare('SELECT no FROM edges WHERE id = ?');
    this.#make = database.prepare(`
      INSERT INTO edges (id, source, app, destination, host, port, vendor, category, via, protocol, direction, channel,
        calls, bytes_out, bytes_in, alert, tokenize, redact, block, first_seen, last_seen, coverage, coverage_reason)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, 0, ?, ?, ?, ?)`);
    this.#read = database.prepare('SELECT coverage, coverage_reason FROM edges WHERE no = ?');
    this.#update = database.prepare(`
      UPDATE edges SET destination = ?, vendor = ?, category = ?, via = ?,
        calls = calls + ?, bytes_out = bytes_out + ?, bytes_in = bytes_in + ?,
        alert = alert + ?, tokenize = tokenize + ?, redact = redact + ?, block = block + ?,
        first_seen = min(first_seen, ?), last_seen = max(last_seen, ?), coverage = ?, coverage_reason = ?
      WHERE no = ?`);
    this.#addEntity = database.prepare(`
      INSERT INTO edge_entities (edge, entity, count, max_score, first_ms, last_ms, fingerprints)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (edge, entity) DO UPDATE SET count = count + excluded.count,
        max_score = max(coalesce(max_score, 0), coalesce(excluded.max_score, max_score)),
        first_ms = min(coalesce(first_ms, excluded.first_ms), excluded.first_ms),
        last_ms = max(coalesce(last_ms, excluded.last_ms), excluded.last_ms),
        fingerprints = fingerprints + excluded.fingerprints
      RETURNING fingerprints`);
    this.#hasFingerprint = database.prepare(
      'SELECT 1 FROM edge_fingerprints WHERE edge = ? AND entity = ? AND fingerprint = ?',
    );
    this.#addFingerprint = database.prepare(`
      INSERT INTO edge_fingerprints (edge, entity, fingerprint, count, first_ms, last_ms) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (edge, entity, fingerprint) DO UPDATE SET count = count + excluded.count,
        first_ms = min(first_ms, excluded.first_ms), last_ms = max(last_ms, excluded.last_ms)`);
    this.#addPath = database.prepare(`
      INSERT INTO edge_paths (edge, entity, path, count, last_ms) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (edge, entity, path) DO UPDATE SET count = count + excluded.count, last_ms = max(last_ms, excluded.last_ms)`);
    this.#addModel = database.prepare(`
      INSERT INTO edge_models (edge, model, calls, last_ms) VALUES (?, ?, ?, ?)
      ON CONFLICT (edge, model) DO UPDATE SET calls = calls + excluded.calls, last_ms = max(last_ms, excluded.last_ms)`);
    const trim = (table: string, item: string, of: string, kept: number) =>
      database.prepare(`
        DELETE FROM ${table} WHERE ${of} AND ${item} IN (
          SELECT ${item} FROM ${table} WHERE ${of} ORDER BY last_ms DESC, ${item} LIMIT -1 OFFSET ${kept})`);
    this.#trimFingerprints = trim(
      'edge_fingerprints',
      'fingerprint',
      'edge = $edge AND entity = $entity',
      KEPT_FINGERPRINTS,
    );
    this.#trimPaths = trim('edge_paths', 'path', 'edge = $edge AND entity = $entity', KEPT_PATHS);
    this.#trimModels = trim('edge_models', 'model', 'edge = $edge', KEPT_MODELS);
    this.#countPaths = database.prepare('SELECT count(*) AS n FROM edge_paths WHERE edge = ? AND entity = ?');
    this.#countModels = database.prepare('SELECT count(*) AS n FROM edge_models WHERE edge = ?');
  }

  /**
   * The number of the edge that an observation belongs to, which is added up until `write`. `event`: the one that it
   * comes with, for what its findings say of the edge.
   */
  add(observation: EdgeObservation, event: EventBody | null): number {
    const no = this.#numberOf(observation);
    const timeMs = Date.parse(observation.time);
    const details = observation.details ?? (event === null ? {} : detailsOf(event, observation.direction));
    const model = observation.model === undefined ? (event?.model ?? null) : observation.model;
    const counts = countsOf(observation);
    const earlier = this.#sums.get(no);
    const added = sum(earlier, observation, counts, timeMs, details, model);
    if (earlier === undefined) this.#sums.set(no, added);
    if (observation.fields !== undefined) this.#fields.add(no, observation.fields);
    const entities = this.#numbered(observation.entities);
    this.#rollups.add(no, timeMs, counts, entities);
    this.#rollups.add(everyone(observation.channel, observation.direction), timeMs, counts, entities);
    return no;
  }

  /**
   * What is known of an edge from an event that it has counted before there were roll-ups: all but its totals. Null
   * where it has no such edge any more.
   */
  fill(no: number, observation: EdgeObservation, event: EventBody): void {
    const timeMs = Date.parse(observation.time);
    const counts = countsOf(observation);
    const entities = this.#numbered(observation.entities);
    this.#rollups.add(no, timeMs, counts, entities);
    this.#rollups.add(everyone(observation.channel, observation.direction), timeMs, counts, entities);
    const details = detailsOf(event, observation.direction);
    const known = sum(undefined, { ...observation, entities: {} }, counts, timeMs, details, event.model);
    this.#writeDetails(no, known);
  }

  /** A review of an event that counts in these edges. */
  judge(...of: Parameters<FieldWriter['judge']>): void {
    this.#fields.judge(...of);
  }

  write(): void {
    for (const [no, added] of this.#sums) {
      this.#writeTotals(no, added);
      this.#writeDetails(no, added);
    }
    this.#sums.clear();
    this.#rollups.write();
  }

  /** What it knows holds until another connection writes, or a transaction fails. */
  forget(): void {
    this.#compared.length = 0;
    this.#numbers.clear();
    this.#sums.clear();
    this.#rollups.forget();
    this.#names.forget();
    this.#fields.forget();
  }

  #numbered(entities: Readonly<Record<string, number>>): readonly (readonly [number, number])[] {
    const numbered: [number, number][] = [];
    for (const entity in entities) numbered.push([this.#names.numberOf(entity), entities[entity] ?? 0]);
    return numbered;
  }

  #numberOf(observation: EdgeObservation): number {
    for (const known of this.#compared) if (isSameEdge(known.observation, observation)) return known.no;
    const key = edgeKeyText(observation);
    let no = this.#numbers.get(key);
    if (no === undefined) {
      no = this.#found(edgeIdOf(key), observation);
      if (this.#numbers.size >= MAX_KNOWN) this.#numbers.clear();
      this.#numbers.set(key, no);
    }
    this.#compared.unshift({ observation, no });
    if (this.#compared.length > MAX_COMPARED) this.#compared.pop();
    return no;
  }

  #found(id: string, observation: EdgeObservation): number {
    const row = this.#find.get(id);
    if (row !== undefined) return Number(row['no']);
    const { source, destination, via, protocol, direction, channel, coverage } = observation;
    const time = utc(observation.time);
    const made = this.#make.run(
      ...[id, JSON.stringify(edgeSource(source)), source.app?.toWellFormed() ?? null],
      ...[JSON.stringify(destination), destination.host?.toWellFormed() ?? null, destination.port],
      ...[destination.vendor?.toWellFormed() ?? null, destination.category, via, protocol, direction, channel],
      ...[time, time, coverage.level, coverage.reason],
    );
    return Number(made.lastInsertRowid);
  }

  #writeTotals(no: number, added: Sum): void {
    const { destination, via } = added.last;
    const row = this.#read.get(no);
    const coverage = row === undefined ? added.coverage : worseCoverage(coverageOf(row), added.coverage);
    this.#update.run(
      ...[JSON.stringify(destination), destination.vendor?.toWellFormed() ?? null, destination.category, via],
      ...[added.calls, added.bytesOut, added.bytesIn],
      ...[added.alert, added.tokenize, added.redact, added.block],
      ...[added.firstSeen, added.lastSeen, coverage.level, coverage.reason, no],
    );
  }

  #writeDetails(no: number, added: Sum): void {
    for (const [name, of] of added.entities) {
      const entity = this.#names.numberOf(name);
      let fresh = 0;
      for (const [fingerprint, { count, firstMs, lastMs }] of of.fingerprints) {
        if (this.#hasFingerprint.get(no, entity, fingerprint) === undefined) fresh++;
        this.#addFingerprint.run(no, entity, fingerprint, count, firstMs, lastMs);
      }
      for (const [path, { count, lastMs }] of of.paths) this.#addPath.run(no, entity, path, count, lastMs);
      const row = this.#addEntity.get(no, entity, of.count, of.maxScore, of.firstMs, of.lastMs, fresh);
      const total = Number(row?.['fingerprints'] ?? 0);
      const isDue = Math.floor(total / SLACK) > Math.floor((total - fresh) / SLACK);
      if (total > KEPT_FINGERPRINTS && isDue) this.#trimFingerprints.run({ edge: no, entity });
      if (of.paths.size > 0 && Number(this.#countPaths.get(no, entity)?.['n']) > KEPT_PATHS + SLACK) {
        this.#trimPaths.run({ edge: no, entity });
      }
    }
    for (const [model, { calls, lastMs }] of added.models) this.#addModel.run(no, model, calls, lastMs);
    if (added.models.size > 0 && Number(this.#countModels.get(no)?.['n']) > KEPT_MODELS + SLACK) {
      this.#trimModels.run({ edge: no });
    }
  }
}
