/**
 * Programs that npm has and Debian has not, for tests alone: fetched by npm's own client into a folder of temporary files,
 * once, and only where the test set-up may install (WEIR_TEST_INSTALL=1). They are too large to be dependencies.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const FOLDER = join(tmpdir(), 'weir-test-packages');

/** The path of a file of a package, or why it is not there. */
export function packageFile(name: string, version: string, file: string): { path: string } | { reason: string } {
  const place = join(FOLDER, `${name.replace('/', '-')}-${version}`);
  const path = join(place, 'package', file);
  if (existsSync(path)) return { path };
  if (process.env['WEIR_TEST_INSTALL'] !== '1')
    return { reason: `${name}@${version} is not here (WEIR_TEST_INSTALL=1 fetches it)` };
  const work = `${place}-${process.pid}`;
  mkdirSync(work, { recursive: true });
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}` };
  const packed = spawnSync('npm', ['pack', '--silent', `${name}@${version}`], { cwd: work, env, encoding: 'utf8' });
  const archive = packed.stdout.trim().split('\n').at(-1) ?? '';
  const unpacked =
    packed.status === 0 && spawnSync('tar', ['xzf', archive, `package/${file}`], { cwd: work }).status === 0;
  rmSync(join(work, archive), { force: true, recursive: archive === '' });
  if (!unpacked) return { reason: `npm does not give ${name}@${version}: ${packed.stderr.slice(0, 200)}` };
  rmSync(place, { force: true, recursive: true });
  renameSync(work, place);
  return { path };
}
