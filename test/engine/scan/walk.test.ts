import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { BUILT_IN } from '../../../engine/recognizers/built-in.ts';
import { type Kernel, loadKernel, PIECE } from '../../../engine/scan/kernel.ts';
import type { Cue } from '../../../engine/scan/recognizer.ts';
import { createScanner } from '../../../engine/scan/scanner.ts';
import type { Literal } from '../../../engine/scan/stems.ts';
import { AMPERSANDS, BACKSLASHES, LETTER_RUNS, NOT_ASCII, PERCENTS, SPELLING } from '../../../engine/scan/traits.ts';
import { DIGIT, KernelWalk, PlainWalk, type Walk } from '../../../engine/scan/walk.ts';

function literalOf(cue: Cue): Literal {
  return { cue, bytes: Buffer.from(cue.literal) };
}

const LONG = 'a rather long literal, ab ab ab';
const CUES: readonly Cue[] = [
  { literal: 'a' },
  { literal: 'ab' },
  { literal: 'ab', startsWord: true },
  { literal: 'Ab', exact: true },
  { literal: 'bab', endsWord: true },
  { literal: 'cabbac', startsWord: true, endsWord: true },
  { literal: 'CABBAC', exact: true },
  { literal: 'é' },
  { literal: '東京', startsWord: true },
  { literal: '::' },
  { literal: ':', inHex: true },
  { literal: ':', inHex: true, againAt: 3 },
  { literal: '-', inHex: true, againAt: 5 },
  { literal: '@' },
  { literal: '-----' },
  { literal: '1b' },
  { literal: '45' },
  { literal: '$1$', exact: true },
  { literal: LONG },
];
const LITERALS = CUES.map(literalOf);
const ALL = BUILT_IN.flatMap(({ cues }) => (cues ?? []).map(literalOf));

function kernelOf(literals: readonly Literal[]): Kernel {
  const loaded = loadKernel(literals);
  assert.ok(loaded !== null, 'this host has WebAssembly');
  return loaded;
}

/** Events as `place:literal`, of a digit with the end of its run. */
function eventsOf(walk: Walk, text: Uint8Array): string[] {
  const events: string[] = [];
  walk.begin(text);
  for (let at = walk.seek(); at !== -1; at = walk.seek())
    events.push(walk.literal === DIGIT ? `${at}..${walk.runEnd}` : `${at}:${walk.literal}`);
  return events;
}

function assertAlike(fast: Walk, plain: Walk, text: Uint8Array, what: string): void {
  const [told, wanted] = [eventsOf(fast, text), eventsOf(plain, text)];
  if (told.length === wanted.length && told.every((event, i) => event === wanted[i])) return;
  const at = wanted.findIndex((event, i) => event !== told[i]);
  assert.fail(`${what}: event ${at} is ${told[at]}, not ${wanted[at]}`);
}

function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}

/** Text of parts of the literals and of bytes at random, so that a literal stands across most places. */
function textOf(bytes: number, seed: number, literals: readonly Literal[]): Buffer {
  const random = seeded(seed);
  const text = Buffer.alloc(bytes);
  const between = Buffer.from(' aA7:-@_.\\n0f\xff\0é\n"');
  for (let at = 0; at < bytes; ) {
    const literal = literals[random(literals.length)]?.bytes ?? between;
    const isCut = random(8) === 0;
    const part = Buffer.from(isCut ? literal.subarray(random(literal.length)) : literal);
    for (let i = 0; i < part.length; i++) {
      const byte = part[i] ?? 0;
      if (random(6) === 0 && (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a) part[i] = byte ^ 0x20;
    }
    at += part.copy(text, at);
    for (let signs = random(4); signs > 0 && at < bytes; signs--)
      text[at++] = random(12) === 0 ? random(256) : (between[random(between.length)] ?? 0);
  }
  return text;
}

describe('a walk', () => {
  it('tells alike in the kernel and in JavaScript, at every length round the bounds', () => {
    const fast = new KernelWalk(kernelOf(LITERALS));
    const plain = new PlainWalk(LITERALS);
    const whole = textOf(PIECE * 2 + 200, 11, LITERALS);
    const lengths = [...Array(300).keys(), ...Array.from({ length: 140 }, (_, i) => PIECE - 70 + i), whole.length];
    for (const length of lengths) assertAlike(fast, plain, whole.subarray(0, length), `${length} bytes`);
  });

  it('tells a literal that stands across the end of a piece, wherever it is cut', () => {
    const fast = new KernelWalk(kernelOf(LITERALS));
    const plain = new PlainWalk(LITERALS);
    for (const place of [0, PIECE, 2 * PIECE]) {
      for (let cut = Math.max(-40, -place); cut <= 40; cut++) {
        const text = Buffer.alloc(2 * PIECE + 300, ' ');
        Buffer.from(`${LONG} 1b2 0f:0f:0f CABBAC::`).copy(text, place + cut);
        assert.ok(eventsOf(plain, text).length > 8);
        assertAlike(fast, plain, text, `${place} ${cut}`);
      }
    }
  });

  it('tells alike what the cues of all recognizers ask, on text made of them and of bytes at random', () => {
    const fast = new KernelWalk(kernelOf(ALL));
    const plain = new PlainWalk(ALL);
    for (const seed of [3, 5, 7]) {
      const text = textOf(300_000, seed, ALL);
      assert.ok(eventsOf(plain, text).length > 10_000);
      assertAlike(fast, plain, text, `seed ${seed}`);
    }
    const random = seeded(29);
    for (const below of [256, 128, 24]) {
      const text = Buffer.from(Array.from({ length: 100_000 }, () => random(below) + (below === 24 ? 0x2d : 0)));
      assertAlike(fast, plain, text, `${below} different bytes`);
    }
  });

  it('tells alike what the cues of all recognizers ask, on the sources and pages of the repository', () => {
    const fast = new KernelWalk(kernelOf(ALL));
    const plain = new PlainWalk(ALL);
    const root = join(import.meta.dirname, '../../..');
    const files = ['engine/recognizers/credentials', 'docs', 'proxy', 'engine/names'].flatMap((folder) =>
      readdirSync(join(root, folder), { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => join(root, folder, name)),
    );
    assert.ok(files.length > 60);
    for (const path of files) assertAlike(fast, plain, readFileSync(path).subarray(0, 200_000), path);
  });

  it('tells a run of letters and digits once, however long it is, and nothing where nothing is', () => {
    for (const walk of [new KernelWalk(kernelOf(LITERALS)), new PlainWalk(LITERALS)]) {
      assert.deepEqual(eventsOf(walk, Buffer.alloc(3 * PIECE, '7z')), [`0..${3 * PIECE}`]);
      assert.equal(eventsOf(walk, Buffer.alloc(PIECE + 5, '@')).length, PIECE + 5);
      assert.deepEqual(eventsOf(walk, Buffer.alloc(PIECE + 5, 'z')), []);
      assert.deepEqual(eventsOf(walk, Buffer.alloc(0)), []);
    }
  });

  it('begins anew with each text, also when the one before was left in its middle', () => {
    const walk = new KernelWalk(kernelOf(LITERALS));
    walk.begin(Buffer.from(`${'x'.repeat(500)}1 ca`.repeat(90)));
    walk.seek();
    assertAlike(walk, new PlainWalk(LITERALS), Buffer.from('bbac 12'), 'the second text');
  });
});

/** What a text holds, by expressions. */
function traitsIn(text: Buffer): number {
  const written = text.toString('latin1');
  return (
    (/[\x80-\xff]/.test(written) ? NOT_ASCII : 0) |
    (written.includes('\\') ? BACKSLASHES : 0) |
    (written.includes('%') ? PERCENTS : 0) |
    (written.includes('&') ? AMPERSANDS : 0) |
    (/[A-Za-z0-9+/_-]{15}/.test(written) ? LETTER_RUNS : 0) |
    (/(?:[A-Za-z0-9][^A-Za-z0-9]){8}[A-Za-z0-9]/.test(written) ? SPELLING : 0)
  );
}

describe('the traits of a text', () => {
  const walk = new KernelWalk(kernelOf(LITERALS));
  const traitsOf = (text: Buffer): number => {
    eventsOf(walk, text);
    return walk.traits;
  };

  it('are told wherever in the text they stand, and no others', () => {
    const parts: readonly (readonly [string, number])[] = [
      ['é', NOT_ASCII],
      ['\\', BACKSLASHES],
      ['%', PERCENTS],
      ['&', AMPERSANDS],
      ['abcDEF01234+/_-', LETTER_RUNS],
      ['4 1 1 1 1 1 1 1 2', SPELLING],
      ['abcDEF01234+/_', 0],
      ['4.1.1.1.1.1.1', 0],
    ];
    for (const [part, trait] of parts) {
      for (const length of [40, PIECE + 40, 2 * PIECE + 40]) {
        for (let at = length - 40; at < length - 17; at++) {
          const text = Buffer.alloc(length, ' . ');
          text.write(part, at);
          assert.equal(traitsOf(text), trait, `${part} at ${at} of ${length}`);
        }
      }
    }
  });

  it('are never missing, on text of all kinds', () => {
    const random = seeded(41);
    for (let i = 0; i < 3000; i++) {
      const alphabet = ['ab1 ', 'a-/ +_Z9', 'x.', '1 2%&\\', 'aé,;'][i % 5] ?? '';
      const text = Buffer.from(Array.from({ length: random(90) }, () => alphabet[random(alphabet.length)]).join(''));
      const [told, held] = [traitsOf(text), traitsIn(text)];
      assert.equal(told & held, held, JSON.stringify(text.toString()));
      // A last sign that nothing follows is told too.
      assert.equal(told & ~held & ~SPELLING, 0, JSON.stringify(text.toString()));
    }
  });
});

describe('a host without WebAssembly', () => {
  const text = Buffer.from(`${'The parcel is on its way. '.repeat(30)}Write to jane.doe@example.com today.`);
  const scan = (): unknown => createScanner().scan(text, { label: null, role: null });

  it('finds the same', (t) => {
    const wanted = scan();
    assert.notDeepEqual(wanted, []);
    t.mock.property(globalThis as { WebAssembly?: unknown }, 'WebAssembly', undefined);
    assert.equal(loadKernel(LITERALS), null);
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
    assert.equal(loadKernel(LITERALS), null);
    assert.deepEqual(scan(), wanted);
  });

  it('finds the same where a literal is longer than the kernel has room for', () => {
    const word = 'abcdefghij'.repeat(30);
    assert.equal(loadKernel([literalOf({ literal: word })]), null);
  });
});
