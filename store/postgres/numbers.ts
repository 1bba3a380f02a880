/**
 * Numbers for what stands in many rows: kinds of data, ends and sorts of events. Looked up for a batch at a time, made where
 * they are new, under the write lock. What it knows holds until a transaction fails: `forget`.
 */
import { createHash } from 'node:crypto';
import { ENDS_PARTS, type Part, SORT_PARTS } from '../sorts.ts';
import type { Asker } from './connect.ts';
import { arrayText, columnsText, storable, unnest } from './literals.ts';

const MAX_KNOWN = 50_000;

/** Kinds of data. */
export class EntityNumbers {
  readonly #known = new Map<string, number>();

  /** Those of these names, made in the order of their first appearance. */
  async load(asker: Asker, names: Iterable<string>): Promise<void> {
    const fresh = [...new Set([...names].map(storable))].filter((name) => !this.#known.has(name));
    if (fresh.length === 0) return;
    const asked = [arrayText(fresh)];
    await asker.unsafe(
      `INSERT INTO entities (entity) SELECT n FROM unnest($1::text[]) WITH ORDINALITY AS u (n, i)
       WHERE n NOT IN (SELECT entity FROM entities) ORDER BY i`,
      asked,
      { prepare: true },
    );
    const rows = await asker.unsafe('SELECT no, entity FROM entities WHERE entity = ANY($1::text[])', asked, {
      prepare: true,
    });
    for (const row of rows) this.#known.set(String(row['entity']), Number(row['no']));
  }

  of(name: string): number {
    return known(this.#known.get(storable(name)));
  }

  forget(): void {
    this.#known.clear();
  }
}

/** Rows of `ends` or `sorts`, told apart by all their columns. */
export class PartNumbers {
  readonly #table: 'ends' | 'sorts';
  readonly #columns: readonly string[];
  readonly #known = new Map<string, number>();

  constructor(table: 'ends' | 'sorts') {
    this.#table = table;
    this.#columns = table === 'ends' ? ENDS_PARTS : SORT_PARTS;
  }

  /** Their numbers, in the order given. */
  async numbersOf(asker: Asker, all: readonly (readonly Part[])[]): Promise<readonly number[]> {
    const keys = all.map(keyOf);
    const fresh = new Map<string, readonly Part[]>();
    for (const [i, key] of keys.entries()) if (!this.#known.has(key)) fresh.set(key, all[i] ?? []);
    if (fresh.size > 0) await this.#load(asker, fresh);
    return keys.map((key) => known(this.#known.get(key)));
  }

  async #load(asker: Asker, fresh: ReadonlyMap<string, readonly Part[]>): Promise<void> {
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    const found = await asker.unsafe(
      `SELECT no, key FROM ${this.#table} WHERE key = ANY($1::text[])`,
      [arrayText(fresh.keys())],
      { prepare: true },
    );
    const made = [...fresh].filter(([key]) => !found.some((row) => row['key'] === key));
    const types = ['text', ...this.#columns.map((column) => (column.startsWith('edge_') ? 'int' : 'text'))];
    const columns = this.#columns.join(', ');
    const rows =
      made.length === 0
        ? []
        : await asker.unsafe(
            `INSERT INTO ${this.#table} (key, ${columns}) SELECT * FROM ${unnest(types)} RETURNING no, key`,
            columnsText(
              made.map(([key, parts]) => [key, ...parts]),
              types.length,
            ),
            { prepare: true },
          );
    for (const row of [...found, ...rows]) this.#known.set(String(row['key']), Number(row['no']));
  }

  forget(): void {
    this.#known.clear();
  }
}

/** The columns may be longer than an index holds. */
function keyOf(parts: readonly Part[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}

function known(no: number | undefined): number {
  if (no === undefined) throw new Error('a number that was not loaded');
  return no;
}
