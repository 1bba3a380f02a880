/**
 * What is shipped: the commands of docker/Dockerfile are run on the context that a builder would get, and the Debian package is built
 * from what they lay out, unpacked, and started where there is no Node.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { packageRoot, packageVersion } from '../../config/package-root.ts';
import { cyclonedxValidator } from '../support/cyclonedx.ts';
import { keptByDockerignore, readDockerfile } from '../support/dockerfile.ts';
import { startProgram } from '../support/weir-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir shipped '));
const context = join(folder, 'context');
const out = join(folder, 'out');
/** A PATH with nothing but what is put there. */
const bin = join(folder, 'bin');
after(() => rmSync(folder, { recursive: true, force: true }));

interface Bom {
  readonly metadata: { readonly component: { readonly 'bom-ref': string } };
  readonly components: readonly { readonly purl: string }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

/** What of the checkout a builder gets. */
function copyContext(): void {
  const isKept = keptByDockerignore(readFileSync(join(packageRoot, '.dockerignore'), 'utf8'));
  const walk = (below: string): void => {
    for (const entry of readdirSync(join(packageRoot, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (!isKept(path)) continue;
      if (entry.isDirectory()) walk(path);
      else cpSync(join(packageRoot, path), join(context, path));
    }
  };
  walk('');
}

/** The last command of the stage `build`, which builds and lays out. */
function buildCommand(): string {
  const build = readDockerfile(readFileSync(join(packageRoot, 'docker/Dockerfile'), 'utf8')).stages.find(
    ({ name }) => name === 'build',
  );
  const text = build?.instructions.findLast(({ name }) => name === 'RUN')?.text ?? '';
  assert.match(text, /node scripts\/build\.ts .*stage-program\.ts \/out/);
  return text.replaceAll('/out', '"$OUT"');
}

function run(command: string, args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) {
  return spawnSync(command, args, { encoding: 'utf8', maxBuffer: 2 ** 26, ...options });
}

before(() => {
  mkdirSync(bin);
  symlinkSync(process.execPath, join(bin, 'node'));
  copyContext();
  // `npm ci` has been run here, by the same lock file; a sensor that is built already is not built again.
  symlinkSync(join(packageRoot, 'node_modules'), join(context, 'node_modules'));
  const native = join(packageRoot, 'runtime/native');
  if (existsSync(join(native, 'weir-sensor'))) cpSync(native, join(context, 'runtime/native'), { recursive: true });
  const built = run('sh', ['-ec', buildCommand()], {
    cwd: context,
    env: { ...process.env, OUT: out, PATH: `${bin}:${process.env['PATH']}` },
  });
  // Without compilers for the sensor the last steps fail, and only they.
  const isSensorBuilt = existsSync(join(out, `dist/native/weir-sensor-linux-${process.arch}`));
  assert.ok(built.status === 0 || !isSensorBuilt, built.stderr);
});

describe('the image', () => {
  test('has a program that runs, with nothing of the checkout around it', () => {
    const { stdout, stderr } = run(process.execPath, [join(out, 'dist/cli/main.js'), '--version'], {
      cwd: out,
      env: {},
    });
    assert.equal(stdout, `weir ${packageVersion()}\n`, stderr);
    const scanned = run(process.execPath, [join(out, 'dist/cli/main.js'), 'doctor'], {
      cwd: folder,
      env: { WEIR_HOME: join(folder, 'doctor') },
    });
    assert.match(scanned.stdout, /^ok +re2 +the native module loads$/m);
    assert.deepEqual(globSync('dist/{cli,proxy,store}/**/*.ts', { cwd: out }), []);
  });

  test('has a bill of materials that CycloneDX takes, of exactly the packages that are there', () => {
    const bom: Bom = JSON.parse(readFileSync(join(out, 'sbom.cdx.json'), 'utf8'));
    const validate = cyclonedxValidator();
    assert.ok(validate(bom), JSON.stringify(validate.errors?.slice(0, 3)));
    const there = globSync('node_modules/{*,@*/*}/package.json', { cwd: out })
      .concat(globSync('node_modules/**/node_modules/{*,@*/*}/package.json', { cwd: out }))
      .map((file): { name: string; version: string } => JSON.parse(readFileSync(join(out, file), 'utf8')))
      .map(({ name, version }) => `pkg:npm/${name.replace('@', '%40')}@${version}`);
    const listed: readonly string[] = bom.components.map(({ purl }) => purl);
    assert.deepEqual([...new Set(there)].sort(), [...listed].sort());
    assert.ok(listed.length > 30);
    for (const { ref, dependsOn } of bom.dependencies) {
      for (const one of [ref, ...dependsOn])
        assert.ok(one === bom.metadata.component['bom-ref'] || listed.includes(one), one);
    }
  });
});

const hasDpkg = run('dpkg-deb', ['--version']).status === 0;

describe('the Debian package', {
  skip: hasDpkg || process.env['WEIR_TEST_INSTALL'] === '1' ? false : 'dpkg-deb is not on this host',
}, () => {
  const unpacked = join(folder, 'unpacked');
  let file = '';

  function build(target: string, umask: string): string {
    const script = join(packageRoot, 'scripts/build-deb.ts');
    const args = ['-c', `umask ${umask}; exec "$0" "$@"`, process.execPath, script];
    const options = ['--staged', out, '--out', target, '--compression', 'none'];
    const { status, stdout, stderr } = run('sh', [...args, ...options], {
      env: { ...process.env, SOURCE_DATE_EPOCH: '1760000000' },
    });
    assert.equal(status, 0, stderr);
    return stdout.trim();
  }

  before(() => {
    file = build(join(folder, 'one'), '022');
    const { status, stderr } = run('dpkg-deb', ['-x', file, unpacked]);
    assert.equal(status, 0, stderr);
  });

  test('is the same bytes when it is built again, under another umask', () => {
    const again = build(join(folder, 'two'), '077');
    const digest = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
    assert.equal(digest(again), digest(file));
    rmSync(again);
  });

  test('says what it is, and what it needs of the system', () => {
    const field = (name: string): string => run('dpkg-deb', ['-f', file, name]).stdout.trim();
    assert.equal(field('Package'), 'weir');
    assert.equal(field('Version'), packageVersion());
    assert.match(field('Depends'), /^libc6 \(>= 2\.\d+\), libstdc\+\+6, ca-certificates$/);
    assert.ok(Number(field('Installed-Size')) > 100_000);
    const listing = run('dpkg-deb', ['-c', file]).stdout;
    for (const line of listing.trim().split('\n')) assert.match(line, /^[-dl][rwx-]{9} root\/root /);
    assert.doesNotMatch(listing, /^[-d][rwx-]{4}w|^[-d][rwx-]{7}w/m);
    for (const unit of globSync('deploy/systemd/*.service', { cwd: packageRoot })) {
      assert.ok(listing.includes(`./lib/systemd/system/${unit.slice(unit.lastIndexOf('/') + 1)}`), unit);
    }
  });

  test('its sums are those of its files', () => {
    run('dpkg-deb', ['-e', file, join(folder, 'control')]);
    const { status, stderr } = run('md5sum', ['--check', '--quiet', join(folder, 'control/md5sums')], {
      cwd: unpacked,
    });
    assert.equal(status, 0, stderr);
  });

  test('its scripts make nothing, and go on where systemd does not run', () => {
    for (const [script, word] of [
      ['postinst', 'configure'],
      ['prerm', 'remove'],
      ['postrm', 'purge'],
    ] as const) {
      const text = readFileSync(join(folder, 'control', script), 'utf8');
      assert.doesNotMatch(text, /\b(mkdir|adduser|useradd|chown|install|touch|rm)\s/);
      if (existsSync('/run/systemd/system')) continue;
      const { status, stderr } = run(join(folder, 'control', script), [word]);
      assert.deepEqual([status, stderr], [0, ''], script);
    }
  });

  test('weir runs from it where no Node is on PATH: help, and a proxy that stops as it should', async () => {
    const tools = join(folder, 'tools');
    mkdirSync(tools);
    for (const name of ['readlink']) symlinkSync(`/usr/bin/${name}`, join(tools, name));
    const env = { PATH: tools, WEIR_HOME: join(folder, 'home') };
    assert.notEqual(run('/bin/sh', ['-c', 'command -v node'], { env }).status, 0);
    const program = join(unpacked, 'usr/bin/weir');
    const help = run(program, ['--help'], { env, cwd: folder });
    assert.match(help.stdout, /^Usage: weir COMMAND/m, help.stderr);
    // As one that was linked to.
    symlinkSync(program, join(folder, 'linked'));
    assert.match(run(join(folder, 'linked'), ['--version'], { env, cwd: folder }).stdout, /^weir \d/);
    const config = {
      proxy: { listen: '127.0.0.1:0', workers: 1 },
      console: { listen: '127.0.0.1:0' },
      sensor: { enabled: false },
    };
    writeFileSync(join(folder, 'weir.yaml'), JSON.stringify(config));
    const weir = startProgram(program, ['up'], { cwd: folder, env });
    const [, url = ''] = await weir.shows(/console {2,}(http:\/\/127\.0\.0\.1:\d+)/);
    assert.equal((await fetch(`${url}/readyz`)).status, 200);
    assert.match(await (await fetch(url)).text(), /<html/i);
    weir.signal('SIGTERM');
    assert.equal((await weir.ended).code, 0);
  });
});
