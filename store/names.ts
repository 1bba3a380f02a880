/** Numbers for the names of entities: they stand in millions of rows of roll-ups. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type Question, rowsOf } from './question.ts';

/** All that were ever seen. */
export function* entityNames(): Question<readonly string[]> {
  const rows = yield* rowsOf('SELECT entity FROM entities ORDER BY entity');
  return rows.map(([entity]) => String(entity));
}

export class Names {
  readonly #known = new Map<string, number>();
  readonly #find: StatementSync;
  readonly #make: StatementSync;

  constructor(database: DatabaseSync) {
    this.#find = database.prepare('SELECT no FROM entities WHERE entity = ?');
    this.#make = database.prepare('INSERT INTO entities (entity) VALUES (?)');
  }

  /** Makes one where there is none. */
  numberOf(entity: string): number {
    const known = this.#known.get(entity);
    if (known !== undefined) return known;
    const name = entity.toWellFormed();
    const no = Number(this.#find.get(name)?.['no'] ?? this.#make.run(name).lastInsertRowid);
    this.#known.set(entity, no);
    return no;
  }

  /** After a transaction that failed: what it made is not there. */
  forget(): void {
    this.#known.clear();
  }
}
