/**
 * Lines of others' logs into a shared store: each counts once, by a keyed digest that is written with what the line tells of edges
 * in one transaction. The writer's role is enough.
 */
import type { StoreAddress } from '../../flow/store-address.ts';
import { addWriterId, type Home, writerIds } from '../home.ts';
import {
  DIGEST_BYTES,
  type DigestedLine,
  dayOf,
  digested,
  type ImportCount,
  type ImportedLine,
  type LineImporter,
  portionsOf,
} from '../imports.ts';
import { newUlid } from '../ulid.ts';
import { BatchWriter } from './batch-writer.ts';
import { StorePool } from './connect.ts';
import { columnsText, unnest } from './literals.ts';
import { checkSchema, takeWriteLock } from './schema.ts';
import { inTransaction } from './transaction.ts';

/** Opens no connection yet. `home`: whose key the digests are made with, and who has seen the edges. */
export function openLineImporter(address: StoreAddress, home: Home, format: string): LineImporter {
  return new SharedImporter(address, home, format);
}

class SharedImporter implements LineImporter {
  readonly #address: StoreAddress;
  readonly #home: Home;
  readonly #format: string;
  readonly #pool: StorePool;
  readonly #writer = new BatchWriter();
  #isReady = false;

  constructor(address: StoreAddress, home: Home, format: string) {
    this.#address = address;
    this.#home = home;
    this.#format = format;
    this.#pool = new StorePool(address, { max: 1, name: 'weir flows import' });
  }

  async add(lines: readonly ImportedLine[]): Promise<ImportCount> {
    let added = 0;
    for (const portion of portionsOf(lines)) added += await this.#take(digested(this.#home, this.#format, portion));
    return { added, known: lines.length - added };
  }

  /** One transaction. How many of the lines were new. */
  #take(lines: readonly DigestedLine[]): Promise<number> {
    return this.#pool.run(async (sql) => {
      if (!this.#isReady) await checkSchema(sql, this.#address);
      this.#isReady = true;
      const writer = this.#ownWriter();
      this.#writer.forget();
      return inTransaction(sql, '', async (tx) => {
        await takeWriteLock(tx);
        const digests = lines.map(({ code }) => hexOf(code));
        const rows = await tx.unsafe(
          `INSERT INTO imported_lines SELECT decode(digest, 'hex'), day FROM ${unnest(['text', 'int'])} AS u (digest, day)
           ON CONFLICT (digest) DO NOTHING RETURNING encode(digest, 'hex') AS digest`,
          columnsText(
            lines.map(({ line }, place) => [digests[place] ?? '', dayOf(line)]),
            2,
          ),
        );
        const fresh = new Set<string | undefined>(rows.map((row) => String(row['digest'])));
        const observations = lines
          .filter((_, place) => fresh.has(digests[place]))
          .sort((a, b) => a.at - b.at)
          .flatMap(({ line }) => line.observations);
        const observed = observations.length === 0 ? [] : [{ id: newUlid(), writer, observations }];
        await this.#writer.write(tx, { checked: [], observed, heads: [] }, new Map(), Date.now());
        return rows.length;
      });
    });
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  /** Who stands as the witness of these edges: the writer by which this home changes the store. */
  #ownWriter(): string {
    const known = writerIds(this.#home, 'shared').at(-1);
    if (known !== undefined) return known;
    const fresh = newUlid();
    addWriterId(this.#home, fresh, 'shared');
    return fresh;
  }
}

function hexOf(code: string): string {
  return Buffer.from(code.slice(0, DIGEST_BYTES), 'latin1').toString('hex');
}
