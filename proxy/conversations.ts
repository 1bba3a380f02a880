/**
 * Which conversation an exchange belongs to, and so whose pseudonyms hold in it: source identity, credential and
 * destination, with the provider's own id where it names one, else with a keyed digest of the first user message.
 * In memory, bounded in number and age; the least recently used goes first.
 */

import { Conversation } from '../engine/transform/conversation.ts';
import type { Source } from '../flow/parties.ts';

export interface ConversationScope {
  readonly source: Source;
  /** Fingerprint of the client's credential at the destination; null where it sent none. */
  readonly credential: string | null;
  readonly destination: string;
}

export interface Found {
  readonly conversation: Conversation;
  /** Only a digest names it: two users may begin with the same words, so only values of this request are put back. */
  readonly isByDigest: boolean;
}

const MAX_CONVERSATIONS = 100_000;
const MAX_AGE_MS = 24 * 3_600_000;

interface Entry {
  readonly conversation: Conversation;
  usedAt: number;
}

export class Conversations {
  readonly #digest: (text: string) => string;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();

  /** `digest` is keyed, so that what is kept in memory does not tell a message. */
  constructor(digest: (text: string) => string, now: () => number) {
    this.#digest = digest;
    this.#now = now;
  }

  /** The conversation of a request; a new one where it is not known yet. */
  of(scope: ConversationScope, providerId: string | null, firstUserText: string | null): Found {
    if (providerId !== null) return { conversation: this.#at(this.#key(scope, 'id', providerId)), isByDigest: false };
    // Without any name the exchange stands alone.
    if (firstUserText === null) return { conversation: new Conversation(), isByDigest: true };
    return { conversation: this.#at(this.#key(scope, 'digest', firstUserText)), isByDigest: true };
  }

  /** One that is known by the provider's id; null where it is not. */
  known(scope: ConversationScope, providerId: string): Conversation | null {
    const entry = this.#entries.get(this.#key(scope, 'id', providerId));
    return entry === undefined || this.#now() - entry.usedAt > MAX_AGE_MS ? null : entry.conversation;
  }

  /** From now on the provider's id names this conversation too: the id of an answer, which the next request refers to. */
  name(scope: ConversationScope, providerId: string, conversation: Conversation): void {
    this.#set(this.#key(scope, 'id', providerId), conversation);
  }

  get size(): number {
    return this.#entries.size;
  }

  #key(scope: ConversationScope, kind: 'id' | 'digest', name: string): string {
    const { source, credential, destination } = scope;
    return this.#digest(
      JSON.stringify([source.app, source.verified, source.host, source.user, credential, destination, kind, name]),
    );
  }

  #at(key: string): Conversation {
    const entry = this.#entries.get(key);
    const isLive = entry !== undefined && this.#now() - entry.usedAt <= MAX_AGE_MS;
    return this.#set(key, isLive ? entry.conversation : new Conversation());
  }

  #set(key: string, conversation: Conversation): Conversation {
    this.#entries.delete(key);
    this.#entries.set(key, { conversation, usedAt: this.#now() });
    if (this.#entries.size > MAX_CONVERSATIONS) {
      const oldest = this.#entries.keys().next();
      if (oldest.done !== true) this.#entries.delete(oldest.value);
    }
    return conversation;
  }
}
