import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { WeirError } from '../../../flow/errors.ts';
import { issuerOf, leafKeyOf, pemOf, signLeaf } from '../../../keys/certificate.ts';
import { constraintsOf, namesBeyond } from '../../../keys/name-constraints.ts';
import { type Authority, loadOrCreateAuthority } from '../../../proxy/tls/authority.ts';
import { permittedNames } from '../../../proxy/tls/permitted-names.ts';

const root = mkdtempSync(join(tmpdir(), 'weir-constraints-'));
after(() => rmSync(root, { recursive: true, force: true }));
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

describe('the names that an authority may sign for', () => {
  it('are what a closed list of hosts names, and all where it has an open end', () => {
    const domains = (...intercept: string[]) => permittedNames(intercept)?.domains ?? null;
    assert.deepEqual(domains('api.openai.com'), ['weir.local', 'api.openai.com']);
    assert.deepEqual(domains('*.openai.com', 'api.openai.com'), ['weir.local', 'openai.com']);
    assert.deepEqual(domains('*-aiplatform.googleapis.com'), ['weir.local', 'googleapis.com']);
    assert.deepEqual(domains('bedrock-runtime.*.amazonaws.com'), ['weir.local', 'amazonaws.com']);
    for (const open of ['*', 'api.openai.*', '*openai*']) assert.equal(domains('api.openai.com', open), null, open);
    assert.deepEqual(permittedNames(['10.0.0.1', '::1'])?.addresses, ['10.0.0.1', '::1']);
  });

  it('come back out of the certificate', () => {
    for (const intercept of [
      ['*.openai.com', 'llm.corp.example'],
      ['api.openai.com', '192.0.2.7', '2001:db8::1'],
    ]) {
      const { certificate } = loadOrCreateAuthority(join(root, `read-${intercept.length}`), new Date(), intercept);
      assert.deepEqual(constraintsOf(certificate.raw), permittedNames(intercept));
    }
    assert.equal(constraintsOf(loadOrCreateAuthority(join(root, 'open'), new Date(), ['*']).certificate.raw), null);
  });

  it('cover what they name and what lies below it', () => {
    const made = permittedNames(['*.openai.com', '10.0.0.1']);
    assert.deepEqual(namesBeyond(made, permittedNames(['api.openai.com', 'openai.com'])), []);
    assert.deepEqual(namesBeyond(made, permittedNames(['notopenai.com', '10.0.0.2'])), ['notopenai.com', '10.0.0.2']);
    assert.deepEqual(namesBeyond(made, permittedNames(['*'])), ['*']);
    assert.deepEqual(namesBeyond(null, permittedNames(['*'])), []);
  });

  it('are what the start asks for: an authority made for fewer hosts is refused with the way out', () => {
    const folder = join(root, 'fewer');
    loadOrCreateAuthority(folder, new Date(), ['api.openai.com']);
    loadOrCreateAuthority(folder, new Date(), ['api.openai.com']);
    assert.throws(
      () => loadOrCreateAuthority(folder, new Date(), ['api.openai.com', 'api.anthropic.com']),
      (error) =>
        error instanceof WeirError &&
        error.code === 'authority_unusable' &&
        /fewer hosts than proxy\.intercept names now \(api\.anthropic\.com\).*weir ca rotate/.test(error.message),
    );
    assert.throws(() => loadOrCreateAuthority(folder, new Date(), ['*']), /\(any host\)/);
  });

  it('hold for openssl', { skip: hasOpenssl ? false : 'no openssl on this host' }, () => {
    const names = loadOrCreateAuthority(join(root, 'names'), new Date(), ['*.openai.com']);
    assert.match(verify(names, 'api.openai.com'), /: OK/);
    assert.match(verify(names, 'weir.local'), /: OK/);
    for (const beyond of ['api.anthropic.com', 'notopenai.com', '127.0.0.1', '::1']) {
      assert.match(verify(names, beyond), /permitted subtree violation|excluded subtree violation/, beyond);
    }
    const addresses = loadOrCreateAuthority(join(root, 'addresses'), new Date(), ['127.0.0.1', '2001:db8::1']);
    assert.match(verify(addresses, '127.0.0.1'), /: OK/);
    assert.match(verify(addresses, '2001:db8::1'), /: OK/);
    assert.match(verify(addresses, '127.0.0.2'), /permitted subtree violation/);
    assert.match(verify(addresses, 'api.openai.com'), /permitted subtree violation/);
  });
});

/** What `openssl verify` says of a leaf for `host`. */
function verify(authority: Authority, host: string): string {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const issuer = issuerOf(authority.certificate.raw, authority.certificate.publicKey, authority.key);
  const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };
  const path = join(root, 'leaf.pem');
  writeFileSync(path, pemOf(signLeaf(host, leafKeyOf(publicKey, issuer), issuer, validity)));
  const args = ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', authority.certPath, path];
  const { stdout, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  return stdout + stderr;
}
