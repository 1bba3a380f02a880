/** What a copy of the conversations holds, so that a restart loses none of them. Added to, never changed. */
export type ConversationRecord =
  /** A conversation has given out tokens, or keeps numbers free; or, without either, was used. */
  | {
      readonly kind: 'issued';
      readonly conversation: string;
      readonly tokens: readonly (readonly [token: string, value: string])[];
      readonly reserved: readonly string[];
      /** Unix time in ms. */
      readonly time: number;
      /** Of a new one, the key that finds it: what a `named` of its own would say. */
      readonly key?: string;
    }
  /** A conversation is found by a key: a keyed digest of who speaks with whom, and of what names it. */
  | { readonly kind: 'named'; readonly key: string; readonly conversation: string; readonly time: number };

/** Takes the copy. What it has been given outlives the process once the call returns. */
export type RecordConversation = (record: ConversationRecord) => void;
