import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Loader } from '../../sensor/loader.ts';
import { afterwards, temporaryFolder } from '../store/samples.ts';
import { frameOf, helloFrame } from '../support/sensor-frames.ts';

interface Running {
  readonly loader: Loader;
  readonly seen: string[];
  /** Resolves once so many things were seen. */
  saw(count: number): Promise<void>;
}

function start(t: TestContext, frames: readonly Buffer[], ending = ''): Running {
  const file = join(temporaryFolder(t), 'frames');
  writeFileSync(file, Buffer.concat(frames));
  const seen: string[] = [];
  let wake = (): void => {};
  const see = (what: string): void => {
    seen.push(what);
    wake();
  };
  const loader = new Loader({
    command: [process.execPath, join(import.meta.dirname, '../support/fake-loader.ts'), file, ending],
    onHello: () => see('hello'),
    onFrame: ({ type }) => see(type),
    onEnd: (reason) => see(`end: ${reason}`),
    log: () => {},
    firstDelayMs: 20,
  });
  afterwards(t, () => loader.stop());
  loader.start();
  const saw = async (count: number): Promise<void> => {
    while (seen.length < count) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { loader, seen, saw };
}

test('frames are read as they come, and it ends when it is stopped', async (t) => {
  const { loader, seen, saw } = start(t, [helloFrame(), frameOf('FORK'), frameOf('EXIT')]);
  await saw(3);
  assert.deepEqual(seen, ['hello', 'fork', 'exit']);
  assert.equal(loader.state.kind, 'running');
  await loader.stop();
  assert.equal(loader.state.kind, 'stopped');
  assert.equal(loader.restarts, 0);
});

test('one that ends is started again', async (t) => {
  const { loader, seen, saw } = start(t, [helloFrame()], 'crash');
  await saw(4);
  assert.deepEqual(seen.slice(0, 3), ['hello', 'end: it ended (code 9)', 'hello']);
  assert.ok(loader.restarts >= 1);
});

test('one that writes garbage is ended and started again', async (t) => {
  const { seen, saw } = start(t, [helloFrame(), Buffer.alloc(4000, 0xff)]);
  await saw(3);
  assert.equal(seen[0], 'hello');
  assert.match(seen[1] ?? '', /^end: it wrote what is no frame/);
  assert.equal(seen[2], 'hello');
});

test('one that does not begin with its first frame is none', async (t) => {
  const { seen, saw } = start(t, [frameOf('FORK')]);
  await saw(1);
  assert.match(seen[0] ?? '', /does not say what it is/);
});

test('where the host does not allow it, it says why and is not tried again', async (t) => {
  const parts = [{ id: 1, name: 'exec', state: 2, reason: 'no privilege (CAP_BPF)' }];
  const { loader, seen, saw } = start(t, [helloFrame(parts)], 'unable');
  await saw(1);
  // Never as one that runs: it had nothing to run.
  assert.deepEqual(seen, ['end: no privilege (CAP_BPF)']);
  assert.equal(loader.state.kind, 'unable');
  assert.equal(loader.restarts, 0);
});

test('a program that is not there is no loader', async (t) => {
  let reason = '';
  const { promise, resolve } = Promise.withResolvers<void>();
  const loader = new Loader({
    command: [join(temporaryFolder(t), 'nothing')],
    onHello: () => {},
    onFrame: () => {},
    onEnd: (why) => {
      reason = why;
      resolve();
    },
    log: () => {},
  });
  loader.start();
  await promise;
  assert.equal(reason, 'the loader cannot be run (ENOENT)');
  loader.send(Buffer.alloc(10));
  await loader.stop();
});
