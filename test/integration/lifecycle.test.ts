import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { providerAnswers } from '../support/provider-answers.ts';
import { type RunningCommand, weir as runWeir, startWeirCommand } from '../support/weir-command.ts';
import { eventsOf, makePlace, OPENAI, type Place } from '../support/weir-under-test.ts';
import { connectThrough, jsonRequest, type Wire } from '../support/wire.ts';

const CHAT = jsonRequest('POST', '/v1/chat/completions', OPENAI, {
  model: 'gpt-4o',
  messages: [{ role: 'user', content: 'Hello' }],
});

const [ALICE, BOB] = ['alice.archer', 'bob.brewer'].map((name) => `${name}@northmill-works.com`);

/** A later turn of one conversation, with a value in it. */
function turn(value: string | undefined): Buffer {
  const messages = [
    { role: 'user', content: 'Good morning.' },
    { role: 'assistant', content: 'Yes?' },
    { role: 'user', content: `Write to ${value}.` },
  ];
  return jsonRequest('POST', '/v1/chat/completions', OPENAI, { model: 'gpt-4o', messages });
}

function lastReceived(): string {
  return place.standIn.requests.at(-1)?.body.toString() ?? '';
}

let place: Place;
const running: RunningCommand[] = [];
beforeEach(async () => {
  place = await makePlace();
});
afterEach(async () => {
  for (const command of running.splice(0)) {
    command.signal('SIGKILL');
    await command.ended;
  }
  await place.remove();
});

/** `weir up`, in one process or with workers. */
async function up(workers = 1): Promise<{ command: RunningCommand; port: number; connect(): Promise<Wire> }> {
  const config: unknown = JSON.parse(readFileSync(place.configFile, 'utf8'));
  assert.ok(typeof config === 'object' && config !== null && 'proxy' in config && typeof config.proxy === 'object');
  writeFileSync(place.configFile, JSON.stringify({ ...config, proxy: { ...config.proxy, workers } }));
  const command = startWeirCommand(['up', '--config', place.configFile]);
  running.push(command);
  const port = Number((await command.shows(/127\.0\.0\.1:(\d+)/))[1]);
  return {
    command,
    port,
    connect: () => connectThrough(port, OPENAI, readFileSync(join(place.home, 'ca/ca.pem'), 'utf8')),
  };
}

/** A call that has reached the upstream and waits there. */
async function openCall(connect: () => Promise<Wire>): Promise<{ wire: Wire; answer: () => void }> {
  const arrived = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  place.standIn.use(async ({ response, received }) => {
    await received;
    arrived.resolve();
    await released.promise;
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '2' }).end('{}');
  });
  const wire = await connect();
  wire.write(CHAT);
  await arrived.promise;
  return { wire, answer: released.resolve };
}

for (const workers of [1, 2]) {
  const of = workers === 1 ? 'one process' : `${workers} workers`;
  test(`kill -9 (${of}): what was answered is there, what was cut off is worker_lost, the chain verifies`, async () => {
    const first = await up(workers);
    const wire = await first.connect();
    wire.write(turn(ALICE));
    const answered = (await wire.answer('POST')).header('x-weir-event');
    wire.destroy();
    assert.match(lastReceived(), /<EMAIL_ADDRESS_1>/);
    const answers = providerAnswers();
    const open = await openCall(first.connect);
    first.command.signal('SIGKILL');
    await first.command.ended;
    open.answer();
    // Workers end with the process above them: nobody listens there any more, and nobody appends to a spool.
    await refused(first.port);
    const second = await up();
    const events = await eventsOf(place.home, 2);
    assert.equal(events.find((event) => event.id === answered)?.outcome, 'completed');
    assert.deepEqual(
      events.filter((event) => event.id !== answered).map((event) => event.outcome),
      ['worker_lost'],
    );
    const verified = await runWeir(['log', 'verify', '--config', place.configFile]);
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
    // The conversation goes on: a number that was given out is no other value's.
    place.standIn.use(answers);
    const later = await second.connect();
    later.write(turn(BOB));
    assert.match((await later.answer('POST')).text, new RegExp(BOB ?? 'nobody'));
    later.destroy();
    assert.match(lastReceived(), /<EMAIL_ADDRESS_2>/);
    second.command.signal('SIGTERM');
    await second.command.ended;
  });

  test(`Ctrl-C (${of}): an open call is finished first, then it ends with its record kept`, async () => {
    const { command, connect, port } = await up(workers);
    const open = await openCall(connect);
    command.signal('SIGHUP');
    await command.shows(/read again: nothing has changed/);
    command.signal('SIGINT');
    // The listener is closed at once; the open call is not.
    await refused(port);
    open.answer();
    assert.equal((await open.wire.answer('POST')).status, 200);
    const { code } = await command.ended;
    assert.equal(code, 0);
    const events = await eventsOf(place.home, 1);
    assert.deepEqual(
      events.map((event) => event.outcome),
      ['completed'],
    );
  });

  test(`a second signal (${of}) ends all of it at once`, async () => {
    const { command, connect, port } = await up(workers);
    const open = await openCall(connect);
    command.signal('SIGTERM');
    await command.shows(/stopping/);
    command.signal('SIGTERM');
    assert.equal((await command.ended).code, 130);
    await refused(port);
    await assert.rejects(open.wire.answer('POST'));
  });
}

test('a second `up` on the same home is refused and harms nothing', async () => {
  const { connect } = await up();
  const second = await runWeir(['up', '--config', place.configFile]);
  assert.equal(second.code, 1);
  assert.match(second.stderr, /home_locked/);
  const wire = await connect();
  wire.write(CHAT);
  assert.equal((await wire.answer('POST')).status, 200);
  wire.destroy();
});

test('a port that is taken is one line that says by what, as far as the system tells', async () => {
  const taken = net.createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const config = JSON.parse(readFileSync(place.configFile, 'utf8')) as { proxy: Record<string, unknown> };
  config.proxy['listen'] = `127.0.0.1:${port}`;
  writeFileSync(place.configFile, JSON.stringify(config));
  const { code, stderr } = await runWeir(['up', '--config', place.configFile]);
  taken.close();
  assert.equal(code, 1);
  const line = stderr.split('\n').find((text) => text.includes('port_taken')) ?? '';
  assert.match(line, new RegExp(`127\\.0\\.0\\.1:${port}`));
  assert.match(line, new RegExp(`\\b${process.pid}\\b|node`));
});

test('an error in the configuration is exit 2 with file, line, column and a near name', async () => {
  const file = join(place.folder, 'bad.yaml');
  writeFileSync(file, 'proxy:\n  listen: 127.0.0.1:0\n  bypas: []\n  onError: perhaps\n');
  const { code, stdout, stderr } = await runWeir(['up', '--config', file]);
  assert.equal(code, 2);
  assert.equal(stdout, '');
  assert.match(stderr, /bad\.yaml:3:3: .*bypas.*did you mean "bypass"/);
  assert.match(stderr, /bad\.yaml:4:12: .*closed.*open/);
});

test('an error in a policy is exit 2 with file, line and column', async () => {
  const policy = join(place.folder, 'bad-policy.yaml');
  writeFileSync(
    policy,
    'apiVersion: weir/v1\nkind: Policy\nname: bad\nrules:\n  - name: one\n    detekt: {entities: [CREDIT_CARD]}\n    action: block\n',
  );
  const file = join(place.folder, 'with-policy.yaml');
  writeFileSync(
    file,
    JSON.stringify({
      home: place.home,
      policies: [policy],
      proxy: { listen: '127.0.0.1:0' },
      sensor: { enabled: false },
    }),
  );
  const { code, stderr } = await runWeir(['up', '--config', file]);
  assert.equal(code, 2);
  assert.match(stderr, /bad-policy\.yaml:6:5: .*detekt.*did you mean "detect"/);
});

async function refused(port: number): Promise<void> {
  for (;;) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = net.connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (!isOpen) return;
  }
}
