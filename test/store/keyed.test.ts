import assert from 'node:assert/strict';
import { createSecretKey, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { normalise } from '../../engine/scan/normalise.ts';
import { fingerprint, openExcerpt, personalDigest, plainExcerpt, recordHash, sealExcerpt } from '../../store/keyed.ts';
import { newUlid } from '../../store/ulid.ts';

const key = createSecretKey(Buffer.alloc(32, 7));
const otherKey = createSecretKey(Buffer.alloc(32, 8));

test('two writings of one value have one fingerprint, other values, entities and keys have others', () => {
  const one = fingerprint(key, 'CREDIT_CARD', '4111 1111-1111 1111', normalise);
  assert.match(one, /^[\w-]{22}$/);
  assert.equal(fingerprint(key, 'CREDIT_CARD', '4111111111111111', normalise), one);
  assert.notEqual(fingerprint(key, 'CREDIT_CARD', '4111111111111112', normalise), one);
  assert.notEqual(fingerprint(key, 'US_SSN', '4111111111111111', normalise), one);
  assert.notEqual(fingerprint(otherKey, 'CREDIT_CARD', '4111111111111111', normalise), one);
});

test('a sealed excerpt opens with its key and event alone', () => {
  const sealed = sealExcerpt(key, 'A', 'text round [CREDIT_CARD] – ünïcode');
  assert.ok(!sealed.includes('text'));
  assert.equal(openExcerpt(key, 'A', sealed), 'text round [CREDIT_CARD] – ünïcode');
  assert.equal(openExcerpt(key, 'B', sealed), null);
  assert.equal(openExcerpt(otherKey, 'A', sealed), null);
  assert.equal(openExcerpt(null, 'A', sealed), null);
  assert.notEqual(sealExcerpt(key, 'A', 'same'), sealExcerpt(key, 'A', 'same'));
});

test('a sealed excerpt that was changed, cut or is something else does not open and does not throw', () => {
  const sealed = sealExcerpt(key, 'A', 'text');
  for (let length = 0; length < sealed.length; length++)
    assert.equal(openExcerpt(key, 'A', sealed.slice(0, length)), null);
  for (let i = 0; i < 200; i++)
    assert.equal(openExcerpt(key, 'A', `gcm1:${randomBytes(i).toString('base64url')}`), null);
});

test('an excerpt that is not to be encrypted is stored as it is', () => {
  assert.equal(openExcerpt(null, 'A', plainExcerpt('redacted [US_SSN]')), 'redacted [US_SSN]');
});

test('the same text under one key has another digest for each use', () => {
  assert.notEqual(recordHash(key, 'A\0x'), personalDigest(key, 'A', 'x'));
});

test('ids sort by time and do not repeat', () => {
  assert.match(newUlid(), /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
  assert.ok(newUlid(1_000) < newUlid(1_001));
  assert.equal(newUlid(0).slice(0, 10), '0000000000');
  assert.equal(new Set(Array.from({ length: 5000 }, () => newUlid())).size, 5000);
});
