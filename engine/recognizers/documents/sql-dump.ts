/** Dumps of databases: their headers, or tables made and filled (mysqldump, pg_dump, sqlite3 .dump, phpMyAdmin). */
import { documentKind } from './document.ts';

/** Numbers of cues: the first ones open a dump by themselves. */
const HEADERS = [
  '-- MySQL dump',
  '-- MariaDB dump',
  '-- PostgreSQL database dump',
  '-- phpMyAdmin SQL Dump',
  '-- Dumped from database',
  'PRAGMA foreign_keys=OFF',
  'SET statement_timeout',
  '/*!40101 SET',
];
const STATEMENTS = [
  'insert into ',
  'create table ',
  'drop table if exists',
  'lock tables ',
  'alter table only',
  'from stdin;',
];
const STATEMENT_BITS = ((1 << STATEMENTS.length) - 1) << HEADERS.length;
const INSERT = 1 << HEADERS.length;
const CREATE = 2 << HEADERS.length;
const COPY = 1 << (HEADERS.length + 5);

const rows = `INSERT INTO users VALUES (1,'ann');\nINSERT INTO users VALUES (2,'ben');\nINSERT INTO users VALUES (3,'cy');\n`;

export const sqlDump = documentKind({
  name: 'sql-dump',
  entity: 'SQL_DUMP',
  cues: [
    ...HEADERS.map((literal) => ({ literal, exact: true })),
    ...STATEMENTS.map((literal) => ({ literal, startsWord: true })),
  ],
  // Words of English too: a statement names a table and goes on as SQL does.
  counts: ({ text }, _start, end, { literal }) => {
    if (literal !== 'insert into ' && literal !== 'create table ') return true;
    const rest = text.toString('latin1', end, end + 160);
    return /^(?:if not exists )?[\w."`[\]]{1,130}\s*(?:\(|values\b|select\b|default\b)/i.test(rest);
  },
  gap: 4000,
  score: ({ kinds, count }) => {
    const hasHeader = (kinds & ~STATEMENT_BITS) !== 0;
    if (hasHeader && (kinds & STATEMENT_BITS) !== 0) return 0.95;
    if ((kinds & CREATE) !== 0 && (kinds & (INSERT | COPY)) !== 0) return 0.85;
    if (hasHeader) return 0.6;
    return (kinds & INSERT) !== 0 && count >= 3 ? 0.7 : 0;
  },
  hits: [
    { text: rows, value: rows.trimEnd() },
    {
      text: `-- PostgreSQL database dump\nCREATE TABLE public.t (id int);\nCOPY public.t (id) FROM stdin;\n1\n\\.\n`,
      value: `-- PostgreSQL database dump\nCREATE TABLE public.t (id int);\nCOPY public.t (id) FROM stdin;`,
      atLeast: 0.8,
    },
  ],
  misses: [
    { text: 'Use INSERT INTO t VALUES (1) and then SELECT * FROM t.' },
    { text: 'You can create table legs from oak and insert into them a bolt.' },
  ],
});
