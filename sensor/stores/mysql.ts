/**
 * The protocol of MySQL and MariaDB (MySQL documentation, "Client/Server Protocol"; MariaDB's, "Client/Server Protocol"):
 * queries, prepared statements with their parameters, rows in text and binary with the names of their columns, LOAD DATA
 * LOCAL. What passes while a client signs in is not kept. Behind a switch to TLS, or compression, nothing can be read.
 */
import { CopiedRows } from './copied-rows.ts';
import { type Frame, FrameQueue, type FrameShape } from './frame-queue.ts';
import { type Column, columnOf, MAX_COLUMNS, nullsOf, type Parameter, readParameters } from './mysql-columns.ts';
import { COMPRESS, DEPRECATE_EOF, QUERY_ATTRIBUTES, readGreeting, readSignIn, ZSTD } from './mysql-sign-in.ts';
import { MysqlFields } from './mysql-values.ts';
import { readSql, type SqlStatement } from './sql.ts';
import { addParameter, addStatement, cellPath } from './statement-texts.ts';
import type { StoreReader, StoreReaderOptions, Way } from './store-message.ts';
import { SAMPLED, TextSample } from './text-sample.ts';

const HEAD = 4;
const PACKET: FrameShape = { headBytes: HEAD, sizeOf: (head) => HEAD + head.readUIntLE(0, 3) };

const MORE_RESULTS = 0x8;

const COMMAND = {
  initDb: 0x02,
  query: 0x03,
  changeUser: 0x11,
  prepare: 0x16,
  execute: 0x17,
  longData: 0x18,
  closeStatement: 0x19,
  fetch: 0x1c,
} as const;
const LAST_COMMAND = 0x20;

interface Prepared {
  readonly sql: SqlStatement;
  parameterCount: number;
  parameters: readonly Parameter[];
  columns: readonly Column[];
}

type Asked =
  | { readonly kind: 'query'; readonly sql: SqlStatement }
  | { readonly kind: 'execute'; readonly prepared: Prepared | null }
  | { readonly kind: 'prepare'; readonly sql: SqlStatement }
  | { readonly kind: 'use'; readonly database: string }
  | { readonly kind: 'other' };

/** Where an answer is: before its first packet, within definitions of columns, within rows, past its end. */
type Stage =
  | { readonly kind: 'first' }
  | { readonly kind: 'columns'; readonly left: number; readonly columns: Column[]; readonly isPrepare: boolean }
  | { readonly kind: 'columns-end'; readonly columns: readonly Column[] }
  | { readonly kind: 'rows'; readonly columns: readonly Column[] }
  | { readonly kind: 'infile' }
  | { readonly kind: 'idle' };

interface Answer {
  readonly sample: TextSample;
  bytes: number;
  row: number;
}

export class MysqlReader implements StoreReader {
  readonly protocol = 'mysql';
  sealed: string | null = null;
  readonly #options: StoreReaderOptions;
  readonly #queues: Readonly<Record<Way, FrameQueue>>;
  #phase: 'greeting' | 'signing-in' | 'commands' = 'greeting';
  #server = 0;
  #both = 0;
  #isCachingMetadata = false;
  #database: string | null = null;
  #asked: Asked = { kind: 'other' };
  #stage: Stage = { kind: 'idle' };
  #answer: Answer | null = null;
  #infile: { readonly rows: CopiedRows; readonly answer: Answer } | null = null;
  readonly #prepared = new Map<number, Prepared>();
  #preparing: { readonly prepared: Prepared; parametersLeft: number; columnsLeft: number } | null = null;

  constructor(options: StoreReaderOptions) {
    this.#options = options;
    const keep = options.limits.messageBytes + 64;
    this.#queues = { out: new FrameQueue(keep), in: new FrameQueue(keep) };
  }

  data(way: Way, bytes: Buffer, isTurn: boolean): void {
    if (this.sealed !== null) return;
    const queue = this.#queues[way];
    if (queue.isLost) {
      if (!isTurn || !beginsTurn(way, bytes)) return;
      queue.resume();
      this.#phase = 'commands';
      if (way === 'in') this.#stage = { kind: 'first' };
    }
    queue.push(bytes);
    this.#drain(way);
  }

  lost(way: Way, bytes: number): void {
    if (this.sealed !== null) return;
    this.#queues[way].lost(bytes);
    this.#drain(way);
  }

  end(): void {
    this.#cut('out');
    this.#cut('in');
  }

  #drain(way: Way): void {
    const queue = this.#queues[way];
    while (this.sealed === null) {
      const frame = queue.next(PACKET);
      if (frame === null) break;
      if (way === 'out') this.#fromClient(frame);
      else this.#fromServer(frame);
    }
    if (queue.isLost) this.#cut(way);
  }

  #seal(why: string): void {
    this.sealed = why;
    this.#queues.out.lose();
    this.#queues.in.lose();
  }

  #cut(way: Way): void {
    if (way === 'out') this.#infileEnd(true);
    else if (this.#answer !== null) {
      this.#answer.sample.note(SAMPLED);
      this.#answered();
    }
  }

  #fromClient(frame: Frame): void {
    const { bytes, size } = frame;
    if (this.#phase !== 'commands') {
      if (bytes[3] === 1) this.#handshake(bytes, size);
      return;
    }
    if (this.#stage.kind === 'infile' && bytes[3] !== 0) {
      this.#infileData(frame);
      return;
    }
    if (bytes[3] === 0 && size > HEAD) this.#command(frame);
  }

  #handshake(bytes: Buffer, size: number): void {
    this.#phase = 'signing-in';
    const signedIn = readSignIn(bytes, size, this.#server);
    if (signedIn === null) {
      this.#seal('tls');
      return;
    }
    this.#both = signedIn.both;
    this.#isCachingMetadata = signedIn.isCachingMetadata;
    if (signedIn.database !== undefined) this.#database = signedIn.database;
  }

  #command(frame: Frame): void {
    const { bytes, size } = frame;
    const fields = new MysqlFields(bytes, HEAD + 1);
    this.#stage = { kind: 'first' };
    this.#asked = { kind: 'other' };
    switch (bytes[HEAD]) {
      case COMMAND.query: {
        const sample = this.#sample(frame);
        const attributes = this.#attributes(fields);
        const sql = readSql(fields.rest().toString('utf8'), 'mysql');
        this.#asked = { kind: 'query', sql };
        addStatement(sample, sql);
        for (const [index, text] of attributes.entries()) sample.add(`/attributes/${index}`, null, text, 'metadata');
        if (sql.operation === 'USE') this.#asked = { kind: 'use', database: useOf(bytes) };
        this.#hear('out', sql, sample, size);
        break;
      }
      case COMMAND.prepare: {
        const sql = readSql(fields.rest().toString('utf8'), 'mysql');
        this.#asked = { kind: 'prepare', sql };
        const sample = this.#sample(frame);
        addStatement(sample, sql);
        this.#hear('out', sql, sample, size);
        break;
      }
      case COMMAND.execute:
        this.#execute(fields, frame);
        break;
      case COMMAND.longData: {
        const prepared = this.#prepared.get(fields.int(4)) ?? null;
        const index = fields.int(2);
        const sample = this.#sample(frame);
        addParameter(sample, prepared?.sql.parameters[index], index, fields.rest());
        this.#stage = { kind: 'idle' }; // it has no answer
        this.#hear('out', prepared?.sql ?? null, sample, size);
        break;
      }
      case COMMAND.closeStatement:
        this.#prepared.delete(fields.int(4));
        this.#stage = { kind: 'idle' };
        break;
      case COMMAND.initDb:
        this.#asked = { kind: 'use', database: fields.rest().toString('utf8') };
        break;
      case COMMAND.changeUser:
        this.#phase = 'signing-in';
        break;
      case COMMAND.fetch: {
        const prepared = this.#prepared.get(fields.int(4)) ?? null;
        this.#asked = { kind: 'execute', prepared };
        this.#stage = { kind: 'rows', columns: prepared?.columns ?? [] };
        break;
      }
    }
  }

  #execute(fields: MysqlFields, frame: Frame): void {
    const prepared = this.#prepared.get(fields.int(4)) ?? null;
    const flags = fields.int(1);
    fields.skip(4);
    this.#asked = { kind: 'execute', prepared };
    const sample = this.#sample(frame);
    const hasAttributes = (this.#both & QUERY_ATTRIBUTES) !== 0;
    const count = hasAttributes && (flags & 8) !== 0 ? (fields.lengthEncoded() ?? 0) : (prepared?.parameterCount ?? 0);
    if (count > 0) {
      const { parameters, values } = readParameters(fields, count, prepared?.parameters ?? [], hasAttributes);
      if (prepared !== null) prepared.parameters = parameters;
      for (const [index, text] of values) addParameter(sample, prepared?.sql.parameters[index], index, text);
    }
    this.#hear('out', prepared?.sql ?? null, sample, frame.size);
  }

  /** MySQL 8 sends attributes before the text of a query. */
  #attributes(fields: MysqlFields): readonly Buffer[] {
    if ((this.#both & QUERY_ATTRIBUTES) === 0) return [];
    const count = fields.lengthEncoded() ?? 0;
    fields.lengthEncoded(); // sets of parameters: 1
    if (count === 0) return [];
    return [...readParameters(fields, count, [], true).values.values()];
  }

  #fromServer(frame: Frame): void {
    const { bytes } = frame;
    const first = bytes[HEAD];
    switch (this.#phase) {
      case 'greeting':
        this.#server = readGreeting(bytes);
        this.#phase = 'signing-in';
        return;
      case 'signing-in':
        if (first === 0) {
          if ((this.#both & (COMPRESS | ZSTD)) !== 0) this.#seal('compressed');
          else this.#phase = 'commands';
        }
        return;
      case 'commands':
        this.#result(frame);
    }
  }

  #result(frame: Frame): void {
    const { bytes, size } = frame;
    const stage = this.#stage;
    const first = bytes[HEAD];
    if (first === 0xff && size > HEAD + 2 && stage.kind !== 'idle') {
      // How far MariaDB has come with it.
      if (bytes[HEAD + 1] === 0xff && bytes[HEAD + 2] === 0xff) return;
      const answer = this.#current(size);
      // Code, `#` and five characters of state.
      answer.sample.add('/error', null, bytes.subarray(HEAD + (bytes[HEAD + 3] === 0x23 ? 9 : 3)));
      this.#answered();
      return;
    }
    switch (stage.kind) {
      case 'first':
        this.#firstOf(frame);
        break;
      case 'columns':
        this.#column(stage, bytes);
        break;
      case 'columns-end':
        this.#stage = { kind: 'rows', columns: stage.columns };
        break;
      case 'rows':
        this.#row(stage.columns, frame);
        break;
      case 'infile':
        // The answer to the file.
        this.#infileEnd(false);
        this.#over(bytes);
        break;
      case 'idle':
        break;
    }
  }

  #firstOf({ bytes, size }: Frame): void {
    const asked = this.#asked;
    const first = bytes[HEAD] ?? 0;
    if (asked.kind === 'prepare' && first === 0) {
      this.#preparedAs(asked.sql, bytes);
      return;
    }
    if (first === 0 || (first === 0xfe && size < HEAD + 9)) {
      if (asked.kind === 'use') this.#database = asked.database;
      this.#over(bytes);
      return;
    }
    if (first === 0xfb) {
      const answer = { sample: this.#sample(null), bytes: 0, row: 0 };
      const sql = sqlOf(asked);
      const isCsv = sql?.literals.some(({ text }) => text === ',') ?? false;
      const rows = new CopiedRows(
        answer.sample,
        { isCsv, columns: sql?.columns ?? null },
        this.#options.limits.messageBytes,
      );
      this.#infile = { rows, answer };
      this.#stage = { kind: 'infile' };
      return;
    }
    const fields = new MysqlFields(bytes, HEAD);
    const count = fields.lengthEncoded() ?? 0;
    if (this.#isCachingMetadata && asked.kind === 'execute' && fields.isLeft && fields.int(1) === 0) {
      this.#stage = this.#afterColumns(asked.prepared?.columns ?? []);
      return;
    }
    this.#stage = count === 0 ? { kind: 'idle' } : { kind: 'columns', left: count, columns: [], isPrepare: false };
  }

  #preparedAs(sql: SqlStatement, bytes: Buffer): void {
    const fields = new MysqlFields(bytes, HEAD + 1);
    const id = fields.int(4);
    const columns = fields.int(2);
    const parameterCount = fields.int(2);
    const prepared: Prepared = { sql, parameterCount, parameters: [], columns: [] };
    this.#prepared.set(id, prepared);
    for (const oldest of this.#prepared.keys()) {
      if (this.#prepared.size <= this.#options.limits.remembered) break;
      this.#prepared.delete(oldest);
    }
    this.#preparing = { prepared, parametersLeft: parameterCount, columnsLeft: columns };
    this.#nextPart();
  }

  /** Definitions of parameters, then of columns, each ended by a packet of its own unless that was given up. */
  #nextPart(): void {
    const preparing = this.#preparing;
    if (preparing === null) return;
    const { parametersLeft, columnsLeft } = preparing;
    const left = parametersLeft > 0 ? parametersLeft : columnsLeft;
    if (left === 0) {
      this.#preparing = null;
      this.#stage = { kind: 'idle' };
      return;
    }
    const more = this.#hasEof ? 1 : 0;
    this.#stage = { kind: 'columns', left: left + more, columns: [], isPrepare: true };
  }

  get #hasEof(): boolean {
    return (this.#both & DEPRECATE_EOF) === 0;
  }

  #afterColumns(columns: readonly Column[]): Stage {
    return this.#hasEof ? { kind: 'columns-end', columns } : { kind: 'rows', columns };
  }

  #column(stage: Extract<Stage, { kind: 'columns' }>, bytes: Buffer): void {
    const isEnd = bytes[HEAD] === 0xfe && bytes.length <= HEAD + 9;
    if (!isEnd && stage.columns.length < MAX_COLUMNS) stage.columns.push(columnOf(bytes));
    if (stage.left > 1) {
      this.#stage = { ...stage, left: stage.left - 1 };
      return;
    }
    if (!stage.isPrepare) {
      this.#stage = this.#afterColumns(stage.columns);
      return;
    }
    const preparing = this.#preparing;
    if (preparing === null) return;
    if (preparing.parametersLeft > 0) {
      preparing.parametersLeft = 0;
    } else {
      preparing.columnsLeft = 0;
      preparing.prepared.columns = stage.columns;
    }
    this.#nextPart();
  }

  #row(columns: readonly Column[], { bytes, size, isWhole }: Frame): void {
    const isBinary = this.#asked.kind === 'execute';
    if (bytes[HEAD] === 0xfe && (this.#hasEof ? size < HEAD + 9 : isEndOfRows(bytes, size, isBinary))) {
      this.#over(bytes);
      return;
    }
    const answer = this.#current(size);
    const row = answer.row++;
    if (answer.sample.isFull) {
      answer.sample.note(SAMPLED);
      return;
    }
    if (!isWhole) answer.sample.note(SAMPLED);
    const fields = new MysqlFields(bytes, HEAD);
    const nulls = isBinary ? nullsOf(fields, columns.length) : null;
    for (const [index, { name, type, isUnsigned }] of columns.entries()) {
      if (!fields.isLeft) break;
      if (nulls?.has(index) === true) continue;
      const text = isBinary ? fields.binary(type, isUnsigned) : fields.string();
      if (text !== null) answer.sample.add(cellPath(row, name), name, text);
    }
  }

  #infileData({ bytes, size, isWhole }: Frame): void {
    if (this.#infile === null) return;
    this.#infile.answer.bytes += size;
    if (!isWhole) this.#infile.answer.sample.note(SAMPLED);
    this.#infile.rows.push(bytes.subarray(HEAD));
  }

  #infileEnd(isCut: boolean): void {
    const infile = this.#infile;
    this.#infile = null;
    if (infile === null) return;
    if (isCut) infile.answer.sample.note(SAMPLED);
    infile.rows.end();
    this.#hear('out', sqlOf(this.#asked), infile.answer.sample, infile.answer.bytes);
  }

  /** OK or EOF: the result ends, and another may follow. */
  #over(bytes: Buffer): void {
    const fields = new MysqlFields(bytes, HEAD + 1);
    if (bytes[HEAD] === 0xfe && bytes.length <= HEAD + 5) {
      fields.skip(2); // warnings
    } else {
      fields.lengthEncoded(); // rows that were touched
      fields.lengthEncoded(); // the last id
    }
    const status = fields.int(2);
    this.#answered();
    if ((status & MORE_RESULTS) !== 0) this.#stage = { kind: 'first' };
  }

  #answered(): void {
    this.#stage = { kind: 'idle' };
    const answer = this.#answer;
    this.#answer = null;
    if (answer !== null) this.#hear('in', sqlOf(this.#asked), answer.sample, answer.bytes);
  }

  #current(size: number): Answer {
    this.#answer ??= { sample: this.#sample(null), bytes: 0, row: 0 };
    this.#answer.bytes += size;
    return this.#answer;
  }

  #sample(frame: Frame | null): TextSample {
    const sample = new TextSample(this.#options.limits.messageBytes);
    if (frame?.isWhole === false) sample.note(SAMPLED);
    return sample;
  }

  #hear(way: Way, sql: SqlStatement | null, sample: TextSample, bytes: number): void {
    this.#options.hear({
      way,
      operation: sql?.operation ?? null,
      database: this.#database,
      resource: sql?.table ?? null,
      texts: sample.texts,
      bytes,
      coverage: sample.coverage,
    });
  }
}

/** A command has the number 0, the first packet of an answer 1. */
function beginsTurn(way: Way, bytes: Buffer): boolean {
  if (bytes.length < HEAD + 1) return false;
  if (way === 'in') return bytes[3] === 1;
  return bytes[3] === 0 && bytes.readUIntLE(0, 3) > 0 && (bytes[HEAD] ?? 0xff) < LAST_COMMAND;
}

/** Without EOF packets, rows end with an OK packet that begins with 0xfe, as no row does unless it is huge. */
function isEndOfRows(bytes: Buffer, size: number, isBinary: boolean): boolean {
  return isBinary || (bytes[HEAD] === 0xfe && size < HEAD + 0xff_ffff);
}

function sqlOf(asked: Asked): SqlStatement | null {
  if (asked.kind === 'query' || asked.kind === 'prepare') return asked.sql;
  return asked.kind === 'execute' ? (asked.prepared?.sql ?? null) : null;
}

function useOf(bytes: Buffer): string {
  const [, name = ''] = /use\s+[`"]?([^`";\s]+)/i.exec(bytes.toString('utf8', HEAD + 1)) ?? [];
  return name;
}
