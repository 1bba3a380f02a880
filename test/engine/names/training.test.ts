import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COMMON, GIVEN, packGazetteer, TOWN, unpackGazetteer, wordKey } from '../../../engine/names/gazetteer.ts';
import { PERSON } from '../../../engine/names/labels.ts';
import { shippedModel, unpackModel } from '../../../engine/names/model.ts';
import { type Name, Tagger } from '../../../engine/names/tagger.ts';
import shipped from '../../../engine/names/weights.json' with { type: 'json' };
import { train } from '../../../scripts/names/crf.ts';
import { digestOfInputs } from '../../../scripts/names/inputs.ts';
import { pack } from '../../../scripts/names/packing.ts';
import type { Sample } from '../../../scripts/names/sample.ts';

const ENTRIES = new Map([
  [wordKey('anna'), GIVEN],
  [wordKey('berta'), GIVEN],
  [wordKey('paris'), TOWN],
  [wordKey('says'), COMMON],
]);

function person(before: string, name: string, after: string): Sample {
  return {
    text: before + name + after,
    spans: [{ kind: PERSON, start: before.length, end: before.length + name.length }],
  };
}

const SAMPLES: readonly Sample[] = ['Anna Kurz', 'Berta Lang', 'Anna Weit', 'Berta Schmal'].flatMap((name) => [
  person('', name, ' says hello.'),
  person('then ', name, ' went to Paris'),
  { text: 'Hello World says the Program', spans: [] },
]);

function taught(seed: number) {
  const gazetteer = unpackGazetteer(packGazetteer(ENTRIES), ENTRIES.size);
  const packed = pack(train(SAMPLES, gazetteer, { rowBits: 10, epochs: 12, step: 0.2, seed }), ENTRIES, 4);
  return { packed, model: unpackModel(packed) };
}

describe('the training of the tagger', () => {
  it('teaches what it was shown, also for a name that it was not', () => {
    const found: Name[] = [];
    const tagger = new Tagger(taught(1).model, { isThorough: false, favour: [0, 0, 0, 0] });
    tagger.tag(Buffer.from('then Berta Kurz went to Paris'), (name) => found.push(name));
    assert.deepEqual(
      found.map(({ kind, start, end, words }) => ({ kind, start, end, words })),
      [{ kind: PERSON, start: 5, end: 15, words: 2 }],
    );
  });

  it('gives the same weights for the same seed, and others for another', () => {
    assert.equal(taught(5).packed.data, taught(5).packed.data);
    assert.notEqual(taught(5).packed.data, taught(6).packed.data);
  });

  it('refuses weights of another format', () => {
    const { packed } = taught(1);
    assert.throws(() => unpackModel({ ...packed, format: 99 }));
    assert.throws(() => unpackModel({ ...packed, rowBits: 20 }));
  });
});

describe('the shipped weights', () => {
  it('were trained on the data of this checkout', () => {
    assert.equal(shipped.inputs, digestOfInputs(), 'train again: node scripts/names/train.ts');
  });

  it('are below a megabyte and a half as text', () => {
    assert.ok(shipped.data.length < 1_500_000);
  });

  it('know given names, places and common words', () => {
    const { gazetteer } = shippedModel();
    assert.ok((gazetteer.flags('sarah') & GIVEN) !== 0);
    assert.ok((gazetteer.flags('hamburg') & TOWN) !== 0);
    assert.ok((gazetteer.flags('because') & COMMON) !== 0);
    assert.equal(gazetteer.flags('qxzvbn'), 0);
  });
});

describe('a packed gazetteer', () => {
  it('gives back each entry, and its flags', () => {
    const entries = new Map(Array.from({ length: 3000 }, (_, n) => [wordKey(`word${n}`), 1 + (n % 255)] as const));
    const unpacked = unpackGazetteer(packGazetteer(entries), entries.size);
    for (let n = 0; n < 3000; n++) assert.equal(unpacked.flags(`word${n}`), entries.get(wordKey(`word${n}`)));
  });
});
