import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { certificationRequest, keyOfRequest } from '../../keys/request.ts';

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });

test('a request tells its key, and OpenSSL reads it', () => {
  const der = certificationRequest(publicKey, privateKey);
  assert.ok(keyOfRequest(der)?.equals(publicKey));
  const said = execFileSync('openssl', ['req', '-inform', 'DER', '-noout', '-verify', '-text'], {
    input: der,
    stdio: 'pipe',
  });
  assert.match(said.toString(), /Version: 1/);
});

test('no request that is changed, cut, signed by another key or of another curve is taken', () => {
  const der = certificationRequest(publicKey, privateKey);
  for (let at = 0; at < der.length; at++) {
    const changed = Buffer.from(der);
    changed[at] = (changed[at] ?? 0) ^ 1;
    const key = keyOfRequest(changed);
    // A flipped bit may leave another encoding of the same request, never another key.
    assert.ok(key === null || key.equals(publicKey), `byte ${at}`);
    assert.equal(keyOfRequest(der.subarray(0, at)), null);
  }
  const other = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  assert.equal(keyOfRequest(certificationRequest(publicKey, other.privateKey)), null);
  const p384 = generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
  assert.equal(keyOfRequest(certificationRequest(p384.publicKey, p384.privateKey)), null);
  assert.equal(keyOfRequest(Buffer.alloc(5000, 0x30)), null);
});
