/**
 * The pseudonyms of one conversation: `<PERSON_1>` and the value that it stands for. In memory only; whoever owns a
 * conversation (the proxy) decides how long it lives. It gives out numbers in order of first appearance and never
 * gives one value two tokens or two values one token.
 */

/** A literal that has the form of a token, whether or not one was issued. Global: set `lastIndex` or use matchAll. */
export const TOKEN_FORM = /<[A-Z][A-Z0-9_]*_[1-9][0-9]*>/g;

export class Conversation {
  readonly #tokens = new Map<string, string>();
  readonly #byValue = new Map<string, string>();
  readonly #next = new Map<string, number>();
  readonly #reserved = new Set<string>();

  /** Token to value, in order of issue. */
  get tokens(): ReadonlyMap<string, string> {
    return this.#tokens;
  }

  /**
   * The token of a value: the same one for the same entity and exact text, so that what is put back is what was
   * taken out; else the next free number of the entity. `entity` is upper snake case.
   */
  tokenFor(entity: string, value: string): string {
    const key = `${entity}\u0000${value}`;
    const known = this.#byValue.get(key);
    if (known !== undefined) return known;
    let number = this.#next.get(entity) ?? 1;
    while (this.#reserved.has(`<${entity}_${number}>`) || this.#tokens.has(`<${entity}_${number}>`)) number++;
    const token = `<${entity}_${number}>`;
    this.#next.set(entity, number + 1);
    this.#tokens.set(token, value);
    this.#byValue.set(key, token);
    return token;
  }

  /** The value that a token of this conversation stands for; null for any other text. */
  valueOf(token: string): string | null {
    return this.#tokens.get(token) ?? null;
  }

  /** Keeps the number of a token that stands literally in a payload free, unless this conversation issued it. */
  reserve(literalToken: string): void {
    if (!this.#tokens.has(literalToken)) this.#reserved.add(literalToken);
  }

  /**
   * Those tokens whose value stands in the present request, as its edits show. Where only a digest names the
   * conversation these alone may be put back, since another user's words may begin alike.
   */
  present(edits: readonly { readonly replacement: string }[]): ReadonlyMap<string, string> {
    const present = new Map<string, string>();
    for (const { replacement } of edits) {
      const value = this.#tokens.get(replacement);
      if (value !== undefined) present.set(replacement, value);
    }
    return present;
  }
}
