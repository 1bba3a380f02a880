/**
 * The path of a cgroup by its id, which is the inode of its folder: so that a process that has ended is known by where it
 * ran. The tree is walked again when an id is asked for that it did not have, at most once a second.
 */
import { statSync } from 'node:fs';
import { namesIn } from '../../wire/proc-files.ts';

const LEAST_PAUSE_MS = 1000;
/** Hosts have hundreds. */
const MAX_FOLDERS = 20_000;

export class CgroupPaths {
  readonly #root: string | null;
  readonly #now: () => number;
  #paths = new Map<number, string>();
  #walkedAt = Number.NEGATIVE_INFINITY;

  /** `root`: where cgroup v2 is mounted; null where it is not. */
  constructor(root: string | null, now: () => number) {
    this.#root = root;
    this.#now = now;
  }

  /** As /proc/PID/cgroup has it: `/system.slice/x.service`. */
  pathOf(id: number): string | null {
    const known = this.#paths.get(id);
    if (known !== undefined || this.#root === null || this.#now() - this.#walkedAt < LEAST_PAUSE_MS)
      return known ?? null;
    this.#walkedAt = this.#now();
    this.#walk(this.#root);
    return this.#paths.get(id) ?? null;
  }

  #walk(root: string): void {
    const paths = new Map<number, string>();
    const open = ['/'];
    for (let at = 0; at < open.length && paths.size < MAX_FOLDERS; at++) {
      const path = open[at] as string;
      const inode = folderInode(`${root}${path}`);
      if (inode === null) continue;
      paths.set(inode, path);
      // All that is no file of the kernel's own: those have a dot in their names.
      for (const name of namesIn(`${root}${path}`)) {
        if (!/^(?:cgroup|cpu|cpuset|memory|io|pids|hugetlb|rdma|misc|irq|dmem)\./.test(name)) {
          open.push(path === '/' ? `/${name}` : `${path}/${name}`);
        }
      }
    }
    this.#paths = paths;
  }
}

function folderInode(path: string): number | null {
  try {
    const stat = statSync(path);
    return stat.isDirectory() ? stat.ino : null;
  } catch {
    return null; // It has gone since it was listed.
  }
}
