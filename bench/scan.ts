/**
 * `./scripts/node bench/scan.ts [--quick]`: how fast text is scanned, beside what is meant to be reached and beside a
 * baseline that runs one RE2 pattern a kind over the whole text.
 */
import { parseArgs } from 'node:util';
import RE2 from 're2';
import { FULL_RUN, measureScan, medianMs, QUICK_RUN, scanTables, scanVerdicts } from './scan-speed.ts';
import { speedTexts } from './scan-texts.ts';

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

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const options = values.quick ? QUICK_RUN : FULL_RUN;
const figures = measureScan(options);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

for (const line of scanTables(figures)) say(line);
for (const line of scanVerdicts(figures)) say(`- ${line}`);
say(`- memory of the process afterwards: ${figures.rssMib.toFixed(0)} MiB`);

const patterns = BASELINE.map((source) => new RE2(source, 'gu'));
say('');
say('the baseline: one pattern a kind');
for (const { name, text } of speedTexts(1_000_000)) {
  const ms = medianMs(options.runs > 1 ? 3 : 1, () => {
    for (const pattern of patterns) {
      pattern.lastIndex = 0;
      while (pattern.test(text));
    }
  });
  say(`  ${name}: ${(text.length / 1000 / ms).toFixed(1)} MB/s`);
}
