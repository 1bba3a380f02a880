import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Automaton, CLASS_BITS } from '../../../engine/scan/automaton.ts';
import { type Kernel, loadKernel, PIECE } from '../../../engine/scan/kernel.ts';
import { createScanner } from '../../../engine/scan/scanner.ts';
import { Walk } from '../../../engine/scan/walk.ts';

const LITERALS = ['a', 'ab', 'bab', 'cabbac', 'é', '::', '-----', '1b', 'a rather long literal, ab ab ab'];
const gate = new Automaton(LITERALS.map((literal) => Buffer.from(literal)));

function kernel(): Kernel {
  const loaded = loadKernel(gate);
  assert.ok(loaded !== null, 'this host has WebAssembly');
  return loaded;
}

/** Stops as `place:state`. */
function stopsOf(walk: Walk, text: Uint8Array): string[] {
  const stops: string[] = [];
  walk.begin(text);
  for (let at = walk.seek(); at !== -1; at = walk.seek()) stops.push(`${at}:${walk.state}`);
  return stops;
}

/** One state after the other, with neither pieces nor lists. */
function plainStops(text: Uint8Array): string[] {
  const stops: string[] = [];
  let state = 0;
  for (const [at, byte] of text.entries()) {
    state = gate.next[(state << CLASS_BITS) | (gate.classOf[byte] ?? 0)] ?? 0;
    if (state >= gate.firstTelling) stops.push(`${at}:${state}`);
  }
  return stops;
}

/** Text of parts of the literals, so that a literal stands across most places. */
function textOf(bytes: number, seed: number): Buffer {
  const parts = [...LITERALS, 'c', 'A', 'B', '7', '42', ' ', 'é'.slice(0, 1), ':', 'a rather long ', '\xff'];
  const pieces: string[] = [];
  let state = seed;
  for (let length = 0; length < bytes; length += pieces.at(-1)?.length ?? 0) {
    state = (state * 48271) % 2147483647;
    pieces.push(parts[state % parts.length] ?? '');
  }
  return Buffer.from(pieces.join('')).subarray(0, bytes);
}

describe('a walk', () => {
  it('stops alike in the kernel and in JavaScript, at every length round the bounds', () => {
    const fast = new Walk(gate, kernel());
    const plain = new Walk(gate, null);
    const whole = textOf(PIECE * 2 + 200, 11);
    const lengths = [...Array(300).keys(), ...Array.from({ length: 140 }, (_, i) => PIECE - 70 + i), whole.length];
    for (const length of lengths) {
      const text = whole.subarray(0, length);
      const wanted = plainStops(text);
      assert.deepEqual(stopsOf(fast, text), wanted, `kernel, ${length} bytes`);
      assert.deepEqual(stopsOf(plain, text), wanted, `JavaScript, ${length} bytes`);
    }
  });

  it('tells a literal that stands across the end of a piece or the middle of it, wherever it is cut', () => {
    const fast = new Walk(gate, kernel());
    const plain = new Walk(gate, null);
    const literal = Buffer.from(LITERALS.at(-1) ?? '');
    for (const place of [PIECE, PIECE >> 1, 3 * (PIECE >> 1), 2 * PIECE]) {
      for (let cut = -40; cut <= 40; cut++) {
        const text = Buffer.alloc(2 * PIECE + 300, ' ');
        literal.copy(text, place + cut);
        const wanted = plainStops(text);
        assert.ok(wanted.length > 3);
        assert.deepEqual(stopsOf(fast, text), wanted, `kernel, ${place} ${cut}`);
        assert.deepEqual(stopsOf(plain, text), wanted, `JavaScript, ${place} ${cut}`);
      }
    }
  });

  it('stops at every byte of a text of stops alone, and nowhere in one without any', () => {
    for (const walk of [new Walk(gate, kernel()), new Walk(gate, null)]) {
      assert.equal(stopsOf(walk, Buffer.alloc(PIECE + 5, 'a')).length, PIECE + 5);
      assert.deepEqual(stopsOf(walk, Buffer.alloc(PIECE + 5, 'z')), []);
    }
  });

  it('begins anew with each text, also when the one before was left in its middle', () => {
    const walk = new Walk(gate, kernel());
    walk.begin(Buffer.from(`${'x'.repeat(500)}1 ca`.repeat(90)));
    walk.seek();
    assert.deepEqual(stopsOf(walk, Buffer.from('bbac')), plainStops(Buffer.from('bbac')));
  });
});

describe('a host without WebAssembly', () => {
  const text = Buffer.from(`${'The parcel is on its way. '.repeat(30)}Write to jane.doe@example.com today.`);
  const scan = (): unknown => createScanner().scan(text, { label: null, role: null });

  it('finds the same', (t) => {
    const wanted = scan();
    assert.notDeepEqual(wanted, []);
    t.mock.property(globalThis as { WebAssembly?: unknown }, 'WebAssembly', undefined);
    assert.equal(loadKernel(gate), null);
    assert.deepEqual(scan(), wanted);
  });

  it('finds the same when there is no room for the memory', (t) => {
    const wanted = scan();
    class Full {
      constructor() {
        throw new RangeError('could not allocate memory');
      }
    }
    t.mock.property(globalThis as { WebAssembly?: unknown }, 'WebAssembly', { Module: Object, Instance: Full });
    assert.equal(loadKernel(gate), null);
    assert.deepEqual(scan(), wanted);
  });
});
