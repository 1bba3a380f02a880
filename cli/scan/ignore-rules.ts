/**
 * What a walk leaves out: patterns of .gitignore (with .git/info/exclude of the repository) and of .weirignore, both in
 * the syntax of gitignore. A level is one folder's files; a deeper level goes before those above it. A file that git
 * tracks is not ignored by .gitignore, as for git itself.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { gitEnvironment, SAFE_GIT } from './git-call.ts';

const MAX_TRACKED_BYTES = 256 << 20;

/** The rules of one folder, and those above it. */
export interface IgnoreLevel {
  readonly folder: string;
  readonly git: Ignore | null;
  readonly weir: Ignore | null;
  readonly above: IgnoreLevel | null;
}

export class IgnoreRules {
  readonly #cwd: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #levels = new Map<string, IgnoreLevel | null>();
  readonly #repositories = new Map<string, string | null>();
  readonly #tracked = new Map<string, Tracked>();

  /** `cwd`: how far up .weirignore is looked for outside a repository. */
  constructor(cwd: string, env: NodeJS.ProcessEnv) {
    this.#cwd = cwd;
    this.#env = env;
  }

  /** The level of a folder with all above it, up to the top of the repository; null where no rule holds. */
  levelOf(folder: string): IgnoreLevel | null {
    const known = this.#levels.get(folder);
    if (known !== undefined) return known;
    const level = levelAt(folder, this.#isTop(folder) ? null : this.levelOf(dirname(folder)));
    this.#levels.set(folder, level);
    return level;
  }

  /** As `levelOf`; a folder that was named although .gitignore names it is looked at by the rules inside it alone. */
  levelOfNamed(folder: string): IgnoreLevel | null {
    const above = this.#isTop(folder) ? null : this.levelOf(dirname(folder));
    if (!isIgnored(above, 'git', folder, true)) return this.levelOf(folder);
    return levelAt(folder, withoutGit(above));
  }

  /** Within a walk, where the level above and the names in the folder are at hand: nothing is opened that is not there. */
  levelBelow(folder: string, above: IgnoreLevel | null, names: ReadonlySet<string>): IgnoreLevel | null {
    const isAny = names.has('.gitignore') || names.has('.weirignore') || names.has('.git');
    return isAny ? levelAt(folder, above) : above;
  }

  isWeirIgnored(level: IgnoreLevel | null, path: string, isFolder: boolean): boolean {
    return isIgnored(level, 'weir', path, isFolder);
  }

  /** `tracked`: a folder in which only some files are, because git tracks them. */
  gitVerdict(level: IgnoreLevel | null, path: string, isFolder: boolean): 'looked at' | 'ignored' | 'tracked' {
    if (!isIgnored(level, 'git', path, isFolder)) return 'looked at';
    return this.isTracked(path, isFolder) ? 'tracked' : 'ignored';
  }

  /** Whether git tracks a file, or one in the folder, that its ignore rules name. */
  isTracked(path: string, isFolder: boolean): boolean {
    const top = this.repositoryOf(dirname(path));
    if (top === null) return false;
    let tracked = this.#tracked.get(top);
    if (tracked === undefined) {
      tracked = trackedThoughIgnored(top, this.#env);
      this.#tracked.set(top, tracked);
    }
    return isFolder ? tracked.folders.has(path) : tracked.files.has(path);
  }

  /** The top folder of the repository that holds a folder; null where there is none. */
  repositoryOf(folder: string): string | null {
    const known = this.#repositories.get(folder);
    if (known !== undefined) return known;
    const parent = dirname(folder);
    const top = exists(join(folder, '.git')) ? folder : parent === folder ? null : this.repositoryOf(parent);
    this.#repositories.set(folder, top);
    return top;
  }

  #isTop(folder: string): boolean {
    if (dirname(folder) === folder) return true;
    const top = this.repositoryOf(folder);
    if (top !== null) return folder === top;
    return folder === this.#cwd || !folder.startsWith(this.#cwd + sep);
  }
}

function levelAt(folder: string, above: IgnoreLevel | null): IgnoreLevel | null {
  const git = rulesOf(join(folder, '.git', 'info', 'exclude'), join(folder, '.gitignore'));
  const weir = rulesOf(join(folder, '.weirignore'));
  return git === null && weir === null ? above : { folder, git, weir, above };
}

function withoutGit(level: IgnoreLevel | null): IgnoreLevel | null {
  return level === null ? null : { ...level, git: null, above: withoutGit(level.above) };
}

function rulesOf(...files: readonly string[]): Ignore | null {
  const texts = files.map(textOf).filter((text) => text.trim() !== '');
  if (texts.length === 0) return null;
  try {
    const rules = ignore({ ignorecase: false, allowRelativePaths: true });
    for (const text of texts) rules.add(text);
    rules.test('probe');
    return rules;
  } catch {
    // A pattern that makes no expression: the file counts as absent, so more is looked at, not less.
    return null;
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/^\ufeff/, '');
  } catch {
    // Mostly there is none; one that cannot be read ignores nothing.
    return '';
  }
}

function isIgnored(from: IgnoreLevel | null, kind: 'git' | 'weir', path: string, isFolder: boolean): boolean {
  for (let level = from; level !== null; level = level.above) {
    const rules = level[kind];
    if (rules === null) continue;
    const relative = path.slice(level.folder === sep ? 1 : level.folder.length + 1);
    const { ignored, unignored } = rules.test(isFolder ? `${relative}/` : relative);
    if (ignored) return true;
    if (unignored) return false;
  }
  return false;
}

interface Tracked {
  readonly files: ReadonlySet<string>;
  readonly folders: ReadonlySet<string>;
}

/** Asked once a repository, when the first ignored entry is met; without git nothing counts as tracked. */
function trackedThoughIgnored(top: string, env: NodeJS.ProcessEnv): Tracked {
  const args = [...SAFE_GIT, 'ls-files', '-z', '--cached', '--ignored', '--exclude-standard'];
  const { status, stdout } = spawnSync('git', args, {
    cwd: top,
    env: gitEnvironment(env),
    maxBuffer: MAX_TRACKED_BYTES,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const files = new Set<string>();
  const folders = new Set<string>();
  if (status !== 0) return { files, folders };
  for (const name of stdout.toString('utf8').split('\0')) {
    if (name === '') continue;
    const path = join(top, name);
    files.add(path);
    for (let at = dirname(path); at.length > top.length && !folders.has(at); at = dirname(at)) folders.add(at);
  }
  return { files, folders };
}

function exists(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch {
    return false;
  }
}
