import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { workloadOf } from '../../../sensor/attribution/container-facts.ts';
import { Containers } from '../../../sensor/attribution/containers.ts';
import { temporaryFolder } from '../../store/samples.ts';

const ID = '3f9c'.repeat(16);

function write(root: string, path: string, value: unknown): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), typeof value === 'string' ? value : JSON.stringify(value));
}

test('Docker keeps image and labels', (t) => {
  const root = temporaryFolder(t);
  write(root, `var/lib/docker/containers/${ID}/config.v2.json`, { Config: { Image: 'nginx:1.27', Labels: {} } });
  assert.deepEqual(new Containers([root]).factsOf(ID, { runtime: 'docker' }), {
    runtime: 'docker',
    image: 'nginx:1.27',
    pod: null,
  });
});

test('containerd of Kubernetes names the pod in its bundle', (t) => {
  const root = temporaryFolder(t);
  write(root, `run/containerd/io.containerd.runtime.v2.task/k8s.io/${ID}/config.json`, {
    annotations: {
      'io.kubernetes.cri.image-name': 'ghcr.io/corp/billing:1.4',
      'io.kubernetes.cri.sandbox-namespace': 'prod',
      'io.kubernetes.cri.sandbox-name': 'billing-7d4b9c6f5d-x2k9z',
    },
  });
  assert.deepEqual(new Containers(['/nonexistent', root]).factsOf(ID, { runtime: null }), {
    runtime: 'containerd',
    image: 'ghcr.io/corp/billing:1.4',
    pod: { namespace: 'prod', name: 'billing-7d4b9c6f5d-x2k9z', workload: 'deployment/billing' },
  });
});

test('CRI-O and Podman share their storage', (t) => {
  const root = temporaryFolder(t);
  const folder = 'run/containers/storage/overlay-containers';
  write(root, `${folder}/${ID}/userdata/config.json`, {
    annotations: {
      'io.kubernetes.cri-o.ImageName': 'quay.io/corp/api:2',
      'io.kubernetes.pod.namespace': 'prod',
      'io.kubernetes.pod.name': 'api-0',
    },
  });
  assert.deepEqual(new Containers([root]).factsOf(ID, { runtime: 'cri-o' })?.pod, {
    namespace: 'prod',
    name: 'api-0',
    workload: null,
  });
  const other = 'ab12'.repeat(16);
  write(root, 'var/lib/containers/storage/overlay-containers/containers.json', [
    { id: other, metadata: JSON.stringify({ 'image-name': 'docker.io/library/redis:7' }) },
  ]);
  assert.deepEqual(new Containers([root]).factsOf(other, { runtime: 'podman' }), {
    runtime: 'podman',
    image: 'docker.io/library/redis:7',
    pod: null,
  });
});

test('what is not there, is broken or is no id is nothing, and is looked for again', (t) => {
  const root = temporaryFolder(t);
  let now = 0;
  const containers = new Containers([root], () => now);
  assert.equal(containers.factsOf(ID, { runtime: 'docker' }), null);
  assert.equal(containers.factsOf('../../etc', { runtime: 'docker' }), null);
  write(root, `var/lib/docker/containers/${ID}/config.v2.json`, '{"Config": {"Ima');
  now += 10_000;
  assert.equal(containers.factsOf(ID, { runtime: 'docker' }), null);
  write(root, `var/lib/docker/containers/${ID}/config.v2.json`, { Config: { Image: 'a' } });
  assert.equal(containers.factsOf(ID, { runtime: 'docker' }), null);
  now += 10_000;
  assert.equal(containers.factsOf(ID, { runtime: 'docker' })?.image, 'a');
});

test('only the name of a Deployment’s pod tells what it belongs to', () => {
  assert.equal(workloadOf('web-front-5c9d7b8f4c-abcde'), null); // `a` and `e` are never in a random part
  assert.equal(workloadOf('web-front-5c9d7b8f4c-bcdfg'), 'deployment/web-front');
  assert.equal(workloadOf('db-0'), null);
});
