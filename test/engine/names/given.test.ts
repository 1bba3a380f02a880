/** Names that a model has found beforehand: weighed as the tagger's own are, and before these. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import type { GivenName } from '../../../engine/names/given.ts';
import { type NameKind, ORGANISATION, PERSON, PLACE } from '../../../engine/names/labels.ts';
import { remembering } from '../../../engine/scan/memory.ts';
import { createScanner, type Scanner, type ScannerOptions } from '../../../engine/scan/scanner.ts';

function given(text: string, value: string, kind: NameKind = PERSON, confidence = 0.95): GivenName {
  const start = Buffer.from(text).indexOf(value);
  assert.notEqual(start, -1);
  return { kind, start, end: start + Buffer.byteLength(value), confidence };
}

function found(
  text: string,
  names: readonly GivenName[],
  by: Scanner | ScannerOptions = {},
): readonly (readonly [string, string, number])[] {
  const scanner = 'scan' in by ? by : createScanner(by);
  const bytes = Buffer.from(text);
  return scanner
    .scan(bytes, { label: null, role: null, names })
    .map(({ entity, start, end, score }) => [entity, bytes.toString('utf8', start, end), score] as const);
}

describe('names that are given', () => {
  const text = 'the parcel for kettle xqz is late';

  it('are findings of medium score, higher where the model is sure', () => {
    assert.deepEqual(found(text, []), []);
    assert.deepEqual(found(text, [given(text, 'kettle xqz')]), [['PERSON', 'kettle xqz', 0.6]]);
    assert.deepEqual(found(text, [given(text, 'xqz', PLACE)]), [['LOCATION', 'xqz', 0.6]]);
    const written = 'the parcel for Kettle Xqz is late';
    assert.equal(found(written, [given(written, 'Kettle Xqz', ORGANISATION, 0.7)])[0]?.[2], 0.55);
  });

  it('are high with evidence beyond the model, and never in lines that read as code', () => {
    const prose = 'Yesterday I saw Michael Thompson there.';
    assert.deepEqual(found(prose, [given(prose, 'Michael Thompson')]), [['PERSON', 'Michael Thompson', 0.85]]);
    const code = 'if (a[0] === {x: "Michael Thompson"}) { return f(b[i], c); }';
    const [finding] = found(code, [given(code, 'Michael Thompson')]);
    assert.ok(finding === undefined || finding[2] < 0.8);
  });

  it('give way to what has the form of something else, and the tagger gives way to them', () => {
    const mail = 'write to jane.doe@example.com now';
    assert.deepEqual(
      found(mail, [given(mail, 'jane.doe')]).map(([entity]) => entity),
      ['EMAIL_ADDRESS'],
    );
    const city = 'She moved from Hamburg to Lisbon in May.';
    assert.deepEqual(
      found(city, [given(city, 'Hamburg', PERSON)]).map(([entity, value]) => `${entity} ${value}`),
      ['PERSON Hamburg', 'LOCATION Lisbon'],
    );
  });

  it('that are nothing of the text are passed over', () => {
    const wrong: readonly GivenName[] = [
      { kind: PERSON, start: -1, end: 3, confidence: 1 },
      { kind: PERSON, start: 5, end: 5, confidence: 1 },
      { kind: PERSON, start: 30, end: 3000, confidence: 1 },
      { kind: PERSON, start: 3, end: 4, confidence: 1 },
    ];
    assert.deepEqual(found(text, wrong), []);
  });

  it('count for nothing where their recognizer is left out', () => {
    const names = [given(text, 'kettle xqz')];
    assert.deepEqual(found(text, names, { names: 'off' }), []);
    assert.deepEqual(found(text, names, { disable: ['person-in-text'] }), []);
  });

  it('make a text another one to the memory of a scanner', () => {
    const long = `${text}\n`.repeat(40);
    const scanner = remembering(createScanner(), { key: randomBytes(32) });
    assert.equal(found(long, [], scanner).length, 0);
    assert.equal(found(long, [given(long, 'kettle xqz')], scanner).length, 1);
    assert.equal(found(long, [], scanner).length, 0);
    assert.deepEqual(scanner.counts, { known: 1, unknown: 2 });
  });
});
