/**
 * Tells when the configuration or a policy file has changed. Folders are watched, not files: editors and deployments put
 * a new file in the place of the old one, and a folder of policies gets new ones. What has changed it does not say.
 */
import { type FSWatcher, statSync, watch } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';

export interface WatchedFiles {
  /** From now on these: files, and folders of policies. */
  follow(paths: readonly string[]): void;
  close(): void;
}

/** After the last sign of a change: editors write in steps. */
const SETTLE_MS = 200;
/** A folder that is not there, or cannot be watched, is looked for so often. */
const RETRY_MS = 2000;

/** `onChange` is called once for changes that come together; `onProblem` hears what cannot be watched, once each. */
export function watchFiles(onChange: () => void, onProblem: (message: string) => void): WatchedFiles {
  return new FolderWatch(onChange, onProblem);
}

/** What is looked for in a folder: names, or all policies. */
interface Wanted {
  readonly names: Set<string>;
  isFolderOfPolicies: boolean;
}

class FolderWatch implements WatchedFiles {
  readonly #onChange: () => void;
  readonly #onProblem: (message: string) => void;
  #watchers: FSWatcher[] = [];
  #settling: NodeJS.Timeout | null = null;
  #retrying: NodeJS.Timeout | null = null;
  #paths: readonly string[] = [];
  readonly #said = new Set<string>();
  #isClosed = false;

  constructor(onChange: () => void, onProblem: (message: string) => void) {
    this.#onChange = onChange;
    this.#onProblem = onProblem;
  }

  follow(paths: readonly string[]): void {
    if (this.#isClosed) return;
    this.#paths = paths;
    this.#stop();
    const folders = new Map<string, Wanted>();
    for (const path of paths) {
      const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
      const folder = isFolder ? resolve(path) : dirname(resolve(path));
      const wanted = folders.get(folder) ?? { names: new Set(), isFolderOfPolicies: false };
      if (isFolder) wanted.isFolderOfPolicies = true;
      else wanted.names.add(basename(path));
      folders.set(folder, wanted);
    }
    for (const [folder, wanted] of folders) this.#watch(folder, wanted);
  }

  close(): void {
    this.#isClosed = true;
    this.#stop();
    if (this.#settling !== null) clearTimeout(this.#settling);
  }

  #watch(folder: string, wanted: Wanted): void {
    try {
      const watcher = watch(folder, { persistent: false }, (_, name) => {
        if (isWanted(name, wanted, folder)) this.#changed();
      });
      watcher.on('error', () => this.#changed());
      this.#watchers.push(watcher);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
      const message = `${folder} cannot be watched (${code}): SIGHUP has the configuration read again`;
      if (code !== 'ENOENT' && !this.#said.has(message)) this.#onProblem(message);
      this.#said.add(message);
      this.#retrying ??= setTimeout(() => {
        this.#retrying = null;
        if (code === 'ENOENT' && statSync(folder, { throwIfNoEntry: false }) !== undefined) this.#changed();
        else this.follow(this.#paths);
      }, RETRY_MS).unref();
    }
  }

  #changed(): void {
    if (this.#isClosed) return;
    if (this.#settling !== null) clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      this.#settling = null;
      // Anew each time: a folder that was replaced has to be watched again, and the old watcher says nothing any more.
      this.follow(this.#paths);
      this.#onChange();
    }, SETTLE_MS).unref();
  }

  #stop(): void {
    for (const watcher of this.#watchers.splice(0)) watcher.close();
    if (this.#retrying !== null) clearTimeout(this.#retrying);
    this.#retrying = null;
  }
}

/** Kubernetes swaps a link beside the files (`..data`), and says nothing of the files; a folder that goes says its own name. */
function isWanted(name: string | null, { names, isFolderOfPolicies }: Wanted, folder: string): boolean {
  if (name === null || name.startsWith('..') || name === basename(folder)) return true;
  return names.has(name) || (isFolderOfPolicies && name.endsWith('.yaml'));
}
