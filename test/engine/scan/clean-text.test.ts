import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createScanner } from '../../../engine/scan/scanner.ts';
import { MEDIUM } from '../../../flow/finding.ts';
import { seeded } from '../../support/every-split.ts';

const scanner = createScanner();
const random = seeded(2024);
const hex = (length: number): string =>
  Array.from({ length }, () => '0123456789abcdef'[Math.floor(random() * 16)]).join('');
const digits = (length: number): string => Array.from({ length }, () => Math.floor(random() * 10)).join('');
const int = (below: number): number => Math.floor(random() * below);
const base64 = (bytes: number): string => Buffer.from(Array.from({ length: bytes }, () => int(256))).toString('base64');
const uuid = (): string => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
const two = (value: number): string => String(value).padStart(2, '0');
const stamp = (): string =>
  `2024-${two(1 + int(12))}-${two(1 + int(28))}T${two(int(24))}:${two(int(60))}:${two(int(60))}.${digits(3)}Z`;

/** Kinds of text that agents send all day and that hold nothing sensitive; each line is made anew. */
const KINDS: Readonly<Record<string, () => string>> = {
  'lock files': () =>
    `    "node_modules/pkg-${int(99)}": { "version": "${int(20)}.${int(30)}.${int(9)}", "integrity": "sha512-${base64(64)}" },`,
  'identifiers in JSON': () =>
    `{"id":"${uuid()}","parent":"${uuid()}","trace":"${hex(32)}","span":"${hex(16)}","seq":${int(100000)}}`,
  'git logs': () => `commit ${hex(40)}\nMerge: ${hex(7)} ${hex(7)}\n    Fix ${int(5000)} in module ${int(40)}`,
  diffs: () =>
    `@@ -${int(400)},${int(30)} +${int(400)},${int(30)} @@ function run() {\n-  const limit = ${int(90000)};\n+  const limit = ${int(90000)};\nindex ${hex(7)}..${hex(7)} 100644`,
  'log lines': () =>
    `${stamp()} INFO [worker-${int(9)}] request=${uuid()} took ${int(900)}.${digits(2)} ms status=${200 + int(300)} bytes=${int(9999999)}`,
  timestamps: () =>
    `${1700000000 + int(9999999)} ${1700000000000 + int(999999999)} ${1700000000000000 + int(999999999)} ${stamp()}`,
  images: () => `<img src="data:image/png;base64,${base64(300)}">`,
  versions: () =>
    `chrome/${int(140)}.0.${int(7000)}.${int(200)} v${int(9)}.${int(9)}.${int(99)}-rc.${int(9)} (build ${digits(6)})`,
  'rows of numbers': () => Array.from({ length: 14 }, () => int(100000)).join(', '),
  decimals: () => Array.from({ length: 8 }, () => `${int(10)}.${digits(12)}`).join(' '),
  'hex dumps': () => `${hex(8)}: ${Array.from({ length: 8 }, () => hex(4)).join(' ')}  ................`,
  prices: () =>
    `Total: $${int(9999)}.${digits(2)} (${int(100)} items), EUR ${int(99)},${digits(2)}, order no. ${digits(7)}`,
  code: () =>
    `  if (user.password !== input.password) throw new Error('wrong password: ' + user.name); // line ${int(900)}`,
  'typed fields': () =>
    `  readonly password: string; name: UserName; token?: string | null; card: CardNumber; address: Address;`,
  'environment templates': () =>
    'DB_PASSWORD=${DB_PASSWORD}\nAPI_KEY=<your-api-key>\nSECRET=changeme\nPASSWORD=********',
  'workflow files': () =>
    `      - name: Upload Test Results\n        uses: actions/upload-artifact@v${int(5)}\n      - name: Build Docs\n        run: npm run build`,
};

/** Kinds of documents that some of these texts are. */
const WHAT_THEY_ARE: ReadonlySet<string> = new Set(['STACK_TRACE_LOG_DUMP', 'SOURCE_CODE']);

describe('text that holds nothing sensitive', () => {
  for (const [kind, line] of Object.entries(KINDS)) {
    it(`gives no finding of medium or higher: ${kind}`, () => {
      const text = Buffer.from(Array.from({ length: 400 }, line).join('\n'));
      // That a log is a log, and code is code, is no false alarm.
      const findings = scanner
        .scan(text, { label: null, role: null })
        .filter((one) => one.score >= MEDIUM && !WHAT_THEY_ARE.has(one.entity));
      const seen = findings.map(
        (one) => `${one.entity} ${one.score} ${text.toString('utf8', one.start - 20, one.end + 10)}`,
      );
      assert.deepEqual(seen, []);
    });
  }
});
