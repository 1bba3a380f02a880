/**
 * How fast text is scanned: `./scripts/node bench/scan.ts`. Megabytes a second by kind of text, microseconds for a prompt
 * of 4 KB, milliseconds to build a scanner, and text made to hurt at n and 2n bytes; beside a baseline that runs one RE2
 * pattern a kind over the whole text. Times are processor time of this process, so that other load on the machine counts
 * little. Texts are what is installed with Weir and its own sources; nothing is fetched.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import RE2 from 're2';
import { packageRoot } from '../config/package-root.ts';
import { createScanner } from '../engine/scan/scanner.ts';
import { MEDIUM } from '../flow/finding.ts';
import { makePrompts } from './prompts.ts';

/** One pattern for each kind that issue trackers and other tools look for; what a scanner without a gate would run. */
const BASELINE = [
  '\\b(?:\\d[ -]?){13,19}\\b',
  '\\b[A-Z]{2}\\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\\b',
  '\\b\\d{3}-\\d{2}-\\d{4}\\b',
  '[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\\.[A-Za-z]{2,}',
  '\\+?\\(?\\d{1,4}\\)?(?:[ .-]\\(?\\d{2,4}\\)?){2,4}\\b',
  '\\b(?:\\d{1,3}\\.){3}\\d{1,3}\\b',
  '\\b(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}\\b',
  '\\b[a-z][a-z0-9+.-]*://[^\\s/:@]+:[^\\s/@]+@[^\\s/]+',
  '(?i)\\bpassport\\b.{0,20}\\b[A-Z0-9]{8,9}\\b',
  "(?i)\\bdriver'?s? licen[cs]e\\b.{0,20}\\b[A-Z0-9]{6,14}\\b",
  '(?i)\\b(?:dob|born|birth)\\b.{0,20}\\d{1,4}[-/.]\\d{1,2}[-/.]\\d{1,4}',
  '\\b(?:Mr|Mrs|Ms|Dr|Dear)\\.? [A-Z][a-z]+(?: [A-Z][a-z]+)?',
  '\\b\\d{1,5} (?:[A-Z][a-z]+ ){1,3}(?:Street|St|Avenue|Ave|Road|Rd|Lane|Drive)\\b',
  '\\b(?:bc1[a-z0-9]{25,59}|[13][1-9A-HJ-NP-Za-km-z]{25,34}|0x[0-9a-fA-F]{40})\\b',
  '\\b(?:AKIA|ASIA)[A-Z0-9]{16}\\b',
  '(?i)secret.{0,20}[A-Za-z0-9/+]{40}',
  '\\bAIza[0-9A-Za-z_-]{35}\\b',
  'AccountKey=[A-Za-z0-9+/]{86}==',
  '\\bgh[pousr]_[A-Za-z0-9]{36}\\b',
  '\\bglpat-[A-Za-z0-9_-]{20}\\b',
  '\\bxox[abprs]-[A-Za-z0-9-]{20,}',
  '\\b[sr]k_(?:live|test)_[A-Za-z0-9]{20,}',
  '\\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{32,}',
  '-----BEGIN [A-Z ]*PRIVATE KEY-----',
  '\\beyJ[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]*',
  '(?i)(?:password|passwd|pwd)["\']?\\s*[:=]\\s*["\']?[^\\s"\']{4,}',
];

const HINTS = { label: null, role: null };

function processorMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** The middle one of an odd number of runs. */
function median(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[times.length >> 1] ?? 0;
}

function medianMs(runs: number, work: () => void): number {
  return median(Array.from({ length: runs }, () => processorMs(work)));
}

/** Files joined, up to `bytes`. */
function corpus(patterns: readonly string[], bytes: number): Buffer {
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

function line(...cells: readonly (string | number)[]): void {
  const [first = '', ...rest] = cells;
  process.stdout.write(`${String(first).padEnd(34)}${rest.map((cell) => String(cell).padStart(14)).join('')}\n`);
}

const compileMs = medianMs(5, () => createScanner());
const scanner = createScanner();
const patterns = BASELINE.map((source) => new RE2(source, 'gu'));

function baseline(text: Buffer): number {
  let found = 0;
  for (const pattern of patterns) {
    pattern.lastIndex = 0;
    while (pattern.test(text)) found++;
  }
  return found;
}

const KINDS: Readonly<Record<string, Buffer>> = {
  prose: proseOf(2_000_000),
  markdown: corpus(['docs/*.md', 'node_modules/**/*.md'], 2_000_000),
  json: corpus(['package-lock.json', 'node_modules/**/package.json', 'node_modules/**/*.json'], 1_500_000),
  'source code': corpus(
    ['proxy/**/*.ts', 'store/**/*.ts', 'node_modules/undici/lib/**/*.js', 'node_modules/openai/src/**/*.ts'],
    2_000_000,
  ),
};

/** Authors' names and addresses stand in these texts, and are found rightly. */
const IS_TRUE_HERE = new Set(['EMAIL_ADDRESS', 'PERSON']);

line('text', 'MB/s', 'baseline MB/s', 'ratio', 'others/100 KB');
for (const [kind, text] of Object.entries(KINDS)) {
  for (let round = 0; round < 12; round++) scanner.scan(text, HINTS);
  const ms = medianMs(9, () => scanner.scan(text, HINTS));
  const plainMs = medianMs(3, () => baseline(text));
  const findings = scanner
    .scan(text, HINTS)
    .filter((one) => one.score >= MEDIUM && !IS_TRUE_HERE.has(one.entity)).length;
  const rate = (time: number): string => (text.length / 1000 / time).toFixed(1);
  line(kind, rate(ms), rate(plainMs), (plainMs / ms).toFixed(1), ((findings * 100_000) / text.length).toFixed(2));
}

const prompts = makePrompts(400, 11, 'api.openai.com').map(({ bytes }) =>
  bytes.subarray(bytes.indexOf('\r\n\r\n') + 4),
);
const promptBytes = prompts.reduce((sum, prompt) => sum + prompt.length, 0) / prompts.length;
const promptMs = medianMs(9, () => {
  for (const prompt of prompts) scanner.scan(prompt, HINTS);
});
const plainPromptMs = medianMs(3, () => {
  for (const prompt of prompts) baseline(prompt);
});
process.stdout.write('\n');
line('prompt', 'µs', 'baseline µs', 'bytes');
line(
  'distinct prompts in JSON',
  ((promptMs * 1000) / prompts.length).toFixed(1),
  ((plainPromptMs * 1000) / prompts.length).toFixed(1),
  promptBytes.toFixed(0),
);

process.stdout.write('\n');
line('build a scanner', `${compileMs.toFixed(1)} ms`);

process.stdout.write('\n');
line('made to hurt (1 MB)', 'MB/s', 'time 2n/n');
const UNITS = [
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
  '\\n',
];
let worst = Number.POSITIVE_INFINITY;
for (const unit of UNITS) {
  const [half, whole] = [Buffer.alloc(500_000, unit), Buffer.alloc(1_000_000, unit)];
  scanner.scan(half, HINTS);
  const halfMs = medianMs(3, () => scanner.scan(half, HINTS));
  const wholeMs = medianMs(3, () => scanner.scan(whole, HINTS));
  const rate = 1000 / wholeMs;
  worst = Math.min(worst, rate);
  line(JSON.stringify(unit), rate.toFixed(1), (wholeMs / halfMs).toFixed(2));
}
line('worst', worst.toFixed(1));
