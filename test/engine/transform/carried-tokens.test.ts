import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CarriedTokens } from '../../../engine/transform/carried-tokens.ts';
import type { Message } from '../../../flow/message.ts';
import { everyTextSplit } from '../../support/every-split.ts';
import { protobuf } from '../../support/protobuf.ts';
import { extracted, response } from '../extract/messages.ts';

const TOKENS = new Map([
  ['<PERSON_1>', 'Ann Lee'],
  ['<PERSON_12>', 'Bo'],
  ['<EMAIL_ADDRESS_1>', '"ann"@example.com'],
]);

interface Form {
  readonly of: (text: string, other?: string) => Message;
}
const FORMS: Readonly<Record<string, Form>> = {
  protobuf: {
    of: (text, other) =>
      response('/x.Y/Z', protobuf([1, 7], [2, [[3, text]]], [4, other ?? 'beside']), {
        headers: ['content-type', 'application/proto'],
        isWithinStream: true,
      }),
  },
  JSON: {
    of: (text, other) =>
      response('/x.Y/Z', { n: 7, a: [{ text }], other: other ?? 'beside' }, { isWithinStream: true }),
  },
};

/** What a client gets of these messages, in order, and how many of them had waited at most. */
function carried(messages: readonly Message[], tokens: ReadonlyMap<string, string> = TOKENS) {
  const carrying = new CarriedTokens<Message>(tokens);
  const out: Buffer[] = [];
  let most = 0;
  const take = (list: readonly { readonly item: Message; readonly body: Buffer | null }[]): void => {
    for (const { item, body } of list) out.push(body ?? item.body);
  };
  messages.forEach((message, at) => {
    take(carrying.push(message, message, extracted(message)));
    most = Math.max(most, at + 1 - out.length);
  });
  take(carrying.release());
  assert.equal(carrying.isHolding, false);
  return { out, most };
}

for (const [name, { of }] of Object.entries(FORMS)) {
  test(`${name}: a token is put back however it is cut, and no message is added, dropped or moved`, () => {
    for (const text of [
      'to <PERSON_1> and',
      '<PERSON_12>',
      'x<EMAIL_ADDRESS_1>',
      '<PERSON_1><PERSON_12> <',
      '<<PERSON_1>>',
    ]) {
      const expected = text.replace(/<[A-Z_]+_\d+>/g, (token) => TOKENS.get(token) ?? token);
      for (const pieces of everyTextSplit(text)) {
        const { out } = carried(pieces.map((piece) => of(piece)));
        assert.equal(out.length, pieces.length);
        const texts = out.map((body) => textOf(of('').headers, body));
        assert.equal(texts.join(''), expected, JSON.stringify(pieces));
      }
    }
  });

  test(`${name}: what only looks like a token, or is of another conversation, passes as it came`, () => {
    const messages = ['a < b', ' and <PER', 'HAPS> or <PERSON_', '2> <PERSON_1', '3>'].map((text) => of(text));
    assert.deepEqual(
      carried(messages).out,
      messages.map(({ body }) => body),
    );
    const none = carried(messages, new Map());
    assert.equal(none.most, 0);
  });

  test(`${name}: another text of the same messages is not taken for its end`, () => {
    const messages = [of('see <PERSON', 'SON_1>'), of('_1> there', '<PERSON')];
    const texts = carried(messages).out.map((body) => body.toString('latin1'));
    assert.match(texts[0] ?? '', /see Ann Lee/);
    assert.match(texts[0] ?? '', /SON_1>/);
    assert.match(texts[1] ?? '', / there/);
    assert.doesNotMatch(texts[1] ?? '', /_1>/);
  });
}

test('messages before the one that a token begins in do not wait, those behind it do', () => {
  const { of } = FORMS.protobuf as Form;
  const carrying = new CarriedTokens<string>(TOKENS);
  const push = (text: string, name: string): string[] => {
    const message = of(text);
    return carrying.push(name, message, extracted(message)).map(({ item }) => item);
  };
  assert.deepEqual(push('one', 'a'), ['a']);
  assert.deepEqual(push('two <', 'b'), []);
  assert.deepEqual(push('PERSON', 'c'), []);
  assert.deepEqual(push('_1> three <PERSON', 'd'), ['b', 'c']);
  assert.deepEqual(push('_12>', 'e'), ['d', 'e']);
  assert.equal(carrying.isHolding, false);
});

test('a token that never goes on does not gather messages without end', () => {
  const { of } = FORMS.protobuf as Form;
  const carrying = new CarriedTokens<number>(TOKENS);
  const first = of('<PERSON');
  carrying.push(0, first, extracted(first));
  const other = response('/x.Y/Z', protobuf([9, 'elsewhere']), { headers: ['content-type', 'application/proto'] });
  let came = 0;
  for (let i = 1; i <= 400 && came === 0; i++) came = carrying.push(i, other, extracted(other)).length;
  assert.ok(came > 0);
  assert.equal(carrying.isHolding, false);
});

function textOf(headers: readonly string[], body: Buffer): string {
  const { segments } = extracted(response('/x.Y/Z', body, { headers, isWithinStream: true }));
  return segments.find(({ path }) => path === '/2/3' || path === '/a/0/text')?.text.toString() ?? '';
}
