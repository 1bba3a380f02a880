/**
 * The pseudonyms of one exchange: which conversation they belong to, and which of them may be put back into the
 * answer. Nothing is put back that this conversation did not issue, and where only a digest names the conversation,
 * only what stands in the present request. Who keeps the conversation is asked only where something is tokenized, or
 * the provider's id names one that may have tokens.
 */
import { hostPortText } from '../catalog/host.ts';
import type { Credentials } from '../engine/credentials.ts';
import type { Extraction } from '../engine/extract/extract.ts';
import type { Inspection } from '../engine/inspect.ts';
import { Conversation, type WantedTokens } from '../engine/transform/conversation.ts';
import type { Message } from '../flow/message.ts';
import type { ConversationKey, ConversationScope, Conversations } from './conversations.ts';

const NO_TOKENS: ReadonlyMap<string, string> = new Map();

export class Pseudonyms {
  readonly #conversations: Conversations;
  /** What names the conversation; not the body, which an answer would keep with it. */
  readonly #message: Pick<Message, 'headers' | 'source' | 'destination'>;
  readonly #credentials: Credentials;
  readonly #streamId: string | null;
  #ownScope: ConversationScope | null = null;
  #found: ConversationKey | null = null;
  /** Of the conversation, what this exchange has been told; most are told nothing. */
  #told: Conversation | null = null;
  #tokens: ReadonlyMap<string, string> = NO_TOKENS;

  /** `streamId`: names the conversation where the provider does not, since one stream is one conversation. */
  constructor(
    conversations: Conversations,
    message: Message,
    credentials: Credentials,
    streamId: string | null = null,
  ) {
    this.#conversations = conversations;
    const { headers, source, destination } = message;
    this.#message = { headers, source, destination };
    this.#credentials = credentials;
    this.#streamId = streamId;
  }

  /** The conversation that a message's tokens belong to, with all that is wanted issued. Rejects where it cannot be asked. */
  async issue(extraction: Extraction, wanted: WantedTokens): Promise<Conversation> {
    this.#found ??= this.#conversations.of(
      this.#scope(),
      extraction.conversationId ?? this.#streamId,
      extraction.firstUserText(),
    );
    const { key, isByDigest } = this.#found;
    if (key === null) this.#conversation.issue(wanted);
    else {
      this.#conversation.learn(await this.#conversations.holder.issue(key, wanted, !isByDigest));
      this.#conversation.withhold(wanted);
    }
    return this.#conversation;
  }

  /** After the inspection of the request: settles which pseudonyms its answer may have put back. Null where that is done at once. */
  settle({ extraction, edits }: Pick<Inspection, 'extraction' | 'edits'>): Promise<void> | null {
    const { conversationId } = extraction;
    return this.#found === null && conversationId === null ? null : this.#settle(conversationId, edits);
  }

  async #settle(conversationId: string | null, edits: Inspection['edits']): Promise<void> {
    if (this.#found === null) {
      if (conversationId === null) return;
      const key = this.#conversations.byId(this.#scope(), conversationId);
      const tokens = await this.#conversations.holder.tokensOf(key);
      if (tokens.size === 0) return;
      this.#found = { key, isByDigest: false };
      this.#conversation.learn(tokens);
    }
    this.#tokens = this.#found.isByDigest ? this.#conversation.present(edits) : new Map(this.#conversation.tokens);
  }

  get isNeeded(): boolean {
    return this.#tokens.size > 0;
  }

  get byToken(): ReadonlyMap<string, string> {
    return this.#tokens;
  }

  /**
   * An answer's own id: the next request may refer to this conversation by it. To be waited for before the client has the
   * whole answer, since that request may come to another process.
   */
  async name(providerId: string): Promise<void> {
    if (this.#found === null) return;
    const { holder } = this.#conversations;
    const key = this.#conversations.byId(this.#scope(), providerId);
    if (this.#found.key !== null) await holder.name(key, this.#found.key);
    else await holder.issue(key, { literals: [...this.#conversation.reserved], values: this.#values() }, false);
  }

  /** What this exchange alone has issued, in order: asked for again it gets the same tokens. */
  #values(): WantedTokens['values'] {
    return [...this.#conversation.tokens].map(([token, value]) => ({
      entity: token.slice(1, token.lastIndexOf('_')),
      value,
    }));
  }

  get #conversation(): Conversation {
    this.#told ??= new Conversation();
    return this.#told;
  }

  /** Made when first asked for: most exchanges have nothing to put a pseudonym on. */
  #scope(): ConversationScope {
    if (this.#ownScope !== null) return this.#ownScope;
    const { headers, source, destination } = this.#message;
    this.#ownScope = {
      source,
      credential: this.#credentials.ofConversation(source, headers),
      destination: hostPortText(destination),
    };
    return this.#ownScope;
  }
}
