import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerFacts, Listing } from '../../../sensor/attribution/container-facts.ts';
import { ContainerLists, type ContainerSource } from '../../../sensor/attribution/container-lists.ts';
import { NO_PLACE } from '../../../wire/cgroup-place.ts';
import { eventually } from '../../support/eventually.ts';

const ID = '3f9c'.repeat(16);
const OTHER = 'ab12'.repeat(16);
const POD = { namespace: 'prod', name: 'api-0', workload: 'statefulset/api' };

/** Somebody whose answers the test gives, one a question; the last stands for all later ones. */
function source(name: string, ...answers: readonly Listing[]) {
  let asked = 0;
  const list = async (): Promise<Listing> => {
    const answer = answers[Math.min(asked++, answers.length - 1)];
    return answer ?? { kind: 'failed', reason: 'nothing was said' };
  };
  return { source: { name, list } satisfies ContainerSource, asked: () => asked };
}

function listed(...containers: readonly (readonly [string, ContainerFacts])[]): Listing {
  return { kind: 'listed', containers: new Map(containers) };
}

function open(sources: readonly ContainerSource[], filed: ContainerFacts | null = null) {
  const lines: string[] = [];
  let learned = 0;
  const lists = new ContainerLists({
    sources: () => sources,
    filed: () => filed,
    onLearned: () => learned++,
    log: (line) => lines.push(line),
    restMs: 5,
    withinMs: 60_000,
  });
  return { lists, lines, learned: () => learned };
}

test('an unknown container is asked for once, and known from then on', async (t) => {
  const { source: one, asked } = source('a', listed([ID, { runtime: null, image: 'api:2', pod: POD }]));
  const { lists, learned } = open([one]);
  t.after(() => lists.close());
  assert.equal(lists.factsOf(ID, NO_PLACE), null);
  assert.equal(lists.factsOf(ID, NO_PLACE), null);
  await eventually(() => learned() === 1);
  assert.deepEqual(lists.factsOf(ID, NO_PLACE), { runtime: null, image: 'api:2', pod: POD });
  assert.equal(asked(), 1);
});

test('files say image and runtime, the first of those who are asked the pod', async (t) => {
  const filed = { runtime: 'containerd', image: 'api:2', pod: { ...POD, workload: null } };
  const kubelet = source('kubelet', listed([ID, { runtime: null, image: 'api@sha256:1', pod: POD }]));
  const runtime = source('cri', listed([ID, { runtime: null, image: null, pod: null }]));
  const { lists, learned } = open([kubelet.source, runtime.source], filed);
  t.after(() => lists.close());
  assert.deepEqual(lists.factsOf(ID, NO_PLACE), filed);
  await eventually(() => learned() === 1);
  assert.deepEqual(lists.factsOf(ID, NO_PLACE), { runtime: 'containerd', image: 'api:2', pod: POD });
});

test('one that cannot be asked is said once, the files remain, and it is heard again', async (t) => {
  const failed: Listing = { kind: 'failed', reason: 'ECONNREFUSED' };
  const answer = listed([ID, { runtime: null, image: 'api:2', pod: POD }]);
  const { source: one, asked } = source('/run/cri.sock', failed, failed, failed, failed, answer);
  const filed = { runtime: 'docker', image: 'api:1', pod: null };
  const { lists, lines, learned } = open([one], filed);
  t.after(() => lists.close());
  assert.deepEqual(lists.factsOf(ID, NO_PLACE), filed);
  await eventually(() => learned() === 1);
  assert.equal(asked(), 5);
  assert.deepEqual(lines, [
    'weir: the sensor cannot ask /run/cri.sock for containers (ECONNREFUSED): image and pod are known by files of the runtime alone',
    'weir: the sensor hears of containers from /run/cri.sock again',
  ]);
  assert.deepEqual(lists.factsOf(ID, NO_PLACE), { ...filed, pod: POD });
});

test('what is nothing of theirs is not asked for for good, and what is no id never', async (t) => {
  const { source: one, asked } = source('a', listed());
  const { lists, learned } = open([one]);
  t.after(() => lists.close());
  lists.factsOf('../../etc', NO_PLACE);
  lists.factsOf(ID, NO_PLACE);
  await eventually(() => asked() === 3);
  lists.factsOf(ID, NO_PLACE);
  // Were it asked for again, there would be one question more than those of the other id.
  lists.factsOf(OTHER, NO_PLACE);
  await eventually(() => asked() === 6);
  assert.equal(learned(), 0);
});

test('without anybody to ask the files are all', () => {
  const filed = { runtime: 'docker', image: 'api:1', pod: null };
  assert.equal(open([], filed).lists.factsOf(ID, NO_PLACE), filed);
});
