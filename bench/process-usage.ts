/** What a process has used, from /proc (Linux; elsewhere every figure is null). */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** Ticks a second of the times in /proc/PID/stat: 100 on every Linux that Node runs on. */
const TICKS = 100;

/** The process and all that descend from it. */
export function treeOf(pid: number): readonly number[] {
  const tree = [pid];
  const parents = new Map<number, number>();
  for (const name of listed('/proc')) {
    const stat = /^\d+$/.test(name) ? read(`/proc/${name}/stat`) : null;
    if (stat !== null) parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
  }
  for (let i = 0; i < tree.length; i += 1) {
    for (const [child, parent] of parents) if (parent === tree[i]) tree.push(child);
  }
  return tree;
}

/** CPU time of a process with all that descend from it, in microseconds; null where /proc is missing. */
export function treeCpuMicroseconds(pid: number): number | null {
  const times = treeOf(pid).map(cpuMicroseconds);
  return times[0] === null ? null : times.reduce<number>((sum, time) => sum + (time ?? 0), 0);
}

/** Memory of the same, pages that several share counted once, in bytes; null where /proc is missing. */
export function treeMemory(pid: number): number | null {
  let sum: number | null = null;
  for (const one of treeOf(pid)) {
    const pss = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${one}/smaps_rollup`) ?? '');
    if (pss !== null) sum = (sum ?? 0) + Number(pss[1]) * 1024;
  }
  return sum;
}

/** CPU time of the process and its threads so far, in microseconds. */
export function cpuMicroseconds(pid: number): number | null {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The name in brackets may hold spaces: fields are counted from behind it (man 5 proc: utime 14, stime 15).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1e6) / TICKS;
}

/** Resident memory now, and its peak since the last `resetPeak`, in bytes. */
export function memory(pid: number): { readonly now: number; readonly peak: number } | null {
  const status = read(`/proc/${pid}/status`);
  if (status === null) return null;
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
  return { now: kib('VmRSS') * 1024, peak: kib('VmHWM') * 1024 };
}

/** Sets the peak back to what is resident now; where the system does not let us, the peak stays that of the whole life. */
export function resetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // Not Linux, or /proc is read-only: the figure is then an upper bound.
  }
}

function listed(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // no /proc
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
