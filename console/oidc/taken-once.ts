/** What may be used once: ids, each until it would have run out anyway. Bounded; the oldest goes first. */

const MAX_TAKEN = 10_000;

export class TakenOnce {
  readonly #until = new Map<string, number>();

  /** False where it was taken before. `until` and `now` in milliseconds of one clock. */
  take(id: string, until: number, now: number): boolean {
    const before = this.#until.get(id);
    if (before !== undefined && before > now) return false;
    if (this.#until.size >= MAX_TAKEN) this.#forget(now);
    this.#until.set(id, until);
    return true;
  }

  #forget(now: number): void {
    for (const [id, until] of this.#until) if (until <= now) this.#until.delete(id);
    const [oldest] = this.#until.keys();
    if (this.#until.size >= MAX_TAKEN && oldest !== undefined) this.#until.delete(oldest);
  }
}
