/** The loader's life: what it keeps of its privileges, how it ends, and what it does with a host or a reader that is not as it should be. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { constantOf } from '../support/events-header.ts';
import { seeded } from '../support/every-split.ts';
import { kernelSkip, kernelSkipWithout, loaderPath, makeCgroup, type TestCgroup } from './host.ts';
import { fields, type LoaderOptions, numberOf, startLoader, type TestLoader } from './loader.ts';
import { openSandbox, type Sandbox } from './sandbox.ts';

/** CAP_NET_ADMIN, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH, CAP_PERFMON, CAP_BPF. */
const KEPT = (1n << 12n) | (1n << 19n) | (1n << 2n) | (1n << 38n) | (1n << 39n);

function statusOf(pid: number, name: string): string {
  return new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
}

/** Programs that are attached to a cgroup, as the kernel tells it. */
function attachedTo(cgroup: TestCgroup): readonly unknown[] {
  const { stdout, status, stderr } = spawnSync('bpftool', ['--json', 'cgroup', 'show', cgroup.path], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  const parsed: unknown = JSON.parse(stdout.trim() || '[]');
  return Array.isArray(parsed) ? parsed : [];
}

/** Resolves when a process that is no child of this one has gone. */
async function gone(pid: number): Promise<void> {
  const limit = Date.now() + 60_000;
  while (existsSync(`/proc/${pid}`)) {
    assert.ok(Date.now() < limit, `process ${pid} is still there`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Sums of the last LOSS frame. */
function counted(loader: TestLoader): {
  readonly seen: number;
  readonly submitted: number;
  readonly ringFull: number;
  readonly other: number;
} {
  const bytes = loader.all('LOSS').at(-1)?.bytes ?? Buffer.alloc(0);
  const sums = Array<number>(7).fill(0);
  for (let at = 24; at < bytes.length; at += 64) {
    for (let index = 0; index < 7; index++)
      sums[index] = (sums[index] ?? 0) + Number(bytes.readBigUInt64LE(at + 8 + index * 8));
  }
  const [seen = 0, submitted = 0, ringFull = 0, ...others] = sums;
  return { seen, submitted, ringFull, other: others.reduce((sum, each) => sum + each, 0) };
}

describe("the loader's life", { skip: kernelSkip() }, () => {
  let cgroup: TestCgroup;
  let sandbox: Sandbox;
  const loaders: TestLoader[] = [];
  const start = async (options: Partial<LoaderOptions> = {}): Promise<TestLoader> => {
    const loader = await startLoader({ cgroup, ...options });
    loaders.push(loader);
    return loader;
  };

  before(async () => {
    cgroup = makeCgroup();
    sandbox = await openSandbox();
  });
  after(async () => {
    for (const loader of loaders) await loader.stop();
    await sandbox.close();
    await cgroup.remove();
  });

  test('keeps five capabilities and no more, for good, and says which', async () => {
    const loader = await start();
    assert.equal(BigInt(`0x${statusOf(loader.pid, 'CapEff')}`), KEPT);
    assert.equal(BigInt(`0x${statusOf(loader.pid, 'CapPrm')}`), KEPT);
    assert.equal(BigInt(`0x${statusOf(loader.pid, 'CapBnd')}`), KEPT);
    assert.equal(BigInt(`0x${statusOf(loader.pid, 'CapAmb')}`), 0n);
    assert.equal(statusOf(loader.pid, 'NoNewPrivs'), '1');
    assert.equal(loader.hello.bytes.readBigUInt64LE(32), KEPT);
  });

  test('says in the first frame which layouts it speaks, and they are those of the header', async () => {
    const loader = await start();
    const hello = fields('weir_hello', loader.hello);
    assert.equal(numberOf(hello, 'abi'), constantOf('WEIR_ABI'));
    assert.equal(numberOf(hello, 'magic'), constantOf('WEIR_MAGIC'));
    assert.ok(loader.parts.some((part) => part.name === 'connect4' && part.state === 'on'));
    assert.ok(loader.parts.every((part) => part.state !== 'refused' || part.reason !== ''));
  });

  test('an end by SIGKILL leaves nothing attached', { skip: kernelSkipWithout('bpftool') }, async () => {
    const own = makeCgroup();
    const loader = await start({ cgroup: own });
    assert.ok(attachedTo(own).length >= 8);
    loader.process.kill('SIGKILL');
    await loader.stop();
    assert.deepEqual(attachedTo(own), []);
    await own.remove();
  });

  test('ends with its parent, though nobody ends its input', async () => {
    const own = makeCgroup();
    const parent = spawn('sh', ['-c', '"$0" --cgroup "$1" <&3 & echo $!; wait', loaderPath(), own.path], {
      stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    });
    const { stdout } = parent;
    assert.ok(stdout !== null);
    const [first] = (await once(stdout, 'data')) as [Buffer];
    const pid = Number(/^\d+/.exec(first.toString())?.[0]);
    stdout.resume();
    await new Promise<void>((resolve) => (first.includes('weir') ? resolve() : stdout.once('data', () => resolve())));
    assert.match(readFileSync(`/proc/${pid}/comm`, 'utf8'), /weir-sensor/);
    parent.kill('SIGKILL');
    await gone(pid);
    await own.remove();
  });

  test('ends with an error, and not otherwise, on input that cannot be commands', async () => {
    const own = makeCgroup();
    const loader = await start({ cgroup: own });
    loader.write(Buffer.from('GET / HTTP/1.1\r\nHost: example\r\n\r\n'));
    const [code, signal] = (await once(loader.process, 'close')) as [number | null, NodeJS.Signals | null];
    assert.deepEqual([code, signal], [1, null]);
    await own.remove();
  });

  test('a command that comes in pieces is one command', async () => {
    const loader = await start();
    const bytes = Buffer.alloc(16);
    bytes.writeUInt32LE(16, 0);
    bytes.writeUInt16LE(constantOf('WEIR_DO_REPORT'), 4);
    bytes.writeUInt32LE(4711, 8);
    for (const byte of bytes) {
      loader.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await loader.first('REPLY', (frame) => numberOf(fields('weir_reply', frame), 'sequence') === 4711);
  });

  test('without privilege it says what it would need, and ends with code 3', {
    skip: kernelSkipWithout('setpriv'),
  }, async () => {
    const loader = await start({ wrapper: ['setpriv', '--bounding-set=-all', '--inh-caps=-all', '--no-new-privs'] });
    assert.ok(loader.parts.length >= 10);
    for (const part of loader.parts)
      assert.deepEqual([part.state, /CAP_BPF/.test(part.reason)], ['refused', true], part.name);
    assert.equal(await loader.stop(), 3);
  });

  test('a folder that is no cgroup is refused, with the reason', async () => {
    const loader = await start({ cgroup: { path: sandbox.folder } });
    assert.ok(loader.parts.every((part) => part.state === 'refused' && part.reason.includes('cgroup v2')));
    assert.equal(await loader.stop(), 3);
    const absent = await start({ cgroup: { path: '/nowhere' } });
    assert.ok(absent.parts.every((part) => part.state === 'refused'));
    assert.equal(await absent.stop(), 3);
  });

  test('commands of random types and bytes, and of every wrong size, are answered or refused, and it goes on', async () => {
    const own = makeCgroup();
    const loader = await start({ cgroup: own, args: ['--steer'] });
    const random = seeded(20261126);
    for (let i = 0; i < 3000; i++) {
      const bytes = Buffer.from(
        Array.from({ length: 16 + Math.floor(random() * 120) }, () => Math.floor(random() * 256)),
      );
      bytes.writeUInt32LE(bytes.length, 0);
      bytes.writeUInt16LE(Math.floor(random() * 20), 4);
      bytes.writeUInt32LE(500_000 + i, 8);
      loader.write(bytes);
    }
    await loader.settle();
    const answered = new Set(loader.all('REPLY').map((frame) => numberOf(fields('weir_reply', frame), 'sequence')));
    assert.ok(answered.size > 2500, `${answered.size} were answered`);
    assert.equal(await loader.stop(), 0);
    await own.remove();
  });

  test('what a reader that sleeps does not get is counted to the last record, and it goes on afterwards', async () => {
    const own = makeCgroup();
    const loader = await start({ cgroup: own, args: ['--ring', '65536'] });
    loader.process.stdout?.pause();
    const ran = await sandbox.run('sh', ['-c', 'seq 4000 | xargs -n 1 /bin/true'], { cgroup: own });
    assert.equal(ran.code, 0, ran.stderr);
    loader.process.stdout?.resume();
    await loader.settle();
    const after_ = await sandbox.run('/bin/echo', ['still there'], { cgroup: own });
    await loader.first('EXIT', (frame) => frame.bytes.readUInt32LE(16) === after_.pid);
    await loader.settle();
    const sums = counted(loader);
    const received = loader.frames.filter((frame) => frame.type >= 16 && frame.type < 128).length;
    assert.ok(sums.ringFull > 0, 'the ring never filled');
    assert.equal(sums.submitted, received);
    assert.equal(sums.seen, sums.submitted + sums.ringFull + sums.other);
    assert.ok(sums.seen >= 4000 * 3);
    assert.equal(await loader.stop(), 0);
    await own.remove();
  });

  test('a process that forks 10,000 times is told 10,000 times, and its children end', async () => {
    const own = makeCgroup();
    const loader = await start({ cgroup: own });
    const ran = await sandbox.run('sh', ['-c', 'i=0; while [ $i -lt 10000 ]; do (:); i=$((i+1)); done'], {
      cgroup: own,
    });
    assert.equal(ran.code, 0);
    await loader.settle();
    assert.equal(loader.all('FORK', (frame) => frame.bytes.readUInt32LE(16) === ran.pid).length, 10_000);
    assert.equal(loader.all('EXIT').length, 10_001);
    assert.equal(counted(loader).ringFull, 0);
    assert.equal(await loader.stop(), 0);
    await own.remove();
  });
});
