/**
 * Reads a statement of SQL just far enough to know what it does, to which table, and which column each literal and each
 * parameter belongs to. It checks nothing: what is no SQL gives few answers, never an error. Linear in the text.
 */

export type SqlDialect = 'postgresql' | 'mysql' | 'clickhouse';

/** Where a value of the statement goes: the column that it is written to or compared with, where that is plain. */
export interface SqlPlace {
  readonly column: string | null;
  /** Number of the row of `VALUES`, from 0; null elsewhere. */
  readonly row: number | null;
}

export interface SqlLiteral extends SqlPlace {
  /** Quotes and escapes undone. */
  readonly text: string;
  /** The column, else the word before it: `PASSWORD 'x'`. */
  readonly label: string | null;
}

export interface SqlStatement {
  /** Upper case: `SELECT`, `INSERT`, `COPY`, `BEGIN`. Null where no word stands in it. */
  readonly operation: string | null;
  /** The first table, as written without quotes: `crm.users`. */
  readonly table: string | null;
  readonly literals: readonly SqlLiteral[];
  /** By number from 0: `$1` and the first `?` are 0. */
  readonly parameters: readonly SqlPlace[];
  readonly comments: readonly string[];
  /** Columns of `INSERT INTO t (…)` and `COPY t (…)`; null where they are not said. */
  readonly columns: readonly string[] | null;
  /** Lower-case words behind the table: options of `COPY … WITH`, `LOAD DATA LOCAL`, `FORMAT`. */
  readonly words: ReadonlySet<string>;
}

const MAX_PARAMETERS = 10_000;
const MAX_LITERALS = 2000;
const MAX_COMMENTS = 100;

type TokenKind = 'word' | 'name' | 'text' | 'number' | 'parameter' | 'sign';

interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const VERBS: ReadonlySet<string> = new Set(['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MERGE', 'REPLACE']);
const BEFORE_TABLE: ReadonlySet<string> = new Set(['FROM', 'JOIN', 'INTO', 'UPDATE', 'TABLE', 'COPY', 'TRUNCATE']);
/** May stand between one of those and the table. */
const BESIDE_TABLE: ReadonlySet<string> = new Set([
  'ONLY',
  'TABLE',
  'IF',
  'NOT',
  'EXISTS',
  'LOW_PRIORITY',
  'HIGH_PRIORITY',
  'DELAYED',
  'IGNORE',
  'QUICK',
]);
const COMPARES: ReadonlySet<string> = new Set(['LIKE', 'ILIKE', 'RLIKE', 'REGEXP', 'IN', 'BETWEEN', 'SIMILAR', 'IS']);
const NO_COLUMN: ReadonlySet<string> = new Set([
  ...COMPARES,
  'AND',
  'OR',
  'NOT',
  'NULL',
  'ANY',
  'ALL',
  'BINARY',
  'TO',
  'CASE',
  'WHEN',
  'THEN',
  'ELSE',
  'INTERVAL',
  'DATE',
  'TIMESTAMP',
]);
/** Here begins a part in which an earlier comparison says nothing. */
const ENDS_COMPARISON: ReadonlySet<string> = new Set([
  'SELECT',
  'FROM',
  'WHERE',
  'VALUES',
  'VALUE',
  'LIMIT',
  'OFFSET',
  'ORDER',
  'GROUP',
  'HAVING',
  'RETURNING',
]);

export function readSql(sql: string, dialect: SqlDialect): SqlStatement {
  const reader = new Reader(sql, dialect);
  return reader.read();
}

class Reader {
  readonly #sql: string;
  readonly #dialect: SqlDialect;
  readonly #literals: SqlLiteral[] = [];
  readonly #parameters: SqlPlace[] = [];
  readonly #words = new Set<string>();
  readonly #comments: string[] = [];
  /** The word right before a token. */
  #before: string | null = null;
  #operation: string | null = null;
  #table: string | null = null;
  #columns: string[] | null = null;
  /** The name that a comparison would be about, and the one that one is about. */
  #candidate: string | null = null;
  #compared: string | null = null;
  #expects: 'nothing' | 'table' | 'table-rest' | 'columns' = 'nothing';
  #isWith = false;
  #depth = 0;
  /** Within the rows of VALUES: which row, which place in it. */
  #row = -1;
  #place = 0;
  #isValues = false;

  constructor(sql: string, dialect: SqlDialect) {
    this.#sql = sql;
    this.#dialect = dialect;
  }

  read(): SqlStatement {
    for (let at = 0; at < this.#sql.length; ) {
      const token = this.#tokenAt(at);
      at = token.end;
      if (token.kind === 'sign' && token.text.trim() === '') continue;
      this.#take(token);
      if (token.kind !== 'word') this.#before = null;
      // MySQL's IDENTIFIED BY 'x'.
      else this.#before = token.text.toUpperCase() === 'BY' ? this.#before : token.text;
    }
    return {
      operation: this.#operation,
      table: this.#table,
      literals: this.#literals,
      parameters: this.#parameters,
      comments: this.#comments,
      columns: this.#columns,
      words: this.#words,
    };
  }

  #take(token: Token): void {
    // What belongs to the table stands right behind it: `.name`, or its columns in parentheses.
    if (this.#expects === 'columns' && this.#depth === 0 && token.text !== '.' && token.text !== '(') {
      this.#expects = 'nothing';
    }
    switch (token.kind) {
      case 'text':
      case 'number':
        this.#literal(token);
        break;
      case 'parameter':
        this.#parameter(token.text);
        break;
      case 'name':
        this.#named(token.text);
        break;
      case 'word':
        this.#word(token.text);
        break;
      case 'sign':
        this.#sign(token.text);
        break;
    }
  }

  #word(text: string): void {
    const word = text.toUpperCase();
    if (this.#operation === null) {
      this.#operation = word;
      if (word === 'WITH') this.#isWith = true;
    } else if (this.#isWith && this.#depth === 0 && VERBS.has(word)) {
      this.#operation = word;
      this.#isWith = false;
    }
    if (this.#table !== null && this.#words.size < 64) this.#words.add(text.toLowerCase());
    if (word === 'VALUES' || (word === 'VALUE' && this.#operation !== 'SELECT')) {
      this.#isValues = true;
      this.#row = -1;
      this.#expects = 'nothing';
    } else if (this.#isValues && this.#depth === 0) {
      this.#isValues = false; // ON CONFLICT, RETURNING …
    }
    if (ENDS_COMPARISON.has(word)) {
      this.#compared = null;
      this.#candidate = null;
    }
    if (COMPARES.has(word)) this.#compared = this.#candidate ?? this.#compared;
    if (BEFORE_TABLE.has(word) && this.#table === null) {
      this.#expects = 'table';
      return;
    }
    if (this.#expects === 'table' && BESIDE_TABLE.has(word)) return;
    if (this.#expects !== 'nothing' && (VERBS.has(word) || word === 'SET' || word === 'AS')) this.#expects = 'nothing';
    if (!NO_COLUMN.has(word)) this.#named(text);
  }

  #named(name: string): void {
    if (this.#expects === 'table') {
      this.#table = name;
      this.#expects = 'columns';
    } else if (this.#expects === 'table-rest') {
      this.#table = `${this.#table}.${name}`;
      this.#expects = 'columns';
    } else if (this.#expects === 'columns' && this.#depth === 1 && this.#columns !== null) {
      if (this.#columns.length < MAX_LITERALS) this.#columns.push(name);
    } else {
      this.#candidate = name;
    }
  }

  #sign(text: string): void {
    switch (text) {
      case '(':
        this.#depth++;
        if (this.#isValues && this.#depth === 1) {
          this.#row++;
          this.#place = 0;
        }
        if (this.#expects === 'columns' && this.#depth === 1) this.#columns = [];
        else if (this.#expects === 'table') this.#expects = 'nothing';
        break;
      case ')':
        if (this.#depth > 0) this.#depth--;
        if (this.#depth === 0 && this.#expects === 'columns') this.#expects = 'nothing';
        break;
      case ',':
        if (this.#isValues && this.#depth === 1) this.#place++;
        break;
      case '.':
        if (this.#expects === 'columns' && this.#depth === 0) this.#expects = 'table-rest';
        break;
      case ';':
        this.#compared = null;
        this.#isValues = false;
        this.#depth = 0;
        break;
      case '=':
      case '<':
      case '>':
      case '!':
      case '~':
        this.#compared = this.#candidate ?? this.#compared;
        break;
    }
  }

  #where(): SqlPlace {
    if (this.#isValues && this.#depth >= 1) {
      return { column: this.#columns?.[this.#place] ?? null, row: Math.max(0, this.#row) };
    }
    return { column: this.#compared, row: null };
  }

  #literal({ kind, text }: Token): void {
    if (text !== '' && this.#literals.length < MAX_LITERALS && (kind === 'text' || text.length > 3)) {
      const place = this.#where();
      this.#literals.push({ ...place, text, label: place.column ?? this.#before });
    }
  }

  #parameter(text: string): void {
    const number = text === '?' ? this.#parameters.length : Number(text.slice(1)) - 1;
    if (!Number.isInteger(number) || number < 0 || number >= MAX_PARAMETERS) return;
    while (this.#parameters.length < number) this.#parameters.push({ column: null, row: null });
    // The same number twice: where it is written says more than where it is compared.
    const before = this.#parameters[number];
    if (before === undefined || before.column === null) this.#parameters[number] = this.#where();
  }

  #tokenAt(at: number): Token {
    const sql = this.#sql;
    const char = sql[at] ?? '';
    const next = sql[at + 1] ?? '';
    if (char === "'") return this.#quoted('text', at, at, "'", this.#dialect !== 'postgresql');
    if (char === '"') {
      const isText = this.#dialect === 'mysql';
      return this.#quoted(isText ? 'text' : 'name', at, at, '"', this.#dialect !== 'postgresql');
    }
    if (char === '`') return this.#quoted('name', at, at, '`', false);
    if (char === '-' && next === '-') return this.#until(at, '\n', 0);
    if (char === '#' && this.#dialect === 'mysql') return this.#until(at, '\n', 0);
    if (char === '/' && next === '*') return this.#until(at, '*/', 2);
    if (char === '$') return this.#dollar(at);
    if (char === '?') return { kind: 'parameter', text: '?', start: at, end: at + 1 };
    if (isDigit(char)) return this.#number(at);
    if (isWordStart(char)) return this.#wordAt(at);
    return { kind: 'sign', text: char, start: at, end: at + 1 };
  }

  #wordAt(at: number): Token {
    const sql = this.#sql;
    let end = at + 1;
    while (end < sql.length && isWordPart(sql.charAt(end))) end++;
    const text = sql.slice(at, end);
    // E'…' (escapes), N'…', X'…', B'…', _utf8'…' belong to the text behind them.
    if (sql[end] === "'" && (/^[eEnNxXbB]$/.test(text) || text.startsWith('_'))) {
      return this.#quoted('text', at, end, "'", /^[eE]$/.test(text) || this.#dialect !== 'postgresql');
    }
    return { kind: 'word', text, start: at, end };
  }

  #number(at: number): Token {
    const sql = this.#sql;
    let end = at + 1;
    while (end < sql.length && /[0-9a-zA-Z_.]/.test(sql.charAt(end))) end++;
    return { kind: 'number', text: sql.slice(at, end), start: at, end };
  }

  /** `$1`, or `$tag$ … $tag$`. */
  #dollar(at: number): Token {
    const sql = this.#sql;
    const rest = sql.slice(at, at + 70);
    const [parameter] = /^\$\d{1,5}/.exec(rest) ?? [];
    if (parameter !== undefined) return { kind: 'parameter', text: parameter, start: at, end: at + parameter.length };
    const [tag] = /^\$(?:[A-Za-z_]\w{0,62})?\$/.exec(rest) ?? [];
    if (tag === undefined || this.#dialect !== 'postgresql') return { kind: 'sign', text: '$', start: at, end: at + 1 };
    const from = at + tag.length;
    const found = sql.indexOf(tag, from);
    const to = found === -1 ? sql.length : found;
    return { kind: 'text', text: sql.slice(from, to), start: at, end: found === -1 ? to : to + tag.length };
  }

  /** From `start`, with the opening quote at `from`. One that never closes goes to the end. */
  #quoted(kind: TokenKind, start: number, from: number, quote: string, hasEscapes: boolean): Token {
    const sql = this.#sql;
    let text = '';
    let piece = from + 1;
    let at = piece;
    for (; at < sql.length; at++) {
      const char = sql[at];
      if (char === '\\' && hasEscapes) {
        text += sql.slice(piece, at) + unescaped(sql[at + 1] ?? '');
        at++;
        piece = at + 1;
      } else if (char === quote) {
        if (sql[at + 1] !== quote) break;
        text += sql.slice(piece, at + 1);
        at++;
        piece = at + 1;
      }
    }
    text += sql.slice(piece, Math.min(at, sql.length));
    return { kind, text, start, end: Math.min(at + 1, sql.length) };
  }

  /** A comment: nothing for the reader. */
  #until(at: number, mark: string, from: number): Token {
    const found = this.#sql.indexOf(mark, at + from);
    const end = found === -1 ? this.#sql.length : found + mark.length;
    if (this.#comments.length < MAX_COMMENTS) this.#comments.push(this.#sql.slice(at, end).trim());
    return { kind: 'sign', text: ' ', start: at, end };
  }
}

function unescaped(char: string): string {
  switch (char) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'r':
      return '\r';
    case '0':
      return '\0';
    default:
      return char;
  }
}

function isDigit(char: string): boolean {
  return char >= '0' && char <= '9';
}

function isWordStart(char: string): boolean {
  return /[A-Za-z_@\u0080-\uffff]/.test(char);
}

function isWordPart(char: string): boolean {
  return /[A-Za-z0-9_@$\u0080-\uffff]/.test(char);
}
