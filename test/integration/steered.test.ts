/** Connections that the sensor steers to the transparent listener: what is inspected, what is passed on, what is closed. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import tls from 'node:tls';
import { openSteerSocket, type SteerSocket } from '../../sensor/steer-socket.ts';
import { freePort, portOf } from '../support/corp-proxy.ts';
import { CARD } from '../support/planted.ts';
import { OPENAI, startUnderTest, UNNAMED, type UnderTest } from '../support/weir-under-test.ts';
import { jsonRequest, type Wire, wireOf } from '../support/wire.ts';

/** Documentation would be nicer, but the proxy refuses to reach addresses that are nobody's. */
const ADDRESS = '93.184.216.34';
const PROMPT = { model: 'gpt-4o', messages: [{ role: 'user', content: CARD }] };

/** `once` would fail on the error that comes before. */
function closed(socket: net.Socket): Promise<void> {
  socket.on('error', () => undefined);
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

/** The sensor's end of the socket, with the answers that a test wants. */
class StandInSensor {
  origin: { readonly address: string; readonly port: number; readonly pid: number } | null = null;
  readonly asked: string[] = [];
  renewals = 0;
  isLeased = false;
  #wake: () => void = () => undefined;
  #socket: SteerSocket | null = null;

  async open(home: string): Promise<void> {
    this.#socket = await openSteerSocket(join(home, 'steer.sock'), {
      renew: () => {
        this.renewals++;
        this.isLeased = true;
        this.#wake();
      },
      letGo: () => {
        this.isLeased = false;
        this.#wake();
      },
      originOf: async (address, port) => {
        this.asked.push(`${address} ${port}`);
        return this.origin;
      },
    });
  }

  async until(is: () => boolean): Promise<void> {
    while (!is()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async close(): Promise<void> {
    await this.#socket?.close();
    this.#socket = null;
  }
}

describe('steered connections', () => {
  const sensor = new StandInSensor();
  const heard: Buffer[] = [];
  const origin = net.createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => {
      heard.push(bytes);
      socket.end(`you said ${bytes.length} bytes`);
    });
  });
  let weir: UnderTest;
  let port: number;

  before(async () => {
    origin.listen(0, '127.0.0.1');
    await once(origin, 'listening');
    port = await freePort();
    weir = await startUnderTest({
      config: {
        proxy: { transparent: `127.0.0.1:${port}`, resolve: { [`${ADDRESS}:443`]: `127.0.0.1:${portOf(origin)}` } },
        sensor: { enabled: false, steer: { apps: ['billing'] } },
      },
    });
    await sensor.open(weir.home);
    await sensor.until(() => sensor.renewals > 0);
  });
  afterEach(() => {
    heard.length = 0;
    sensor.origin = null;
  });
  after(async () => {
    await weir.close();
    await sensor.close();
    origin.close();
  });

  async function secure(servername: string): Promise<Wire> {
    const secured = tls.connect({ port, host: '127.0.0.1', servername, ca: weir.ca, ALPNProtocols: ['http/1.1'] });
    await once(secured, 'secureConnect');
    return wireOf(secured);
  }
  /** What comes back to these bytes until the end. */
  async function exchanged(bytes: Buffer | string | null): Promise<string> {
    const socket = net.connect({ port, host: '127.0.0.1' });
    let got = '';
    socket.on('data', (data) => {
      got += String(data);
    });
    socket.on('error', () => undefined);
    if (bytes !== null) socket.write(bytes);
    await closed(socket);
    return got;
  }

  test('one that asks for a GenAI name is inspected as any other call to it', async () => {
    sensor.origin = { address: ADDRESS, port: 443, pid: 1 };
    const wire = await secure(OPENAI);
    wire.write(jsonRequest('POST', '/v1/chat/completions', OPENAI, PROMPT));
    const answer = await wire.answer('POST');
    assert.equal(answer.status, 400, answer.text);
    wire.destroy();
    const event = await weir.event(answer.header('x-weir-event'));
    assert.deepEqual(
      [event.destination.host, event.destination.port, event.decisions[0]?.action],
      [OPENAI, 443, 'block'],
    );
    assert.match(sensor.asked.at(-1) ?? '', /^127\.0\.0\.1 \d+$/);
    assert.deepEqual(heard, []);
  });

  test('one that asks for another name goes on to where it was going, to the last byte, and is recorded as unseen', async () => {
    sensor.origin = { address: ADDRESS, port: 443, pid: 1 };
    const socket = tls.connect({ port, host: '127.0.0.1', servername: UNNAMED, rejectUnauthorized: false });
    socket.on('error', () => undefined);
    await closed(socket);
    assert.equal(heard.length, 1);
    assert.equal(heard[0]?.[0], 0x16);
    assert.ok(heard[0]?.includes(UNNAMED));
    const event = await weir.eventWhere('a tunnel', ({ destination }) => destination.host === UNNAMED);
    assert.deepEqual(event.coverage, { level: 'opaque', reason: 'tunnelled' });
    assert.equal(event.outcome, 'completed');
  });

  test('so does one that is no TLS', async () => {
    for (const bytes of ['GET / HTTP/1.1\r\nHost: api.openai.com\r\n\r\n', 'SSH-2.0-x\r\n']) {
      sensor.origin = { address: ADDRESS, port: 443, pid: 1 };
      assert.equal(await exchanged(bytes), `you said ${bytes.length} bytes`);
      assert.deepEqual(heard.splice(0).map(String), [bytes]);
    }
  });

  test('one of which nobody knows where it was going is closed, with an event', async () => {
    const events = await weir.recordsOf(async () => {
      assert.equal(await exchanged('SSH-2.0-x\r\n'), '');
      const socket = tls.connect({ port, host: '127.0.0.1', servername: OPENAI, rejectUnauthorized: false });
      socket.on('error', () => undefined);
      await closed(socket);
    });
    assert.deepEqual(heard, []);
    assert.deepEqual(
      events.filter(({ outcome }) => outcome === 'refused').map(({ coverage }) => coverage.level),
      ['full', 'full'],
    );
  });

  test('one to an address that the proxy does not reach for anybody is not passed on', async () => {
    sensor.origin = { address: '169.254.169.254', port: 443, pid: 1 };
    assert.equal(await exchanged('SSH-2.0-x\r\n'), '');
    const event = await weir.eventWhere('the refusal', ({ destination }) => destination.host === '169.254.169.254');
    assert.equal(event.outcome, 'upstream_failed');
  });

  test('the lease is renewed while the proxy runs, taken up with a new sensor, and let go when it stops', async () => {
    const before_ = sensor.renewals;
    await sensor.until(() => sensor.renewals >= before_ + 3);
    await sensor.close();
    assert.equal(await exchanged('SSH-2.0-x\r\n'), '', 'without a sensor nobody knows');
    const then = sensor.renewals;
    await sensor.open(weir.home);
    await sensor.until(() => sensor.renewals > then);
    const other = new StandInSensor();
    const second = await startUnderTest({
      workers: 2,
      config: {
        proxy: { transparent: `127.0.0.1:${await freePort()}` },
        sensor: { enabled: false, steer: { apps: ['a'] } },
      },
    });
    await other.open(second.home);
    await other.until(() => other.isLeased);
    await second.close();
    await other.until(() => !other.isLeased);
    await other.close();
  });
});
