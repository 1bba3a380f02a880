/**
 * Small files that are written whole or not at all, and never torn by two processes at once: content goes to a new file
 * beside the target first, which is then linked or renamed into place. It refuses to follow what others may write to. What root
 * writes into a folder of somebody else is that one's: a command beside a service leaves nothing that the service cannot read.
 */
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  fchownSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

const HAS_MODES = process.platform !== 'win32';

/** Makes the folder with its parents, mode 0700, and takes away what others may do in one that is there. */
export function makePrivateFolder(folder: string): void {
  const first = mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (first !== undefined) {
    const owner = otherOwner(dirname(first));
    for (let made = folder; owner !== null && made.length >= first.length; made = dirname(made)) {
      chownSync(made, owner.uid, owner.gid);
    }
  }
  if (!HAS_MODES || (statSync(folder).mode & 0o077) === 0) return;
  chmodSync(folder, 0o700);
}

/** The file as text; null when there is none. */
export function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/** What is wrong with a private key's file, with the command that mends it; null when only its owner can read it. */
export function keyUsable(path: string): string | null {
  const mode = HAS_MODES ? statSync(path).mode & 0o777 : 0;
  if ((mode & 0o077) === 0) return null;
  return `the private key ${path} has mode 0${mode.toString(8)}, others can read or write it: chmod 600 '${path}'`;
}

/** Writes a new file; when there is one already, in whichever order, that one stays as it is. */
export function putIfAbsent(path: string, content: string | Buffer, mode: number): void {
  const draft = writeDraft(path, content, mode);
  try {
    linkSync(draft, path);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST') return;
    // File systems without hard links; the race is then as wide as one look-up.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS' && code !== 'EMLINK') throw error;
    if (readIfThere(path) === null) renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Writes a file over whatever is there: a reader sees the old content or the new, never a part. */
export function putOver(path: string, content: string | Buffer, mode: number): void {
  const draft = writeDraft(path, content, mode);
  try {
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

/** Removes the files of a folder whose name matches. */
export function removeMatching(folder: string, pattern: RegExp): void {
  for (const name of readdirSync(folder)) if (pattern.test(name)) rmSync(join(folder, name), { force: true });
}

function writeDraft(path: string, content: string | Buffer, mode: number): string {
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const file = openSync(draft, 'wx', mode); // O_EXCL: nothing prepared by someone else is written to
  try {
    if (HAS_MODES) chmodSync(draft, mode); // whatever the umask
    const owner = otherOwner(dirname(path));
    if (owner !== null) fchownSync(file, owner.uid, owner.gid);
    writeFileSync(file, content);
    fsyncSync(file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
  return draft;
}

/** Whose a folder is, where root asks and it is not root's. */
function otherOwner(folder: string): { readonly uid: number; readonly gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const { uid, gid } = statSync(folder);
  return uid === 0 ? null : { uid, gid };
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : null;
}
