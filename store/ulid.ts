/** Ids that sort by the time they were made (ULID): 48 bits of milliseconds, 80 random bits, Crockford base 32. */
import { randomFillSync } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** All pairs of characters: a table of 1024 makes eight steps of sixteen. */
const PAIRS = Array.from({ length: 1024 }, (_, i) => ALPHABET.charAt(i >> 5) + ALPHABET.charAt(i & 31));
const RANDOM_PAIRS = 8;
// A call to the generator costs more than all the rest, so it is asked for many ids at once.
const pool = new Uint16Array(256 * RANDOM_PAIRS);
let used = pool.length;
let timeMs = -1;
let timeText = '';

/** A new ULID, 26 characters. Ids of one millisecond are in no order among themselves. */
export function newUlid(nowMs: number = Date.now()): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  if (nowMs !== timeMs) {
    timeMs = nowMs;
    timeText = '';
    for (let rest = nowMs, i = 0; i < 5; i++, rest = Math.floor(rest / 1024)) timeText = pair(rest % 1024) + timeText;
  }
  let id = timeText;
  for (const end = used + RANDOM_PAIRS; used < end; used++) id += pair((pool[used] as number) & 1023);
  return id;
}

function pair(value: number): string {
  return PAIRS[value] as string;
}
