import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BUILT_IN } from '../../engine/recognizers/built-in.ts';
import { createScanner, ENTITIES } from '../../engine/scan/scanner.ts';
import { CATEGORIES, MEDIUM, type TextFinding } from '../../flow/finding.ts';

const scanner = createScanner();

/** The score as the entity; a value that is better evidence for another kind has it as an alternative. */
function scoreAs(entity: string, finding: TextFinding): number {
  if (finding.entity === entity) return finding.score;
  return finding.alternatives.find((one) => one.entity === entity)?.score ?? 0;
}

describe('built-in recognizers', () => {
  for (const recognizer of BUILT_IN) {
    describe(recognizer.name, () => {
      it('finds its examples, exactly and with the score that they ask for', () => {
        assert.ok(recognizer.hits.length > 0, 'it has examples');
        for (const [index, hit] of recognizer.hits.entries()) {
          const text = Buffer.from(hit.text);
          const findings = scanner.scan(text, { label: hit.label ?? null, role: null });
          const values = findings
            .filter((one) => scoreAs(recognizer.entity, one) >= (hit.atLeast ?? MEDIUM))
            .map((one) => text.toString('utf8', one.start, one.end));
          const seen = findings.map((one) => `${one.entity} ${one.start}..${one.end} ${one.score}`).join(', ');
          assert.ok(values.includes(hit.value), `example ${index} is not found; found: ${seen || 'nothing'}`);
        }
      });

      it('leaves what only looks like it below medium', () => {
        assert.ok(recognizer.misses.length > 0, 'it has counter-examples');
        for (const [index, miss] of recognizer.misses.entries()) {
          const findings = scanner.scan(Buffer.from(miss.text), { label: miss.label ?? null, role: null });
          const wrong = findings.filter((one) => one.entity === recognizer.entity && one.score >= MEDIUM);
          const seen = wrong.map((one) => `${one.start}..${one.end} ${one.score}`).join(', ');
          assert.equal(wrong.length, 0, `counter-example ${index} is found at ${seen}`);
        }
      });
    });
  }

  it('have names of their own, entities in upper snake case and known categories', () => {
    assert.equal(new Set(BUILT_IN.map((one) => one.name)).size, BUILT_IN.length);
    for (const one of BUILT_IN) {
      assert.match(one.name, /^[a-z0-9]+(-[a-z0-9]+)*$/);
      assert.match(one.entity, /^[A-Z0-9]+(_[A-Z0-9]+)*$/);
      assert.ok(CATEGORIES.includes(one.category));
      assert.equal(ENTITIES.get(one.entity), one.category);
    }
  });
});
