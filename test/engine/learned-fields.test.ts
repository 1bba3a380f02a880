/** What the past of a field makes of a finding, and where it makes nothing of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fieldsIn, LEAST_REFUTED, LEAST_VALUES, withLearned } from '../../engine/learned-fields.ts';
import { createScanner, type Scanner } from '../../engine/scan/scanner.ts';
import type { Finding } from '../../flow/finding.ts';
import type { LearnedField, LearnedFields } from '../../flow/learned.ts';
import type { Role, Segment } from '../../flow/segment.ts';

const SCANNER = createScanner();

function segmentOf(text: string, path = '/metadata/ref', role: Role = 'metadata'): Segment {
  const part = { kind: 'body' as const };
  return { text: Buffer.from(text), path, label: 'ref', role, position: 'latest', part, layers: [], immutable: false };
}

function findingOf(segment: Segment, change: Partial<Finding> = {}): Finding {
  return {
    ...{
      entity: 'PHONE_NUMBER',
      category: 'personal',
      start: 0,
      end: segment.text.length,
      score: 0.4,
      recognizer: 'phone',
    },
    ...{ alternatives: [], segment: 0, path: segment.path, role: segment.role, position: 'latest', fingerprint: 'f' },
    ...change,
  };
}

const NOTHING: LearnedField = { values: 0, whole: {}, refuted: {}, confirmed: {} };
const field = (change: Partial<LearnedField>, path = '/metadata/ref'): LearnedFields =>
  new Map([[path, { ...NOTHING, ...change }]]);

function scored(
  learned: LearnedFields,
  change: Partial<Finding> = {},
  segment = segmentOf('ab 1234 cd'),
  scanner: Scanner = SCANNER,
) {
  const [finding] = withLearned(scanner, [findingOf(segment, change)], [segment], learned);
  return { score: finding?.score, learned: finding?.learned };
}

const uniform = field({ values: LEAST_VALUES, whole: { PHONE_NUMBER: LEAST_VALUES - 2 } });
const refuted = field({ refuted: { PHONE_NUMBER: LEAST_REFUTED } });

test('a field of one kind lifts another of it by a band, and says so', () => {
  assert.deepEqual(scored(uniform), {
    score: 0.5,
    learned: 'lifted: 96% of 50 values of this field were PHONE_NUMBER',
  });
  assert.equal(scored(uniform, { score: 0.6 }).score, 0.8);
  assert.equal(scored(uniform, { score: 0.9 }).score, 0.9);
});

test('too few values, too mixed ones or another kind lift nothing', () => {
  const few = field({ values: LEAST_VALUES - 1, whole: { PHONE_NUMBER: LEAST_VALUES - 1 } });
  const mixed = field({ values: 100, whole: { PHONE_NUMBER: 94 } });
  const other = field({ values: 100, whole: { US_SSN: 100 } });
  for (const learned of [few, mixed, other, field({}), new Map() as LearnedFields])
    assert.equal(scored(learned).score, 0.4);
});

test('a field whose values people called false lowers by a band, and one confirmed value ends that', () => {
  assert.deepEqual(scored(refuted, { score: 0.9 }), {
    score: 0.79,
    learned: 'lowered: 5 values of this field were reviewed as false',
  });
  assert.equal(scored(refuted, { score: 0.6 }).score, 0.49);
  assert.equal(scored(refuted, { score: 0.4 }).score, 0.4);
  const confirmed = field({ refuted: { PHONE_NUMBER: 9 }, confirmed: { PHONE_NUMBER: 1 } });
  assert.equal(scored(confirmed, { score: 0.9 }).score, 0.9);
  assert.equal(scored(field({ refuted: { PHONE_NUMBER: LEAST_REFUTED - 1 } }), { score: 0.9 }).score, 0.9);
});

test('neither a credential nor a value that is medium by itself is lowered', () => {
  assert.equal(scored(refuted, { score: 0.9, category: 'credential' }).score, 0.9);
  const card = segmentOf('4111 1111 1111 1111');
  const cards = field({ refuted: { CREDIT_CARD: 9 } });
  assert.equal(scored(cards, { entity: 'CREDIT_CARD', category: 'financial', score: 1 }, card).score, 1);
});

test('only the whole value of a field beside the turns is judged', () => {
  const values: readonly (readonly [Role, Partial<Finding>])[] = [
    ...(['user', 'assistant', 'system', 'tool', 'file'] as const).map((role) => [role, {}] as const),
    ['metadata', { start: 1 }],
    ['metadata', { end: 3 }],
  ];
  for (const [role, change] of values) {
    const segment = segmentOf('ab 1234 cd', '/metadata/ref', role);
    assert.equal(scored(uniform, change, segment).score, 0.4, role);
    assert.equal(scored(refuted, { ...change, score: 0.9 }, segment).score, 0.9, role);
    const found = findingOf(segment, { ...change, score: 0.9 });
    assert.deepEqual(fieldsIn([found], [segment], null), []);
  }
});

test('a message tells of fields in which something is found, and of the other values of those that are known', () => {
  const segments = ['a', 'b', 'c']
    .map((text, i) => segmentOf(text, `/rows/${i}/phone`))
    .concat(segmentOf('d', '/other'));
  const found = [findingOf(segments[1] as Segment, { segment: 1, score: 0.7 })];
  assert.deepEqual(
    fieldsIn(found, segments, null),
    [{ path: '/rows/*/phone', values: 1, whole: { PHONE_NUMBER: 1 } }].map((one) => ({
      ...one,
      whole: Object.assign(Object.create(null), one.whole),
    })),
  );
  const known = fieldsIn(found, segments, field({}, '/rows/*/phone'));
  assert.deepEqual([known.length, known[0]?.values], [1, 3]);
  assert.deepEqual(fieldsIn([], segments, field({}, '/rows/*/phone'))[0]?.values, 3);
  assert.deepEqual(fieldsIn([], segments, null), []);
});
