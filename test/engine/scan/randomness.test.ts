import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { entropyOf, looksRandom, noiseOf } from '../../../engine/scan/randomness.ts';
import { seeded } from '../../support/every-split.ts';

const random = seeded(7);
const ALPHABETS: Readonly<Record<string, string>> = {
  'letters and digits': 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
  'hexadecimal digits': '0123456789abcdef',
  'small letters and digits': 'abcdefghijklmnopqrstuvwxyz0123456789',
  base64url: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
};

function chance(alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)] ?? '').join('');
}

describe('what looks random', () => {
  for (const [name, alphabet] of Object.entries(ALPHABETS)) {
    it(`holds 98 of 100 values of 32 ${name} that chance has made`, () => {
      const seen = Array.from({ length: 1000 }, () => chance(alphabet, 32)).filter((value) => looksRandom(value));
      assert.ok(seen.length >= 980, `${seen.length} of 1000`);
    });
  }

  const made = [
    'AbstractSingletonProxyFactoryBean',
    'packages/core/src/authentication/index.ts',
    'application-configuration-v2-2024-05-06',
    'com.example.service.PaymentServiceImpl',
    'getElementsByTagNameNS',
    'REACT_APP_AUTHENTICATION_ENDPOINT',
    '2024-05-06T12:34:56.789Z',
    '9da5da9c-4218-4c22-aed6-b5c8baebfff5',
    '1700000000000000000',
    'the-quick-brown-fox-jumps-over-the-lazy-dog',
  ];
  for (const value of made) it(`does not hold ${value}`, () => assert.equal(looksRandom(value), false));
});

it('noise is what no word explains, and entropy bits by character', () => {
  assert.equal(noiseOf('password'), 0);
  assert.equal(noiseOf('user42'), 2);
  assert.equal(noiseOf('x7kq9'), 5);
  assert.equal(entropyOf('abcd'), 2);
  assert.equal(entropyOf('aaaa'), 0);
});
