/**
 * Numbers for what stands in many rows: kinds of data, ends and sorts of events. Looked up for a batch at a time, made where
 * they are new, under the write lock. What it knows holds until a transaction fails: `forget`.
 */
import { hash } from 'node:crypto';
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
  /** By the text of all their columns, so that only what is new here is digested. */
  readonly #known = new Map<string, number>();

  constructor(table: 'ends' | 'sorts') {
    this.#table = table;
    this.#columns = table === 'ends' ? ENDS_PARTS : SORT_PARTS;
  }

  /** Their numbers, in the order given. */
  async numbersOf(asker: Asker, all: readonly (readonly Part[])[]): Promise<readonly number[]> {
    // Before it is asked what is known: what this batch needs stays until it has it.
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    const texts = all.map((parts) => JSON.stringify(parts));
    const fresh = new Map<string, readonly Part[]>();
    for (const [i, text] of texts.entries()) if (!this.#known.has(text)) fresh.set(text, all[i] ?? []);
    if (fresh.size > 0) await this.#load(asker, fresh);
    return texts.map((text) => known(this.#known.get(text)));
  }

  async #load(asker: Asker, fresh: ReadonlyMap<string, readonly Part[]>): Promise<void> {
    const keys = new Map([...fresh.keys()].map((text) => [text, keyOf(text)]));
    const found = await asker.unsafe(
      `SELECT no, key FROM ${this.#table} WHERE key = ANY($1::text[])`,
      [arrayText(keys.values())],
      { prepare: true },
    );
    const numbers = new Map(found.map((row) => [String(row['key']), Number(row['no'])]));
    const made = [...fresh].filter(([text]) => !numbers.has(keys.get(text) ?? ''));
    const types = ['text', ...this.#columns.map((column) => (column.startsWith('edge_') ? 'int' : 'text'))];
    const columns = this.#columns.join(', ');
    const rows =
      made.length === 0
        ? []
        : await asker.unsafe(
            `INSERT INTO ${this.#table} (key, ${columns}) SELECT * FROM ${unnest(types)} RETURNING no, key`,
            columnsText(
              made.map(([text, parts]) => [keys.get(text) ?? '', ...parts]),
              types.length,
            ),
            { prepare: true },
          );
    for (const row of rows) numbers.set(String(row['key']), Number(row['no']));
    for (const [text, key] of keys) this.#known.set(text, known(numbers.get(key)));
  }

  forget(): void {
    this.#known.clear();
  }
}

/** The columns may be longer than an index holds. */
function keyOf(text: string): string {
  return hash('sha256', text, 'base64url');
}

function known(no: number | undefined): number {
  if (no === undefined) throw new Error('a number that was not loaded');
  return no;
}
