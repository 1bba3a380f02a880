/** The chain keys by which records are checked as they arrive: those that this home holds. */
import type { KeyObject } from 'node:crypto';
import { type Home, writerIds } from '../store/home.ts';

/** The key of a writer; null where this home does not hold it, and only links can be checked. */
export function writerKeys(home: Home): (writer: string) => KeyObject | null {
  let own: ReadonlySet<string> = new Set();
  return (writer) => {
    // A chain that has begun since.
    if (!own.has(writer)) own = new Set([...writerIds(home, 'outbox'), ...writerIds(home, 'ledger')]);
    return own.has(writer) ? home.keys.chain : null;
  };
}
