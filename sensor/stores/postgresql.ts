/**
 * PostgreSQL's protocol, version 3 (PostgreSQL documentation, "Frontend/Backend Protocol"): start-up, simple and extended
 * queries with their parameters, rows with the names of their columns, COPY both ways, errors. What passes before a
 * session begins is not kept: it holds passwords. Behind a granted SSLRequest nothing can be read.
 */
import { FULL } from '../../flow/coverage.ts';
import { CopiedRows } from './copied-rows.ts';
import { areFrames, type Frame, FrameQueue, type FrameShape } from './frame-queue.ts';
import { binaryText } from './postgresql-values.ts';
import { readSql, type SqlStatement } from './sql.ts';
import { addParameter, addStatement, cellPath } from './statement-texts.ts';
import type { StoreReader, StoreReaderOptions, Way } from './store-message.ts';
import { SAMPLED, step, TextSample } from './text-sample.ts';

const SSL_REQUEST = 80_877_103;
const GSS_REQUEST = 80_877_104;
const CANCEL_REQUEST = 80_877_102;
/** Nothing legitimate is longer: a larger number means that the place was lost. */
const MAX_MESSAGE = 0x4000_0000;
const MAX_STARTUP = 10_000;

const FROM_CLIENT = new Set([...'BCDEFHPQSXcdfp'].map((char) => char.charCodeAt(0)));
const FROM_SERVER = new Set([...'123ACDEGHIKNRSTVWZcdnstv'].map((char) => char.charCodeAt(0)));

const STARTUP: FrameShape = {
  headBytes: 8,
  sizeOf: (head) => {
    const size = head.readUInt32BE(0);
    const code = head.readUInt32BE(4);
    const isKnown = code >>> 16 === 3 || code === SSL_REQUEST || code === GSS_REQUEST || code === CANCEL_REQUEST;
    return isKnown && size >= 8 && size <= MAX_STARTUP ? size : null;
  },
};

function typed(types: ReadonlySet<number>): FrameShape {
  return {
    headBytes: 5,
    sizeOf: (head) => {
      const length = head.readUInt32BE(1);
      return types.has(head[0] ?? 0) && length >= 4 && length < MAX_MESSAGE ? length + 1 : null;
    },
  };
}

const CLIENT = typed(FROM_CLIENT);
const SERVER = typed(FROM_SERVER);

/** Whether a connection's first bytes are a start-up or a request for encryption; null where they are too few. */
export function beginsPostgresql(bytes: Buffer): boolean | null {
  if (bytes.length < 8) return bytes.length === 0 || bytes[0] === 0 ? null : false;
  return STARTUP.sizeOf(bytes) !== null;
}

interface Column {
  readonly name: string;
  readonly oid: number;
  readonly isBinary: boolean;
}

interface Prepared {
  readonly sql: SqlStatement;
  readonly oids: readonly number[];
  columns: readonly Column[] | null;
}

/** A statement with parameters bound to it, which an Execute runs. */
interface Portal {
  readonly prepared: Prepared | null;
  readonly parameters: readonly { readonly value: Buffer; readonly index: number }[];
  readonly resultFormats: readonly number[];
  readonly bytes: number;
  columns: readonly Column[] | null;
}

type Asked =
  | { readonly kind: 'query'; readonly sql: SqlStatement }
  | { readonly kind: 'execute'; readonly portal: Portal | null }
  | { readonly kind: 'describe'; readonly of: Prepared | Portal | null }
  | { readonly kind: 'sync' };

interface Answer {
  readonly sample: TextSample;
  bytes: number;
  row: number;
  rows: CopiedRows | null;
}

export class PostgresqlReader implements StoreReader {
  readonly protocol = 'postgresql';
  sealed: string | null = null;
  readonly #options: StoreReaderOptions;
  readonly #out: FrameQueue;
  readonly #in: FrameQueue;
  /** Until a session begins the client's messages have no type. */
  #isStarting = true;
  /** Requests for encryption that the server has not answered, with one byte each. */
  #isAsking = false;
  #database: string | null = null;
  readonly #statements = new Map<string, Prepared>();
  readonly #portals = new Map<string, Portal>();
  readonly #asked: Asked[] = [];
  #columns: readonly Column[] | null = null;
  #answer: Answer | null = null;
  /** What the client copies in, and the statement that asked for it. */
  #copying: { readonly sql: SqlStatement | null; readonly answer: Answer } | null = null;

  /** `isFromStart`: the first bytes of the connection will be seen. */
  constructor(options: StoreReaderOptions, isFromStart = true) {
    this.#options = options;
    this.#out = new FrameQueue(options.limits.messageBytes + 64);
    this.#in = new FrameQueue(options.limits.messageBytes + 64);
    this.#isStarting = isFromStart;
    if (!isFromStart) {
      this.#out.lose();
      this.#in.lose();
    }
  }

  data(way: Way, bytes: Buffer): void {
    if (this.sealed !== null) return;
    const queue = way === 'out' ? this.#out : this.#in;
    if (queue.isLost) {
      if (!areFrames(bytes, way === 'out' ? CLIENT : SERVER)) return;
      queue.resume();
      if (way === 'out') {
        // Who speaks again has had the answers to what was asked before.
        this.#isStarting = false;
        this.#asked.length = 0;
      }
    }
    queue.push(bytes);
    this.#drain(way);
  }

  lost(way: Way, bytes: number): void {
    if (this.sealed !== null) return;
    (way === 'out' ? this.#out : this.#in).lost(bytes);
    this.#drain(way);
  }

  end(): void {
    this.#cut('out');
    this.#cut('in');
  }

  /** What is open in one direction is told as far as it was seen. */
  #cut(way: Way): void {
    if (way === 'in' && this.#answer !== null) {
      this.#answer.sample.note(SAMPLED);
      this.#answered(this.#peek());
    }
    if (way === 'in') this.#asked.length = 0;
    if (way === 'out' && this.#copying !== null) {
      this.#copying.answer.sample.note(SAMPLED);
      this.#copied();
    }
  }

  #drain(way: Way): void {
    this.#take(way);
    if ((way === 'out' ? this.#out : this.#in).isLost) this.#cut(way);
  }

  #take(way: Way): void {
    if (way === 'out') {
      while (this.sealed === null) {
        const frame = this.#out.next(this.#isStarting ? STARTUP : CLIENT);
        if (frame === null) return;
        if (this.#isStarting) this.#start(frame);
        else this.#request(frame);
      }
      return;
    }
    while (this.sealed === null) {
      if (this.#isAsking) {
        const [answer] = this.#in.takeBytes(1) ?? [];
        if (answer === undefined) return;
        this.#isAsking = false;
        if (answer === 0x53 || answer === 0x47) this.#seal('tls');
        continue;
      }
      const frame = this.#in.next(SERVER);
      if (frame === null) return;
      this.#reply(frame);
    }
  }

  #seal(why: string): void {
    this.sealed = why;
    this.#out.lose();
    this.#in.lose();
  }

  #start({ bytes }: Frame): void {
    const code = bytes.readUInt32BE(4);
    if (code === SSL_REQUEST || code === GSS_REQUEST) {
      this.#isAsking = true;
    } else if (code !== CANCEL_REQUEST) {
      this.#isStarting = false;
      const fields = bytes.toString('utf8', 8).split('\0');
      for (let at = 0; at + 1 < fields.length; at += 2) {
        if (fields[at] === 'database' || (fields[at] === 'user' && this.#database === null)) {
          this.#database = fields[at + 1] ?? null;
        }
      }
    }
  }

  #request(frame: Frame): void {
    const { bytes, size } = frame;
    const fields = new Fields(bytes, 5);
    switch (String.fromCharCode(bytes[0] ?? 0)) {
      case 'Q': {
        const sql = readSql(fields.text(), 'postgresql');
        this.#ask({ kind: 'query', sql });
        this.#tell(sql, null, size, frame.isWhole);
        break;
      }
      case 'P':
        this.#parse(fields);
        break;
      case 'B':
        this.#bind(fields, size);
        break;
      case 'D':
        this.#describe(fields);
        break;
      case 'E': {
        const portal = this.#portals.get(fields.text()) ?? null;
        this.#ask({ kind: 'execute', portal });
        this.#tell(portal?.prepared?.sql ?? null, portal, size + (portal?.bytes ?? 0), frame.isWhole);
        break;
      }
      case 'C': {
        const kind = fields.char();
        const name = fields.text();
        if (kind === 'S') this.#statements.delete(name);
        else this.#portals.delete(name);
        break;
      }
      case 'S':
        this.#ask({ kind: 'sync' });
        break;
      case 'd':
        this.#copyIn(frame);
        break;
      case 'c':
      case 'f':
        this.#copied();
        break;
    }
  }

  #parse(fields: Fields): void {
    const name = fields.text();
    const sql = readSql(fields.text(), 'postgresql');
    const oids: number[] = [];
    for (let left = fields.int16(); left > 0 && fields.isLeft; left--) oids.push(fields.int32());
    remember(this.#statements, name, { sql, oids, columns: null }, this.#options.limits.remembered);
  }

  #bind(fields: Fields, size: number): void {
    const name = fields.text();
    const prepared = this.#statements.get(fields.text()) ?? null;
    const formats = fields.int16s();
    const parameters: { value: Buffer; index: number }[] = [];
    const count = fields.int16();
    for (let index = 0; index < count && fields.isLeft; index++) {
      const value = fields.value();
      if (value === null) continue;
      const text =
        (formats[index] ?? (formats.length === 1 ? formats[0] : 0)) === 1
          ? binaryText(prepared?.oids[index] ?? 0, value)
          : value;
      if (text !== null) parameters.push({ value: Buffer.from(text), index });
    }
    const portal = { prepared, parameters, resultFormats: fields.int16s(), bytes: size, columns: null };
    remember(this.#portals, name, portal, this.#options.limits.remembered);
  }

  #describe(fields: Fields): void {
    const kind = fields.char();
    const name = fields.text();
    const of = kind === 'S' ? this.#statements.get(name) : this.#portals.get(name);
    this.#ask({ kind: 'describe', of: of ?? null });
  }

  #ask(asked: Asked): void {
    this.#asked.push(asked);
    if (this.#asked.length > this.#options.limits.remembered) this.#asked.shift();
  }

  #tell(sql: SqlStatement | null, portal: Portal | null, size: number, isWhole: boolean): void {
    const sample = this.#sample();
    if (!isWhole) sample.note(SAMPLED);
    if (sql !== null) addStatement(sample, sql);
    for (const { value, index } of portal?.parameters ?? []) addParameter(sample, sql?.parameters[index], index, value);
    this.#hear('out', sql, sample, size);
  }

  #copyIn({ bytes, size, isWhole }: Frame): void {
    if (this.#copying === null) {
      const asked = this.#asked.find((one) => one.kind === 'query' || one.kind === 'execute');
      this.#copying = { sql: asked === undefined ? null : sqlOf(asked), answer: this.#newAnswer() };
    }
    this.#copy(this.#copying.answer, this.#copying.sql, bytes.subarray(5), size, isWhole);
  }

  #copy(answer: Answer, sql: SqlStatement | null, data: Buffer, size: number, isWhole: boolean): void {
    answer.bytes += size;
    const format = { isCsv: sql?.words.has('csv') ?? false, columns: sql?.columns ?? null };
    answer.rows ??= new CopiedRows(answer.sample, format, this.#options.limits.messageBytes);
    if (!isWhole) answer.sample.note(SAMPLED);
    answer.rows.push(data);
  }

  #copied(): void {
    if (this.#copying === null) return;
    const { sql, answer } = this.#copying;
    this.#copying = null;
    answer.rows?.end();
    this.#hear('out', sql, answer.sample, answer.bytes);
  }

  #reply(frame: Frame): void {
    const { bytes, size, isWhole } = frame;
    switch (String.fromCharCode(bytes[0] ?? 0)) {
      case 'T':
        this.#described(columnsOf(new Fields(bytes, 5)));
        break;
      case 'n':
        this.#described(null);
        break;
      case 'D':
        this.#row(frame);
        break;
      case 'd': {
        const asked = this.#peek();
        this.#copy(this.#current(), asked === null ? null : sqlOf(asked), bytes.subarray(5), size, isWhole);
        break;
      }
      case 'E':
      case 'N':
        this.#notice(frame);
        break;
      case 'A':
        this.#notified(frame);
        break;
      case 'C':
      case 'I':
      case 's':
        this.#answered(this.#done());
        break;
      case 'Z':
        if (this.#answer !== null) this.#answered(this.#peek());
        this.#synchronised();
        break;
    }
  }

  /** Columns come with the rows of a simple query, or beforehand to whoever asked for them. */
  #described(columns: readonly Column[] | null): void {
    const at = this.#asked.findIndex((one) => one.kind === 'describe');
    const isSimple = this.#asked.findIndex((one) => one.kind === 'query');
    if (at === -1 || (isSimple !== -1 && isSimple < at)) {
      this.#columns = columns;
      return;
    }
    const [asked] = this.#asked.splice(at, 1);
    if (asked?.kind === 'describe' && asked.of !== null) asked.of.columns = columns;
    this.#columns = columns;
  }

  #row({ bytes, size, isWhole }: Frame): void {
    const answer = this.#current();
    answer.bytes += size;
    const row = answer.row++;
    if (answer.sample.isFull) {
      answer.sample.note(SAMPLED);
      return;
    }
    if (!isWhole) answer.sample.note(SAMPLED);
    const asked = this.#peek();
    const portal = asked?.kind === 'execute' ? asked.portal : null;
    const columns = portal?.columns ?? portal?.prepared?.columns ?? this.#columns;
    const fields = new Fields(bytes, 5);
    const count = fields.int16();
    for (let index = 0; index < count && fields.isLeft; index++) {
      const value = fields.value();
      const column = columns?.[index];
      if (value === null) continue;
      const format =
        portal?.resultFormats[index] ?? (portal?.resultFormats.length === 1 ? portal.resultFormats[0] : null);
      const isBinary = format == null ? (column?.isBinary ?? false) : format === 1;
      const text = isBinary ? binaryText(column?.oid ?? 0, value) : value;
      if (text !== null) answer.sample.add(cellPath(row, column?.name ?? index), column?.name ?? null, text);
    }
  }

  /** The fields of an error that may quote values: message, detail, where, internal query. */
  #notice({ bytes, size }: Frame): void {
    const fields = new Fields(bytes, 5);
    const isError = bytes[0] === 0x45;
    const answer = this.#current();
    answer.bytes += size;
    for (let code = fields.char(); code !== '\0' && fields.isLeft; code = fields.char()) {
      const text = fields.text();
      if (/^[MDHWq]$/.test(code)) answer.sample.addText(`/error${step(code)}`, null, text);
    }
    if (isError) this.#answered(this.#done());
  }

  #notified({ bytes, size }: Frame): void {
    const fields = new Fields(bytes, 9);
    const channel = fields.text();
    const sample = this.#sample();
    sample.addText('/payload', channel, fields.text());
    this.#options.hear({
      way: 'in',
      operation: 'NOTIFY',
      database: this.#database,
      resource: channel,
      texts: sample.texts,
      bytes: size,
      coverage: sample.coverage,
    });
  }

  #current(): Answer {
    this.#answer ??= this.#newAnswer();
    return this.#answer;
  }

  #newAnswer(): Answer {
    return { sample: this.#sample(), bytes: 0, row: 0, rows: null };
  }

  #sample(): TextSample {
    return new TextSample(this.#options.limits.messageBytes);
  }

  /** The request that is being answered. */
  #peek(): Asked | null {
    return this.#asked.find((one) => one.kind === 'query' || one.kind === 'execute') ?? null;
  }

  /** The same, done with. A simple query stays: it may hold several statements. */
  #done(): Asked | null {
    const asked = this.#peek();
    if (asked?.kind === 'execute') this.#asked.splice(0, this.#asked.indexOf(asked) + 1);
    return asked;
  }

  #synchronised(): void {
    const at = this.#asked.findIndex((one) => one.kind === 'sync' || one.kind === 'query');
    this.#asked.splice(0, at + 1);
    this.#columns = null;
  }

  #answered(asked: Asked | null): void {
    const answer = this.#answer;
    this.#answer = null;
    if (answer === null) return;
    answer.rows?.end();
    this.#hear('in', asked === null ? null : sqlOf(asked), answer.sample, answer.bytes);
  }

  #hear(way: Way, sql: SqlStatement | null, sample: TextSample, bytes: number): void {
    this.#options.hear({
      way,
      operation: sql?.operation ?? null,
      database: this.#database,
      resource: sql?.table ?? null,
      texts: sample.texts,
      bytes,
      coverage: sample.texts.length === 0 && bytes === 0 ? FULL : sample.coverage,
    });
  }
}

function sqlOf(asked: Asked): SqlStatement | null {
  if (asked.kind === 'query') return asked.sql;
  return asked.kind === 'execute' ? (asked.portal?.prepared?.sql ?? null) : null;
}

function columnsOf(fields: Fields): readonly Column[] {
  const columns: Column[] = [];
  for (let left = fields.int16(); left > 0 && fields.isLeft; left--) {
    const name = fields.text();
    fields.skip(6); // table and number of the column in it
    const oid = fields.int32();
    fields.skip(6); // size and modifier of the type
    columns.push({ name, oid, isBinary: fields.int16() === 1 });
  }
  return columns;
}

/** The latest are kept. */
function remember<T>(map: Map<string, T>, name: string, value: T, most: number): void {
  map.delete(name);
  map.set(name, value);
  for (const oldest of map.keys()) {
    if (map.size <= most) break;
    map.delete(oldest);
  }
}

/** The fields of one message; behind its end everything is empty. */
class Fields {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get isLeft(): boolean {
    return this.#at < this.#bytes.length;
  }

  skip(count: number): void {
    this.#at += count;
  }

  char(): string {
    return String.fromCharCode(this.#bytes[this.#at++] ?? 0);
  }

  int16(): number {
    const at = this.#at;
    this.#at += 2;
    return at + 2 <= this.#bytes.length ? this.#bytes.readInt16BE(at) : 0;
  }

  int32(): number {
    const at = this.#at;
    this.#at += 4;
    return at + 4 <= this.#bytes.length ? this.#bytes.readInt32BE(at) : 0;
  }

  int16s(): readonly number[] {
    const list: number[] = [];
    for (let left = this.int16(); left > 0 && this.isLeft; left--) list.push(this.int16());
    return list;
  }

  /** Up to the next zero byte, or to the end of what is kept. */
  text(): string {
    const found = this.#bytes.indexOf(0, this.#at);
    const end = found === -1 ? this.#bytes.length : found;
    const text = this.#bytes.toString('utf8', Math.min(this.#at, end), end);
    this.#at = end + 1;
    return text;
  }

  /** A value behind its length; null for NULL. One that goes on beyond what is kept is given as far as it is there. */
  value(): Buffer | null {
    const length = this.int32();
    if (length < 0) return null;
    const value = this.#bytes.subarray(Math.min(this.#at, this.#bytes.length), this.#at + length);
    this.#at += length;
    return value;
  }
}
