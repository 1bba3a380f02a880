/**
 * Looks every so often for records that have not come though later ones have, and says each gap once: of several
 * collectors, the one that is first to note it on the bus.
 */
import { createHash } from 'node:crypto';
import type { ArrivalStore, ChainGap } from '../store/arrival.ts';
import { openBucket } from './bucket.ts';
import type { Bus } from './bus.ts';

export interface GapWatchOptions {
  readonly bus: Bus;
  readonly store: ArrivalStore;
  readonly onGap: (gap: ChainGap) => void;
  /** What is younger may still come; 5 minutes. */
  readonly olderThanMs?: number;
  /** Between two looks; 30 s. */
  readonly everyMs?: number;
}

const DAY_MS = 86_400_000;
const BUCKET = {
  name: 'WEIR_GAPS',
  description: 'gaps of chains that some collector has told of',
  ttlMs: 400 * DAY_MS,
  maxBytes: 16 * 2 ** 20,
  maxValueBytes: 1024,
  isExact: true,
};

export class GapWatch {
  readonly #options: GapWatchOptions;
  readonly #told = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #looking: Promise<void> = Promise.resolve();
  #gaps = 0;
  #records = 0;

  constructor(options: GapWatchOptions) {
    this.#options = options;
    this.#timer = setInterval(() => {
      this.#looking = this.#looking.then(() => this.#look());
    }, options.everyMs ?? 30_000);
  }

  /** As of the last look: how many there are, and how many records they lack. */
  get state(): { readonly gaps: number; readonly records: number } {
    return { gaps: this.#gaps, records: this.#records };
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { store, onGap, olderThanMs = 300_000 } = this.#options;
    let gaps: readonly ChainGap[];
    try {
      gaps = await store.gaps(olderThanMs);
    } catch {
      // Away; who stores says so.
      return;
    }
    this.#gaps = gaps.length;
    this.#records = gaps.reduce((sum, { from, to }) => sum + to - from + 1, 0);
    for (const gap of gaps) {
      const key = createHash('sha256')
        .update(JSON.stringify([gap.writer, gap.from, gap.to]))
        .digest('hex');
      if (this.#told.has(key)) continue;
      if (await this.#isFirst(key)) onGap(gap);
      this.#told.add(key);
    }
  }

  /** Said twice is better than not at all: also where the bus is away, or takes no note. */
  async #isFirst(key: string): Promise<boolean> {
    const { connection } = this.#options.bus;
    if (connection === null) return true;
    try {
      const bucket = await openBucket(connection, BUCKET);
      try {
        await bucket.create(key, '');
        return true;
      } catch {
        return (await bucket.get(key)) === null;
      }
    } catch {
      return true;
    }
  }
}
