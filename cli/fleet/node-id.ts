/** What tells a node from all others of its fleet: its host's name and a part that its home has once drawn. */
import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FORM = /^[\w.-]{1,80}$/;

/** Always the same for a home. Throws the file system's errors where it can neither be read nor written. */
export function nodeIdOf(home: string, host: string): string {
  const file = join(home, 'node');
  const present = readId(file);
  if (present !== null) return present;
  const id = `${host.replaceAll(/[^\w.-]/g, '-').slice(0, 60)}-${randomBytes(5).toString('hex')}`;
  // Written aside and linked, so that of two processes at their first start only one draws it.
  const draft = `${file}.${randomBytes(5).toString('hex')}`;
  writeFileSync(draft, `${id}\n`, { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(draft, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    unlinkSync(draft);
  }
  return readId(file) ?? id;
}

function readId(file: string): string | null {
  try {
    const text = readFileSync(file, 'utf8').trim();
    return FORM.test(text) ? text : null;
  } catch {
    return null; // None was drawn yet.
  }
}
