/** What `weir scan` is handed to look at: a text in pieces, or a name with the reason why there is no text. */
import { type Coverage, FULL } from '../../flow/coverage.ts';
import type { AddedLines } from './added-lines.ts';
import type { Pieces } from './windows.ts';

export interface TextSource {
  readonly kind: 'text';
  /** As it is shown: relative to the working directory where it was named so; `-` is standard input. */
  readonly name: string;
  /** UTF-8. May throw the file system's errors. */
  readonly pieces: Pieces;
  /** Of a comparison in git, the lines that count; null where all do. */
  readonly lines: AddedLines | null;
  /** Once all pieces have been read: less than full where the file was changed meanwhile. */
  coverage(): Coverage;
}

/** One word a reason, as in coverage. */
export type Unread =
  | 'unreadable'
  | 'binary'
  | 'ignored'
  | 'excluded'
  | 'symlink'
  | 'special'
  | 'submodule'
  | 'unmerged'
  | 'baseline';

export interface UnreadSource {
  readonly kind: 'unread';
  readonly name: string;
  readonly reason: Unread;
  /** For people: `permission denied`. */
  readonly detail: string;
  /** It was asked for itself and could not be read: exit code 2. */
  readonly isError: boolean;
}

export type Source = TextSource | UnreadSource;

export function unread(name: string, reason: Unread, detail: string, isError = false): UnreadSource {
  return { kind: 'unread', name, reason, detail, isError };
}

export function wholeText(name: string, text: Buffer, lines: AddedLines | null = null): TextSource {
  return { kind: 'text', name, pieces: [text], lines, coverage: () => FULL };
}

/** What the file system said, without the path that its message holds. */
export function reasonOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? (code === '' ? 'cannot be read' : `cannot be read (${code})`);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'is a folder',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
  EAGAIN: 'has nothing to read',
};
