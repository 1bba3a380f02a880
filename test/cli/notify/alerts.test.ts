/** Live alerts: what is told, how often, in which form, and what happens where a receiver is down or somewhere it should not be. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Alerts } from '../../../cli/notify/alerts.ts';
import { loadConfig } from '../../../config/load.ts';
import { loadPolicies } from '../../../config/policies.ts';
import type { EventBody } from '../../../flow/event.ts';
import { openHome } from '../../../store/home.ts';
import {
  afterwards,
  closingOf,
  eventsIn,
  FINDING,
  OPENAI,
  openingOf,
  SOURCE,
  sampleEvent,
  startRecorder,
} from '../../store/samples.ts';

interface Received {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

async function receiver(t: TestContext) {
  const received: Received[] = [];
  const answers: number[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const status = answers.shift() ?? 200;
    if (status === 200) received.push({ headers: request.headers, body });
    response.writeHead(status, status === 302 ? { location: 'http://127.0.0.1:1/' } : {}).end('x'.repeat(100));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterwards(t, () => server.close());
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/hook/T0P`, received, answers };
}

/** A home with a clock of its own; `notify` as in weir.yaml. */
async function place(t: TestContext, settings: Readonly<Record<string, unknown>>) {
  const folder = mkdtempSync(join(tmpdir(), 'weir-notify-'));
  const { home, recorder } = await startRecorder(t, {}, join(folder, 'home'));
  afterwards(t, () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'weir.yaml');
  writeFileSync(file, JSON.stringify({ home: home.path, sensor: { enabled: false }, ...settings }));
  const config = loadConfig({ file, env: {}, cwd: folder });
  const snapshot = { config, documents: loadPolicies(config) };
  const log: string[] = [];
  const printed: string[] = [];
  const clock = { now: Date.now() };
  const options = {
    log: (line: string) => void log.push(line),
    now: () => clock.now,
    print: (text: string) => void printed.push(text),
  };
  const make = () => new Alerts(openHome(home.path), snapshot, options);
  const put = async (...events: readonly EventBody[]): Promise<void> => {
    for (const event of events) {
      recorder.open(openingOf(event));
      recorder.close(closingOf(event));
    }
    await recorder.flush();
  };
  /** So much later, a round. */
  const later = async (alerts: Alerts, ms: number): Promise<void> => {
    clock.now += ms;
    await alerts.round();
  };
  return { folder, home, make, put, later, log, printed, clock };
}

const blocked = (change: Partial<EventBody> = {}): EventBody =>
  sampleEvent({ action: 'block', policy: 'cards', rule: 'pan', severity: 'high', findings: [FINDING], ...change });

test('a webhook gets signed JSON, at once and then at most once in so long, alike ones joined', async (t) => {
  const { url, received } = await receiver(t);
  const at = await place(t, { notify: [{ webhook: url, private: true, every: '5m' }] });
  await at.put(blocked());
  const alerts = at.make();
  await at.later(alerts, 1000);
  assert.equal(received.length, 0, 'what was there before is no news');
  const first = blocked();
  await at.put(first);
  await at.later(alerts, 1000);
  assert.equal(received.length, 1);
  const { headers, body } = received[0] ?? { headers: {}, body: '' };
  const message = JSON.parse(body);
  assert.equal(message.items.length, 1);
  const [item] = message.items;
  assert.deepEqual(
    [item.id, item.severity, item.source, item.entities, item.times],
    [first.id, 'high', 'billing', ['CREDIT_CARD'], 1],
  );
  assert.match(item.remedy, /weir log show/);
  assert.equal(item.command, `weir policy suggest ${first.id}`);
  assert.match(item.policy, /hosts: \["api\.openai\.com"\]/);
  const secret = readFileSync(join(at.home.path, 'notify', 'secret'), 'utf8').trim();
  const [, time = '', mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-weir-signature'])) ?? [];
  assert.equal(mac, createHmac('sha256', secret).update(`${time}.${body}`).digest('hex'));
  assert.equal(headers['x-weir-delivery'], message.id);

  await at.put(
    blocked(),
    blocked(),
    blocked({ source: { ...SOURCE, app: 'crm' } }),
    sampleEvent(),
    blocked({ severity: 'low' }),
  );
  await at.later(alerts, 60_000);
  assert.equal(received.length, 1);
  await at.later(alerts, 300_000);
  assert.equal(received.length, 2);
  const items = JSON.parse(received[1]?.body ?? '{}').items;
  assert.deepEqual(
    items.map(({ source, times }: { source: string; times: number }) => [source, times]),
    [
      ['billing', 2],
      ['crm', 1],
    ],
  );
});

test('a receiver that is down is tried again from disk, also by the next run; what waited is not lost', async (t) => {
  const { url, received, answers } = await receiver(t);
  const at = await place(t, { notify: [{ webhook: url, private: true, every: '1s' }] });
  const alerts = at.make();
  await at.later(alerts, 1000);
  answers.push(503, 302, 500);
  await at.put(blocked());
  await at.later(alerts, 1000);
  assert.equal(received.length, 0);
  await at.later(alerts, 1000);
  assert.equal(answers.length, 2, 'not tried before its time');
  await at.later(alerts, 10_000);
  assert.deepEqual([answers.length, alerts.state[0]?.waiting, alerts.state[0]?.lastError], [1, 1, 'answered 302']);
  assert.doesNotMatch(at.log.join(), /T0P/);
  const next = at.make();
  await at.later(next, 60_000);
  await at.later(next, 600_000);
  assert.equal(received.length, 1);
  assert.equal(next.state[0]?.waiting, 0);
});

test('a private address is not reached unless the configuration says that it may be', async (t) => {
  const { url, received } = await receiver(t);
  const at = await place(t, {
    notify: [{ webhook: url }, { slack: url.replace('127.0.0.1', 'localhost') }, { syslog: 'udp://127.0.0.1:5514' }],
  });
  const alerts = at.make();
  await at.later(alerts, 1000);
  await at.put(blocked());
  await at.later(alerts, 1000);
  assert.equal(received.length, 0);
  for (const { lastError } of alerts.state) assert.match(lastError ?? '', /address_forbidden|private/);
});

test('Slack gets text in which nothing of a client is markup', async (t) => {
  const { url, received } = await receiver(t);
  const at = await place(t, { notify: [{ slack: url, private: true }] });
  const alerts = at.make();
  await at.later(alerts, 1000);
  await at.put(blocked({ source: { ...SOURCE, app: '<!channel> `x` & <https://evil.example|here>' } }));
  await at.later(alerts, 1000);
  const { text } = JSON.parse(received[0]?.body ?? '{}');
  assert.doesNotMatch(text, /<!channel>|<https/);
  assert.match(text, /&lt;!channel&gt; 'x' &amp;/);
  assert.match(text, /weir policy suggest/);
});

test('syslog is RFC 5424, by datagram and by stream', async (t) => {
  const udp = createSocket('udp4');
  udp.bind(0, '127.0.0.1');
  await once(udp, 'listening');
  afterwards(t, () => udp.close());
  const streamed: string[] = [];
  const tcp = createTcpServer((socket) => {
    socket.setEncoding('utf8').on('data', (chunk: string) => streamed.push(chunk));
    socket.on('end', () => socket.end());
  });
  tcp.listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  afterwards(t, () => tcp.close());
  const address = tcp.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const at = await place(t, {
    notify: [
      { syslog: `udp://127.0.0.1:${udp.address().port}`, private: true },
      { syslog: `tcp://127.0.0.1:${port}`, private: true },
    ],
  });
  const alerts = at.make();
  await at.later(alerts, 1000);
  const heard = once(udp, 'message');
  await at.put(blocked({ source: { ...SOURCE, app: 'a"]\\\n<0>1 x' } }));
  await at.later(alerts, 1000);
  const [datagram] = await heard;
  const line = String(datagram);
  const FORM =
    /^<107>1 \d{4}-\d\d-\d\dT[\d:.]+Z \S+ weir \d+ exchange \[weir@32473( \w+="(?:[^"\\\]]|\\["\\\]])*")+\] \uFEFF[^\n]*$/;
  assert.match(line, FORM);
  const [, length = '', rest = ''] = /^(\d+) ([\s\S]*)$/.exec(streamed.join('')) ?? [];
  assert.equal(Buffer.byteLength(rest), Number(length));
  assert.match(rest, FORM);
});

test('stdout gets a line of JSON an item', async (t) => {
  const at = await place(t, { notify: [{ stdout: true, when: { severity: 'info', kinds: ['admin', 'exchange'] } }] });
  const alerts = at.make();
  await at.later(alerts, 1000);
  await at.put(blocked());
  await at.later(alerts, 1000);
  const lines = at.printed
    .join('')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    lines.map(({ notice, severity }) => [notice, severity]),
    [['exchange', 'high']],
  );
});

test('drift is recorded once an item and told; what the baseline allows is none', async (t) => {
  const { url, received } = await receiver(t);
  const at = await place(t, {
    baseline: 'flows.yaml',
    notify: [{ webhook: url, private: true, every: '1s', when: { kinds: ['drift'] } }],
  });
  const flow = { source: 'billing', destination: 'api.openai.com:443', direction: 'out', entities: [], country: 'US' };
  writeFileSync(
    join(at.folder, 'flows.yaml'),
    JSON.stringify({ apiVersion: 'weir/v1', kind: 'Baseline', flows: [flow] }),
  );
  await at.put(sampleEvent({ time: new Date().toISOString() }));
  const alerts = at.make();
  await at.later(alerts, 10_000);
  assert.equal(eventsIn(at.home.path, { kinds: ['drift'] }).length, 0);
  const other = { ...OPENAI, host: 'api.mistral.ai', vendor: 'Mistral AI', country: 'FR' };
  const now = () => new Date(at.clock.now).toISOString();
  await at.put(
    sampleEvent({ findings: [FINDING], time: now() }),
    sampleEvent({ destination: other, source: { ...SOURCE, app: 'crm' }, time: now() }),
  );
  await at.later(alerts, 10_000);
  const drift = eventsIn(at.home.path, { kinds: ['drift'] });
  assert.deepEqual(drift.map(({ reason }) => reason?.split(':')[0]).sort(), ['new_class', 'new_workload_to_llm']);
  const told = received.flatMap(({ body }) => JSON.parse(body).items);
  assert.equal(told.length, 2);
  for (const { remedy, command, policy } of told) {
    assert.ok(remedy.length > 10);
    assert.match(command, /^weir policy suggest [\w-]{22}$/);
    assert.match(policy, /^# Would have stopped/);
  }
  await at.later(alerts, 10_000);
  const again = at.make();
  await at.later(again, 10_000);
  assert.equal(eventsIn(at.home.path, { kinds: ['drift'] }).length, 2);
});

test('without a baseline only what is wrong by itself is drift', async (t) => {
  const at = await place(t, { notify: [{ stdout: true, when: { kinds: ['drift'] } }] });
  const alerts = at.make();
  const store = { host: 'db9.internal', port: 5432, vendor: null, category: 'datastore', country: null };
  await at.put(
    sampleEvent({ time: new Date(at.clock.now).toISOString() }),
    sampleEvent({ destination: store, time: new Date(at.clock.now).toISOString() }),
  );
  await at.later(alerts, 10_000);
  await at.later(alerts, 10_000);
  assert.deepEqual(
    eventsIn(at.home.path, { kinds: ['drift'] }).map(({ reason }) => reason?.split(':')[0]),
    ['shadow_store'],
  );
});
