import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readSql, type SqlDialect, type SqlStatement } from '../../../sensor/stores/sql.ts';
import { seeded } from '../../support/every-split.ts';

function values({ literals }: SqlStatement): readonly string[] {
  return literals.map(({ column, row, text }) => `${row ?? '-'} ${column ?? '-'} ${text}`);
}

interface Case {
  readonly sql: string;
  readonly dialect?: SqlDialect;
  readonly operation: string | null;
  readonly table: string | null;
  readonly literals?: readonly string[];
  readonly parameters?: readonly string[];
  readonly comments?: readonly string[];
  readonly columns?: readonly string[];
}

const CASES: readonly Case[] = [
  {
    sql: "INSERT INTO crm.users (id, email, note) VALUES (1, 'a@b.example', 'it''s'), (2, 'c@d.example', NULL) ON CONFLICT (id) DO UPDATE SET note = 'again'",
    operation: 'INSERT',
    table: 'crm.users',
    columns: ['id', 'email', 'note'],
    literals: ['0 email a@b.example', "0 note it's", '1 email c@d.example', '- note again'],
  },
  {
    sql: 'INSERT INTO "Users" ("E-mail", card) VALUES ($1, $2), ($3, lower($4))',
    operation: 'INSERT',
    table: 'Users',
    columns: ['E-mail', 'card'],
    parameters: ['0 E-mail', '0 card', '1 E-mail', '1 card'],
  },
  {
    sql: "SELECT name FROM users u JOIN cards c ON c.id = u.id WHERE lower(email) = lower('A@b.example') AND c.pan IN ('41111', $2) AND age BETWEEN 18000 AND 19000 LIMIT 1000",
    operation: 'SELECT',
    table: 'users',
    literals: ['- email A@b.example', '- pan 41111', '- age 18000', '- age 19000', '- - 1000'],
    parameters: ['- -', '- pan'],
  },
  {
    sql: 'WITH old AS (SELECT * FROM t WHERE x = ?) UPDATE users SET email = ?, `first name` = ? WHERE id = ?',
    dialect: 'mysql',
    operation: 'UPDATE',
    table: 't',
    parameters: ['- x', '- email', '- first name', '- id'],
  },
  {
    sql: String.raw`insert into t values ("say \"hi\"", 'a\'b') # 'no literal'`,
    dialect: 'mysql',
    operation: 'INSERT',
    table: 't',
    literals: ['0 - say "hi"', "0 - a'b"],
  },
  {
    sql: String.raw`select e'a\'b', $q$it's $1$q$, 'plain\', x -- 'no' $9`,
    operation: 'SELECT',
    table: null,
    literals: ["- - a'b", "- - it's $1", '- - plain\\'],
  },
  {
    sql: 'COPY crm.users (email, card) FROM STDIN WITH (FORMAT csv)',
    operation: 'COPY',
    table: 'crm.users',
    columns: ['email', 'card'],
  },
  { sql: "LOAD DATA LOCAL INFILE '/tmp/x' INTO TABLE users", dialect: 'mysql', operation: 'LOAD', table: 'users' },
  { sql: '/* app */ begin -- now', operation: 'BEGIN', table: null, comments: ['/* app */', '-- now'] },
  { sql: '', operation: null, table: null },
  {
    sql: "delete from only users where mail like '%x@y.example'",
    operation: 'DELETE',
    table: 'users',
    literals: ['- mail %x@y.example'],
  },
];

describe('a statement', () => {
  for (const one of CASES) {
    test(`is read: ${one.sql.slice(0, 60)}`, () => {
      const read = readSql(one.sql, one.dialect ?? 'postgresql');
      assert.equal(read.operation, one.operation);
      assert.equal(read.table, one.table);
      if (one.literals !== undefined) assert.deepEqual(values(read), one.literals);
      if (one.parameters !== undefined) {
        assert.deepEqual(
          read.parameters.map(({ column, row }) => `${row ?? '-'} ${column ?? '-'}`),
          one.parameters,
        );
      }
      if (one.comments !== undefined) assert.deepEqual(read.comments, one.comments);
      if (one.columns !== undefined) assert.deepEqual(read.columns, one.columns);
    });
  }

  test('a literal without a column has the word before it as its label', () => {
    const labels = (sql: string) => readSql(sql, 'mysql').literals.map(({ label }) => label);
    assert.deepEqual(labels("CREATE USER app PASSWORD 'x'"), ['PASSWORD']);
    assert.deepEqual(labels("CREATE USER 'app' IDENTIFIED BY 'x'"), ['USER', 'IDENTIFIED']);
    assert.deepEqual(labels("UPDATE t SET email = 'x'"), ['email']);
  });

  test('no text makes it throw, and none takes long', () => {
    const random = seeded(3);
    const pieces = [
      "'",
      '"',
      '`',
      '$',
      '$$',
      '\\',
      '(',
      ')',
      ',',
      ';',
      '--',
      '/*',
      '*/',
      ' select ',
      ' values ',
      'x',
      '9',
      '?',
      '=',
    ];
    for (let round = 0; round < 3000; round++) {
      const text = Array.from({ length: 60 }, () => pieces[Math.floor(random() * pieces.length)]).join('');
      for (const dialect of ['postgresql', 'mysql', 'clickhouse'] as const) readSql(text, dialect);
    }
    for (const piece of pieces) readSql(piece.repeat(20_000), 'postgresql');
  });
});
