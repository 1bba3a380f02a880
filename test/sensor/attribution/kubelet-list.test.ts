import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { listByKubelet } from '../../../sensor/attribution/kubelet-list.ts';
import { temporaryFolder } from '../../store/samples.ts';

const WITHIN_MS = 60_000;

/** As a kubelet has them: owners, specs by name, statuses with the runtime before the id. */
const PODS = {
  kind: 'PodList',
  items: [
    pod('billing-7d4b9c6f5d-x2k9z', 'ReplicaSet', 'billing-7d4b9c6f5d', 'billing', 'ghcr.io/corp/billing:1.4', 'a1'),
    pod('api-0', 'StatefulSet', 'api', 'api', 'quay.io/corp/api:2', 'b2'),
    pod('agent-x2k9z', 'DaemonSet', 'agent', 'agent', 'quay.io/corp/agent:3', 'c3'),
    { metadata: { name: 'alone', namespace: 'prod' }, spec: {}, status: { containerStatuses: [{ name: 'x' }] } },
  ],
};

function pod(name: string, kind: string, owner: string, container: string, image: string, id: string) {
  return {
    metadata: { name, namespace: 'prod', ownerReferences: [{ kind, name: owner, controller: true }] },
    spec: { containers: [{ name: container, image }] },
    status: {
      containerStatuses: [{ name: container, image: 'sha256:0', containerID: `containerd://${id}` }],
      initContainerStatuses: null,
    },
  };
}

async function startKubelet(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('the pods of a node, what they belong to and their images as they were asked for', async (t) => {
  const tokenFile = join(temporaryFolder(t), 'token');
  writeFileSync(tokenFile, 'of-the-test\n');
  const asked: string[] = [];
  const url = await startKubelet(t, (request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    response.end(JSON.stringify(PODS));
  });
  const listing = await listByKubelet({ url, tokenFile, ca: [] }, WITHIN_MS);
  assert.deepEqual(asked, ['GET /pods Bearer of-the-test']);
  assert.ok(listing.kind === 'listed', JSON.stringify(listing));
  const told = [...listing.containers].map(([id, { image, pod: of }]) => [id, image, of?.name, of?.workload]);
  assert.deepEqual(told, [
    ['a1', 'ghcr.io/corp/billing:1.4', 'billing-7d4b9c6f5d-x2k9z', 'deployment/billing'],
    ['b2', 'quay.io/corp/api:2', 'api-0', 'statefulset/api'],
    ['c3', 'quay.io/corp/agent:3', 'agent-x2k9z', 'daemonset/agent'],
  ]);
});

const FAILING: readonly (readonly [string, RequestListener, RegExp])[] = [
  ['it refuses', (_, response) => response.writeHead(401).end(), /^HTTP 401$/],
  ['it answers garbage', (_, response) => response.end('<html>'), /no list of pods/],
  ['it answers something else', (_, response) => response.end('{"kind": "Status"}'), /no list of pods/],
  [
    'it goes away in the middle',
    (_, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"items": [', () => response.destroy());
    },
    /.+/,
  ],
];

for (const [what, answer, reason] of FAILING) {
  test(`${what}: a reason, and nothing thrown`, async (t) => {
    const url = await startKubelet(t, answer);
    const listing = await listByKubelet({ url, tokenFile: null, ca: [] }, WITHIN_MS);
    assert.match(listing.kind === 'failed' ? listing.reason : '', reason);
  });
}

test('one that never answers, a token that is not there, nobody at the address', async (t) => {
  const url = await startKubelet(t, () => undefined);
  const place = { url, tokenFile: null, ca: [] };
  assert.deepEqual(await listByKubelet(place, 300), { kind: 'failed', reason: 'no answer within 300 ms' });
  const listing = await listByKubelet({ ...place, tokenFile: '/nonexistent/token' }, WITHIN_MS);
  assert.match(listing.kind === 'failed' ? listing.reason : '', /token cannot be read: ENOENT/);
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const nobody = await listByKubelet({ ...place, url: `http://127.0.0.1:${port}` }, WITHIN_MS);
  assert.match(nobody.kind === 'failed' ? nobody.reason : '', /ECONNREFUSED/);
});
