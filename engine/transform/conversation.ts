/**
 * The pseudonyms of one conversation: `<PERSON_1>` and the value that it stands for. In memory only; whoever owns a
 * conversation (the proxy) decides how long it lives. It gives out numbers in order of first appearance and never
 * gives one value two tokens or two values one token.
 */

/** What the edits of a message ask of their conversation, in order. */
export interface WantedTokens {
  /** Text in the payload that has the form of a token: its number is kept free. */
  readonly literals: readonly string[];
  readonly values: readonly { readonly entity: string; readonly value: string }[];
}

/** Where edits get their tokens from. */
export type TokenSource = Pick<Conversation, 'tokenFor' | 'reserve'>;

/** A literal that has the form of a token, whether or not one was issued. Global: set `lastIndex` or use matchAll. */
export const TOKEN_FORM = /<[A-Z][A-Z0-9_]*_[1-9][0-9]*>/g;

/** No entity has so long a name that its token would be one. */
const MAX_LITERAL = 128;
/** Whoever sends more literals than these wants to take room. */
const MAX_RESERVED = 100_000;

export class Conversation {
  readonly #tokens = new Map<string, string>();
  readonly #byValue = new Map<string, string>();
  readonly #next = new Map<string, number>();
  readonly #reserved = new Set<string>();
  readonly #withheld = new Set<string>();
  #labelled = 0;

  /** `tokens`: what it has issued before, in order. */
  constructor(tokens: Iterable<readonly [token: string, value: string]> = [], reserved: Iterable<string> = []) {
    this.learn(tokens);
    for (const literal of reserved) this.reserve(literal);
  }

  /** Takes up what was issued in this conversation elsewhere. */
  learn(tokens: Iterable<readonly [token: string, value: string]>): void {
    for (const [token, value] of tokens) {
      this.#tokens.set(token, value);
      this.#byValue.set(`${token.slice(1, token.lastIndexOf('_'))}\u0000${value}`, token);
    }
  }

  /** Token to value, in order of issue. */
  get tokens(): ReadonlyMap<string, string> {
    return this.#tokens;
  }

  /**
   * The token of a value: the same one for the same entity and exact text, so that what is put back is what was
   * taken out; else the next free number of the entity, or the label where it is withheld. `entity` is upper snake case.
   */
  tokenFor(entity: string, value: string): string {
    const key = `${entity}\u0000${value}`;
    const known = this.#byValue.get(key);
    if (known !== undefined) return known;
    if (this.#withheld.has(key)) {
      this.#labelled++;
      return `[${entity}]`;
    }
    let number = this.#next.get(entity) ?? 1;
    while (this.#reserved.has(`<${entity}_${number}>`) || this.#tokens.has(`<${entity}_${number}>`)) number++;
    const token = `<${entity}_${number}>`;
    this.#next.set(entity, number + 1);
    this.#tokens.set(token, value);
    this.#byValue.set(key, token);
    return token;
  }

  /** What has no token by now gets none: its label stands for it. */
  withhold({ values }: Pick<WantedTokens, 'values'>): void {
    for (const { entity, value } of values) {
      const key = `${entity}\u0000${value}`;
      if (!this.#byValue.has(key)) this.#withheld.add(key);
    }
  }

  /** How often a label was given for a token that is withheld. */
  get labelled(): number {
    return this.#labelled;
  }

  /** Whether `issue` would change anything. */
  lacks({ literals, values }: WantedTokens): boolean {
    if (values.some(({ entity, value }) => !this.#byValue.has(`${entity}\u0000${value}`))) return true;
    return literals.some((literal) => this.#mayReserve(literal) && !this.#reserved.has(literal));
  }

  /** Of what is wanted, what has a token. */
  known({ values }: Pick<WantedTokens, 'values'>): ReadonlyMap<string, string> {
    const known = new Map<string, string>();
    for (const { entity, value } of values) {
      const token = this.#byValue.get(`${entity}\u0000${value}`);
      if (token !== undefined) known.set(token, value);
    }
    return known;
  }

  /** The value that a token of this conversation stands for; null for any other text. */
  valueOf(token: string): string | null {
    return this.#tokens.get(token) ?? null;
  }

  /** Keeps the number of a token that stands literally in a payload free, unless this conversation issued it. */
  reserve(literalToken: string): void {
    if (this.#mayReserve(literalToken)) this.#reserved.add(literalToken);
  }

  #mayReserve(literal: string): boolean {
    return literal.length <= MAX_LITERAL && this.#reserved.size < MAX_RESERVED && !this.#tokens.has(literal);
  }

  /** Literals whose numbers are kept free. */
  get reserved(): ReadonlySet<string> {
    return this.#reserved;
  }

  /** Gives all that is wanted its tokens, in order. The result has those tokens, each with its value. */
  issue({ literals, values }: WantedTokens): ReadonlyMap<string, string> {
    for (const literal of literals) this.reserve(literal);
    return new Map(values.map(({ entity, value }) => [this.tokenFor(entity, value), value]));
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
