/** The loader's build, from a copy of its sources: by two at once, and by one whose predecessor was killed in the middle. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { packageRoot } from '../../config/package-root.ts';
import { kernelSkipWithout } from './host.ts';

describe('the build of the loader', { skip: kernelSkipWithout('clang', 'gcc', 'flock') }, () => {
  let root: string;
  let compiled: string;

  before(() => {
    root = mkdtempSync(join(tmpdir(), 'weir-build-'));
    compiled = join(root, 'compiled');
    cpSync(join(packageRoot, 'bpf'), join(root, 'bpf'), { recursive: true });
    cpSync(join(packageRoot, 'scripts/build-sensor.sh'), join(root, 'scripts/build-sensor.sh'));
    mkdirSync(join(root, 'bin'));
    const clang = spawnSync('sh', ['-c', 'command -v clang'], { encoding: 'utf8' }).stdout.trim();
    const script = `#!/bin/sh\necho "$PPID" >>'${compiled}'\nexec '${clang}' "$@"\n`;
    writeFileSync(join(root, 'bin/clang'), script, { mode: 0o755 });
  });

  after(() => rmSync(root, { recursive: true, force: true }));

  const build = () => {
    const env = { ...process.env, PATH: `${join(root, 'bin')}:${process.env['PATH']}` };
    const child = spawn('sh', [join(root, 'scripts/build-sensor.sh')], { env });
    let [told, path] = ['', ''];
    child.stderr.on('data', (text: Buffer) => {
      told += text.toString();
    });
    child.stdout.on('data', (text: Buffer) => {
      path += text.toString();
    });
    return { child, ended: once(child, 'close').then(([code]: unknown[]) => ({ code, told, path: path.trim() })) };
  };
  const compilations = (): number => {
    try {
      return readFileSync(compiled, 'utf8').trim().split('\n').length;
    } catch {
      return 0;
    }
  };

  test('is done once by two that begin together, after one that was killed, and both have the whole of it', async () => {
    const killed = build();
    while (compilations() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    killed.child.kill('SIGKILL');
    await killed.ended;
    const before = compilations();
    const both = await Promise.all([build().ended, build().ended]);
    const path = join(root, 'runtime/native/weir-sensor');
    for (const { code, told, path: said } of both) assert.deepEqual({ code, said }, { code: 0, said: path }, told);
    assert.equal(compilations() - before, globSync('*.bpf.c', { cwd: join(root, 'bpf') }).length);
    assert.match(spawnSync(path, [], { encoding: 'utf8' }).stderr, /^usage: weir-sensor --cgroup/);
    const left = readdirSync(join(root, 'runtime/native')).filter((each) => each.startsWith('.sensor-'));
    assert.deepEqual(left, [], 'what builds leave');
  });
});
