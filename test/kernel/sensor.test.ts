/** The whole sensor over a real kernel: programs that send a prompt with a card number, and what is recorded of them. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { EdgeObservation } from '../../flow/edge.ts';
import type { EventBody } from '../../flow/event.ts';
import { kernelSkipWithout, makeCgroup, type TestCgroup } from './host.ts';
import { packageFile } from './npm-package.ts';
import { type Finished, openSandbox, type Sandbox } from './sandbox.ts';
import { startTestSensor, type TestSensor } from './sensor.ts';
import { makeCertificate, startServer } from './tls.ts';

const HOST = 'api.openai.com';
const ADDRESS = `https://${HOST}/v1/chat/completions`;
const CARD = ['4111', '1111', '1111', '1111'].join(' ');
const PROMPT = JSON.stringify({ model: 'gpt-5', messages: [{ role: 'user', content: `my card is ${CARD}` }] });
/** A client and a server of gRPC's own library; the client's one argument is what it says. */
const GRPC = `
  import { readFileSync } from 'node:fs';
  import * as grpc from ${JSON.stringify(import.meta.resolve('@grpc/grpc-js'))};
  const [what, key, cert, host, said] = process.argv.slice(1);
  const bytes = (given) => given;
  const codec = { requestSerialize: bytes, requestDeserialize: bytes, responseSerialize: bytes, responseDeserialize: bytes };
  const method = { path: '/google.ai.generativelanguage.v1beta.GenerativeService/GenerateContent', requestStream: false, responseStream: false, ...codec };
  if (what === 'server') {
    const server = new grpc.Server();
    server.addService({ method }, { method: (call, done) => done(null, call.request) });
    const pair = [{ private_key: readFileSync(key), cert_chain: readFileSync(cert) }];
    server.bindAsync('127.0.0.1:50051', grpc.ServerCredentials.createSsl(null, pair), (error) => console.log(error === null ? 'ready' : String(error)));
    process.stdin.on('end', () => process.exit(0)).resume();
  } else {
    const client = new grpc.Client(host + ':50051', grpc.credentials.createSsl(readFileSync(cert)));
    const field = (number, inner) => Buffer.concat([Buffer.from([number * 8 + 2, inner.length]), inner]);
    const message = field(2, field(1, field(1, Buffer.from(said))));
    client.makeUnaryRequest(method.path, bytes, bytes, message, (error) => { if (error) throw error; client.close(); });
  }
`;
const CLEAN = JSON.stringify({ model: 'gpt-5', messages: [{ role: 'user', content: 'how is the weather?' }] });

const DENO = packageFile('@deno/linux-x64-glibc', '2.9.6', 'deno');

describe('the sensor', { skip: kernelSkipWithout('openssl', 'curl') }, () => {
  let cgroup: TestCgroup;
  let sandbox: Sandbox;
  let sensor: TestSensor;
  let pem = '';
  let key = '';

  before(async () => {
    cgroup = makeCgroup();
    sandbox = await openSandbox({ hosts: { [HOST]: '127.0.0.1', 'other.example': '127.0.0.1' } });
    const certificate = makeCertificate(sandbox.folder, [HOST, 'other.example']);
    ({ cert: pem, key } = certificate);
    await startServer(sandbox, certificate);
    sensor = await startTestSensor({ cgroup });
    await sensor.probed('libssl.so.3');
  });
  after(async () => {
    await sandbox.close();
    await sensor.stop();
    await cgroup.remove();
  });

  const curl = (body: string, ...more: readonly string[]): Promise<Finished> =>
    sandbox.run(
      'curl',
      ['-sS', '--cacert', pem, '-H', 'content-type: application/json', ...more, '-d', body, ADDRESS],
      { cgroup },
    );

  /** One event and one edge each way, naming process, host, entity and count. */
  async function assertSeen(ran: Finished, process: string): Promise<EventBody> {
    assert.equal(ran.code, 0, ran.stderr);
    const [closing, ...others] = await sensor.closings(
      (one) => one.event.source.pid === ran.pid && one.event.kind === 'exchange',
    );
    assert.deepEqual(others, []);
    const { event, edges } = closing ?? assert.fail();
    assert.equal(event.source.process, process);
    assert.deepEqual(
      [event.destination.host, event.destination.port, event.destination.category],
      [HOST, 443, 'genai'],
    );
    assert.deepEqual(
      event.findings.map(({ entity, count, path }) => [entity, count, path]),
      [['CREDIT_CARD', 1, '/messages/0/content']],
    );
    assert.deepEqual([event.channel, event.mode, event.enforced, event.action], ['sensor', 'monitor', false, 'block']);
    assert.deepEqual([event.status, event.coverage.level], [200, 'full']);
    assert.deepEqual(
      edges.map(({ direction, protocol, entities }) => [direction, protocol, entities]),
      [
        ['out', 'https', { CREDIT_CARD: 1 }],
        ['in', 'https', {}],
      ],
    );
    return event;
  }

  for (const version of ['--http1.1', '--http2']) {
    test(`curl with ${version}`, async () => {
      const event = await assertSeen(await curl(PROMPT, version), 'curl');
      assert.equal(event.source.exe, '/usr/bin/curl');
      assert.match(event.source.workload?.cgroup ?? '', /^\/weir-test-/);
      assert.equal(event.source.workload?.args[0], 'curl');
      assert.ok(!JSON.stringify(event).includes(CARD));
    });
  }

  test('python3', { skip: kernelSkipWithout('python3') }, async () => {
    const script =
      'import sys, urllib.request as u; print(u.urlopen(u.Request(sys.argv[1], data=sys.argv[2].encode(), headers={"content-type": "application/json"})).read())';
    const ran = await sandbox.run('/usr/bin/python3', ['-c', script, ADDRESS, PROMPT], {
      cgroup,
      env: { SSL_CERT_FILE: pem },
    });
    await assertSeen(ran, 'python3');
  });

  test('node, whose library knows no socket', async () => {
    await sandbox.run(process.execPath, ['-e', ''], { cgroup });
    await sensor.probed('bin/node');
    const script =
      'const r = await fetch(process.argv[1], {method:"POST",headers:{"content-type":"application/json"},body:process.argv[2]}); console.log(await r.text())';
    const ran = await sandbox.run(process.execPath, ['--input-type=module', '-e', script, ADDRESS, PROMPT], {
      cgroup,
      env: { NODE_EXTRA_CA_CERTS: pem },
    });
    await assertSeen(ran, 'node');
  });

  test('gRPC by its own library in node: a message is read out of its envelope and its protobuf', async () => {
    const args = (what: string): string[] => ['--input-type=module', '-e', GRPC, '--', what, key, pem];
    const server = sandbox.start(process.execPath, args('server'));
    await server.says('ready');
    await sandbox.run(process.execPath, ['-e', ''], { cgroup });
    await sensor.probed('bin/node');
    const ran = await sandbox.run(process.execPath, [...args('client'), HOST, `my card is ${CARD}`], { cgroup });
    assert.equal(ran.code, 0, ran.stderr);
    const closings = await sensor.closings(({ event }) => event.source.pid === ran.pid && event.kind === 'exchange');
    const sent = closings.filter(({ event }) => event.findings.some(({ direction }) => direction === 'request'));
    assert.deepEqual(
      sent.map(({ event }) => [event.destination.host, event.findings.map(({ entity, count }) => [entity, count])]),
      [[HOST, [['CREDIT_CARD', 1]]]],
    );
    await server.kill();
  });

  test('deno, whose rustls is not read: who, where to, how much, and why no more', {
    skip: 'reason' in DENO ? DENO.reason : false,
  }, async () => {
    assert.ok('path' in DENO);
    const script = `const r = await fetch('${ADDRESS}', { method: 'POST', body: '${PROMPT}' }); console.log(await r.text())`;
    const { path } = DENO;
    const deno = (text: string) =>
      sandbox.run(path, ['eval', '--unsafely-ignore-certificate-errors', text], {
        cgroup,
        env: { DENO_DIR: sandbox.folder, DENO_NO_UPDATE_CHECK: '1' },
      });
    // What a program is made of is known once its file has been read, which is large: until then its TLS is unknown.
    const seen = ({ source, destination }: EdgeObservation): boolean =>
      source.process === 'deno' && destination.host === HOST;
    let edges: readonly EdgeObservation[] = [];
    for (let calls = 0; calls < 8 && !edges.some(({ coverage }) => coverage.reason === 'rustls'); calls++) {
      const ran = await deno(script);
      assert.equal(ran.code, 0, ran.stderr);
      edges = await sensor.edges(seen);
    }
    const told = edges.map(({ direction, via, coverage: { level, reason } }) =>
      [direction, via, level, reason].join(' '),
    );
    const known = [...new Set(told)].filter((one) => !one.endsWith(' tls-unknown')).sort();
    assert.deepEqual(known, ['in sni opaque rustls', 'out sni opaque rustls']);
    assert.ok(edges.reduce((sum, { bytesOut }) => sum + bytesOut, 0) > PROMPT.length);
  });

  test('a call in which nothing is found is an edge alone, and its connection adds none', async () => {
    const ran = await curl(CLEAN, '-H', 'x-test: clean');
    assert.equal(ran.code, 0, ran.stderr);
    const isClean = ({ source, coverage, calls }: EdgeObservation): boolean =>
      source.process === 'curl' && coverage.level === 'full' && (calls ?? 1) > 0;
    const edges = await sensor.edges((one) => isClean(one) && one.direction === 'out');
    assert.equal(
      edges.reduce((sum, { calls }) => sum + (calls ?? 1), 0),
      1,
    );
    assert.equal(edges[0]?.bytesOut, CLEAN.length);
    assert.deepEqual(
      sensor.allEdges.filter(
        ({ source, coverage, destination }) =>
          source.process === 'curl' && destination.host === HOST && coverage.level === 'opaque',
      ),
      [],
    );
  });

  test('a program outside the watched cgroup is not seen', async () => {
    const before = sensor.allClosings.length;
    const ran = await sandbox.run('curl', ['-sS', '--cacert', pem, '-d', PROMPT, ADDRESS], {});
    assert.equal(ran.code, 0, ran.stderr);
    await assertSeen(await curl(PROMPT), 'curl');
    assert.equal(sensor.allClosings.filter(({ event }) => event.kind === 'exchange').length - before <= 1, true);
    assert.ok(!sensor.allClosings.some(({ event }) => event.source.pid === ran.pid));
  });
});
