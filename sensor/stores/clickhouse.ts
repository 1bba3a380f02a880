/**
 * ClickHouse's native protocol (port 9000), by its documentation: queries of the client with their parameters, blocks of rows
 * both ways, plain or compressed, and errors. Packets do not say their length, so a block that is larger than what is looked
 * at, or has a column of a form that is not known, ends the reading until the sides take turns again. User, password and
 * settings are passed over.
 */
import { BrokenError, Cursor, noteUnread, readBlock, readCompressedBlock, ShortError } from './clickhouse-values.ts';
import { readSql } from './sql.ts';
import { addStatement } from './statement-texts.ts';
import type { StoreReader, StoreReaderOptions, Way } from './store-message.ts';
import { SAMPLED, step, TextSample } from './text-sample.ts';

const CLIENT = { hello: 0, query: 1, data: 2, cancel: 3, ping: 4, keepAlive: 6 } as const;
const SERVER = {
  ...{ hello: 0, data: 1, exception: 2, progress: 3, pong: 4, endOfStream: 5, profileInfo: 6, totals: 7, extremes: 8 },
  ...{ log: 10, tableColumns: 11, timezone: 17, profileEvents: 14 },
} as const;

/** Since which revision a field is there. */
const SINCE = {
  ...{ clientInfo: 54_032, totalRows: 51_554, patch: 54_401, writtenRows: 54_420, settingsAsText: 54_429 },
  ...{ secret: 54_441, trace: 54_442, distributedDepth: 54_448, startTime: 54_449, replicas: 54_453 },
  ...{ addendum: 54_458, parameters: 54_459, elapsed: 54_460, totalBytes: 54_463, aggregation: 54_469 },
  ...{ chunked: 54_470, roles: 54_472, line: 54_475, token: 54_476 },
} as const;

/** Of a direction so many times the bytes of a message are kept: names and types stand between values. */
const KEPT_MESSAGES = 4;
const MAX_NAME_BYTES = 256;

/** Whether a client's first bytes say hello: a name, a version and a revision; null where they are too few. */
export function beginsClickhouse(bytes: Buffer): boolean | null {
  if (bytes.length === 0) return null;
  if (bytes[0] !== CLIENT.hello) return false;
  const cursor = new Cursor(bytes, 1);
  try {
    const length = cursor.varuint();
    if (length === 0 || length > MAX_NAME_BYTES) return false;
    const seen = bytes.toString('latin1', cursor.at, cursor.at + length);
    if (!/^[\x20-\x7e]*$/.test(seen)) return false;
    cursor.take(length);
    const [major, minor, revision] = [cursor.varuint(), cursor.varuint(), cursor.varuint()];
    return major < 1000 && minor < 1000 && revision >= 50_000 && revision < 100_000;
  } catch (error) {
    return error instanceof ShortError ? null : false;
  }
}

interface Asked {
  readonly operation: string | null;
  readonly table: string | null;
}

interface Side {
  held: Buffer;
  /** Nobody knows where the next packet begins. */
  isLost: boolean;
}

const NOTHING = Buffer.alloc(0);

export class ClickhouseReader implements StoreReader {
  readonly protocol = 'clickhouse';
  readonly #options: StoreReaderOptions;
  readonly #sides: Readonly<Record<Way, Side>> = {
    out: { held: NOTHING, isLost: false },
    in: { held: NOTHING, isLost: false },
  };
  #sealed: string | null = null;
  #revision = Number.POSITIVE_INFINITY;
  #database: string | null = null;
  #isHelloOver = false;
  #isAddendumDue = false;
  #isCompressed = false;
  #asked: Asked = { operation: null, table: null };

  constructor(options: StoreReaderOptions) {
    this.#options = options;
  }

  get sealed(): string | null {
    return this.#sealed;
  }

  data(way: Way, bytes: Buffer, isTurn: boolean): void {
    const side = this.#sides[way];
    if (this.#sealed !== null) return;
    if (side.isLost) {
      if (!isTurn || !this.#mayBegin(way, bytes)) return;
      side.isLost = false;
    }
    side.held = side.held.length === 0 ? Buffer.from(bytes) : Buffer.concat([side.held, bytes]);
    this.#read(way, side);
  }

  lost(way: Way): void {
    this.#giveUp(way, this.#sides[way]);
  }

  end(): void {
    for (const way of ['out', 'in'] as const) this.#giveUp(way, this.#sides[way]);
  }

  /** A packet that begins where the other side has spoken: never the middle of a block that happens to follow. */
  #mayBegin(way: Way, bytes: Buffer): boolean {
    const [type = 0, name = 0] = bytes;
    if (bytes.length === 1) return type >= 3 && type <= 5;
    if (way === 'out' && type === CLIENT.query) {
      return name <= 64 && /^[\x20-\x7e]*$/.test(bytes.toString('latin1', 2, 2 + name));
    }
    const isData = type === (way === 'out' ? CLIENT.data : SERVER.data) && name === 0;
    return isData && (this.#isCompressed ? /^[\x02\x82\x90]$/.test(bytes.toString('latin1', 18, 19)) : bytes[2] === 1);
  }

  #read(way: Way, side: Side): void {
    while (side.held.length > 0 && !side.isLost && this.#sealed === null) {
      const cursor = new Cursor(side.held);
      try {
        if (way === 'out') this.#fromClient(cursor);
        else this.#fromServer(cursor);
        side.held = side.held.subarray(cursor.at);
      } catch (error) {
        if (error instanceof ShortError && side.held.length < KEPT_MESSAGES * this.#options.limits.messageBytes) return;
        this.#giveUp(way, side);
      }
    }
  }

  /** What is there of an open packet is told, and the place is lost. */
  #giveUp(way: Way, side: Side): void {
    const { held } = side;
    side.held = NOTHING;
    side.isLost = true;
    if (held.length === 0 || this.#sealed !== null) return;
    const cursor = new Cursor(held);
    const type = held[0];
    if (type !== (way === 'out' ? CLIENT.data : SERVER.data) || !this.#isHelloOver) return;
    let sample = this.#sample();
    try {
      cursor.take(1);
      cursor.text();
      this.#block(cursor, () => {
        sample = this.#sample();
        return sample;
      });
    } catch (error) {
      if (error instanceof BrokenError) noteUnread(sample);
      else sample.note(SAMPLED);
    }
    if (sample.texts.length > 0) this.#hear(way, sample, held.length);
  }

  #fromClient(cursor: Cursor): void {
    const from = cursor.at;
    if (this.#isAddendumDue) {
      this.#addendum(cursor);
      return;
    }
    switch (cursor.varuint()) {
      case CLIENT.hello: {
        cursor.text();
        cursor.varuint();
        cursor.varuint();
        const revision = cursor.varuint();
        const database = cursor.text().toString('utf8');
        cursor.text();
        cursor.text();
        this.#revision = revision;
        this.#database = database === '' ? null : database;
        break;
      }
      case CLIENT.query:
        this.#query(cursor, from);
        break;
      case CLIENT.data:
        this.#rows('out', cursor, from);
        break;
      case CLIENT.cancel:
      case CLIENT.ping:
      case CLIENT.keepAlive:
        break;
      default:
        throw new BrokenError();
    }
  }

  /** What a client adds once it knows the server's revision. */
  #addendum(cursor: Cursor): void {
    cursor.text();
    const modes: string[] = [];
    if (this.#since('chunked')) for (let i = 0; i < 2; i++) modes.push(cursor.text().toString('latin1'));
    if (this.#revision >= SINCE.chunked + 1) cursor.varuint();
    this.#isAddendumDue = false;
    if (modes.includes('chunked')) this.#sealed = 'chunked';
  }

  #query(cursor: Cursor, from: number): void {
    cursor.text();
    if (this.#since('clientInfo')) this.#passClientInfo(cursor);
    if (!this.#since('settingsAsText')) throw new BrokenError();
    this.#passSettings(cursor);
    if (this.#since('roles')) cursor.text();
    if (this.#since('secret')) cursor.text();
    cursor.varuint();
    const isCompressed = cursor.varuint() === 1;
    const sql = cursor.text();
    const parameters = this.#since('parameters') ? this.#settings(cursor) : [];
    const statement = readSql(sql.toString('utf8', 0, this.#options.limits.messageBytes), 'clickhouse');
    this.#isCompressed = isCompressed;
    this.#asked = { operation: statement.operation, table: statement.table };
    const sample = this.#sample();
    if (sql.length > this.#options.limits.messageBytes) sample.note(SAMPLED);
    addStatement(sample, statement);
    for (const { name, value } of parameters) sample.addText(`/parameters${step(name)}`, name, value);
    this.#hear('out', sample, cursor.at - from);
  }

  #passClientInfo(cursor: Cursor): void {
    if (cursor.byte() === 0) return;
    for (let i = 0; i < 3; i++) cursor.text();
    if (this.#since('startTime')) cursor.take(8);
    const isTcp = cursor.byte() === 1;
    if (!isTcp) throw new BrokenError();
    for (let i = 0; i < 3; i++) cursor.text();
    for (let i = 0; i < 3; i++) cursor.varuint();
    cursor.text();
    if (this.#since('distributedDepth')) cursor.varuint();
    if (this.#since('patch')) cursor.varuint();
    if (this.#since('trace') && cursor.byte() === 1) {
      cursor.take(24);
      cursor.text();
      cursor.byte();
    }
    if (this.#since('replicas')) for (let i = 0; i < 3; i++) cursor.varuint();
    if (this.#since('line')) for (let i = 0; i < 2; i++) cursor.varuint();
    if (this.#since('token') && cursor.byte() === 1) cursor.text();
  }

  #passSettings(cursor: Cursor): void {
    this.#settings(cursor);
  }

  /** Names, flags and values as text, up to an empty name. */
  #settings(cursor: Cursor): readonly { readonly name: string; readonly value: string }[] {
    const settings: { readonly name: string; readonly value: string }[] = [];
    for (let name = cursor.text(); name.length > 0; name = cursor.text()) {
      cursor.varuint();
      const value = cursor.text().toString('utf8');
      // A parameter stands in the quotes of a field's text.
      settings.push({ name: name.toString('utf8'), value: value.replace(/^'([\s\S]*)'$/, '$1') });
    }
    return settings;
  }

  #fromServer(cursor: Cursor): void {
    const from = cursor.at;
    switch (cursor.varuint()) {
      case SERVER.hello:
        this.#serverHello(cursor);
        break;
      case SERVER.data:
      case SERVER.totals:
      case SERVER.extremes:
        this.#rows('in', cursor, from);
        break;
      case SERVER.log:
      case SERVER.profileEvents:
        cursor.text();
        readBlock(cursor, { revision: this.#revision }, this.#sample());
        break;
      case SERVER.exception:
        this.#exception(cursor, from);
        break;
      case SERVER.progress:
        for (let i = 0; i < this.#progressFields(); i++) cursor.varuint();
        break;
      case SERVER.profileInfo:
        for (let i = 0; i < 3; i++) cursor.varuint();
        cursor.byte();
        cursor.varuint();
        cursor.byte();
        if (this.#since('aggregation')) {
          cursor.byte();
          cursor.varuint();
        }
        break;
      case SERVER.tableColumns:
        cursor.text();
        cursor.text();
        break;
      case SERVER.timezone:
        cursor.text();
        break;
      case SERVER.pong:
      case SERVER.endOfStream:
        break;
      default:
        throw new BrokenError();
    }
  }

  /** What stands behind the revision changes with each version, and is over before the client goes on. */
  #serverHello(cursor: Cursor): void {
    cursor.text();
    cursor.varuint();
    cursor.varuint();
    this.#revision = Math.min(this.#revision, cursor.varuint());
    this.#isHelloOver = true;
    this.#isAddendumDue = this.#since('addendum');
    cursor.at = cursor.bytes.length;
    this.#sides.in.isLost = true;
  }

  #exception(cursor: Cursor, from: number): void {
    const sample = this.#sample();
    for (let isNested = true; isNested; ) {
      cursor.take(4);
      cursor.text();
      sample.add('/error', null, cursor.text());
      cursor.text();
      isNested = cursor.byte() === 1;
    }
    this.#hear('in', sample, cursor.at - from);
  }

  #progressFields(): number {
    return (
      2 +
      (this.#since('totalRows') ? 1 : 0) +
      (this.#since('totalBytes') ? 1 : 0) +
      (this.#since('writtenRows') ? 2 : 0) +
      (this.#since('elapsed') ? 1 : 0)
    );
  }

  #rows(way: Way, cursor: Cursor, from: number): void {
    cursor.text();
    let sample = this.#sample();
    this.#block(cursor, () => {
      sample = this.#sample();
      return sample;
    });
    if (sample.texts.length > 0) this.#hear(way, sample, cursor.at - from);
  }

  #block(cursor: Cursor, fresh: () => TextSample): number {
    const shape = { revision: this.#revision };
    return this.#isCompressed ? readCompressedBlock(cursor, shape, fresh) : readBlock(cursor, shape, fresh());
  }

  #since(field: keyof typeof SINCE): boolean {
    return this.#revision >= SINCE[field];
  }

  #sample(): TextSample {
    return new TextSample(this.#options.limits.messageBytes);
  }

  #hear(way: Way, sample: TextSample, bytes: number): void {
    const { operation, table } = this.#asked;
    const { texts, coverage } = sample;
    this.#options.hear({ way, operation, database: this.#database, resource: table, texts, bytes, coverage });
  }
}
