/**
 * The conversations of all workers of a Weir, by key: the one place that gives out tokens, so that no two workers ever
 * give one value two tokens or one token two values. In memory, bounded in number and age, the least recently used goes
 * first; each change is handed on to be copied before it is answered. It knows keys, never who speaks with whom.
 */
import { Conversation, type WantedTokens } from '../engine/transform/conversation.ts';
import type { ConversationRecord, RecordConversation } from '../flow/conversation-record.ts';
import type { SharedContent } from '../flow/fleet-conversation.ts';

/** Token to value. */
export type TokenMap = ReadonlyMap<string, string>;

/** Where the conversations are held: in this process, or in the one that all workers ask. */
export interface ConversationHolder {
  /**
   * Gives all that is wanted its tokens in the conversation of a key, a new one where there is none. `isWhole`: the answer
   * has every token of the conversation, else those that were wanted. A value that cannot be given one is left out.
   */
  issue(key: string, wanted: WantedTokens, isWhole: boolean): TokenMap | Promise<TokenMap>;
  /** Every token of a conversation; empty where there is no such conversation, or nothing was tokenized in it. */
  tokensOf(key: string): TokenMap | Promise<TokenMap>;
  /** From now on a second key finds the conversation too. Nothing where the first finds none. */
  name(key: string, known: string): void | Promise<void>;
}

export interface ConversationMapOptions {
  /** Unix time in ms. */
  readonly now: () => number;
  readonly newId: () => string;
  /** Copies what has changed; null keeps it in memory alone. */
  readonly record?: RecordConversation | null;
  /** Hears of each key under which tokens are found from now on, and of those that are gone. */
  readonly onKey?: (key: string, isThere: boolean) => void;
  /** Characters of all tokens, values and literals together; 64 Mi unless given. */
  readonly maxChars?: number;
}

const MAX_CONVERSATIONS = 100_000;
/** A conversation may hold much or little; all of them together are bounded too. */
const MAX_CHARS = 64 * 1024 * 1024;
const MAX_AGE_MS = 24 * 3_600_000;
/** A use is copied at most so often: after a restart a conversation may seem unused by so much longer. */
const NOTED_EVERY_MS = 3_600_000;
const NO_TOKENS: TokenMap = new Map();

/** How far a conversation is the one that a fleet keeps. */
export interface SharedStand {
  /** Of what the fleet keeps, as it was when it was last read or written. */
  readonly revision: number;
  /** When the fleet was last told that it is in use, Unix ms. */
  readonly notedAt: number;
}

/** What is held of a conversation. */
export interface HeldConversation {
  readonly id: string;
  readonly content: SharedContent;
  readonly shared: SharedStand | null;
  readonly lacks: Conversation['lacks'];
}

interface Held {
  readonly id: string;
  readonly conversation: Conversation;
  usedAt: number;
  notedAt: number;
  chars: number;
  readonly keys: Set<string>;
  /** Null for one that no fleet is known to keep. */
  shared: SharedStand | null;
}

export class ConversationMap implements ConversationHolder {
  readonly #options: ConversationMapOptions;
  /** In order of use, the latest last. */
  readonly #byKey = new Map<string, Held>();
  /** Those that a key finds. */
  readonly #byId = new Map<string, Held>();
  #chars = 0;

  constructor(options: ConversationMapOptions) {
    this.#options = options;
  }

  /** Takes up what an earlier process has copied, in its order. Before the first use. */
  restore(records: Iterable<ConversationRecord>): void {
    const byId = new Map<string, Held>();
    for (const record of records) {
      let held = byId.get(record.conversation);
      if (held === undefined) {
        held = newHeld(record.conversation, record.time);
        byId.set(record.conversation, held);
      }
      held.usedAt = Math.max(held.usedAt, record.time);
      held.notedAt = held.usedAt;
      if (record.kind === 'named') held.keys.add(record.key);
      else {
        if (record.key !== undefined) held.keys.add(record.key);
        held.conversation.learn(record.tokens);
        for (const literal of record.reserved) held.conversation.reserve(literal);
      }
    }
    for (const held of byId.values()) {
      const { tokens, reserved } = held.conversation;
      held.chars = charsOf(tokens, reserved);
    }
    const living = [...byId.values()].filter((held) => !this.#isOld(held)).sort((a, b) => a.usedAt - b.usedAt);
    for (const held of living) {
      const keys = [...held.keys];
      held.keys.clear();
      for (const key of keys) this.#place(key, held);
    }
  }

  issue(key: string, wanted: WantedTokens, isWhole: boolean): TokenMap {
    const known = this.#find(key);
    const held = known ?? newHeld(this.#options.newId(), this.#options.now());
    const { conversation } = held;
    const tokensBefore = conversation.tokens.size;
    const reservedBefore = conversation.reserved.size;
    const issued = conversation.issue(wanted);
    // Most conversations are told of once: with their first tokens the key is written, in one record.
    const isTold = this.#use(held, tokensBefore, reservedBefore, known === null ? key : null);
    if (known !== null) this.#place(key, held);
    else if (isTold) this.#found(key, held);
    else this.#bind(key, held);
    return isWhole ? new Map(conversation.tokens) : issued;
  }

  tokensOf(key: string): TokenMap {
    const held = this.#find(key);
    if (held === null) return NO_TOKENS;
    this.#use(held, held.conversation.tokens.size, held.conversation.reserved.size);
    this.#place(key, held);
    return new Map(held.conversation.tokens);
  }

  name(key: string, known: string): void {
    const held = this.#find(known);
    if (held !== null && this.#byKey.get(key) !== held) this.#bind(key, held);
  }

  /** What a key finds; it does not count as a use. Null for nothing. */
  look(key: string): HeldConversation | null {
    const held = this.#find(key);
    if (held === null) return null;
    const { id, conversation, shared } = held;
    const { tokens, reserved } = conversation;
    return { id, content: { tokens, reserved }, shared, lacks: (wanted) => conversation.lacks(wanted) };
  }

  /** From now on a key finds this conversation of the fleet. What was held under its id and says otherwise is let go. */
  adopt(key: string, id: string, content: SharedContent, shared: SharedStand): void {
    const known = this.#byId.get(id);
    const held =
      known !== undefined && isWithin(known.conversation, content) ? known : newHeld(id, this.#options.now());
    const { conversation } = held;
    const [tokensBefore, reservedBefore] = [conversation.tokens.size, conversation.reserved.size];
    conversation.learn([...content.tokens].filter(([token]) => !conversation.tokens.has(token)));
    for (const literal of content.reserved) conversation.reserve(literal);
    this.#use(held, tokensBefore, reservedBefore);
    held.shared = shared;
    if (this.#byKey.get(key) === held) this.#place(key, held);
    else this.#bind(key, held);
  }

  /** Every key under which tokens are found. */
  keys(): Iterable<string> {
    return this.#byKey.keys();
  }

  /** All that a new copy has to hold. */
  *records(): Iterable<ConversationRecord> {
    for (const held of new Set(this.#byKey.values())) {
      const { id, conversation, usedAt: time } = held;
      const tokens = [...conversation.tokens];
      yield { kind: 'issued', conversation: id, tokens, reserved: [...conversation.reserved], time };
      for (const key of held.keys) yield { kind: 'named', key, conversation: id, time };
    }
  }

  /** Lets go of what is past its age. True where something was. */
  expire(): boolean {
    const before = this.#byKey.size;
    for (const [key, held] of this.#byKey) if (this.#isOld(held)) this.#drop(key, held);
    return this.#byKey.size < before;
  }

  get size(): number {
    return this.#byKey.size;
  }

  #find(key: string): Held | null {
    const held = this.#byKey.get(key);
    if (held === undefined) return null;
    if (!this.#isOld(held)) return held;
    this.#drop(key, held);
    return null;
  }

  #isOld(held: Held): boolean {
    return this.#options.now() - held.usedAt > MAX_AGE_MS;
  }

  /** Copies what is new, before anybody is told of it, with the key that finds it from now on; false where there was nothing. */
  #use(held: Held, tokensBefore: number, reservedBefore: number, key: string | null = null): boolean {
    const { conversation } = held;
    const now = this.#options.now();
    held.usedAt = now;
    const isNew = conversation.tokens.size > tokensBefore || conversation.reserved.size > reservedBefore;
    if (!isNew && now - held.notedAt < NOTED_EVERY_MS) return false;
    held.notedAt = now;
    const tokens = [...conversation.tokens].slice(tokensBefore);
    const reserved = [...conversation.reserved].slice(reservedBefore);
    const named = key === null ? {} : { key };
    this.#options.record?.({ kind: 'issued', conversation: held.id, tokens, reserved, time: now, ...named });
    const chars = charsOf(tokens, reserved);
    held.chars += chars;
    // One that no key finds yet is counted with its first.
    if (held.keys.size > 0) this.#chars += chars;
    return true;
  }

  #bind(key: string, held: Held): void {
    this.#options.record?.({ kind: 'named', key, conversation: held.id, time: this.#options.now() });
    this.#found(key, held);
  }

  #found(key: string, held: Held): void {
    this.#place(key, held);
    this.#options.onKey?.(key, true);
  }

  /** As the latest used. */
  #place(key: string, held: Held): void {
    const earlier = this.#byKey.get(key);
    if (earlier !== undefined && earlier !== held) this.#unbind(key, earlier);
    if (held.keys.size === 0) this.#chars += held.chars;
    held.keys.add(key);
    this.#byId.set(held.id, held);
    this.#byKey.delete(key);
    this.#byKey.set(key, held);
    const maxChars = this.#options.maxChars ?? MAX_CHARS;
    for (const [oldest, gone] of this.#byKey) {
      if ((this.#byKey.size <= MAX_CONVERSATIONS && this.#chars <= maxChars) || oldest === key) return;
      this.#drop(oldest, gone);
    }
  }

  #drop(key: string, held: Held): void {
    this.#unbind(key, held);
    this.#byKey.delete(key);
    this.#options.onKey?.(key, false);
  }

  #unbind(key: string, held: Held): void {
    held.keys.delete(key);
    if (held.keys.size > 0) return;
    this.#chars -= held.chars;
    if (this.#byId.get(held.id) === held) this.#byId.delete(held.id);
  }
}

function charsOf(tokens: Iterable<readonly [string, string]>, reserved: Iterable<string>): number {
  let chars = 0;
  for (const [token, value] of tokens) chars += token.length + value.length;
  for (const literal of reserved) chars += literal.length;
  return chars;
}

function newHeld(id: string, now: number): Held {
  return { id, conversation: new Conversation(), usedAt: now, notedAt: now, chars: 0, keys: new Set(), shared: null };
}

/** Whether all that it holds stands there too, and as the same. */
function isWithin({ tokens }: Conversation, content: SharedContent): boolean {
  for (const [token, value] of tokens) if (content.tokens.get(token) !== value) return false;
  return true;
}
