/**
 * Which texts grow over a server's messages: a value may be cut between two of them, so that they are judged together where
 * a rule could act on what they say. Pure.
 */
import { parseJson } from '../../engine/extract/json.ts';
import { readStreamEvent } from '../../engine/extract/stream-events.ts';

/** `alone`: nothing grows. `grows`: a text goes on behind this message. `ends`: with this message all texts have ended. */
export type Growth = 'alone' | 'grows' | 'ends';

export class GrowingTexts {
  /** Names of the texts that have not ended. */
  readonly #open = new Set<string>();

  take(message: Buffer): Growth {
    const root = parseJson(message);
    const event = root === null ? null : readStreamEvent(message, root);
    const deltas = event?.deltas ?? [];
    if (deltas.length === 0 && this.#open.size === 0) return 'alone';
    for (const { channel } of deltas) this.#open.add(channel);
    for (const prefix of event?.closes ?? []) {
      for (const channel of this.#open) if (channel.startsWith(prefix)) this.#open.delete(channel);
    }
    return this.#open.size > 0 ? 'grows' : 'ends';
  }

  clear(): void {
    this.#open.clear();
  }
}
