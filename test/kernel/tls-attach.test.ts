/** Probes on TLS libraries: by each means that kernels have, without privileges, and what becomes of files and processes. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { packageRoot } from '../../config/package-root.ts';
import { constantOf, structOf } from '../support/events-header.ts';
import { buildElfInspect, inspect } from './elf.ts';
import { kernelSkipWithout, makeCgroup, type TestCgroup } from './host.ts';
import { type Frame, fields, numberOf, startLoader, type TestLoader, tgidOf } from './loader.ts';
import { openSandbox, type Sandbox } from './sandbox.ts';
import { attached, capture, heard, makeCertificate, startServer } from './tls.ts';

const HOST = 'api.openai.com';
const LIBSSL = '/usr/lib/x86_64-linux-gnu/libssl.so.3';

describe('probes on TLS libraries', { skip: kernelSkipWithout('openssl', 'gcc') }, () => {
  let cgroup: TestCgroup;
  let sandbox: Sandbox;
  let client = '';

  before(async () => {
    cgroup = makeCgroup();
    sandbox = await openSandbox({ hosts: { [HOST]: '127.0.0.1' } });
    await startServer(sandbox, makeCertificate(sandbox.folder, [HOST]));
    client = join(sandbox.folder, 'tls-client');
    const source = join(packageRoot, 'bpf/test/tls-client.c');
    execFileSync('gcc', ['-O1', '-D_GNU_SOURCE', source, '-o', client, '-lssl', '-lcrypto']);
  });
  after(async () => {
    await sandbox.close();
    await cgroup.remove();
  });

  async function withLoader(wrapper: readonly string[], work: (loader: TestLoader) => Promise<void>): Promise<void> {
    const loader = await startLoader({ cgroup, wrapper });
    try {
      assert.equal(await capture(loader, HOST), 0);
      await work(loader);
    } finally {
      assert.equal(await loader.stop(), 0);
    }
  }

  /** A libssl that no probe has been on, and an environment in which the client uses it. */
  function ownLibrary(name: string): { readonly file: string; readonly env: Record<string, string> } {
    const folder = join(sandbox.folder, name);
    mkdirSync(folder);
    const file = join(folder, 'libssl.so.3');
    copyFileSync(LIBSSL, file);
    return { file, env: { LD_LIBRARY_PATH: folder } };
  }

  function capabilitiesOf(pid: number): bigint {
    return BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? ''}`);
  }

  const BPF = (1n << 39n) | (1n << 38n) | (1n << 12n) | (1n << 19n) | (1n << 2n);
  const ADMIN = 1n << 21n;

  for (const [means, kept] of [
    ['session', BPF],
    ['multi', BPF],
    ['perf', BPF | ADMIN],
  ] as const) {
    test(`a library first seen after privileges were dropped is probed (${means})`, async () => {
      await withLoader(['env', `WEIR_SENSOR_UPROBES=${means}`], async (loader) => {
        assert.equal(loader.parts.find((part) => part.name === 'tls')?.state, 'on');
        const { file, env } = ownLibrary(`first-${means}`);
        const running = sandbox.start(client, ['wait', '8443', HOST, '9', '100'], { cgroup, env });
        await running.says('written');
        await attached(loader, file);
        assert.equal(capabilitiesOf(loader.pid), kept);
        running.stdin.write('again\n');
        await loader.first('TLS_DATA', (frame) => tgidOf(frame) === running.pid);
        running.stdin.end();
        assert.equal((await running.finished()).code, 0);
        const ran = await sandbox.run(client, ['sizes', '8443', HOST, '12', '1000', '20000', '0', '5'], {
          cgroup,
          env,
        });
        await loader.settle();
        const [stream, ...others] = heard(loader, ran.pid, 'out');
        assert.deepEqual([others.length, stream?.bytes.length, stream?.missing, stream?.calls], [0, 21_005, 0, 3]);
      });
    });
  }

  test('a file whose reader does not come to an end in time is read again', { timeout: 180_000 }, async () => {
    await withLoader([], async (loader) => {
      await loader.settle();
      // Those that read a file now, or wait for the next one: they never answer, as on a host that is too busy.
      const stopAll = (): void => {
        const children = readFileSync(`/proc/${loader.pid}/task/${loader.pid}/children`, 'utf8').trim();
        for (const child of children === '' ? [] : children.split(/\s+/)) {
          try {
            process.kill(Number(child), 'SIGSTOP');
          } catch {
            // It has just ended.
          }
        }
      };
      const isAbout = (frame: Frame, file: string): boolean => frame.bytes.toString('latin1').includes(file);
      // A reader that is quicker than this test leaves nothing to see: then the next library.
      for (let round = 0; round < 5; round++) {
        const { file, env } = ownLibrary(`slow-${round}`);
        stopAll();
        const timer = setInterval(stopAll, 1);
        const running = sandbox.start(client, ['wait', '8443', HOST, '9', '100'], { cgroup, env });
        await running.says('written');
        await new Promise((resolve) => setTimeout(resolve, 1000));
        clearInterval(timer);
        const again = loader.first('LOG', (frame) => isAbout(frame, file)).then(() => 'again' as const);
        const told = await Promise.race([again, attached(loader, file).then(() => 'at once' as const)]);
        again.catch(() => undefined);
        await attached(loader, file);
        running.stdin.write('again\n');
        await loader.first('TLS_DATA', (frame) => tgidOf(frame) === running.pid);
        running.stdin.end();
        assert.equal((await running.finished()).code, 0);
        if (told === 'again') return;
      }
      assert.fail('no reader could be stopped in time');
    });
  });

  test('a file is read as it is on disk, however many probe it', async () => {
    const program = buildElfInspect(['-O1']);
    const { file, env } = ownLibrary('twice');
    const before_ = inspect(program, file);
    await withLoader([], async (loader) => {
      const running = sandbox.start(client, ['wait', '8443', HOST, '9', '100'], { cgroup, env });
      await attached(loader, file);
      assert.deepEqual(inspect(program, file), before_);
      running.stdin.end();
      await running.finished();
    });
  });

  test('a process outside of the watched cgroup is not heard, on the same library', async () => {
    await withLoader([], async (loader) => {
      await attached(loader, 'libssl.so.3');
      const outside = await sandbox.run(client, ['sizes', '8443', HOST, '12', '1000'], {});
      const inside = await sandbox.run(client, ['sizes', '8443', HOST, '12', '1000'], { cgroup });
      await loader.settle();
      assert.equal(heard(loader, inside.pid, 'out').length, 1);
      assert.deepEqual(
        loader.frames.filter(
          (frame) =>
            frame.type >= constantOf('WEIR_TLS_OPEN') &&
            frame.type <= constantOf('WEIR_TLS_SOCKET') &&
            tgidOf(frame) === outside.pid,
        ),
        [],
      );
    });
  });

  test('a process of Weir is not heard', async () => {
    await withLoader([], async (loader) => {
      await attached(loader, 'libssl.so.3');
      const running = sandbox.start('sh', ['-c', `read line; exec ${client} sizes 8443 ${HOST} 12 1000`], { cgroup });
      assert.equal(await loader.command('weir_do_own', 'OWN', { tgid: running.pid, start_ns: 0n }), 0);
      running.stdin.end('\n');
      assert.equal((await running.finished()).code, 0);
      await loader.settle();
      assert.deepEqual(heard(loader, running.pid, 'out'), []);
    });
  });

  test('two overlay mounts of one lower layer: one record a call, of the right process', async () => {
    const { file } = ownLibrary('lower');
    const at = (name: string): string => join(sandbox.folder, name);
    const lower = join(file, '..');
    const mounts = ['a', 'b'].map((name) => {
      for (const part of ['upper', 'work', 'merged']) mkdirSync(at(`${name}-${part}`));
      return `mount -t overlay overlay -o lowerdir=${lower},upperdir=${at(`${name}-upper`)},workdir=${at(`${name}-work`)} ${at(`${name}-merged`)}`;
    });
    /* Overlay on the temporary folder's own file system, each in a mount namespace of its own, as containers have it. */
    await withLoader([], async (loader) => {
      const start = (index: number, name: string) =>
        sandbox.start(
          'unshare',
          [
            '--mount',
            'sh',
            '-c',
            `${mounts[index]} || exit 99; LD_LIBRARY_PATH=${at(`${name}-merged`)} exec ${client} wait 8443 ${HOST} ${index + 1} 500`,
          ],
          { cgroup },
        );
      const running = [start(0, 'a'), start(1, 'b')] as const;
      for (const each of running) await each.says('written');
      for (const each of running)
        await loader.first(
          'LIBRARY',
          (frame) =>
            tgidOf(frame) === each.pid &&
            numberOf(fields('weir_library', frame), 'verdict') === constantOf('WEIR_LIBRARY_PROBED'),
        );
      for (const each of running) {
        each.stdin.write('again\n');
        await loader.first('TLS_DATA', (frame) => tgidOf(frame) === each.pid);
        each.stdin.end('more\n');
        assert.equal((await each.finished()).code, 0);
      }
      await loader.settle();
      for (const each of running) {
        const streams = heard(loader, each.pid, 'out');
        assert.equal(streams.length, 1);
        /* As many of its three writes as came behind the probes, and none twice. */
        const { calls = 0, bytes = Buffer.alloc(0) } = streams[0] ?? {};
        assert.ok(calls >= 1 && calls <= 3);
        assert.equal(bytes.length, calls * 500);
      }
      const fresh = await Promise.all(
        ['a', 'b'].map((name, index) =>
          sandbox.run(
            'unshare',
            [
              '--mount',
              'sh',
              '-c',
              `${mounts[index]} || exit 99; LD_LIBRARY_PATH=${at(`${name}-merged`)} exec ${client} sizes 8443 ${HOST} ${index + 1} 300 400`,
            ],
            { cgroup },
          ),
        ),
      );
      await loader.settle();
      for (const ran of fresh) {
        assert.equal(ran.code, 0, ran.stderr);
        const streams = heard(loader, ran.pid, 'out');
        assert.deepEqual(
          streams.map((stream) => [stream.calls, stream.bytes.length]),
          [[2, 700]],
        );
      }
    });
  });

  test('a library that is deleted while it is probed: its program goes on, its probes end with it', async () => {
    await withLoader([], async (loader) => {
      const { file, env } = ownLibrary('deleted');
      const running = sandbox.start(client, ['wait', '8443', HOST, '9', '100'], { cgroup, env });
      await running.says('written');
      const attach = await attached(loader, file);
      rmSync(file);
      running.stdin.write('again\n');
      await loader.first('TLS_DATA', (frame) => tgidOf(frame) === running.pid);
      running.stdin.end();
      assert.equal((await running.finished()).code, 0);
      const attachment = numberOf(fields('weir_attach', attach), 'attachment');
      await loader.first('ATTACH', (frame) => {
        const of = fields('weir_attach', frame);
        return numberOf(of, 'attachment') === attachment && numberOf(of, 'state') === constantOf('WEIR_DETACHED');
      });
    });
  });

  test('a program with rustls inside is opaque by its name', async () => {
    await withLoader([], async (loader) => {
      const program = join(sandbox.folder, 'rustls');
      const code = 'const char s[] = "/x/rustls-0.23.1/src/y.rs"; int main(void) { return s[0] != 47; }';
      execFileSync('gcc', ['-x', 'c', '-', '-o', program], { input: code });
      const ran = await sandbox.run('sh', ['-c', `${program}; exec sleep 0.5 & exec ${program}`], { cgroup });
      assert.equal(ran.code, 0);
      const held = sandbox.start('sh', ['-c', `cp ${program} ${program}-2; exec ${program}-2`], { cgroup });
      await held.finished();
      const library = await loader.first('LIBRARY', (frame) => {
        const at = structOf('weir_library').size;
        return frame.bytes.subarray(at).toString().endsWith('rustls');
      });
      const of = fields('weir_library', library);
      assert.equal(numberOf(of, 'verdict'), constantOf('WEIR_LIBRARY_OPAQUE'));
      assert.equal(numberOf(of, 'library'), constantOf('WEIR_RUSTLS'));
    });
  });

  test('a process that forks 2,000 times is survived, and leaves nothing behind', { timeout: 180_000 }, async () => {
    await withLoader([], async (loader) => {
      await attached(loader, 'libssl.so.3');
      const script = `import os, ssl
for i in range(2000):
    pid = os.fork()
    if pid == 0: os._exit(0)
    os.waitpid(pid, 0)
`;
      const ran = await sandbox.run('/usr/bin/python3', ['-c', script], { cgroup });
      assert.equal(ran.code, 0, ran.stderr);
      const after_ = await sandbox.run(client, ['sizes', '8443', HOST, '12', '1000'], { cgroup });
      await loader.settle();
      assert.equal(heard(loader, after_.pid, 'out').length, 1);
    });
  });
});
