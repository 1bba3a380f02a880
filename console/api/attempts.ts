/** Counts failed attempts to sign in, by the address that they come from and in all. Bounded, and kept in memory only. */

const WINDOW_MS = 60_000;
const MAX_FAILED = 10;
const MAX_FAILED_IN_ALL = 200;
const MAX_ADDRESSES = 1000;

interface Window {
  readonly since: number;
  failed: number;
}

export class Attempts {
  readonly #now: () => number;
  readonly #failed = new Map<string, Window>();
  #all: Window;

  /** `now`: milliseconds that only go forwards. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#all = { since: now(), failed: 0 };
  }

  /** Seconds until an address may try again; 0 where it may. */
  waitSeconds(address: string): number {
    const own = this.#current(this.#failed.get(address));
    const all = this.#current(this.#all);
    if ((own?.failed ?? 0) >= MAX_FAILED) return this.#left(own);
    return (all?.failed ?? 0) >= MAX_FAILED_IN_ALL ? this.#left(all) : 0;
  }

  failed(address: string): void {
    const own = this.#current(this.#failed.get(address)) ?? { since: this.#now(), failed: 0 };
    own.failed++;
    if (!this.#failed.has(address) && this.#failed.size >= MAX_ADDRESSES) this.#forget();
    this.#failed.set(address, own);
    this.#all = this.#current(this.#all) ?? { since: this.#now(), failed: 0 };
    this.#all.failed++;
  }

  #current(window: Window | undefined): Window | null {
    return window !== undefined && this.#now() - window.since < WINDOW_MS ? window : null;
  }

  #left(window: Window | null): number {
    return window === null ? 0 : Math.max(1, Math.ceil((window.since + WINDOW_MS - this.#now()) / 1000));
  }

  /** What is over, else the oldest: the count of all still holds. */
  #forget(): void {
    for (const [address, window] of this.#failed) if (this.#current(window) === null) this.#failed.delete(address);
    const [oldest] = this.#failed.keys();
    if (this.#failed.size >= MAX_ADDRESSES && oldest !== undefined) this.#failed.delete(oldest);
  }
}
