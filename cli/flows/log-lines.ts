/** The lines of a log, gzip or not, as they are read; none is held longer than its piece of the file. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';

const PIECE_BYTES = 256 * 1024;

/**
 * The lines of a file, some at a time; null stands for one of more than `maxChars` characters. They end with LF, CR LF
 * or CR. Throws the system's errors, and zlib's for damaged gzip.
 */
export async function* linesOf(path: string, maxChars: number): AsyncGenerator<readonly (string | null)[]> {
  const isCompressed = await isGzip(path);
  const stream = createReadStream(path, { highWaterMark: PIECE_BYTES });
  const text = isCompressed ? stream.pipe(createGunzip({ chunkSize: PIECE_BYTES })) : stream;
  // An error of the file does not reach the end of a pipe by itself.
  if (text !== stream) stream.on('error', (error) => text.destroy(error));
  const lines = new LineCutter(maxChars);
  try {
    for await (const piece of text.setEncoding('utf8')) yield lines.add(String(piece));
    yield lines.end();
  } finally {
    stream.destroy();
  }
}

/** Pieces of text cut into lines. */
export class LineCutter {
  readonly #maxChars: number;
  /** The line that has not ended yet; empty once it is too long. */
  #open: string[] = [];
  #openChars = 0;
  #isAfterReturn = false;

  constructor(maxChars: number) {
    this.#maxChars = maxChars;
  }

  /** The lines that end in this piece. */
  add(piece: string): readonly (string | null)[] {
    if (piece === '') return [];
    // CR and LF of one end may come in two pieces.
    const text = this.#isAfterReturn && piece.startsWith('\n') ? piece.slice(1) : piece;
    this.#isAfterReturn = piece.endsWith('\r');
    const parts = text.includes('\r') ? text.split(/\r\n|\n|\r/) : text.split('\n');
    const last = parts.pop() ?? '';
    const lines: (string | null)[] = [];
    for (const part of parts) lines.push(this.#ended(part));
    this.#hold(last);
    return lines;
  }

  /** The line that no end follows. */
  end(): readonly (string | null)[] {
    return this.#openChars === 0 ? [] : [this.#ended('')];
  }

  #ended(part: string): string | null {
    if (this.#openChars === 0) return part.length > this.#maxChars ? null : part;
    this.#hold(part);
    const line = this.#openChars > this.#maxChars ? null : this.#open.join('');
    this.#open = [];
    this.#openChars = 0;
    return line;
  }

  #hold(part: string): void {
    this.#openChars += part.length;
    if (this.#openChars > this.#maxChars) this.#open = [];
    else if (part !== '') this.#open.push(part);
  }
}

/** RFC 1952 §2.3.1: what is named .log may be compressed, and the other way round. */
async function isGzip(path: string): Promise<boolean> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}
