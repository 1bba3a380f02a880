/** Mailchimp: 32 hexadecimal digits and the data centre of the account (`-us12`); transactional keys (Mandrill, `md-`). */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteAt, byteSet, isWord, runEnd, runStart } from '../../scan/bytes.ts';
import { contextWords } from '../../scan/context.ts';
import type { Passage } from '../../scan/passage.ts';
import { isPlaceholder } from '../../scan/placeholders.ts';
import { assembled, type Recognizer } from '../../scan/recognizer.ts';
import { exampleBody } from '../../scan/token.ts';

const HEX = byteSet('0-9a-f');
const ALNUM = byteSet('0-9a-zA-Z');
const hex = '9f01726eebe77df2c096a65e95acdd02';
const key = assembled(hex, '-us', '12');
/** An account's key is 32 digits; samples in the wild are a digit short. */
const LEAST = 31;

export const mailchimp: Recognizer = {
  name: 'mailchimp',
  entity: 'MAILCHIMP',
  category: 'credential',
  countries: [],
  cues: [{ literal: '-us', exact: true }],
  context: contextWords('mailchimp, mc'),
  findAtCue(passage: Passage, at: number, cueEnd: number): void {
    const text = passage.text;
    const end = runEnd(text, cueEnd, byteSet('0-9'), 3);
    if (end === cueEnd || end - cueEnd > 2 || isWord(byteAt(text, end))) return;
    const start = runStart(text, at, HEX, 33);
    if (at - start < LEAST || at - start > 32 || ALNUM[byteAt(text, start - 1)] === 1) return;
    if (isPlaceholder(passage.ascii(start, at))) return;
    passage.report(mailchimp, start, end, at - start === 32 ? 0.9 : 0.4, at - start === 32 ? 0.97 : 0.8);
  },
  hits: [
    { text: `MAILCHIMP_API_KEY=${key}`, value: key, atLeast: 0.8 },
    { text: `new Client("${key}")`, value: key, atLeast: 0.8 },
  ],
  misses: [{ text: `${'0'.repeat(32)}-us1` }, { text: 'locale-us1' }, { text: `image-${hex}-usage` }],
};

const mandrill = exampleBody(22);

export const mandrillKey = assignedToken({
  name: 'mandrill-key',
  entity: 'MAILCHIMP',
  words: ['mandrill'],
  body: byteSet('a-zA-Z0-9_-'),
  min: 22,
  max: 25,
  hits: [
    { text: `MANDRILL_API_KEY=${mandrill}`, value: mandrill, atLeast: 0.8 },
    { text: `mandrill_token = ${mandrill}`, value: mandrill },
  ],
  misses: [{ text: 'mandrill_key = your-mandrill-api-key' }, { text: `mandrill_template_id = ${mandrill}` }],
});
