import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { packageRoot } from '../../../config/package-root.ts';
import { createScanner } from '../../../engine/scan/scanner.ts';
import { MEDIUM } from '../../../flow/finding.ts';

interface Example {
  readonly rule: string;
  readonly label: number;
  readonly text: string;
}

function parse(line: string): Example {
  const { rule, label, text64 }: { rule: string; label: number; text64: string } = JSON.parse(line);
  return { rule, label, text: Buffer.from(text64, 'base64').toString('utf8') };
}

/** Labelled true, but no secret stands there: what documentation writes for one, a masked sample, a variable. By rule and by what the text holds. */
const NO_SECRET: readonly (readonly [string, RegExp, string])[] = [
  ['ftp.1', /username:password@/, 'words of documentation for user, password and host'],
  ['rabbitmq.1', /user:password@.*example\.com/, 'words of documentation for user, password and host'],
  ['uri.1', /username:secret@example\.com/, 'words of documentation for user, password and host'],
  ['odbc.1', /Password=secret|myPassword|#\{datastore/, 'words of documentation, or a template'],
  ['odbc.1', /goodspec|specialbill_user/, 'one word of letters, as in any sentence about passwords'],
  ['generic.', /open[ _]sesame|thisismypassword|YOURPASSWROD|######/, 'words of letters alone, or a mask'],
  ['gcp.1', /auth_provider/, 'cut: the private key is not in it'],
  ['gcp.3', /ANzaSy/, 'altered: no key begins so'],
  ['github.6', /CLIENT_ID/, 'a client secret of 40 hexadecimal digits is a hash by its shape'],
];

const EXAMPLES = readFileSync(join(packageRoot, 'test', 'corpus', 'scan', 'credentials.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map(parse);
const scanner = createScanner();

function isFound({ text }: Example): boolean {
  const findings = scanner.scan(Buffer.from(text), { label: null, role: null });
  return findings.some((one) => one.category === 'credential' && one.score >= MEDIUM);
}

function isNoSecret({ rule, text }: Example): boolean {
  return NO_SECRET.some(([part, holds]) => rule.includes(part) && holds.test(text));
}

it('finds at least 97 of 100 published examples of the credentials in scope', () => {
  const secrets = EXAMPLES.filter((one) => one.label === 1 && !isNoSecret(one));
  assert.ok(secrets.length >= 85, `${secrets.length} examples`);
  const missed = secrets.filter((one) => !isFound(one)).map((one) => `${one.rule} (${one.text.length} characters)`);
  assert.ok(missed.length <= secrets.length * 0.03, `missed ${missed.join(', ')}`);
});

it('finds at most one of the published counter-examples', () => {
  const wrong = EXAMPLES.filter((one) => one.label === 0 && isFound(one)).map((one) => one.rule);
  // A C program that sets a password of eight characters, one of them a symbol.
  assert.ok(wrong.length <= 1, wrong.join(', '));
});
