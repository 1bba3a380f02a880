/** GitLab tokens: personal ones (also the routable form, which ends in a length and a CRC) and the other kinds by prefix. */
import { byteSet } from '../../scan/bytes.ts';
import { crc32Base36 } from '../../scan/checksums.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, tokenRecognizer } from '../../scan/token.ts';

const BODY = byteSet('a-zA-Z0-9_.-');

/** Routable tokens end in the length of their payload (two signs in base 36) and a CRC-32 of all before (seven). */
const ROUTABLE = /^[\w-]{20,300}\.(?:[0-9a-z]{2}\.)?[0-9a-z]{9}$/;

/** Whether a routable token, prefix and all, bears the right checksum. */
export function isRoutableToken(token: string): boolean {
  return crc32Base36(token.slice(0, -7)) === token.slice(-7);
}

function scoreOf(body: string, prefix: string, lengths: readonly number[]): number {
  if (ROUTABLE.test(body)) return isRoutableToken(prefix + body) ? 1 : 0.9;
  return lengths.includes(body.length) ? 0.95 : 0.8;
}

/** A routable token whose checksum is right. */
function valid(prefix: string): string {
  const head = assembled(prefix, exampleBody(27), '.01', '.0r');
  return head + crc32Base36(head);
}

const personal = assembled('gl', 'pat-', exampleBody(20));
const routable = valid('glpat-');

export const gitlabPat = tokenRecognizer({
  name: 'gitlab-pat',
  entity: 'GITLAB_PAT',
  prefixes: ['glpat-'],
  body: BODY,
  min: 20,
  max: 320,
  score: (body, prefix) => scoreOf(body, prefix, [20]),
  hits: [
    { text: `token: ${personal}`, value: personal, atLeast: 0.8 },
    { text: `--build-arg 'T=${personal}' \\`, value: personal },
    { text: `"${routable}"`, value: routable, atLeast: 1 },
    { text: `"${routable.slice(0, -1)}z"`, value: `${routable.slice(0, -1)}z`, atLeast: 0.8 },
    { text: `It is ${personal}.`, value: personal },
  ],
  misses: [
    { text: assembled('gl', 'pat-', 'x'.repeat(20)) },
    { text: 'glpat-short' },
    { text: 'glpat-your-token-goes-here-now' },
  ],
});

const pipeline = assembled('gl', 'ptt-', '0d66598d696a02da33fb65e2a041f607c68ea50d');
const registration = assembled('GR', '1348941', '_', exampleBody(19));

export const gitlabOther = tokenRecognizer({
  name: 'gitlab-other',
  entity: 'GITLAB_OTHER',
  prefixes: [
    'glptt-',
    'glrt-',
    'glrtr-',
    'gldt-',
    'glft-',
    'glsoat-',
    'glimt-',
    'glagent-',
    'glcbt-',
    'glffct-',
    'gloas-',
    'glwt-',
    'GR1348941',
  ],
  body: BODY,
  min: 20,
  max: 320,
  score: (body, prefix) => Math.max(0.9, scoreOf(body, prefix, [20, 40, 50])),
  hits: [
    { text: `-F token=${pipeline} \\`, value: pipeline, atLeast: 0.8 },
    { text: `--registration-token "${registration}"`, value: registration },
    { text: `token = "${valid('glrt-')}"`, value: valid('glrt-'), atLeast: 1 },
  ],
  misses: [{ text: 'glrt-token-name' }, { text: assembled('gl', 'dt-', 'a'.repeat(20)) }],
});
