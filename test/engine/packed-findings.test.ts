import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packed, unpacked } from '../../engine/packed-findings.ts';
import type { Finding } from '../../flow/finding.ts';

function findingAt(at: number, further: Partial<Finding> = {}): Finding {
  return {
    entity: at % 3 === 0 ? 'PERSON' : 'EMAIL_ADDRESS',
    category: 'personal',
    start: at * 100,
    end: at * 100 + 12,
    score: at % 2 === 0 ? 0.6 : 0.85,
    recognizer: 'test',
    alternatives: at % 5 === 0 ? [{ entity: 'URL', score: 0.3 }] : [],
    segment: at % 2,
    path: `/messages/${at % 2}/content`,
    role: 'user',
    position: 'latest',
    fingerprint: `print-${at % 7}`,
    ...further,
  };
}

test('packed findings come back as they were, what is alike in them once', () => {
  const findings = Array.from({ length: 1000 }, (_, at) => findingAt(at));
  const rare = findingAt(5000, {
    otherFingerprints: ['2.other'],
    learned: 'in words',
    explanation: [{ what: 'context', detail: 'name', weight: 0.2 }],
  });
  const all = [...findings, rare];
  const few = packed(all);
  assert.deepEqual(unpacked(few), all);
  assert.ok(few.kinds.length <= 31 && few.values.length <= 8);
  assert.deepEqual(unpacked(packed([])), []);
});
