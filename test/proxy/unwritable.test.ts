/** A record that cannot be written before the first byte goes upstream: `onError` decides, and it is said loudly. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createCatalog } from '../../catalog/catalog.ts';
import { createEngine } from '../../cli/configured-engine.ts';
import { loadConfig } from '../../config/load.ts';
import { WeirError } from '../../flow/errors.ts';
import type { Closing, Recorder } from '../../flow/recorder.ts';
import { ConversationMap } from '../../proxy/conversation-map.ts';
import { type RunningProxy, startProxy } from '../../proxy/proxy.ts';
import { loadOrCreateAuthority } from '../../proxy/tls/authority.ts';
import { newUlid } from '../../store/ulid.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir-unwritable-'));
let received = 0;
const upstream = createServer((request, response) => {
  received++;
  request.resume().on('end', () => response.end('ok'));
});
before(() => new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve)));
after(() => {
  upstream.close();
  rmSync(folder, { recursive: true });
});

/** A store whose disk is full: it takes closings, so that the test sees them, and no openings. */
async function start(onError: 'open' | 'closed', closings: Closing[], lines: string[]): Promise<RunningProxy> {
  const base = loadConfig({ file: null, env: { WEIR_HOME: folder }, cwd: folder });
  const place = { host: '127.0.0.1', port: (upstream.address() as AddressInfo).port };
  const proxy = {
    ...base.proxy,
    onError,
    listen: { host: '127.0.0.1', port: 0 },
    resolve: new Map([
      ['llm.example:80', place],
      ['bypassed.example:443', place],
    ]),
    bypass: ['bypassed.example'],
  };
  const config = { ...base, proxy };
  const recorder: Recorder = {
    open: () => {
      throw new WeirError('store_unwritable', 'spool: ENOSPC');
    },
    openSoon: () => Promise.reject(new WeirError('store_unwritable', 'spool: ENOSPC')),
    close: (closing) => {
      closings.push(closing);
    },
    closeSoon: (closing) => {
      closings.push(closing);
      return Promise.resolve();
    },
  };
  const fingerprint = (): string => 'f';
  return await startProxy({
    config,
    catalog: createCatalog([]),
    engine: createEngine(config, fingerprint),
    recorder,
    conversations: new ConversationMap({ now: Date.now, newId: newUlid }),
    authority: loadOrCreateAuthority(join(folder, 'ca')),
    fingerprint,
    log: (line) => lines.push(line),
    newId: () => newUlid(),
    now: Date.now,
    hostname: 'host',
    version: '0.0.0',
  });
}

async function call(proxy: RunningProxy): Promise<number> {
  const { request } = await import('node:http');
  return await new Promise((resolve, reject) => {
    request(
      { host: '127.0.0.1', port: proxy.port, path: 'http://llm.example/', headers: { host: 'llm.example' } },
      (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0));
      },
    )
      .on('error', reject)
      .end();
  });
}

test('closed: the call is refused, nothing goes upstream, and the record says block', async () => {
  const closings: Closing[] = [];
  const lines: string[] = [];
  const proxy = await start('closed', closings, lines);
  const seen = received;
  assert.equal(await call(proxy), 503);
  await proxy.close(0);
  assert.equal(received, seen);
  assert.deepEqual(
    closings.map(({ event }) => [event.outcome, event.action, event.rule, event.status]),
    [['failed', 'block', 'onError', 503]],
  );
  assert.ok(lines.some((line) => line.includes('ENOSPC')));
});

test('open: the call passes with an alert', async () => {
  const closings: Closing[] = [];
  const lines: string[] = [];
  const proxy = await start('open', closings, lines);
  const seen = received;
  assert.equal(await call(proxy), 200);
  const { values } = proxy.figures();
  assert.deepEqual(
    values.filter(({ name, value }) => name.startsWith('weir_fail') && value > 0),
    [{ name: 'weir_fail_opens_total', labels: ['record'], value: 1 }],
  );
  await proxy.close(0);
  assert.equal(received, seen + 1);
  assert.deepEqual(
    closings.map(({ event }) => [event.outcome, event.action, event.rule]),
    [['completed', 'alert', 'onError']],
  );
  assert.ok(lines.some((line) => line.includes('ENOSPC')));
});

/** Sends a request through a tunnel that is not looked into; null where there is none. */
async function callThroughTunnel(proxy: RunningProxy): Promise<string | null> {
  const socket = connect(proxy.port, '127.0.0.1');
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (text.endsWith('\r\n\r\n') && text.startsWith('HTTP/1.1 200'))
      socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  });
  socket.write('CONNECT bypassed.example:443 HTTP/1.1\r\nHost: bypassed.example:443\r\n\r\n');
  await once(socket, 'close');
  return text.startsWith('HTTP/1.1 200') ? text : null;
}

test('a tunnel is stopped, or opened with an alert, in the same way', async () => {
  for (const onError of ['closed', 'open'] as const) {
    const closings: Closing[] = [];
    const lines: string[] = [];
    const proxy = await start(onError, closings, lines);
    const text = await callThroughTunnel(proxy);
    await proxy.close(0);
    assert.equal(text !== null, onError === 'open', text ?? 'no tunnel');
    assert.deepEqual(
      closings.map(({ event }) => [event.outcome, event.action, event.rule]),
      [onError === 'open' ? ['completed', 'alert', 'onError'] : ['failed', 'block', 'onError']],
    );
    assert.equal(lines.filter((line) => line.includes('passed on (onError: open)')).length, onError === 'open' ? 1 : 0);
  }
});
