/**
 * A cgroup for each service of the demo, below one that the sensor is pointed at, so that it sees the demo and nothing else
 * of this host. Only where cgroup v2 is mounted and may be written.
 */
import { mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface AppCgroups {
  /** The folder that holds them all. */
  readonly path: string;
  /** The folder of one, made when it is asked for. */
  of(name: string): string;
  /** Takes them away; bounded in time, never rejects. */
  remove(): Promise<void>;
}

const REMOVE_MS = 10_000;
const AGAIN_MS = 50;

/** Null where the host does not allow it. */
export function makeAppCgroups(): AppCgroups | null {
  const mount = mountOf();
  if (mount === null) return null;
  const path = join(mount, `weir-demo-${process.pid}`);
  const made: string[] = [];
  const make = (folder: string): void => {
    mkdirSync(folder);
    made.push(folder);
  };
  try {
    make(path);
  } catch {
    return null; // Not root, or a file system that is read only.
  }
  return {
    path,
    of: (name) => {
      const folder = join(path, name);
      if (!made.includes(folder)) make(folder);
      return folder;
    },
    remove: async () => {
      const deadline = performance.now() + REMOVE_MS;
      for (const folder of made.splice(0).reverse()) await removeWhenEmpty(folder, deadline);
    },
  };
}

/** A process that has ended is in its cgroup for a moment longer. */
async function removeWhenEmpty(folder: string, deadline: number): Promise<void> {
  for (;;) {
    try {
      return rmdirSync(folder);
    } catch {
      if (performance.now() > deadline) return;
      await sleep(AGAIN_MS);
    }
  }
}

function mountOf(): string | null {
  try {
    const line = readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .find((each) => each.split(' ')[2] === 'cgroup2');
    return line?.split(' ')[1] ?? null;
  } catch {
    return null; // No Linux.
  }
}
