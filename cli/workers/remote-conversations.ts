/**
 * The conversations as a worker sees them: held by the process above, which is asked only where something is to be
 * tokenized, or the provider's id names a conversation that has tokens. Which ids do is known here.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { WantedTokens } from '../../engine/transform/conversation.ts';
import { WeirError } from '../../flow/errors.ts';
import type { ConversationHolder, TokenMap } from '../../proxy/conversation-map.ts';
import type { ConversationQuestion } from './messages.ts';

/** The process above answers within a millisecond, and does nothing that takes seconds. */
const ANSWER_MS = 5000;
const NO_TOKENS: TokenMap = new Map();

interface Asked {
  readonly resolve: (tokens: TokenMap) => void;
  readonly timer: NodeJS.Timeout;
}

export class RemoteConversations implements ConversationHolder {
  readonly #ask: (id: number, question: ConversationQuestion) => void;
  readonly #asksForAll: boolean;
  readonly #known: Set<string>;
  readonly #asked = new Map<number, Asked>();
  #lastId = 0;

  /** `keys`: under which tokens are found now; null: nobody knows all of them, and each is asked for. */
  constructor(keys: readonly string[] | null, ask: (id: number, question: ConversationQuestion) => void) {
    this.#asksForAll = keys === null;
    this.#known = new Set(keys);
    this.#ask = ask;
  }

  issue(key: string, wanted: WantedTokens, isWhole: boolean): Promise<TokenMap> {
    return this.#question({ kind: 'issue', key, wanted, isWhole });
  }

  async tokensOf(key: string): Promise<TokenMap> {
    if (!this.#asksForAll && !this.#known.has(key)) {
      // A key was written to this process before the client could have the answer that told it the id. One turn of the
      // event loop reads all that was there when the request came, so what is not known then has no tokens.
      await turn();
      if (!this.#known.has(key)) return NO_TOKENS;
    }
    return this.#question({ kind: 'tokens', key });
  }

  async name(key: string, known: string): Promise<void> {
    await this.#question({ kind: 'name', key, known });
  }

  answered(id: number, tokens: TokenMap): void {
    const asked = this.#asked.get(id);
    if (asked === undefined) return;
    this.#asked.delete(id);
    clearTimeout(asked.timer);
    asked.resolve(tokens);
  }

  keysChanged(added: readonly string[], removed: readonly string[]): void {
    for (const key of removed) this.#known.delete(key);
    for (const key of added) this.#known.add(key);
  }

  #question(question: ConversationQuestion): Promise<TokenMap> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#asked.delete(id);
        reject(new WeirError('conversations_unreachable', 'no answer within 5 s about the tokens of a conversation'));
      }, ANSWER_MS);
      this.#asked.set(id, { resolve, timer });
      this.#ask(id, question);
    });
  }
}
