import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../config/package-root.ts';
import { METRICS, Metrics } from '../../console/metrics.ts';
import { Durations, type Figure } from '../../flow/figures.ts';

const value = (name: string, labels: readonly string[], of: number): Figure => ({ name, labels, value: of });

function linesOf(text: string, name: string): readonly string[] {
  return text.split('\n').filter((line) => line.startsWith(name));
}

test('what is committed adds up over reports, under the labels that the description names', async () => {
  const metrics = new Metrics('1.2.3');
  for (let i = 0; i < 2; i++)
    metrics.add({ values: [value('weir_findings_total', ['CREDIT_CARD', 'request'], 3)], spreads: [] });
  const text = await metrics.text([{ name: 'store', isWorking: false }]);
  assert.deepEqual(linesOf(text, 'weir_findings_total'), [
    'weir_findings_total{entity="CREDIT_CARD",direction="request"} 6',
  ]);
  assert.deepEqual(linesOf(text, 'weir_part_ready'), ['weir_part_ready{part="store",worker="main"} 0']);
  assert.deepEqual(linesOf(text, 'weir_build_info'), ['weir_build_info{version="1.2.3",worker="main"} 1']);
  assert.match(text, /# TYPE weir_findings_total counter/);
});

test('the latest report of a process holds; counters of all add up, gauges are told apart', async () => {
  const metrics = new Metrics('1');
  const report = (worker: string, opens: number, held: number) =>
    metrics.report(worker, {
      values: [value('weir_fail_opens_total', ['record'], opens), value('weir_held_bytes', [], held)],
      spreads: [],
    });
  report('1', 1, 10);
  report('1', 2, 20);
  report('2', 5, 7);
  const text = await metrics.text([]);
  assert.deepEqual(linesOf(text, 'weir_fail_opens_total'), ['weir_fail_opens_total{where="record"} 7']);
  assert.deepEqual(linesOf(text, 'weir_held_bytes'), [
    'weir_held_bytes{worker="1"} 20',
    'weir_held_bytes{worker="2"} 7',
  ]);
  metrics.retire('2');
  report('2', 1, 0);
  const later = await metrics.text([]);
  assert.deepEqual(linesOf(later, 'weir_fail_opens_total'), ['weir_fail_opens_total{where="record"} 8']);
  assert.deepEqual(linesOf(later, 'weir_held_bytes'), [
    'weir_held_bytes{worker="1"} 20',
    'weir_held_bytes{worker="2"} 0',
  ]);
});

test('a histogram has cumulative buckets, a sum and a count, of several processes together', async () => {
  const metrics = new Metrics('1');
  for (const worker of ['1', '2']) {
    const times = new Durations([0.1, 1]);
    for (const seconds of [0.05, 0.1, 0.5, 3]) times.observe(seconds);
    metrics.report(worker, { values: [], spreads: [times.read('weir_stage_seconds', ['inspect'])] });
  }
  assert.deepEqual(linesOf(await metrics.text([]), 'weir_stage_seconds'), [
    'weir_stage_seconds_bucket{le="0.1",stage="inspect"} 4',
    'weir_stage_seconds_bucket{le="1",stage="inspect"} 6',
    'weir_stage_seconds_bucket{le="+Inf",stage="inspect"} 8',
    'weir_stage_seconds_sum{stage="inspect"} 7.3',
    'weir_stage_seconds_count{stage="inspect"} 8',
  ]);
});

test('labels without end end up in one series, and none is long', async () => {
  const metrics = new Metrics('1');
  const values = Array.from({ length: 3000 }, (_, at) => value('weir_findings_total', [`E${at}`, 'request'], 1));
  metrics.add({ values: [...values, value('weir_events_total', ['x'.repeat(100)], 1)], spreads: [] });
  const text = await metrics.text([]);
  const lines = linesOf(text, 'weir_findings_total');
  assert.ok(lines.length <= 1001, String(lines.length));
  assert.ok(lines.includes('weir_findings_total{entity="other",direction="other"} 2000'));
  assert.ok(!text.includes('xxxx'));
});

test('a name without a description is not shown', async () => {
  const metrics = new Metrics('1');
  metrics.add({ values: [value('weir_unheard_of', [], 1)], spreads: [] });
  assert.ok(!(await metrics.text([])).includes('unheard'));
});

test('every metric is on the page about operating, and the page names no other', () => {
  const page = readFileSync(join(packageRoot, 'docs', 'operating.md'), 'utf8');
  const named = new Set([...page.matchAll(/`(weir_[a-z_]+)`/g)].map(([, name]) => name));
  assert.deepEqual([...named].sort(), Object.keys(METRICS).sort());
});
