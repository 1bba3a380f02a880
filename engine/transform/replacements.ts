/** Verdicts to edits: what is to stand where a finding stood. */
import { actionRank, type Verdict } from '../../flow/decision.ts';
import type { Finding } from '../../flow/finding.ts';
import type { Extraction } from '../extract/extract.ts';
import { TOKEN_FORM, type TokenSource, type WantedTokens } from './conversation.ts';
import type { Edit } from './splice.ts';

/** A value of fewer letters and digits would be all but told by its last four. */
const MIN_FOR_LAST4 = 8;
/** Of a payload, what is kept free for the literals in it. */
const MAX_LITERALS = 10_000;

/** Findings of one segment that overlap, with the verdict that holds for all of them. */
interface Group {
  start: number;
  end: number;
  finding: Finding;
  verdict: Verdict;
}

/**
 * The edits of a message. `tokenize` without a conversation writes the label. Findings that overlap become one edit:
 * the strongest action, then the longest span. `hash` is the keyed fingerprint of entity and value.
 */
export function replacements(
  extraction: Extraction,
  findings: readonly Finding[],
  verdicts: readonly Verdict[],
  conversation: TokenSource | null,
  hash: (entity: string, value: string) => string,
): readonly Edit[] {
  if (conversation !== null && verdicts.some((verdict) => verdict.action === 'tokenize')) {
    reserveLiterals(extraction, conversation);
  }
  const edits: Edit[] = [];
  const bySegment = new Map<number, Group[]>();
  for (const verdict of verdicts) {
    const finding = findings[verdict.finding];
    if (finding === undefined) continue;
    const segment = extraction.segments[finding.segment];
    if (segment === undefined || segment.immutable) continue;
    const groups = bySegment.get(finding.segment) ?? [];
    groups.push({ start: finding.start, end: finding.end, finding, verdict });
    bySegment.set(finding.segment, groups);
  }
  // In order of place, since tokens are numbered in order of first appearance.
  for (const index of [...bySegment.keys()].sort((a, b) => a - b)) {
    const text = extraction.segments[index]?.text ?? Buffer.alloc(0);
    for (const { start, end, finding, verdict } of joined(bySegment.get(index) ?? [])) {
      const value = text.toString('utf8', start, end);
      edits.push({
        segment: index,
        start,
        end,
        replacement: wordsFor(finding.entity, value, verdict, conversation, hash),
      });
    }
  }
  return edits;
}

/** What `replacements` will ask of its conversation. */
export function wantedTokens(
  extraction: Extraction,
  findings: readonly Finding[],
  verdicts: readonly Verdict[],
): WantedTokens {
  const literals = new Set<string>();
  const values: { readonly entity: string; readonly value: string }[] = [];
  const wanting: TokenSource = {
    reserve: (literal) => void literals.add(literal),
    tokenFor: (entity, value) => {
      values.push({ entity, value });
      return '';
    },
  };
  replacements(extraction, findings, verdicts, wanting, () => '');
  return { literals: bounded(literals), values };
}

/** The lowest numbers count: from there on new ones are given out. Past so many, a payload is made to take room. */
function bounded(literals: ReadonlySet<string>): readonly string[] {
  if (literals.size <= MAX_LITERALS) return [...literals];
  return [...literals].sort((a, b) => a.length - b.length || (a < b ? -1 : 1)).slice(0, MAX_LITERALS);
}

function joined(groups: readonly Group[]): Group[] {
  const sorted = [...groups].sort((a, b) => a.start - b.start || b.end - a.end);
  const result: Group[] = [];
  for (const group of sorted) {
    const last = result.at(-1);
    if (last === undefined || group.start >= last.end) {
      result.push({ ...group });
      continue;
    }
    if (isStronger(group, last)) {
      last.finding = group.finding;
      last.verdict = group.verdict;
    }
    last.end = Math.max(last.end, group.end);
  }
  return result;
}

function isStronger(a: Group, b: Group): boolean {
  const rank = actionRank(a.verdict.action) - actionRank(b.verdict.action);
  if (rank !== 0) return rank > 0;
  const length = a.finding.end - a.finding.start - (b.finding.end - b.finding.start);
  return length !== 0 ? length > 0 : a.finding.score > b.finding.score;
}

function wordsFor(
  entity: string,
  value: string,
  verdict: Verdict,
  conversation: TokenSource | null,
  hash: (entity: string, value: string) => string,
): string {
  if (verdict.action === 'tokenize') return conversation?.tokenFor(entity, value) ?? `[${entity}]`;
  switch (verdict.with) {
    case 'label':
      return `[${entity}]`;
    case 'mask':
      return '*'.repeat([...value].length);
    case 'last4':
      return lastFour(value);
    case 'hash':
      return `[${entity}:${hash(entity, value)}]`;
  }
}

/** All but the last four letters and digits as `*`, one a character. */
function lastFour(value: string): string {
  const points = [...value];
  const isKept = points.filter((point) => /[\p{L}\p{N}]/u.test(point)).length >= MIN_FOR_LAST4;
  let left = isKept ? 4 : 0;
  for (let i = points.length - 1; i >= 0; i--) {
    if (left > 0 && /[\p{L}\p{N}]/u.test(points[i] as string)) left--;
    else points[i] = '*';
  }
  return points.join('');
}

/** A number whose token stands literally in the payload is given to no value. */
function reserveLiterals(extraction: Extraction, conversation: TokenSource): void {
  for (const literal of literalsIn(extraction)) conversation.reserve(literal);
}

/** Whatever in the payload has the form of a token, once each. */
export function literalsIn({ segments, literals }: Pick<Extraction, 'segments' | 'literals'>): readonly string[] {
  const found = new Set(literals?.found);
  for (let index = literals?.upTo ?? 0; index < segments.length; index++) {
    const text = segments[index]?.text;
    if (text?.includes(0x3c) !== true) continue;
    for (const [literal] of text.toString('utf8').matchAll(TOKEN_FORM)) found.add(literal);
  }
  return [...found];
}
