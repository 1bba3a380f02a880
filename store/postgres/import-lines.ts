/**
 * Lines of others' logs into a shared store: each counts once, by a keyed digest that is written with what the line tells of edges
 * in one transaction. The writer's role is enough.
 */
import type { EdgeObservation } from '../../flow/edge.ts';
import type { StoreAddress } from '../../flow/store-address.ts';
import { addWriterId, type Home, writerIds } from '../home.ts';
import { dayOf, type ImportCount, type ImportedLine, type LineImporter, lineDigest } from '../imports.ts';
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

  add(lines: readonly ImportedLine[]): Promise<ImportCount> {
    const byDigest = new Map<string, ImportedLine>();
    for (const line of lines) byDigest.set(lineDigest(this.#home, this.#format, line).toString('hex'), line);
    return this.#pool.run(async (sql) => {
      if (!this.#isReady) await checkSchema(sql, this.#address);
      this.#isReady = true;
      const writer = this.#ownWriter();
      this.#writer.forget();
      const added = await inTransaction(sql, '', async (tx) => {
        await takeWriteLock(tx);
        const rows = await tx.unsafe(
          `INSERT INTO imported_lines SELECT decode(digest, 'hex'), day FROM ${unnest(['text', 'int'])} AS u (digest, day)
           ON CONFLICT (digest) DO NOTHING RETURNING encode(digest, 'hex') AS digest`,
          columnsText(
            [...byDigest].map(([digest, line]) => [digest, dayOf(line)]),
            2,
          ),
        );
        const observations = rows.flatMap(
          (row): readonly EdgeObservation[] => byDigest.get(String(row['digest']))?.observations ?? [],
        );
        const observed = observations.length === 0 ? [] : [{ id: newUlid(), writer, observations }];
        await this.#writer.write(tx, { checked: [], observed, heads: [] }, new Map(), Date.now());
        return rows.length;
      });
      return { added, known: lines.length - added };
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
