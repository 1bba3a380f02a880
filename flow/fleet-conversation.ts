/**
 * Conversations that the proxies of a fleet have in common: what is kept of one, and what whoever keeps them can be asked.
 * Only values that pseudonyms stand for are in it; it is sealed before it leaves a node.
 */

export interface SharedContent {
  /** Token to value, in order of issue. */
  readonly tokens: ReadonlyMap<string, string>;
  /** Literals whose numbers are kept free. */
  readonly reserved: ReadonlySet<string>;
}

export interface SharedConversation {
  readonly id: string;
  /** Null for one that has been named and has nothing in it yet, or no longer. */
  readonly content: SharedContent | null;
  /** 0 without content. */
  readonly revision: number;
}

/** Every answer is bounded in time. All reject with WeirError `conversations_unreachable` where it cannot be asked. */
export interface SharedConversations {
  /** The conversation that a key finds; null where it finds none. */
  find(key: string): Promise<SharedConversation | null>;
  read(id: string): Promise<SharedConversation>;
  /** A key finds the conversation of this id, unless it finds one already. The id that it finds from now on. */
  begin(key: string, id: string): Promise<string>;
  /** The new revision; null where it has changed since that one, and nothing was written. */
  save(id: string, content: SharedContent, revision: number): Promise<number | null>;
  /** From now on a key finds the conversation of this id, whatever it found before. */
  name(key: string, id: string): Promise<void>;
}
