/**
 * The life of a WebSocket beside its messages: what is recorded before what, records that cannot be written, settings that
 * change, peers that fall silent, and the end of the proxy. Without a store, so that the test sees each record as it is made.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type ServerOptions, WebSocket, WebSocketServer } from 'ws';
import { createCatalog } from '../../../catalog/catalog.ts';
import { createEngine } from '../../../cli/configured-engine.ts';
import type { Config } from '../../../config/config.ts';
import { loadConfig } from '../../../config/load.ts';
import type { NameReader } from '../../../engine/names/given.ts';
import { WeirError } from '../../../flow/errors.ts';
import type { Closing, Recorder } from '../../../flow/recorder.ts';
import { ConversationMap } from '../../../proxy/conversation-map.ts';
import { type RunningProxy, startProxy } from '../../../proxy/proxy.ts';
import { loadOrCreateAuthority } from '../../../proxy/tls/authority.ts';
import { newUlid } from '../../../store/ulid.ts';
import { CARD, MAIL } from '../../support/planted.ts';
import { type Client, clientOf } from '../../support/websocket-place.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir-ws-life-'));
const upstream = createServer();
let onSocket: (socket: WebSocket, request: IncomingMessage) => void = () => {};
let options: ServerOptions = {};
/** What happened, in order. */
let order: string[] = [];

before(async () => {
  upstream.on('upgrade', (request, socket, head) => {
    order.push('upstream asked');
    const wss = new WebSocketServer({ noServer: true, ...options });
    wss.handleUpgrade(request, socket, head, (one) => onSocket(one, request));
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
});
after(() => {
  upstream.close();
  upstream.closeAllConnections();
  rmSync(folder, { recursive: true });
});

const BLOCK_CARDS = `
apiVersion: weir/v1
kind: Policy
name: cards
severity: high
match: {destinations: {hosts: [llm.example]}}
rules:
  - {name: card, match: {directions: [request]}, detect: {entities: [CREDIT_CARD]}, action: block}
`;

function configOf(policy: string, over: { onError?: 'open' | 'closed'; idleMs?: number } = {}): Config {
  const file = join(folder, `${newUlid()}.yaml`);
  writeFileSync(file, policy);
  const base = loadConfig({ file: null, env: { WEIR_HOME: folder }, cwd: folder });
  const place = { host: '127.0.0.1', port: (upstream.address() as AddressInfo).port };
  const { idleMs = base.proxy.limits.idleMs, onError = 'closed' } = over;
  const proxy = {
    ...base.proxy,
    onError,
    listen: { host: '127.0.0.1', port: 0 },
    resolve: new Map([['llm.example:80', place]]),
    limits: { ...base.proxy.limits, idleMs },
  };
  return { ...base, policies: [file], proxy };
}

interface Running {
  readonly proxy: RunningProxy;
  readonly closings: Closing[];
  open(): Promise<Client>;
}

const fingerprint = (): string => 'f';

async function start(
  config: Config,
  given: { fails?: (what: 'open' | 'message' | 'close') => boolean; readNames?: NameReader } = {},
): Promise<Running> {
  order = [];
  options = {};
  const closings: Closing[] = [];
  const fails = (what: 'open' | 'message' | 'close'): void => {
    if (given.fails?.(what) === true) throw new WeirError('store_unwritable', 'spool: ENOSPC');
  };
  const close = (closing: Closing): void => {
    const { id, exchange } = closing.event;
    const what = id === exchange ? 'close' : 'message';
    fails(what);
    order.push(`${what} recorded`);
    closings.push(closing);
  };
  const open = (): void => {
    fails('open');
    order.push('opening recorded');
  };
  const recorder: Recorder = { open, openSoon: async () => open(), close, closeSoon: async (one) => close(one) };
  const proxy = await startProxy({
    config,
    catalog: createCatalog([]),
    engine: createEngine(config, fingerprint),
    ...(given.readNames === undefined ? {} : { readNames: given.readNames }),
    recorder,
    conversations: new ConversationMap({ now: Date.now, newId: newUlid }),
    authority: loadOrCreateAuthority(join(folder, 'ca')),
    fingerprint,
    log: () => {},
    newId: () => newUlid(),
    now: Date.now,
    hostname: 'host',
    version: '0.0.0',
  });
  return {
    proxy,
    closings,
    async open() {
      const socket = net.connect({ port: proxy.port, host: '127.0.0.1' });
      socket.write('CONNECT llm.example:80 HTTP/1.1\r\nHost: llm.example:80\r\n\r\n');
      const [answer] = await once(socket, 'data');
      assert.match(String(answer), /^HTTP\/1.1 200/);
      const client = new WebSocket('ws://llm.example/socket', { createConnection: () => socket });
      await Promise.race([once(client, 'open'), once(client, 'error').then(([error]) => Promise.reject(error))]);
      return clientOf(client);
    },
  };
}

function echo(socket: WebSocket): void {
  socket.on('message', (data) => {
    order.push('upstream heard a message');
    socket.send(String(data));
  });
}

test('the opening is on record before the upstream is asked, a message before it leaves, the end before the client hears it', async () => {
  const { proxy, open } = await start(configOf(BLOCK_CARDS));
  onSocket = echo;
  const client = await open();
  client.socket.send(`write to ${MAIL}`);
  await client.next();
  client.socket.close(1000);
  await client.closed;
  order.push('client heard the end');
  await proxy.close();
  assert.deepEqual(order, [
    'opening recorded',
    'upstream asked',
    'message recorded',
    'upstream heard a message',
    // The answer repeats the finding.
    'message recorded',
    'close recorded',
    'client heard the end',
  ]);
});

test('where the opening cannot be recorded the upstream is not asked, unless the operator says so', async () => {
  const closed = await start(configOf(BLOCK_CARDS), { fails: (what) => what === 'open' });
  await assert.rejects(closed.open(), /503/);
  await closed.proxy.close();
  assert.ok(!order.includes('upstream asked'));
  const open = await start(configOf(BLOCK_CARDS, { onError: 'open' }), { fails: (what) => what === 'open' });
  onSocket = echo;
  const client = await open.open();
  client.socket.send('hello');
  assert.equal(await client.next(), 'hello');
  client.socket.close();
  await client.closed;
  await open.proxy.close();
  assert.equal(open.closings.at(-1)?.event.action, 'alert');
});

test('a message that cannot be recorded does not leave, and ends the WebSocket with 1011', async () => {
  const { proxy, open, closings } = await start(configOf(BLOCK_CARDS), { fails: (what) => what === 'message' });
  const ended = Promise.withResolvers<number>();
  onSocket = (socket) => {
    echo(socket);
    socket.on('close', (code) => ended.resolve(code));
  };
  const client = await open();
  client.socket.send(`write to ${MAIL}`);
  assert.equal((await client.closed).code, 1011);
  assert.equal(await ended.promise, 1001);
  await proxy.close();
  assert.ok(!order.includes('upstream heard a message'));
  assert.deepEqual(
    closings.map(({ event }) => `${event.outcome} ${event.action}`),
    ['failed block'],
  );
});

test('policies that change hold for the next message of a WebSocket that is open', async () => {
  const config = configOf(BLOCK_CARDS);
  const { proxy, open } = await start(configOf(BLOCK_CARDS.replace('block', 'alert')));
  onSocket = echo;
  const client = await open();
  client.socket.send(`card ${CARD}`);
  assert.equal(await client.next(), `card ${CARD}`);
  proxy.take({ config, catalog: createCatalog([]), engine: createEngine(config, fingerprint) });
  client.socket.send(`card ${CARD}`);
  assert.equal((await client.closed).code, 1008);
  await proxy.close();
});

test('a message that was sent before its client vanished still arrives, and then the goodbye', async () => {
  const asked = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  const readNames: NameReader = async (texts) => {
    asked.resolve();
    await answered.promise;
    return { names: texts.map(() => []), isWhole: true };
  };
  const { proxy, open, closings } = await start(configOf(BLOCK_CARDS), { readNames });
  const heard: string[] = [];
  const ended = Promise.withResolvers<number>();
  onSocket = (socket) => {
    socket.on('message', (data) => heard.push(String(data)));
    socket.on('close', (code) => ended.resolve(code));
  };
  const client = await open();
  client.socket.send('the last words');
  await asked.promise;
  client.socket.terminate();
  await client.closed;
  answered.resolve();
  assert.equal(await ended.promise, 1001);
  assert.deepEqual(heard, ['the last words']);
  await proxy.close();
  assert.deepEqual(
    closings.map(({ event }) => event.outcome),
    ['client_aborted'],
  );
});

test('who is silent is asked, by pings that the other side never sees; who answers stays', async () => {
  const { proxy, open } = await start(configOf(BLOCK_CARDS, { idleMs: 40 }));
  let pongs = 0;
  const probed = Promise.withResolvers<void>();
  onSocket = (socket) => {
    echo(socket);
    socket.on('pong', () => pongs++);
  };
  const client = await open();
  let pings = 0;
  client.socket.on('ping', () => {
    if (++pings === 4) probed.resolve();
  });
  await probed.promise;
  client.socket.send('still here');
  assert.equal(await client.next(), 'still here');
  assert.equal(pongs, 0);
  client.socket.close(1000);
  assert.equal((await client.closed).code, 1000);
  await proxy.close();
});

test('an upstream that answers no ping is gone: the client hears 1011', async () => {
  const { proxy, open, closings } = await start(configOf(BLOCK_CARDS, { idleMs: 40 }));
  options = { autoPong: false };
  onSocket = () => {};
  const client = await open();
  assert.equal((await client.closed).code, 1011);
  await proxy.close();
  assert.equal(closings.at(-1)?.event.outcome, 'upstream_failed');
});

test('a proxy that stops lets the message at hand through, then says goodbye to both', async () => {
  const asked = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  const readNames: NameReader = async (texts) => {
    asked.resolve();
    await answered.promise;
    return { names: texts.map(() => []), isWhole: true };
  };
  const { proxy, open, closings } = await start(configOf(BLOCK_CARDS), { readNames });
  const ended = Promise.withResolvers<number>();
  onSocket = (socket) => {
    echo(socket);
    socket.on('close', (code) => ended.resolve(code));
  };
  const client = await open();
  client.socket.send('under way');
  await asked.promise;
  const stopped = proxy.close();
  answered.resolve();
  assert.equal(await client.next(), 'under way');
  assert.equal((await client.closed).code, 1001);
  assert.equal(await ended.promise, 1001);
  await stopped;
  assert.equal(closings.at(-1)?.event.reason, 'the proxy stopped');
});
