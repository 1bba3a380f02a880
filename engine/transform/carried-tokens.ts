/**
 * Tokens put back in messages that follow one another: a model's answer comes a few letters a message, so that a token
 * often lies in several. A message whose text ends within one waits until the next ones complete or disprove it; then
 * the value stands in the first of them, and what was left of the token is taken out of the others. No message is
 * added, dropped or moved.
 */
import { WeirError } from '../../flow/errors.ts';
import type { Message } from '../../flow/message.ts';
import type { Segment } from '../../flow/segment.ts';
import type { Extraction } from '../extract/extract.ts';
import { TOKEN_FORM } from './conversation.ts';
import { applyEdits, type Edit } from './splice.ts';

/** More messages than a token has letters, or more bytes, do not wait for one. */
const MAX_WAITING = 256;
const MAX_WAITING_BYTES = 1024 * 1024;

/** A message that may go; `body` is null where it goes as it came. */
export interface Carried<T> {
  readonly item: T;
  readonly body: Buffer | null;
}

interface Waiting<T> {
  readonly item: T;
  readonly message: Message;
  readonly extraction: Extraction;
  readonly edits: Edit[];
}

/** A token that has begun at one place of the messages: its letters so far, and where they stand. */
interface Begun<T> {
  readonly letters: string;
  readonly pieces: readonly {
    readonly of: Waiting<T>;
    readonly segment: number;
    readonly start: number;
    readonly end: number;
  }[];
}

export class CarriedTokens<T> {
  readonly #byToken: ReadonlyMap<string, string>;
  readonly #waiting: Waiting<T>[] = [];
  #waitingBytes = 0;
  /** By path. */
  #begun = new Map<string, Begun<T>>();

  /** `byToken` may grow between messages. */
  constructor(byToken: ReadonlyMap<string, string>) {
    this.#byToken = byToken;
  }

  get isHolding(): boolean {
    return this.#waiting.length > 0;
  }

  /** Takes the next message; gives back, in order, those that need not wait any more. */
  push(item: T, message: Message, extraction: Extraction): Carried<T>[] {
    const waiting: Waiting<T> = { item, message, extraction, edits: [] };
    this.#waiting.push(waiting);
    this.#waitingBytes += extraction.body.length;
    if (this.#byToken.size > 0) {
      extraction.segments.forEach((segment, index) => {
        if (isText(segment)) this.#text(waiting, segment, index);
      });
    }
    if (this.#waiting.length > MAX_WAITING || this.#waitingBytes > MAX_WAITING_BYTES) return this.release();
    return this.#settled();
  }

  /** Nothing follows, or nothing has followed for long: all that waits may go. */
  release(): Carried<T>[] {
    this.#begun = new Map();
    return this.#settled();
  }

  #text(waiting: Waiting<T>, { text, path }: Segment, segment: number): void {
    const begun = this.#begun.get(path);
    if (begun === undefined && !text.includes(0x3c)) return;
    // As latin1 an index is a byte; tokens are ASCII.
    const letters = text.toString('latin1');
    let from = 0;
    if (begun !== undefined) {
      const whole = begun.letters + letters;
      const token = this.#tokenAt(whole);
      if (token !== null) {
        from = token.length - begun.letters.length;
        this.#complete(begun, this.#byToken.get(token) ?? token);
        waiting.edits.push({ segment, start: 0, end: from, replacement: '' });
      } else if (this.#begins(whole)) {
        const piece = { of: waiting, segment, start: 0, end: letters.length };
        this.#begun.set(path, { letters: whole, pieces: [...begun.pieces, piece] });
        return;
      }
      this.#begun.delete(path);
    }
    TOKEN_FORM.lastIndex = from;
    for (let match = TOKEN_FORM.exec(letters); match !== null; match = TOKEN_FORM.exec(letters)) {
      const value = this.#byToken.get(match[0]);
      const start = match.index;
      if (value !== undefined) waiting.edits.push({ segment, start, end: start + match[0].length, replacement: value });
    }
    const open = letters.lastIndexOf('<');
    if (open < from || !this.#begins(letters.slice(open))) return;
    const piece = { of: waiting, segment, start: open, end: letters.length };
    this.#begun.set(path, { letters: letters.slice(open), pieces: [piece] });
  }

  #complete({ pieces }: Begun<T>, value: string): void {
    pieces.forEach(({ of, segment, start, end }, at) => {
      of.edits.push({ segment, start, end, replacement: at === 0 ? value : '' });
    });
  }

  /** The issued token that a text begins with. */
  #tokenAt(text: string): string | null {
    const end = text.indexOf('>');
    const token = text.slice(0, end + 1);
    return this.#byToken.has(token) ? token : null;
  }

  #begins(letters: string): boolean {
    for (const token of this.#byToken.keys())
      if (token.length > letters.length && token.startsWith(letters)) return true;
    return false;
  }

  /** All before the first message that a begun token stands in. */
  #settled(): Carried<T>[] {
    let count = this.#waiting.length;
    for (const { pieces } of this.#begun.values()) {
      const first = pieces[0];
      if (first !== undefined) count = Math.min(count, this.#waiting.indexOf(first.of));
    }
    return this.#waiting.splice(0, count).map((waiting) => {
      this.#waitingBytes -= waiting.extraction.body.length;
      return { item: waiting.item, body: edited(waiting) };
    });
  }
}

/** A key is immutable for policies alone (its label is null); what a provider has signed is so for everybody. */
function isText({ part, layers, immutable, label }: Segment): boolean {
  return part.kind === 'body' && layers.length > 0 && !(immutable && label !== null);
}

function edited<T>({ message, extraction, edits }: Waiting<T>): Buffer | null {
  if (edits.length === 0) return null;
  try {
    return applyEdits(message, extraction, edits).body;
  } catch (error) {
    // The client sees the token; nobody sees a broken message.
    if (!(error instanceof WeirError)) throw error;
    return null;
  }
}
