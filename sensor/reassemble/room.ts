/** The bytes that all that is being listened to may keep together, so that many connections cannot become much memory. */
export class Room {
  readonly #max: number;
  #used = 0;

  constructor(maxBytes: number) {
    this.#max = maxBytes;
  }

  get usedBytes(): number {
    return this.#used;
  }

  /** How many of these bytes may be kept; they are taken. */
  take(bytes: number): number {
    const granted = Math.max(0, Math.min(bytes, this.#max - this.#used));
    this.#used += granted;
    return granted;
  }

  give(bytes: number): void {
    this.#used -= bytes;
  }
}

export interface HearingLimits {
  /** Of one body so much is kept. */
  readonly maxBodyBytes: number;
  /** Of one connection, all that it has open. */
  readonly maxHandleBytes: number;
  readonly maxHeadBytes: number;
  /** Exchanges that one connection has open; the oldest is told as it is when there are more. */
  readonly maxOpen: number;
}

export const HEARING_LIMITS: HearingLimits = {
  maxBodyBytes: 1024 * 1024,
  maxHandleBytes: 8 * 1024 * 1024,
  maxHeadBytes: 64 * 1024,
  maxOpen: 256,
};

/** Room of one connection within that of all. */
export class HandleRoom {
  readonly #all: Room;
  readonly #own: Room;
  #isReleased = false;

  constructor(all: Room, limits: HearingLimits) {
    this.#all = all;
    this.#own = new Room(limits.maxHandleBytes);
  }

  take(bytes: number): number {
    if (this.#isReleased) return 0;
    const own = this.#own.take(bytes);
    const granted = this.#all.take(own);
    this.#own.give(own - granted);
    return granted;
  }

  give(bytes: number): void {
    if (this.#isReleased) return;
    this.#own.give(bytes);
    this.#all.give(bytes);
  }

  /** Gives back all of it: nobody keeps anything any more. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#all.give(this.#own.usedBytes);
  }
}
