/** The dashboard, the alert rules and the tables of docs/operations.md, against what a running Weir says. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse } from 'yaml';
import { packageRoot } from '../../config/package-root.ts';
import { sizingText, withSizing } from '../../scripts/write-sizing.ts';
import { startUnderTest, type UnderTest } from '../support/weir-under-test.ts';

const read = (path: string): string => readFileSync(join(packageRoot, path), 'utf8');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
}

const dashboard: {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
} = JSON.parse(read('deploy/grafana/weir.json'));
const rules: readonly Rule[] = parse(read('deploy/prometheus/weir-alerts.yaml')).groups.flatMap(
  ({ rules: of }: { readonly rules: readonly Rule[] }) => of,
);
const expressions = [
  ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ...rules.map(({ expr }) => expr),
];

describe('what is watched', () => {
  let weir: UnderTest;
  let metrics = '';
  before(async () => {
    weir = await startUnderTest({ console: true });
    metrics = await (await fetch(`${weir.weir.consoleUrl}/metrics`)).text();
  });
  after(() => weir.close());

  /** Names and labels of a family, as /metrics or docs/operating.md declare them. */
  function isKnown(name: string): boolean {
    const family = name.replace(/_bucket$/, '');
    return new RegExp(`^# TYPE ${family} `, 'm').test(metrics);
  }

  test('every metric of the dashboard and of the rules is one that a running Weir declares', () => {
    const names = new Set(expressions.flatMap((expr) => expr.match(/\bweir_\w+/g) ?? []));
    assert.ok(names.size > 15);
    assert.deepEqual(
      [...names].filter((name) => !isKnown(name)),
      [],
    );
    assert.equal(isKnown('weir_nothing_total'), false);
  });

  test('every label by which they group or choose is one that docs/operating.md gives that metric', () => {
    const page = read('docs/operating.md');
    // What Prometheus adds itself, and the bounds of a histogram.
    const added = ['instance', 'le', 'job'];
    for (const expr of expressions) {
      const names = (expr.match(/\bweir_\w+/g) ?? []).map((name) => name.replace(/_bucket$/, ''));
      const rows = names.flatMap((name) =>
        page.split('\n').filter((line) => line.startsWith('|') && line.includes(`\`${name}\``)),
      );
      const labels = [
        ...[...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/)),
        ...[...expr.matchAll(/\{(\w+)[=!~]/g)].map(([, label = '']) => label),
      ];
      for (const label of labels.filter((one) => !added.includes(one))) {
        assert.ok(
          rows.some((row) => row.includes(`\`${label}\``)),
          `${expr}: ${label}`,
        );
      }
    }
  });
});

test('every alert has a severity and a row in docs/operations.md, and every row is an alert', () => {
  const rows = [...read('docs/operations.md').matchAll(/^\| `(Weir\w+)` \|/gm)].map(([, name]) => name);
  assert.deepEqual(
    rows,
    rules.map(({ alert }) => alert),
  );
  for (const { labels } of rules) assert.match(labels.severity, /^(critical|warning)$/);
});

test('the sizing is what the benchmarks of docs/benchmarks.md give', () => {
  const page = read('docs/operations.md');
  assert.equal(withSizing(page, read('docs/benchmarks.md')), page, 'run scripts/write-sizing.ts');
  const made =
    '## Prompts\n\n| way | r | b | p | q | CPU |\n| weir | 1 | 1 | 1 | 1 | 600 |\n| weir-unnamed | 1 | 1 | 1 | 1 | 60 |\n\n## Next\n';
  assert.match(sizingText(made), /\| 600 \| 1 \| 1 \| 10 \|/);
  assert.throws(() => sizingText('## Prompts\n## Next\n'), /no CPU time of weir/);
});
