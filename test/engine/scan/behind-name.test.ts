import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { behindName } from '../../../engine/scan/behind-name.ts';
import { seeded } from '../../support/every-split.ts';
import { passageOf } from '../../support/passages.ts';

/** What stands where the value would, and how it is joined to the name. */
function read(text: string): readonly [string, string] | null {
  const passage = passageOf(Buffer.from(text), '', []);
  const behind = behindName(passage, text.indexOf('NAME') + 'NAME'.length);
  return behind === null ? null : [text.slice(behind.at, behind.at + 5), behind.joint];
}

describe('the place of a value behind its name', () => {
  const texts: readonly (readonly [string, string])[] = [
    ['NAME = Q7XZ9', 'sign'],
    ['{"NAME": "Q7XZ9"}', 'sign'],
    ['"{\\"NAME\\":\\"Q7XZ9\\"}"', 'sign'],
    ['* **NAME**: `Q7XZ9`', 'sign'],
    ['| NAME | Q7XZ9 |', 'sign'],
    ["'NAME' => 'Q7XZ9'", 'sign'],
    ['<tr><th>NAME</th><td>Q7XZ9</td></tr>', 'markup'],
    ['<NAME>Q7XZ9</NAME>', 'sign'],
    ['<input name="NAME" value="Q7XZ9">', 'markup'],
    ['Our NAME for the shop is Q7XZ9.', 'sentence'],
    ['Das NAME lautet: Q7XZ9', 'sentence'],
    ['the NAME is\n\n    Q7XZ9\n', 'sentence'],
    ['here is the NAME you asked for: Q7XZ9', 'sentence'],
    ['## NAME\n\nQ7XZ9', 'line'],
    ['Subject: NAME\n\nThe one on file is Q7XZ9. Regards', 'line'],
    ['> NAME:\n> Q7XZ9', 'line'],
    ["failed for NAME 'Q7XZ9'", 'space'],
    ['NAME Q7XZ9', 'space'],
  ];
  for (const [text, joint] of texts) {
    it(`is read: ${JSON.stringify(text)}`, () => {
      const found = read(text);
      assert.equal(found?.[1], joint);
      assert.equal(found?.[0], 'Q7XZ9');
    });
  }

  it('is none where nothing joins the two', () => {
    assert.equal(read('NAMES of Q7XZ9'), null);
    assert.equal(read('NAME'), null);
    assert.equal(read('NAME.Q7XZ9'), null);
  });

  it('lies behind the name and within the text, whatever stands there', () => {
    const random = seeded(5);
    const parts = [
      'NAME',
      ' ',
      '\n',
      '"',
      "'",
      '<td>',
      '</th>',
      ':',
      '=',
      '|',
      ' is ',
      'the one ',
      '*',
      '\\',
      '&quot;',
    ];
    for (let round = 0; round < 500; round++) {
      const text = `NAME${Array.from({ length: 12 }, () => parts[Math.floor(random() * parts.length)]).join('')}`;
      const behind = behindName(passageOf(Buffer.from(text), '', []), 4);
      assert.ok(behind === null || (behind.at > 4 && behind.at < text.length));
    }
  });
});
