/**
 * A connection on which something is spoken that is not known here: what each side says is kept as one text, as much as there is
 * room for, so that a card number in it is found whatever it is wrapped in.
 */
import type { Conversation, Hear, Way } from './heard.ts';
import { NO_HEAD, OpenMessage } from './open-message.ts';
import type { HandleRoom, HearingLimits } from './room.ts';

export class UnknownTalk implements Conversation {
  readonly #room: HandleRoom;
  readonly #limits: HearingLimits;
  readonly #hear: Hear;
  #said: Record<Way, OpenMessage | null> = { out: null, in: null };
  #startedAt = 0;
  #touchedAt = 0;

  constructor(room: HandleRoom, limits: HearingLimits, hear: Hear) {
    this.#room = room;
    this.#limits = limits;
    this.#hear = hear;
  }

  data(way: Way, bytes: Buffer, at: number): void {
    this.#open(way, at).add(bytes);
  }

  lost(way: Way, bytes: number, at: number): void {
    this.#open(way, at).lose(bytes);
  }

  end(at: number): void {
    this.#tell(at, true);
  }

  settle(before: number, at: number): void {
    if (this.#touchedAt < before) this.#tell(at, false);
  }

  #open(way: Way, at: number): OpenMessage {
    this.#touchedAt = at;
    if (this.#said.out === null && this.#said.in === null) this.#startedAt = at;
    this.#said[way] ??= new OpenMessage(NO_HEAD, this.#room, this.#limits);
    return this.#said[way];
  }

  #tell(at: number, isComplete: boolean): void {
    const { out, in: answers } = this.#said;
    if (out === null && answers === null) return;
    this.#said = { out: null, in: null };
    this.#hear({
      protocol: 'unknown',
      authority: null,
      request: out?.take() ?? null,
      response: answers?.take() ?? null,
      isWithinStream: false,
      isComplete,
      startedAt: this.#startedAt,
      endedAt: at,
    });
  }
}
