/** What the sensor knows of a process besides: kept with its event, without what is one process's alone on its edge. */
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { Workload } from '../../flow/parties.ts';
import { openReader } from '../../store/reader.ts';
import { closingOf, eventsIn, observationOf, SOURCE, sampleEvent, startRecorder } from './samples.ts';

const WORKLOAD: Workload = {
  args: ['node', 'billing.js', '--token=[SECRET]'],
  parents: ['sh', 'containerd-shim'],
  cgroup: '/kubepods.slice/x',
  unit: null,
  runtime: 'containerd',
  image: 'ghcr.io/corp/billing:1.4',
  pod: { namespace: 'prod', name: 'billing-7d4b9c6f5-abcde', workload: 'deployment/billing' },
};

test('the workload of a source is read back with its event, is part of the chain, and stands on its edge without arguments', async (t) => {
  const { home, recorder, end } = await startRecorder(t);
  const source = { ...SOURCE, workload: WORKLOAD };
  const event = sampleEvent({ source, channel: 'sensor', enforced: false, mode: 'monitor' });
  recorder.close({ ...closingOf(event), edges: [observationOf(event)] });
  recorder.observe([observationOf(event, { calls: 3 })]);
  await recorder.flush();
  await end();
  assert.deepEqual(eventsIn(home.path)[0]?.source.workload, WORKLOAD);
  const reader = openReader(home);
  try {
    const [edge, another] = [...reader.edges({})];
    assert.equal(another, undefined);
    assert.equal(edge?.calls, 4);
    assert.deepEqual(edge.source.workload, { ...WORKLOAD, args: [], parents: [] });
    assert.equal(reader.verify().isIntact, true);
  } finally {
    reader.close();
  }
  const database = new DatabaseSync(home.databaseFile);
  try {
    const cores = database.prepare('SELECT core FROM events').all();
    assert.ok(cores.every(({ core }) => !String(core).includes('billing.js')));
  } finally {
    database.close();
  }
});
