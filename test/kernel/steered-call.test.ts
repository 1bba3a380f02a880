/**
 * Steering from end to end: a program that knows of no proxy, the loader, the sensor's half, and a real Weir in the
 * sandbox's network; and what becomes of calls when one of these is killed.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { decodeFrame } from '../../sensor/frames.ts';
import { Steering } from '../../sensor/steer.ts';
import { openSteerSocket, type SteerSocket } from '../../sensor/steer-socket.ts';
import { kernelSkipWithout } from './host.ts';
import { startLoader, type TestLoader } from './loader.ts';
import type { Started } from './sandbox.ts';
import {
  NEIGHBOUR,
  OPENAI,
  OTHER,
  openSteeredPlace,
  PROMPT,
  PROXY_PORT,
  type SteeredPlace,
  soon,
  withinThreeSeconds,
} from './steered-place.ts';

describe('a steered call', { skip: kernelSkipWithout('curl', 'openssl', 'setpriv') }, () => {
  let place: SteeredPlace;
  let loader: TestLoader;
  let steering: Steering;
  let socket: SteerSocket;
  let weir: Started;
  let onError: 'open' | 'closed' = 'open';

  const startSteering = async (): Promise<void> => {
    loader = await startLoader({ cgroup: place.cgroup, args: ['--steer', '--no-tls'] });
    steering = new Steering({
      // The proxy is in the sandbox, which is not where the loader is: as it is for a container on a host.
      wishes: {
        steer: { cgroups: ['/'], apps: [], containers: [], address: { host: '127.0.0.1', port: PROXY_PORT } },
        block: false,
        onError,
      },
      proxy: { host: '127.0.0.1', port: PROXY_PORT },
      kindOf: (host) => ({ isGenai: host === OPENAI, isSanctioned: false }),
      names: [`*.${OPENAI.split('.').slice(1).join('.')}`],
      networks: [],
      cgroupId: () => place.cgroup.id,
      sourceOf: () => ({ app: null, container: null, cgroup: '/' }),
      command: (bytes) => loader.write(bytes),
      log: () => undefined,
    });
    steering.begin();
    loader.follow((frame) => {
      const decoded = decodeFrame(frame.bytes);
      if (decoded !== null) steering.frame(decoded);
    });
    socket = await openSteerSocket(join(place.home, 'steer.sock'), steering);
  };
  const stopSteering = async (): Promise<void> => {
    await socket.close();
    loader.process.kill('SIGKILL');
    await loader.stop();
  };

  before(async () => {
    place = await openSteeredPlace();
    weir = await place.startWeir();
    await startSteering();
  });
  after(async () => {
    await stopSteering();
    await place.close();
  });

  /** A connection tells the network namespace, from which the proxy is then tried while the program is there. */
  const reached = async (isLeased = true): Promise<void> => {
    await soon(async () => {
      await place.curl(OTHER);
      await loader.settle();
      // The loader's own is one of them. The proxy looks for the sensor each second.
      return steering.state.places > 1 && (steering.state.isLeased || !isLeased);
    });
    await loader.settle();
  };
  const isBlocked = async (): Promise<boolean> => (await place.curl(OPENAI, ...PROMPT)).body.includes('weir_blocked');
  const isDirect = async (): Promise<boolean> => (await place.curl(OPENAI, ...PROMPT)).body.includes(OPENAI);

  test('a prompt with a card number is blocked, though the program knows of no proxy', async () => {
    await reached();
    const { body, failure, isWeirs } = await place.curl(OPENAI, ...PROMPT);
    assert.equal(failure, '');
    assert.match(body, /weir_blocked/, 'the first call of all');
    assert.ok(isWeirs);
  });

  test('another name at the same address goes through untouched, with its own certificate', async () => {
    const { body, isWeirs } = await place.curl(NEIGHBOUR, ...PROMPT);
    assert.deepEqual(JSON.parse(body), { upstream: NEIGHBOUR });
    assert.ok(!isWeirs);
  });

  test('what is fine reaches the upstream by way of the proxy, and the address that it had stays elsewhere', async () => {
    const fine = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Name three rivers.' }] };
    const { body, isWeirs } = await place.curl(OPENAI, '--json', JSON.stringify(fine));
    assert.deepEqual(JSON.parse(body), { upstream: OPENAI });
    assert.ok(isWeirs);
    assert.ok(!(await place.curl(OTHER)).isWeirs);
  });

  test('with the loader killed, calls go their way within three seconds', async () => {
    await stopSteering();
    await withinThreeSeconds(isDirect);
    await startSteering();
    await reached();
    await soon(isBlocked);
  });

  test('with the proxy killed and onError open, calls go their way within three seconds', async () => {
    await weir.kill();
    await withinThreeSeconds(isDirect);
  });

  test('with onError closed and no proxy, calls to GenAI are EPERM and no others, until its lease is back', async () => {
    await stopSteering();
    onError = 'closed';
    weir = await place.startWeir();
    await startSteering();
    await reached();
    await soon(isBlocked);
    await weir.kill();
    // The lease is of two seconds by the clock of the machine, however long the next call takes to begin.
    await soon(async () => /Operation not permitted/.test((await place.curl(OPENAI, ...PROMPT)).failure));
    assert.deepEqual(JSON.parse((await place.curl(OTHER)).body), { upstream: OTHER });
    weir = await place.startWeir();
    await soon(isBlocked);
  });
});
