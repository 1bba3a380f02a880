/**
 * A server's messages over which a text grows, kept back until it has ended, where a rule could act on what it says: a value
 * may be cut between two of them. Audio that comes meanwhile passes. Pure.
 */
import { parseJson } from '../../engine/extract/json.ts';
import { readStreamEvent } from '../../engine/extract/stream-events.ts';

export type Taken =
  /** Nothing grows: the message is decided on by itself. */
  | { readonly kind: 'alone' }
  /** `pass`: it may leave before what is waited with. */
  | { readonly kind: 'wait'; readonly pass: boolean }
  /** All texts have ended: these, in order. */
  | { readonly kind: 'group'; readonly messages: readonly Buffer[] };

export class GrowingAnswers {
  #waiting: Buffer[] = [];
  #bytes = 0;
  /** Names of the texts that have not ended. */
  readonly #open = new Set<string>();
  /** Something else than pieces of texts waits, and what comes after it must not leave before it. */
  #isOrdered = false;

  /** Past `maxBytes` what waits is let go as it is, to be decided on. */
  take(message: Buffer, maxBytes: number): Taken {
    const root = parseJson(message);
    const event = root === null ? null : readStreamEvent(message, root);
    const deltas = event?.deltas ?? [];
    if (deltas.length === 0 && this.#waiting.length === 0) return { kind: 'alone' };
    if (deltas.length === 0 && !this.#isOrdered && isAudio(message)) return { kind: 'wait', pass: true };
    this.#waiting.push(message);
    this.#bytes += message.length;
    if (deltas.length === 0) this.#isOrdered = true;
    for (const { channel } of deltas) this.#open.add(channel);
    for (const prefix of event?.closes ?? []) {
      for (const channel of this.#open) if (channel.startsWith(prefix)) this.#open.delete(channel);
    }
    if (this.#open.size > 0 && this.#bytes <= maxBytes) return { kind: 'wait', pass: false };
    return { kind: 'group', messages: this.rest() };
  }

  /** All that waits. */
  rest(): readonly Buffer[] {
    const messages = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    this.#isOrdered = false;
    this.#open.clear();
    return messages;
  }
}

const AUDIO = /^\s*\{[^{}]{0,400}?"type"\s*:\s*"response\.(?:output_)?audio\.delta"/;

function isAudio(message: Buffer): boolean {
  return AUDIO.test(message.toString('latin1', 0, 512));
}
