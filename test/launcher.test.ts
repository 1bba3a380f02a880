import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { packageRoot } from '../config/package-root.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir launcher '));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Programs that the set-up may use, without the compiler's. */
const TOOLS = 'sh sed ls mkdir ln rm mv cp tail readlink uname cksum cat date sleep mktemp dirname grep ps env'.split(
  ' ',
);

interface Stage {
  readonly root: string;
  /** A PATH with only TOOLS and the stand-ins for node and npm. */
  readonly path: string;
}

/**
 * A checkout with stand-ins for node and npm. The stand-in of npm tells its arguments in npm.log, waits until the
 * file `go` can be read (a FIFO holds it back), and then leaves what an installation leaves.
 */
function stage(options: { readonly version: string; readonly npm: 'works' | 'fails'; readonly re2: boolean }): Stage {
  const root = mkdtempSync(join(folder, 'check out '));
  const bin = join(root, 'bin');
  mkdirSync(bin);
  cpSync(join(packageRoot, 'scripts'), join(root, 'scripts'), { recursive: true });
  mkdirSync(join(root, 'runtime'));
  for (const file of [
    'weir',
    'package.json',
    'package-lock.json',
    'runtime/package.json',
    'runtime/package-lock.json',
  ]) {
    cpSync(join(packageRoot, file), join(root, file));
  }
  for (const tool of TOOLS)
    symlinkSync(
      spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim() || '/bin/false',
      join(bin, tool),
    );
  program(
    join(bin, 'node'),
    `case "$1" in
--version) echo ${options.version} ;;
-p) case $2 in process.execPath) echo "$0" ;; *) echo 1 ;; esac ;;
-e) ${options.re2 ? 'exit 0' : 'exit 1'} ;;
*/installed.ts) [ -e '${root}/node_modules/re2' ] ;;
*) echo "ran $*" ;;
esac`,
  );
  program(
    join(bin, 'npm'),
    options.npm === 'fails'
      ? `echo "$*" >>'${root}/npm.log'; echo 'the registry does not answer'; exit 1`
      : `echo "$*" >>'${root}/npm.log'; cat '${root}/go' >/dev/null
mkdir -p '${root}/node_modules/re2/build/Release' && echo built >'${root}/node_modules/re2/build/Release/re2.node'`,
  );
  writeFileSync(join(root, 'go'), '');
  return { root, path: bin };
}

function program(path: string, body: string): void {
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
}

function run(
  { root, path }: Stage,
  ...args: readonly string[]
): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(join(root, 'weir'), args, { env: { PATH: path }, encoding: 'utf8' });
  return { status, stdout, stderr };
}

async function untilPrinted(child: ChildProcess, pattern: RegExp): Promise<void> {
  let text = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr?.on('data', (chunk) => {
      text += String(chunk);
      if (pattern.test(text)) resolve();
    });
    child.once('exit', () => reject(new Error(`ended before it printed ${pattern}: ${text}`)));
  });
}

describe('the launcher', () => {
  test('runs from another folder, through a symbolic link, and prints nothing of its own on stdout', () => {
    const link = join(folder, 'a link');
    symlinkSync(join(packageRoot, 'weir'), link);
    const { status, stdout, stderr } = spawnSync(link, ['--version'], { cwd: folder, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^weir \d+\.\d+\.\d+\n$/);
  });

  test('hands arguments, stdin and the exit code through', () => {
    const code =
      'process.stdin.pipe(process.stdout).on("finish", () => {}); process.exitCode = Number(process.argv[1])';
    const { status, stdout } = spawnSync(join(packageRoot, 'scripts/node'), ['-e', code, '--', '7'], {
      input: 'a\n b',
    });
    assert.equal(status, 7);
    assert.equal(stdout.toString(), 'a\n b');
  });

  for (const version of ['v24.15.0', 'v24.99.1', 'v26.0.0', 'v31.2.0']) {
    test(`takes the host's Node ${version}`, () => {
      const place = stage({ version, npm: 'works', re2: true });
      const { status, stdout, stderr } = run(place, 'scan', 'a file');
      assert.equal(status, 0, stderr);
      assert.equal(stdout, `ran ${place.root}/cli/main.ts scan a file\n`);
      assert.match(stderr, /installing dependencies/);
      assert.doesNotMatch(stderr, /installing Node/);
    });
  }

  for (const version of ['v20.20.2', 'v24.14.9', 'v25.9.0', 'v9.9.9', 'nonsense']) {
    test(`does not take the host's Node ${version}, and names the one that it installs`, () => {
      const place = stage({ version, npm: 'fails', re2: true });
      const { status, stdout, stderr } = run(place, '--help');
      assert.equal(status, 1);
      assert.equal(stdout, '');
      assert.match(
        stderr,
        new RegExp(`installing Node \\d+\\.\\d+\\.\\d+ into runtime/ \\(the host has ${version}\\)`),
      );
      assert.match(stderr, /the registry does not answer/);
      assert.match(readFileSync(join(place.root, 'npm.log'), 'utf8'), /^ci --prefix .*\/runtime --ignore-scripts/);
    });
  }

  test('the range that it takes is the one of package.json', () => {
    const manifest = readFileSync(join(packageRoot, 'package.json'), 'utf8');
    assert.match(manifest, /"node": "\^24\.15\.0 \|\| >=26\.0\.0"/);
  });

  test('sets up once: the second start asks npm for nothing and says nothing', () => {
    const place = stage({ version: 'v24.15.0', npm: 'works', re2: true });
    run(place, 'up');
    const { status, stderr } = run(place, 'up');
    assert.equal(status, 0);
    assert.equal(stderr, '');
    assert.equal(readFileSync(join(place.root, 'npm.log'), 'utf8').trim().split('\n').length, 1);
  });

  test('looks again when the lock file has changed', () => {
    const place = stage({ version: 'v24.15.0', npm: 'works', re2: true });
    run(place, 'up');
    writeFileSync(join(place.root, 'package-lock.json'), '{"packages":{}}');
    rmSync(join(place.root, 'node_modules/re2'), { recursive: true });
    assert.match(run(place, 'up').stderr, /installing dependencies/);
  });

  test('names in one line what the compiler of the native module lacks', () => {
    const { status, stdout, stderr } = run(stage({ version: 'v24.15.0', npm: 'works', re2: false }), 'up');
    assert.equal(status, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /^weir: missing, to compile the native module re2: python3 make g\+\+ .*$/m);
  });

  test('of two first starts one waits for the other, and both run', async () => {
    const place = stage({ version: 'v24.15.0', npm: 'works', re2: true });
    const go = join(place.root, 'go');
    rmSync(go);
    assert.equal(spawnSync('mkfifo', [go]).status, 0);
    const start = (): ChildProcess => spawn(join(place.root, 'weir'), ['up'], { env: { PATH: place.path } });
    const first = start();
    await untilPrinted(first, /installing dependencies/);
    const second = start();
    const bothEnd = Promise.all([once(first, 'exit'), once(second, 'exit')]);
    await untilPrinted(second, /waiting for another set-up of this folder \(process \d+\)/);
    writeFileSync(go, 'go');
    assert.deepEqual(await bothEnd, [
      [0, null],
      [0, null],
    ]);
    assert.equal(readFileSync(join(place.root, 'npm.log'), 'utf8').trim().split('\n').length, 1);
  });

  test('the lock of a set-up that was killed holds nobody up', () => {
    const place = stage({ version: 'v24.15.0', npm: 'works', re2: true });
    const gone = spawnSync('true').pid;
    symlinkSync(`pid-${gone}`, join(place.root, 'runtime/.setup-lock'));
    assert.equal(run(place, 'up').status, 0);
  });

  test('the real set-up is in place here, with the module compiled for the Node that runs it', () => {
    const code = "console.log(new (require('re2'))('a+').test('caat'), process.version)";
    const env = { ...process.env, PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter) };
    const { stdout } = spawnSync(join(packageRoot, 'scripts/node'), ['-e', code], {
      cwd: packageRoot,
      env,
      encoding: 'utf8',
    });
    assert.equal(stdout, `true ${process.version}\n`);
  });
});
