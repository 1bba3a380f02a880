/** `console.oidc`: what becomes of it, and what is refused with its place. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Config } from '../../config/config.ts';
import { loadConfig } from '../../config/load.ts';
import { assembled } from '../../engine/scan/recognizer.ts';
import { WeirError } from '../../flow/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir-oidc-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const SECRET = assembled('hush-', 'hush-of-the-client');
writeFileSync(join(folder, 'secret'), `${SECRET}\n`);
const pemOf = (key: ReturnType<typeof generateKeyPairSync>['privateKey']): string =>
  key.export({ type: 'pkcs8', format: 'pem' }).toString();
writeFileSync(join(folder, 'ed25519.pem'), pemOf(generateKeyPairSync('ed25519').privateKey));
writeFileSync(join(folder, 'short.pem'), pemOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey));

function load(text: string, env: NodeJS.ProcessEnv = {}): Config {
  writeFileSync(join(folder, 'weir.yaml'), text);
  return loadConfig({ file: null, env: { HOME: '/home/u', ...env }, cwd: folder });
}

function problemOf(text: string, env: NodeJS.ProcessEnv = {}): string {
  try {
    load(text, env);
  } catch (error) {
    assert.ok(error instanceof WeirError);
    return error.message;
  }
  return '';
}

const LEAST = 'issuer: "https://login.corp.example", client: weir, roles: {admin: [leads]}';
const of = (keys: string, more = ''): string => `console: {${more}oidc: {${keys}}}`;

test('without it people sign in with tokens alone', () => {
  assert.deepEqual(load('').console, { listen: { host: '127.0.0.1', port: 8788 }, url: null, oidc: null });
});

test('a secret comes from a file or a variable, a key from a file; the rest has defaults', () => {
  const { oidc } = load(of(`${LEAST}, secretFile: secret`)).console;
  assert.deepEqual(oidc, {
    issuer: 'https://login.corp.example',
    name: 'login.corp.example',
    client: 'weir',
    credential: { kind: 'secret', secret: SECRET },
    ca: [],
    scopes: ['openid', 'profile', 'email'],
    claim: 'groups',
    roles: { admin: ['leads'], reviewer: [], viewer: [] },
    user: null,
    skewMs: 60_000,
    sessionMs: 12 * 3_600_000,
  });
  const byVariable = load(of(`${LEAST}, secretEnv: THE_SECRET`), { THE_SECRET: SECRET }).console.oidc;
  assert.deepEqual(byVariable?.credential, { kind: 'secret', secret: SECRET });
  const byKey = load(of(`${LEAST}, keyFile: ed25519.pem, keyId: k1`)).console.oidc;
  assert.equal(byKey?.credential.kind, 'key');
});

test('plain HTTP is taken for this host alone', () => {
  for (const issuer of ['http://127.0.0.1:9000', 'http://localhost:9000/realms/x', 'http://[::1]:1']) {
    assert.equal(
      load(of(`${LEAST.replace('https://login.corp.example', issuer)}, secretFile: secret`)).console.oidc?.issuer,
      issuer,
    );
  }
  for (const issuer of [
    'http://login.corp.example',
    'https://u:p@x.example',
    'https://x.example?a',
    'http://127.0.0.1.evil.example',
    'x',
  ]) {
    assert.match(
      problemOf(of(`${LEAST.replace('https://login.corp.example', issuer)}, secretFile: secret`)),
      /expected the https:\/\/ URL of an issuer/,
      issuer,
    );
  }
  assert.equal(load('console: {url: "https://weir.corp.example:8443"}').console.url, 'https://weir.corp.example:8443');
  for (const url of [
    'http://weir.corp.example',
    'https://weir.corp.example/',
    'ftp://x',
    'https://weir.corp.example/console',
  ]) {
    assert.match(problemOf(`console: {url: "${url}"}`), /expected an origin such as/, url);
  }
});

test('what is missing or too much is named, and no secret is', () => {
  const whole = `${LEAST}, secretFile: secret`;
  assert.match(problemOf(of(LEAST)), /expected one of secretFile, secretEnv, keyFile/);
  assert.match(problemOf(of(`${whole}, keyFile: ed25519.pem`)), /expected one of secretFile, secretEnv, keyFile/);
  assert.match(problemOf(of(`${whole}, keyId: k1`)), /expected no keyId without keyFile/);
  assert.match(problemOf(of(`${LEAST}, keyFile: short.pem`)), /expected an RSA key of 2048 bits or more/);
  assert.match(problemOf(of(`${LEAST}, secretEnv: THE_SECRET`)), /THE_SECRET is not set in the environment/);
  assert.match(problemOf(of(`${LEAST}, secretFile: nowhere`)), /cannot be read \(ENOENT\)/);
  assert.match(problemOf(of(`${whole}, scopes: [profile]`)), /expected openid among the scopes/);
  assert.match(
    problemOf(of('issuer: "https://login.corp.example", client: weir, secretFile: secret')),
    /expected values of the claim for at least one role/,
  );
  assert.match(problemOf(of(`${whole}, secret: ${SECRET}`)), /unknown key "secret"/);
  assert.ok(!problemOf(of(`${whole}, secret: ${SECRET}`)).includes(SECRET));
  assert.match(problemOf(of(whole, 'listen: "0.0.0.0:8788", ')), /expected url beside oidc/);
  const outside = of(whole, 'listen: "0.0.0.0:8788", url: "https://weir.corp.example", ');
  assert.equal(load(outside).console.url, 'https://weir.corp.example');
});
