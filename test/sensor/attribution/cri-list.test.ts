import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { listByCri } from '../../../sensor/attribution/cri-list.ts';
import { temporaryFolder } from '../../store/samples.ts';
import { type Field, protobuf } from '../../support/protobuf.ts';

const ID = '3f9c'.repeat(16);
const OTHER = 'ab12'.repeat(16);
const THIRD = 'cd34'.repeat(16);
const SANDBOX = '77ee'.repeat(16);
const DIGEST = `sha256:${'0d'.repeat(32)}`;
const WITHIN_MS = 60_000;

const label = (key: string, value: string): Field => [
  8,
  [
    [1, key],
    [2, value],
  ],
];

/** What containerd and CRI-O answer, by the field numbers of runtime.v1. */
const CONTAINERS = protobuf(
  [
    1,
    [
      [1, ID],
      [2, SANDBOX],
      [
        3,
        [
          [1, 'billing'],
          [2, 1],
        ],
      ],
      [
        4,
        [
          [1, DIGEST],
          [18, 'ghcr.io/corp/billing:1.4'],
        ],
      ],
      [5, DIGEST],
      [6, 1],
      [7, 1_700_000_000_000_000_000n],
      label('io.kubernetes.container.name', 'billing'),
      label('io.kubernetes.pod.name', 'billing-7d4b9c6f5d-x2k9z'),
      label('io.kubernetes.pod.namespace', 'prod'),
    ],
  ],
  [
    1,
    [
      [1, OTHER],
      [2, SANDBOX],
      [4, [[1, 'quay.io/corp/api:2']]],
      [6, 1],
    ],
  ],
  [
    1,
    [
      [1, THIRD],
      [2, 'of nobody'],
      [4, [[1, DIGEST]]],
      [5, `quay.io/corp/db@${DIGEST}`],
    ],
  ],
);
const SANDBOXES = protobuf([
  1,
  [
    [1, SANDBOX],
    [
      2,
      [
        [1, 'api-0'],
        [2, 'uid'],
        [3, 'prod'],
        [4, 0],
      ],
    ],
    [3, 0],
  ],
]);

type Answer = (stream: ServerHttp2Stream, method: string) => void;

function frame(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** As gRPC ends an answer, with its status behind it. */
function answer(stream: ServerHttp2Stream, body: Buffer, status = '0'): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status }));
  stream.end(body);
}

/** A runtime at a Unix socket. */
async function startRuntime(t: TestContext, say: Answer): Promise<{ readonly path: string; readonly asked: string[] }> {
  const path = join(temporaryFolder(t), 'runtime.sock');
  const asked: string[] = [];
  const server = createHttp2Server();
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.on('stream', (stream, headers) => {
    const method = String(headers[':path']).replace('/runtime.v1.RuntimeService/', '');
    const body: Buffer[] = [];
    stream.on('error', () => undefined); // The client may have gone.
    stream.on('data', (piece: Buffer) => body.push(piece));
    stream.on('end', () => {
      asked.push(`${method} ${headers['content-type']} ${headers.te} ${Buffer.concat(body).toString('hex')}`);
      say(stream, method);
    });
  });
  server.listen(path);
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { path, asked };
}

const answerAll: Answer = (stream, method) =>
  answer(stream, frame(method === 'ListContainers' ? CONTAINERS : SANDBOXES));

test('the runtime is asked for two lists, and they say image and pod of each container', async (t) => {
  const { path, asked } = await startRuntime(t, answerAll);
  const listing = await listByCri(path, WITHIN_MS);
  assert.deepEqual(asked.toSorted(), [
    'ListContainers application/grpc trailers 0000000000',
    'ListPodSandbox application/grpc trailers 0000000000',
  ]);
  assert.ok(listing.kind === 'listed', JSON.stringify(listing));
  assert.deepEqual(Object.fromEntries(listing.containers), {
    [ID]: {
      runtime: null,
      image: 'ghcr.io/corp/billing:1.4',
      pod: { namespace: 'prod', name: 'billing-7d4b9c6f5d-x2k9z', workload: 'deployment/billing' },
    },
    [OTHER]: {
      runtime: null,
      image: 'quay.io/corp/api:2',
      pod: { namespace: 'prod', name: 'api-0', workload: null },
    },
    [THIRD]: { runtime: null, image: `quay.io/corp/db@${DIGEST}`, pod: null },
  });
});

const FAILING: readonly (readonly [string, Answer, RegExp])[] = [
  ['it refuses', (stream) => answer(stream, Buffer.alloc(0), '12'), /gRPC status 12/],
  ['it has no such service', (stream) => stream.respond({ ':status': 404 }, { endStream: true }), /HTTP 404|no status/],
  ['it answers garbage', (stream) => answer(stream, frame(Buffer.from('ffffffffffff', 'hex'))), /no message of CRI/],
  ['it answers no frame', (stream) => answer(stream, Buffer.from('what?')), /no message of gRPC/],
  ['it compresses unasked', (stream) => answer(stream, Buffer.from('0100000000', 'hex')), /no message of gRPC/],
  ['it cuts its answer short', (stream) => answer(stream, frame(CONTAINERS).subarray(0, 40)), /no message of gRPC/],
  [
    'it goes away in the middle',
    (stream) => {
      stream.respond({ ':status': 200 });
      stream.write(frame(CONTAINERS).subarray(0, 40), () => stream.session?.destroy());
    },
    /.+/,
  ],
];

for (const [what, say, reason] of FAILING) {
  test(`${what}: a reason, and nothing thrown`, async (t) => {
    const { path } = await startRuntime(t, say);
    const listing = await listByCri(path, WITHIN_MS);
    assert.equal(listing.kind, 'failed');
    assert.match(listing.kind === 'failed' ? listing.reason : '', reason);
  });
}

test('one that never answers is waited for as long as is said', async (t) => {
  const { path } = await startRuntime(t, () => undefined);
  assert.deepEqual(await listByCri(path, 300), { kind: 'failed', reason: 'no answer within 300 ms' });
});

test('a socket of another protocol, a file and nothing at all are reasons too', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'other.sock');
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
  });
  server.listen(path);
  await once(server, 'listening');
  t.after(() => server.close());
  assert.equal((await listByCri(path, WITHIN_MS)).kind, 'failed');
  assert.deepEqual(await listByCri(join(folder, 'nothing'), WITHIN_MS), { kind: 'failed', reason: 'ENOENT' });
});
