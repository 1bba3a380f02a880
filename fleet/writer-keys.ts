/** The chain keys by which records are checked as they arrive: those of this home, and those that its fleet has handed to it. */
import type { KeyObject } from 'node:crypto';
import type { Home } from '../store/home.ts';
import { writerKeysIn } from '../store/writer-keys.ts';

/** The key of a writer; null where this home does not hold it, and only links can be checked. */
export function writerKeys(home: Home): (writer: string) => KeyObject | null {
  return writerKeysIn(home).chainKeyOf;
}
