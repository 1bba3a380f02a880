/**
 * Where the sensor's privileged program is: built from bpf/ in a checkout (again only when its sources have changed), or
 * the one that the package brings. It is never downloaded, and nothing is installed to build it.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../config/package-root.ts';

export type SensorProgram =
  | { readonly kind: 'found'; readonly path: string }
  /** `reason` completes "there is no sensor: …", `fix` is what a person can do about it. */
  | { readonly kind: 'missing'; readonly reason: string; readonly fix: string };

/** In a package: beside the compiled sources. */
export const PACKAGED_PROGRAM = `dist/native/weir-sensor-${process.platform}-${process.arch}`;

const TOOLS = 'clang gcc libbpf-dev libelf-dev zlib1g-dev';

/** Finds it, or builds it first, which takes some seconds. Never fails. */
export async function findSensorProgram(): Promise<SensorProgram> {
  if (process.platform !== 'linux') {
    return { kind: 'missing', reason: 'it is for Linux', fix: 'route apps through the proxy' };
  }
  const packaged = join(packageRoot, PACKAGED_PROGRAM);
  if (existsSync(join(packageRoot, 'bpf')) && existsSync(join(packageRoot, 'scripts/build-sensor.sh'))) return build();
  try {
    accessSync(packaged, constants.X_OK);
    return { kind: 'found', path: packaged };
  } catch {
    const reason = `this package has none for ${process.platform} on ${process.arch}`;
    return { kind: 'missing', reason, fix: `run Weir from a checkout with ${TOOLS} installed` };
  }
}

function build(): Promise<SensorProgram> {
  return new Promise((resolve) => {
    execFile('sh', [join(packageRoot, 'scripts/build-sensor.sh')], (error, stdout, stderr) => {
      if (error === null) return resolve({ kind: 'found', path: stdout.trim() });
      const lines = stderr.trim().split('\n');
      const told = (lines.at(-1) ?? '').replace(/^weir: /, '') || error.message;
      // The compiler's own word for it, where it is the compiler that failed.
      const fault = lines.find((line) => /\b(?:error|cannot|killed)\b/i.test(line) && !line.startsWith('weir: '));
      resolve({
        kind: 'missing',
        reason: fault === undefined ? told : `${told} (${fault.trim().slice(0, 200)})`,
        fix: `Debian: apt-get install ${TOOLS}`,
      });
    });
  });
}
