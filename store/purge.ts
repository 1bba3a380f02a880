/**
 * Clears what leads to a person out of records: excerpts, the personal fields of events, and where edges hold the same.
 * The records stay in their chain, which holds digests of what was cleared, and a checkpoint says of each step which they
 * were. Works beside a running proxy, in small steps; what it is killed in the middle of can be run again.
 */
import { existsSync } from 'node:fs';
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { EdgeDirection } from '../flow/edge.ts';
import type { CheckpointRange } from '../flow/event.ts';
import type { Channel } from '../flow/parties.ts';
import { type EdgeKey, edgeId } from './edges.ts';
import { allOf } from './event-filter.ts';
import type { Home } from './home.ts';
import type { Entry } from './keeper.ts';
import { Ledger } from './ledger.ts';
import { ownEvent } from './own-events.ts';
import type { Condition } from './question.ts';
import { fingerprintsIn, parseCore } from './record.ts';
import { removeEdge } from './retention.ts';
import { openDatabaseBeside } from './schema.ts';

/** Which records: every one that is given narrows, and at least one is. */
export interface PurgeSelection {
  readonly user: string | null;
  readonly app: string | null;
  /** Of a value that was found. */
  readonly fingerprint: string | null;
  /** Begun before. */
  readonly before: Date | null;
}

export interface Purged {
  readonly events: number;
  readonly edges: number;
  /** Ids of the events that say so. */
  readonly checkpoints: readonly string[];
}

const STEP = 500;

/** Clears them. `by`: who asked. Throws WeirError `home_unusable`, SQLite's errors. */
export function purge(
  home: Home,
  selection: PurgeSelection,
  by: string | null,
  onProblem: (message: string) => void,
): Purged {
  if (!existsSync(home.databaseFile)) return { events: 0, edges: 0, checkpoints: [] };
  const database = openDatabaseBeside(home.databaseFile);
  try {
    return new Purge(database, new Ledger(database, home, home.keys.chain, onProblem), selection, by).run();
  } finally {
    database.close();
  }
}

/** Names of the options alone: what they were given is what was to be cleared. */
export function askedBy({ user, app, fingerprint, before }: PurgeSelection): string {
  const named = { user, app, fingerprint, before };
  const given = Object.entries(named).filter(([, value]) => value !== null);
  return given.map(([name]) => name).join(' and ');
}

class Purge {
  readonly #database: DatabaseSync;
  readonly #ledger: Ledger;
  readonly #selection: PurgeSelection;
  readonly #by: string | null;
  readonly #next: StatementSync;
  readonly #where: Condition;
  readonly #clear: StatementSync;
  readonly #deleteFingerprint: StatementSync;
  readonly #nameOf: StatementSync;

  constructor(database: DatabaseSync, ledger: Ledger, selection: PurgeSelection, by: string | null) {
    this.#database = database;
    this.#ledger = ledger;
    this.#selection = selection;
    this.#by = by;
    this.#where = allOf(conditionsOf(selection));
    this.#next = database.prepare(`
      SELECT position, writer, seq, core, personal, hash FROM events
      WHERE position > ? AND position <= ? AND (personal IS NOT NULL OR excerpt IS NOT NULL) AND kind <> 'checkpoint'
        AND ${this.#where.sql} ORDER BY position LIMIT ${STEP}`);
    this.#clear = database.prepare('UPDATE events SET personal = NULL, excerpt = NULL WHERE position = ?');
    this.#deleteFingerprint = database.prepare('DELETE FROM event_fingerprints WHERE fingerprint = ? AND event = ?');
    this.#nameOf = database.prepare('SELECT writer FROM writers WHERE no = ?');
  }

  run(): Purged {
    const checkpoints: string[] = [];
    let events = 0;
    // What is recorded from now on is not asked for, the checkpoints of this purge among it.
    const last = Number(this.#database.prepare('SELECT max(position) AS last FROM events').get()?.['last'] ?? 0);
    for (let position = 0; ; ) {
      const rows: Record<string, SQLOutputValue>[] = [];
      this.#ledger.amend(() => {
        rows.push(...this.#next.all(position, last, ...this.#where.parameters));
        return rows.length === 0 ? [] : [this.#clearEvents(rows, checkpoints)];
      });
      if (rows.length === 0) break;
      events += rows.length;
      position = Number(rows.at(-1)?.['position']);
    }
    return { events, edges: this.#clearEdges(), checkpoints };
  }

  #clearEvents(rows: readonly Record<string, SQLOutputValue>[], checkpoints: string[]): Entry {
    const ranges = new Map<number, CheckpointRange>();
    for (const row of rows) {
      const position = Number(row['position']);
      for (const one of fingerprintsIn(row['personal'])) this.#deleteFingerprint.run(one, position);
      this.#clear.run(position);
      const [no, seq, hash] = [Number(row['writer']), Number(row['seq']), String(row['hash'])];
      const known = ranges.get(no);
      if (known === undefined) {
        const writer = String(this.#nameOf.get(no)?.['writer'] ?? '');
        ranges.set(no, { writer, from: seq, to: seq, count: 1, prevHash: prevHashOf(row), hash });
      } else ranges.set(no, { ...known, to: seq, count: known.count + 1, hash });
    }
    const reason = `${rows.length} records cleared: log purge by ${askedBy(this.#selection)}`;
    const event = ownEvent('checkpoint', this.#by, { reason });
    checkpoints.push(event.id);
    const checkpoint = { what: 'cleared' as const, count: rows.length, ranges: [...ranges.values()] };
    return { event: { ...event, checkpoint }, edges: [], excerpt: null, review: null };
  }

  /** An edge whose source is cleared is one with those that are left of the same app, host and port. */
  #clearEdges(): number {
    const { user, app, fingerprint, before } = this.#selection;
    return this.#ledger.transact(() => {
      if (fingerprint !== null) {
        // By a value alone no source is asked for; with more, its events say which edges those were.
        if (user !== null || app !== null || before !== null) return 0;
        this.#database.prepare('DELETE FROM field_verdicts WHERE fingerprint = ?').run(fingerprint);
        return Number(
          this.#database.prepare('DELETE FROM edge_fingerprints WHERE fingerprint = ?').run(fingerprint).changes,
        );
      }
      const conditions = allOf([
        ...(user === null ? [] : [{ sql: `source ->> '$.user' = ?`, parameters: [user] }]),
        ...(app === null ? [] : [{ sql: 'app = ?', parameters: [app] }]),
        ...(before === null ? [] : [{ sql: 'last_seen < ?', parameters: [before.toISOString()] }]),
      ]);
      const rows = this.#database.prepare(`SELECT * FROM edges WHERE ${conditions.sql}`).all(...conditions.parameters);
      let cleared = 0;
      for (const row of rows) if (this.#clearEdge(row)) cleared++;
      if (before !== null && user === null && app === null) {
        this.#database.prepare('DELETE FROM edge_fingerprints WHERE last_ms < ?').run(before.getTime());
      }
      this.#ledger.forget();
      return cleared;
    });
  }

  #clearEdge(row: Record<string, SQLOutputValue>): boolean {
    const no = Number(row['no']);
    for (const table of ['edge_fingerprints', 'field_verdicts']) {
      this.#database.prepare(`DELETE FROM ${table} WHERE edge = ?`).run(no);
    }
    const cleared = clearedEdge(row);
    if (cleared === null) return false;
    const { id, source } = cleared;
    const other = this.#database.prepare('SELECT no FROM edges WHERE id = ?').get(id)?.['no'];
    if (other === undefined) {
      this.#database.prepare('UPDATE edges SET id = ?, source = ? WHERE no = ?').run(id, source, no);
    } else mergeEdge(this.#database, no, Number(other));
    return true;
  }
}

function conditionsOf({ user, app, fingerprint, before }: PurgeSelection): readonly Condition[] {
  return [
    user === null ? null : { sql: `personal ->> '$.source.user' = ?`, parameters: [user] },
    app === null ? null : { sql: 'app = ?', parameters: [app] },
    before === null ? null : { sql: 'time_ms < ?', parameters: [before.getTime()] },
    fingerprint === null
      ? null
      : {
          sql: '(position IN (SELECT event FROM event_fingerprints WHERE fingerprint = ?) OR (sort IS NULL AND instr(personal, ?)))',
          parameters: [fingerprint, fingerprint],
        },
  ].filter((condition) => condition !== null);
}

function prevHashOf(row: Record<string, SQLOutputValue>): string {
  try {
    return parseCore(String(row['core'])).prevHash;
  } catch {
    return '';
  }
}

/** Id and source of an edge without what leads to a person, from its row; null where there was nothing of it. */
export function clearedEdge(
  row: Readonly<Record<string, unknown>>,
): { readonly id: string; readonly source: string } | null {
  const source = bareOf(String(row['source']));
  const text = JSON.stringify(source);
  if (text === row['source']) return null;
  const id = edgeId({
    source,
    destination: JSON.parse(String(row['destination'])),
    protocol: String(row['protocol']),
    direction: row['direction'] as EdgeDirection,
    channel: row['channel'] as Channel,
  });
  return { id, source: text };
}

function bareOf(source: string): EdgeKey['source'] {
  const bare = { ...JSON.parse(source), host: null, process: null, exe: null, user: null };
  delete bare.workload;
  return bare;
}

/** Adds all that is known of one edge to another, and removes it. */
function mergeEdge(database: DatabaseSync, from: number, to: number): void {
  const run = (sql: string, ...parameters: readonly number[]): void => {
    database.prepare(sql).run(...parameters);
  };
  run(
    `UPDATE edges SET calls = edges.calls + o.calls, bytes_out = edges.bytes_out + o.bytes_out,
       bytes_in = edges.bytes_in + o.bytes_in, alert = edges.alert + o.alert, tokenize = edges.tokenize + o.tokenize,
       redact = edges.redact + o.redact, block = edges.block + o.block,
       first_seen = min(edges.first_seen, o.first_seen), last_seen = max(edges.last_seen, o.last_seen)
     FROM (SELECT * FROM edges WHERE no = ?) AS o WHERE edges.no = ?`,
    from,
    to,
  );
  run(
    `INSERT INTO edge_entities SELECT ?2, entity, count, max_score, first_ms, last_ms, 0 FROM edge_entities WHERE edge = ?1
     ON CONFLICT (edge, entity) DO UPDATE SET count = count + excluded.count,
       max_score = max(coalesce(max_score, excluded.max_score), coalesce(excluded.max_score, max_score)),
       first_ms = min(coalesce(first_ms, excluded.first_ms), excluded.first_ms),
       last_ms = max(coalesce(last_ms, excluded.last_ms), excluded.last_ms)`,
    from,
    to,
  );
  run(
    `INSERT INTO edge_paths (edge, entity, path, count, last_ms)
     SELECT ?2, entity, path, count, last_ms FROM edge_paths WHERE edge = ?1
     ON CONFLICT (edge, entity, path) DO UPDATE SET count = count + excluded.count, last_ms = max(last_ms, excluded.last_ms)`,
    from,
    to,
  );
  run(
    `INSERT INTO edge_models SELECT ?2, model, calls, last_ms FROM edge_models WHERE edge = ?1
     ON CONFLICT (edge, model) DO UPDATE SET calls = calls + excluded.calls, last_ms = max(last_ms, excluded.last_ms)`,
    from,
    to,
  );
  run(
    `INSERT INTO edge_counts SELECT span, bucket, ?2, calls, bytes_out, bytes_in, alert, tokenize, redact, block
     FROM edge_counts WHERE edge = ?1
     ON CONFLICT (span, bucket, edge) DO UPDATE SET calls = calls + excluded.calls,
       bytes_out = bytes_out + excluded.bytes_out, bytes_in = bytes_in + excluded.bytes_in, alert = alert + excluded.alert,
       tokenize = tokenize + excluded.tokenize, redact = redact + excluded.redact, block = block + excluded.block`,
    from,
    to,
  );
  run(
    `INSERT INTO entity_counts SELECT span, bucket, ?2, entity, count FROM entity_counts WHERE edge = ?1
     ON CONFLICT (span, bucket, edge, entity) DO UPDATE SET count = count + excluded.count`,
    from,
    to,
  );
  run('DELETE FROM edge_counts WHERE edge = ?', from);
  run('DELETE FROM entity_counts WHERE edge = ?', from);
  // Told apart by their key: no event to come is given what says another edge than it went over.
  for (const column of ['edge_out', 'edge_in']) {
    run(`UPDATE ends SET ${column} = ?2, key = 'merged ' || no || ' ' || key WHERE ${column} = ?1`, from, to);
  }
  removeEdge(database, from);
}
