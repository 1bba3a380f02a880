/**
 * Processor time of this thread, for tests that bound what a piece of work may cost: unlike the time on the wall it does
 * not grow when others use the machine too. Bounds stand far above what is usual, and far below what a mistake would cost.
 */

/** Milliseconds of processor time that `work` took. */
export function cpuMs(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}
