import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Automaton } from '../../../engine/scan/automaton.ts';
import { Walk } from '../../../engine/scan/walk.ts';

/** Places (literal, end) that the automaton tells, in order. */
function sweep(literals: readonly string[], text: Buffer): [number, number][] {
  const gate = new Automaton(literals.map((literal) => Buffer.from(literal)));
  const told: [number, number][] = [];
  const walk = new Walk(gate, null);
  walk.begin(text);
  for (let i = walk.seek(); i !== -1; i = walk.seek()) {
    const at = walk.state - gate.firstTelling;
    for (let k = gate.endingsAt[at] ?? 0; k < (gate.endingsAt[at + 1] ?? 0); k++)
      told.push([gate.endings[k] ?? -1, i + 1]);
  }
  return told;
}

function naive(literals: readonly string[], text: Buffer): [number, number][] {
  const lower = Buffer.from(
    text.toString('latin1').replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
    'latin1',
  );
  const told: [number, number][] = [];
  for (let end = 1; end <= lower.length; end++) {
    for (const [index, literal] of literals.entries()) {
      const bytes = Buffer.from(literal.replace(/[A-Z]/g, (letter) => letter.toLowerCase()));
      if (end >= bytes.length && lower.subarray(end - bytes.length, end).equals(bytes)) told.push([index, end]);
    }
  }
  return told;
}

const byPlace = (a: [number, number], b: [number, number]): number => a[1] - b[1] || a[0] - b[0];

describe('the gate', () => {
  it('tells literals inside, beside and behind one another', () => {
    const literals = ['he', 'she', 'his', 'hers', 's', 'sHeR'];
    const text = Buffer.from('ushers SHERS his');
    assert.deepEqual(sweep(literals, text).sort(byPlace), naive(literals, text).sort(byPlace));
  });

  it('tells what a plain search finds, on texts made of the literals themselves', () => {
    const literals = ['a', 'ab', 'bab', 'bc', 'bca', 'c', 'caa', '1b', '0x1', 'é', '::', '-----'];
    const parts = ['a', 'b', 'c', 'A', '1', '0x', 'é', ':', '-', ' '];
    let state = 7;
    let text = '';
    for (let i = 0; i < 4000; i++) {
      state = (state * 48271) % 2147483647;
      text += parts[state % parts.length] ?? '';
    }
    const bytes = Buffer.from(text);
    assert.deepEqual(sweep(literals, bytes).sort(byPlace), naive(literals, bytes).sort(byPlace));
  });

  it('stops at the first digit of each run, whether or not a literal holds digits, and where literals end within one', () => {
    const gate = new Automaton(['a1', 'x', '45'].map((literal) => Buffer.from(literal)));
    const walk = new Walk(gate, null);
    const text = Buffer.from('a1 b27x3 99456 2');
    const stops: number[] = [];
    walk.begin(text);
    for (let i = walk.seek(); i !== -1; i = walk.seek()) stops.push(i);
    assert.deepEqual(stops, [1, 4, 6, 7, 9, 12, 15]);
  });
});
