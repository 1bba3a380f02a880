/**
 * `weir:allow ENTITY reason` in a comment of any language: the finding beside it is meant to be there. It holds for its
 * own line, or where it takes nothing there, for the next one; for the entities that it names and no other; and only
 * with a reason. A comment that does not count is told where it would have mattered.
 */
import type { TextFinding } from '../../flow/finding.ts';

const MARK = 'weir:allow';
/** How much of a line behind the mark is read, bytes. */
const MAX_COMMENT = 1024;
/** Further ones in a line are text made to hurt. */
const MAX_IN_LINE = 16;
/** What ends a comment, a string or a cell behind the reason. */
const CLOSING = /(?:\*\/|-->|--%>|[%#}*]?[})>]|["'`|;,\\])+\s*$/;
/** At least two letters or digits in a row. */
const WORD = /[\p{L}\p{N}]{2}/u;

export interface AllowComment {
  /** Bytes of the comment's own line, and of the end of the line below. */
  readonly lineStart: number;
  readonly lineEnd: number;
  readonly nextEnd: number;
  readonly entities: readonly string[];
  readonly reason: string;
  /** Why it does not count; null where it does. */
  readonly problem: string | null;
}

/** Every comment of a text, in order. `isKnown` tells names of entities and `category:NAME`. One pass over the bytes. */
export function allowComments(text: Buffer, isKnown: (name: string) => boolean): readonly AllowComment[] {
  const comments: AllowComment[] = [];
  let lineStart = 0;
  let lineEnd = -1;
  let nextEnd = -1;
  let inLine = 0;
  for (let at = text.indexOf(MARK); at !== -1; at = text.indexOf(MARK, at + MARK.length)) {
    if (at > lineEnd) {
      lineStart = text.lastIndexOf(0x0a, at) + 1;
      lineEnd = endOfLine(text, at);
      nextEnd = lineEnd === text.length ? lineEnd : endOfLine(text, lineEnd + 1);
      inLine = 0;
    }
    if (++inLine > MAX_IN_LINE) continue;
    const from = at + MARK.length;
    const following = text.indexOf(MARK, from);
    const stop = following === -1 || following > lineEnd ? lineEnd : following;
    const written = text.toString('utf8', from, Math.min(stop, from + MAX_COMMENT));
    if (!/^[\s:(]/.test(written) && written !== '') continue;
    comments.push({ lineStart, lineEnd, nextEnd, ...parseAllow(written, isKnown) });
  }
  return comments;
}

function endOfLine(text: Buffer, from: number): number {
  const end = text.indexOf(0x0a, from);
  return end === -1 ? text.length : end;
}

/** Names with commas between; further names without one where they are names of entities; the rest is the reason. */
export function parseAllow(
  written: string,
  isKnown: (name: string) => boolean,
): Pick<AllowComment, 'entities' | 'reason' | 'problem'> {
  const entities: string[] = [];
  let rest = written.replace(/^[\s:(]+/, '');
  let isAsked = true;
  for (;;) {
    const name = /^(?:category:)?[A-Za-z][A-Za-z0-9_]*/.exec(rest)?.[0] ?? '';
    if (name === '' || (!isAsked && !isKnown(name))) break;
    // A first word in plain writing is a reason without an entity before it.
    if (isAsked && !isKnown(name) && name !== name.toUpperCase()) break;
    entities.push(name);
    const behind = rest.slice(name.length);
    isAsked = /^\s*,/.test(behind);
    rest = behind.replace(/^[\s,]+/, '');
  }
  const reason = rest
    .replace(/^[\s:)\-–—]+/, '')
    .trimEnd()
    .replace(CLOSING, '')
    .trim();
  return { entities, reason, problem: problemOf(entities, reason, isKnown) };
}

function problemOf(entities: readonly string[], reason: string, isKnown: (name: string) => boolean): string | null {
  if (entities.length === 0) return 'names no entity';
  // The word in the file may be anything: it is not repeated.
  if (entities.some((name) => !isKnown(name))) return 'names an entity that there is none of';
  return WORD.test(reason) ? null : 'gives no reason';
}

/** The finding's entity or category, or a wider class that it is as well (an alternative at the same score). */
export function isNamed(comment: AllowComment, finding: TextFinding): boolean {
  return comment.entities.some(
    (name) =>
      name === finding.entity ||
      name === `category:${finding.category}` ||
      finding.alternatives.some((other) => other.entity === name && other.score >= finding.score),
  );
}

export interface Allowed {
  /** Reason by index of the finding. */
  readonly reasons: ReadonlyMap<number, string>;
  /** By index of the finding beside which it stands, what is wrong with a comment. */
  readonly problems: ReadonlyMap<number, string>;
}

/** Which of the findings (sorted by start) the comments of their text take. */
export function applyAllow(comments: readonly AllowComment[], findings: readonly TextFinding[]): Allowed {
  const reasons = new Map<number, string>();
  const problems = new Map<number, string>();
  let first = 0;
  for (const comment of comments) {
    while ((findings[first]?.start ?? Number.POSITIVE_INFINITY) < comment.lineStart) first++;
    const own: number[] = [];
    const below: number[] = [];
    for (let i = first; i < findings.length && (findings[i]?.start ?? 0) <= comment.nextEnd; i++) {
      const finding = findings[i];
      if (finding === undefined || (comment.entities.length > 0 && !isNamed(comment, finding))) continue;
      if (finding.start <= comment.lineEnd) own.push(i);
      else below.push(i);
    }
    for (const index of own.length > 0 ? own : below) {
      if (comment.problem === null) reasons.set(index, comment.reason);
      else if (!problems.has(index)) problems.set(index, comment.problem);
    }
  }
  return { reasons, problems };
}
