/** Windows over long texts, words from scores, names from words; and what the labels of models mean. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type NameKind, ORGANISATION, PERSON, PLACE } from '../../engine/names/labels.ts';
import { labelsOf } from '../../model/labels.ts';
import type { Encoding } from '../../model/tokenizer.ts';
import { namesOf, type WordScore, windowsOf, wordScore } from '../../model/windows.ts';

test('windows are read within their size, and every token is the own of exactly one, with context round it', () => {
  for (const most of [8, 100, 254])
    for (const count of [0, 1, 7, 8, 9, 100, 101, 253, 254, 255, 1000, 12_345]) {
      let at = 0;
      const windows = windowsOf(count, most);
      for (const { from, to, ownFrom, ownTo } of windows) {
        assert.equal(ownFrom, at);
        assert.ok(from <= ownFrom && ownFrom < ownTo && ownTo <= to && to <= count && to - from <= most);
        const context = Math.min(32, most >> 2);
        assert.ok(ownFrom === 0 || ownFrom - from === context);
        assert.ok(ownTo === count || to - ownTo === context);
        at = ownTo;
      }
      assert.equal(at, count);
      assert.ok(windows.length <= Math.ceil(count / (most / 2)));
    }
});

describe('labels', () => {
  const kinds = (...names: readonly string[]) =>
    labelsOf({ id2label: Object.fromEntries(names.map((name, id) => [id, name])) }).map(({ kind, isBegin }) =>
      kind === null ? null : `${kind}${isBegin ? ' begins' : ''}`,
    );

  test('are known in the spellings that models use', () => {
    assert.deepEqual(kinds('O', 'B-PER', 'I-PER', 'B-LOC', 'I-LOC', 'B-ORG', 'I-ORG', 'B-MISC', 'I-MISC'), [
      null,
      `${PERSON} begins`,
      `${PERSON}`,
      `${PLACE} begins`,
      `${PLACE}`,
      `${ORGANISATION} begins`,
      `${ORGANISATION}`,
      null,
      null,
    ]);
    assert.deepEqual(kinds('PERSON', 'GPE', 'location', 'Organization', 'S-PER', 'E-PER', 'DATE', 'LABEL_0'), [
      `${PERSON}`,
      `${PLACE}`,
      `${PLACE}`,
      `${ORGANISATION}`,
      `${PERSON} begins`,
      `${PERSON}`,
      null,
      null,
    ]);
  });

  test('of one kind count together, so that a model in doubt between B- and I- is not in doubt about the name', () => {
    const labels = labelsOf({ id2label: { 0: 'O', 1: 'B-PER', 2: 'I-PER' } });
    const logits = [1, 0.9, 0.8].map(Math.log).map((one) => one + 5);
    const score = wordScore([9, 9, 9, ...logits], 3, labels);
    assert.equal(score.kind, PERSON);
    assert.equal(score.isBegin, true);
    assert.ok(Math.abs(score.confidence - 1.7 / 2.7) < 1e-9);
    assert.equal(wordScore([3, 1, 1], 0, labels).kind, null);
    // Numbers of any size.
    assert.equal(wordScore([-2000, 2000, 0], 0, labels).confidence, 1);
  });
});

describe('names', () => {
  /** Words and marks of a text, each with its label; `+` goes on with the word before. */
  function names(text: string, labels: readonly string[], confidence = 0.9): readonly string[] {
    const tokens = [...text.matchAll(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu)];
    assert.equal(tokens.length, labels.length);
    const encoding: Encoding = {
      ids: tokens.map(() => 1),
      starts: tokens.map((match) => match.index),
      ends: tokens.map((match) => match.index + match[0].length),
      isFirst: labels.map((label) => label !== '+'),
    };
    const KINDS: Readonly<Record<string, NameKind>> = { P: PERSON, L: PLACE };
    const scores = labels.map(
      (label): WordScore => ({ kind: KINDS[label.slice(-1)] ?? null, isBegin: label.startsWith('B'), confidence }),
    );
    return namesOf(text, encoding, scores).map(({ kind, start, end }) => `${kind} ${text.slice(start, end)}`);
  }

  test('are words of one kind side by side, until one begins anew', () => {
    assert.deepEqual(names('Mary Jones met Bob', ['BP', 'IP', 'O', 'BP']), ['0 Mary Jones', '0 Bob']);
    assert.deepEqual(names('Mary Bob Rome', ['BP', 'BP', 'IL']), ['0 Mary', '0 Bob', '1 Rome']);
    assert.deepEqual(names('Mary Jones', ['P', 'P']), ['0 Mary Jones'], 'labels without B- and I-');
    assert.deepEqual(names('Mary\nJones', ['P', 'P']), ['0 Mary', '0 Jones']);
  });

  test('hold marks within a word, whatever these are labelled', () => {
    assert.deepEqual(names("O'Brien, Anne-Marie", ['BP', 'O', 'BP', 'O', 'BP', 'O', 'IP']), [
      "0 O'Brien",
      '0 Anne-Marie',
    ]);
    assert.deepEqual(names('J. R. Smith.', ['BP', 'IP', 'IP', 'O', 'IP', 'IP']), ['0 J. R. Smith']);
    assert.deepEqual(names('(Mary)', ['BP', 'IP', 'IP']), ['0 Mary']);
  });

  test('take the rest of a word along, and leave out what is a guess', () => {
    assert.deepEqual(names('a Zor blat', ['O', 'BP', '+']), ['0 Zor blat']);
    assert.deepEqual(names('Mary', ['BP'], 0.4), []);
  });
});
