/**
 * Lines that something was put in front of: `>` of a quoted mail, `+` or `-` of a diff, a time or a container's name in
 * a log. A value that runs on into the next line is read again without them.
 */
import { hasDigit, isDigit, isWord, placeOf } from '../bytes.ts';
import { type Budget, Rewriting, type View } from './view.ts';

/** What is read on either side of a line break, bytes. */
const AROUND = 80;
/** A line this long may have been wrapped where a space stood, bytes. */
const WRAPPED = 40;
/** Longest prefix of a log. */
const MAX_PREFIX = 120;

/** A line break with the prefix of the next line, and what it reads as. */
interface Break {
  readonly start: number;
  readonly end: number;
  readonly reads: number;
}

/** Views of the surroundings of such breaks, from left to right, none overlapping. */
export function* prefixViews(text: Buffer, budget: Budget): Generator<View> {
  let next = nextBreak(text, 0, text.length);
  while (next !== null) {
    const from = Math.max(0, next.start - AROUND);
    const breaks = [next];
    let to = Math.min(text.length, next.end + AROUND);
    for (;;) {
      const more = nextBreak(text, (breaks.at(-1) ?? next).end, to);
      if (more === null) break;
      breaks.push(more);
      to = Math.min(text.length, more.end + AROUND);
    }
    if (!budget.take(to - from)) return;
    const rewriting = new Rewriting(text, from, to - from);
    for (const one of breaks) rewriting.replace(one.start, one.end, [one.reads]);
    yield rewriting.done(to);
    next = nextBreak(text, to, text.length);
  }
}

/** The first break from `from` on, before `limit`, whose two lines have the same prefix. */
function nextBreak(text: Buffer, from: number, limit: number): Break | null {
  for (let feed = placeOf(text, 0x0a, from); feed < limit; feed = placeOf(text, 0x0a, feed + 1)) {
    const byte = text[feed + 1] ?? 0;
    if (byte === 0x3e || byte === 0x2b || byte === 0x2d) {
      const found = markedBreak(text, feed, byte);
      if (found !== null) return found;
    } else if (isDigit(byte) || byte === 0x5b || (byte >= 0x61 && byte <= 0x7a)) {
      const found = loggedBreak(text, feed);
      if (found !== null) return found;
    }
  }
  return null;
}

function lineStart(text: Buffer, feed: number): number {
  return feed === 0 ? 0 : text.lastIndexOf(0x0a, feed - 1) + 1;
}

/** Where the line's content ends: before a carriage return. */
function contentEnd(text: Buffer, feed: number): number {
  return text[feed - 1] === 0x0d ? feed - 1 : feed;
}

function markedBreak(text: Buffer, feed: number, mark: number): Break | null {
  const start = lineStart(text, feed);
  if (text[start] !== mark) return null;
  let end = feed + 1;
  // Quotes of quotes: `> > `; headers of a diff are no content.
  while (text[end] === mark && mark === 0x3e) end += text[end + 1] === 0x20 ? 2 : 1;
  if (mark !== 0x3e) end++;
  if (text[end] === mark) return null;
  const to = contentEnd(text, feed);
  // Items of a list look like lines taken out by a diff, and most of them are whole.
  const areItems = mark === 0x2d && text[start + 1] === 0x20 && text[end] === 0x20;
  if (areItems && !mayRunOn(text, to, end + 1)) return null;
  return { start: to, end, reads: feed - start >= WRAPPED ? 0x20 : 0x0a };
}

/** So many letters in a row may be a part of a value that has no digit: a line of a key. */
const LONG = 16;

/**
 * What ends at `end` may be one value with what begins at `start`: there is a digit in the run of letters and digits on
 * either side, or one of them is long. Most lines of a log are whole, and each would be read twice.
 */
function mayRunOn(text: Buffer, end: number, start: number): boolean {
  // A bracket or a quote may stand between the value's parts and the break.
  const last = end > 0 && !isPart(text[end - 1] as number) ? end - 1 : end;
  const first = start < text.length && !isPart(text[start] as number) ? start + 1 : start;
  let from = last;
  while (from > 0 && last - from <= LONG && isPart(text[from - 1] as number)) from--;
  let to = first;
  while (to < text.length && to - first <= LONG && isPart(text[to] as number)) to++;
  if (from === last || to === first) return false;
  return last - from > LONG || to - first > LONG || (hasDigit(text, from, last) && hasDigit(text, first, to));
}

/** Of a number, a code, base64 or the lines of a passport. */
function isPart(byte: number): boolean {
  return isWord(byte) || byte === 0x2b || byte === 0x2d || byte === 0x2f || byte === 0x3c;
}

/** Both lines begin alike, digits aside, up to a space, colon or bar, with a time or a bar in it. */
function loggedBreak(text: Buffer, feed: number): Break | null {
  const above = lineStart(text, feed);
  const below = feed + 1;
  const most = Math.min(MAX_PREFIX, feed - above, text.length - below);
  let length = 0;
  let digits = 0;
  let hasBar = false;
  for (let i = 0; i < most; i++) {
    const a = text[above + i] as number;
    const b = text[below + i] as number;
    if (isDigit(a) ? !isDigit(b) : a !== b) break;
    if (isDigit(a)) digits++;
    if (a === 0x7c) hasBar = true;
    if (a === 0x20 || a === 0x09) length = digits >= 6 || hasBar ? i + 1 : 0;
  }
  const end = contentEnd(text, feed);
  return length < 8 || !mayRunOn(text, end, below + length) ? null : { start: end, end: below + length, reads: 0x0a };
}
