/** What makes a run of digits an ordinary number: a word for times, counts or versions directly before it, or a currency beside it. */
import { contextWords } from './context.ts';

/** How near such a word stands, bytes before and after the number. */
export const PLAIN_BEFORE = 20;
export const PLAIN_AFTER = 10;

export const PLAIN_WORDS =
  contextWords(`timestamp, timestamps, time, ts, epoch, created, updated, modified, mtime, ctime,
atime, date, datetime, expires, expiry, iat, exp, nbf, version, versions, ver, build, release, revision, rev, semver, amount,
total, subtotal, sum, price, cost, balance, count, counter, size, bytes, byte, length, len, duration, elapsed, ms, sec,
secs, seconds, millis, nanos, ns, us, offset, index, idx, seq, sequence, line, lines, row, rows, col, column, port, pid,
width, height, hash, commit, sha, digest, checksum, page, pages, tokens, usage, kb, mb, gb, hz, px, usd, eur, gbp, jpy,
chf, percent, score, rate, seed, random, timeout, retries, attempt, step, epochs, batch, memory, cpu, latency, uptime`);

/** `$`, `%` or `#` before it, or the signs of pound, yen and euro on either side. */
export function hasCurrencyBeside(text: Uint8Array, start: number, end: number): boolean {
  let before = start - 1;
  if (text[before] === 0x20) before--;
  let after = end;
  if (text[after] === 0x20) after++;
  if (text[before] === 0x24 || text[after] === 0x24 || text[after] === 0x25) return true;
  return isSign(text, before - 1) || isSign(text, before - 2) || isSign(text, after);
}

/** £ and ¥ are two bytes, € three. */
function isSign(text: Uint8Array, at: number): boolean {
  if (text[at] === 0xc2) return text[at + 1] === 0xa3 || text[at + 1] === 0xa5;
  return text[at] === 0xe2 && text[at + 1] === 0x82 && text[at + 2] === 0xac;
}
