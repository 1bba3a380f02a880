/**
 * The edges of a home into a shared store: sums, details and roll-ups, added to what is there, in one transaction with the mark
 * that says that it was done, so that it is done once.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { TransactionSql } from 'postgres';
import type { EdgeNumbers } from '../sorts.ts';
import { columnsText, storable, unnest } from './literals.ts';
import { COUNTS, columnsOf, EDGE_DETAILS, type EdgeDetailTable, onConflict } from './merge-edges.ts';
import { EntityNumbers } from './numbers.ts';

/** Begins ids in `observed` that stand for homes whose edges are in the store. */
export const COPIED = 'copied';

const PIECE = 5000;

type Cell = string | number | null;

const FINGERPRINTS: EdgeDetailTable = {
  ...{ table: 'edge_fingerprints', keys: ['entity', 'fingerprint'], sums: ['count'] },
  ...{ first: ['first_ms'], last: ['last_ms'] },
};

/** `writerNo`: the store's number of the writer that has seen them. */
export async function copyEdges(tx: TransactionSql, database: DatabaseSync, writerNo: number): Promise<void> {
  const entities = await entityNumbers(tx, database);
  await copyRows(tx, database);
  const numbers = await edgeNumbers(tx, database);
  const edgeOf = (no: number): number | null => (no < 0 ? no : (numbers.get(no) ?? null));
  const details = EDGE_DETAILS.filter(({ table }) => table !== 'edge_witnesses').map((table) =>
    table.table === 'edge_entities' ? { ...table, sums: [...table.sums, 'fingerprints'] } : table,
  );
  for (const table of [...details, FINGERPRINTS]) {
    await copyTable(tx, database, table, (row) => {
      const edge = edgeOf(Number(row['edge']));
      if (edge === null) return null;
      return [edge, ...columnsOf(table).map((column) => cellOf(row, column, entities))];
    });
  }
  const witnesses: EdgeDetailTable = {
    ...{ table: 'edge_witnesses', keys: ['writer'], sums: ['calls'], first: ['first_ms'], last: ['last_ms'] },
  };
  const seen = database.prepare('SELECT no, calls, first_seen, last_seen FROM edges').all();
  const rows = seen.flatMap((row): readonly (readonly Cell[])[] => {
    const edge = edgeOf(Number(row['no']));
    const [first, last] = [row['first_seen'], row['last_seen']].map((time) => Date.parse(String(time)));
    return edge === null ? [] : [[edge, writerNo, Number(row['calls']), first ?? 0, last ?? 0]];
  });
  await insert(tx, witnesses, rows);
  await tx.unsafe(
    `UPDATE edges SET witnesses = w.n FROM (SELECT edge, count(*) AS n FROM edge_witnesses GROUP BY edge) AS w
     WHERE w.edge = edges.no AND edges.witnesses <> w.n`,
  );
}

/** The numbers of a home's edges in the store. */
export async function edgeNumbers(
  tx: Pick<TransactionSql, 'unsafe'>,
  database: DatabaseSync,
): Promise<ReadonlyMap<number, number>> {
  const there = new Map<string, number>();
  for (const row of await tx.unsafe('SELECT no, id FROM edges')) there.set(String(row['id']), Number(row['no']));
  const numbers = new Map<number, number>();
  for (const row of database.prepare('SELECT no, id FROM edges').all()) {
    const no = there.get(String(row['id']));
    if (no !== undefined) numbers.set(Number(row['no']), no);
  }
  return numbers;
}

/** Between which edges the events of a home went, by the numbers of their ends there. */
export function edgesOfEnds(
  database: DatabaseSync,
  numbers: ReadonlyMap<number, number>,
): ReadonlyMap<number, EdgeNumbers> {
  const numberOf = (value: unknown): number | null => numbers.get(Number(value)) ?? null;
  const rows = database.prepare('SELECT no, edge_out, edge_in FROM ends').all();
  return new Map(
    rows.map((row) => [Number(row['no']), { out: numberOf(row['edge_out']), in: numberOf(row['edge_in']) }]),
  );
}

async function entityNumbers(tx: TransactionSql, database: DatabaseSync): Promise<(no: number) => number> {
  const names = new Map<number, string>();
  for (const row of database.prepare('SELECT no, entity FROM entities').all()) {
    names.set(Number(row['no']), String(row['entity']));
  }
  const numbers = new EntityNumbers();
  await numbers.load(tx, names.values());
  return (no) => numbers.of(names.get(no) ?? '');
}

function cellOf(row: Readonly<Record<string, unknown>>, column: string, entities: (no: number) => number): Cell {
  const value = row[column];
  if (value === null || value === undefined) return null;
  if (column === 'entity') return entities(Number(value));
  return typeof value === 'string' ? storable(value) : Number(value);
}

const TEXTS = ['path', 'model', 'fingerprint'];
const INTS = ['edge', 'entity', 'span', 'writer'];

function typeOf(column: string): string {
  if (TEXTS.includes(column)) return 'text';
  if (INTS.includes(column)) return 'int';
  return column === 'max_score' ? 'double precision' : 'bigint';
}

async function copyTable(
  tx: TransactionSql,
  database: DatabaseSync,
  table: EdgeDetailTable,
  rowOf: (row: Readonly<Record<string, unknown>>) => readonly Cell[] | null,
): Promise<void> {
  let rows: (readonly Cell[])[] = [];
  for (const row of database.prepare(`SELECT * FROM ${table.table}`).iterate()) {
    const made = rowOf(row);
    if (made === null) continue;
    rows.push(made);
    if (rows.length < PIECE) continue;
    await insert(tx, table, rows);
    rows = [];
  }
  await insert(tx, table, rows);
}

async function insert(tx: TransactionSql, table: EdgeDetailTable, rows: readonly (readonly Cell[])[]): Promise<void> {
  if (rows.length === 0) return;
  const columns = ['edge', ...columnsOf(table)];
  await tx.unsafe(
    `INSERT INTO ${table.table} AS t (${columns.join(', ')}) SELECT * FROM ${unnest(columns.map(typeOf))} ${onConflict(table)}`,
    columnsText(rows, columns.length),
  );
}

const PLACE = ['id', 'source', 'source_user', 'source_process', 'source_container', 'source_host', 'app'];
const REST = [
  ...[
    'destination',
    'host',
    'vendor',
    'category',
    'via',
    'protocol',
    'direction',
    'channel',
    'first_seen',
    'last_seen',
  ],
  ...['coverage', 'coverage_reason'],
];

/** The edges themselves. Of one that both know, the coverage that the store has stays. */
async function copyRows(tx: TransactionSql, database: DatabaseSync): Promise<void> {
  const columns = [...PLACE, ...REST, 'port', ...COUNTS];
  const types = columns.map((column) =>
    column === 'port' ? 'int' : COUNTS.some((one) => one === column) ? 'bigint' : 'text',
  );
  const all = database.prepare('SELECT * FROM edges ORDER BY no').all();
  for (let at = 0; at < all.length; at += PIECE) {
    const rows = all.slice(at, at + PIECE).map((row) => {
      const { user, process, container, host } = JSON.parse(String(row['source']));
      const from: Record<string, unknown> = {
        ...row,
        ...{ source_user: user, source_process: process, source_container: container, source_host: host },
      };
      return columns.map((column): Cell => cellOf(from, column, Number));
    });
    await tx.unsafe(
      `INSERT INTO edges AS t (${columns.join(', ')}) SELECT * FROM ${unnest(types)}
       ON CONFLICT (id) DO UPDATE SET ${COUNTS.map((column) => `${column} = t.${column} + excluded.${column}`).join(', ')},
         first_seen = least(t.first_seen, excluded.first_seen), last_seen = greatest(t.last_seen, excluded.last_seen)`,
      columnsText(rows, columns.length),
    );
  }
}
