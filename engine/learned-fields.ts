/**
 * Findings in the light of what is known of their fields. Only where the whole value of a field beside the turns is the
 * finding: a field in which nearly all values are of one kind lifts another of it by a band; one whose values people have
 * called false, time and again, lowers it by a band, but never a credential, nor a value that is medium by itself. Pure.
 */
import { type Finding, HIGH, MEDIUM } from '../flow/finding.ts';
import { type FieldSight, fieldPath, type LearnedFields } from '../flow/learned.ts';
import type { Segment } from '../flow/segment.ts';
import type { Scanner } from './scan/scanner.ts';

export const LEAST_VALUES = 50;
export const LEAST_SHARE = 0.95;
export const LEAST_REFUTED = 5;
/** Of one message. */
const MAX_FIELDS = 32;
/** The highest score of a band below: medium and low. */
const BELOW_HIGH = 0.79;
const BELOW_MEDIUM = 0.49;

/** The findings, with the scores and the reason of those that their field says something of. */
export function withLearned(
  scanner: Scanner,
  findings: readonly Finding[],
  segments: readonly Segment[],
  learned: LearnedFields,
): readonly Finding[] {
  if (learned.size === 0) return findings;
  return findings.map((finding) => {
    const segment = segments[finding.segment];
    const field = learned.get(fieldPath(finding.path));
    if (field === undefined || segment === undefined || !isWhole(finding, segment)) return finding;
    const { entity, score } = finding;
    const [refuted, confirmed] = [field.refuted[entity] ?? 0, field.confirmed[entity] ?? 0];
    if (refuted >= LEAST_REFUTED && confirmed === 0) {
      if (finding.category === 'credential' || score < MEDIUM || isMediumAlone(scanner, segment, entity))
        return finding;
      const lowered = score >= HIGH ? BELOW_HIGH : BELOW_MEDIUM;
      return { ...finding, score: lowered, learned: `lowered: ${refuted} values of this field were reviewed as false` };
    }
    const share = field.values === 0 ? 0 : (field.whole[entity] ?? 0) / field.values;
    if (field.values < LEAST_VALUES || share < LEAST_SHARE || score >= HIGH) return finding;
    const lifted = score < MEDIUM ? MEDIUM : HIGH;
    const percent = Math.floor(share * 100);
    return {
      ...finding,
      score: lifted,
      learned: `lifted: ${percent}% of ${field.values} values of this field were ${entity}`,
    };
  });
}

const NO_FIELDS: readonly FieldSight[] = [];

/** What a message says of the fields in which something is found, and of those that are known. */
export function fieldsIn(
  findings: readonly Finding[],
  segments: readonly Segment[],
  learned: LearnedFields | null,
): readonly FieldSight[] {
  if (findings.length === 0 && (learned === null || learned.size === 0)) return NO_FIELDS;
  const fields = new Map<
    string,
    { values: number; readonly whole: Record<string, number>; readonly seen: Set<number> }
  >();
  const fieldOf = (path: string) => {
    const known = fields.get(path);
    if (known !== undefined || fields.size >= MAX_FIELDS) return known;
    const made = { values: 0, whole: Object.create(null), seen: new Set<number>() };
    fields.set(path, made);
    return made;
  };
  for (const finding of findings) {
    const segment = segments[finding.segment];
    if (segment === undefined || finding.score < MEDIUM || !isWhole(finding, segment)) continue;
    const field = fieldOf(fieldPath(finding.path));
    if (field === undefined) continue;
    field.whole[finding.entity] = (field.whole[finding.entity] ?? 0) + 1;
    if (!field.seen.has(finding.segment)) field.values++;
    field.seen.add(finding.segment);
  }
  if (learned !== null && learned.size > 0) {
    for (const [at, { role, path, text }] of segments.entries()) {
      if (role !== 'metadata' || text.length === 0) continue;
      const place = fieldPath(path);
      const field = learned.has(place) ? fieldOf(place) : undefined;
      if (field !== undefined && !field.seen.has(at)) field.values++;
    }
  }
  return [...fields].map(([path, { values, whole }]) => ({ path, values, whole }));
}

function isWhole({ start, end, role }: Finding, segment: Segment): boolean {
  return role === 'metadata' && start === 0 && end === segment.text.length;
}

/** Without the name of its field. */
function isMediumAlone(scanner: Scanner, { text }: Segment, entity: string): boolean {
  return scanner
    .scan(text, { label: null, role: 'metadata' })
    .some((found) => found.entity === entity && found.score >= MEDIUM);
}
