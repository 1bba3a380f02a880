/**
 * What the edges have learned of their fields, for the processes that carry traffic: read from the database once in a
 * while, and only what changes a score. Nothing waits for it: where it cannot be read, what was known before holds.
 */
import { existsSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Direction } from '../flow/decision.ts';
import type { EdgeDirection } from '../flow/edge.ts';
import type { EventFinding } from '../flow/event.ts';
import { type FieldSight, fieldPath, type LearnedField, type LearnedFields } from '../flow/learned.ts';
import type { Source } from '../flow/parties.ts';
import type { HomePaths } from './home.ts';
import { Names } from './names.ts';
import { SCHEMA_VERSION } from './schema.ts';

/** Of one edge. */
const MAX_FIELDS = 64;
const MAX_PATH_CHARS = 300;
const LOOK_MS = 30_000;
const BUSY_MS = 20;

export class FieldWriter {
  readonly #names: Names;
  readonly #make: StatementSync;
  readonly #add: StatementSync;
  readonly #addWhole: StatementSync;
  readonly #judge: StatementSync;
  readonly #forget: StatementSync;

  constructor(database: DatabaseSync) {
    this.#names = new Names(database);
    this.#make = database.prepare(`
      INSERT OR IGNORE INTO edge_fields (edge, path, seen) SELECT ?1, ?2, 0
      WHERE (SELECT count(*) FROM edge_fields WHERE edge = ?1) < ${MAX_FIELDS}`);
    this.#add = database.prepare('UPDATE edge_fields SET seen = seen + ? WHERE edge = ? AND path = ?');
    this.#addWhole = database.prepare(`
      INSERT INTO edge_field_entities (edge, path, entity, whole) VALUES (?, ?, ?, ?)
      ON CONFLICT (edge, path, entity) DO UPDATE SET whole = whole + excluded.whole`);
    this.#judge = database.prepare(`
      INSERT INTO field_verdicts (edge, path, entity, fingerprint, state) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (edge, path, entity, fingerprint) DO UPDATE SET state = excluded.state`);
    this.#forget = database.prepare(
      'DELETE FROM field_verdicts WHERE edge = ? AND path = ? AND entity = ? AND fingerprint = ?',
    );
  }

  add(edge: number, fields: readonly FieldSight[]): void {
    for (const { path, values, whole } of fields) {
      if (path.length > MAX_PATH_CHARS) continue;
      this.#make.run(edge, path.toWellFormed());
      if (Number(this.#add.run(values, edge, path.toWellFormed()).changes) === 0) continue;
      for (const entity in whole) {
        this.#addWhole.run(edge, path.toWellFormed(), this.#names.numberOf(entity), whole[entity] ?? 0);
      }
    }
  }

  /** A review of an event judges what was found beside its turns; a review that opens it again takes that back. */
  judge(edges: Readonly<Record<Direction, number | null>>, findings: readonly EventFinding[], state: string): void {
    for (const { entity, direction, role, path, fingerprints } of findings) {
      const edge = edges[direction];
      if (edge === null || role !== 'metadata') continue;
      for (const fingerprint of fingerprints) {
        const key = [edge, fieldPath(path).toWellFormed(), this.#names.numberOf(entity), fingerprint] as const;
        if (state === 'confirmed' || state === 'false_positive') this.#judge.run(...key, state);
        else this.#forget.run(...key);
      }
    }
  }

  forget(): void {
    this.#names.forget();
  }
}

/** Which edges an exchange belongs to, as far as that is known before it is recorded. */
export interface LearnedAsk {
  readonly source: Pick<Source, 'app' | 'verified' | 'container'>;
  readonly destination: { readonly host: string | null; readonly port: number | null };
  readonly direction: Direction;
}

function keyOf({ source, destination, direction }: LearnedAsk): string {
  const { app, verified, container } = source;
  return JSON.stringify([app, verified, container, destination.host, destination.port, direction]);
}

/** What is known, as of half a minute ago at most. It looks only when asked. */
export function learnedIn(
  home: HomePaths,
  now: () => number,
  lookMs = LOOK_MS,
): (ask: LearnedAsk) => LearnedFields | null {
  let lookedAt = Number.NEGATIVE_INFINITY;
  let known: ReadonlyMap<string, LearnedFields> = new Map();
  return (ask) => {
    const at = now();
    // A clock that was set back counts as time gone by.
    if (at < lookedAt || at - lookedAt >= lookMs) {
      lookedAt = at;
      known = readLearned(home.databaseFile) ?? known;
    }
    return known.size === 0 ? null : (known.get(keyOf(ask)) ?? null);
  };
}

/** Null where it cannot be read now. */
function readLearned(file: string): ReadonlyMap<string, LearnedFields> | null {
  if (!existsSync(file)) return null;
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_MS });
    const version = database.prepare('PRAGMA user_version').get()?.['user_version'];
    return version === SCHEMA_VERSION ? readAll(database) : null;
  } catch {
    // Busy, or being made: the next look may find it.
    return null;
  } finally {
    database?.close();
  }
}

type Growing = { values: number } & Record<'whole' | 'refuted' | 'confirmed', Record<string, number>>;

function readAll(database: DatabaseSync): ReadonlyMap<string, LearnedFields> {
  const fields = new Map<string, Map<string, Growing>>();
  const fieldOf = (row: Readonly<Record<string, unknown>>): Growing => {
    const source = JSON.parse(String(row['source']));
    const destination = { host: row['host'] as string | null, port: row['port'] as number | null };
    const direction = (row['direction'] as EdgeDirection) === 'out' ? 'request' : 'response';
    const key = keyOf({ source, destination, direction });
    const of = fields.get(key) ?? new Map<string, Growing>();
    fields.set(key, of);
    const path = String(row['path']);
    const field = of.get(path) ?? { values: 0, whole: {}, refuted: {}, confirmed: {} };
    of.set(path, field);
    return field;
  };
  const edge = `e.source, e.host, e.port, e.direction`;
  for (const row of database
    .prepare(`SELECT ${edge}, f.path, f.seen FROM edge_fields AS f JOIN edges AS e ON e.no = f.edge`)
    .iterate()) {
    fieldOf(row).values += Number(row['seen']);
  }
  for (const row of database
    .prepare(
      `SELECT ${edge}, f.path, n.entity, f.whole FROM edge_field_entities AS f
       JOIN edges AS e ON e.no = f.edge JOIN entities AS n ON n.no = f.entity`,
    )
    .iterate()) {
    add(fieldOf(row).whole, String(row['entity']), Number(row['whole']));
  }
  for (const row of database
    .prepare(
      `SELECT ${edge}, f.path, n.entity, f.state, count(DISTINCT f.fingerprint) AS count FROM field_verdicts AS f
       JOIN edges AS e ON e.no = f.edge JOIN entities AS n ON n.no = f.entity
       GROUP BY f.edge, f.path, f.entity, f.state`,
    )
    .iterate()) {
    const field = fieldOf(row);
    add(row['state'] === 'confirmed' ? field.confirmed : field.refuted, String(row['entity']), Number(row['count']));
  }
  return fields as ReadonlyMap<string, ReadonlyMap<string, LearnedField>>;
}

function add(to: Record<string, number>, entity: string, count: number): void {
  to[entity] = (to[entity] ?? 0) + count;
}
