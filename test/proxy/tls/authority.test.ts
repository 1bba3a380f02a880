import assert from 'node:assert/strict';
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { WeirError } from '../../../flow/errors.ts';
import { pemOf, signAuthority } from '../../../keys/certificate.ts';
import { expiryNotice, loadOrCreateAuthority, replaceAuthority } from '../../../proxy/tls/authority.ts';

const root = mkdtempSync(join(tmpdir(), 'weir-authority-'));
after(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const newFolder = (): string => join(root, `home-${folders++}`, 'ca');
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const withoutOpenssl = hasOpenssl ? false : 'no openssl on this host';

function refusal(work: () => unknown): WeirError {
  try {
    work();
  } catch (error) {
    if (error instanceof WeirError) return error;
    throw error;
  }
  return assert.fail('nothing was refused');
}

describe('the authority of a home', () => {
  it('is made at first use and is the same at the next', () => {
    const folder = newFolder();
    const first = loadOrCreateAuthority(folder);
    const second = loadOrCreateAuthority(folder);
    assert.equal(first.certificate.fingerprint256, second.certificate.fingerprint256);
    assert.equal(first.digest, first.certificate.fingerprint256.replaceAll(':', '').toLowerCase().slice(0, 16));
    assert.ok(second.certificate.checkPrivateKey(second.key));
    assert.equal(readFileSync(first.certPath, 'utf8'), first.certPem);
    assert.deepEqual(readdirSync(folder).sort(), ['ca.key', 'ca.pem'], 'no drafts are left');
  });

  it('keeps the folder and the key to its owner, whatever the umask', { skip: process.platform === 'win32' }, () => {
    const folder = newFolder();
    const earlier = process.umask(0o000);
    try {
      loadOrCreateAuthority(folder);
    } finally {
      process.umask(earlier);
    }
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    assert.equal(statSync(join(folder, 'ca.key')).mode & 0o777, 0o600);
    assert.equal(statSync(join(folder, 'ca.pem')).mode & 0o777, 0o644);
  });

  it('names the host, is valid for two years from an hour ago and has a positive serial of 20 octets', () => {
    const now = new Date('2026-03-01T12:00:00Z');
    const serials = new Set<string>();
    for (let i = 0; i < 20; i++) {
      const { certificate } = loadOrCreateAuthority(newFolder(), now);
      assert.match(certificate.subject, /^CN=Weir CA .+ [0-9a-f]{8}$/);
      assert.equal(certificate.validFromDate.toISOString(), '2026-03-01T11:00:00.000Z');
      assert.equal(certificate.validToDate.toISOString(), '2028-02-29T11:00:00.000Z');
      assert.match(certificate.serialNumber, /^[4-7][0-9A-F]{39}$/);
      serials.add(certificate.serialNumber);
    }
    assert.equal(serials.size, 20);
  });

  it('writes dates from 2050 on as GeneralizedTime, and earlier ones as UTCTime', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const validity = { notBefore: new Date('2049-12-31T23:59:59Z'), notAfter: new Date('2050-01-01T00:00:00Z') };
    const der = signAuthority('Weir CA test', publicKey, privateKey, validity);
    assert.ok(der.includes(Buffer.from('\x17\x0d491231235959Z', 'latin1')));
    assert.ok(der.includes(Buffer.from('\x18\x0f20500101000000Z', 'latin1')));
    const certificate = new X509Certificate(pemOf(der));
    assert.equal(certificate.validToDate.toISOString(), '2050-01-01T00:00:00.000Z');
    assert.ok(certificate.verify(publicKey));
  });

  it('is a strict authority in the eyes of openssl', { skip: withoutOpenssl }, () => {
    const { certPath } = loadOrCreateAuthority(newFolder());
    const text = execFileSync('openssl', ['x509', '-in', certPath, '-noout', '-text'], { encoding: 'utf8' });
    assert.match(text, /Version: 3 \(0x2\)/);
    assert.match(text, /Signature Algorithm: ecdsa-with-SHA256/);
    assert.match(text, /X509v3 Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
    assert.match(text, /X509v3 Key Usage: critical\s+Certificate Sign, CRL Sign/);
    assert.match(text, /X509v3 Subject Key Identifier:/);
    assert.match(text, /ASN1 OID: prime256v1/);
    const verified = execFileSync('openssl', ['verify', '-x509_strict', '-CAfile', certPath, certPath], {
      encoding: 'utf8',
    });
    assert.match(verified, /: OK$/m);
  });

  it('is one authority when several processes start at once', async () => {
    const folder = newFolder();
    const module = new URL('../../../proxy/tls/authority.ts', import.meta.url).href;
    const code = `const { loadOrCreateAuthority } = await import(${JSON.stringify(module)});
      console.log(loadOrCreateAuthority(${JSON.stringify(folder)}).digest);`;
    const run = promisify(execFile);
    const starts = Array.from({ length: 4 }, () => run(process.execPath, ['--input-type=module', '-e', code]));
    const digests = new Set((await Promise.all(starts)).map(({ stdout }) => stdout.trim()));
    assert.equal(digests.size, 1);
    assert.ok(digests.has(loadOrCreateAuthority(folder).digest));
    assert.deepEqual(readdirSync(folder).sort(), ['ca.key', 'ca.pem']);
  });

  it('goes on from a start that died between key and certificate', () => {
    const folder = newFolder();
    const first = loadOrCreateAuthority(folder);
    rmSync(first.certPath);
    const second = loadOrCreateAuthority(folder);
    assert.notEqual(second.digest, first.digest);
    assert.ok(second.certificate.checkPrivateKey(first.key));
  });

  it('refuses a key that others can read, and says how to mend it', { skip: process.platform === 'win32' }, () => {
    const folder = newFolder();
    loadOrCreateAuthority(folder);
    for (const mode of [0o640, 0o604, 0o620]) {
      chmodSync(join(folder, 'ca.key'), mode);
      const error = refusal(() => loadOrCreateAuthority(folder));
      assert.equal(error.code, 'authority_unusable');
      assert.match(error.message, /ca\.key has mode 06.*chmod 600 '/);
    }
  });

  it('refuses a certificate whose key is gone, is another one, or is no key', () => {
    const folder = newFolder();
    loadOrCreateAuthority(folder);
    const keyPath = join(folder, 'ca.key');
    rmSync(keyPath);
    assert.match(refusal(() => loadOrCreateAuthority(folder)).message, /ca\.key is not.*weir ca init --force/);

    const other = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
    writeFileSync(keyPath, other.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    assert.match(refusal(() => loadOrCreateAuthority(folder)).message, /not made for the key beside it/);

    for (const content of [
      '',
      'not a key',
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }),
    ]) {
      writeFileSync(keyPath, content, { mode: 0o600 });
      assert.match(refusal(() => loadOrCreateAuthority(folder)).message, /ca\.key does not hold a P-256 private key/);
    }
  });

  it('refuses a certificate that is none, without quoting it', () => {
    const folder = newFolder();
    const { certPath } = loadOrCreateAuthority(folder);
    writeFileSync(certPath, 'content-of-the-file');
    const error = refusal(() => loadOrCreateAuthority(folder));
    assert.match(error.message, /ca\.pem does not hold a certificate/);
    assert.doesNotMatch(error.message, /content-of-the-file/);
  });

  it('refuses to start once expired, and gives notice for the last 30 days', () => {
    const folder = newFolder();
    const made = new Date('2026-01-01T00:00:00Z');
    const authority = loadOrCreateAuthority(folder, made);
    const end = authority.certificate.validToDate.getTime();
    assert.equal(expiryNotice(authority, new Date(end - 31 * 86_400_000)), null);
    assert.match(
      expiryNotice(authority, new Date(end - 29 * 86_400_000)) ?? '',
      /expires on 2027-12-31.*weir ca rotate/,
    );
    const error = refusal(() => loadOrCreateAuthority(folder, new Date(end)));
    assert.equal(error.code, 'authority_unusable');
    assert.match(error.message, /expired on 2027-12-31.*weir ca init --force/);
  });

  it('is replaced as a pair, and what was made from the old certificate goes with it', () => {
    const folder = newFolder();
    const first = loadOrCreateAuthority(folder);
    for (const name of ['bundle.pem', 'extra-0123456789abcdef.pem', 'mine.pem']) writeFileSync(join(folder, name), 'x');
    const second = replaceAuthority(folder);
    assert.notEqual(second.digest, first.digest);
    assert.notEqual(second.certificate.subject, first.certificate.subject);
    assert.equal(loadOrCreateAuthority(folder).digest, second.digest);
    assert.deepEqual(readdirSync(folder).sort(), ['ca.key', 'ca.pem', 'mine.pem']);
    assert.equal(statSync(join(folder, 'ca.key')).mode & 0o077, 0);
  });

  it('says which folder cannot be used', () => {
    const file = join(root, 'a-file');
    writeFileSync(file, '');
    const error = refusal(() => loadOrCreateAuthority(join(file, 'ca')));
    assert.equal(error.code, 'home_unusable');
    assert.match(error.message, /a-file\/ca cannot be used/);
  });
});
