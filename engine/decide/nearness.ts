/**
 * `and` and `within`: which findings have others near them. Distances are in characters (Unicode code points) between
 * the nearest ends; findings of different segments are never near. Work grows with text and findings, not with their
 * product: an attacker chooses how many there are.
 */
import type { Finding } from '../../flow/finding.ts';
import type { Segment } from '../../flow/segment.ts';

/** So many others in reach are taken as enough, because looking at all of them for each one would grow with the square. */
const MAX_LOOKED_AT = 1000;

interface Placed {
  readonly index: number;
  readonly start: number;
  readonly end: number;
}

/** Character offsets of the ends of findings in one segment, by byte offset; one pass over the text. */
function characterOffsets(text: Buffer, findings: readonly Finding[]): Map<number, number> {
  const wanted = [...new Set(findings.flatMap((finding) => [finding.start, finding.end]))].sort((a, b) => a - b);
  const offsets = new Map<number, number>();
  let byte = 0;
  let character = 0;
  for (const offset of wanted) {
    for (; byte < offset && byte < text.length; byte++) {
      // A byte 10xxxxxx continues a character (RFC 3629).
      if (((text[byte] ?? 0) & 0xc0) !== 0x80) character += 1;
    }
    offsets.set(offset, character);
  }
  return offsets;
}

function bySegment(indices: readonly number[], findings: readonly Finding[]): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const index of indices) {
    const segment = findings[index]?.segment ?? -1;
    const group = groups.get(segment);
    if (group === undefined) groups.set(segment, [index]);
    else group.push(index);
  }
  return groups;
}

/** Those of `primaries` with enough of `companions` (indices, never itself) at most `within` characters away. */
export function nearOnes(
  findings: readonly Finding[],
  segments: readonly Segment[],
  primaries: readonly number[],
  companions: readonly number[],
  need: { readonly within: number; readonly minCount: number; readonly minDistinct: number },
): readonly number[] {
  const companionsOf = bySegment(companions, findings);
  const near: number[] = [];
  for (const [segmentIndex, own] of bySegment(primaries, findings)) {
    const others = companionsOf.get(segmentIndex);
    const text = segments[segmentIndex]?.text;
    if (others === undefined || text === undefined) continue;
    const involved = [...own, ...others].flatMap((index) => findings[index] ?? []);
    const offsets = characterOffsets(text, involved);
    const place = (index: number): Placed => {
      const finding = findings[index];
      return { index, start: offsets.get(finding?.start ?? 0) ?? 0, end: offsets.get(finding?.end ?? 0) ?? 0 };
    };
    const sorted = others.map(place).sort((a, b) => a.start - b.start || a.end - b.end);
    // Ends need not grow with starts where findings overlap; the furthest end so far does.
    const furthest: number[] = [];
    for (const [i, one] of sorted.entries()) furthest.push(Math.max(one.end, furthest[i - 1] ?? 0));
    for (const index of own) if (hasEnough(place(index), sorted, furthest, findings, need)) near.push(index);
  }
  return near.sort((a, b) => a - b);
}

function hasEnough(
  primary: Placed,
  sorted: readonly Placed[],
  furthest: readonly number[],
  findings: readonly Finding[],
  need: { readonly within: number; readonly minCount: number; readonly minDistinct: number },
): boolean {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((furthest[middle] ?? 0) < primary.start - need.within) low = middle + 1;
    else high = middle;
  }
  let count = 0;
  const distinct = new Set<string>();
  for (let i = low; i < sorted.length; i++) {
    const other = sorted[i];
    if (other === undefined || other.start > primary.end + need.within) break;
    if (other.index === primary.index || other.end < primary.start - need.within) continue;
    count += 1;
    distinct.add(findings[other.index]?.fingerprint ?? '');
    if ((count >= need.minCount && distinct.size >= need.minDistinct) || count >= MAX_LOOKED_AT) return true;
  }
  return false;
}
