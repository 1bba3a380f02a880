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
  const portions: ImportedLine[][] = [];
  let portion: ImportedLine[] = [];
  let size = 0;
  for (const group of byEnds(lines)) {
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

/** By identity, which costs less than to compare: ends that are the same and not known to be are written apart. */
function* byEnds(lines: readonly ImportedLine[]): Generator<readonly ImportedLine[]> {
  const groups = new Map<unknown, Map<unknown, ImportedLine[]>>();
  for (const line of lines) {
    const first = line.observations[0];
    let ofSource = groups.get(first?.source);
    if (ofSource === undefined) {
      ofSource = new Map();
      groups.set(first?.source, ofSource);
    }
    const group = ofSource.get(first?.destination);
    if (group === undefined) ofSource.set(first?.destination, [line]);
    else group.push(line);
  }
  for (const ofSource of groups.values()) yield* ofSource.values();
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
        this.#remember.run(digestsOf(fresh), `[${days.join()}]`);
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
    const rows = this.#known.all(digestsOf(lines), lines.length);
    if (rows.length === 0) return lines;
    const known = new Set(rows.map((row) => Number(row['at'])));
    return lines.filter((_, place) => !known.has(place));
  }
}

/** Of a line's code so much is kept. */
export const DIGEST_BYTES = 16;

/** A line of which a digest is kept. */
export interface DigestedLine {
  readonly line: ImportedLine;
  /** Where it stands among those that it is taken with. */
  readonly at: number;
  /** A character a byte; more of them than are kept. */
  readonly code: string;
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
    return { line, at, code: hmacSha256(key, `import\0${format}\0${line.occurrence}\0${line.text}`, 'binary') };
  });
  all.sort((a, b) => (a.code < b.code ? -1 : a.code > b.code ? 1 : a.at - b.at));
  return all.filter(({ code }, place) => code !== all[place - 1]?.code);
}

/** The digests of all lines, one after the other. */
export function digestsOf(lines: readonly DigestedLine[]): Buffer {
  const digests = Buffer.alloc(lines.length * DIGEST_BYTES);
  for (const [place, { code }] of lines.entries()) digests.write(code, place * DIGEST_BYTES, DIGEST_BYTES, 'latin1');
  return digests;
}

/** Days since 1970 of what the line tells, by which it is forgotten with its edges. */
export function dayOf({ observations: [first] }: ImportedLine): number {
  return first === undefined ? 0 : Math.floor(Date.parse(first.time) / 86_400_000);
}
