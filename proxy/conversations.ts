/**
 * Which conversation an exchange belongs to, and so whose pseudonyms hold in it: source identity, credential and
 * destination, with the provider's own id where it names one, else with a keyed digest of the first user message.
 * It gives keys; the tokens are with the holder of the conversations, which may be another process.
 */
import { openingOf } from '../engine/extract/opening.ts';
import type { Source } from '../flow/parties.ts';
import type { ConversationHolder } from './conversation-map.ts';

export interface ConversationScope {
  readonly source: Source;
  /** Fingerprint of the client's credential at the destination; null where it sent none. */
  readonly credential: string | null;
  readonly destination: string;
}

/** How a conversation is found. */
export interface ConversationKey {
  /** Null where nothing names it: the exchange stands alone. */
  readonly key: string | null;
  /** Only a digest names it: two users may begin with the same words, so only values of this request are put back. */
  readonly isByDigest: boolean;
}

const ALONE: ConversationKey = { key: null, isByDigest: true };

export class Conversations {
  readonly holder: ConversationHolder;
  readonly #digest: (text: string) => string;

  /** `digest` is keyed, so that what is kept does not tell a message. */
  constructor(holder: ConversationHolder, digest: (text: string) => string) {
    this.holder = holder;
    this.#digest = digest;
  }

  /** The key of a request's conversation. */
  of(scope: ConversationScope, providerId: string | null, firstUserText: string | null): ConversationKey {
    if (providerId !== null) return { key: this.byId(scope, providerId), isByDigest: false };
    const opening = openingOf(firstUserText);
    return opening === null ? ALONE : { key: this.#key(scope, 'digest', opening), isByDigest: true };
  }

  /** The key by which the provider's id finds a conversation. */
  byId(scope: ConversationScope, providerId: string): string {
    return this.#key(scope, 'id', providerId);
  }

  #key({ source, credential, destination }: ConversationScope, kind: 'id' | 'digest', name: string): string {
    const { app, verified, host, user, subject } = source;
    const known = [app, verified, host, user, credential, destination, kind, name];
    const digest = this.#digest(JSON.stringify(subject == null ? known : [...known, subject]));
    return `${kind}:${digest}`;
  }
}
