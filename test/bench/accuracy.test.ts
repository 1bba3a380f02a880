import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { measureClean, TARGET_PER_100_KB } from '../../bench/accuracy/clean.ts';
import { measureFields } from '../../bench/accuracy/fields.ts';
import { isFurther, waysOf, withoutGenerator } from '../../bench/accuracy/kinds.ts';
import { measureMixed } from '../../bench/accuracy/mixed.ts';
import { judgedExamples, measureSecrets, secretExamples } from '../../bench/accuracy/secrets.ts';
import { type CorpusText, readManifest, sha256Of, type TextKind } from '../../bench/corpus/texts.ts';
import { packageRoot } from '../../config/package-root.ts';
import { createScanner, ENTITIES } from '../../engine/scan/scanner.ts';

const scanner = createScanner();
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** A part of what `bench/accuracy.ts` measures, with bounds a little below its targets, so that a step back fails. */
describe('values that something else made, in texts that carry them', () => {
  const listed = [...ENTITIES.keys()].filter((entity) => waysOf(entity).length > 0 && !isFurther(entity));
  const figures = measureMixed(scanner, { entities: new Set(listed), texts: [], every: 4 });

  it('nearly every entity has a generator', (t) => {
    const lacking = withoutGenerator(ENTITIES.keys());
    for (const entity of lacking) t.diagnostic(`no generator: ${entity}`);
    assert.ok(lacking.length <= ENTITIES.size * 0.05, `${lacking.length} of ${ENTITIES.size} entities lack one`);
  });

  it('are found', () => {
    assert.ok(figures.length > 300, `${figures.length} entities`);
    const recall = mean(figures.map((one) => one.recall));
    assert.ok(recall >= 0.93, `mean recall ${recall.toFixed(3)}`);
    const low = figures.filter((one) => one.recall < 0.75).map(({ entity }) => entity);
    assert.ok(low.length <= figures.length * 0.1, `below 0.75: ${low.join(', ')}`);
  });

  it('are not taken for something else', () => {
    const precision = mean(figures.map((one) => one.precision ?? 1));
    assert.ok(precision >= 0.97, `mean precision ${precision.toFixed(3)}`);
  });

  it('are the same each time', () => {
    const again = measureMixed(scanner, { entities: new Set(listed.slice(0, 20)), texts: [], every: 4 });
    for (const one of again) {
      const first = figures.find(({ entity }) => entity === one.entity);
      assert.deepEqual([one.planted, one.found], [first?.planted, first?.found], one.entity);
    }
  });
});

describe('published examples of credentials', () => {
  const figures = measureSecrets(scanner);

  it('those that are secrets are found, those without one are left alone', () => {
    const missed = figures.missed.map(({ row, rule }) => `${row} ${rule}`);
    assert.ok(figures.recall >= 0.95, `${figures.recall.toFixed(4)} found; missed ${missed.join(', ')}`);
    assert.ok(figures.wrong.length <= 1, figures.wrong.map(({ row, rule }) => `${row} ${rule}`).join(', '));
  });

  it("a vendor's secret bears the vendor's name", () => {
    const short = figures.vendors.filter(({ rows, named }) => named < rows).map(({ entity }) => entity);
    assert.ok(short.length <= 3, short.join(', '));
  });

  it('what is left out is judged one by one, with a reason, and is no more than 200', () => {
    const rows = new Map(secretExamples().map((example) => [example.row, example]));
    for (const { row, rule, reason, as } of judgedExamples().values()) {
      assert.equal(rows.get(row)?.rule, rule, `row ${row}`);
      assert.ok(reason.length > 3 && as.length > 3, `row ${row} has no reason`);
    }
    assert.ok(figures.leftOut <= 200, `${figures.leftOut} left out`);
    for (const { row, label } of rows.values())
      assert.ok(label === 1 || judgedExamples().has(row), `row ${row} is not judged`);
  });
});

describe('clean text', () => {
  it('of installed packages gives fewer than 2 false alarms per 100 KB', () => {
    const texts = [
      ...textsOf('prose', ['node_modules/{undici,openai,yaml,pino}/**/*.md'], 700_000),
      ...textsOf('code', ['node_modules/{undici,openai,yaml}/**/*.{js,ts}'], 700_000),
      ...textsOf('json', ['package-lock.json', 'node_modules/*/package.json'], 200_000),
    ];
    const figures = measureClean(scanner, texts);
    assert.ok(figures.bytes > 1_000_000, `${figures.bytes} bytes`);
    // Maintainers' addresses stand in packages, and are found rightly.
    const alarms = figures.alarms.filter(({ finding }) => finding.entity !== 'EMAIL_ADDRESS');
    const seen = alarms.map(({ text, finding }) => `${finding.entity} in ${text.file} at ${finding.start}`);
    assert.ok((alarms.length * 100_000) / figures.bytes < TARGET_PER_100_KB, seen.join('\n'));
  });

  it('is pinned: the manifest names 5 MB or more of prose, code, logs and JSON by hash', () => {
    const entries = readManifest();
    assert.ok(entries.reduce((sum, { bytes }) => sum + bytes, 0) >= 5_000_000);
    assert.deepEqual([...new Set(entries.map(({ kind }) => kind))].sort(), ['code', 'json', 'logs', 'prose']);
    for (const { sha256, source, integrity } of entries) {
      assert.match(sha256, /^[0-9a-f]{64}$/);
      assert.ok(source === 'debian' || integrity?.startsWith('sha512-'));
    }
  });
});

/** Files of the checkout as texts of the corpus, up to `bytes`. */
function textsOf(kind: TextKind, patterns: readonly string[], bytes: number): CorpusText[] {
  const texts: CorpusText[] = [];
  let length = 0;
  for (const file of globSync([...patterns], { cwd: packageRoot }).sort()) {
    if (length >= bytes) break;
    const text = readFileSync(join(packageRoot, file)).subarray(0, bytes - length);
    length += text.length;
    const origin = { source: 'npm', package: 'installed', version: '', integrity: null, licence: '' } as const;
    texts.push({ ...origin, kind, file, bytes: text.length, sha256: sha256Of(text), text });
  }
  return texts;
}

describe('fields that are known', () => {
  const figures = measureFields(scanner, [
    'EMAIL_ADDRESS',
    'PHONE_NUMBER',
    'PERSON',
    'US_SSN',
    'IBAN_CODE',
    'CREDIT_CARD',
  ]);

  it('miss no more than without what was learned', () => {
    assert.ok(figures.kinds >= 4, `${figures.kinds} kinds`);
    assert.ok(
      figures.missedAfter <= figures.missedBefore,
      `${figures.missedBefore} before, ${figures.missedAfter} after`,
    );
  });

  it('raise fewer false alarms once people have judged five', () => {
    const { alarmsBefore, alarmsAfter, highBefore, highAfter } = figures;
    assert.ok(alarmsAfter < alarmsBefore, `${alarmsBefore} before, ${alarmsAfter} after`);
    assert.ok(highAfter < highBefore, `${highBefore} of high score before, ${highAfter} after`);
  });
});
