/**
 * The pseudonyms of one exchange: which conversation they belong to, and which of them may be put back into the
 * answer. Nothing is put back that this conversation did not issue, and where only a digest names the conversation,
 * only what stands in the present request.
 */
import { createHash } from 'node:crypto';
import { hostPortText } from '../catalog/host.ts';
import type { Extraction } from '../engine/extract/extract.ts';
import type { Fingerprint, Inspection } from '../engine/inspect.ts';
import type { Conversation } from '../engine/transform/conversation.ts';
import { headerOf, type Message } from '../flow/message.ts';
import type { ConversationScope, Conversations, Found } from './conversations.ts';

const CREDENTIAL_HEADERS = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'cookie'];

export class Pseudonyms {
  readonly #conversations: Conversations;
  readonly #message: Message;
  readonly #fingerprint: Fingerprint;
  #ownScope: ConversationScope | null = null;
  #found: Found | null = null;
  #tokens: ReadonlyMap<string, string> = new Map();

  constructor(conversations: Conversations, message: Message, fingerprint: Fingerprint) {
    this.#conversations = conversations;
    this.#message = message;
    this.#fingerprint = fingerprint;
  }

  /** The conversation that a request's pseudonyms belong to. */
  of(extraction: Extraction): Conversation {
    this.#found ??= this.#conversations.of(this.#scope(), extraction.conversationId, extraction.firstUserText());
    return this.#found.conversation;
  }

  /** After the inspection of the request: settles which pseudonyms its answer may have put back. */
  settle(inspection: Inspection): void {
    const { extraction, edits } = inspection;
    if (this.#found === null) {
      if (extraction.conversationId === null) return;
      const known = this.#conversations.known(this.#scope(), extraction.conversationId);
      if (known === null) return;
      this.#found = { conversation: known, isByDigest: false };
    }
    const { conversation, isByDigest } = this.#found;
    if (!isByDigest) {
      this.#tokens = new Map(conversation.tokens);
      return;
    }
    this.#tokens = conversation.present(edits);
  }

  get isNeeded(): boolean {
    return this.#tokens.size > 0;
  }

  get byToken(): ReadonlyMap<string, string> {
    return this.#tokens;
  }

  /** An answer's own id: the next request may refer to this conversation by it. */
  name(providerId: string): void {
    if (this.#found !== null) this.#conversations.name(this.#scope(), providerId, this.#found.conversation);
  }

  /** Made when first asked for: most exchanges have nothing to put a pseudonym on. */
  #scope(): ConversationScope {
    if (this.#ownScope !== null) return this.#ownScope;
    const { headers, source, destination } = this.#message;
    const credential = CREDENTIAL_HEADERS.map((name) => headerOf(headers, name)).find((value) => value !== null);
    this.#ownScope = {
      source,
      // Hashed first: what the fingerprint drops (case, separators) tells two keys apart.
      credential:
        credential === undefined
          ? null
          : this.#fingerprint('CREDENTIAL', createHash('sha256').update(credential).digest('hex')),
      destination: hostPortText(destination),
    };
    return this.#ownScope;
  }
}
