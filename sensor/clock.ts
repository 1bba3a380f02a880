/**
 * The kernel's clock as the time of day: the two are read together each second, since one of them may be set. Until the
 * first reading this process's own two clocks say how far they are apart.
 */
export class SensorClock {
  /** Milliseconds of the day at 0 of CLOCK_MONOTONIC. */
  #offsetMs: number;

  /** `nowMs`, `monotonicMs`: both clocks now. */
  constructor(nowMs: number, monotonicMs: number) {
    this.#offsetMs = nowMs - monotonicMs;
  }

  learn({ ktimeNs, wallNs }: { readonly ktimeNs: number; readonly wallNs: number }): void {
    this.#offsetMs = (wallNs - ktimeNs) / 1e6;
  }

  /** Unix time in ms of a moment of CLOCK_MONOTONIC. */
  wallMs(monotonicMs: number): number {
    return Math.round(this.#offsetMs + monotonicMs);
  }
}
