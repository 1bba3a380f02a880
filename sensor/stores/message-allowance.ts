/** How many messages of an edge are looked at in a minute: the first ones. Knows the time only as it is told. */

const MINUTE_MS = 60_000;
/** Edges are as many as programs and destinations; those that are quiet need not be remembered. */
const MAX_EDGES = 10_000;

export class MessageAllowance {
  readonly #used = new Map<string, { minute: number; count: number }>();

  /** Whether one more message of this edge is looked at now. */
  take(edge: string, perMinute: number, nowMs: number): boolean {
    const minute = Math.floor(nowMs / MINUTE_MS);
    let used = this.#used.get(edge);
    if (used === undefined) {
      if (this.#used.size >= MAX_EDGES) this.#used.clear();
      used = { minute, count: 0 };
      this.#used.set(edge, used);
    }
    if (used.minute !== minute) {
      used.minute = minute;
      used.count = 0;
    }
    if (used.count >= perMinute) return false;
    used.count++;
    return true;
  }
}
