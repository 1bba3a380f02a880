/**
 * Which process has a socket, from /proc/PID/fd: one pass over all processes for all sockets that are asked for, which ends
 * as soon as each has an owner, or so many links were read.
 */
import { linkOf, namesIn } from '../../wire/proc-files.ts';

const MAX_LINKS = 200_000;

/** By inode. What another user's process has is not there without the right to look. */
export function ownersOf(procRoot: string, inodes: ReadonlySet<number>): ReadonlyMap<number, number> {
  const owners = new Map<number, number>();
  let left = MAX_LINKS;
  for (const name of namesIn(procRoot)) {
    if (!/^\d+$/.test(name)) continue;
    for (const descriptor of namesIn(`${procRoot}/${name}/fd`)) {
      if (left-- === 0 || owners.size === inodes.size) return owners;
      const [, inode] = /^socket:\[(\d+)\]$/.exec(linkOf(`${procRoot}/${name}/fd/${descriptor}`)) ?? [];
      if (inode === undefined || !inodes.has(Number(inode))) continue;
      // A process made by fork has its parent's sockets as well: the first one is the elder.
      if (!owners.has(Number(inode))) owners.set(Number(inode), Number(name));
    }
  }
  return owners;
}

/** A process for each network namespace of the host, its own first; reading a table by it tells that namespace's sockets. */
export function namespacesOf(procRoot: string, max: number): readonly string[] {
  const tellers = new Map<string, string>();
  for (const name of ['self', ...namesIn(procRoot).filter((each) => /^\d+$/.test(each))]) {
    const namespace = linkOf(`${procRoot}/${name}/ns/net`);
    if (namespace !== '' && !tellers.has(namespace)) tellers.set(namespace, name);
    if (tellers.size >= max) break;
  }
  return [...tellers.values()];
}
