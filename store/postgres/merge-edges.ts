/**
 * Edges of a shared store whose source is cleared: one becomes one with those that are left of the same app, host and port, with
 * all that is known of both. For who owns the tables, under the write lock.
 */
import { clearedEdge } from '../purge.ts';
import type { Asker } from './connect.ts';

type Row = Readonly<Record<string, unknown>>;

/** Takes user, host, process and program out of an edge; false where there was nothing of it. Its values go as well. */
export async function clearEdge(tx: Asker, row: Row): Promise<boolean> {
  const no = Number(row['no']);
  await tx.unsafe('DELETE FROM edge_fingerprints WHERE edge = $1', [no]);
  const cleared = clearedEdge(row);
  if (cleared === null) return false;
  const { id, source } = cleared;
  const [other] = await tx.unsafe('SELECT no FROM edges WHERE id = $1', [id]);
  if (other === undefined) {
    await tx.unsafe(
      `UPDATE edges SET id = $2, source = $3, source_user = NULL, source_process = NULL, source_host = NULL WHERE no = $1`,
      [no, id, source],
    );
  } else await mergeEdge(tx, no, Number(other['no']));
  return true;
}

export interface EdgeDetailTable {
  readonly table: string;
  readonly keys: readonly string[];
  readonly sums: readonly string[];
  readonly first?: readonly string[];
  readonly last?: readonly string[];
}

export const COUNTS = ['calls', 'bytes_out', 'bytes_in', 'alert', 'tokenize', 'redact', 'block'] as const;

/** `keys` beside the edge; `sums` are added up, of `seen` the last is kept, of `first` the earliest. */
export const EDGE_DETAILS: readonly EdgeDetailTable[] = [
  { table: 'edge_witnesses', keys: ['writer'], sums: ['calls'], first: ['first_ms'], last: ['last_ms'] },
  { table: 'edge_entities', keys: ['entity'], sums: ['count'], first: ['first_ms'], last: ['max_score', 'last_ms'] },
  { table: 'edge_paths', keys: ['entity', 'path'], sums: ['count'], last: ['last_ms'] },
  { table: 'edge_models', keys: ['model'], sums: ['calls'], last: ['last_ms'] },
  { table: 'edge_counts', keys: ['span', 'bucket'], sums: COUNTS },
  { table: 'entity_counts', keys: ['span', 'bucket', 'entity'], sums: ['count'] },
];

/** Beside the edge. */
export function columnsOf({ keys, sums, first = [], last = [] }: EdgeDetailTable): readonly string[] {
  return [...keys, ...sums, ...first, ...last];
}

/** Ends an INSERT of such rows into `t`: what is there already is added to. */
export function onConflict({ keys, sums, first = [], last = [] }: EdgeDetailTable): string {
  const merged = [
    ...sums.map((column) => `${column} = t.${column} + excluded.${column}`),
    ...first.map((column) => `${column} = least(t.${column}, excluded.${column})`),
    ...last.map((column) => `${column} = greatest(t.${column}, excluded.${column})`),
  ];
  return `ON CONFLICT (${['edge', ...keys].join(', ')}) DO UPDATE SET ${merged.join(', ')}`;
}

/** Adds all that is known of one edge to another, and removes it. */
async function mergeEdge(tx: Asker, from: number, to: number): Promise<void> {
  await tx.unsafe(
    `UPDATE edges AS t SET ${COUNTS.map((column) => `${column} = t.${column} + o.${column}`).join(', ')},
       first_seen = least(t.first_seen, o.first_seen), last_seen = greatest(t.last_seen, o.last_seen)
     FROM edges AS o WHERE o.no = $1 AND t.no = $2`,
    [from, to],
  );
  for (const { table, keys, sums, first = [], last = [] } of EDGE_DETAILS) {
    const columns = columnsOf({ table, keys, sums, first, last });
    // An entity's values are not kept beyond a clearing.
    const [none, nothing] = table === 'edge_entities' ? [', fingerprints', ', 0'] : ['', ''];
    await tx.unsafe(
      `INSERT INTO ${table} AS t (edge, ${columns.join(', ')}${none})
       SELECT $2::int, ${columns.join(', ')}${nothing} FROM ${table} WHERE edge = $1
       ${onConflict({ table, keys, sums, first, last })}`,
      [from, to],
    );
    await tx.unsafe(`DELETE FROM ${table} WHERE edge = $1`, [from]);
  }
  await tx.unsafe('UPDATE edges SET witnesses = (SELECT count(*) FROM edge_witnesses WHERE edge = $1) WHERE no = $1', [
    to,
  ]);
  // Told apart by their key: no event to come is given what says another edge than it went over.
  for (const column of ['edge_out', 'edge_in']) {
    await tx.unsafe(`UPDATE ends SET ${column} = $2, key = 'merged ' || no || ' ' || key WHERE ${column} = $1`, [
      from,
      to,
    ]);
  }
  await tx.unsafe('DELETE FROM edges WHERE no = $1', [from]);
}
