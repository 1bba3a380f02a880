/**
 * One connection that may be to a data store: its first bytes tell which, then a reader of that protocol tells what goes
 * over. Fed with bytes in order, be they from packets (packet-order.ts) or from inside TLS.
 */
import { PostgresqlReader } from './postgresql.ts';
import { MAX_FIRST_BYTES, type Recognised, recogniseStore } from './recognise-store.ts';
import type { StoreProtocol, StoreReader, StoreReaderOptions, Way } from './store-message.ts';

type Make = (options: StoreReaderOptions) => StoreReader;

const READERS: Readonly<Partial<Record<StoreProtocol, Make>>> = {
  postgresql: (options) => new PostgresqlReader(options),
};

const NOTHING = Buffer.alloc(0);

export class StoreConnection {
  readonly #options: StoreReaderOptions;
  #first: { out: Buffer; in: Buffer } = { out: NOTHING, in: NOTHING };
  /** In which order the first bytes came. */
  #turns: { readonly way: Way; readonly bytes: Buffer }[] = [];
  #recognised: Recognised = { kind: 'need-more' };
  #reader: StoreReader | null = null;
  #last: Way | null = null;

  constructor(options: StoreReaderOptions) {
    this.#options = options;
  }

  get recognised(): Recognised {
    return this.#recognised;
  }

  get protocol(): StoreProtocol | null {
    return this.#recognised.kind === 'store' ? this.#recognised.protocol : null;
  }

  /** Why nothing more of it can be read: `tls`, `compressed`; null as long as it can. */
  get sealed(): string | null {
    if (this.#recognised.kind !== 'store') return null;
    return this.#reader === null ? this.#recognised.sealed : this.#reader.sealed;
  }

  /** Whether more bytes are of any use. */
  get wants(): boolean {
    const { kind } = this.#recognised;
    return kind === 'need-more' || (kind === 'store' && this.sealed === null);
  }

  data(way: Way, bytes: Buffer): void {
    if (bytes.length === 0) return;
    const isTurn = way !== this.#last;
    this.#last = way;
    if (this.#reader !== null) {
      this.#reader.data(way, bytes, isTurn);
    } else if (this.#recognised.kind === 'need-more') {
      this.#turns.push({ way, bytes: Buffer.from(bytes) });
      const room = MAX_FIRST_BYTES - this.#first[way].length;
      this.#first[way] = Buffer.concat([this.#first[way], bytes.subarray(0, room)]);
      this.#decide(recogniseStore(this.#first));
    }
  }

  lost(way: Way, bytes: number): void {
    if (this.#reader !== null) this.#reader.lost(way, bytes);
    // The beginning is what tells them apart.
    else if (this.#recognised.kind === 'need-more') this.#decide({ kind: 'unknown' });
  }

  end(): void {
    this.#reader?.end();
  }

  #decide(recognised: Recognised): void {
    if (recognised.kind === 'need-more') return;
    this.#recognised = recognised;
    const turns = this.#turns;
    this.#turns = [];
    this.#first = { out: NOTHING, in: NOTHING };
    if (recognised.kind !== 'store' || recognised.sealed !== null) return;
    this.#reader = READERS[recognised.protocol]?.(this.#options) ?? null;
    let last: Way | null = null;
    for (const { way, bytes } of turns) {
      this.#reader?.data(way, bytes, way !== last);
      last = way;
    }
  }
}
