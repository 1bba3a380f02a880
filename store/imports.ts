/**
 * Edges from logs at rest: each line counts once, however often and in whatever file it is read. Of a line a keyed digest
 * is kept, written with its edges in one transaction, so that an import that is cut off can simply be run again.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { EdgeObservation } from '../flow/edge.ts';
import { EdgeWriter } from './edge-writer.ts';
import { hmacSha256 } from './hmac.ts';
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
  /**
   * Takes these lines, some in each transaction: all that one tells and that it was taken, or neither. The more lines
   * at once, the fewer rows are written for the edges that they are of.
   */
  add(lines: readonly ImportedLine[]): Promise<ImportCount>;
  close(): Promise<void>;
}

/** Observations a transaction: well under a second, since a running proxy commits beside it. */
const PORTION = 12_500;

/** Lines of one edge stand together, so that its rows are written once, whatever their order in the log. */
export function portionsOf(lines: readonly ImportedLine[]): readonly (readonly ImportedLine[])[] {
  const groups = new Map<string, ImportedLine[]>();
  for (const line of lines) {
    const key = endsOf(line);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [line]);
    else group.push(line);
  }
  const portions: ImportedLine[][] = [];
  let portion: ImportedLine[] = [];
  let size = 0;
  for (const group of groups.values()) {
    for (const line of group) {
      portion.push(line);
      size += line.observations.length;
      if (size < PORTION) continue;
      portions.push(portion);
      portion = [];
      size = 0;
    }
  }
  if (portion.length > 0) portions.push(portion);
  return portions;
}

/** What tells most edges of logs apart; those that it does not are only written in another order. */
function endsOf({ observations: [first] }: ImportedLine): string {
  if (first === undefined) return '';
  const { source, destination } = first;
  return `${source.host} ${source.user} ${source.app} ${destination.host} ${destination.port}`;
}

export class EdgeImporter implements LineImporter {
  readonly #database: DatabaseSync;
  readonly #home: Home;
  readonly #format: string;
  readonly #edges: EdgeWriter;
  readonly #known: StatementSync;
  readonly #remember: StatementSync;

  /** Opens the database of a home beside a running proxy. Throws WeirError `store_newer`, SQLite's errors. */
  constructor(home: Home, format: string) {
    this.#home = home;
    this.#format = format;
    this.#database = openDatabaseBeside(home.databaseFile);
    this.#edges = new EdgeWriter(this.#database);
    // All digests of a transaction at once: a call each costs more than what it does.
    const digest = (place: string) => `substr(?1, 1 + ${DIGEST_BYTES} * ${place}, ${DIGEST_BYTES})`;
    this.#known = this.#database.prepare(`
      WITH RECURSIVE places (at) AS (SELECT 0 UNION ALL SELECT at + 1 FROM places WHERE at + 1 < ?2)
      SELECT at FROM places WHERE EXISTS (SELECT 1 FROM imported_lines WHERE digest = ${digest('at')})`);
    this.#remember = this.#database.prepare(`
      INSERT INTO imported_lines (digest, day) SELECT ${digest('line.key')}, line.value FROM json_each(?2) AS line`);
  }

  /** Throws SQLite's errors. */
  async add(lines: readonly ImportedLine[]): Promise<ImportCount> {
    let added = 0;
    for (const portion of portionsOf(lines)) added += this.#take(digested(this.#home, this.#format, portion));
    return { added, known: lines.length - added };
  }

  async close(): Promise<void> {
    this.#database.close();
  }

  /** One transaction. How many of the lines were new. */
  #take(lines: readonly DigestedLine[]): number {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const fresh = this.#freshOf(lines);
      if (fresh.length > 0) {
        const days = fresh.map(({ line }) => dayOf(line));
        this.#remember.run(bytesOf(fresh), `[${days.join()}]`);
      }
      // Another process may have removed edges since.
      this.#edges.forget();
      for (const { line } of fresh.toSorted((a, b) => a.at - b.at)) {
        for (const observation of line.observations) this.#edges.add(observation, null);
      }
      this.#edges.write();
      this.#database.exec('COMMIT');
      return fresh.length;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  #freshOf(lines: readonly DigestedLine[]): readonly DigestedLine[] {
    const rows = this.#known.all(bytesOf(lines), lines.length);
    if (rows.length === 0) return lines;
    const known = new Set(rows.map((row) => Number(row['at'])));
    return lines.filter((_, place) => !known.has(place));
  }
}

const DIGEST_BYTES = 16;

/** A line of which a digest is kept. */
export interface DigestedLine {
  readonly line: ImportedLine;
  /** Where it stands among those that it is taken with. */
  readonly at: number;
  /** A character a byte. */
  readonly digest: string;
}

/** Sorted by their digests, as their table is, so that what stands together is written together; none twice. */
export function digested(
  home: Pick<Home, 'keys'>,
  format: string,
  lines: readonly ImportedLine[],
): readonly DigestedLine[] {
  const key = home.keys.fingerprint;
  const all = lines.map((line, at): DigestedLine => {
    // Keyed, since a line may hold what nobody may read from its digest by trying.
    const code = hmacSha256(key, `import\0${format}\0${line.occurrence}\0${line.text}`, 'binary');
    return { line, at, digest: code.slice(0, DIGEST_BYTES) };
  });
  all.sort((a, b) => (a.digest < b.digest ? -1 : a.digest > b.digest ? 1 : a.at - b.at));
  return all.filter(({ digest }, place) => digest !== all[place - 1]?.digest);
}

/** Of all lines, one after the other. */
function bytesOf(lines: readonly DigestedLine[]): Buffer {
  return Buffer.from(lines.map(({ digest }) => digest).join(''), 'latin1');
}

/** Days since 1970 of what the line tells, by which it is forgotten with its edges. */
export function dayOf({ observations: [first] }: ImportedLine): number {
  return first === undefined ? 0 : Math.floor(Date.parse(first.time) / 86_400_000);
}
