/**
 * The conversations of a proxy of a fleet: those in memory, and behind them what all proxies of the fleet keep together. A
 * token is kept there before anybody is told of it, and of two proxies that add to one conversation at a time the later one
 * takes up what the other has added. Where the fleet cannot be asked no new token is given out: what has one keeps it, and
 * labels stand for the rest.
 */
import { Conversation, type WantedTokens } from '../engine/transform/conversation.ts';
import { WeirError } from '../flow/errors.ts';
import type { SharedContent, SharedConversation, SharedConversations } from '../flow/fleet-conversation.ts';
import type { ConversationHolder, ConversationMap, TokenMap } from './conversation-map.ts';

export interface FleetConversationsOptions {
  readonly local: ConversationMap;
  readonly shared: SharedConversations;
  /** How long a conversation may be tried for while other proxies add to it. */
  readonly waitMs: number;
  /** Unix time in ms. */
  readonly now: () => number;
  readonly newId: () => string;
  /** The fleet could not be asked, with the reason; null: it has answered. */
  readonly onReach: (problem: string | null) => void;
}

/** So often the fleet is told at most that a conversation is in use; it forgets what was not for a day. */
const NOTED_EVERY_MS = 3_600_000;

export class FleetConversations implements ConversationHolder {
  readonly #options: FleetConversationsOptions;
  /** What is under way for a key; what comes behind waits for it. */
  readonly #underWay = new Map<string, Promise<unknown>>();

  constructor(options: FleetConversationsOptions) {
    this.#options = options;
  }

  issue(key: string, wanted: WantedTokens, isWhole: boolean): TokenMap | Promise<TokenMap> {
    const { local } = this.#options;
    const held = local.look(key);
    // Of a conversation that is named by an id, another proxy may have issued what this one's answer will speak of.
    if (!isWhole && held !== null && held.shared !== null && !held.lacks(wanted)) {
      this.#noteUse(key);
      return local.issue(key, wanted, false);
    }
    return this.#alone(key, () => this.#issueWithFleet(key, wanted, isWhole));
  }

  tokensOf(key: string): Promise<TokenMap> {
    return this.#alone(key, async () => {
      const { local } = this.#options;
      try {
        const found = await this.#find(key);
        this.#answered();
        if (found !== null) this.#takeUp(key, found);
      } catch (error) {
        this.#unreachable(error);
      }
      this.#noteUse(key);
      return local.tokensOf(key);
    });
  }

  async name(key: string, known: string): Promise<void> {
    const { local, shared } = this.#options;
    local.name(key, known);
    const held = local.look(known);
    if (held === null) return;
    try {
      await shared.name(key, held.id);
      this.#answered();
    } catch (error) {
      // It goes on here; at another proxy the tokens in its answers stay tokens.
      this.#unreachable(error);
    }
  }

  async #issueWithFleet(key: string, wanted: WantedTokens, isWhole: boolean): Promise<TokenMap> {
    const { local } = this.#options;
    try {
      const tokens = await this.#issueShared(key, wanted, isWhole);
      this.#answered();
      return tokens;
    } catch (error) {
      this.#unreachable(error);
      const held = local.look(key);
      if (held === null) return NO_TOKENS;
      if (isWhole) return new Map(local.tokensOf(key));
      return new Conversation(held.content.tokens).known(wanted);
    }
  }

  async #issueShared(key: string, wanted: WantedTokens, isWhole: boolean): Promise<TokenMap> {
    const { local, shared, now, newId } = this.#options;
    const since = now();
    for (let attempt = 0; attempt === 0 || now() - since <= this.#options.waitMs; attempt++) {
      const held = local.look(key);
      // What is known of it is tried first: where nobody has added to it, one write is all that it takes.
      const isKnown = attempt === 0 && !isWhole && held !== null && held.shared !== null;
      const found: SharedConversation | null = isKnown
        ? { id: held.id, content: held.content, revision: held.shared.revision }
        : await this.#find(key);
      // What was issued before this proxy was one of a fleet, or before the fleet lost it, goes on.
      const content = found?.content ?? (found === null || found.id === held?.id ? held?.content : null) ?? EMPTY;
      const draft = new Conversation(content.tokens, content.reserved);
      const isNew = found?.content == null || draft.lacks(wanted);
      const issued = draft.issue(wanted);
      const id = found?.id ?? held?.id ?? newId();
      // Another proxy has named it meanwhile.
      if (found === null && (await shared.begin(key, id)) !== id) continue;
      const saved = isNew ? await shared.save(id, draft, found?.revision ?? 0) : (found?.revision ?? 0);
      if (saved === null) continue;
      const notedAt = isNew ? now() : (held?.shared?.notedAt ?? 0);
      local.adopt(key, id, draft, { revision: saved, notedAt });
      this.#noteUse(key);
      return isWhole ? new Map(draft.tokens) : issued;
    }
    throw new WeirError('conversations_unreachable', 'other proxies add to a conversation faster than this one can');
  }

  /** What the fleet has, whatever is known here. */
  async #find(key: string): Promise<SharedConversation | null> {
    const { local, shared } = this.#options;
    const held = local.look(key);
    if (held !== null && held.shared !== null) {
      const found = await shared.read(held.id);
      if (found.content !== null) return found;
    }
    return await shared.find(key);
  }

  #takeUp(key: string, { id, content, revision }: SharedConversation): void {
    const { local } = this.#options;
    const held = local.look(key);
    if (content === null || (held?.id === id && held.shared?.revision === revision)) return;
    local.adopt(key, id, content, { revision, notedAt: held?.shared?.notedAt ?? 0 });
  }

  /** Behind what is under way, and without anybody waiting: the fleet keeps what is in use. */
  #noteUse(key: string): void {
    const { local, shared, now } = this.#options;
    const held = local.look(key);
    if (held === null || held.shared === null || now() - held.shared.notedAt < NOTED_EVERY_MS) return;
    local.adopt(key, held.id, held.content, { ...held.shared, notedAt: now() });
    void this.#alone(key, async () => {
      try {
        const present = local.look(key);
        if (present === null || present.shared === null) return;
        const revision = await shared.save(present.id, present.content, present.shared.revision);
        if (revision !== null) local.adopt(key, present.id, present.content, { revision, notedAt: now() });
        await shared.name(key, present.id);
      } catch (error) {
        this.#unreachable(error);
      }
    });
  }

  #alone<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#underWay.get(key) ?? Promise.resolve();
    const done = before.then(work);
    const settled = done
      .catch(() => {})
      .then(() => {
        if (this.#underWay.get(key) === settled) this.#underWay.delete(key);
      });
    this.#underWay.set(key, settled);
    return done;
  }

  #answered(): void {
    this.#options.onReach(null);
  }

  /** Throws what is no failure of the fleet. */
  #unreachable(error: unknown): void {
    if (!(error instanceof WeirError) || error.code !== 'conversations_unreachable') throw error;
    this.#options.onReach(error.message);
  }
}

const NO_TOKENS: TokenMap = new Map();
const EMPTY: SharedContent = { tokens: new Map(), reserved: new Set() };
