/**
 * Texts for the scanner's speed: what is installed with Weir and its own sources, and made ones (logs, dumps, text made to
 * hurt), the same each time. Nothing is fetched.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../config/package-root.ts';
import { makePrompts, seeded } from './prompts.ts';

/** Files joined, up to `bytes`. */
function filesOf(patterns: readonly string[], bytes: number): Buffer {
  const parts: Buffer[] = [];
  let length = 0;
  for (const path of patterns.flatMap((pattern) => globSync(pattern, { cwd: packageRoot }).sort())) {
    if (length >= bytes) break;
    const part = readFileSync(join(packageRoot, path));
    parts.push(part);
    length += part.length;
  }
  return Buffer.concat(parts).subarray(0, bytes);
}

/** The words of the prompts, as running text. */
function proseOf(bytes: number): Buffer {
  const texts = makePrompts(Math.ceil(bytes / 3600), 5, 'api.openai.com').map(({ bytes: request }) =>
    request.toString('utf8', request.indexOf('\r\n\r\n') + 4).replace(/[{}"[\]]|\\n/g, ' '),
  );
  return Buffer.from(texts.join('\n')).subarray(0, bytes);
}

/** Lines made one by one until there are `bytes`. */
function linesOf(bytes: number, seed: number, line: (random: () => number, row: number) => string, head = ''): Buffer {
  const random = seeded(seed);
  const parts: string[] = [head];
  for (let length = head.length, row = 1; length < bytes; row++) {
    const made = line(random, row);
    parts.push(made);
    length += made.length;
  }
  return Buffer.from(parts.join('')).subarray(0, bytes);
}

const int = (random: () => number, below: number): number => Math.floor(random() * below);
const two = (value: number): string => String(value).padStart(2, '0');
const hex = (random: () => number, length: number): string =>
  Array.from({ length }, () => '0123456789abcdef'[int(random, 16)]).join('');

function stamp(random: () => number): string {
  return `2025-${two(1 + int(random, 12))}-${two(1 + int(random, 28))}T${two(int(random, 24))}:${two(int(random, 60))}:${two(int(random, 60))}.${int(random, 900) + 100}Z`;
}

function logLine(random: () => number): string {
  return `${stamp(random)} INFO [worker-${int(random, 9)}] request=${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-a${hex(random, 3)}-${hex(random, 12)} GET /v1/items/${int(random, 90000)} status=${200 + int(random, 300)} took=${int(random, 900)}ms bytes=${int(random, 99999)}\n`;
}

const GIVEN = ['Anna', 'Jonas', 'Mira', 'Pavel', 'Ines', 'Tomas', 'Lea', 'Oskar', 'Carla', 'Henrik'];
const FAMILY = ['Lindqvist', 'Moreau', 'Keller', 'Novak', 'Rossi', 'Jansen', 'Silva', 'Brandt', 'Nowak', 'Olsen'];

/** A person of a dump: name, e-mail address, telephone, date of birth, town. */
function person(random: () => number): readonly string[] {
  const given = GIVEN[int(random, GIVEN.length)] ?? '';
  const family = FAMILY[int(random, FAMILY.length)] ?? '';
  const mail = `${given}.${family}${int(random, 900)}@mail.example.com`.toLowerCase();
  const phone = `+1 555 ${100 + int(random, 900)} ${1000 + int(random, 9000)}`;
  const born = `${1950 + int(random, 55)}-${two(1 + int(random, 12))}-${two(1 + int(random, 28))}`;
  return [`${given} ${family}`, mail, phone, born, 'Springfield'];
}

const COLUMNS = 'full_name,email,phone,date_of_birth,city';

function csvRow(random: () => number, row: number): string {
  return `${row},${person(random).join(',')}\n`;
}

function sqlRow(random: () => number, row: number): string {
  return `INSERT INTO customers (id, ${COLUMNS.replaceAll(',', ', ')}) VALUES (${row}, '${person(random).join("', '")}');\n`;
}

export interface SpeedText {
  readonly name: string;
  readonly text: Buffer;
  /** MB/s to reach without names and with them; null where nothing is asked. */
  readonly target: { readonly without: number | null; readonly withNames: number | null };
}

const MB = 1_000_000;

export function speedTexts(dumpBytes: number): readonly SpeedText[] {
  const fast = { without: 100, withNames: 8 };
  return [
    { name: 'prose', text: proseOf(2 * MB), target: fast },
    {
      name: 'Markdown',
      text: filesOf(['docs/*.md', 'node_modules/**/*.md'], 2 * MB),
      target: { without: null, withNames: 8 },
    },
    {
      name: 'JSON',
      text: filesOf(['package-lock.json', 'node_modules/**/package.json', 'node_modules/**/*.json'], 1.5 * MB),
      target: fast,
    },
    {
      name: 'source code',
      text: filesOf(
        ['proxy/**/*.ts', 'store/**/*.ts', 'node_modules/undici/lib/**/*.js', 'node_modules/openai/src/**/*.ts'],
        2 * MB,
      ),
      target: { without: 30, withNames: 8 },
    },
    { name: 'logs', text: linesOf(2 * MB, 3, logLine), target: { without: null, withNames: null } },
    {
      name: 'CSV dump',
      text: linesOf(dumpBytes, 7, csvRow, `id,${COLUMNS}\n`),
      target: { without: null, withNames: null },
    },
    { name: 'SQL dump', text: linesOf(dumpBytes, 9, sqlRow), target: { without: null, withNames: null } },
  ];
}

/** Runs of cues, digits, one sign, no space: each is written over a whole text. */
const UNITS: readonly string[] = [
  '1',
  '@',
  ' ',
  'a',
  'a@',
  '1 ',
  '1.',
  ':',
  '-',
  '://',
  'eyJ',
  'password=',
  'pwd=;',
  '-----BEGIN PRIVATE KEY-----',
  '4111 1111 1111 1111 ',
  '1 Main Street, ',
  'Dear ',
  'Maria Keller ',
  'key token secret ',
  'SSN 12',
  '%41',
  '\\u0041',
  '&#65;',
  '\\n',
  '{"a":',
  '[',
];

export interface HurtingText {
  readonly name: string;
  /** `bytes` of it. */
  make(bytes: number): Buffer;
}

export function hurtingTexts(): readonly HurtingText[] {
  const random = seeded(17);
  const noise = Buffer.from(Array.from({ length: 300_000 }, () => int(random, 256)));
  const repeated = (bytes: number, source: string): Buffer => Buffer.alloc(bytes, source);
  return [
    ...UNITS.map((unit) => ({ name: JSON.stringify(unit), make: (bytes: number) => Buffer.alloc(bytes, unit) })),
    { name: 'base64 in one line', make: (bytes: number) => repeated(bytes, noise.toString('base64')) },
    { name: 'hexadecimal in one line', make: (bytes: number) => repeated(bytes, noise.toString('hex')) },
    { name: 'invalid UTF-8', make: (bytes: number) => Buffer.alloc(bytes, noise) },
  ];
}
