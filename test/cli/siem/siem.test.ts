/** Events on their way to other systems: what each receives, what happens while one is away, and what a restart makes of it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { FileSink } from '../../../cli/siem/file-sink.ts';
import { type Committed, Forwarder } from '../../../cli/siem/forwarder.ts';
import { HttpSink, type HttpSinkOptions } from '../../../cli/siem/http-sink.ts';
import { type Sink, SinkFailure } from '../../../cli/siem/sink.ts';
import { SyslogSink } from '../../../cli/siem/syslog-sink.ts';
import { startWeir } from '../../../cli/start.ts';
import { loadConfig } from '../../../config/load.ts';
import type { WeirEvent } from '../../../flow/event.ts';
import { loadOrCreateAuthority } from '../../../proxy/tls/authority.ts';
import { createLeaves } from '../../../proxy/tls/leaves.ts';
import { afterwards, sampleEvent } from '../../store/samples.ts';

const line = (event: WeirEvent): string => JSON.stringify({ id: event.id, rule: event.rule });

function event(number: number, change: Partial<WeirEvent> = {}): WeirEvent {
  const body = sampleEvent({ rule: 'größte', action: 'block', time: '2026-11-26T07:00:00.250Z' });
  const chain = { seq: number, writer: 'w', prevHash: '', hash: '', review: null, excerpt: null };
  return { ...body, id: `01EVENT${number}`, ...chain, ...change };
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'weir-siem-'));
  afterwards(t, () => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Records that grow by hand. */
class Records implements Committed {
  readonly all: WeirEvent[] = [];

  add(...events: readonly WeirEvent[]): void {
    this.all.push(...events);
  }

  async after(position: number, limit: number) {
    const events = this.all.slice(position, position + limit);
    return { events, position: position + events.length };
  }

  async position(): Promise<number> {
    return this.all.length;
  }
}

class Taking implements Sink {
  readonly taken: string[] = [];
  failure: ((events: readonly WeirEvent[]) => SinkFailure | null) | null = null;

  async send(events: readonly WeirEvent[]): Promise<void> {
    const failure = this.failure?.(events) ?? null;
    if (failure !== null) throw failure;
    this.taken.push(...events.map(({ id }) => id));
  }

  async close(): Promise<void> {}
}

function forwarder(records: Records, sink: Sink, cursorFile: string, log: string[] = [], rate = 1000): Forwarder {
  return new Forwarder({
    ...{ name: 'siem', sink, records: () => records, isWanted: ({ action }: WeirEvent) => action !== 'allow' },
    ...{ rate, cursorFile, line, log: (text: string) => void log.push(text) },
  });
}

test('each event goes on in order, from where it was left off, the first time from now', async (t) => {
  const cursorFile = join(folder(t), 'home', 'siem');
  const records = new Records();
  records.add(event(1));
  const sink = new Taking();
  const first = forwarder(records, sink, cursorFile);
  records.add(event(2), event(3, { action: 'allow' }), event(4));
  await first.close(30_000);
  assert.deepEqual(sink.taken, ['01EVENT2', '01EVENT4']);
  assert.deepEqual(first.figures, { sent: 2, refused: 0, lag: 0, isFailing: false });
  records.add(event(5));
  await forwarder(records, sink, cursorFile).close(30_000);
  assert.deepEqual(sink.taken, ['01EVENT2', '01EVENT4', '01EVENT5']);
});

test('while the sink is away events wait, also over a restart; it is said once', async (t) => {
  const cursorFile = join(folder(t), 'siem');
  const records = new Records();
  const sink = new Taking();
  const log: string[] = [];
  sink.failure = () => new SinkFailure('siem.example:6514 does not take it (ECONNREFUSED)');
  const first = forwarder(records, sink, cursorFile, log);
  records.add(event(1), event(2));
  await first.close(30_000);
  assert.deepEqual([sink.taken, log.length], [[], 1]);
  assert.match(log[0] ?? '', /ECONNREFUSED\); events wait in the records/);
  assert.deepEqual(first.figures, { sent: 0, refused: 0, lag: 2, isFailing: true });
  sink.failure = null;
  await forwarder(records, sink, cursorFile, log).close(30_000);
  assert.deepEqual(sink.taken, ['01EVENT1', '01EVENT2']);
});

test('no more than its rate goes in a second, and what waits is its lag', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const records = new Records();
  const sink = new Taking();
  const limited = forwarder(records, sink, join(folder(t), 'siem'), [], 3);
  await new Promise(setImmediate); // it has found where it begins
  for (let i = 1; i <= 8; i++) records.add(event(i));
  const settled = async (count: number): Promise<void> => {
    // Nothing in it waits for anything outside: the round is over by then, the next one is put off, and no other has begun.
    for (let i = 0; i < 100; i++) await new Promise(setImmediate);
    assert.deepEqual([sink.taken.length, limited.figures.lag], [count, 8 - count]);
  };
  t.mock.timers.tick(1000);
  await settled(3);
  t.mock.timers.tick(900);
  await settled(3);
  t.mock.timers.tick(100);
  await settled(6);
  t.mock.timers.tick(1000);
  await settled(8);
  t.mock.timers.reset();
  await limited.close(30_000);
  assert.equal(sink.taken.length, 8);
});

test('an event that is refused for good is put aside, and the others go', async (t) => {
  const cursorFile = join(folder(t), 'siem');
  const records = new Records();
  const sink = new Taking();
  sink.failure = (events) =>
    events.some(({ id }) => id === '01EVENT3') ? new SinkFailure('answered 400', true) : null;
  const one = forwarder(records, sink, cursorFile);
  records.add(...[1, 2, 3, 4, 5].map((number) => event(number)));
  await one.close(30_000);
  assert.deepEqual(sink.taken, ['01EVENT1', '01EVENT2', '01EVENT4', '01EVENT5']);
  assert.equal(one.figures.refused, 1);
  assert.match(readFileSync(`${cursorFile}.dead.ndjson`, 'utf8'), /^\{"id":"01EVENT3"/);
});

test('a file is begun anew when it is full, and the oldest goes', async (t) => {
  const path = join(folder(t), 'logs', 'events.ndjson');
  const sink = new FileSink({ path, maxBytes: 100, keep: 2, line });
  for (let number = 1; number <= 9; number++) await sink.send([event(number)]);
  const names = readdirSync(join(path, '..')).sort();
  assert.deepEqual(names, ['events.ndjson', 'events.ndjson.1', 'events.ndjson.2']);
  const lines = names.toReversed().flatMap((name) =>
    readFileSync(join(path, '..', name), 'utf8')
      .trimEnd()
      .split('\n'),
  );
  assert.deepEqual(lines.map((text) => JSON.parse(text).id).slice(-2), ['01EVENT8', '01EVENT9']);
  assert.ok(lines.length >= 5 && lines.length < 9);
  const bad = new FileSink({ path: join(path, 'below-a-file'), maxBytes: 100, keep: 1, line });
  await assert.rejects(bad.send([event(1)]), SinkFailure);
});

test('syslog over TLS: messages of RFC 5424 with their lengths before them, and a new connection after a break', async (t) => {
  const authority = loadOrCreateAuthority(folder(t));
  const leaves = createLeaves(authority);
  let received = '';
  const sockets: Socket[] = [];
  const server = createTlsServer({ SNICallback: (name, done) => done(null, leaves.contextFor(name)) }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.setEncoding('latin1').on('data', (text: string) => {
      received += text;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterwards(t, () => void server.close());
  const { port } = server.address() as AddressInfo;
  const sink = new SyslogSink({ host: 'localhost', port, isTls: true, ca: [authority.certPem], line });
  await sink.send([event(1, { severity: 'critical' }), event(2)]);
  sockets[0]?.destroy();
  // The end of the connection is noticed, or the batch fails and comes again.
  const isSent = () =>
    sink.send([event(3)]).then(
      () => received.includes('01EVENT3'),
      () => false,
    );
  const deadline = Date.now() + 60_000;
  while (!(await isSent()) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  await sink.close();
  const messages: string[] = [];
  for (let rest = Buffer.from(received, 'latin1'); rest.length > 0; ) {
    const [digits = ''] = /^[1-9]\d* /.exec(rest.toString('latin1', 0, 12)) ?? [];
    assert.notEqual(digits, '');
    const end = digits.length + Number(digits);
    messages.push(rest.toString('utf8', digits.length, end));
    rest = rest.subarray(end);
  }
  assert.match(
    messages[0] ?? '',
    /^<130>1 \d{4}-\d\d-\d\dT[\d:.]+Z \S+ weir \d+ exchange - \{"id":"01EVENT1","rule":"größte"\}$/,
  );
  assert.ok(
    messages.some((message) => message.includes('01EVENT2')) &&
      messages.some((message) => message.includes('01EVENT3')),
  );
  const untrusting = new SyslogSink({ host: 'localhost', port, isTls: true, ca: [], line });
  await assert.rejects(untrusting.send([event(1)]), (error) => error instanceof SinkFailure && !error.isForGood);
});

test('syslog over TCP to nobody says so', async () => {
  const server = createTcpServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const sink = new SyslogSink({ host: '127.0.0.1', port, isTls: false, ca: [], line });
  await assert.rejects(sink.send([event(1)]), /127\.0\.0\.1:\d+ does not take it \(ECONNREFUSED\)/);
});

interface Receiver {
  readonly url: string;
  readonly requests: { readonly path: string; readonly headers: IncomingMessage['headers']; readonly body: string }[];
  answer: { status: number; body: string };
}

async function receiver(t: TestContext): Promise<Receiver> {
  const requests: Receiver['requests'] = [];
  const server = createHttpServer((request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      requests.push({ path: request.url ?? '', headers: request.headers, body });
      response.writeHead(made.answer.status, { 'content-type': 'application/json' }).end(made.answer.body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterwards(t, () => void server.close());
  const { port } = server.address() as AddressInfo;
  const made: Receiver = { url: `http://127.0.0.1:${port}`, requests, answer: { status: 200, body: '{}' } };
  return made;
}

function httpSink(kind: HttpSinkOptions['kind'], url: string, refused: number[] = []): HttpSink {
  return new HttpSink({
    kind,
    url,
    token: 'secret',
    ca: [],
    line,
    version: '1.2.3',
    onRefused: (count) => void refused.push(count),
  });
}

test('Splunk gets events of its collector, one after the other, with its own kind of authorization', async (t) => {
  const to = await receiver(t);
  await httpSink('splunk', `${to.url}/services/collector/event`).send([event(1), event(2)]);
  const [request] = to.requests;
  assert.deepEqual([request?.path, request?.headers.authorization], ['/services/collector/event', 'Splunk secret']);
  const sent = (request?.body ?? '').split('\n').map((text) => JSON.parse(text));
  assert.deepEqual(
    sent.map((one) => [one.sourcetype, one.source, one.event.id]),
    [
      ['weir:event', 'weir', '01EVENT1'],
      ['weir:event', 'weir', '01EVENT2'],
    ],
  );
  assert.equal(sent[0].time, Date.parse(event(1).time) / 1000);
});

test('Elasticsearch gets a bulk in which an event that comes twice is there once', async (t) => {
  const to = await receiver(t);
  const refused: number[] = [];
  const sink = httpSink('elasticsearch', `${to.url}/weir-events`, refused);
  await sink.send([event(1)]);
  const [request] = to.requests;
  assert.equal(request?.path, '/_bulk');
  assert.deepEqual(
    (request?.body ?? '')
      .split('\n')
      .slice(0, 1)
      .map((text) => JSON.parse(text)),
    [{ create: { _index: 'weir-events', _id: '01EVENT1' } }],
  );
  const items = (...statuses: readonly number[]) =>
    JSON.stringify({ errors: true, items: statuses.map((status) => ({ create: { status } })) });
  to.answer = { status: 200, body: items(201, 409, 400) };
  await sink.send([event(1), event(2), event(3)]);
  assert.deepEqual(refused, [1]);
  to.answer = { status: 200, body: items(201, 429) };
  await assert.rejects(sink.send([event(1), event(2)]), (error) => error instanceof SinkFailure && !error.isForGood);
});

test('a collector of OpenTelemetry gets log records', async (t) => {
  const to = await receiver(t);
  const refused: number[] = [];
  to.answer = { status: 200, body: '{"partialSuccess":{"rejectedLogRecords":"1"}}' };
  await httpSink('otlp', `${to.url}/v1/logs`, refused).send([event(1, { severity: 'high' })]);
  const [{ resource, scopeLogs }] = JSON.parse(to.requests[0]?.body ?? '').resourceLogs;
  assert.deepEqual(resource.attributes[0], { key: 'service.name', value: { stringValue: 'weir' } });
  const [record] = scopeLogs[0].logRecords;
  assert.deepEqual(
    [record.severityNumber, record.severityText, JSON.parse(record.body.stringValue).id],
    [17, 'high', '01EVENT1'],
  );
  assert.equal(record.timeUnixNano, `${Date.parse(event(1).time)}000000`);
  assert.deepEqual(refused, [1]);
});

test('what a receiver answers tells whether the batch comes again', async (t) => {
  const to = await receiver(t);
  for (const [status, isForGood] of [
    [400, true],
    [413, true],
    [401, false],
    [403, false],
    [404, false],
    [429, false],
    [503, false],
  ] as const) {
    to.answer = { status, body: 'secret 4111111111111111' };
    await assert.rejects(httpSink('splunk', to.url).send([event(1)]), (error) => {
      assert.ok(error instanceof SinkFailure && !error.message.includes('4111'));
      return error.isForGood === isForGood;
    });
  }
});

test('a running Weir hands its events on, and what was recorded last before its end', async (t) => {
  const at = folder(t);
  const to = await receiver(t);
  const file = join(at, 'out', 'events.ndjson');
  writeFileSync(join(at, 'token'), 'secret\n');
  const configFile = join(at, 'weir.yaml');
  const siem = [
    { name: 'file', to: `file:${file}`, format: 'weir', what: 'all' },
    { name: 'splunk', to: `splunk+${to.url}/services/collector/event`, tokenFile: 'token' },
  ];
  const config = { home: join(at, 'home'), proxy: { listen: '127.0.0.1:0' }, sensor: { enabled: false }, siem };
  writeFileSync(configFile, JSON.stringify(config));
  const weir = await startWeir(loadConfig({ file: configFile, env: {}, cwd: at }), { port: 0, log: () => {} });
  const body = JSON.stringify({
    model: 'gpt-4o',
    messages: [{ role: 'user', content: 'my card is 4111 1111 1111 1111' }],
  });
  const response = await fetch(`${weir.url}/openai/v1/chat/completions`, {
    ...{ method: 'POST', body, headers: { 'content-type': 'application/json' } },
  });
  assert.equal(response.status, 400);
  const id = response.headers.get('x-weir-event');
  await weir.close();
  assert.ok(existsSync(file));
  const lines = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text));
  assert.ok(lines.some((one) => one.id === id && one.action === 'block'));
  const sent = to.requests.flatMap((request) => request.body.split('\n').map((text) => JSON.parse(text)));
  assert.ok(sent.some((one) => one.event.class_uid === 2006 && one.event.metadata.uid === id));
  assert.ok(!JSON.stringify([lines, sent]).includes('4111'));
});

test('a sink that cannot be is refused with the place', (t) => {
  const at = folder(t);
  const configFile = join(at, 'weir.yaml');
  writeFileSync(join(at, 'token'), 'two words\n');
  for (const [sink, reason] of [
    [{ name: 'a', to: 'splunk+http://splunk.example/x' }, /expected https/],
    [{ name: 'a', to: 'splunk+https://user:pw@splunk.example/x' }, /tokenFile/],
    [{ name: 'a', to: 'elasticsearch+https://es.example' }, /name of the index/],
    [{ name: 'a', to: 'udp://x' }, /syslog\+tls/],
    [{ name: 'A b', to: 'file:/x' }, /lower case/],
    [{ name: 'a', to: 'file:x', tokenFile: 'token' }, /one line/],
    [{ name: 'a', to: 'file:x', rate: 0 }, /from 1|at least 1/],
  ] as const) {
    writeFileSync(configFile, JSON.stringify({ siem: [sink] }));
    assert.throws(() => loadConfig({ file: configFile, env: { HOME: at }, cwd: at }), reason);
  }
  writeFileSync(
    configFile,
    JSON.stringify({
      siem: [
        { name: 'a', to: 'file:x' },
        { name: 'a', to: 'file:y' },
      ],
    }),
  );
  assert.throws(() => loadConfig({ file: configFile, env: { HOME: at }, cwd: at }), /stands before/);
});
