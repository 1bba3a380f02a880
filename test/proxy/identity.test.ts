/** Who sends, by label and token. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { AppConfig } from '../../config/config.ts';
import { basicCredential, identify, sourceOf } from '../../proxy/identity.ts';

const TOKEN = 'right-token';
const APPS: readonly AppConfig[] = [
  {
    name: 'billing',
    owner: null,
    tokenSha256: createHash('sha256').update(TOKEN).digest('hex'),
    match: null,
    iam: null,
    hosts: [],
  },
  { name: 'bare', owner: null, tokenSha256: null, match: null, iam: null, hosts: [] },
];

test('an app with its token is verified; a label alone is recorded and not believed', () => {
  assert.deepEqual(identify(`billing:${TOKEN}`, APPS), { kind: 'verified', app: 'billing' });
  assert.deepEqual(identify('billing:', APPS), { kind: 'labelled', app: 'billing' });
  assert.deepEqual(identify('unheard-of', APPS), { kind: 'labelled', app: 'unheard-of' });
  assert.equal(sourceOf(identify('billing:', APPS), 'h').verified, false);
});

test('any other token is denied', () => {
  for (const credential of ['billing:wrong', `other:${TOKEN}`, `bare:${TOKEN}`, 'bare:x', 'evil\nname:']) {
    assert.deepEqual(identify(credential, APPS), { kind: 'denied' }, credential);
  }
});

test('no credential is anonymous, and a scheme that is not Basic is none that could be right', () => {
  for (const credential of [null, '', ':']) assert.deepEqual(identify(credential, APPS), { kind: 'anonymous' });
  assert.equal(basicCredential(null), null);
  assert.equal(basicCredential('Bearer abc'), '');
  assert.equal(basicCredential(`basic ${Buffer.from('a:b').toString('base64')}`), 'a:b');
});
