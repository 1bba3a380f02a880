/** What the first words of a conversation are known by: themselves, or the digest of very long ones. */
import { hash } from 'node:crypto';

/** Longer texts are known by their digest: nobody is to carry them about for it. */
const MAX_CHARS = 256 * 1024;

/** The same for a text and for what this gave for it. Null for none. */
export function openingOf(text: string | null): string | null {
  return text === null || text.length <= MAX_CHARS ? text : `sha256 ${hash('sha256', text)}`;
}
