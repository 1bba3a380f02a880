/** Paths as people write them in a configuration: `~`, and relative to the file that names them. Opens nothing. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** What paths are relative to. */
export interface PathBase {
  /** Absolute: the folder of the configuration file. */
  readonly folder: string;
  /** Absolute: what `~` stands for. */
  readonly homeFolder: string;
}

/** HOME where it is set, as shells do it; the user's own home folder otherwise. */
export function homeFolderOf(env: NodeJS.ProcessEnv): string {
  return env['HOME'] ? resolve(env['HOME']) : homedir();
}

/** Absolute. Only a leading `~` or `~/` is expanded: `~name` is a file of that name. */
export function absolutePath(path: string, base: PathBase): string {
  if (path === '~') return base.homeFolder;
  return path.startsWith('~/') ? join(base.homeFolder, path.slice(2)) : resolve(base.folder, path);
}
