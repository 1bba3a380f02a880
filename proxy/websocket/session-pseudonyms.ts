/**
 * The pseudonyms of one WebSocket: the conversation that its messages belong to, by the ids of their responses, and all tokens
 * that were issued on it, which its own client gets back.
 */
import { get, parseJson, textOf } from '../../engine/extract/json.ts';
import { MessageRestorer } from '../../engine/transform/message-restorer.ts';
import type { Message } from '../../flow/message.ts';
import type { ExchangeContext } from '../context.ts';
import { Pseudonyms } from '../pseudonyms.ts';

const MAX_NAMED = 10_000;

export class SessionPseudonyms {
  readonly #opening: Message;
  readonly #id: string;
  readonly #present: () => ExchangeContext;
  #current: Pseudonyms;
  /** Ids of responses that belong to the present conversation. */
  readonly #named = new Set<string>();
  /** All that was issued on this WebSocket; who gets it back is its own client. */
  readonly #tokens = new Map<string, string>();
  readonly restorer = new MessageRestorer(this.#tokens);

  /** `opening`: the request that opened the WebSocket, with the pseudonyms that it belongs to; `id`: that of its event. */
  constructor(opening: Message, current: Pseudonyms, id: string, present: () => ExchangeContext) {
    this.#opening = opening;
    this.#id = id;
    this.#present = present;
    this.#current = current;
    this.learn();
  }

  get current(): Pseudonyms {
    return this.#current;
  }

  /** There is something that may have to be put back. */
  get hasTokens(): boolean {
    return this.#tokens.size > 0;
  }

  /** A client may go on with a conversation that began elsewhere; then that one's pseudonyms hold from here on. */
  forMessage(payload: Buffer): Pseudonyms {
    const id = payload.includes('previous_response_id') ? previousIn(payload) : null;
    if (id === null || this.#named.has(id)) return this.#current;
    const { conversations, credentials } = this.#present();
    this.#named.clear();
    this.#named.add(id);
    this.#current = new Pseudonyms(conversations, this.#opening, credentials, this.#id);
    return this.#current;
  }

  /** An answer's own id: the client's next message, on this WebSocket or another, may name the conversation by it. */
  async name(id: string | null): Promise<void> {
    if (id === null || this.#named.has(id)) return;
    if (this.#named.size === MAX_NAMED) this.#named.clear();
    this.#named.add(id);
    await this.#current.name(id);
  }

  /** What has been issued since is known here too. */
  learn(): void {
    for (const [token, value] of this.#current.byToken) this.#tokens.set(token, value);
  }
}

function previousIn(payload: Buffer): string | null {
  const root = parseJson(payload);
  return root === null ? null : textOf(payload, get(payload, root, 'previous_response_id'));
}
