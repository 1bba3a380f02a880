import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gcpServiceAccount } from '../../../engine/recognizers/credentials/gcp.ts';
import { huggingFace } from '../../../engine/recognizers/credentials/model-hosts.ts';
import { passwordHash } from '../../../engine/recognizers/credentials/password-hash.ts';
import { privateKey } from '../../../engine/recognizers/credentials/private-key.ts';
import { unscannableFile } from '../../../engine/recognizers/documents/unscannable-file.ts';
import { assembled, type Cue, type Recognizer } from '../../../engine/scan/recognizer.ts';
import { exampleBody } from '../../../engine/scan/token.ts';
import { countedText } from '../../support/counted-text.ts';
import { passageOf } from '../../support/passages.ts';

const WORD = /\w/;

function isCue(written: string, at: number, literal: string, { startsWord, endsWord }: Cue): boolean {
  if (startsWord === true && WORD.test(written[at - 1] ?? '')) return false;
  return endsWord !== true || !WORD.test(written[at + literal.length] ?? '');
}

/** Bytes that a recognizer reads of a text, for each byte of it, when it is asked at each of its cues in order. */
function readsPerByte(recognizer: Recognizer, written: string): number {
  const { text, bytesRead } = countedText(Buffer.from(written));
  const passage = passageOf(text, '', [recognizer]);
  const lower = written.toLowerCase();
  const places = (recognizer.cues ?? []).flatMap((cue) => {
    const [hay, literal] = cue.exact === true ? [written, cue.literal] : [lower, cue.literal.toLowerCase()];
    const found: { at: number; end: number; cue: Cue }[] = [];
    for (let at = hay.indexOf(literal); at !== -1; at = hay.indexOf(literal, at + 1))
      if (isCue(written, at, literal, cue)) found.push({ at, end: at + literal.length, cue });
    return found;
  });
  for (const { at, end, cue } of places.sort((a, b) => a.end - b.end)) recognizer.findAtCue?.(passage, at, end, cue);
  return bytesRead() / written.length;
}

const begin = assembled('-----BEGIN ', 'PRIVATE KEY-----');
const end = '-----END PRIVATE KEY-----';
const ssh2 = assembled('---- BEGIN SSH2 ', 'ENCRYPTED PRIVATE KEY ----');
const encoded = assembled('LS0tLS1', 'CRUdJTi');
const line = `${exampleBody(20)} `;

/** What is written over and over, and what stands once behind it: an end that all beginnings before it might be closed by. */
const HURTING: readonly (readonly [Recognizer, string, string])[] = [
  [privateKey, begin, ''],
  [privateKey, begin, end],
  [privateKey, `${begin}\n${line}\n`, ''],
  [privateKey, `${begin}\n${line}\n`, end],
  [privateKey, `${begin}\n${line}\n-----END RSA PRIVATE KEY-----\n`, end],
  [privateKey, `${ssh2}\n${line}\n`, '---- END SSH2 ENCRYPTED PRIVATE KEY ----'],
  [privateKey, 'PuTTY-User-Key-File-3: ', `Private-Lines: 1\n${line}Private-MAC: 00`],
  [privateKey, `${encoded}=`, ''],
  [privateKey, `\\n${encoded}`, ''],
  [gcpServiceAccount, '"service_account" ', `private_key ${begin}`],
  [gcpServiceAccount, `"service_account" private_key ${begin}`, ''],
  [unscannableFile, 'U2FsdGVkX1;', ''],
  [unscannableFile, '$ANSIBLE_VAULT;1;', ''],
  [passwordHash, '$1$=', ''],
  [passwordHash, '$krb5', ''],
  [huggingFace, 'hf_-', ''],
];

describe('the work of a recognizer that looks for an end', () => {
  for (const [recognizer, unit, behind] of HURTING) {
    it(`grows with the text alone: ${recognizer.name}, ${JSON.stringify(unit.slice(0, 24))}${behind === '' ? '' : ', with an end'}`, () => {
      const cost = (bytes: number): number =>
        readsPerByte(recognizer, unit.repeat(Math.ceil(bytes / unit.length)) + behind);
      const [few, many] = [cost(3_000), cost(30_000)];
      assert.ok(many <= few * 1.5 + 8, `${few.toFixed(1)} and ${many.toFixed(1)} reads a byte`);
      assert.ok(many <= 60, `${many.toFixed(1)} reads a byte`);
    });
  }
});
