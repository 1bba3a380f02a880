/**
 * Policy files as the console sees and changes them: below the paths of the configuration alone, by names that it looks up
 * and never puts together from what it is sent. A change is a rename, so that nobody ever reads half of a file.
 */
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { Config } from '../../config/config.ts';
import { packageRoot } from '../../config/package-root.ts';
import { policyPaths } from '../../config/policies.ts';
import type { HomePaths } from '../../store/home.ts';
import { newUlid } from '../../store/ulid.ts';

export interface PolicyPlace {
  /** Its name, with its folder's where two folders have one of that name. */
  readonly id: string;
  readonly path: string;
  readonly isShipped: boolean;
  readonly isWritable: boolean;
  /** False for a file that would be new. */
  readonly isThere: boolean;
}

export interface Draft {
  readonly place: PolicyPlace;
  readonly text: string;
  readonly changed: Date;
}

const NEW_NAME = /^[a-z0-9][a-z0-9._-]{0,60}\.yaml$/;
const SHIPPED = join(packageRoot, 'policies') + sep;
const MAX_BYTES = 2 * 1024 * 1024;

export class PolicyFiles {
  readonly #config: Pick<Config, 'policies'>;
  readonly #undoFolder: string;

  constructor(config: Pick<Config, 'policies'>, home: HomePaths) {
    this.#config = config;
    this.#undoFolder = join(home.path, 'policy-undo');
  }

  /** Those that are loaded, in the order in which they are. */
  list(): readonly PolicyPlace[] {
    const paths: string[] = [];
    for (const root of policyPaths(this.#config)) {
      const names = namesIn(root);
      if (names === null) paths.push(root);
      else paths.push(...names.filter(isLoaded).map((name) => join(root, name)));
    }
    const unique = [...new Set(paths)];
    const names = unique.map((path) => basename(path));
    return unique.map((path, at) => {
      const name = names[at] ?? '';
      const isAlone = names.indexOf(name) === names.lastIndexOf(name);
      return this.#place(isAlone ? name : `${basename(dirname(path))}/${name}`, path, true);
    });
  }

  /** Where new files go: the first folder that can be written, else the first; null where the configuration names none. */
  folder(): { readonly path: string; readonly isWritable: boolean } | null {
    const folders = policyPaths(this.#config)
      .filter((root) => namesIn(root) !== null)
      .map((path) => ({ path, isWritable: !path.startsWith(SHIPPED) && canWrite(path) }));
    return folders.find(({ isWritable }) => isWritable) ?? folders[0] ?? null;
  }

  /** The file of an id, or the place of a new one by its name; null where there can be none. */
  find(id: string): PolicyPlace | null {
    const known = this.list().find((place) => place.id === id);
    if (known !== undefined) return known;
    const folder = this.folder();
    if (folder === null || !NEW_NAME.test(id) || !isLoaded(id)) return null;
    return this.#place(id, join(folder.path, id), false);
  }

  /** Null where it is not there. */
  text(place: PolicyPlace): string | null {
    return readText(place.path);
  }

  drafts(): readonly Draft[] {
    const known = this.list();
    const folders = new Set([
      ...known.map(({ path }) => dirname(path)),
      ...(this.folder() === null ? [] : [this.folder()?.path ?? '']),
    ]);
    return [...folders].flatMap((folder) =>
      (namesIn(folder) ?? []).filter(isDraft).flatMap((name) => {
        const path = join(folder, name.replace(/\.draft\.yaml$/, '.yaml'));
        const place = known.find((one) => one.path === path) ?? this.#newAt(path);
        const draft = place === null ? null : this.draft(place);
        return draft === null ? [] : [draft];
      }),
    );
  }

  #newAt(path: string): PolicyPlace | null {
    return this.folder()?.path === dirname(path) ? this.find(basename(path)) : null;
  }

  draft(place: PolicyPlace): Draft | null {
    const path = draftPath(place);
    const text = readText(path);
    const stats = statSync(path, { throwIfNoEntry: false });
    return text === null || stats === undefined ? null : { place, text, changed: stats.mtime };
  }

  saveDraft(place: PolicyPlace, text: string): void {
    replace(draftPath(place), text, 0o644);
  }

  dropDraft(place: PolicyPlace): void {
    rmSync(draftPath(place), { force: true });
  }

  /** Puts a text in place of a file's, or takes the file away (null), and keeps what was there for an undo. */
  activate(place: PolicyPlace, text: string | null): void {
    const previous = this.text(place);
    mkdirSync(this.#undoFolder, { recursive: true, mode: 0o700 });
    const undo = { path: place.path, previous, activated: text === null ? null : revisionOf(text) };
    replace(this.#undoFile(place), JSON.stringify(undo), 0o600);
    if (text === null) rmSync(place.path, { force: true });
    else replace(place.path, text, statSync(place.path, { throwIfNoEntry: false })?.mode ?? 0o644);
  }

  /** What stood there before the last activation, where nothing else has changed it since. */
  undoable(place: PolicyPlace): { readonly previous: string | null } | null {
    const kept = readText(this.#undoFile(place));
    if (kept === null) return null;
    try {
      const read: unknown = JSON.parse(kept);
      if (typeof read !== 'object' || read === null || !('previous' in read) || !('activated' in read)) return null;
      const { previous, activated } = read;
      const now = this.text(place);
      if (activated !== (now === null ? null : revisionOf(now))) return null;
      return previous === null || typeof previous === 'string' ? { previous } : null;
    } catch {
      return null;
    }
  }

  forgetUndo(place: PolicyPlace): void {
    rmSync(this.#undoFile(place), { force: true });
  }

  #undoFile({ path }: PolicyPlace): string {
    return join(this.#undoFolder, `${createHash('sha256').update(path).digest('hex').slice(0, 32)}.json`);
  }

  #place(id: string, path: string, isThere: boolean): PolicyPlace {
    const isShipped = path.startsWith(SHIPPED);
    return { id, path, isShipped, isThere, isWritable: !isShipped && canWrite(dirname(path)) };
  }
}

/** What tells two texts of a file apart. */
export function revisionOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** For people: below the folder that Weir runs in where it is, else whole. */
export function shownPath(path: string): string {
  const below = relative(process.cwd(), path);
  return below === '' || below.startsWith('..') ? path : below;
}

function draftPath({ path }: PolicyPlace): string {
  return path.replace(/\.yaml$/, '.draft.yaml');
}

function isDraft(name: string): boolean {
  return name.endsWith('.draft.yaml') && !name.startsWith('.');
}

function isLoaded(name: string): boolean {
  return name.endsWith('.yaml') && !name.startsWith('.') && !isDraft(name);
}

function namesIn(folder: string): readonly string[] | null {
  try {
    return readdirSync(folder).sort();
  } catch {
    return null; // a file, or nothing
  }
}

function readText(file: string): string | null {
  try {
    return statSync(file).size > MAX_BYTES ? null : readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

function canWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Beside it first, under a name that is no policy's, so that the rename stays on one file system. */
function replace(file: string, text: string, mode: number): void {
  const aside = join(dirname(file), `.${basename(file)}.${newUlid()}.tmp`);
  try {
    writeFileSync(aside, text, { mode: mode & 0o777, flag: 'wx', flush: true });
    renameSync(aside, file);
  } catch (error) {
    rmSync(aside, { force: true });
    throw error;
  }
}
