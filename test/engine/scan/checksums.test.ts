import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  crc32Base62,
  decodeBase58Check,
  decodeBech32,
  endsInCrc32,
  isEip55,
  isLuhn,
  isSegwitAddress,
  remainder97,
} from '../../../engine/scan/checksums.ts';
import { keccak256 } from '../../../engine/scan/keccak.ts';

const hex = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString('hex'));

describe('Luhn', () => {
  it('accepts numbers with a right check digit and refuses every other one', () => {
    for (const body of ['7992739871', '411111111111111', '37828224631000']) {
      const right = [...'0123456789'].filter((digit) => isLuhn(body + digit));
      assert.equal(right.length, 1, 'one digit of ten is right');
    }
    assert.ok(isLuhn('79927398713'));
    assert.ok(!isLuhn('0'));
    assert.ok(!isLuhn(''));
    assert.ok(!isLuhn('7992739871a'));
  });
});

describe('mod 97', () => {
  it('is 1 for an IBAN turned round, by the example of the standard', () => {
    assert.equal(remainder97('WEST12345698765432GB82'), 1);
    assert.equal(remainder97('WEST12345698765432GB83'), 2);
    assert.equal(remainder97('west'), -1);
    assert.equal(remainder97(''), -1);
  });
});

describe('base58check', () => {
  it('gives version and payload of an address', () => {
    assert.equal(
      hex(decodeBase58Check('1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2')),
      '0077bff20c60e522dfaa3350c39b030a5d004e839a',
    );
    assert.equal(hex(decodeBase58Check('1111111111111111111114oLvT2')), '00'.repeat(21));
  });

  it('refuses a changed character, one outside the alphabet, and nothing at all', () => {
    assert.equal(decodeBase58Check('1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3'), null);
    assert.equal(decodeBase58Check('1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN0'), null);
    assert.equal(decodeBase58Check(''), null);
    assert.equal(decodeBase58Check('1'.repeat(200)), null);
  });
});

describe('bech32 and bech32m', () => {
  it('tells the two apart by the vectors of BIP 173 and BIP 350', () => {
    for (const text of ['A12UEL5L', 'abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw', '?1ezyfcl']) {
      assert.equal(decodeBech32(text)?.kind, 'bech32', text);
    }
    for (const text of ['A1LQFN3A', 'abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx', '?1v759aa']) {
      assert.equal(decodeBech32(text)?.kind, 'bech32m', text);
    }
    for (const text of ['A12UEL5K', 'a12UEL5L', '1nwldj5', 'x1b4n0q5v', 'li1dgmt3', 'de1lg7wt\xff', '10a06t8']) {
      assert.equal(decodeBech32(text), null, text);
    }
  });

  it('accepts segregated-witness addresses and refuses those with the checksum of the other kind', () => {
    assert.ok(isSegwitAddress('BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4'));
    assert.ok(isSegwitAddress('tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7'));
    assert.ok(isSegwitAddress('bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0'));
    assert.ok(!isSegwitAddress('bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd'));
    assert.ok(!isSegwitAddress('tc1qw508d6qejxtdg4y5r3zarvary0c5xw7kg3g4ty'));
  });
});

describe('Keccak-256', () => {
  it('agrees with published digests', () => {
    assert.equal(hex(keccak256(Buffer.from(''))), 'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470');
    assert.equal(
      hex(keccak256(Buffer.from('abc'))),
      '4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45',
    );
    const fox = 'The quick brown fox jumps over the lazy dog';
    assert.equal(hex(keccak256(Buffer.from(fox))), '4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15');
  });

  it('takes inputs round the length of its block', () => {
    const digests = [134, 135, 136, 137, 272].map((length) => hex(keccak256(Buffer.alloc(length, 0x61))));
    assert.equal(new Set(digests).size, digests.length);
    assert.equal(digests[2], 'a6c4d403279fe3e0af03729caada8374b5ca54d8065329a3ebcaeb4b60aa386e');
  });
});

describe('EIP-55', () => {
  it('accepts the addresses of the standard and refuses one letter in the other case', () => {
    const addresses = [
      '52908400098527886E0F7030069857D2E4169EE7',
      'de709f2102306220921060314715629080e2fb77',
      '5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
      'fB6916095ca1df60bB79Ce92cE3Ea74c37c5d359',
      'D1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb',
    ];
    for (const address of addresses) assert.ok(isEip55(address), address);
    assert.ok(!isEip55('5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed'));
    assert.ok(!isEip55('5aAeb6053F3E94C9b9A09f33669435E7Ef1Bea'));
  });
});

describe('CRC-32 in base 62', () => {
  it('is padded, and found again at the end of a token body', () => {
    assert.equal(crc32Base62('', 6), '000000');
    const body = 'zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ';
    assert.ok(endsInCrc32(body + crc32Base62(body, 6)));
    assert.ok(!endsInCrc32(`${body}000000`));
    assert.ok(!endsInCrc32('abc'));
  });

  it('agrees with the check value of CRC-32', () => {
    // CRC-32 of "123456789" is 0xcbf43926 = 3421780262.
    const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
    const value = [...crc32Base62('123456789', 6)].reduce((sum, digit) => sum * 62 + digits.indexOf(digit), 0);
    assert.equal(value, 0xcbf43926);
  });
});
