import assert from 'node:assert/strict';
import { createHmac, createSecretKey } from 'node:crypto';
import test from 'node:test';
import { hmacSha256 } from '../../store/hmac.ts';

/** RFC 4231 §4. */
const VECTORS = [
  {
    key: Buffer.alloc(20, 0x0b),
    text: 'Hi There',
    mac: 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
  },
  {
    key: Buffer.from('Jefe'),
    text: 'what do ya want for nothing?',
    mac: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  },
  {
    key: Buffer.alloc(131, 0xaa),
    text: 'Test Using Larger Than Block-Size Key - Hash Key First',
    mac: '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  },
];

test('a code is that of RFC 4231, in each spelling', () => {
  for (const { key, text, mac } of VECTORS) {
    const bytes = Buffer.from(mac, 'hex');
    assert.equal(hmacSha256(createSecretKey(key), text, 'hex'), mac);
    assert.equal(hmacSha256(createSecretKey(key), text, 'base64url'), bytes.toString('base64url'));
    assert.equal(hmacSha256(createSecretKey(key), text, 'binary'), bytes.toString('latin1'));
  }
});

test('texts of every length and kind have the codes of HMAC objects, under keys in turn', () => {
  const keys = [1, 32, 64, 65].map((length) => createSecretKey(Buffer.alloc(length, length)));
  const units = ['a', 'é', '€', '😀', '\ud800', '\0'];
  for (const length of [0, 1, 55, 64, 119, 1000, 5461, 5462, 40_000]) {
    for (const unit of units) {
      const text = unit.repeat(length);
      for (const key of keys) {
        assert.equal(hmacSha256(key, text, 'hex'), createHmac('sha256', key).update(text).digest('hex'));
      }
    }
  }
});
