/**
 * Questions to a store, whichever it is: each asks in SQL, one statement after the other, and is handed the rows. What runs
 * one decides how: SQLite at once, PostgreSQL over a connection. So both answer by the same code.
 */
import type { DatabaseSync } from 'node:sqlite';

export type Value = string | number | bigint | Uint8Array | null;
/** A row as a list: objects would take most of the time of a large answer. */
export type Row = readonly Value[];

export interface Statement {
  /** Parameters are `?`. */
  readonly sql: string;
  readonly parameters: readonly (string | number)[];
}

/** A piece of SQL that holds or not, with its parameters. */
export type Condition = Statement;

export type Question<T> = Generator<Statement, T, readonly Row[]>;

/** What the two databases spell differently. */
export interface Dialect {
  /** Columns of `edges` that say who the source is. */
  readonly source: Readonly<Record<'user' | 'process' | 'container' | 'host', string>>;
  /** What the call of an event authenticated with. */
  readonly credential: string;
  /** LIKE that does not tell the case of ASCII letters. */
  readonly like: string;
  /** Begins a condition on an event that holds if a fingerprint of a list is among its own; ends with `)`. */
  readonly withFingerprint: string;
  /** Whether events lie in one table a day, so that a question names the days it is about. */
  readonly isByDay: boolean;
  /** What to read events `e` from when their ids are known, and the id there. */
  readonly byId: { readonly from: string; readonly id: string };
  /** Whether there may be events that an older version has written, without ends and sort. */
  readonly hasUnfilled: boolean;
  /** How many nodes have seen an edge `e`. */
  readonly witnesses: string;
  /** Of a writer `w`: the highest place of its chain, how many places have not come, and the time of its newest record. */
  readonly chain: Readonly<Record<'seq' | 'missing' | 'newest', string>>;
  /** Whether the text of a column, the first, is in that of a parameter. */
  holds(column: string): string;
  /** Whether a number is one of a list, which may be long. */
  among(column: string, numbers: readonly number[]): Condition;
  /** What follows `FROM events` so that it is read through an index; null: through none. */
  through(index: string | null): string;
}

export const SQLITE: Dialect = {
  source: {
    user: `source ->> '$.user'`,
    process: `source ->> '$.process'`,
    container: `source ->> '$.container'`,
    host: `source ->> '$.host'`,
  },
  credential: `personal ->> '$.source.credential'`,
  like: 'LIKE',
  withFingerprint: 'position IN (SELECT event FROM event_fingerprints WHERE fingerprint',
  isByDay: false,
  byId: { from: 'events AS e', id: 'e.id' },
  hasUnfilled: true,
  witnesses: '1',
  chain: {
    seq: 'w.seq',
    missing: '0',
    newest: '(SELECT e.time_ms FROM events AS e WHERE e.writer = w.no ORDER BY e.seq DESC LIMIT 1)',
  },
  holds: (column) => `instr(${column}, ?)`,
  among: (column, numbers) => ({
    sql: `${column} IN (SELECT value FROM json_each(?))`,
    parameters: [JSON.stringify(numbers)],
  }),
  through: (index) => (index === null ? 'NOT INDEXED' : `INDEXED BY ${index}`),
};

/** Asks one statement. */
export function* rowsOf(sql: string, parameters: readonly (string | number)[] = []): Question<readonly Row[]> {
  return yield { sql, parameters };
}

/** The one number that a statement gives; 0 for none. */
export function* sumOf(sql: string, parameters: readonly (string | number)[]): Question<number> {
  const [row] = yield* rowsOf(sql, parameters);
  return Number(row?.[0] ?? 0);
}

/** The answer of a database that is at hand. */
export function answer<T>(database: DatabaseSync, question: Question<T>): T {
  for (let step = question.next(); ; ) {
    if (step.done === true) return step.value;
    const statement = database.prepare(step.value.sql);
    statement.setReturnArrays(true);
    step = question.next(statement.all(...step.value.parameters) as unknown as readonly Row[]);
  }
}
