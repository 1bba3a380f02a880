/**
 * What `weir scan` looks at when it is given names: files, folders with all below them, standard input. In a folder it
 * follows no symbolic link, opens nothing that is no file, and leaves out what .gitignore and .weirignore name; each
 * thing left out is told with its reason.
 */
import { type Dirent, fstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type IgnoreLevel, IgnoreRules } from './ignore-rules.ts';
import { type HostPath, openFile, openStream } from './open-file.ts';
import { reasonOf, type Source, unread } from './source.ts';

export interface TextsOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: NodeJS.ReadableStream;
  /** False: .gitignore and .weirignore are not read. */
  readonly isIgnoring: boolean;
  /** Files that are Weir's own, by real path: a baseline holds fingerprints and no text. */
  readonly leftOut: ReadonlySet<string>;
}

/** Folders that hold what others wrote, or a history that `--diff` reads. */
const EXCLUDED_FOLDERS: ReadonlySet<string> = new Set(['.git', 'node_modules', '.hg', '.svn']);

/** Sources in the order in which they were named; within a folder by name. `-` is standard input. Never throws. */
export async function* readTexts(names: readonly string[], options: TextsOptions): AsyncGenerator<Source> {
  const reader = new TextReader(options);
  for (const name of names) {
    if (name === '-') yield await openInput(options.stdin);
    else yield* reader.named(name);
  }
}

/** A folder as standard input (`< src`) reads as nothing, which would pass for clean. */
async function openInput(stdin: NodeJS.ReadableStream): Promise<Source> {
  try {
    if (stdin === process.stdin && fstatSync(0).isDirectory()) return unread('-', 'unreadable', 'is a folder', true);
  } catch (error) {
    return unread('-', 'unreadable', reasonOf(error), true);
  }
  return await openStream('-', stdin);
}

interface Folder {
  readonly name: string;
  readonly path: string;
  /** For the host, where a name on the way is no UTF-8; else the path. */
  readonly hostPath: HostPath;
  /** Of the folder itself where it was named, else of the one above. */
  readonly level: IgnoreLevel | null;
  readonly isNamed: boolean;
  /** .gitignore names the folder: only what git tracks in it is looked at. */
  readonly isOnlyTracked: boolean;
}

class TextReader {
  readonly #options: TextsOptions;
  readonly #rules: IgnoreRules;

  constructor(options: TextsOptions) {
    this.#options = options;
    this.#rules = new IgnoreRules(options.cwd, options.env);
  }

  async *named(name: string): AsyncGenerator<Source> {
    const path = resolve(this.#options.cwd, name);
    let isFolder: boolean;
    try {
      isFolder = statSync(path).isDirectory();
    } catch (error) {
      yield unread(name, 'unreadable', reasonOf(error), true);
      return;
    }
    if (this.#isLeftOut(path)) yield unread(name, 'baseline', 'a baseline');
    else if (isFolder) {
      const level = this.#options.isIgnoring ? this.#rules.levelOfNamed(path) : null;
      yield* this.#folder({ name, path, hostPath: path, level, isNamed: true, isOnlyTracked: false });
    } else if (isWeirIgnored(this.#rules, path, this.#options)) yield unread(name, 'ignored', 'named by .weirignore');
    else yield await openFile({ name, path, isAsked: true });
  }

  async *#folder(folder: Folder): AsyncGenerator<Source> {
    let entries: readonly Entry[];
    try {
      entries = entriesOf(folder.hostPath);
    } catch (error) {
      yield unread(folder.name, 'unreadable', reasonOf(error), true);
      return;
    }
    const level = this.#levelIn(folder, entries);
    for (const { entry, hostPath } of entries) {
      const name = join(folder.name, entry.name);
      const path = join(folder.path, entry.name);
      const isFolder = entry.isDirectory();
      if (isFolder && EXCLUDED_FOLDERS.has(entry.name)) {
        yield unread(name, 'excluded', 'a folder of a tool');
        continue;
      }
      const verdict = this.#verdict(level, folder.isOnlyTracked, path, isFolder);
      if (verdict === 'ignored') {
        if (!folder.isOnlyTracked) yield unread(name, 'ignored', 'named by an ignore file');
      } else if (isFolder) {
        yield* this.#folder({ name, path, hostPath, level, isNamed: false, isOnlyTracked: verdict === 'tracked' });
      } else if (entry.isSymbolicLink()) yield unread(name, 'symlink', 'a symbolic link');
      else if (!entry.isFile()) yield unread(name, 'special', 'no file (a pipe, socket or device)');
      else if (this.#isLeftOut(path)) yield unread(name, 'baseline', 'a baseline');
      else yield await openFile({ name, path: hostPath, isAsked: false });
    }
  }

  #levelIn({ path, level, isNamed }: Folder, entries: readonly Entry[]): IgnoreLevel | null {
    if (isNamed || !this.#options.isIgnoring) return level;
    return this.#rules.levelBelow(path, level, new Set(entries.map(({ entry }) => entry.name)));
  }

  #verdict(
    level: IgnoreLevel | null,
    isOnlyTracked: boolean,
    path: string,
    isFolder: boolean,
  ): 'looked at' | 'ignored' | 'tracked' {
    if (!this.#options.isIgnoring) return 'looked at';
    if (this.#rules.isWeirIgnored(level, path, isFolder)) return 'ignored';
    if (isOnlyTracked) return this.#rules.isTracked(path, isFolder) ? 'tracked' : 'ignored';
    return this.#rules.gitVerdict(level, path, isFolder);
  }

  #isLeftOut(path: string): boolean {
    if (this.#options.leftOut.size === 0) return false;
    try {
      return this.#options.leftOut.has(realpathSync(path));
    } catch {
      // Gone meanwhile: opening it tells so.
      return false;
    }
  }
}

/** Whether .weirignore names a file, or a folder above it. */
export function isWeirIgnored(
  rules: IgnoreRules,
  path: string,
  options: { readonly cwd: string; readonly isIgnoring: boolean },
): boolean {
  return options.isIgnoring && rules.isWeirIgnored(rules.levelOf(dirname(path)), path, false);
}

interface Entry {
  readonly entry: Dirent;
  readonly hostPath: HostPath;
}

/** By name. A name that is no UTF-8 is shown with U+FFFD and opened by its bytes. Throws the file system's errors. */
function entriesOf(folder: HostPath): Entry[] {
  const entries = readdirSync(folder, { withFileTypes: true, encoding: 'utf8' });
  const isPlain = typeof folder === 'string' && !entries.some((entry) => entry.name.includes('\ufffd'));
  const list = isPlain
    ? entries.map((entry) => ({ entry, hostPath: join(folder, entry.name) as HostPath }))
    : bytewise(folder);
  return list.sort((a, b) => (a.entry.name < b.entry.name ? -1 : a.entry.name > b.entry.name ? 1 : 0));
}

function bytewise(folder: HostPath): Entry[] {
  const base = Buffer.concat([Buffer.from(folder), Buffer.from('/')]);
  return readdirSync(folder, { withFileTypes: true, encoding: 'buffer' }).map((entry) => {
    const shown = Object.assign(Object.create(entry) as Dirent, { name: entry.name.toString('utf8') });
    return { entry: shown, hostPath: Buffer.concat([base, entry.name]) };
  });
}
