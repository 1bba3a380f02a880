import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { issuerRecognizer } from '../../../engine/scan/issuer-table.ts';
import { passageOf } from '../../support/passages.ts';

const acme = issuerRecognizer({ entity: 'ACMECLOUD', words: 'acmecloud' });
const key = 'h7Jk2mN4pQ6rS8tU1vW0xYzCq3d9fB5g';

function found(text: string, recognizer = acme): readonly string[] {
  const bytes = Buffer.from(text);
  const passage = passageOf(bytes, '', [recognizer]);
  const lower = text.toLowerCase();
  for (const cue of recognizer.cues ?? [])
    for (let at = lower.indexOf(cue.literal); at !== -1; at = lower.indexOf(cue.literal, at + 1))
      recognizer.findAtCue?.(passage, at, at + cue.literal.length, cue);
  return passage.sightings.map(({ start, end }) => bytes.toString('latin1', start, end));
}

describe('a value behind the word of its issuer', () => {
  const hits: readonly (readonly [string, string])[] = [
    ['a variable', `ACMECLOUD_API_KEY=${key}`],
    ['a sentence', `Please note that the AcmeCloud api key is ${key}, as given in the form.`],
    ['a mail whose subject names it', `Subject: AcmeCloud api key\n\nThe one on file is ${key}. It took longer.`],
    ['said to be of something', `AcmeCloud token for this project is ${key}`],
    ['said to be of something, further on', `The AcmeCloud api key of our account is:\n${key}`],
    ['under two names', `{"acmecloud": {"api_key": "${key}"}}`],
  ];
  for (const [kind, text] of hits) it(`is found: ${kind}`, () => assert.deepEqual(found(text), [key]));

  const misses: readonly (readonly [string, string])[] = [
    ['an id', `acmecloud api id ${key}`],
    ['of what stands directly before', `acmecloud key for account ${key}`],
    ['a file', `acmecloud key file ${key}`],
    ['words between', `acmecloud keys were shown before last week: ${key}`],
  ];
  for (const [kind, text] of misses) it(`is left alone: ${kind}`, () => assert.deepEqual(found(text), []));
});

describe('the spellings of an issuer of two words', () => {
  const two = issuerRecognizer({ entity: 'ACME_IO', words: 'acme io' });
  for (const name of ['acme io key', 'ACME_IO_KEY', 'acme-io-key', 'acmeIoKey', 'acme.io key'])
    it(`are one: ${name}`, () => assert.deepEqual(found(`${name}: ${key}`, two), [key]));
});

describe('an issuer whose name is a word of any text', () => {
  const front = issuerRecognizer({ entity: 'FRONT', before: 'front' });
  for (const name of ['FRONT_API_KEY', 'front token', 'frontSecret', 'Front api access key'])
    it(`is named right before a word for a secret: ${name}`, () =>
      assert.deepEqual(found(`${name} = "${key}"`, front), [key]));
  for (const name of ['front', 'front_id', 'upfront key', 'front api', 'front of the key'])
    it(`is not named elsewhere: ${name}`, () => assert.deepEqual(found(`${name} = "${key}"`, front), []));
});

describe('a value that begins like a word', () => {
  const dotted = issuerRecognizer({ entity: 'DOTTED', words: 'dotted', isDotted: true });
  for (const value of [`kQ_j_Bj-${key}`, `pk_live_${key}`])
    it(`is found whole: ${value.slice(0, 4)}`, () => assert.deepEqual(found(`acmecloud api key: ${value}`), [value]));
  it('goes on over the signs of base64', () => {
    const value = `Zx/q+${key}/k+Q==`;
    assert.deepEqual(found(`dotted secret is ${value}.`, dotted), [value]);
  });
});
