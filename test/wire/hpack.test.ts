import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HpackDecoder } from '../../wire/hpack.ts';
import { huffmanText } from '../../wire/huffman.ts';
import { seeded } from '../support/every-split.ts';

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

function fieldsOf(decoder: HpackDecoder, hex: string): readonly (readonly [string | null, string | null])[] {
  const { fields, isWhole } = decoder.decode(bytes(hex));
  assert.ok(isWhole);
  return fields.map(({ name, value }) => [name, value] as const);
}

describe('the examples of RFC 7541 appendix C are read', () => {
  test('three requests on one connection, with Huffman coding (C.4)', () => {
    const decoder = new HpackDecoder();
    assert.deepEqual(fieldsOf(decoder, '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff'), [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', '/'],
      [':authority', 'www.example.com'],
    ]);
    assert.deepEqual(fieldsOf(decoder, '8286 84be 5886 a8eb 1064 9cbf').slice(3), [
      [':authority', 'www.example.com'],
      ['cache-control', 'no-cache'],
    ]);
    assert.deepEqual(fieldsOf(decoder, '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf'), [
      [':method', 'GET'],
      [':scheme', 'https'],
      [':path', '/index.html'],
      [':authority', 'www.example.com'],
      ['custom-key', 'custom-value'],
    ]);
  });

  test('answers with a table of 256 bytes, from which entries fall out (C.6)', () => {
    const decoder = new HpackDecoder();
    decoder.decode(bytes('3fe101')); // the table's size becomes 256
    assert.deepEqual(
      fieldsOf(
        decoder,
        '4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3',
      ),
      [
        [':status', '302'],
        ['cache-control', 'private'],
        ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'],
        ['location', 'https://www.example.com'],
      ],
    );
    assert.deepEqual(fieldsOf(decoder, '4883 640e ffc1 c0bf')[0], [':status', '307']);
    const third = fieldsOf(
      decoder,
      '88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07',
    );
    assert.deepEqual(third.at(-1), ['set-cookie', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1']);
    assert.deepEqual(third[1], ['cache-control', 'private']);
  });
});

test('who comes late knows what is added from then on, and nothing else', () => {
  const early = new HpackDecoder();
  const late = new HpackDecoder();
  early.decode(bytes('8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff'));
  const second = '8286 84be 5886 a8eb 1064 9cbf';
  assert.equal(fieldsOf(early, second)[3]?.[1], 'www.example.com');
  assert.deepEqual(fieldsOf(late, second).slice(3), [
    [null, null],
    ['cache-control', 'no-cache'],
  ]);
  // The newest entry is the first of the table, for both.
  assert.deepEqual(fieldsOf(early, 'bebf'), [
    ['cache-control', 'no-cache'],
    [':authority', 'www.example.com'],
  ]);
  assert.deepEqual(fieldsOf(late, 'bebf'), [
    ['cache-control', 'no-cache'],
    [null, null],
  ]);
});

test('what is no HPACK is said to be none, and ends in no error', () => {
  for (const hex of ['80', '40', '408', 'ff ff ff ff ff ff 7f', '0085', '3fff ff7f', '0082 ffff ffff']) {
    assert.equal(new HpackDecoder().decode(bytes(hex.length % 2 === 1 ? `${hex}0` : hex)).isWhole, false, hex);
  }
});

test('random bytes neither throw nor let the table grow', () => {
  const random = seeded(7541);
  const decoder = new HpackDecoder();
  for (let round = 0; round < 2000; round++) {
    const block = Buffer.from(Array.from({ length: Math.floor(random() * 200) }, () => Math.floor(random() * 256)));
    const { fields } = decoder.decode(block);
    assert.ok(fields.length <= block.length);
  }
});

test('a block that unfolds to far more than it is breaks off', () => {
  const decoder = new HpackDecoder({ maxBlockBytes: 10_000 });
  const value = Buffer.alloc(3000, 0x61);
  const added = Buffer.concat([
    bytes('4001 61 7f'),
    Buffer.from([((3000 - 127) & 0x7f) | 0x80, (3000 - 127) >> 7]),
    value,
  ]);
  assert.ok(decoder.decode(added).isWhole);
  const { fields, isWhole } = decoder.decode(Buffer.alloc(100, 0xbe));
  assert.equal(isWhole, false);
  assert.ok(fields.length <= 3);
});

test('Huffman: padding is the first bits of the end of a string, and shorter than a byte', () => {
  assert.equal(huffmanText(bytes('f1e3 c2e5 f23a 6ba0 ab90 f4ff')), 'www.example.com');
  assert.equal(huffmanText(bytes('')), '');
  assert.equal(huffmanText(bytes('f1e3 c2e5 f23a 6ba0 ab90 f4ff ff')), null);
  assert.equal(huffmanText(bytes('18')), null);
  assert.equal(huffmanText(bytes('ffff ffff')), null);
});
