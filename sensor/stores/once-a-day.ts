/** What is said once a day (UTC) and not again. Bounded; knows the time only as it is told. */

const DAY_MS = 86_400_000;
const MAX_KEPT = 20_000;

export class OnceADay {
  #day = -1;
  readonly #said = new Set<string>();

  /** True the first time in a day. */
  first(key: string, nowMs: number): boolean {
    const day = Math.floor(nowMs / DAY_MS);
    if (day !== this.#day || this.#said.size >= MAX_KEPT) {
      this.#day = day;
      this.#said.clear();
    }
    if (this.#said.has(key)) return false;
    this.#said.add(key);
    return true;
  }
}
