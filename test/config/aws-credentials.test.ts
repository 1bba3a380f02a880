import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readAwsCredentials } from '../../config/aws-credentials.ts';
import { loadConfig } from '../../config/load.ts';
import { WeirError } from '../../flow/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir-aws-'));
after(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, '.aws'));
writeFileSync(
  join(folder, '.aws', 'credentials'),
  [
    '# keys',
    '[default]',
    'aws_access_key_id = id-of-default',
    'aws_secret_access_key=first=second',
    '',
    '[ci]',
    'aws_access_key_id = id-of-ci',
    'aws_secret_access_key = secret-of-ci',
    'aws_session_token = token-of-ci',
    '[for a while]',
    'aws_access_key_id = id-for-a-while',
    'aws_secret_access_key = secret-for-a-while',
    'x_security_token_expires = 2026-05-01T12:00:00Z',
    '[half]',
    'aws_access_key_id = id-of-half',
  ].join('\r\n'),
);
writeFileSync(
  join(folder, '.aws', 'config'),
  [
    '[default]',
    'region = us-east-1',
    '[profile "in config"]',
    'aws_access_key_id = id-in-config',
    'aws_secret_access_key = secret-in-config',
    's3 =',
    '  aws_access_key_id = not-this',
    '[profile sso]',
    'sso_session = corp',
    '[profile role]',
    'role_arn = arn:aws:iam::1:role/r',
    'source_profile = default',
    '[profile program]',
    'credential_process = /bin/true',
  ].join('\n'),
);

function read(profile: string | null, env: NodeJS.ProcessEnv = {}) {
  const found = readAwsCredentials(profile, env, folder);
  if (typeof found === 'string') return found;
  const { accessKeyId, secretAccessKey, sessionToken } = found;
  return { accessKeyId, secretAccessKey, sessionToken };
}

test('keys say which files they come from, and until when they hold', () => {
  const of = (profile: string | null, env: NodeJS.ProcessEnv = {}) => {
    const found = readAwsCredentials(profile, env, folder);
    assert.ok(typeof found !== 'string');
    return [found.expiresAt, found.files.map((file) => file.slice(folder.length))];
  };
  const files = ['/.aws/credentials', '/.aws/config'];
  assert.deepEqual(of('default'), [null, files]);
  assert.deepEqual(of('for a while'), [Date.UTC(2026, 4, 1, 12), files]);
  const env = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
  assert.deepEqual(of(null, env), [null, []]);
  assert.deepEqual(of(null, { ...env, AWS_CREDENTIAL_EXPIRATION: '2026-05-01T14:00:00+02:00' }), [
    Date.UTC(2026, 4, 1, 12),
    [],
  ]);
  assert.deepEqual(of(null, { ...env, AWS_CREDENTIAL_EXPIRATION: 'soon' }), [null, []]);
});

test('keys come from the profile that is named', () => {
  assert.deepEqual(read('default'), {
    accessKeyId: 'id-of-default',
    secretAccessKey: 'first=second',
    sessionToken: null,
  });
  assert.deepEqual(read('ci'), {
    accessKeyId: 'id-of-ci',
    secretAccessKey: 'secret-of-ci',
    sessionToken: 'token-of-ci',
  });
  assert.deepEqual(read('in config'), {
    accessKeyId: 'id-in-config',
    secretAccessKey: 'secret-in-config',
    sessionToken: null,
  });
});

test('without a name the environment wins, then AWS_PROFILE, then default', () => {
  const keys = { AWS_ACCESS_KEY_ID: 'id-in-env', AWS_SECRET_ACCESS_KEY: 'secret-in-env' };
  assert.deepEqual(read(null, { ...keys, AWS_PROFILE: 'ci' }), {
    accessKeyId: 'id-in-env',
    secretAccessKey: 'secret-in-env',
    sessionToken: null,
  });
  const ofName = (found: ReturnType<typeof read>) => (typeof found === 'string' ? found : found.accessKeyId);
  assert.equal(ofName(read(null, { AWS_PROFILE: 'ci' })), 'id-of-ci');
  assert.equal(ofName(read(null)), 'id-of-default');
  assert.equal(ofName(read('ci', keys)), 'id-of-ci');
  assert.match(String(read(null, { AWS_ACCESS_KEY_ID: 'x' })), /one of them is missing/);
});

test('the files may lie elsewhere', () => {
  const other = join(folder, 'other');
  writeFileSync(other, '[default]\naws_access_key_id = a\naws_secret_access_key = b\n');
  assert.deepEqual(read(null, { AWS_SHARED_CREDENTIALS_FILE: other }), {
    accessKeyId: 'a',
    secretAccessKey: 'b',
    sessionToken: null,
  });
});

for (const [profile, why] of [
  ['sso', /the profile "sso" signs in by SSO, which is not supported; `aws configure export-credentials --profile sso/],
  ['role', /assumes a role, which is not supported/],
  ['program', /asks a program/],
  ['half', /has no aws_access_key_id and aws_secret_access_key/],
  ['nobody', /no profile "nobody" in .*credentials or .*config/],
] as const) {
  test(`what cannot be used is told, and no key is: ${profile}`, () => {
    const found = read(profile);
    assert.ok(typeof found === 'string');
    assert.match(found, why);
    assert.doesNotMatch(found, /id-of|secret-of/);
  });
}

test('a configuration tells the place of a profile that cannot be used', () => {
  const load = (text: string) => {
    writeFileSync(join(folder, 'weir.yaml'), text);
    return loadConfig({ file: null, env: { HOME: folder }, cwd: folder });
  };
  assert.equal(load('proxy: {upstream: {aws: {profile: ci}}}').proxy.upstream.aws?.accessKeyId, 'id-of-ci');
  assert.equal(load('proxy: {upstream: {aws: {}}}').proxy.upstream.aws?.accessKeyId, 'id-of-default');
  assert.equal(load('').proxy.upstream.aws, null);
  assert.throws(
    () => load('proxy: {upstream: {aws: {profile: sso}}}'),
    (error) => error instanceof WeirError && /^weir\.yaml:1:\d+: .*signs in by SSO/.test(error.message),
  );
});
