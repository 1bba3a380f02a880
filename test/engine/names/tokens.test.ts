import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BLOCK, LINE, Tokens } from '../../../engine/names/tokens.ts';
import { Random } from '../../../scripts/names/random.ts';

function tokensOf(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  const tokens = new Tokens();
  tokens.read(bytes, 0);
  return Array.from({ length: tokens.count }, (_, i) =>
    tokens.kinds[i] === LINE ? `line${tokens.first[i]}` : bytes.toString('utf8', tokens.starts[i], tokens.ends[i]),
  );
}

describe('the tokens of a text', () => {
  it('are words, marks and line ends', () => {
    assert.deepEqual(tokensOf('Dr. Anne-Marie O’Neil, 12a'), [
      'Dr',
      '.',
      'Anne',
      '-',
      'Marie',
      'O',
      '’',
      'Neil',
      ',',
      '12a',
    ]);
    assert.deepEqual(tokensOf('a\r\nb\n \n\nc'), ['a', 'line1', 'b', 'line2', 'c']);
    assert.deepEqual(tokensOf('first_name == "Zoë"…'), ['first_name', '==', '"', 'Zoë', '"', '…']);
  });

  it('know line ends written as escapes', () => {
    assert.deepEqual(tokensOf('"5 Elm St\\nLeeds"'), ['"', '5', 'Elm', 'St', 'line1', 'Leeds', '"']);
    assert.deepEqual(tokensOf('a\\r\\nb'), ['a', 'line1', 'b']);
  });

  it('keep letters of other scripts and leave out wide spaces', () => {
    assert.deepEqual(tokensOf('Иван\u00a0Петров — 東京 😀'), ['Иван', 'Петров', '—', '東京', '😀']);
  });

  it('tell the same word by the same hashes, and say where no space stands before one', () => {
    const tokens = new Tokens();
    tokens.read(Buffer.from('Smith (Smith) smith'), 0);
    assert.equal(tokens.first[0], tokens.first[2]);
    assert.equal(tokens.second[0], tokens.second[2]);
    assert.notEqual(tokens.first[0], tokens.first[4]);
    assert.deepEqual([...tokens.glued.subarray(0, 5)], [0, 0, 1, 1, 0]);
  });

  it('cover any bytes in order, a block at a time', () => {
    const random = new Random(3);
    for (let round = 0; round < 200; round++) {
      const bytes = Buffer.from(Array.from({ length: random.below(400) }, () => random.below(256)));
      const tokens = new Tokens();
      let end = 0;
      assert.equal(tokens.read(bytes, 0), bytes.length);
      for (let i = 0; i < tokens.count; i++) {
        assert.ok((tokens.starts[i] as number) >= end && (tokens.ends[i] as number) > (tokens.starts[i] as number));
        end = tokens.ends[i] as number;
      }
      assert.ok(end <= bytes.length);
    }
    const long = Buffer.from('a '.repeat(BLOCK + 10));
    const tokens = new Tokens();
    const stopped = tokens.read(long, 0);
    assert.equal(tokens.count, BLOCK);
    tokens.read(long, stopped);
    assert.equal(tokens.count, 10);
  });
});
