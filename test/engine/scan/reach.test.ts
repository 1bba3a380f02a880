import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUILT_IN } from '../../../engine/recognizers/built-in.ts';
import { holdingOf, UNSAID_LENGTH, unfinishedFrom } from '../../../engine/scan/unfinished.ts';

const streamed = BUILT_IN.filter(({ category }) => category !== 'content');

test('no value of an example is longer than its recognizer says', () => {
  for (const { name, reach, hits } of streamed) {
    const most = reach?.maxLength ?? UNSAID_LENGTH;
    for (const { value } of hits) assert.ok(Buffer.byteLength(value) <= most, `${name}: ${value.length} > ${most}`);
  }
});

test('wherever a value of an example is cut, its beginning is held', () => {
  const failures: string[] = [];
  for (const recognizer of streamed) {
    const holding = holdingOf([recognizer]);
    assert.ok(holding !== null);
    recognizer.hits.forEach(({ text, value }, number) => {
      const bytes = Buffer.from(text);
      const start = bytes.indexOf(value);
      const end = start + Buffer.byteLength(value);
      for (let cut = start + 1; cut < end; cut++) {
        const at = unfinishedFrom(bytes.subarray(0, cut), 0, holding);
        if (at > start) {
          failures.push(`${recognizer.name} hit ${number} cut ${cut - start}: ${at - start} bytes of it go`);
          break;
        }
      }
    });
  }
  assert.deepEqual(failures, []);
});
