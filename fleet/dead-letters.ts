/**
 * What no store will ever keep, for a human to look at: one line of JSON each, with why, in a file that only Weir's user
 * reads. Nothing is taken out of it again.
 */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export const DEAD_LETTERS = 'dead-letters.ndjson';
/** So often a store is asked to take something that it has refused. */
export const TRIES = 5;

/** Puts them down for good before it returns. Throws the file system's errors. */
export function bury(
  home: string,
  letters: readonly { readonly why: string; readonly subject: string; readonly text: string }[],
): void {
  if (letters.length === 0) return;
  const time = new Date().toISOString();
  const lines = letters.map((letter) => `${JSON.stringify({ time, ...letter })}\n`).join('');
  const fd = openSync(join(home, DEAD_LETTERS), 'a', 0o600);
  try {
    writeSync(fd, lines);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
