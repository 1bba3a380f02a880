/**
 * What kernel tests share of the host: whether they can run here, and cgroups of their own. A test that cannot run says why
 * and which command would enable it; where the test set-up has installed what is needed (WEIR_TEST_INSTALL=1), it runs
 * all the same, so that what is missing there is a failure.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../config/package-root.ts';

const ENABLE = 'as root on Debian: WEIR_TEST_INSTALL=1 npm test';

/** The loader's program, built if it is not; or why it cannot be. */
function buildLoader(): { readonly path: string } | { readonly reason: string } {
  const built = spawnSync('sh', [join(packageRoot, 'scripts/build-sensor.sh')], { encoding: 'utf8' });
  if (built.status === 0) return { path: built.stdout.trim() };
  return { reason: built.stderr.trim().split('\n').at(-1) ?? 'the sensor cannot be built' };
}

/** Where cgroup v2 is mounted, null where it is not. */
function cgroupMount(): string | null {
  if (process.platform !== 'linux') return null;
  const line = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .find((each) => each.split(' ')[2] === 'cgroup2');
  return line?.split(' ')[1] ?? null;
}

function findReason(): string | null {
  if (process.platform !== 'linux') return 'the sensor is for Linux';
  if (process.getuid?.() !== 0) return 'not root';
  if (cgroupMount() === null) return 'cgroup v2 is not mounted';
  const built = buildLoader();
  return 'reason' in built ? built.reason : null;
}

let reason: string | null | undefined;

/** For `skip` of a kernel test: false where it runs, else why not. */
export function kernelSkip(): string | false {
  reason ??= findReason();
  if (reason === null || process.env['WEIR_TEST_INSTALL'] === '1') return false;
  const told = `KERNEL TESTS ARE SKIPPED: ${reason} (${ENABLE})`;
  process.stderr.write(`${told}\n`);
  return told;
}

/** For `skip` of a test that also needs these programs: false where all are there. */
export function kernelSkipWithout(...programs: readonly string[]): string | false {
  const skipped = kernelSkip();
  if (skipped !== false || process.env['WEIR_TEST_INSTALL'] === '1') return skipped;
  const missing = programs.filter((each) => spawnSync('sh', ['-c', `command -v ${each}`]).status !== 0);
  return missing.length === 0 ? false : `missing: ${missing.join(', ')} (${ENABLE})`;
}

export function loaderPath(): string {
  const built = buildLoader();
  if ('reason' in built) throw new Error(built.reason);
  return built.path;
}

/** A folder of cgroup v2 that a test made; the sensor is pointed at it. */
export interface TestCgroup {
  readonly path: string;
  /** As records have it. */
  readonly id: bigint;
  /** Moves a process in. */
  add(pid: number): void;
  /** A cgroup below this one. */
  child(name: string): TestCgroup;
  /** Takes it away, with those below; only once no process is in it. */
  remove(): Promise<void>;
}

let made = 0;

export function makeCgroup(): TestCgroup {
  const mount = cgroupMount();
  if (mount === null) throw new Error('cgroup v2 is not mounted');
  made += 1;
  return cgroupAt(join(mount, `weir-test-${process.pid}-${made}`));
}

function cgroupAt(path: string): TestCgroup {
  mkdirSync(path);
  const children: TestCgroup[] = [];
  return {
    path,
    id: statSync(path, { bigint: true }).ino,
    add: (pid) => writeFileSync(join(path, 'cgroup.procs'), String(pid)),
    child: (name) => {
      const child = cgroupAt(join(path, name));
      children.push(child);
      return child;
    },
    remove: async () => {
      for (const child of children) await child.remove();
      await removeWhenEmpty(path);
    },
  };
}

/** A process that has been waited for is in its cgroup for a moment longer: then the kernel says EBUSY. */
async function removeWhenEmpty(path: string): Promise<void> {
  const limit = Date.now() + 30_000;
  for (;;) {
    try {
      return rmdirSync(path);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EBUSY') || Date.now() > limit) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
