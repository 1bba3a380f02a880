import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Automaton, CLASS_BITS } from '../../../engine/scan/automaton.ts';

/** Places (literal, end) that the automaton tells, in order. */
function sweep(literals: readonly string[], text: Buffer): [number, number][] {
  const gate = new Automaton(literals.map((literal) => Buffer.from(literal)));
  const told: [number, number][] = [];
  for (const [place, state] of stopsOf(gate, text)) {
    const at = state - gate.firstTelling;
    for (let k = gate.endingsAt[at] ?? 0; k < (gate.endingsAt[at + 1] ?? 0); k++)
      told.push([gate.endings[k] ?? -1, place + 1]);
  }
  return told;
}

/** Places at which the automaton is in a telling state, with the state. */
function stopsOf(gate: Automaton, text: Buffer): [number, number][] {
  const stops: [number, number][] = [];
  let state = 0;
  for (const [at, byte] of text.entries()) {
    state = gate.next[(state << CLASS_BITS) | (gate.classOf[byte] ?? 0)] ?? 0;
    if (state >= gate.firstTelling) stops.push([at, state]);
  }
  return stops;
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
    const stops = stopsOf(gate, Buffer.from('a1 b27x3 99456 2')).map(([place]) => place);
    assert.deepEqual(stops, [1, 4, 6, 7, 9, 12, 15]);
  });
});
