import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextWords } from '../../../engine/scan/context.ts';
import { resolveOverlaps, type WordDistance } from '../../../engine/scan/overlaps.ts';
import type { Sighting } from '../../../engine/scan/passage.ts';
import type { Recognizer } from '../../../engine/scan/recognizer.ts';

function sighting(entity: string, start: number, end: number, score: number, more: Partial<Recognizer> = {}): Sighting {
  const recognizer: Recognizer = {
    name: entity.toLowerCase(),
    entity,
    category: 'custom',
    countries: [],
    hits: [],
    misses: [],
    ...more,
  };
  return { recognizer, start, end, score };
}

const seen = (sightings: readonly Sighting[]): string[] =>
  resolveOverlaps(sightings).map((one) => {
    const others = one.alternatives.map((other) => `${other.entity} ${other.score}`).join(', ');
    return `${one.entity} ${one.start}..${one.end} ${one.score}${others === '' ? '' : ` (${others})`}`;
  });

describe('overlapping sightings', () => {
  it('become one finding, the best-evidenced, with the others as alternatives', () => {
    assert.deepEqual(seen([sighting('A', 5, 14, 0.3), sighting('B', 5, 14, 0.8), sighting('C', 5, 14, 0.5)]), [
      'B 5..14 0.8 (C 0.5, A 0.3)',
    ]);
  });

  it('at the same score the longer one is the finding', () => {
    assert.deepEqual(seen([sighting('A', 5, 10, 0.7), sighting('B', 4, 12, 0.7)]), ['B 4..12 0.7 (A 0.7)']);
  });

  it('of the same entity are said once', () => {
    assert.deepEqual(seen([sighting('A', 5, 14, 0.7), sighting('A', 5, 14, 0.9)]), ['A 5..14 0.9']);
  });

  it('of kinds that are as good the one whose word stands nearest is the finding, with the better score', () => {
    const worded = { context: contextWords('word') };
    const near = (entity: string) => (one: Sighting) => (one.recognizer.entity === entity ? 0 : 3);
    const two = [sighting('A', 5, 14, 0.7, worded), sighting('B', 5, 14, 0.66, worded)];
    const seenBy = (sightings: readonly Sighting[], distance: WordDistance): string[] =>
      resolveOverlaps(sightings, new WeakMap(), distance).map(({ entity, score }) => `${entity} ${score}`);
    assert.deepEqual(seenBy(two, near('B')), ['B 0.7']);
    assert.deepEqual(seenBy(two, near('A')), ['A 0.7']);
    // Far from as good, in another band, elsewhere, or without words of its own: the score alone decides.
    for (const other of [
      sighting('B', 5, 14, 0.55, worded),
      sighting('B', 5, 14, 0.81, worded),
      sighting('B', 5, 12, 0.66, worded),
      sighting('B', 5, 14, 0.66),
    ]) {
      const best = other.score > 0.7 ? 'B 0.81' : 'A 0.7';
      assert.deepEqual(seenBy([sighting('A', 5, 14, 0.7, worded), other], near(best === 'A 0.7' ? 'B' : 'A')), [best]);
    }
  });

  it('a value that holds another goes before it where it is nearly as sure', () => {
    assert.deepEqual(seen([sighting('A', 5, 10, 0.69), sighting('B', 5, 20, 0.66)]), ['B 5..20 0.66']);
    assert.deepEqual(seen([sighting('A', 5, 10, 0.75), sighting('B', 5, 20, 0.66)]), ['A 5..10 0.75']);
  });

  it('a whole swallows what it holds, but a weak one does not', () => {
    const whole = { isWhole: true };
    assert.deepEqual(seen([sighting('URL', 0, 50, 0.6, whole), sighting('MAIL', 20, 40, 0.9)]), ['URL 0..50 0.6']);
    assert.deepEqual(seen([sighting('URL', 0, 50, 0.3, whole), sighting('MAIL', 20, 40, 0.9)]), ['MAIL 20..40 0.9']);
    assert.deepEqual(seen([sighting('FILE', 0, 90, 0.98, whole), sighting('PEM', 20, 80, 1, whole)]), [
      'FILE 0..90 0.98 (PEM 1)',
    ]);
  });

  it('a wider class is named beside its entity', () => {
    assert.deepEqual(seen([sighting('POSTGRES_URI', 0, 9, 0.9, { alsoEntity: 'CONNECTION_STRING' })]), [
      'POSTGRES_URI 0..9 0.9 (CONNECTION_STRING 0.9)',
    ]);
  });

  it('never overlap in the result, and come sorted, also in a long tangle', () => {
    const tangle = Array.from({ length: 900 }, (_, i) =>
      sighting(`E${i % 7}`, (i * 37) % 400, ((i * 37) % 400) + 3 + (i % 11), (i % 10) / 10 + 0.05),
    );
    const findings = resolveOverlaps(tangle);
    assert.ok(findings.length > 10);
    for (const [i, finding] of findings.entries()) {
      const next = findings[i + 1];
      if (next !== undefined) assert.ok(finding.end <= next.start, `${i} overlaps the next one`);
    }
  });
});
