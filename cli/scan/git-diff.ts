/**
 * Reads what `git diff -U0 --full-index` prints: of each file that a change leaves behind its name, the id of its new
 * content, and which of its lines were added. Lines of content are counted by their hunk's head and never read as
 * anything else, however they look; however long they are, nothing of them is kept.
 */
import { AddedLines } from './added-lines.ts';

export interface ChangedFile {
  /** From the top of the repository. */
  readonly name: string;
  /** Id of the content; null where git did not say. */
  readonly blob: string | null;
  readonly kind: 'file' | 'submodule' | 'unmerged';
  readonly lines: AddedLines;
}

/** A line of a head is kept up to here, bytes: longer than any path, each byte of it escaped. */
const MAX_HEAD = 64 << 10;
const NEWLINE = 0x0a;

interface Draft {
  name: string | null;
  blob: string | null;
  isSubmodule: boolean;
  readonly lines: AddedLines;
}

/** Hand in the output in any pieces, then `end`. */
export class DiffReader {
  readonly #onFile: (file: ChangedFile) => void;
  #head: Buffer[] = [];
  #headLength = 0;
  #isLineStart = true;
  #removed = 0;
  #added = 0;
  #draft: Draft | null = null;

  constructor(onFile: (file: ChangedFile) => void) {
    this.#onFile = onFile;
  }

  write(piece: Buffer): void {
    for (let at = 0; at < piece.length; ) {
      const newline = piece.indexOf(NEWLINE, at);
      const end = newline === -1 ? piece.length : newline;
      if (this.#removed > 0 || this.#added > 0) this.#countContent(piece[at] as number);
      else this.#keep(piece.subarray(at, end));
      if (newline === -1) break;
      this.#endLine();
      at = newline + 1;
    }
  }

  end(): void {
    if (this.#headLength > 0) this.#endLine();
    this.#finish();
  }

  /** The first byte of a line says what it is; of a piece that goes on with one it says nothing. */
  #countContent(first: number): void {
    if (!this.#isLineStart) return;
    this.#isLineStart = false;
    if (first === 0x2b) this.#added--;
    else if (first === 0x2d) this.#removed--;
    else if (first === 0x20) {
      this.#added--;
      this.#removed--;
    }
  }

  #keep(part: Buffer): void {
    this.#isLineStart = false;
    if (this.#headLength >= MAX_HEAD) return;
    this.#head.push(Buffer.from(part.subarray(0, MAX_HEAD - this.#headLength)));
    this.#headLength += part.length;
  }

  #endLine(): void {
    this.#isLineStart = true;
    if (this.#head.length === 0) return;
    const line = Buffer.concat(this.#head);
    this.#head = [];
    this.#headLength = 0;
    this.#readHead(line);
  }

  #readHead(bytes: Buffer): void {
    const line = bytes.toString('utf8');
    if (line.startsWith('diff --git ')) {
      this.#finish();
      this.#draft = { name: null, blob: null, isSubmodule: false, lines: new AddedLines() };
      return;
    }
    const unmerged = /^\* Unmerged path (.*)$/s.exec(line);
    if (unmerged !== null) {
      this.#onFile({ name: unquoted(unmerged[1] ?? ''), blob: null, kind: 'unmerged', lines: new AddedLines() });
      return;
    }
    if (this.#draft === null) return;
    const hunk = /^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line);
    if (hunk !== null) {
      this.#removed = Number(hunk[1] ?? 1);
      this.#added = Number(hunk[3] ?? 1);
      this.#draft.lines.add(Number(hunk[2]), this.#added);
    } else if (line.startsWith('+++ ')) this.#draft.name = newName(line.slice(4));
    else if (line.startsWith('index ')) this.#draft.blob = /\.\.([0-9a-f]+)/.exec(line)?.[1] ?? null;
    if (/^(?:index .* 160000|new file mode 160000|new mode 160000)$/.test(line)) this.#draft.isSubmodule = true;
  }

  /** A file that lost lines only, or its mode only, has no name here and nothing to look at. */
  #finish(): void {
    const draft = this.#draft;
    this.#draft = null;
    if (draft === null || draft.name === null) return;
    const { name, blob, lines } = draft;
    this.#onFile({ name, blob, kind: draft.isSubmodule ? 'submodule' : 'file', lines });
  }
}

/** `b/NAME`, with a tab behind it where it holds a space; null for /dev/null, where the file is gone. */
function newName(written: string): string | null {
  const name = unquoted(written.startsWith('"') ? written : written.replace(/\t$/, ''));
  return name.startsWith('b/') ? name.slice(2) : null;
}

const ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, '"': 34, '\\': 92 };

/** A name as git writes it: in quotes with escapes of C, octal for bytes, where it holds anything unusual. */
export function unquoted(written: string): string {
  const quoted = /^"(.*)"\t?$/s.exec(written)?.[1];
  if (quoted === undefined) return written;
  const bytes: number[] = [];
  for (let at = 0; at < quoted.length; ) {
    const octal = /^\\([0-3][0-7]{2})/.exec(quoted.slice(at, at + 4))?.[1];
    if (octal !== undefined) {
      bytes.push(Number.parseInt(octal, 8));
      at += 4;
    } else if (quoted[at] === '\\') {
      bytes.push(ESCAPES[quoted[at + 1] ?? ''] ?? 0x3f);
      at += 2;
    } else {
      const character = String.fromCodePoint(quoted.codePointAt(at) ?? 0);
      bytes.push(...Buffer.from(character, 'utf8'));
      at += character.length;
    }
  }
  return Buffer.from(bytes).toString('utf8');
}
