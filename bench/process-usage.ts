/** What a process has used, from /proc (Linux; elsewhere every figure is null). */
import { readFileSync, writeFileSync } from 'node:fs';

/** Ticks a second of the times in /proc/PID/stat: 100 on every Linux that Node runs on. */
const TICKS = 100;

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

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
