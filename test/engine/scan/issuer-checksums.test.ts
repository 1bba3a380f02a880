import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { awsAccountOf } from '../../../engine/recognizers/credentials/aws.ts';
import { isRoutableToken } from '../../../engine/recognizers/credentials/gitlab.ts';
import { crc32Hex, marvin32 } from '../../../engine/scan/checksums.ts';

describe('checksums of issuers, against what they publish', () => {
  it('reads the account out of an AWS access key id', () => {
    assert.equal(awsAccountOf('QNZGKIQY56JQ7WML'), '029608264753');
    assert.equal(awsAccountOf('IOSFODNN7EXAMPLE'), null, 'ids of the older form name none');
    assert.equal(awsAccountOf('7'.repeat(16)), null, 'no account has more than 12 digits');
  });

  it("accepts the example of GitLab's specification, and no other last sign", () => {
    const token = 'bzoxd_Rb5_cHeWe1JH56wr2FCBA.0r1pum4t4';
    assert.equal(isRoutableToken(token), true);
    assert.equal(isRoutableToken(`${token.slice(0, -1)}5`), false);
  });

  it('hashes by Marvin32 as its reference does', () => {
    // The reference gives both halves of its state; the hash is the one XOR the other.
    assert.equal(marvin32(new Uint8Array(), 0x001bdbcc, 0x004fb61a), (0x30ed35c1 ^ 0x00cd3c7d) >>> 0);
    assert.equal(marvin32(Uint8Array.of(0xaf), 0x001bdbcc, 0x004fb61a), (0x48e73fc7 ^ 0x7d75ddc1) >>> 0);
  });

  it('writes a CRC-32 with its leading zeros', () => {
    assert.equal(crc32Hex('123456789'), 'cbf43926');
    assert.equal(crc32Hex(''), '00000000');
  });
});
