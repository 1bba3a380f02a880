/**
 * Room for bodies that are held, shared by all exchanges of a proxy. Where there is none, whoever needs more waits in
 * line, first come first served, and reads nothing meanwhile. So that bodies that are each half there never wait for
 * one another for ever, a part as large as one whole body is kept for the first in line alone, until it is done.
 */

/** Nobody waits longer: then there is no room, and the caller says so. */
export const ROOM_WAIT_MS = 10_000;

interface Waiting {
  readonly share: HeldShare;
  readonly bytes: number;
  readonly settle: (hasRoom: boolean) => void;
}

export class HeldBudget {
  #max: number;
  #kept: number;
  readonly #waitMs: number;
  #used = 0;
  /** In order of arrival. */
  readonly #waiting = new Set<Waiting>();
  /** Who may use what is kept. */
  #first: HeldShare | null = null;
  #turn: NodeJS.Timeout | null = null;

  /** `keptBytes`: the greatest body, kept for the first in line. */
  constructor(maxBytes: number, keptBytes: number, waitMs = ROOM_WAIT_MS) {
    this.#max = maxBytes;
    this.#kept = Math.min(keptBytes, maxBytes);
    this.#waitMs = waitMs;
  }

  /** Other bounds from now on; what is held stays. */
  resize(maxBytes: number, keptBytes: number): void {
    this.#max = maxBytes;
    this.#kept = Math.min(keptBytes, maxBytes);
    this.#serve();
  }

  get usedBytes(): number {
    return this.#used;
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** Room at once or not at all; whoever waits is not overtaken. To be given to a share, which gives it back. */
  take(share: HeldShare, bytes: number): boolean {
    if (share !== this.#first && this.#waiting.size > 0) return false;
    if (!this.#fits(share, bytes)) return false;
    this.#used += bytes;
    return true;
  }

  /** For what is there already, room or not. */
  charge(bytes: number): void {
    this.#used += bytes;
  }

  give(bytes: number): void {
    if (bytes === 0) return;
    this.#used -= bytes;
    this.#serve();
  }

  /** Tells, once: true when there is room, which is taken then; false after `waitMs`, or when the share is let go. */
  wait(share: HeldShare, bytes: number, tell: (hasRoom: boolean) => void): void {
    const timer = setTimeout(() => settle(false), this.#waitMs);
    const settle = (hasRoom: boolean): void => {
      clearTimeout(timer);
      this.#waiting.delete(waiting);
      tell(hasRoom);
      if (!hasRoom) this.#serve();
    };
    const waiting: Waiting = { share, bytes, settle };
    this.#waiting.add(waiting);
    this.#serve();
  }

  /** The share is over: it waits for nothing any more, and the next in line may use what is kept. */
  leave(share: HeldShare): void {
    for (const waiting of this.#waiting) if (waiting.share === share) waiting.settle(false);
    if (share === this.#first) this.#endTurn();
  }

  #fits(share: HeldShare, bytes: number): boolean {
    return this.#used + bytes <= (share === this.#first ? this.#max : this.#max - this.#kept);
  }

  #serve(): void {
    for (const waiting of this.#inLine()) {
      if (!this.#fits(waiting.share, waiting.bytes)) {
        if (this.#first !== null) return;
        this.#beginTurn(waiting.share);
        if (!this.#fits(waiting.share, waiting.bytes)) return;
      }
      this.#used += waiting.bytes;
      waiting.settle(true);
    }
  }

  /** Whoever has the turn goes before the others: it is what they wait for. */
  #inLine(): readonly Waiting[] {
    if (this.#waiting.size === 0) return [];
    const all = [...this.#waiting];
    const first = all.find(({ share }) => share === this.#first);
    return first === undefined ? all : [first, ...all.filter((waiting) => waiting !== first)];
  }

  /** A client that dawdles has it no longer than others would wait for it; while nobody waits, it may. */
  #beginTurn(share: HeldShare): void {
    this.#first = share;
    this.#turn = setInterval(() => {
      if (this.#waiting.size > 0) this.#endTurn();
    }, this.#waitMs);
    this.#turn.unref();
  }

  #endTurn(): void {
    if (this.#turn !== null) clearInterval(this.#turn);
    this.#turn = null;
    this.#first = null;
    this.#serve();
  }
}

/** What one exchange holds of the room. */
export class HeldShare {
  readonly #budget: HeldBudget;
  #bytes = 0;
  #isWaiting = false;

  constructor(budget: HeldBudget) {
    this.#budget = budget;
  }

  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** Takes so much more if there is room now. */
  grow(bytes: number): boolean {
    if (!this.#budget.take(this, bytes)) return false;
    this.#bytes += bytes;
    return true;
  }

  /** The same, and waits for it; false where there was none in time. */
  growWhenRoom(bytes: number): Promise<boolean> {
    this.#isWaiting = true;
    return new Promise((resolve) => {
      this.#budget.wait(this, bytes, (hasRoom) => {
        this.#isWaiting = false;
        // At once, so that a release that comes before anybody hears of it gives this back as well.
        if (hasRoom) this.#bytes += bytes;
        resolve(hasRoom);
      });
    });
  }

  /** Counts what is there already. */
  charge(bytes: number): void {
    this.#budget.charge(bytes);
    this.#bytes += bytes;
  }

  /** Gives some of it back. */
  shrink(bytes: number): void {
    this.#bytes -= bytes;
    this.#budget.give(bytes);
  }

  /** Gives all of it back and waits no more. It may grow again. */
  release(): void {
    const bytes = this.#bytes;
    this.#bytes = 0;
    this.#budget.leave(this);
    this.#budget.give(bytes);
  }
}
