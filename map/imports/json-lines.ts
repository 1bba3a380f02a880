/**
 * JSON that stands over several lines, as a pretty-printer leaves it, put back into one line each. Follows brackets and
 * strings only; whether it is JSON is for the reader to say. What is left open is handed on when the next object begins in
 * the first column, or the file ends, so that a broken one takes no other with it.
 */

/** Characters of one object; what is longer is handed on in pieces, which are no JSON. */
const MAX_OPEN = 64 * 1024 * 1024;

/** Calls `hear` with each whole object and the number of its first line. `end` hands on what is left. */
export class JsonLines {
  readonly #hear: (line: string, number: number) => void;
  #lines: string[] = [];
  #chars = 0;
  #first = 0;
  #depth = 0;
  #isInString = false;

  constructor(hear: (line: string, number: number) => void) {
    this.#hear = hear;
  }

  add(line: string, number: number): void {
    if (this.#lines.length > 0 && (line.startsWith('{') || this.#chars > MAX_OPEN)) this.end();
    if (this.#lines.length === 0) this.#first = number;
    this.#lines.push(line);
    this.#chars += line.length;
    this.#follow(line);
    if (this.#depth <= 0) this.end();
  }

  end(): void {
    const lines = this.#lines;
    this.#lines = [];
    this.#chars = 0;
    this.#depth = 0;
    this.#isInString = false;
    if (lines.length > 0) this.#hear(lines.join('\n'), this.#first);
  }

  #follow(line: string): void {
    for (let at = 0; at < line.length; at++) {
      const code = line.charCodeAt(at);
      if (this.#isInString) {
        if (code === 0x5c) at++;
        else if (code === 0x22) this.#isInString = false;
      } else if (code === 0x22) this.#isInString = true;
      else if (code === 0x7b || code === 0x5b) this.#depth++;
      else if (code === 0x7d || code === 0x5d) this.#depth--;
    }
    // No string of JSON goes over a line's end.
    this.#isInString = false;
  }
}
