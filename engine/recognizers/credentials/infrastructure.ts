/** Tools that set up infrastructure: Pulumi, Terraform Cloud, Vault. */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteAt, byteSet, isAlnum, runEnd, runStart } from '../../scan/bytes.ts';
import type { Passage } from '../../scan/passage.ts';
import { isPlaceholder } from '../../scan/placeholders.ts';
import { isRandom } from '../../scan/randomness.ts';
import { assembled, type Recognizer } from '../../scan/recognizer.ts';
import { exampleBody, HEX_DIGITS, tokenRecognizer } from '../../scan/token.ts';

const ALNUM = byteSet('a-zA-Z0-9');

const pulumiToken = assembled('pu', 'l-', exampleBody(40, 3, HEX_DIGITS));

export const pulumi = tokenRecognizer({
  name: 'pulumi',
  entity: 'PULUMI',
  prefixes: ['pul-'],
  body: byteSet('0-9a-f'),
  min: 40,
  max: 40,
  score: () => 0.98,
  hits: [{ text: `PULUMI_ACCESS_TOKEN=${pulumiToken}`, value: pulumiToken, atLeast: 0.8 }],
  misses: [{ text: 'pul-request' }, { text: assembled('pu', 'l-', 'a'.repeat(40)) }],
});

const terraformToken = assembled(exampleBody(14, 3), '.atlas', 'v1.', exampleBody(67, 5));

export const terraform: Recognizer = {
  name: 'terraform',
  entity: 'TERRAFORM',
  category: 'credential',
  countries: [],
  cues: [{ literal: '.atlasv1.', exact: true }],
  findAtCue(passage: Passage, at: number, bodyStart: number): void {
    const text = passage.text;
    const escaped = byteAt(text, at - 16) === 0x5c ? 1 : 0;
    const start = escaped === 1 ? at - 14 : runStart(text, at, ALNUM, 16);
    const end = runEnd(text, bodyStart, byteSet('a-zA-Z0-9_-'), 80);
    if (at - start !== 14 || end - bodyStart < 55 || end - bodyStart > 76 || isAlnum(byteAt(text, end))) return;
    if (!isPlaceholder(passage.ascii(bodyStart, end))) passage.report(terraform, start, end, 0.98);
  },
  hits: [
    { text: `token = "${terraformToken}"`, value: terraformToken, atLeast: 0.8 },
    { text: `a\\n${terraformToken}\\n`, value: terraformToken, atLeast: 0.8 },
  ],
  misses: [
    { text: 'xxxxxxxxxxxxxx.atlasv1.zzzzzzzzzzzzz' },
    { text: assembled(exampleBody(14, 3), '.atlas', 'v1.', 'x'.repeat(67)) },
  ],
};

const service = assembled('hv', 's.', exampleBody(24, 3));
const batch = assembled('hv', 'b.', 'AAAAAQ', exampleBody(140, 5));

export const vault = tokenRecognizer({
  name: 'vault',
  entity: 'VAULT',
  prefixes: ['hvs.', 'hvb.', 'hvr.'],
  body: byteSet('a-zA-Z0-9_-'),
  min: 24,
  max: 400,
  score: (body, prefix) =>
    !isRandom(body) && !/[a-z][A-Z]|[A-Z]{2}[a-z]/.test(body)
      ? 0.2
      : prefix === 'hvs.' || body.length >= 60
        ? 0.98
        : 0.75,
  hits: [
    { text: `VAULT_TOKEN=${service}`, value: service, atLeast: 0.8 },
    { text: `X-Vault-Token: ${batch}`, value: batch, atLeast: 0.8 },
  ],
  misses: [{ text: 'hvs.prefix' }, { text: assembled('hv', 's.', 'x'.repeat(24)) }],
});

const vaultBefore = assembled('s', '.', exampleBody(24, 7));

export const vaultNamed = assignedToken({
  name: 'vault-named',
  entity: 'VAULT',
  words: ['vault_token', 'vault-token', 'vault token', 'vaulttoken', 'vault login', 'vault_root'],
  body: byteSet('a-zA-Z0-9.'),
  min: 26,
  max: 26,
  shape: (value) => /^[sbr]\.[a-zA-Z0-9]{24}$/.test(value) && isRandom(value),
  hits: [
    { text: `export VAULT_TOKEN=${vaultBefore}`, value: vaultBefore, atLeast: 0.8 },
    { text: `X-Vault-Token: ${vaultBefore}`, value: vaultBefore, atLeast: 0.8 },
  ],
  misses: [{ text: vaultBefore }, { text: 'VAULT_TOKEN=s.xxxxxxxxxxxxxxxxxxxxxxxx' }],
});
