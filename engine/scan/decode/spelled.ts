/** Values spelled out character by character: `4 1 1 1 1 1 …`, `4.1.1.1`, `A-K-I-A`. Read again without what stands between. */
import { isAlnum } from '../bytes.ts';
import { type Budget, Rewriting, type View } from './view.ts';

/** Fewer characters than any value that is worth spelling out. */
const MIN_CHARACTERS = 9;
/** Longer runs are no value. */
const MAX_CHARACTERS = 256;
/** What is read before it, for words: bytes. */
const BEFORE = 96;
const AFTER = 48;

/** Views of spelled runs with their surroundings, from left to right. */
export function* spelledViews(text: Buffer, budget: Budget): Generator<View> {
  const last = text.length - 2 * MIN_CHARACTERS + 2;
  for (let i = 1; i < last; i += 8) {
    // A run of 17 bytes has two of its separators at one parity of any eight places.
    const here = isRhythm(text, i) ? i : isRhythm(text, i + 1) ? i + 1 : -1;
    if (here === -1) continue;
    const separator = text[here] as number;
    let start = here - 1;
    while (start >= 2 && text[start - 1] === separator && isAlnum(text[start - 2] as number)) start -= 2;
    let end = here + 2;
    while (end + 1 < text.length && text[end] === separator && isAlnum(text[end + 1] as number)) end += 2;
    const characters = (end - start + 1) >> 1;
    i = Math.max(i, end);
    if (characters < MIN_CHARACTERS || characters > MAX_CHARACTERS) continue;
    // The last character belongs to a word of its own where letters follow: `1 2 3 4 and`.
    if (isAlnum(text[start - 1] ?? 0) || isAlnum(text[end] ?? 0)) {
      if (isAlnum(text[start - 1] ?? 0)) start += 2;
      if (isAlnum(text[end] ?? 0)) end -= 2;
    }
    const from = Math.max(0, start - BEFORE);
    const to = Math.min(text.length, end + AFTER);
    if (end <= start || isObjectIdentifier(text, start, separator)) continue;
    if (!budget.take(to - from)) return;
    const rewriting = new Rewriting(text, from, to - from);
    for (let at = start + 1; at < end - 1; at += 2) rewriting.replace(at, at + 1, []);
    yield rewriting.done(to);
  }
}

/** `1.3.6.1…`, `2.5.…`, `1.2.…`: an OID (ITU-T X.660), whose arcs often have one digit each. */
function isObjectIdentifier(text: Buffer, start: number, separator: number): boolean {
  return separator === 0x2e && /^(?:[012]\.\d|1\.3\.6)\./.test(text.toString('latin1', start, start + 6));
}

/** The same sign that is no letter or digit stands at `at` and two bytes on, with a letter or digit on every side. */
function isRhythm(text: Buffer, at: number): boolean {
  const separator = text[at] as number;
  if (text[at + 2] !== separator || separator >= 0x80 || isAlnum(separator)) return false;
  return isAlnum(text[at - 1] as number) && isAlnum(text[at + 1] as number) && isAlnum(text[at + 3] as number);
}
