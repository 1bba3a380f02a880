/**
 * Edges from logs at rest: each line counts once, however often and in whatever file it is read. Of a line a keyed digest
 * is kept, written with its edges in one transaction, so that an import that is cut off can simply be run again.
 */
import { createHmac } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { EdgeObservation } from '../flow/edge.ts';
import { EdgeWriter } from './edge-writer.ts';
import type { Home } from './home.ts';
import { openDatabaseBeside } from './schema.ts';

/** A line and what it tells. `occurrence` counts lines of the same text within one file, from 0. */
export interface ImportedLine {
  readonly text: string;
  readonly occurrence: number;
  readonly observations: readonly EdgeObservation[];
}

/** How many lines were new, and how many had been taken before. */
export interface ImportCount {
  readonly added: number;
  readonly known: number;
}

/** Takes lines in, into a home or into a store that many share. */
export interface LineImporter {
  /** One transaction: all of these lines, or none. */
  add(lines: readonly ImportedLine[]): Promise<ImportCount>;
  close(): Promise<void>;
}

export class EdgeImporter implements LineImporter {
  readonly #database: DatabaseSync;
  readonly #home: Home;
  readonly #format: string;
  readonly #edges: EdgeWriter;
  readonly #remember: StatementSync;

  /** Opens the database of a home beside a running proxy. Throws WeirError `store_newer`, SQLite's errors. */
  constructor(home: Home, format: string) {
    this.#home = home;
    this.#format = format;
    this.#database = openDatabaseBeside(home.databaseFile);
    this.#edges = new EdgeWriter(this.#database);
    this.#remember = this.#database.prepare('INSERT OR IGNORE INTO imported_lines (digest, day) VALUES (?, ?)');
  }

  /** One transaction: all of these lines, or none. Throws SQLite's errors. */
  async add(lines: readonly ImportedLine[]): Promise<ImportCount> {
    const digests = lines.map((line, at) => ({ at, digest: lineDigest(this.#home, this.#format, line) }));
    // In the order of their table, so that those that stand together are written together.
    digests.sort((a, b) => a.digest.compare(b.digest));
    const isNew = new Array<boolean>(lines.length).fill(false);
    let added = 0;
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      for (const { at, digest } of digests) {
        const line = lines[at];
        isNew[at] = line !== undefined && this.#remember.run(digest, dayOf(line)).changes === 1;
      }
      for (const [at, line] of lines.entries()) {
        if (!isNew[at]) continue;
        added++;
        for (const observation of line.observations) this.#edges.add(observation, null);
      }
      this.#edges.write();
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
    return { added, known: lines.length - added };
  }

  async close(): Promise<void> {
    this.#database.close();
  }
}

/** Keyed, since a line may hold what nobody may read from its digest by trying. 16 bytes. */
export function lineDigest(home: Pick<Home, 'keys'>, format: string, { text, occurrence }: ImportedLine): Buffer {
  const mac = createHmac('sha256', home.keys.fingerprint);
  return mac.update(`import\0${format}\0${occurrence}\0${text}`).digest().subarray(0, 16);
}

/** Days since 1970 of what the line tells, by which it is forgotten with its edges. */
export function dayOf({ observations: [first] }: ImportedLine): number {
  return first === undefined ? 0 : Math.floor(Date.parse(first.time) / 86_400_000);
}
