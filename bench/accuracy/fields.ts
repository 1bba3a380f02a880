/**
 * What edges learn of their fields, measured: the values that are found in a field of one kind before and after it is known
 * (recall), and the false alarms in a field whose name misleads, before and after people have judged five of them.
 */
import { fieldsIn, LEAST_REFUTED, withLearned } from '../../engine/learned-fields.ts';
import type { Scanner } from '../../engine/scan/scanner.ts';
import { type Finding, HIGH, KEPT, MEDIUM } from '../../flow/finding.ts';
import type { LearnedField, LearnedFields } from '../../flow/learned.ts';
import type { Segment } from '../../flow/segment.ts';
import { isDocument, isFurther, waysOf } from './kinds.ts';
import { seededRandom } from './mixed.ts';
import { fill, type Random } from './shapes.ts';

export interface FieldFigures {
  /** Kinds that have fields whose values are found as a whole. */
  readonly kinds: number;
  /** Values in fields of one kind that come after the field is known. */
  readonly values: number;
  readonly missedBefore: number;
  readonly missedAfter: number;
  /** Values that are no finding, in fields whose name says they are, after five were judged. */
  readonly clean: number;
  readonly alarmsBefore: number;
  readonly alarmsAfter: number;
  /** Of these alarms, those of high score. */
  readonly highBefore: number;
  readonly highAfter: number;
}

/** Values of a field that are seen before it is known, and after. */
const SEEN = 60;
const LATER = 40;

/** Names of fields that promise a kind, and shapes of what systems put there all the same. */
const MISLEADING: readonly (readonly [label: string, shape: string])[] = [
  ['phone', '{d10}'],
  ['telephone', '0{d2} {d6}'],
  ['mobile', '+49 {d3} {d6}'],
  ['ssn', '{d3}-{d2}-{d4}'],
  ['tax_id', '{d2}-{d7}'],
  ['passport', '{L1}{d8}'],
  ['account_number', '{d10}'],
  ['bank_account', '{d12}'],
  ['driver_license', '{L1}{d7}'],
  ['date_of_birth', '20{d2}-0{d1}-1{d1}'],
  ['patient_id', '{d8}'],
  ['customer_name', '{L1}{l5} {L1}{l6}'],
];

export function measureFields(scanner: Scanner, entities: Iterable<string>): FieldFigures {
  const random = seededRandom(29);
  const sums = {
    kinds: 0,
    values: 0,
    missedBefore: 0,
    missedAfter: 0,
    clean: 0,
    alarmsBefore: 0,
    alarmsAfter: 0,
    highBefore: 0,
    highAfter: 0,
  };
  for (const entity of entities) {
    if (isDocument(entity) || isFurther(entity)) continue;
    const [way] = waysOf(entity);
    if (way === undefined) continue;
    const made = Array.from({ length: SEEN + LATER }, () => way.make(random).value.trim());
    const label = way.words[0] ?? entity.toLowerCase();
    const learned = learnedFrom(scanner, label, made.slice(0, SEEN));
    const later = made.slice(SEEN);
    const isFound = (value: string, known: LearnedFields) =>
      findingsOf(scanner, label, value, known).some((one) => one.entity === entity);
    const before = later.filter((value) => !isFound(value, new Map())).length;
    if (before === later.length) continue;
    sums.kinds++;
    sums.values += later.length;
    sums.missedBefore += before;
    sums.missedAfter += later.filter((value) => !isFound(value, learned)).length;
  }
  for (const [label, shape] of MISLEADING) misled(scanner, label, shape, random, sums);
  return sums;
}

function misled(
  scanner: Scanner,
  label: string,
  shape: string,
  random: Random,
  sums: Record<'clean' | 'alarmsBefore' | 'alarmsAfter' | 'highBefore' | 'highAfter', number>,
): void {
  const values = Array.from({ length: SEEN + LATER }, () => fill(random, shape));
  const refuted: Record<string, number> = {};
  let judged = 0;
  for (const value of values.slice(0, SEEN)) {
    if (judged === LEAST_REFUTED) break;
    const found = findingsOf(scanner, label, value, new Map());
    if (found.length > 0) judged++;
    for (const { entity } of found) refuted[entity] = (refuted[entity] ?? 0) + 1;
  }
  const known: LearnedFields = new Map([[`/${label}`, { values: judged, whole: {}, refuted, confirmed: {} }]]);
  const later = values.slice(SEEN);
  sums.clean += later.length;
  for (const value of later) {
    const [before, after] = [new Map(), known].map((of) => findingsOf(scanner, label, value, of));
    if (before?.length) sums.alarmsBefore++;
    if (after?.length) sums.alarmsAfter++;
    if (before?.some(({ score }) => score >= HIGH)) sums.highBefore++;
    if (after?.some(({ score }) => score >= HIGH)) sums.highAfter++;
  }
}

function learnedFrom(scanner: Scanner, label: string, values: readonly string[]): LearnedFields {
  let field: LearnedField = { values: 0, whole: {}, refuted: {}, confirmed: {} };
  for (const value of values) {
    const segment = segmentOf(label, value);
    const [sight] = fieldsIn(scanned(scanner, segment), [segment], new Map([[segment.path, field]]));
    const whole = { ...field.whole };
    for (const [entity, count] of Object.entries(sight?.whole ?? {})) whole[entity] = (whole[entity] ?? 0) + count;
    field = { ...field, values: field.values + (sight?.values ?? 0), whole };
  }
  return new Map([[`/${label}`, field]]);
}

/** Of medium score or higher. */
function findingsOf(scanner: Scanner, label: string, value: string, known: LearnedFields): readonly Finding[] {
  const segment = segmentOf(label, value);
  return withLearned(scanner, scanned(scanner, segment), [segment], known).filter(({ score }) => score >= MEDIUM);
}

function scanned(scanner: Scanner, segment: Segment): readonly Finding[] {
  const { label, role, path, position, text } = segment;
  const found = scanner.scan(text, { label, role });
  return found
    .filter(({ score }) => score >= KEPT)
    .map((one) => ({ ...one, segment: 0, path, role, position, fingerprint: '' }));
}

function segmentOf(label: string, value: string): Segment {
  const place = { label, path: `/${label}`, role: 'metadata' as const, position: 'latest' as const };
  return { ...place, text: Buffer.from(value), part: { kind: 'body' }, layers: [], immutable: false };
}

export function fieldLines(figures: FieldFigures): readonly string[] {
  const { kinds, values, missedBefore, missedAfter, clean, alarmsBefore, alarmsAfter, highBefore, highAfter } = figures;
  return [
    `Fields that are known (detection.md): of ${values} values in fields of ${kinds} kinds that come after ${SEEN} others, ` +
      `${missedBefore} are missed without what was learned and ${missedAfter} with it; of ${clean} values in ${MISLEADING.length} fields ` +
      `whose name misleads, ${alarmsBefore} are false alarms (${highBefore} of high score), and ${alarmsAfter} (${highAfter}) after people have ` +
      `judged ${LEAST_REFUTED} of each; the rest are medium without the name of the field, and stay.`,
    '',
  ];
}
