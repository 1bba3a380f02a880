/** Fields of JSON that comes from outside, each read once and checked. What does not fit is named by its field, never repeated. */

export class BadField extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'BadField';
  }
}

export class Fields {
  readonly #of: Readonly<Record<string, unknown>>;

  /** Throws BadField for what is no object. */
  constructor(value: unknown) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new BadField('expected an object');
    this.#of = { ...value };
  }

  static parse(text: string): Fields {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw new BadField('expected JSON'); // the parser's message quotes its input
    }
    return new Fields(value);
  }

  has(name: string): boolean {
    return this.#of[name] != null;
  }

  text(name: string, pattern: RegExp): string {
    const value = this.#of[name];
    if (typeof value === 'string' && pattern.test(value)) return value;
    throw new BadField(`${name} is not as it should be`);
  }

  textOrNull(name: string, pattern: RegExp): string | null {
    return this.#of[name] == null ? null : this.text(name, pattern);
  }

  choice<T extends string>(name: string, choices: readonly T[]): T {
    const found = choices.find((one) => one === this.#of[name]);
    if (found !== undefined) return found;
    throw new BadField(`${name} is not one of ${choices.join(', ')}`);
  }

  number(name: string): number {
    const value = this.#of[name];
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw new BadField(`${name} is not a number`);
  }

  boolean(name: string): boolean {
    return this.#of[name] === true;
  }

  /** RFC 3339, as a time in ms. */
  moment(name: string): number {
    const value = this.#of[name];
    const time = typeof value === 'string' && value.length <= 40 ? Date.parse(value) : Number.NaN;
    if (Number.isNaN(time)) throw new BadField(`${name} is no time`);
    return time;
  }

  bytes(name: string, length: { readonly min: number; readonly max: number }): Buffer {
    const value = this.#of[name];
    const isText = typeof value === 'string' && value.length <= length.max * 2 && /^[A-Za-z0-9_-]*$/.test(value);
    const bytes = isText ? Buffer.from(value, 'base64url') : null;
    if (bytes !== null && bytes.length >= length.min && bytes.length <= length.max) return bytes;
    throw new BadField(`${name} is not as it should be`);
  }

  bytesOrNull(name: string, length: { readonly min: number; readonly max: number }): Buffer | null {
    return this.#of[name] == null ? null : this.bytes(name, length);
  }

  texts(name: string, pattern: RegExp, most: number): readonly string[] {
    const value = this.#of[name];
    const isList = Array.isArray(value) && value.length <= most;
    if (isList && value.every((one) => typeof one === 'string' && pattern.test(one))) return value;
    throw new BadField(`${name} is not as it should be`);
  }

  list(name: string, most: number): readonly Fields[] {
    const value = this.#of[name];
    if (!Array.isArray(value) || value.length > most) throw new BadField(`${name} is not as it should be`);
    return value.map((one) => new Fields(one));
  }

  objectOrNull(name: string): Fields | null {
    return this.#of[name] == null ? null : new Fields(this.#of[name]);
  }
}

/** A PEM block or several, bounded. */
export const PEM = /^[\x20-\x7e\n]{1,20000}$/;
/** A word for people: printable, of at most 200 characters. */
export const WORDS = /^[^\p{Cc}]{0,200}$/u;
