import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUILT_IN } from '../../../engine/recognizers/built-in.ts';
import { holdingOf, UNSAID_LENGTH, unfinishedFrom } from '../../../engine/scan/unfinished.ts';
import { cpuMs } from '../../support/cpu-time.ts';

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

test('a run that is longer than any value goes in steps, and never the end of it', () => {
  const holding = holdingOf([]);
  assert.ok(holding !== null);
  let from = 0;
  let steps = 0;
  for (let length = 1; length <= 4000; length++) {
    const text = Buffer.alloc(length, 'aB3');
    const at = unfinishedFrom(text, from, holding);
    assert.ok(length - at <= UNSAID_LENGTH * 1.25 && (at === from || length - at >= UNSAID_LENGTH), `${length}: ${at}`);
    if (at > from) steps++;
    from = at;
  }
  assert.ok(steps < 80, `${steps} steps`);
});

test('what marks the beginning of a value is told in time that grows with the text alone', () => {
  const openings = streamed.flatMap(({ reach }) => (reach?.opens === undefined ? [] : [reach.opens]));
  const lines = (line: string): string => line.repeat(4000);
  for (const text of [
    `Host x\n${lines(' \t a b\r\n')}end`,
    `-----BEGIN PRIVATE KEY-----${lines('abcdefg')}`,
    `-----BEGIN PRIVATE KEY-----${lines('ab ')}!`,
    lines('{"type":'),
    lines('a=b;'),
    lines('totp '),
    lines('recovery codes '),
    lines('password = "'),
    lines('ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJ\n'),
    lines('abandon '),
  ]) {
    for (const opening of openings) {
      const ms = cpuMs(() => opening.exec(text.slice(0, 16_000)));
      assert.ok(ms < 500, `${ms} ms for ${text.slice(0, 20)}`);
    }
  }
});
