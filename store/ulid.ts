/** Ids that sort by the time they were made (ULID): 48 bits of milliseconds, 80 random bits, Crockford base 32. */
import { randomFillSync } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const RANDOM_CHARACTERS = 16;
// A call to the generator costs more than all the rest, so it is asked for many ids at once.
const pool = new Uint8Array(256 * RANDOM_CHARACTERS);
let used = pool.length;

/** A new ULID, 26 characters. Ids of one millisecond are in no order among themselves. */
export function newUlid(nowMs: number = Date.now()): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  let id = '';
  for (let rest = nowMs, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) id = ALPHABET.charAt(rest % 32) + id;
  for (const end = used + RANDOM_CHARACTERS; used < end; used++) id += ALPHABET.charAt((pool[used] ?? 0) & 31);
  return id;
}
