/** What a collector answers at collect.listen: whether it lives and works, its figures, and those of its membership. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Collecting } from '../../../cli/collect/collecting.ts';
import { listenForProbes } from '../../../cli/collect/probes.ts';

test('a collector is live, ready while bus and store take what it has, and tells its figures and its certificate', async (t) => {
  let storeProblem: string | null = null;
  const collecting: Collecting = {
    busProblem: null,
    get storeProblem() {
      return storeProblem;
    },
    figures: () => [{ name: 'weir_collect_added_total', labels: [], value: 7 }],
    take: () => {},
    close: () => Promise.resolve(),
  };
  const membership = () => [{ name: 'weir_fleet_certificate_seconds_left', labels: [], value: 99 }];
  const probes = await listenForProbes({ host: '127.0.0.1', port: 0 }, collecting, membership);
  t.after(() => probes.close());
  const ask = async (path: string): Promise<{ readonly status: number; readonly text: string }> => {
    const response = await fetch(`${probes.url}${path}`);
    return { status: response.status, text: await response.text() };
  };
  assert.equal((await ask('/livez')).status, 200);
  assert.equal((await ask('/readyz')).status, 200);
  storeProblem = 'the store is away';
  const away = await ask('/readyz');
  assert.equal(away.status, 503);
  assert.match(away.text, /the store is away/);
  const { text } = await ask('/metrics');
  assert.match(text, /^weir_collect_added_total(?:\{[^}]*\})? 7$/m);
  assert.match(text, /^weir_fleet_certificate_seconds_left(?:\{[^}]*\})? 99$/m);
  assert.match(text, /^weir_part_ready\{part="store"[^}]*\} 0$/m);
  assert.equal((await ask('/events')).status, 404);
});
