import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextWords, hasContextWord, wordsOf, wordsRound } from '../../../engine/scan/context.ts';
import { createScanner } from '../../../engine/scan/scanner.ts';
import { HIGH } from '../../../flow/finding.ts';

function round(text: string, value: string): readonly string[] {
  const at = Buffer.byteLength(text.slice(0, text.indexOf(value)));
  return wordsRound(Buffer.from(text), at, at + Buffer.byteLength(value)).list;
}

describe('words of a label', () => {
  it('are split at case, underscores, dashes and dots', () => {
    assert.deepEqual(wordsOf('customerSsn').list, ['customer', 'ssn']);
    assert.deepEqual(wordsOf('DB_PASSWORD').list, ['db', 'password']);
    assert.deepEqual(wordsOf('user.home-address').list, ['user', 'home', 'address']);
    assert.deepEqual(wordsOf('parseHTTPHeader2').list, ['parse', 'http', 'header2']);
    assert.deepEqual(wordsOf('Größe_überAlles').list, ['größe', 'über', 'alles']);
    assert.deepEqual(wordsOf('').list, []);
  });
});

describe('words near a value', () => {
  it('stand before and behind it, and the value is none of them', () => {
    assert.deepEqual(round('my cardNo: 4111, thanks a lot', '4111'), ['my', 'card', 'no', 'thanks', 'a', 'lot']);
    assert.deepEqual(round('4111', '4111'), []);
    assert.deepEqual(round('{"ssn":"4111"}', '4111'), ['ssn']);
  });

  it('are the same for text beyond ASCII', () => {
    assert.deepEqual(round('Meine téléphoneNr: 4111, größer', '4111'), ['meine', 'téléphone', 'nr', 'größer']);
  });

  it('are not cut: one at the edge of the window is left out', () => {
    const text = `${'x'.repeat(20)}card ${'y '.repeat(44)}4111 ${'z '.repeat(21)}zzcardzzzz`;
    assert.ok(!round(text, '4111').some((word) => word.includes('card')));
  });

  it('are looked up whole, and phrases word by word', () => {
    const words = wordsOf('the social security number of discard');
    assert.ok(hasContextWord(words, contextWords('social security')));
    assert.ok(!hasContextWord(words, contextWords('card', 'ecurity number')));
  });
});

describe('words beside a value, as the index reads them', () => {
  const scanner = createScanner();
  const score = (text: string): number =>
    Math.max(0, ...scanner.scan(Buffer.from(text), { label: null, role: null }).map((one) => one.score));

  it('are whole in capitals beyond ASCII, and split where a small letter comes before', () => {
    for (const word of ['EMŠO', 'emšo', 'Emšo', 'EMŠO_kupca', 'kupecEmšo'])
      assert.ok(score(`${word}: 1211981500126`) >= HIGH, word);
    for (const word of ['rodné číslo', 'rodnéČíslo', 'RODNÉ_ČÍSLO'])
      assert.ok(score(`${word}: 7103192745`) >= 0.5, word);
  });
});
