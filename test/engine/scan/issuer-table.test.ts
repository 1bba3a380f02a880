import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { issuerRecognizer } from '../../../engine/scan/issuer-table.ts';
import { passageOf } from '../../support/passages.ts';

const recognizer = issuerRecognizer({ entity: 'ACMECLOUD', words: 'acmecloud' });
const key = 'h7Jk2mN4pQ6rS8tU1vW0xYzCq3d9fB5g';

function found(text: string): readonly string[] {
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
