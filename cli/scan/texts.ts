/**
 * What `weir scan` reads: files, folders with all below them, standard input. It follows no symbolic link out of a
 * folder, and hands on bytes of UTF-8 or the reason why there are none.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

export type ReadText =
  | { readonly kind: 'text'; readonly name: string; readonly text: Buffer }
  /** `isAsked`: it was named itself; a file that cannot be read is an error then, a binary one in a folder is passed by. */
  | { readonly kind: 'unread'; readonly name: string; readonly reason: string; readonly isError: boolean };

/** Folders that hold what others wrote, or no text at all. */
const SKIPPED_FOLDERS = new Set(['.git', 'node_modules', '.hg', '.svn']);
/** How far into a file a NUL is looked for, bytes. */
const BINARY_PROBE = 8192;

/** Texts in the order in which they were named; within a folder by name. `-` is standard input. */
export async function* readTexts(
  names: readonly string[],
  cwd: string,
  stdin: NodeJS.ReadableStream,
): AsyncGenerator<ReadText> {
  for (const name of names) {
    if (name === '-') yield decode('-', await readAll(stdin), true);
    else yield* readPath(name, isAbsolute(name) ? name : join(cwd, name), true);
  }
}

function* readPath(name: string, path: string, isAsked: boolean): Generator<ReadText> {
  try {
    const stats = statSync(path);
    if (stats.isDirectory()) {
      yield* readFolder(name, path);
      return;
    }
    // A socket or pipe in a folder would wait for ever; one that was named (a shell's <(…)) is read.
    if (!stats.isFile() && !isAsked) return;
    yield decode(name, readFileSync(path), isAsked);
  } catch (error) {
    yield { kind: 'unread', name, reason: reasonOf(error), isError: true };
  }
}

function* readFolder(name: string, path: string): Generator<ReadText> {
  const entries = readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (entry.isSymbolicLink() || (entry.isDirectory() && SKIPPED_FOLDERS.has(entry.name))) continue;
    yield* readPath(join(name, entry.name), join(path, entry.name), false);
  }
}

export async function readAll(stdin: NodeJS.ReadableStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin)
    chunks.push(typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : Buffer.from(chunk));
  return Buffer.concat(chunks);
}

function decode(name: string, bytes: Buffer, isAsked: boolean): ReadText {
  const text = textOf(bytes);
  if (text !== null) return { kind: 'text', name, text };
  return { kind: 'unread', name, reason: 'a binary file', isError: isAsked };
}

/** UTF-8 without its byte-order mark; UTF-16 with one is converted. Null where a NUL says that it is no text. */
function textOf(bytes: Buffer): Buffer | null {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return bytes.subarray(3);
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return Buffer.from(bytes.toString('utf16le', 2), 'utf8');
  if (bytes[0] === 0xfe && bytes[1] === 0xff) {
    const even = Buffer.from(bytes.subarray(2, bytes.length - (bytes.length % 2)));
    return Buffer.from(even.swap16().toString('utf16le'), 'utf8');
  }
  return bytes.subarray(0, BINARY_PROBE).includes(0) ? null : bytes;
}

function reasonOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  const known: Readonly<Record<string, string>> = {
    ENOENT: 'no such file',
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    ERR_FS_FILE_TOO_LARGE: 'larger than 2 GiB',
    ELOOP: 'too many symbolic links',
  };
  return known[code] ?? (code === '' ? 'cannot be read' : `cannot be read (${code})`);
}
