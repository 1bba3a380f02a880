import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUILT_IN } from '../../../engine/recognizers/built-in.ts';
import { createScanner } from '../../../engine/scan/scanner.ts';

const scanner = createScanner();

function found(text: string, entity: string): number {
  const findings = scanner.scan(Buffer.from(text), { label: null, role: null });
  const all = findings.flatMap((one) => [one, ...one.alternatives]);
  return Math.max(0, ...all.filter((one) => one.entity === entity).map((one) => one.score));
}

test('the word of a document is read as prose, in capitals and as a key', () => {
  for (const before of [
    'Führerschein: ',
    'FÜHRERSCHEINNUMMER=',
    '{"fuehrerscheinNummer":"',
    'numero_fuehrerschein: ',
    '--fuehrerschein-nummer ',
  ])
    assert.ok(found(`${before}B072RRE2I55`, 'DE_FUEHRERSCHEIN') >= 0.8, before);
  for (const before of ["carta d'identità ", 'CARTA_D_IDENTITÀ=', 'cartaDIdentita: ', 'carta-d-identita '])
    assert.ok(found(`${before}CA48291ZX`, 'IT_IDENTITY_CARD') >= 0.8, before);
});

test('it is looked for on the same line, behind the word and not far', () => {
  assert.ok(found('passaporto, rilasciato nel Comune: YA1234567', 'IT_PASSPORT') >= 0.5);
  assert.equal(found('il passaporto è scaduto da anni.\nOrdine YA1234567 spedito.', 'IT_PASSPORT'), 0);
  assert.equal(found('YA1234567 passaporto', 'IT_PASSPORT'), 0);
  assert.equal(found(`passaporto ${'di ieri '.repeat(5)}YA1234567`, 'IT_PASSPORT'), 0);
});

test('what goes on behind a dash, dot or slash, or in prose, is none', () => {
  for (const value of ['YA1234567-89', 'YA1234567.5', 'YA1234567/2', 'xYA1234567', 'YA12345678'])
    assert.equal(found(`passaporto ${value}`, 'IT_PASSPORT'), 0, value);
  assert.equal(found('passaporto ya 1234567', 'IT_PASSPORT'), 0);
  assert.ok(found('passaporto YA 1234567', 'IT_PASSPORT') >= 0.8);
});

test('a word that other countries share makes it an alternative of less', () => {
  const own = found('British passport 533401372', 'UK_PASSPORT');
  const shared = found('passport 533401372', 'UK_PASSPORT');
  assert.ok(own > shared && shared >= 0.5);
});

test('its cues are ASCII wherever a word has enough of it', () => {
  const cues = BUILT_IN.filter(({ name }) => name === 'de-fuehrerschein').flatMap((one) => one.cues ?? []);
  assert.ok(cues.length > 0);
  for (const { literal } of cues) assert.match(literal, /^[ -~]+$/);
});
