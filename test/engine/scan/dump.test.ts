import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seeded } from '../../../bench/prompts.ts';
import { readDumps } from '../../../engine/scan/dump.ts';
import { numberKey } from '../../../engine/scan/dump-column.ts';
import { assembled } from '../../../engine/scan/recognizer.ts';
import { createScanner } from '../../../engine/scan/scanner.ts';
import { KEPT, type TextFinding } from '../../../flow/finding.ts';

type Random = () => number;
type Make = (random: Random, row: number) => string;

const int = (random: Random, below: number): number => Math.floor(random() * below);
const pick = (random: Random, from: readonly string[]): string => from[int(random, from.length)] ?? '';
const two = (value: number): string => String(value).padStart(2, '0');
const digits = (random: Random, count: number): string =>
  Array.from({ length: count }, () => String(int(random, 10))).join('');

function withLuhn(body: string): string {
  let sum = 0;
  for (let i = body.length - 1, isDouble = true; i >= 0; i--, isDouble = !isDouble) {
    const digit = Number(body[i]) * (isDouble ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return body + ((10 - (sum % 10)) % 10);
}

const GIVEN = ['Anna', 'Jonas', 'Mira', 'Pavel', 'Ines', 'Tomas', 'Lea', 'Oskar', 'Carla', 'Henrik', 'Zoltán', 'Søren'];
const FAMILY = ['Lindqvist', 'Moreau', 'Keller', 'Novak', 'Rossi', 'Jansen', 'Silva', 'Brandt', 'Nowak', 'Olsen'];
const HOSTS = ['mail.example.com', 'example.org', 'post.example.net', 'acme.example.io', 'firma.de', 'poste.fr'];
const TOWNS = ['Springfield', 'Turku', 'Salzburg', 'Lyon', 'Porto', 'Vis', 'Gothenburg', 'Leeds'];

/** Columns of every kind that dumps have: one kind of value, none, any. */
const COLUMNS: Readonly<Record<string, Make>> = {
  id: (_, row) => String(row),
  full_name: (random) => `${pick(random, GIVEN)} ${pick(random, FAMILY)}`,
  email: (random) =>
    `${pick(random, GIVEN)}.${pick(random, FAMILY)}${int(random, 900)}@${pick(random, HOSTS)}`.toLowerCase(),
  phone: (random) => `+1 415 ${200 + int(random, 700)} ${digits(random, 4)}`,
  mobile: (random) => `0${150 + int(random, 30)} ${digits(random, 7)}`,
  date_of_birth: (random) => `${1950 + int(random, 55)}-${two(1 + int(random, 12))}-${two(1 + int(random, 28))}`,
  city: (random) => pick(random, TOWNS),
  card: (random) => withLuhn(`4${digits(random, 14)}`),
  ssn: (random) =>
    `${two(10 + int(random, 80))}${int(random, 9)}-${two(1 + int(random, 98))}-${1000 + int(random, 8999)}`,
  order_no: (random) => digits(random, 7),
  amount: (random) => `${int(random, 900)}.${two(int(random, 100))}`,
  status: (random) => pick(random, ['active', 'closed', 'on hold', '']),
  uuid: (random) =>
    [8, 4, 4, 4, 12].map((n) => Array.from({ length: n }, () => int(random, 16).toString(16)).join('')).join('-'),
  ip: (random) => [1 + int(random, 222), int(random, 256), int(random, 256), 1 + int(random, 254)].join('.'),
  notes: (random) => pick(random, ['', 'none', 'was late', 'paid in full', 'left a message', 'see ticket 4411']),
  created_at: (random) => `2024-0${1 + int(random, 9)}-1${int(random, 10)}T0${int(random, 10)}:12:5${int(random, 10)}Z`,
};

/** What stands somewhere in a dump by mistake. */
const OUTLIERS: readonly Make[] = [
  (random) => assembled('gh', 'p_', Array.from({ length: 36 }, () => int(random, 36).toString(36)).join('')),
  (random) => assembled('AK', 'IA', Array.from({ length: 16 }, () => pick(random, [...'ABCDEFGH234567'])).join('')),
  (random) => withLuhn(`4${digits(random, 14)}`),
  (random) => `card ${withLuhn(`5${1 + int(random, 5)}${digits(random, 13)}`)}`,
  () => 'DE89 3704 0044 0532 0130 00',
  () => 'DE89370400440532013000',
  (random) => `password: ${assembled('Tr0ub4', 'dor&')}${int(random, 90)}`,
  () => 'SSN 536-22-8145',
  () => '536-22-8145',
  () => 'write to jane.doe@example.com instead',
  () => 'call +44 20 7946 0958 first',
  () => '10.20.30.40',
  () => 'https://user:pa55word@host.example.com/x',
  () => 'passport',
  () => '4111 1111 1111 1111',
  () => '45/66/1984',
  () => '+1 000 000 0000',
  () => 'Dear Mr. John Smith,',
  () => 'x'.repeat(300),
  () => '\u0034\uff15\uff13\uff12 0151 1283 0366',
  () => 'bmFtZTogSmFuZSBEb2UsIGphbmUuZG9lQGV4YW1wbGUuY29t',
  () => '',
];

type Write = (columns: readonly string[], rows: readonly (readonly string[])[]) => string;
const quoted = (cell: string): string => `'${cell.replaceAll("'", "''")}'`;
const separated =
  (delimiter: string, isQuoted: boolean, end = '\n'): Write =>
  (columns, rows) =>
    [columns, ...rows.map((row) => row.map((cell) => (isQuoted || cell.includes(delimiter) ? `"${cell}"` : cell)))]
      .map((cells) => cells.join(delimiter) + end)
      .join('');
const FORMATS: readonly Write[] = [
  separated(',', false),
  separated(',', true, '\r\n'),
  separated(';', false),
  separated('\t', false),
  (columns, rows) =>
    rows.map((row) => `INSERT INTO t (${columns.join(', ')}) VALUES (${row.map(quoted).join(', ')});\n`).join(''),
  (columns, rows) =>
    `INSERT INTO t (${columns.join(', ')}) VALUES\n${rows.map((row) => `(${row.map(quoted).join(',')})`).join(',\n')};\n`,
];

interface Dump {
  readonly text: Buffer;
  readonly shown: string;
}

function dumpOf(seed: number, rows: number): Dump {
  const random = seeded(seed);
  // The number of the row first: lines that begin with the + of a telephone number read as lines of a diff.
  const others = Object.keys(COLUMNS)
    .slice(1)
    .map((name) => ({ name, order: random() }))
    .sort((a, b) => a.order - b.order)
    .slice(0, 3 + int(random, 5))
    .map(({ name }) => name);
  const kinds = ['id', ...others];
  const outliers = int(random, 14);
  const table = Array.from({ length: rows }, (_, row) => kinds.map((name) => COLUMNS[name]?.(random, row + 1) ?? ''));
  for (let i = 0; i < outliers; i++) {
    const row = table[int(random, rows)];
    const outlier = OUTLIERS[int(random, OUTLIERS.length)];
    if (row !== undefined && outlier !== undefined) row[int(random, kinds.length)] = outlier(random, i);
  }
  const format = int(random, FORMATS.length);
  const text = FORMATS[format]?.(kinds, table) ?? '';
  return { text: Buffer.from(text), shown: `seed ${seed}, format ${format}, ${kinds.join()}` };
}

const HINTS = { label: null, role: null };
const keyOf = ({ entity, start, end }: TextFinding): string => `${entity} ${start} ${end}`;

describe('dumps', () => {
  it('hold what a scan of all their text finds, whatever stands in which cell', () => {
    const scanner = createScanner({ names: 'off', least: KEPT });
    for (let seed = 1; seed <= 8; seed++) {
      const { text, shown } = dumpOf(seed, 600);
      // A scan that explains reads all of the text.
      const whole = scanner.scan(text, { ...HINTS, isExplained: true });
      assert.deepEqual(scanner.scan(text, HINTS).map(keyOf), whole.map(keyOf), shown);
    }
  });

  it('hold the names that a scan of all their text finds', () => {
    const scanner = createScanner({ least: KEPT });
    const columns = ['id', 'full_name', 'email', 'phone', 'date_of_birth', 'city'];
    for (const seed of [0, 4, 5]) {
      const random = seeded(seed + 1);
      const rows = Array.from({ length: 400 }, (_, row) =>
        columns.map((name) => COLUMNS[name]?.(random, row + 1) ?? ''),
      );
      const text = Buffer.from(FORMATS[seed]?.(columns, rows) ?? '');
      const whole = scanner.scan(text, { ...HINTS, isExplained: true });
      assert.deepEqual(scanner.scan(text, HINTS).map(keyOf), whole.map(keyOf), `format ${seed}`);
      assert.ok(whole.filter(({ entity }) => entity === 'PERSON').length >= 400);
    }
  });

  it('are told with scores, alternatives and the place of what was found encoded', () => {
    const scanner = createScanner({ names: 'off', least: KEPT });
    const rows = Array.from({ length: 600 }, (_, row) => [String(row), `a.b${row}@example.com`, '']);
    const decoy = rows[500];
    if (decoy !== undefined) decoy[2] = Buffer.from('write to jane.doe@example.org, please').toString('base64');
    const text = Buffer.from(separated(',', false)(['id', 'email', 'notes'], rows));
    const found = scanner.scan(text, HINTS);
    const addresses = found.filter(({ entity }) => entity === 'EMAIL_ADDRESS');
    assert.equal(addresses.length, 601);
    assert.deepEqual([...new Set(addresses.slice(0, 300).map(({ score }) => score))], [0.9]);
    const hidden = addresses.filter((one) => scanner.isDecoded(one));
    assert.deepEqual(
      hidden.map((one) => scanner.valueOf(text, one)),
      ['jane.doe@example.org'],
    );
    for (const { start, end } of hidden) assert.ok(decoy?.[2]?.includes(text.toString('latin1', start, end)));
    assert.equal(found.filter(({ entity }) => entity === 'BULK_CSV_TABLE').length, 1);
    assert.ok((found.find(({ entity }) => entity === 'BULK_CSV_TABLE')?.end ?? 0) >= text.length - 2);
  });

  it('are read without most of their rows being scanned', () => {
    const rows = Array.from({ length: 2000 }, (_, row) => `${row},a.b${row}@example.com\n`);
    const text = Buffer.from(`id,email\n${rows.join('')}`);
    const scanner = createScanner({ names: 'off', least: KEPT });
    const scanned: number[] = [];
    const addressesIn = (part: Buffer): TextFinding[] => {
      scanned.push(part.length);
      return [...scanner.scan(part, HINTS)].filter(({ entity }) => entity === 'EMAIL_ADDRESS');
    };
    const label = { words: { list: [], text: ' ' }, bits: new Uint32Array(1), wanted: [] };
    const condensed = readDumps(text, {
      label: () => label,
      scan: addressesIn,
      read: (cell) => ({
        findings: addressesIn(cell),
        cues: new Set(),
        words: Uint32Array.of(cell.toString('latin1') === '1099' ? 1 : 0),
        asked: new Set(cell.includes('@') ? ['email-address'] : []),
      }),
      numberWords: new Set([numberKey(1099, 4)]),
      checkOf: () => () => true,
    });
    assert.ok(condensed !== null);
    const sum = scanned.reduce((total, length) => total + length, 0);
    assert.ok(sum + condensed.text.length < text.length / 2, `${sum} and ${condensed.text.length} of ${text.length}`);
    assert.ok(condensed.findings.length > 1800);
    for (const { start, end } of condensed.findings)
      assert.match(text.toString('latin1', start, end), /^a\.b\d+@example\.com$/);
    // The row with a number that is a word is left in it, and the places of what is left are those of the whole.
    const at = condensed.text.indexOf('\n1099,') + 1;
    assert.ok(at > 0);
    assert.equal(text.toString('latin1', condensed.placeOf(at, false), condensed.placeOf(at + 5, true)), '1099,');
  });

  it('are looked for in one long line in time that grows with its length', () => {
    const nobody = (): never => assert.fail('there is no table');
    const scanner = { label: nobody, scan: nobody, read: nobody, numberWords: new Set<number>(), checkOf: nobody };
    const time = (bytes: number): number => {
      const text = Buffer.alloc(bytes, 'a');
      const before = process.cpuUsage();
      assert.equal(readDumps(text, scanner), null);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    };
    time(1_000_000);
    // Looks that go on to the end of the line take seconds.
    assert.ok(time(32_000_000) < 1000);
  });
});
