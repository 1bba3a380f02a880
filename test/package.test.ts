/** What is published: the packed tarball, installed with its dependencies into an empty folder, and run from there. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { PACKAGED_PROGRAM } from '../cli/sensor-program.ts';
import { packageRoot } from '../config/package-root.ts';
import { addStandInRuntime, writeTinyModel } from './support/tiny-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir package '));
const app = join(folder, 'app');
const installed = join(app, 'node_modules/weir');
const env = {
  ...process.env,
  PATH: [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter),
  WEIR_HOME: join(folder, 'home'),
  NO_COLOR: '1',
};

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function npm(cwd: string, ...args: readonly string[]): void {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'];
  const { status, stdout, stderr } = spawnSync('npm', [...args, ...quiet], { cwd, env, encoding: 'utf8' });
  assert.equal(status, 0, `npm ${args.join(' ')}\n${stdout}\n${stderr}`);
}

function weir(args: readonly string[], input = ''): Outcome {
  const { status, stdout, stderr } = spawnSync(join(app, 'node_modules/.bin/weir'), args, {
    cwd: app,
    env,
    input,
    encoding: 'utf8',
    timeout: 30_000,
  });
  return { status, stdout, stderr };
}

/** Resolves with the first match in what the process prints on stderr; fails when it ends before. */
async function printed(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  let text = '';
  assert.ok(child.stderr);
  for await (const chunk of child.stderr) {
    text += String(chunk);
    const match = pattern.exec(text);
    if (match !== null) return match;
  }
  throw new Error(`${pattern} was not printed: ${text}`);
}

function versionOf(packageFolder: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
  assert.ok(typeof manifest === 'object' && manifest !== null && 'version' in manifest);
  return String(manifest.version);
}

const COMPILED = join(packageRoot, 'node_modules/re2');

/** The module that this checkout compiled is put in, so that the test does not compile it for minutes again. */
function putCompiledModule(): void {
  const target = join(app, 'node_modules/re2');
  assert.equal(versionOf(target), versionOf(COMPILED));
  mkdirSync(join(target, 'build/Release'), { recursive: true });
  cpSync(join(COMPILED, 'build/Release/re2.node'), join(target, 'build/Release/re2.node'));
}

describe('the published package', () => {
  before(() => {
    npm(packageRoot, 'pack', '--pack-destination', folder);
    const [tarball] = globSync('weir-*.tgz', { cwd: folder });
    assert.ok(tarball !== undefined, 'npm pack made no tarball');
    mkdirSync(app);
    // re2 at the version that is compiled here; everything else as its range allows.
    const manifest = { private: true, overrides: { re2: versionOf(COMPILED) } };
    writeFileSync(join(app, 'package.json'), JSON.stringify(manifest));
    npm(app, 'install', '--ignore-scripts', join(folder, basename(tarball)));
    putCompiledModule();
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('is published with its provenance, and names only files that are packed', () => {
    const manifest: unknown = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
    assert.ok(typeof manifest === 'object' && manifest !== null && 'publishConfig' in manifest && 'bin' in manifest);
    assert.deepEqual(manifest.publishConfig, { access: 'public', provenance: true });
    const dry = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: packageRoot,
      env,
      encoding: 'utf8',
    });
    const packed: unknown = JSON.parse(dry.stdout);
    const [{ files }] = (Array.isArray(packed) ? packed : Object.values(Object(packed))) as [
      { files: { path: string }[] },
    ];
    const paths = files.map(({ path }) => path);
    for (const path of Object.values(Object(manifest.bin))) assert.ok(paths.includes(String(path)), String(path));
    assert.deepEqual(
      paths.filter((path) => /^(test|bench|runtime|docker|deploy|\.)|\.(key|pem|db)$/.test(path)),
      [],
    );
  });

  test('holds the program, its data and the licence, and neither sources nor tests', () => {
    const files = globSync('**/*', { cwd: installed, exclude: ['node_modules'] });
    for (const file of [
      'dist/cli/main.js',
      'policies/default.yaml',
      'catalog/genai.json',
      'console/web/dist/index.html',
      'README.md',
      'LICENSE',
    ]) {
      assert.ok(files.includes(file), `${file} is missing`);
    }
    assert.deepEqual(
      files.filter((file) => /(?<!\.d)\.ts$|^(test|bench|runtime|scripts|docker)\b/.test(file)),
      [],
    );
  });

  test('holds every data file that the checkout has', () => {
    const data = globSync(['policies/**/*.yaml', 'catalog/**/*.json', 'cli/**/*.{cjs,mjs,js}'], { cwd: packageRoot });
    assert.notDeepEqual(data, []);
    const missing = data.filter(
      (file) => !existsSync(join(installed, file)) && !existsSync(join(installed, 'dist', file)),
    );
    assert.deepEqual(missing, []);
  });

  test("brings the sensor's program, with its kernel programs inside, where this host can build it", () => {
    const built = spawnSync('sh', [join(packageRoot, 'scripts/build-sensor.sh')], { encoding: 'utf8' });
    const program = join(installed, PACKAGED_PROGRAM);
    assert.equal(existsSync(program), built.status === 0, built.stderr);
    if (built.status !== 0) return;
    const { status, stderr } = spawnSync(program, [], { encoding: 'utf8' });
    assert.equal(status, 2);
    assert.match(stderr, /^usage: weir-sensor --cgroup/);
  });

  test('brings no runtime for models, and says what to install where one is pointed to', () => {
    assert.ok(!existsSync(join(app, 'node_modules/onnxruntime-node')));
    writeTinyModel(join(app, 'model'), { words: { kettle: 'B-PER' } });
    writeFileSync(join(app, 'model.yaml'), 'detection: {model: model}\n');
    writeFileSync(join(app, 'letter.txt'), 'a kettle\n');
    const absent = weir(['scan', '--config', 'model.yaml', 'letter.txt']);
    assert.equal(absent.status, 2);
    assert.match(absent.stderr, /model_unusable: .*npm install --ignore-scripts onnxruntime-node/);
    addStandInRuntime(join(app, 'model'));
    const found = weir(['scan', '--config', 'model.yaml', 'letter.txt']);
    assert.match(found.stdout, /letter\.txt:1:3: PERSON 0\.60/, found.stderr);
  });

  test("exports the engine: the page's program compiles against its types, runs, and prints what the page says", () => {
    const page = readFileSync(join(packageRoot, 'docs/engine.md'), 'utf8');
    const [, program = ''] = /^```ts\n(.*?)^```/ms.exec(page) ?? [];
    const [, printed = ''] = /^```text\n(.*?)^```/ms.exec(page) ?? [];
    assert.ok(program.includes("from 'weir/engine'") && printed !== '');
    writeFileSync(join(app, 'program.mts'), program);
    const ran = spawnSync(process.execPath, ['program.mts'], { cwd: app, env, encoding: 'utf8', timeout: 30_000 });
    assert.equal(ran.status, 0, ran.stderr);
    assert.equal(ran.stdout, printed);
    // Without the types of Node, and with the declarations themselves checked; what is wrong has to be seen.
    const wrong = program.replace("disable: ['IP_ADDRESS']", 'disable: 5');
    writeFileSync(join(app, 'wrong.mts'), wrong);
    const tsc = (file: string) => {
      const strict = [
        '--noEmit',
        '--strict',
        '--exactOptionalPropertyTypes',
        '--module',
        'nodenext',
        '--target',
        'es2024',
      ];
      const libraries = ['--lib', 'es2024,dom', '--types', '', '--skipLibCheck', 'false'];
      const compiler = join(packageRoot, 'node_modules/typescript/bin/tsc');
      const args = [compiler, ...strict, ...libraries, file];
      return spawnSync(process.execPath, args, { cwd: app, env, encoding: 'utf8', timeout: 60_000 });
    };
    const checked = tsc('program.mts');
    assert.equal(checked.status, 0, checked.stdout);
    assert.match(tsc('wrong.mts').stdout, /wrong\.mts.*TS2322/);
  });

  test('exports nothing else of its inside', () => {
    const inside = ["import('weir/dist/engine/inspect.js')", "import('weir')"];
    for (const expression of inside) {
      const script = `await ${expression}.then(() => process.exit(3), (error) => console.log(error.code))`;
      const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
        cwd: app,
        encoding: 'utf8',
      });
      assert.match(stdout, /ERR_PACKAGE_PATH_NOT_EXPORTED/);
    }
  });

  test('says what it can do', () => {
    const { status, stdout, stderr } = weir(['--help']);
    assert.equal(status, 0, stderr);
    for (const command of ['up', 'run', 'scan', 'policy', 'log', 'demo']) {
      assert.match(stdout, new RegExp(`^\\s+${command}\\s`, 'm'));
    }
    assert.equal(stderr, '');
  });

  test('says its version', () => {
    assert.equal(weir(['--version']).stdout.trim(), `weir ${versionOf(packageRoot)}`);
  });

  test('finds a card in what it reads, says so with exit code 1, and does not repeat it', () => {
    const card = ['4111', '1111', '1111', '1111'].join('');
    const { status, stdout, stderr } = weir(['scan', '-'], `please charge my card ${card} today`);
    assert.equal(status, 1, stderr);
    assert.match(stdout, /CREDIT_CARD/);
    assert.ok(!stdout.includes(card) && !stderr.includes(card));
  });

  test('finds nothing in a clean text, exit code 0', () => {
    assert.equal(weir(['scan', '-'], 'the quick brown fox').status, 0);
  });

  test('checks and tests the policies that it brings', () => {
    const { status, stdout, stderr } = weir(['policy', 'test']);
    assert.equal(status, 0, stdout + stderr);
  });

  test('runs the proxy, its workers and the writer thread, and stops when asked to', async () => {
    writeFileSync(
      join(app, 'weir.yaml'),
      'proxy: {listen: "127.0.0.1:0", workers: 2}\nconsole: {listen: "127.0.0.1:0"}\nsensor: {enabled: false}\n',
    );
    const child = spawn(join(app, 'node_modules/.bin/weir'), ['up'], {
      cwd: app,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = once(child, 'exit');
    try {
      const [, url = ''] = await printed(child, /(http:\/\/127\.0\.0\.1:\d+)/);
      const answer = await fetch(`${url}/.well-known/weir`);
      assert.equal(answer.status, 200);
      child.kill('SIGTERM');
      assert.deepEqual(await ended, [0, null]);
    } finally {
      child.kill('SIGKILL');
    }
    const verified = weir(['log', 'verify']);
    assert.equal(verified.status, 0, verified.stdout + verified.stderr);
  });
});
