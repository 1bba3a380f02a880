/**
 * Looks at messages that are on their way already, one after another and never more than there is time for: so many bytes
 * a minute, and no more waiting than that. What is left out is said in the coverage.
 */
import { setImmediate } from 'node:timers/promises';
import { opaque, truncated } from '../../flow/coverage.ts';
import type { Direction } from '../../flow/decision.ts';
import { reasonOf } from '../answer.ts';
import type { IncomingMessages } from './incoming-messages.ts';
import type { Envelope, MessageStream } from './message-stream.ts';

const REFILL_MS = 60_000;

export class BesideMessages {
  readonly #stream: MessageStream;
  readonly #direction: Direction;
  readonly #maxBytes: number;
  #left: number;
  #refilledAt: number;
  #waiting: Envelope[] = [];
  #work: Promise<void> | null = null;

  /** `maxBytes`: looked at in a minute. */
  constructor(stream: MessageStream, direction: Direction, maxBytes: number) {
    this.#stream = stream;
    this.#direction = direction;
    this.#maxBytes = maxBytes;
    this.#left = maxBytes;
    this.#refilledAt = stream.context.now();
  }

  /** Bytes that went by; `messages` takes them apart. */
  push(messages: IncomingMessages, chunk: Buffer): void {
    const pieces = messages.push(chunk);
    if (pieces === null) return this.#stream.account.lessen(opaque('encoded'));
    for (const piece of pieces) {
      if (piece.kind === 'message') this.take({ ...piece, coding: messages.coding, protocol: messages.protocol });
      else if (piece.kind === 'large') this.#stream.account.lessen(truncated('limit'));
    }
  }

  take(envelope: Envelope): void {
    const { length } = envelope.payload;
    if (length === 0) return;
    const now = this.#stream.context.now();
    if (now - this.#refilledAt >= REFILL_MS) {
      this.#left = this.#maxBytes;
      this.#refilledAt = now;
    }
    if (length > this.#left) return this.#stream.account.lessen(truncated('limit'));
    this.#left -= length;
    this.#waiting.push(envelope);
    this.#work ??= this.#look();
  }

  /** Settles once all that was taken has been looked at. Never rejects. */
  async settle(): Promise<void> {
    while (this.#work !== null) await this.#work;
  }

  async #look(): Promise<void> {
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const envelope of waiting) {
        // What is relayed meanwhile goes first.
        await setImmediate();
        try {
          await this.#stream.lookAt(this.#direction, envelope);
        } catch (error) {
          const { account, context } = this.#stream;
          context.log(`weir: scan beside exchange ${account.id} failed: ${reasonOf(error)}`);
          account.lessen(opaque('failed'));
        }
      }
    }
    this.#work = null;
  }
}
