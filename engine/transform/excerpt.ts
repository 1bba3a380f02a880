/**
 * Redacted text round the findings of a message, for whoever reviews it. Every finding in it, of whatever score,
 * stands as its entity's name: a value is never kept.
 */
import type { Finding } from '../../flow/finding.ts';
import type { Segment } from '../../flow/segment.ts';

/** At most so many places are shown. */
const MAX_PLACES = 5;

/**
 * `chars` characters on either side of each place, one place a line: `/messages/1/content: … my card is
 * [CREDIT_CARD] and …`. Null where there is nothing to show or `chars` is 0.
 */
export function excerptOf(segments: readonly Segment[], findings: readonly Finding[], chars: number): string | null {
  if (chars === 0 || findings.length === 0) return null;
  const lines: string[] = [];
  let shownTo = -1;
  let shownSegment = -1;
  for (const finding of findings) {
    if (lines.length === MAX_PLACES) break;
    const segment = segments[finding.segment];
    if (segment === undefined) continue;
    if (finding.segment === shownSegment && finding.end <= shownTo) continue;
    // Four bytes are the most that a character of UTF-8 takes.
    const from = Math.max(0, finding.start - chars * 4);
    const to = Math.min(segment.text.length, finding.end + chars * 4);
    const inside = findings.filter(
      (other) => other.segment === finding.segment && other.end > from && other.start < to,
    );
    const before = redactedSlice(segment.text, inside, from, finding.start);
    const shown = redactedSlice(segment.text, inside, finding.start, finding.end);
    const after = redactedSlice(segment.text, inside, finding.end, to);
    const line = `${tail(before, chars)}${shown}${head(after, chars)}`;
    lines.push(`${finding.path || '/'}: ${line.replace(/\s+/g, ' ').trim()}`);
    shownSegment = finding.segment;
    shownTo = to;
  }
  return lines.length === 0 ? null : lines.join('\n');
}

function redactedSlice(text: Buffer, findings: readonly Finding[], from: number, to: number): string {
  let out = '';
  let at = from;
  for (const finding of findings) {
    if (finding.end <= at || finding.start >= to) continue;
    if (finding.start > at) out += text.toString('utf8', at, finding.start);
    if (finding.start >= from || at === from) out += `[${finding.entity}]`;
    at = Math.min(finding.end, to);
  }
  return out + text.toString('utf8', at, Math.max(at, to));
}

function tail(text: string, chars: number): string {
  let at = text.length;
  for (let n = 0; n < chars && at > 0; n++) at -= at > 1 && isPair(text, at - 2) ? 2 : 1;
  return at > 0 ? `…${text.slice(at)}` : text;
}

function head(text: string, chars: number): string {
  let at = 0;
  for (let n = 0; n < chars && at < text.length; n++) at += isPair(text, at) ? 2 : 1;
  return at < text.length ? `${text.slice(0, at)}…` : text;
}

/** Two units of UTF-16 that are one character. */
function isPair(text: string, at: number): boolean {
  return (text.codePointAt(at) ?? 0) > 0xffff;
}
