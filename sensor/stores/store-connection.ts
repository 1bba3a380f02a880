/**
 * One connection that may be to a data store: its first bytes tell which, then a reader of that protocol tells what goes
 * over. Fed with bytes in order, be they from packets (packet-order.ts) or from inside TLS.
 */
import type { Conversation } from '../reassemble/heard.ts';
import { ClickhouseReader } from './clickhouse.ts';
import { KafkaReader } from './kafka.ts';
import { MongodbReader } from './mongodb.ts';
import { MysqlReader } from './mysql.ts';
import { PostgresqlReader } from './postgresql.ts';
import { MAX_FIRST_BYTES, type Recognised, recogniseStore } from './recognise-store.ts';
import { RedisReader } from './redis.ts';
import type { StoreProtocol, StoreReader, StoreReaderOptions, Way } from './store-message.ts';

export interface StoreConnectionOptions extends StoreReaderOptions {
  /** Who reads it where it turns out to be HTTP; null, or absent, for nobody. */
  readonly http?: () => Conversation | null;
}

type Make = (options: StoreReaderOptions) => StoreReader;

const READERS: Readonly<Partial<Record<StoreProtocol, Make>>> = {
  clickhouse: (options) => new ClickhouseReader(options),
  kafka: (options) => new KafkaReader(options),
  mongodb: (options) => new MongodbReader(options),
  mysql: (options) => new MysqlReader(options),
  postgresql: (options) => new PostgresqlReader(options),
  redis: (options) => new RedisReader(options),
};

const NOTHING = Buffer.alloc(0);

export class StoreConnection {
  readonly #options: StoreConnectionOptions;
  #first: { out: Buffer; in: Buffer } = { out: NOTHING, in: NOTHING };
  /** In which order the first bytes came. */
  #turns: { readonly way: Way; readonly bytes: Buffer }[] = [];
  #recognised: Recognised = { kind: 'need-more' };
  #reader: StoreReader | null = null;
  #http: Conversation | null = null;
  #last: Way | null = null;

  constructor(options: StoreConnectionOptions) {
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
    return kind === 'need-more' || this.#http !== null || (kind === 'store' && this.sealed === null);
  }

  /** `at`: milliseconds, for what waits within HTTP. */
  data(way: Way, bytes: Buffer, at = 0): void {
    if (bytes.length === 0) return;
    const isTurn = way !== this.#last;
    this.#last = way;
    if (this.#reader !== null) {
      this.#reader.data(way, bytes, isTurn);
    } else if (this.#http !== null) {
      this.#http.data(way, bytes, at);
    } else if (this.#recognised.kind === 'need-more') {
      this.#turns.push({ way, bytes: Buffer.from(bytes) });
      const room = MAX_FIRST_BYTES - this.#first[way].length;
      this.#first[way] = Buffer.concat([this.#first[way], bytes.subarray(0, room)]);
      this.#decide(recogniseStore(this.#first), at);
    }
  }

  lost(way: Way, bytes: number, at = 0): void {
    if (this.#reader !== null) this.#reader.lost(way, bytes);
    else if (this.#http !== null) this.#http.lost(way, bytes, at);
    // The beginning is what tells them apart.
    else if (this.#recognised.kind === 'need-more') this.#decide({ kind: 'unknown' }, at);
  }

  settle(before: number, at: number): void {
    this.#http?.settle(before, at);
  }

  end(at = 0): void {
    this.#reader?.end();
    this.#http?.end(at);
  }

  #decide(recognised: Recognised, at: number): void {
    if (recognised.kind === 'need-more') return;
    this.#recognised = recognised;
    const turns = this.#turns;
    this.#turns = [];
    this.#first = { out: NOTHING, in: NOTHING };
    if (recognised.kind === 'http') this.#http = this.#options.http?.() ?? null;
    if (recognised.kind === 'store' && recognised.sealed === null) {
      this.#reader = READERS[recognised.protocol]?.(this.#options) ?? null;
    }
    let last: Way | null = null;
    for (const { way, bytes } of turns) {
      this.#reader?.data(way, bytes, way !== last);
      this.#http?.data(way, bytes, at);
      last = way;
    }
  }
}
