/** Processes as the loader tells them, and the loader's own life. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { kernelSkip, makeCgroup, type TestCgroup } from './host.ts';
import { bigOf, fields, numberOf, startLoader, structIn, type TestLoader, textOf, tgidOf } from './loader.ts';
import { openSandbox, type Sandbox } from './sandbox.ts';

describe('processes', { skip: kernelSkip() }, () => {
  let cgroup: TestCgroup;
  let sandbox: Sandbox;
  let loader: TestLoader;

  before(async () => {
    cgroup = makeCgroup();
    sandbox = await openSandbox();
    loader = await startLoader({ cgroup });
  });
  after(async () => {
    await sandbox.close();
    assert.equal(await loader.stop(), 0);
    await cgroup.remove();
  });

  test('a program that is run is told with its arguments, parent, user and start, and so is its end', async () => {
    const ran = await sandbox.run('sh', ['-c', '/bin/echo one "two words"; exit 7'], { cgroup });
    assert.equal(ran.code, 7);
    const exec = await loader.first('EXEC', (frame) => textOf(fields('weir_exec', frame), 'comm') === 'echo');
    const told = fields('weir_exec', exec);
    assert.equal(textOf(told, 'exe'), '/bin/echo');
    const args = exec.bytes.subarray(352, 352 + numberOf(told, 'args_length')).toString();
    assert.equal(args, '/bin/echo\0one\0two words\0');
    assert.equal(numberOf(told, 'parent'), ran.pid);
    assert.equal(numberOf(told, 'uid'), process.getuid?.());
    assert.equal(bigOf(told, 'cgroup_id'), cgroup.id);

    const fork = await loader.first(
      'FORK',
      (frame) => numberOf(structIn(fields('weir_fork', frame), 'child'), 'tgid') === tgidOf(exec),
    );
    assert.equal(tgidOf(fork), ran.pid);
    const exit = await loader.first('EXIT', (frame) => tgidOf(frame) === ran.pid);
    assert.equal(numberOf(fields('weir_exit', exit), 'code') >> 8, 7);
  });

  test('the start of a process is the one that /proc tells', async () => {
    const child = sandbox.start('cat', [], { cgroup });
    const exec = await loader.first(
      'EXEC',
      (frame) => tgidOf(frame) === child.pid && textOf(fields('weir_exec', frame), 'comm') === 'cat',
    );
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
    const ticks = BigInt(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '');
    assert.equal(bigOf(structIn(fields('weir_exec', exec), 'task'), 'start_ns') / 10_000_000n, ticks);
    await child.kill();
  });

  test('nothing is told of a process outside the watched cgroup', async () => {
    const ran = await sandbox.run('sh', ['-c', '/bin/true'], {});
    await loader.settle();
    assert.deepEqual(
      loader.frames.filter((frame) => frame.type >= 16 && frame.type < 64 && tgidOf(frame) === ran.pid),
      [],
    );
  });

  test('what was counted was sent', async () => {
    await sandbox.run('sh', ['-c', 'for i in 1 2 3 4 5 6 7 8 9; do /bin/true; done'], { cgroup });
    await loader.settle();
    const records = loader.frames.filter((frame) => frame.type >= 16 && frame.type <= 18).length;
    const loss = loader.all('LOSS').at(-1);
    assert.ok(loss !== undefined);
    let seen = 0n;
    let submitted = 0n;
    for (let at = 24; at < loss.bytes.length; at += 64) {
      if (loss.bytes.readUInt16LE(at) !== 0) continue;
      seen += loss.bytes.readBigUInt64LE(at + 8);
      submitted += loss.bytes.readBigUInt64LE(at + 16);
    }
    assert.equal(submitted, BigInt(records));
    assert.equal(seen, submitted);
  });
});
